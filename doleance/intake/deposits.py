"""What a deposit says, whoever typed it: the public form, an agent on the telephone, somebody at the counter. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from doleance.channels.rules import ParsedFile
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.kernel import text as texts
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind

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


class TextTooLong(Refusal):
    """A text that nobody could read."""

    code = "text_too_long"
    sentence = "Le texte dépasse 50\u202f000 signes. Raccourcissez-le, ou joignez-le dans un fichier."


class CapacityMissing(Refusal):
    """Somebody writes for another and does not say as what."""

    code = "capacity_missing"
    sentence = "Dites à quel titre vous écrivez pour cette personne\u00a0: sa fille, son avocat…"


class ReceivedLater(Refusal):
    """Nothing is received before it is."""

    code = "received_later"
    sentence = "Cette date est dans l’avenir. Écrivez le moment où la réclamation vous est parvenue."


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
