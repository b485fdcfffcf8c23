"""What becomes of a file's clocks when it follows other packs than before."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from doleance.deadlines.rules import clocks, due
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.deadlines.rules.clocks import CancelReason, Opening, Running
from doleance.deadlines.rules.due import DueDate
from doleance.kernel.errors import Refusal
from doleance.packs.rules import ClockKind, Pack

_NOBODY = UUID(int=0)  # of a clock that was never kept: what it would have been is asked


class NoPackLeft(Refusal):
    """Without a pack the file would never be due."""

    code = "no_pack_left"
    sentence = "Gardez au moins un référentiel\u00a0: sans lui, ce dossier n’aurait plus d’échéance."


class PackNotOffered(Refusal):
    """A file follows packs of its house, in force the day it was received."""

    code = "pack_not_offered"
    sentence = "{pack} ne peut pas être suivi ici\u00a0: choisissez dans la liste."


class SamePacks(Refusal):
    """There is nothing to change."""

    code = "same_packs"
    sentence = "Ce dossier suit déjà ces règles. Cochez ou décochez un référentiel, ou ne changez rien."


@dataclass(frozen=True, slots=True)
class Word:
    """Something of ours that left for the complainant at `at`; a person wrote it, or a machine."""

    at: datetime
    is_person: bool


@dataclass(frozen=True, slots=True)
class Fresh:
    """A clock to open, when it is due, and since when its duty was done, where a word of ours had done it."""

    opening: Opening
    due: DueDate
    met_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What following other packs does: the clocks that end, those that nothing removes, those that open.

    `stays`: of a pack that is followed no more, a statutory day that was already past: a lateness is not erased.
    """

    ends: tuple[Running, ...] = ()
    stays: tuple[Running, ...] = ()
    starts: tuple[Fresh, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """A file as its clocks see it: those it had, its moments by name, the complainant's status, what we wrote.

    `zone` and `calendar` are its place's.
    """

    known: Sequence[Running]
    moments: Mapping[str, datetime | None]
    status: str
    words: Sequence[Word]
    zone: str
    calendar: WorkCalendar


def change(file: Situation, *, before: Collection[str], packs: Iterable[Pack], at: datetime) -> Change:
    """What becomes of the clocks when the file follows `packs` from `at` on; `before`: the codes it followed.

    What was met, or ended otherwise, stays as it is. A pack that comes back finds its clocks where they stopped; a new
    one has those it would have had, less what was done since: any word of ours acknowledges, a person's begins the
    next turn of a rhythm. A holding reply written under other rules does not hold what this pack wants, and moves
    nothing of it. What was owed before Doléance had the file is not owed again.
    """
    now = list(packs)
    codes = {pack.code for pack in now}
    dropped = [clock for clock in file.known if clock.is_open and clock.opening.pack not in codes]
    stays = [clock for clock in dropped if clock.opening.is_statutory and clock.due.due_at <= at]
    return Change(
        ends=tuple(clock for clock in dropped if clock not in stays),
        stays=tuple(stays),
        starts=tuple(_starts(file, [pack for pack in now if pack.code not in before])),
    )


def _starts(file: Situation, packs: Sequence[Pack]) -> list[Fresh]:
    """The clocks of packs that are followed from now on."""
    had = {(clock.opening.pack, clock.kind) for clock in file.known}
    history = {clock.kind for clock in file.known if clock.cancel_reason == CancelReason.HISTORY}
    back = _stopped(file.known, {pack.code for pack in packs})
    wanted = [*back, *clocks.openings(packs, moments=file.moments, status=file.status, known=had)]
    return [_done(opening, file) for opening in _since_reopened(wanted, file) if opening.kind not in history]


def _stopped(known: Sequence[Running], codes: Collection[str]) -> list[Opening]:
    """What ran under these packs when the file ceased to follow them. A clock that still runs is not among them."""
    last: dict[tuple[str, ClockKind], Running] = {}
    for clock in sorted(known, key=lambda one: (one.is_open, one.cancelled_at or one.met_at or one.opening.start_at)):
        last[(clock.opening.pack, clock.kind)] = clock
    return [
        clock.opening
        for (pack, _), clock in last.items()
        if pack in codes and clock.cancel_reason == CancelReason.RULES
    ]


def _since_reopened(wanted: Sequence[Opening], file: Situation) -> list[Opening]:
    """The same for a file that was reopened: what a reopening starts again (`clocks.reopenings`), and no more."""
    moments = [clock.opening.reopened_at for clock in file.known if clock.opening.reopened_at]
    if not moments:
        return list(wanted)
    since = max(moments)
    own = [opening for opening in wanted if opening.reopened_at == since]
    first = [replace(opening, reopened_at=None) for opening in wanted if opening.reopened_at != since]
    lived = [Running(_NOBODY, opening, _due(opening, file), file.zone) for opening in first]
    return [*own, *clocks.reopenings(lived, since)]


def _done(opening: Opening, file: Situation) -> Fresh:
    if opening.repeats:
        spoken = [word.at for word in file.words if word.is_person and word.at > opening.start_at]
        turn = clocks.again(opening, max(spoken)) if spoken else opening
        return Fresh(turn, _due(turn, file))
    acknowledged = [word.at for word in file.words if word.at >= opening.start_at]
    is_met = opening.kind is ClockKind.ACKNOWLEDGE and bool(acknowledged)
    return Fresh(opening, _due(opening, file), min(acknowledged) if is_met else None)


def _due(opening: Opening, file: Situation) -> DueDate:
    return due.compute(start_at=opening.start_at, term=opening.term, zone=file.zone, calendar=file.calendar)
