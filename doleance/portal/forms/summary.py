"""What was answered, said again before it is sent, and handed over as one deposit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.complaints import questions
from doleance.complaints.questions import UNKNOWN, AnswerKind, Question
from doleance.intake.deposits import Contact, Deposit, Representative, Wish
from doleance.kernel import languages
from doleance.portal.forms import spelling, steps
from doleance.portal.forms.pages import NO_CONTACT, SUBJECTS
from doleance.portal.forms.steps import Answers


@dataclass(frozen=True, slots=True)
class Row:
    """One answer. A label that its group's title already says is for readers of the screen only."""

    label: str
    value: str
    is_voice: bool = False
    label_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The answers of one page, and the page where they are mended."""

    code: str
    title: str
    rows: tuple[Row, ...]


def groups(answers: Answers, file_names: tuple[str, ...]) -> tuple[Group, ...]:
    """The answers page by page, as the person reads them again."""
    made = {
        "subject": (gettext("Que s’est-il passé ?"), _subject),
        "story": (gettext("Votre récit"), _story),
        "facts": (gettext("Précisions"), _facts),
        "wishes": (gettext("Ce que vous attendez"), _wishes),
        "contact": (gettext("Pour vous joindre"), _contact),
        "behalf": (gettext("Pour qui vous écrivez"), _behalf),
    }
    met = {page.code for page in steps.met(answers)}
    found = []
    for code, (title, rows) in made.items():
        if code in met:
            extra = _joined(file_names) if code == "story" else ()
            found.append(Group(code, title, (*rows(answers), *extra)))
    return tuple(found)


def _nothing() -> Row:
    return Row(gettext("Réponse"), gettext("Pas de réponse"), label_hidden=True)


def _subject(answers: Answers) -> Iterator[Row]:
    title = {code: title for code, title, _example in SUBJECTS}[steps.branch_of(answers)]
    yield Row(gettext("Réponse"), str(title), label_hidden=True)
    if earlier := answers.get("earlier", {}).get("earlier", ""):
        yield Row(gettext("Vous nous aviez déjà écrit"), earlier)


def _story(answers: Answers) -> Iterator[Row]:
    yield Row(gettext("Vos mots"), answers["story"]["text"], is_voice=True, label_hidden=True)
    if expected := answers["story"].get("expected"):
        yield Row(gettext("Promis ou attendu"), expected, is_voice=True)


def _joined(names: tuple[str, ...]) -> tuple[Row, ...]:
    return (Row(gettext("Fichiers"), "\n".join(names)),) if names else ()


def _facts(answers: Answers) -> Iterator[Row]:
    facts = steps.facts_of(answers)
    rows = [
        Row(gettext(one.short), said(one, facts[one.code]))
        for one in questions.questions_of(steps.branch_of(answers))
        if facts.get(one.code)
    ]
    yield from rows or [_nothing()]


def said(question: Question, value: str) -> str:
    """An answer as one reads it: « Je ne sais pas », « 12/11/2026 », « 186,00 € », the words of a choice."""
    if value == UNKNOWN:
        return gettext("Je ne sais pas")
    if question.kind is AnswerKind.CHOICE:
        return gettext(dict(question.choices)[value])
    shown = spelling.typed(question, value, languages.code())
    return f"{shown}\u00a0€" if question.kind is AnswerKind.MONEY else shown


def _wishes(answers: Answers) -> Iterator[Row]:
    kept = answers.get("wishes", {})
    labels = [gettext(Wish(one).label) for one in kept.get("wishes", [])]
    if labels:
        yield Row(gettext("Réponse"), "\n".join(labels), label_hidden=True)
    if wanted := kept.get("wanted"):
        yield Row(gettext("Avec vos mots"), wanted, is_voice=True)
    if not labels and not wanted:
        yield _nothing()


def _contact(answers: Answers) -> Iterator[Row]:
    kept = answers.get("contact", {})
    ways = {
        AddressChannel.EMAIL.value: gettext("Par courriel"),
        AddressChannel.PHONE.value: gettext("Par téléphone"),
        AddressChannel.POST.value: gettext("Par courrier"),
    }
    status = {one.value: one.label for one in PartyStatus}.get(kept.get("status", ""), "")
    rows = (
        (gettext("Nom"), " ".join(filter(None, (kept.get("title"), kept.get("name"))))),
        (gettext("Notre réponse"), ways.get(kept.get("preferred", ""), gettext("Aucun contact"))),
        (gettext("Courriel"), kept.get("email")),
        (gettext("Téléphone"), kept.get("phone")),
        (gettext("Moment"), kept.get("reach_when")),
        (gettext("Adresse"), kept.get("postal")),
        (gettext("Adaptation"), kept.get("adaptations")),
        (gettext("Vous écrivez comme"), gettext(status) if status else ""),
        (gettext("Lien avec nous"), gettext("Ni commande ni contrat") if kept.get("not_customer") else ""),
    )
    yield from (Row(label, value) for label, value in rows if value)


def _behalf(answers: Answers) -> Iterator[Row]:
    kept = answers.get("behalf", {})
    rows = ((gettext("Son nom"), kept.get("name")), (gettext("Vous êtes"), kept.get("capacity")))
    yield from [Row(label, value) for label, value in rows if value] or [_nothing()]


def has_contact(answers: Answers) -> bool:
    """Whether anything was left by which we could answer."""
    kept = answers.get("contact", {})
    return any(kept.get(name) for name in ("email", "phone", "postal"))


def email_of(answers: Answers) -> str:
    """The mail address that the form names; empty when it names none."""
    return str(answers.get("contact", {}).get("email", ""))


def deposit_of(answers: Answers, *, language: str) -> Deposit:
    """The whole as one deposit. `answers` are those of a draft whose pages were all passed; its files stay with it."""
    story, wishes = answers["story"], answers.get("wishes", {})
    writer = _writer(answers.get("contact", {}))
    contact, representative = writer, None
    if answers.get("contact", {}).get("for_other"):
        contact, representative = _represented(writer, answers.get("behalf", {}))
    return Deposit(
        branch=steps.branch_of(answers),
        text=story["text"],
        contact=contact,
        representative=representative,
        expected=story.get("expected", ""),
        facts=steps.facts_of(answers),
        wishes=tuple(Wish(one) for one in wishes.get("wishes", [])),
        wanted=wishes.get("wanted", ""),
        earlier=answers.get("earlier", {}).get("earlier", ""),
        language=language,
        marks=tuple(sorted(answers.get("marks", {}))),
    )


def _writer(kept: Mapping[str, Any]) -> Contact:
    """Whoever fills the form in."""
    preferred = kept.get("preferred", "")
    return Contact(
        name=kept.get("name", ""),
        title=kept.get("title", ""),
        email=kept.get("email", ""),
        phone=kept.get("phone", ""),
        postal=kept.get("postal", ""),
        preferred=AddressChannel(preferred) if preferred not in {"", NO_CONTACT} else None,
        reach_when=kept.get("reach_when", ""),
        adaptations=kept.get("adaptations", ""),
        status=PartyStatus(kept.get("status") or PartyStatus.UNKNOWN),
        is_customer=False if kept.get("not_customer") else None,
    )


def _represented(writer: Contact, behalf: Mapping[str, Any]) -> tuple[Contact, Representative]:
    """The person written for, and who writes: the answers about reaching somebody are the writer's.

    A lawyer or an association says nothing of whom they write for; a consumer who writes for a relative does.
    """
    status = writer.status if writer.status is PartyStatus.CONSUMER else PartyStatus.UNKNOWN
    person = Contact(name=behalf.get("name", ""), status=status, is_customer=writer.is_customer)
    return person, Representative(contact=writer, capacity=behalf.get("capacity", ""))
