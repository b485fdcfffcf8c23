"""Which clocks a complaint gets, what meets them, what ends them, and what a reopening starts again."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from doleance.complaints.rules import State
from doleance.deadlines.rules.due import DueDate
from doleance.kernel.kinds import Kind
from doleance.packs.rules import (
    LAST,
    PACK_EVENTS,
    ClockKind,
    ClockRule,
    Pack,
    StartEvent,
    Term,
    effective_hash,
    protects,
)


class CancelReason(Kind):
    """Why a duty ended without being met."""

    WITHDRAWN = "withdrawn", "Réclamation retirée"
    FORWARDED = "forwarded", "Réclamation transmise"
    MERGED = "merged", "Dossiers réunis"
    CLOSED = "closed", "Dossier clos"
    HISTORY = "history", "Traité avant Doléance"
    EXTENDED = "extended", "Prolongée par une réponse d’attente"
    ANSWERED = "answered", "La réponse est partie avant"
    RULES = "rules", "Règle écartée de ce dossier"
    SEPARATED = "separated", "Dossiers séparés à nouveau"


# What the state of a file does to the clocks it still has.
CANCELS: dict[State, CancelReason] = {
    State.WITHDRAWN: CancelReason.WITHDRAWN,
    State.FORWARDED: CancelReason.FORWARDED,
    State.MERGED: CancelReason.MERGED,
    State.CLOSED: CancelReason.CLOSED,
}

# What else a duty meets when it is met. A word from a person proves that the message arrived, so it acknowledges too;
# a holding reply is such a word; the final answer leaves nothing to promise.
MEETS: dict[ClockKind, frozenset[ClockKind]] = {
    ClockKind.ACKNOWLEDGE: frozenset({ClockKind.ACKNOWLEDGE}),
    ClockKind.PROGRESS: frozenset({ClockKind.PROGRESS, ClockKind.ACKNOWLEDGE}),
    ClockKind.INTERNAL: frozenset({ClockKind.INTERNAL}),
    ClockKind.HOLDING: frozenset({ClockKind.HOLDING, ClockKind.PROGRESS, ClockKind.ACKNOWLEDGE}),
    ClockKind.FINAL: frozenset(ClockKind),
}

# What a reopening starts again. No acknowledgement: who writes again on an answered file has an address we know, and
# the progress clock already promises a word.
REOPENS = frozenset({ClockKind.PROGRESS, ClockKind.INTERNAL, ClockKind.FINAL, ClockKind.EXTENDED})

FindPack = Callable[[str, int], Pack | None]
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
    (an oral complaint has no written one). `status` is the complainant's: a pack protects its audience only. A limit
    that only a holding reply opens waits for that letter (`extensions`).
    """
    return [
        opened(pack, rule, start_at)
        for pack in packs
        if protects(pack, status)
        for rule in pack.clocks
        if rule.kind is not ClockKind.EXTENDED
        and (pack.code, rule.kind) not in known
        and (start_at := moments[rule.start]) is not None
    ]


