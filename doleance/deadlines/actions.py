"""What happens to clocks and calendars: clocks are on their complaint's chain, calendars on that of settings."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Model
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import OPEN, SETTLED, ClosedFile, State
from doleance.deadlines import queries, seeds
from doleance.deadlines.models import Calendar, Clock, Holiday
from doleance.deadlines.rules import clocks as rules
from doleance.deadlines.rules import due
from doleance.deadlines.rules.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    HolidayUnnamed,
    NoSuchHoliday,
    OutsideCalendar,
    UnknownCalendar,
    WorkCalendar,
    years_for,
)
from doleance.deadlines.rules.clocks import CancelReason, Opening, Running
from doleance.deadlines.rules.following import Change
from doleance.deadlines.rules.places import PLACES
from doleance.kernel.clock import day_in
from doleance.kernel.db import hold, insert, is_waiting, pending, write
from doleance.kernel.ids import uuid7
from doleance.packs import loader
from doleance.packs.rules import LAST, PACK_EVENTS, ClockKind

YEARS_BEFORE, YEARS_AFTER = 2, 5


@write
def start(*, complaint: Complaint, by: Actor, at: datetime) -> list[Clock]:
    """Open the clocks that a file's packs ask for, in the version in force the day it was received.

    A duty whose event has not happened waits: calling again opens what has become possible, and nothing twice.
    Refuses a calendar that nobody knows; raises UnknownPack when the company follows a pack that is not shipped.
    """
    current = complaints.locked(complaint, by=None)
    known = pending(_Places).clocks_of(current)
    openings = rules.openings(
        queries.packs_of(current),
        moments={event.value: getattr(current, event.value) for event in PACK_EVENTS},
        status=complaint_queries.known_status(current),
        known={(clock.pack, ClockKind(clock.kind)) for clock in known},
    )
    started = _open(current, openings, by=by, at=at)
    if started:
        complaints.record(current, "clocks_started", by=by, at=at, rows=[(clock, None) for clock in started])
        _note_next(complaint, rules.earliest(clock.running() for clock in [*known, *started]))
    return started


@write
def met(*, complaint: Complaint, kind: ClockKind, by: Actor, at: datetime) -> list[Clock]:
    """Note that a duty was done at `at`, late or not, with the duties that this one settles; returns those met.

    A word to the complainant acknowledges too, and starts the next turn of a clock that repeats; a holding reply that
    leaves in time moves the last day of the packs that know a later one; the final answer ends everything, and spares
    the acknowledgement that a pack wants only from who answers later. Nothing open, nothing happens. A clock that
    began after `at` is not met by it: a letter posted on Monday and noted on Wednesday is not the word that Tuesday's
    mail asks for next.
    """
    current = complaints.locked(complaint, by=None)
    running = _running(current, rules.MEETS[ClockKind(kind)])
    over = rules.ended_by(ClockKind(kind), [clock.running() for clock in running], at)
    ended = [clock for clock in running if clock.id in over]
    changed: list[tuple[Model, list[str] | None]] = []
    for clock in ended:
        is_spared = kind == ClockKind.FINAL and rules.spared(clock.running(), loader.version, at)
        changed.append((clock, _cancel(clock, CancelReason.ANSWERED, at) if is_spared else _meet(clock, at)))
    turns = [rules.again(clock.running().opening, at) for clock in ended if clock.repeats and kind != ClockKind.FINAL]
    if kind == ClockKind.HOLDING:
        turns += _extend(current, changed, at)
    started = _open(current, turns, by=by, at=at)
    if changed:
        facts = {"kinds": [clock.kind for clock in ended]}
        changed += [(clock, None) for clock in started]
        complaints.record(current, "clocks_met", by=by, at=at, rows=changed, facts=facts)
        _note_next(complaint, queries.next_due(current))
    return ended


def _meet(clock: Clock, at: datetime) -> list[str]:
    clock.met_at = max(at, clock.start_at)
    clock.save(update_fields=["met_at"])
    return ["met_at"]


def _cancel(clock: Clock, reason: CancelReason, at: datetime) -> list[str]:
    clock.cancelled_at, clock.cancel_reason = at, reason.value
    clock.save(update_fields=["cancelled_at", "cancel_reason"])
    return ["cancelled_at", "cancel_reason"]


def _extend(complaint: Complaint, changed: list[tuple[Model, list[str] | None]], at: datetime) -> list[Opening]:
    """End the last days that a holding reply moves, and say what to open in their place."""
    rows = {clock.id: clock for clock in _running(complaint, {ClockKind.FINAL})}
    moved = rules.extensions([clock.running() for clock in rows.values()], loader.version, at)
    for running, _ in moved:
        row = rows[running.id]
        changed.append((row, _cancel(row, CancelReason.EXTENDED, at)))
    return [later for _, later in moved]


@write
def cancel(
    *,
    complaint: Complaint,
    by: Actor,
    at: datetime,
    reason: CancelReason | None = None,
    kinds: Collection[ClockKind] = frozenset(ClockKind),
) -> list[Clock]:
    """End open clocks whose duty is without object; returns them. By default all of them, for what the state says.

    `HISTORY` is for a complaint handled before Doléance: what it still owed then is not owed twice. Raises ValueError
    without a reason on a file whose state gives none.
    """
    current = complaints.locked(complaint, by=None)
    reason = reason or rules.CANCELS.get(State(current.state))
    if reason is None:
        raise ValueError(f"{current.state}: a file in that state keeps its clocks")
    ended = _running(current, kinds)
    rows = [(clock, _cancel(clock, reason, at)) for clock in ended]
    if rows:
        facts = {"reason": reason.value, "kinds": [clock.kind for clock in ended]}
        complaints.record(current, "clocks_cancelled", by=by, at=at, rows=rows, facts=facts)
        _note_next(complaint, queries.next_due(current))
    return ended


@write
def reopen(*, complaint: Complaint, by: Actor, at: datetime, since: datetime | None = None) -> list[Clock]:
    """Give a reopened or contested file its clocks again, from `since`: the message that reopened it, else `at`.

    The first last day is kept while it is ahead (`rules.clocks.reopenings`). A file that still has one is left alone;
    a pack that the file was put out of starts nothing again.
    """
    current = complaints.locked(complaint, by=None)
    followed = {pack.code for pack in queries.packs_of(current)}
    known = [clock for clock in queries.running(current) if clock.opening.pack in followed]
    if any(clock.is_open and clock.kind in LAST for clock in known):
        return []
    busy = {(clock.opening.pack, clock.kind) for clock in known if clock.is_open}
    openings = [
        opening for opening in rules.reopenings(known, since or at) if (opening.pack, opening.kind) not in busy
    ]
    started = _open(current, openings, by=by, at=at)
    if started:
        complaints.record(current, "clocks_reopened", by=by, at=at, rows=[(clock, None) for clock in started])
        _note_next(complaint, queries.next_due(current))
    return started


@write
def carry(*, kept: Complaint, stub: Complaint, by: Actor, at: datetime) -> tuple[list[UUID], list[UUID]]:
    """Let the earliest clock of two files that are merged count in the kept one; those of the other end.

    The identifiers of the clocks that ended, in both files, and of those that were opened: `restore` undoes it.
    """
    over = _running(stub, frozenset(ClockKind))
    pairs = rules.carried(queries.running(kept), queries.running(stub))
    held = {clock.id: clock for clock in _running(kept, frozenset(ClockKind))}
    replaced = [held[later.id] for _, later in pairs if later is not None]
    rows: list[tuple[Model, list[str] | None]] = [(one, _cancel(one, CancelReason.MERGED, at)) for one in replaced]
    started = _open(kept, [rules.of_merged(clock.opening) for clock, _ in pairs], by=by, at=at)
    if started:
        rows += [(clock, None) for clock in started]
        complaints.record(kept, "clocks_merged", by=by, at=at, rows=rows)
    cancel(complaint=stub, reason=CancelReason.MERGED, by=by, at=at)
    _note_next(kept, queries.next_due(kept))
    return [clock.id for clock in [*over, *replaced]], [clock.id for clock in started]


@write
def restore(
    *, complaint: Complaint, ended: Collection[UUID], opened: Collection[UUID], by: Actor, at: datetime
) -> list[Clock]:
    """Give a file back the clocks that a merge ended there, and end those it brought; returns those given back.

    A file where nothing is due any more gets none; nor does a duty of which another clock runs. They are computed by
    the calendar of today.
    """
    current = complaints.locked(complaint, by=None)
    over = [one for one in _running(current, frozenset(ClockKind)) if one.id in set(opened)]
    rows: list[tuple[Model, list[str] | None]] = [(one, _cancel(one, CancelReason.SEPARATED, at)) for one in over]
    busy = {(one.pack, one.kind) for one in _running(current, frozenset(ClockKind))}
    back = Clock.objects.filter(complaint=current, pk__in=list(ended), cancel_reason=CancelReason.MERGED)
    given = [one for one in back.order_by("due_at", "id") if (one.pack, one.kind) not in busy]
    if State(current.state) not in OPEN:
        given = []
    for one in given:
        one.cancelled_at, one.cancel_reason = None, ""
        one.save(update_fields=["cancelled_at", "cancel_reason"])
        rows.append((one, ["cancelled_at", "cancel_reason"]))
    if rows:
        complaints.record(current, "clocks_restored", by=by, at=at, rows=rows)
    recompute(complaint=current, by=by, at=at)
    _note_next(complaint, queries.next_due(current))
    return given


@write
def follow(
    *, complaint: Complaint, packs: Collection[str], reason: str, seen: int | None = None, by: Actor, at: datetime
) -> Change:
    """Say which packs a file follows, and why; its clocks end, stay and open as `queries.following` tells.

    Who may: those who handle files. Refuses a settled file, an empty reason, and what `queries.chosen` refuses.
    """
    require(by, Permission.HANDLE)
    current = complaints.locked(complaint, by=by, seen=seen)
    if State(current.state) in {*SETTLED, State.MERGED}:
        raise ClosedFile
    regimes = queries.chosen(current, packs)
    change = queries.following(current, regimes, at)
    current = complaints.set_regimes(complaint=current, regimes=regimes, reason=reason, by=by, at=at)
    over = {clock.id for clock in change.ends}
    ended = [clock for clock in _running(current, frozenset(ClockKind)) if clock.id in over]
    rows: list[tuple[Model, list[str] | None]] = [(one, _cancel(one, CancelReason.RULES, at)) for one in ended]
    if rows:
        facts = {"reason": CancelReason.RULES.value, "kinds": [clock.kind for clock in ended]}
        complaints.record(current, "clocks_cancelled", by=by, at=at, rows=rows, facts=facts)
    started = _open(current, [fresh.opening for fresh in change.starts], by=by, at=at)
    if started:
        done = [(clock, fresh.met_at) for clock, fresh in zip(started, change.starts, strict=True) if fresh.met_at]
        for clock, met_at in done:
            _meet(clock, met_at)
        complaints.record(current, "clocks_started", by=by, at=at, rows=[(clock, None) for clock in started])
    _note_next(complaint, queries.next_due(current))
    return change


@write
def recompute(*, complaint: Complaint, by: Actor, at: datetime) -> list[Clock]:
    """Compute a file's open clocks again after its calendar changed; returns those that moved. What ended stays."""
    current = complaints.locked(complaint, by=None)
    moved = []
    for clock in _running(current, frozenset(ClockKind)):
        opening = clock.running().opening
        place = queries.held_calendar(clock.calendar_id)
        again = due.compute(start_at=opening.start_at, term=opening.term, zone=clock.time_zone, calendar=place)
        facts = again.explanation.facts()
        if (clock.due_at, clock.explanation) != (again.due_at, facts):
            clock.due_on, clock.due_at, clock.explanation = again.due_on, again.due_at, facts
            clock.save(update_fields=["due_on", "due_at", "explanation"])
            moved.append(clock)
    if moved:
        rows = [(clock, ["due_on", "due_at", "explanation"]) for clock in moved]
        complaints.record(current, "clocks_recomputed", by=by, at=at, rows=rows)
        _note_next(complaint, queries.next_due(current))
    return moved


