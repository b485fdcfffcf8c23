"""What a deposit says, whoever typed it: the public form, an agent on the telephone, somebody at the counter. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from doleance.channels.rules import ParsedFile
from doleance.complainants.rules import LONGEST_CONTACT, AddressChannel, PartyStatus, normal_email, readable_contact
from doleance.complaints import questions
from doleance.complaints.following import TextTooLong
from doleance.complaints.rules import UnknownCategory
from doleance.kernel import text as texts
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind
from doleance.kernel.tongue import Tongue

DRAFT_KEPT = timedelta(days=7)  # since its last change
MB = 1024 * 1024
MOST_FILES, LARGEST_FILE, LARGEST_ALL = 10, 10 * MB, 25 * MB
LONGEST_TEXT = 50_000  # signs: some thirty printed pages
_LONGEST_DRAFT = 400_000  # bytes of the answers of all its pages


class DepositWay(Kind):
    """How somebody told a member of staff."""

    PHONE = "phone", "Téléphone"
    COUNTER = "counter", "Guichet"


class Wish(Kind):
    """What somebody who complains wants (ux.md §3.1, step 4); several may be wanted."""

    REPAIR = "repair", "Que ce soit réparé ou remplacé"
    REFUND = "refund", "Un remboursement ou un avoir"
    APOLOGY = "apology", "Des excuses, une explication"
    PREVENTION = "prevention", "Que cela ne se reproduise plus"
    INFORMATION = "information", "Savoir où en est mon affaire"
    OTHER = "other", "Autre chose"


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody wishes to be reached. All may be empty: a complaint with no contact at all is received."""

    name: str = ""
    title: str = ""  # the person's choice, never guessed
    email: str = ""
    phone: str = ""
    postal: str = ""
    preferred: AddressChannel | None = None
    reach_when: str = ""
    adaptations: str = ""
    status: PartyStatus = PartyStatus.UNKNOWN
    is_customer: bool | None = None


@dataclass(frozen=True, slots=True)
class Representative:
    """Somebody who writes for the complainant, and as what (« sa fille », « son avocat »)."""

    contact: Contact
    capacity: str


@dataclass(frozen=True, slots=True)
class Deposit:
    """One complaint as it was told. `branch` is a branch of the taxonomy; `facts` are read answers by question."""

    branch: str
    text: str
    contact: Contact = field(default_factory=Contact)
    representative: Representative | None = None
    expected: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    wishes: tuple[Wish, ...] = ()
    wanted: str = ""
    earlier: str = ""  # what was said of having written before: a reference, or words
    language: str = "fr"
    files: tuple[ParsedFile, ...] = ()
    marks: tuple[str, ...] = ()  # signs of a machine (`trap`, `quick`), kept with what was typed; they refuse nothing


class DraftGone(Refusal):
    """The draft was erased, or nobody came back to it for seven days."""

    code = "draft_gone"
    sentence = (
        "Ce brouillon n’est plus gardé\u00a0: il a été effacé, ou les sept jours sont passés. Commencez-en un autre."
    )


class DraftSent(Refusal):
    """A complaint that was sent is not changed as a draft."""

    code = "draft_sent"
    sentence = "Cette réclamation est déjà envoyée. Pour la compléter, ouvrez son suivi."


class DraftTooLong(Refusal):
    """More than anybody writes."""

    code = "draft_too_long"
    sentence = "C’est trop long pour être gardé ainsi. Raccourcissez, ou joignez un fichier."


class FileEmpty(Refusal):
    """There is nothing in the file."""

    code = "file_empty"
    sentence = "«\u00a0{name}\u00a0» est vide. Choisissez-le à nouveau."


class FileTooLarge(Refusal):
    """One file over its limit."""

    code = "file_too_large"
    sentence = "«\u00a0{name}\u00a0» dépasse 10\u00a0Mo. Réduisez-le, ou envoyez une photo plus petite."


class TooManyFiles(Refusal):
    """One file too many."""

    code = "too_many_files"
    sentence = "Dix fichiers au plus. Retirez-en un pour joindre «\u00a0{name}\u00a0»."


class FilesTooLarge(Refusal):
    """All files together over their limit."""

    code = "files_too_large"
    sentence = "Avec «\u00a0{name}\u00a0», vos fichiers dépassent 25\u00a0Mo ensemble. Retirez-en un, ou réduisez-les."


class NothingTold(Refusal):
    """A complaint without a word."""

    code = "nothing_told"
    sentence = "Racontez ce qui s’est passé, même en quelques mots."


class CapacityMissing(Refusal):
    """Somebody writes for another and does not say as what."""

    code = "capacity_missing"
    sentence = "Dites à quel titre vous écrivez pour cette personne\u00a0: sa fille, son avocat…"


class ReceivedLater(Refusal):
    """Nothing is received before it is."""

    code = "received_later"
    sentence = "Cette date est dans l’avenir. Écrivez le moment où la réclamation vous est parvenue."


