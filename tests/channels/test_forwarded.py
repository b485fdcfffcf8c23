"""Whom a forwarded mail comes from, in the words of the programs that people use."""

import pytest

from doleance.channels.email.forwarded import is_forward
from doleance.channels.email.parse import parse
from doleance.channels.rules import Mark, Person
from tests.channels import mails

ANNE = Person("Anne Petit", "anne@courriel.example")
WROTE = "Anne Petit <anne@courriel.example>"

BLOCKS = {
    "Gmail": f"---------- Forwarded message ---------\nDe : {WROTE}\nDate: lun. 23 nov.\nTo: <a@b.fr>\n",
    "Gmail, bold": "---------- Forwarded message ---------\nDe : *Anne Petit* <anne@courriel.example>\nDate: x\n",
    "Apple Mail": f"Début du message transféré :\n\nDe: {WROTE}\nObjet: Colis\nDate: 23 novembre\nÀ: a@b.fr\n",
    "Apple Mail, older": f"Début du message réexpédié :\n\n> De : {WROTE}\n> Date : 23 novembre\n",
    "Apple Mail, in English": f"Begin forwarded message:\n\n> From: {WROTE}\n> Subject: Colis\n",
    "Thunderbird": "-------- Message transféré --------\nSujet : \tColis\nDate : \tMon, 23 Nov\n"
    f"De : \t{WROTE}\nPour : \ta@b.fr\n",
    "Thunderbird, in English": f"-------- Forwarded Message --------\nSubject: Colis\nFrom: {WROTE}\n",
    "Outlook": f"____________\nDe\u00a0: {WROTE}\nEnvoyé\u00a0: lundi\nÀ\u00a0: a@b.fr\nObjet\u00a0: Colis\n",
    "Outlook, mailto": "De : Anne Petit [mailto:anne@courriel.example]\nEnvoyé : lundi\nÀ : a@b.fr\nObjet : Colis\n",
    "Outlook, in English": f"From: {WROTE}\nSent: Monday\nTo: a@b.fr\nSubject: Colis\n",
    "Outlook, message": f"-----Message d'origine-----\nDe : {WROTE}\nEnvoyé : lundi\nÀ : a@b.fr\n",
    "Yahoo": f"----- Mail transféré -----\nDe : {WROTE}\nÀ : a@b.fr\nEnvoyé : lundi\nObjet : Colis\n",
    "Orange": f"> Message transféré du 23/11/26\n> De : {WROTE}\n> A : a@b.fr\n> Objet : Colis\n",
    "a long name": "---------- Forwarded message ---------\nDe : Anne Petit\n<anne@courriel.example>\nDate: x\n",
}  # fmt: skip


@pytest.mark.parametrize("program", BLOCKS)
def test_the_author_of_a_forwarded_mail(program):
    parsed = parse(mails.mail(f"Voir plus bas.\n\n{BLOCKS[program]}\nMon colis est perdu.\n", Subject="Tr: Colis"))
    assert parsed.forwarded == ANNE
    assert parsed.marks == (Mark.FORWARDED,)
    assert parsed.sender.address == "helene.durand@courriel.example"


@pytest.mark.parametrize("program", ["Gmail", "Apple Mail", "Thunderbird", "Yahoo"])
def test_a_separator_says_it_without_the_subject(program):
    assert parse(mails.mail(BLOCKS[program], Subject="Colis")).forwarded == ANNE


@pytest.mark.parametrize("program", ["Outlook", "Outlook, message", "Outlook, in English"])
def test_an_answer_forwards_nothing(program):
    parsed = parse(mails.mail(f"D'accord.\n\n{BLOCKS[program]}", Subject="Re: Colis"))
    assert (parsed.forwarded, parsed.marks) == (Person("", ""), ())


ATTACHED = (
    "From: c@d.fr\nSubject: {subject}\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n{text}\n"
    f"--b\nContent-Type: message/rfc822\n\nFrom: {WROTE}\nSubject: Colis\n\nPerdu.\n--b--\n"
)


def test_a_message_that_only_carries_another_forwards_it():
    parsed = parse(ATTACHED.format(subject="Colis", text="").encode())
    assert (parsed.forwarded, parsed.text, parsed.files[0].name) == (ANNE, "Perdu.", "Colis.eml")


def test_a_message_attached_to_words_is_a_forward_when_the_subject_says_so():
    assert parse(ATTACHED.format(subject="Fwd: Colis", text="Pour vous.").encode()).forwarded == ANNE
    assert parse(ATTACHED.format(subject="Colis", text="Pour preuve.").encode()).forwarded == Person("", "")


@pytest.mark.parametrize(
    ("subject", "forward"),
    [
        ("TR: Colis", True), ("Tr : Colis", True), ("Fwd: x", True), ("FW: x", True), ("Re: TR: x", True),
        ("[Externe] TR : x", True), ("Colis", False), ("Re: Colis", False), ("Travaux : suite", False), ("", False),
        ("re " * 600, False),
    ],
)  # fmt: skip
def test_what_a_subject_says(subject, forward):
    assert is_forward(subject) is forward


def test_a_name_without_an_address_is_proposed_too():
    parsed = parse(mails.mail("De : Anne Petit\nEnvoyé : lundi\nÀ : Service\nObjet : Colis\n", Subject="TR: Colis"))
    assert parsed.forwarded == Person("Anne Petit", "")