def _running(complaint: Complaint, kinds: Iterable[ClockKind]) -> list[Clock]:
    return list(Clock.objects.running().filter(complaint=complaint, kind__in=kinds).order_by("due_at", "id"))


def _open(complaint: Complaint, openings: Sequence[Opening], *, by: Actor, at: datetime) -> list[Clock]:
    """Compute and keep new clocks, by the calendar and in the time of the file's entity."""
    if not openings:
        return []
    code, zone = complaint.entity.calendar, complaint.entity.time_zone
    firsts = [day_in(opening.start_at, zone) for opening in openings]
    lasts = [due.latest_end(first, opening.term) for first, opening in zip(firsts, openings, strict=True)]
    place = pending(_Places).held(code, years_for(min(firsts), max(lasts)), by=by, at=at)
    pending(_Places).opened.add(complaint.pk)
    rows = [
        Clock.of(
            complaint,
            opening,
            due.compute(start_at=opening.start_at, term=opening.term, zone=zone, calendar=place),
            calendar=code,
            zone=zone,
        )
        for opening in openings
    ]
    return [insert(row) for row in rows]


class _Places:
    """What one write knows of calendars, which it holds, and of the files whose clocks it opened."""

    def __init__(self) -> None:
        self.opened: set[UUID] = set()
        self._held: dict[str, WorkCalendar] = {}

    def held(self, code: str, years: tuple[int, int], *, by: Actor, at: datetime) -> WorkCalendar:
        """A calendar that knows these years, as it stays until the end of the transaction."""
        place = self._held.get(code)
        if place is None or not place.first_year <= years[0] <= years[1] <= place.last_year:
            place = queries.held_calendar_of(code, years)
            if place is None:
                _cover(code, *years, by=by, at=at)
                place = queries.held_calendar(code)
            self._held[code] = place
        return place

    def clocks_of(self, complaint: Complaint) -> list[Clock]:
        """Every clock a file has had. One that this write makes has none before its first is opened here."""
        is_new = is_waiting(complaint) and complaint.pk not in self.opened
        return [] if is_new else queries.clocks(complaint)

    def finish(self) -> None:
        """Nothing waits: locks end with the transaction."""