def checked(deposit: Deposit) -> Deposit:
    """What was told, as it can be kept: texts normalised, answers read, contacts that lead somewhere. Loses no word.

    Raises NothingTold, TextTooLong, ContactUnreadable, CapacityMissing, UnknownCategory, FactUnreadable, and what
    `check_file` does. Whatever passes here can be filed: nothing is refused once it was kept.
    """
    on_behalf = deposit.representative
    told = replace(
        deposit,
        text=_text(deposit.text),
        expected=_text(deposit.expected),
        wanted=_text(deposit.wanted),
        earlier=_text(deposit.earlier),
        contact=_contact(deposit.contact),
        representative=on_behalf
        and replace(on_behalf, contact=_contact(on_behalf.contact), capacity=_text(on_behalf.capacity)),
    )
    if not told.text:
        raise NothingTold
    if told.representative is not None and not told.representative.capacity:
        raise CapacityMissing
    if told.branch not in questions.QUESTIONS:
        raise UnknownCategory
    for place, file in enumerate(told.files):
        check_file(name=file.name, size=len(file.data), others=[len(one.data) for one in told.files[:place]])
    return replace(told, facts=questions.accept(told.branch, told.facts))


def _text(text: str) -> str:
    said = texts.normalise(text).strip()
    if len(said) > LONGEST_TEXT:
        raise TextTooLong(count=len(said), limit=LONGEST_TEXT)
    return said


def _contact(contact: Contact) -> Contact:
    for channel, value in ways(contact).items():
        readable_contact(channel, value)
    return replace(
        contact,
        name=_text(contact.name),
        title=_text(contact.title),
        email=_text(contact.email),
        phone=_text(contact.phone),
        postal=_text(contact.postal),
        reach_when=_text(contact.reach_when),
        adaptations=_text(contact.adaptations),
    )


def ways(contact: Contact) -> dict[AddressChannel, str]:
    """How somebody can be reached, by channel. A letter begins with their name, as an envelope does."""
    postal, name = contact.postal.strip(), contact.name.strip()
    if postal and name.casefold() not in postal.casefold():
        postal = f"{name}\n{postal}"
    every = {AddressChannel.EMAIL: contact.email, AddressChannel.PHONE: contact.phone, AddressChannel.POST: postal}
    return {channel: value.strip() for channel, value in every.items() if value.strip()}


def is_postal_long(contact: Contact) -> bool:
    """Whether a postal address is longer than one can be kept, the name that is put above it included."""
    return len(ways(contact).get(AddressChannel.POST, "")) > LONGEST_CONTACT


def people(deposit: Deposit) -> tuple[Contact | None, Contact | None]:
    """The complainant and the representative; None for somebody of whom nothing is said.

    A mail address recognises one party: one that both give is that of who writes.
    """
    contact = deposit.contact
    on_behalf = deposit.representative.contact if deposit.representative is not None else None
    if on_behalf is not None and on_behalf.email and normal_email(on_behalf.email) == normal_email(contact.email):
        contact = replace(contact, email="")
    silent = Contact()
    return (contact if contact != silent else None, on_behalf if on_behalf != silent else None)


def is_safety(deposit: Deposit) -> bool:
    """Whether somebody is said to be in danger."""
    return deposit.branch == "product" and deposit.facts.get("dangerous") == "yes"


def wanted(deposit: Deposit, say: Tongue) -> str:
    """What is wanted, in words: the wishes that were ticked, then what was added."""
    told = [say.translate(one.label) for one in deposit.wishes if one is not Wish.OTHER or not deposit.wanted]
    return "\n".join([*told, *([deposit.wanted] if deposit.wanted else [])])


def check_file(*, name: str, size: int, others: Sequence[int]) -> None:
    """Refuse a file that may not join those of the sizes `others`: 10 files, 10 MB each, 25 MB in all.

    Raises FileEmpty, FileTooLarge, TooManyFiles, FilesTooLarge.
    """
    if size == 0:
        raise FileEmpty(name=name)
    if size > LARGEST_FILE:
        raise FileTooLarge(name=name)
    if len(others) >= MOST_FILES:
        raise TooManyFiles(name=name)
    if size + sum(others) > LARGEST_ALL:
        raise FilesTooLarge(name=name)


def check_answers(answers: Mapping[str, Any]) -> None:
    """Refuse more answers than anybody writes. Raises DraftTooLong."""
    if len(json.dumps(answers, ensure_ascii=False).encode()) > _LONGEST_DRAFT:
        raise DraftTooLong


def clean(answer: Any) -> Any:
    """An answer as it can be kept: texts normalised (`kernel.text.normalise`), lists and mappings throughout."""
    if isinstance(answer, str):
        return texts.normalise(answer)
    if isinstance(answer, Mapping):
        return {texts.normalise(str(key)): clean(one) for key, one in answer.items()}
    if isinstance(answer, list | tuple):
        return [clean(one) for one in answer]
    return answer


def check_received(*, received_at: datetime, at: datetime) -> None:
    """Refuse a reception that has not happened. Raises ReceivedLater."""
    if received_at > at:
        raise ReceivedLater


def promise_of(once: UUID) -> UUID:
    """The identifier of the note that keeps what was promised in a call: one a form, as its file."""
    return uuid5(once, "promise")
