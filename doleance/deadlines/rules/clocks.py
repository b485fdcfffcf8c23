"""Which clocks a complaint gets, what meets them, what ends them, and what a reopening starts again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from doleance.complaints.rules import State
from doleance.deadlines.rules.due import DueDate
from doleance.kernel.kinds import Kind
from doleance.packs.rules import ClockKind, Pack, StartEvent, Term, effective_hash, protects


class CancelReason(Kind):
    """Why a duty ended without being met."""

    WITHDRAWN = "withdrawn", "Réclamation retirée"
    FORWARDED = "forwarded", "Réclamation transmise"
    MERGED = "merged", "Dossiers réunis"
    CLOSED = "closed", "Dossier clos"
    HISTORY = "history", "Traité avant Doléance"


# What the state of a file does to the clocks it still has.
CANCELS: dict[State, CancelReason] = {
    State.WITHDRAWN: CancelReason.WITHDRAWN,
    State.FORWARDED: CancelReason.FORWARDED,
    State.MERGED: CancelReason.MERGED,
    State.CLOSED: CancelReason.CLOSED,
}

# What else a duty meets when it is met. A word from a person proves that the message arrived, so it acknowledges too;
# the final answer leaves nothing to promise.
MEETS: dict[ClockKind, frozenset[ClockKind]] = {
    ClockKind.ACKNOWLEDGE: frozenset({ClockKind.ACKNOWLEDGE}),
    ClockKind.PROGRESS: frozenset({ClockKind.PROGRESS, ClockKind.ACKNOWLEDGE}),
    ClockKind.INTERNAL: frozenset({ClockKind.INTERNAL}),
    ClockKind.FINAL: frozenset(ClockKind),
}

# What a reopening starts again. No acknowledgement: who writes again on an answered file has an address we know, and
# the progress clock already promises a word.
REOPENS = frozenset({ClockKind.PROGRESS, ClockKind.INTERNAL, ClockKind.FINAL})

ORDER = {kind: position for position, kind in enumerate(ClockKind)}


@dataclass(frozen=True, slots=True)
class Opening:
    """A clock to open: a term that runs from a moment, under one version of a pack.

    `reopened_at`: the clock belongs to the life after that reopening; None, to the first.
    """

    pack: str
    pack_version: int
    pack_hash: str
    kind: ClockKind
    term: Term
    start_event: StartEvent
    start_at: datetime
    is_statutory: bool
    repeats: bool
    reopened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A clock as it is stored: what was opened, when it is due, how it ended if it has."""

    id: UUID
    opening: Opening
    due: DueDate
    zone: str
    met_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""

    @property
    def kind(self) -> ClockKind:
        return self.opening.kind

    @property
    def is_open(self) -> bool:
        """Whether its duty is still due."""
        return self.met_at is None and self.cancelled_at is None


def openings(
    packs: Iterable[Pack],
    *,
    moments: Mapping[str, datetime | None],
    status: str,
    known: Collection[tuple[str, ClockKind]],
) -> list[Opening]:
    """The clocks that a complaint gets from `packs`, less those it has had (`known`: pack and kind).

    `moments` gives the complaint's own, by the name of their event: a duty whose event has not happened is not started
    (an oral complaint has no written one). `status` is the complainant's: a pack protects its audience only.
    """
    return [
        Opening(
            pack=pack.code,
            pack_version=pack.version,
            pack_hash=effective_hash(pack),
            kind=rule.kind,
            term=rule.term,
            start_event=rule.start,
            start_at=start_at,
            is_statutory=rule.statutory,
            repeats=rule.repeats,
        )
        for pack in packs
        if protects(pack, status)
        for rule in pack.clocks
        if (pack.code, rule.kind) not in known and (start_at := moments[rule.start]) is not None
    ]


def ended_by(kind: ClockKind, running: Sequence[Running], at: datetime) -> set[UUID]:
    """Which of these open clocks, that `kind` meets, a duty done at `at` ends: those that ran then.

    One that began later asks for something else: the word after a later word of ours, the answer to what reopened the
    file. Only the final answer also ends the turns that our own later words began, unless an answer is still owed.
    """
    met = {clock.id for clock in running if clock.opening.start_at <= at}
    later = [clock for clock in running if clock.id not in met]
    if kind is ClockKind.FINAL and not any(clock.kind is ClockKind.FINAL for clock in later):
        met |= {clock.id for clock in later if clock.opening.start_event is StartEvent.LAST_WORD}
    return met


def again(opening: Opening, at: datetime) -> Opening:
    """The next turn of a clock that repeats: it runs from our last word."""
    return replace(opening, start_event=StartEvent.LAST_WORD, start_at=at)


def reopenings(clocks: Sequence[Running], since: datetime) -> list[Opening]:
    """What starts when a message of `since` reopens a file: a rhythm, an internal target, a last day.

    A contested answer does not set the law back to zero: while the first last day of a pack is ahead it is kept
    (ACPR 2024-R-02: two months from the first written complaint, whoever handled it since). Once it is past, a term of
    the same length runs from the message; it is then our promise, and no statute's.
    """
    first: dict[tuple[str, ClockKind], Running] = {}
    for clock in sorted(clocks, key=lambda clock: (clock.opening.reopened_at is not None, clock.opening.start_at)):
        first.setdefault((clock.opening.pack, clock.kind), clock)
    return [_reopened(clock, since) for (_, kind), clock in first.items() if kind in REOPENS]


def _reopened(clock: Running, since: datetime) -> Opening:
    if clock.kind is ClockKind.FINAL and clock.due.due_at > since:
        return replace(clock.opening, reopened_at=since)
    return replace(
        clock.opening, start_event=StartEvent.REOPENED, start_at=since, is_statutory=False, reopened_at=since
    )


def earliest(clocks: Iterable[Running]) -> Running | None:
    """The clock that is due next among those still open; of two due together, the first in a complaint's life."""
    return min(
        (clock for clock in clocks if clock.is_open),
        key=lambda clock: (clock.due.due_at, ORDER[clock.kind], clock.opening.pack),
        default=None,
    )
