"""What a letter or a receipt needs of one file: which mailbox it leaves by and what it hangs under; by when an answer
comes and why then, and where else one may turn.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from doleance.channels.models import Mailbox, Message
from doleance.complainants import rules as complainants
from doleance.complainants.rules import MAYBE_CONSUMERS, Recourse
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.deadlines import queries as deadlines
from doleance.deadlines.rules import promises
from doleance.deadlines.rules.clocks import Running
from doleance.kernel import clock
from doleance.kernel.db import pending
from doleance.kernel.tongue import Tongue
from doleance.notifications import queries
from doleance.notifications.rules import Place
from doleance.packs import loader
from doleance.packs.rules import LAST, ClockKind, Letter, Term, wants_writing

# The duties that a complainant is told of: what we aim at, and what we do not go beyond.
PROMISED = {ClockKind.INTERNAL: "target", **dict.fromkeys(LAST, "final")}


@dataclass(frozen=True, slots=True)
class Promise:
    """One day that is promised, and what makes it: « 2 mois à compter de la réception »."""

    day: date
    because: str
    term: Term


@dataclass(frozen=True, slots=True)
class Promises:
    """What is still promised of a file; `counted` says which days the terms count, when they do not count all."""

    target: Promise | None = None
    final: Promise | None = None
    counted: str = ""


def promised(clocks: Sequence[Running], *, at: datetime, tongue: Tongue, kept: bool = False) -> Promises:
    """What the clocks of a file promise at `at`: the nearest day of each duty. Nobody is promised a day that is past:
    history is imported too. `kept`: what was promised then, whether or not the duty ended since.
    """
    found: dict[str, Promise] = {}
    ahead = [one for one in clocks if (one.is_open or kept) and one.kind in PROMISED and one.due.due_at > at]
    # Of two rules with one day the law speaks, as on the thread of the file.
    for one in sorted(ahead, key=lambda clock: (clock.due.due_at, not clock.opening.is_statutory, clock.opening.pack)):
        because = promises.because(one.opening.term, one.opening.start_event, tongue)
        found.setdefault(PROMISED[one.kind], Promise(one.due.due_on, because, one.opening.term))
    counted = promises.counted((one.term for one in found.values()), tongue)
    return Promises(found.get("target"), found.get("final"), counted)


def recourse_of(complaint: Complaint) -> Recourse:
    """Where the complainant of this file may turn, by its packs, by who they are and by who settles it for the house.

    `complaint` comes with its entity and its party.
    """
    status = complaints.known_status(complaint)
    day = clock.day_in(complaint.received_at, complaint.entity.time_zone)
    musts = {must.code for code in complaint.regimes for letter in Letter for must in loader.musts(code, day, letter)}
    return complainants.recourse(
        musts=musts, is_consumer=status in MAYBE_CONSUMERS, mediator=complaint.entity.mediator
    )


def invites_writing(complaint: Complaint) -> bool:
    """Whether a complaint that was only spoken is to be followed by a few written lines: a pack waits for them.

    `complaint` comes with its entity.
    """
    return complaint.first_written_at is None and wants_writing(deadlines.packs_of(complaint))


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known of a file that the running write opened, so that nothing is asked again.

    `message` is all that was said in it, `to` is where letters go (empty: nowhere), `clocks` are all it has.
    """

    message: Message
    to: str
    clocks: Sequence[Running]


@dataclass(frozen=True, slots=True)
class Standing:
    """By which mailbox the next mail of a file leaves, and what it hangs under."""

    mailbox: Mailbox | None
    place: Place


def standing_of(complaint: Complaint, opened: Opened | None = None) -> Standing:
    """Where a file stands. Inside a write only, when `opened` is given."""
    if opened is None:
        return Standing(queries.mailbox_for(complaint), queries.place_of_next(complaint))
    mailbox = queries.came_by(complaint, opened.message) or pending(Asked).mailbox(complaint)
    return Standing(mailbox, queries.place_after(opened.message, []))


class Asked:
    """What one write asked on behalf of many files: the house's mailboxes, and what left for an address."""

    def __init__(self) -> None:
        self._mailboxes: dict[tuple[UUID, UUID], Mailbox | None] = {}
        self._left: dict[str, list[datetime]] = {}

    def mailbox(self, complaint: Complaint) -> Mailbox | None:
        """The mailbox that writes for a file that came by none."""
        place = complaint.entity_id, complaint.team_id
        if place not in self._mailboxes:
            self._mailboxes[place] = queries.house_mailbox(complaint)
        return self._mailboxes[place]

    def look(self, keys: Collection[str], at: datetime) -> None:
        """Ask at once what left for many addresses in the last day; what this write queues has not left."""
        if missing := set(keys) - set(self._left):
            self._left |= queries.acknowledgements_left_for(missing, at=at)

    def left(self, key: str, at: datetime) -> list[datetime]:
        """When acknowledgements left for an address in the last day."""
        self.look([key], at)
        return self._left[key]

    def finish(self) -> None:
        """Nothing waits."""