def opened(pack: Pack, rule: ClockRule, start_at: datetime) -> Opening:
    """The clock of one rule of a pack, running from `start_at`."""
    return Opening(
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


def extensions(running: Iterable[Running], find: FindPack, at: datetime) -> list[tuple[Running, Opening]]:
    """The last days that a holding reply which leaves at `at` moves, each with the clock that takes its place.

    Only those of a pack that knows a later limit, that still ran, and that the reply did not miss: an extension is
    told before the time is over (directive 2015/2366, art. 101(2); regulation 2016/679, art. 12(3)). The later limit
    runs from the same moment. What reopened a file after its first last day is our promise: nothing prolongs it.
    """
    found = []
    for clock in running:
        opening = clock.opening
        runs = clock.is_open and opening.start_at <= at < clock.due.due_at
        if clock.kind is not ClockKind.FINAL or not runs or opening.start_event is StartEvent.REOPENED:
            continue
        pack = find(opening.pack, opening.pack_version)
        rule = pack.clock(ClockKind.EXTENDED) if pack else None
        if pack is not None and rule is not None:
            later = replace(opened(pack, rule, opening.start_at), reopened_at=opening.reopened_at)
            found.append((clock, later))
    return found


def spared(clock: Running, find: FindPack, at: datetime) -> bool:
    """Whether the final answer that leaves at `at` spares this duty: its pack wants it only from who answers later."""
    pack = find(clock.opening.pack, clock.opening.pack_version)
    rule = pack.clock(clock.kind) if pack else None
    return rule is not None and rule.unless_final and at < clock.due.due_at


def ended_by(kind: ClockKind, running: Sequence[Running], at: datetime) -> set[UUID]:
    """Which of these open clocks, that `kind` meets, a duty done at `at` ends: those that ran then.

    One that began later asks for something else: the word after a later word of ours, the answer to what reopened the
    file. Only the final answer also ends the turns that our own later words began, unless an answer is still owed.
    """
    met = {clock.id for clock in running if clock.opening.start_at <= at}
    later = [clock for clock in running if clock.id not in met]
    if kind is ClockKind.FINAL and not any(clock.kind in LAST for clock in later):
        met |= {clock.id for clock in later if clock.opening.start_event is StartEvent.LAST_WORD}
    return met


def again(opening: Opening, at: datetime) -> Opening:
    """The next turn of a clock that repeats: it runs from our last word."""
    return replace(opening, start_event=StartEvent.LAST_WORD, start_at=at)


def reopenings(clocks: Sequence[Running], since: datetime) -> list[Opening]:
    """What starts when a message of `since` reopens a file: a rhythm, an internal target, a last day.

    A contested answer does not set the law back to zero: while the first last day of a pack is ahead it is kept
    (ACPR 2024-R-02: two months from the first written complaint, whoever handled it since). Once it is past, a term of
    the same length runs from the message; it is then our promise, and no statute's. A last day that a holding reply
    moved is the one that counts; past, it gives no second extension.
    """
    first: dict[tuple[str, ClockKind], Running] = {}
    for clock in sorted(clocks, key=lambda clock: (clock.opening.reopened_at is not None, clock.opening.start_at)):
        first.setdefault((clock.opening.pack, clock.kind), clock)
    moved = {pack for (pack, kind), clock in first.items() if kind is ClockKind.EXTENDED and clock.due.due_at > since}
    dropped = {
        (pack, ClockKind.FINAL if pack in moved else ClockKind.EXTENDED)
        for pack, kind in first
        if kind is ClockKind.EXTENDED
    }
    return [_reopened(clock, since) for key, clock in first.items() if key[1] in REOPENS and key not in dropped]


def _reopened(clock: Running, since: datetime) -> Opening:
    if clock.kind in LAST and clock.due.due_at > since:
        return replace(clock.opening, reopened_at=since)
    return replace(
        clock.opening, start_event=StartEvent.REOPENED, start_at=since, is_statutory=False, reopened_at=since
    )


def carried(kept: Sequence[Running], stub: Sequence[Running]) -> list[tuple[Running, Running | None]]:
    """The open clocks of a merged file that count in the one that is kept, each with the later one it replaces.

    The earliest always wins; what the kept file has never owed by that rule, it owes now. A duty that it has done is
    done for both: what the complainant was told once is not told again.
    """
    had = {(clock.opening.pack, clock.kind) for clock in kept}
    running = {(clock.opening.pack, clock.kind): clock for clock in kept if clock.is_open}
    found: list[tuple[Running, Running | None]] = []
    for clock in stub:
        rule = (clock.opening.pack, clock.kind)
        later = running.get(rule)
        if clock.is_open and (rule not in had or (later is not None and clock.due.due_at < later.due.due_at)):
            found.append((clock, later))
    return found


def of_merged(opening: Opening) -> Opening:
    """A clock of a merged file as the kept one has it: from the same moment, which is none of the kept file's own."""
    if opening.start_event not in PACK_EVENTS:
        return opening
    return replace(opening, start_event=StartEvent.MERGED)


def earliest(clocks: Iterable[Running]) -> Running | None:
    """The clock that is due next among those still open; of two due together, the first in a complaint's life."""
    return min(
        (clock for clock in clocks if clock.is_open),
        key=lambda clock: (clock.due.due_at, ORDER[clock.kind], clock.opening.pack),
        default=None,
    )
