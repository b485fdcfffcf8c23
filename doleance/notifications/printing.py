"""What is asked about letters: those that wait to be printed and posted, and one as it is printed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from doleance.accounts.rules import Actor
from doleance.complaints import queries as complaints
from doleance.kernel import clock
from doleance.notifications import letters
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way


@dataclass(frozen=True, slots=True)
class PrintedLetter:
    """A letter as it is printed. `dated` is its day in its own language; `sender` the lines of who writes."""

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
    mediator: str
    author: str
    created_at: datetime


def letters_to_print(actor: Actor) -> list[PrintedLetter]:
    """The letters that wait to be printed and posted, in the files this actor may read; the oldest first."""
    return [_printed(notice) for notice in _waiting(actor).order_by("created_at", "id")]


def count_letters_to_print(actor: Actor) -> int:
    """How many there are."""
    return _waiting(actor).count()


def letter(pk: UUID, actor: Actor) -> PrintedLetter | None:
    """One letter, posted or not, when this actor may read its file."""
    found = _letters(actor).filter(pk=pk).first()
    return _printed(found) if found is not None else None


def _letters(actor: Actor) -> QuerySet[Notice]:
    visible = complaints.visible_to(actor).values("pk")
    rows = Notice.objects.select_related("complaint__entity", "mailbox", "author")
    return rows.filter(way=Way.POST, complaint__in=visible)


def _waiting(actor: Actor) -> QuerySet[Notice]:
    return _letters(actor).filter(state=NoticeState.TO_PRINT)


def _printed(notice: Notice) -> PrintedLetter:
    """A letter dated on the day it was posted, else written. The mediator stands apart unless its text names them."""
    entity = notice.complaint.entity
    day = notice.posted_on or clock.day_in(notice.created_at, entity.time_zone)
    mediator = entity.mediator.strip() if notice.purpose == Purpose.FINAL else ""
    return PrintedLetter(
        id=notice.id,
        complaint_id=notice.complaint_id,
        reference=notice.complaint.reference,
        purpose=Purpose(notice.purpose),
        state=NoticeState(notice.state),
        language=notice.language,
        sender=tuple(one for one in (entity.name, notice.mailbox.address if notice.mailbox else "") if one),
        postal=tuple(notice.to_postal.split("\n")),
        dated=letters.day_in_words(day, notice.language),
        subject=notice.subject,
        text=notice.text,
        mediator="" if mediator in notice.text else mediator,
        author=notice.author.name if notice.author else "",
        created_at=notice.created_at,
    )
