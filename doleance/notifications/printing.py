"""What is asked about letters: those that wait to be printed and posted, and one as it is printed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from doleance.accounts.rules import Actor
from doleance.complaints import queries as complaints
from doleance.notifications import letters
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way


@dataclass(frozen=True, slots=True)
class PrintedLetter:
    """A letter as it is printed: what was reviewed, and what is on record, whenever it is printed again.

    `dated` is the day it was written, in its own language; `sender` the lines of who writes, as they were that day.
    """

    id: UUID
    complaint_id: UUID
    reference: str
    purpose: Purpose
    state: NoticeState
    language: str
    sender: tuple[str, ...]
    postal: tuple[str, ...]
    dated: str
    subject: str
    text: str
    author: str
    created_at: datetime


def letters_to_print(actor: Actor) -> list[PrintedLetter]:
    """The letters that wait to be printed and posted, in the files this actor may read; the oldest first."""
    return [_printed(notice) for notice in waiting(actor).order_by("created_at", "id")]


def count_letters_to_print(actor: Actor) -> int:
    """How many there are."""
    return waiting(actor).count()


def letter(pk: UUID, actor: Actor) -> PrintedLetter | None:
    """One letter, posted or not, when this actor may read its file."""
    found = _letters(actor).filter(pk=pk).first()
    return _printed(found) if found is not None else None


def _letters(actor: Actor) -> QuerySet[Notice]:
    visible = complaints.visible_to(actor).values("pk")
    rows = Notice.objects.select_related("complaint", "author")
    return rows.filter(way=Way.POST, complaint__in=visible)


def waiting(actor: Actor) -> QuerySet[Notice]:
    """The letters to print and post, in the files of this actor."""
    return _letters(actor).filter(state=NoticeState.TO_PRINT)


def _printed(notice: Notice) -> PrintedLetter:
    """Nothing here is read from what may change after the letter was written."""
    return PrintedLetter(
        id=notice.id,
        complaint_id=notice.complaint_id,
        reference=notice.complaint.reference,
        purpose=Purpose(notice.purpose),
        state=NoticeState(notice.state),
        language=notice.language,
        sender=tuple(notice.sender.split("\n")),
        postal=tuple(notice.to_postal.split("\n")),
        dated=letters.day_in_words(notice.dated, notice.language) if notice.dated else "",
        subject=notice.subject,
        text=notice.text,
        author=notice.author.name if notice.author else "",
        created_at=notice.created_at,
    )
