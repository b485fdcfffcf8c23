"""What other programs read of files: the file, its conversation, its attachments. Never a note of the house.

What was found of a grievance is told once the answer left; our reasons and causes are in that answer, and stay here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from doleance.accounts.rules import Actor
from doleance.channels.models import Attachment
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address
from doleance.complaints import queries as complaints
from doleance.complaints.following import mask_links
from doleance.complaints.models import Category, Complaint, Exchange, Grievance
from doleance.complaints.rules import OVER, ExchangeKind, GrievanceState, State

SHOWN = (ExchangeKind.INBOUND, ExchangeKind.OUTBOUND, ExchangeKind.AUTOMATIC)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which files a program wants; all of them by default. `category` is a branch or a leaf."""

    states: tuple[State, ...] = ()
    is_open: bool | None = None
    is_late: bool | None = None
    category: str = ""
    received_from: datetime | None = None
    received_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class After:
    """The place after which a page begins: a moment, and what decides between equals."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Shown:
    """One file whole, with the ways to reach its people."""

    complaint: Complaint
    grievances: Sequence[Grievance]
    ways: Sequence[Address]
    speaks_by: Sequence[Address]


@dataclass(frozen=True, slots=True)
class Said:
    """One exchange, with its files. `text` opens no file: links to follow one are its reader's alone."""

    exchange: Exchange
    channel: str
    text: str
    files: Sequence[Attachment]


def files(*, actor: Actor, asked: Asked, after: After | None, size: int, at: datetime) -> list[Complaint]:
    """A page of the files this program may read, the latest received first: `size` of them, and one more if any."""
    found = _selected(complaints.visible_to(actor), asked, at)
    if after is not None:
        # The first condition is implied by the second: PostgreSQL enters its index by it.
        beyond = Q(received_at__lt=after.at) | Q(received_at=after.at, id__lt=after.id)
        found = found.filter(beyond, received_at__lte=after.at)
    return list(found.select_related("team").order_by("-received_at", "-id")[: size + 1])


def _selected(found: QuerySet[Complaint], asked: Asked, at: datetime) -> QuerySet[Complaint]:
    if asked.states:
        found = found.filter(state__in=asked.states)
    if asked.is_open is not None:
        over = Q(state__in=sorted(OVER))
        found = found.exclude(over) if asked.is_open else found.filter(over)
    if asked.is_late is not None:
        late = Q(next_due_at__lte=at)
        found = found.filter(late) if asked.is_late else found.exclude(late)
    if asked.category:
        code = Q(category=asked.category) | Q(category__code__startswith=f"{asked.category}.")
        rows = Grievance.objects.filter(code, complaint=OuterRef("pk")).exclude(state=GrievanceState.DROPPED)
        found = found.filter(Exists(rows))
    if asked.received_from is not None:
        found = found.filter(received_at__gte=asked.received_from)
    if asked.received_before is not None:
        found = found.filter(received_at__lt=asked.received_before)
    return found


def file(complaint: Complaint) -> Shown:
    """A file that was found for a program, with what it says."""
    return Shown(
        complaint=complaint,
        grievances=[one for one in complaints.grievances(complaint) if one.state != GrievanceState.DROPPED],
        ways=complainants.addresses(complaint.party) if complaint.party else (),
        speaks_by=complainants.addresses(complaint.representative) if complaint.representative else (),
    )


def conversation(*, complaint: Complaint, after: After | None, size: int) -> list[Said]:
    """What was written in a file, the oldest first: `size` exchanges after a place, and one more if any."""
    found = Exchange.objects.filter(complaint=complaint, kind__in=SHOWN).select_related("message")
    if after is not None:
        found = found.filter(Q(at__gt=after.at) | Q(at=after.at, id__gt=after.id), at__gte=after.at)
    rows = list(found.order_by("at", "id")[: size + 1])
    joined = _files(one.message_id for one in rows if one.message_id)
    return [
        Said(
            exchange=one,
            channel=one.message.channel if one.message else "post",
            text=mask_links(one.text),
            files=joined.get(one.message_id, ()) if one.message_id else (),
        )
        for one in rows
    ]


def _files(messages: Any) -> Mapping[UUID, Sequence[Attachment]]:
    found: dict[UUID, list[Attachment]] = {}
    for one in Attachment.objects.filter(message__in=list(messages)).order_by("message", "position"):
        found.setdefault(one.message_id, []).append(one)
    return found


def attachment(*, complaint: Complaint, pk: UUID) -> Attachment | None:
    """A file that came or left with what was written there."""
    rows = Attachment.objects.select_related("blob")
    return rows.filter(pk=pk, message__exchange__complaint=complaint, message__exchange__kind__in=SHOWN).first()


def taxonomy() -> list[Category]:
    """The living categories, branches before their leaves, in order."""
    return complaints.categories()