def _note_next(complaint: Complaint, nearest: Running | None) -> None:
    """Keep the next due moment beside the file, on the row and on the instance that the caller holds."""
    due_at, kind = (nearest.due.due_at, nearest.kind.value) if nearest else (None, "")
    complaints.note_next(complaint=complaint, due_at=due_at, kind=kind)


@write
def seed_calendars(*, by: Actor, at: datetime) -> int:
    """Fill the shipped calendars from two years ago to five years ahead; returns how many days were added.

    A year is filled once: what people change in it stays. Run at each start and each month, it keeps five years ahead.
    """
    return sum(_cover(code, at.year - YEARS_BEFORE, at.year + YEARS_AFTER, by=by, at=at) for code in PLACES)


@write
def set_holiday(*, calendar: str, day: date, name: str, by: Actor, at: datetime) -> Holiday:
    """Name a day that does not count, or rename it; open clocks that it moves are computed again by jobs.

    Who may: those who change settings. Refuses an unknown calendar, a day outside its years, an empty name.
    """
    require(by, Permission.SETTINGS)
    if not name.strip():
        raise HolidayUnnamed
    row = _edited(calendar)
    if not row.first_year <= day.year <= row.last_year:
        raise OutsideCalendar(first_year=row.first_year, last_year=row.last_year)
    holiday, is_new = Holiday.objects.get_or_create(calendar=row, day=day, defaults={"name": name.strip()[:80]})
    if not is_new:
        holiday.name = name.strip()[:80]
        holiday.save(update_fields=["name"])
    audit.record(
        stream="settings", code="holiday_set", by=by.id, at=at, rows=[(holiday, None if is_new else ["name"])]
    )
    if is_new:
        _recompute_later(calendar, day)
    return holiday


