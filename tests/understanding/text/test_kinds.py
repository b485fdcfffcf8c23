"""Kinds that rules are sure of, and those they leave to what was learned."""

import pytest

from doleance.understanding.rules import Incoming, MessageKind, Sender
from doleance.understanding.text import kinds
from doleance.understanding.text.clean import clean
from doleance.understanding.text.vocabulary import packs

BOUNCE, AUTO, FOLLOW, SPAM = MessageKind.BOUNCE, MessageKind.AUTO_REPLY, MessageKind.FOLLOW_UP, MessageKind.SPAM


def told(subject, body, *, sender="", channel="email", language="fr"):
    message = Incoming("1", channel, subject, body, sender=Sender(email=sender))
    cleaned = clean(body, subject=subject)
    return kinds.kind(message, cleaned, packs.find(cleaned.text, language))


QUOTE = "\n\nLe lun. 3 mars 2026 à 10:12, Service <service@example.com> a écrit :\n> Pouvez-vous envoyer une photo ?\n"
KNOWN = [
    ("Undelivered Mail Returned to Sender", ("Your message "
        "could not be delivered."), "MAILER-DAEMON@mx.example.org", BOUNCE),
    ("Non remis : votre dossier", "Votre message n'a pas pu être remis. 550 5.1.1", "postmaster@example.com", BOUNCE),
    ("Réponse automatique : votre dossier", "Je suis absente jusqu'au 12.", "a@example.fr", AUTO),
    ("Automatic reply: your file", "I am out of the office until Monday.", "a@example.com", AUTO),
    ("Votre demande", ("Nous avons bien reçu votre message. Ceci est un message automatique, merci de ne pas y "
        "répondre."), "", AUTO),
    ("Re: Pièces manquantes", "Voici les deux photos demandées." + QUOTE, "a@example.fr", FOLLOW),
    ("Re: dossier R26-7K4M-W", "Toujours rien reçu pour le "
        "dossier 4512, où en est-on ?" + QUOTE, "a@example.fr", FOLLOW),
    ("", "Oui c'est le modèle noir, dispo jeudi.", "", FOLLOW),
    ("Colis en attente", ("Cher client, votre colis est en attente : frais de douane de 1,99 €. Cliquez ici "
        "http://a.example"), "", SPAM),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "body", "sender", "expected"), KNOWN)
def test_rules_are_sure(subject, body, sender, expected):
    channel = "sms" if not subject else "email"
    assert told(subject, body, sender=sender, channel=channel) == expected


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        (
            "Re: votre réponse",
            "Merci pour votre réponse, mais mon colis est toujours perdu et le livreur a menti. " * 6 + QUOTE,
        ),
        ("Colis", "Mon colis n'est jamais arrivé, remboursez-moi."),
        ("Absence", "Je suis absent la journée et votre livreur passe toujours à midi. Livrez le soir."),
        ("Facture", "Votre message automatique ne m'aide pas : ma facture est fausse."),
        ("Livraison", "Je n'ai pas pu être livré, votre site affiche une erreur 550."),
        ("", ""),
    ],
)
def test_rules_leave_the_rest(subject, body):
    assert told(subject, body) is None


def test_cues_of_spam_lie_between_nought_and_one():
    body = "GAGNEZ maintenant !!! http://a.example http://b.example"
    cleaned = clean(body)
    message = Incoming("1", "email", "", body, sender=Sender(email="no-reply@example.com"))
    cues = kinds.spam_cues(message, cleaned, packs.find(cleaned.text, "fr"))
    assert set(cues) == {"words", "links", "capitals", "exclamations", "robot", "complains"}
    assert all(0 <= value <= 1 for value in cues.values())
    assert cues["robot"] == 1
    assert cues["links"] > 0