@write
def remove_holiday(*, calendar: str, day: date, by: Actor, at: datetime) -> None:
    """Make a holiday count again; open clocks that it moves are computed again by jobs.

    Who may: those who change settings. Refuses an unknown calendar and a day that is not a holiday.
    """
    require(by, Permission.SETTINGS)
    row = _edited(calendar)
    holiday = Holiday.objects.filter(calendar=row, day=day).first()
    if holiday is None:
        raise NoSuchHoliday
    audit.record(stream="settings", code="holiday_removed", by=by.id, at=at, removed=[holiday])
    holiday.delete()
    _recompute_later(calendar, day)


def _edited(code: str) -> Calendar:
    """The calendar's row, held for ourselves under a new revision: due dates being computed are waited for."""
    row = Calendar.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise UnknownCalendar(calendar=code)
    row.revision = uuid7()
    row.save(update_fields=["revision"])
    return row


def _recompute_later(calendar: str, day: date) -> None:
    """One job a file: a calendar is never held while files are, so that a delivery cannot wait for a setting."""
    files = queries.touched_by(calendar=calendar, day=day)
    jobs: list[JSONDict] = [{"complaint_id": str(pk)} for pk in files]
    if jobs:
        app.configure_task("deadlines.recompute").batch_defer(*jobs)


def _cover(code: str, first: int, last: int, *, by: Actor, at: datetime) -> int:
    """Make a calendar know the years from `first` to `last`; returns how many days that added."""
    first, last = max(first, FIRST_YEAR), min(last, LAST_YEAR)
    if Calendar.objects.filter(code=code, first_year__lte=first, last_year__gte=last).exists():
        return 0
    hold(f"calendar:{code}")  # two first starts at once: the second finds the work done
    row = Calendar.objects.select_for_update().filter(code=code).first()
    known = range(row.first_year, row.last_year + 1) if row else range(0)
    years = range(min(first, row.first_year), max(last, row.last_year) + 1) if row else range(first, last + 1)
    days = seeds.holidays_of(code, [year for year in years if year not in known])
    is_new = row is None
    if row is None:
        row = Calendar.objects.create(code=code, name=PLACES[code].name, first_year=first, last_year=last)
    else:
        row.first_year, row.last_year, row.revision = years[0], years[-1], uuid7()
        row.save(update_fields=["first_year", "last_year", "revision"])
    added = Holiday.objects.bulk_create([Holiday(calendar=row, day=day, name=name) for day, name in days.items()])
    columns = None if is_new else ["first_year", "last_year"]
    rows = [(row, columns), *((holiday, None) for holiday in added)]
    audit.record(stream="settings", code="calendar_seeded", by=by.id, at=at, rows=rows, facts={"calendar": code})
    return len(added)
