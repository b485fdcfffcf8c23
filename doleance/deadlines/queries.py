"""What is asked about deadlines: the clocks of a file, *le fil*, calendars, and whether all can be computed again."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from doleance.complaints import queries as complaint_queries
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint
from doleance.deadlines.models import Calendar, Clock, Holiday
from doleance.deadlines.rules import clocks as clock_rules
from doleance.deadlines.rules import due as due_rules
from doleance.deadlines.rules import following as following_rules
from doleance.deadlines.rules import thread as thread_rules
from doleance.deadlines.rules.calendar import UnknownCalendar, WorkCalendar
from doleance.deadlines.rules.clocks import Opening, Running
from doleance.deadlines.rules.following import Change, NoPackLeft, PackNotOffered, SamePacks, Situation, Word
from doleance.deadlines.rules.thread import Reader, Step
from doleance.kernel import clock, kept, languages
from doleance.kernel.kept import Statement
from doleance.kernel.kinds import gettext_noop
from doleance.kernel.text import fold
from doleance.packs import loader
from doleance.packs.rules import LAST, PACK_EVENTS, Letter, Pack

# Calendars by code, each under its revision: a change gives a new revision, so that nothing here can be stale.
_known: dict[str, tuple[UUID, WorkCalendar]] = {}


def calendar(code: str) -> WorkCalendar:
    """The calendar of that code, ready to be counted with. Raises UnknownCalendar."""
    found = calendars([code])
    if code not in found:
        raise UnknownCalendar(calendar=code)
    return found[code]


def calendars(codes: Iterable[str]) -> dict[str, WorkCalendar]:
    """The calendars of those codes that exist: one query when nothing changed, for lists over several entities."""
    return {row.code: _ready(row) for row in kept.rows_of(Calendar, _of_codes(frozenset(codes)))}


@lru_cache(maxsize=500)
def _of_codes(codes: frozenset[str]) -> Statement:
    return kept.written(Calendar.objects.filter(code__in=sorted(codes)).order_by("code"))


def _ready(row: Calendar) -> WorkCalendar:
    known = _known.get(row.code)
    if known is None or known[0] != row.revision:
        days = dict(Holiday.objects.filter(calendar=row).order_by("day").values_list("day", "name"))
        known = row.revision, WorkCalendar.of(row.code, days, first_year=row.first_year, last_year=row.last_year)
        _known[row.code] = known
    return known[1]


def calendar_choices() -> list[tuple[str, str]]:
    """Every calendar there is, by code and name, for settings: France, its places by name, then other countries."""
    rows = Calendar.objects.order_by("code").values_list("code", "name")
    return sorted(rows, key=lambda row: (row[0] != "FR", not row[0].startswith("FR-"), fold(row[1])))


def held_calendar(code: str) -> WorkCalendar:
    """The calendar as it stays until the end of the transaction: nobody edits it while due dates are computed.

    The lock is shared, so that complaints are opened side by side. Raises UnknownCalendar.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM doleance_calendar WHERE code = %s FOR KEY SHARE", [code])
    return calendar(code)


def held_calendar_of(code: str, years: tuple[int, int]) -> WorkCalendar | None:
    """The same when it knows these years; None, and nothing is held, when it does not."""
    first, last = years
    known = "SELECT 1 FROM doleance_calendar WHERE code = %s AND first_year <= %s AND last_year >= %s FOR KEY SHARE"
    with connection.cursor() as cursor:
        cursor.execute(known, [code, first, last])
        if cursor.fetchone() is None:
            return None
    return calendar(code)


def clocks(complaint: Complaint) -> list[Clock]:
    """Every clock a file has had, in the order they started; of those that start together, by due date."""
    return list(Clock.objects.filter(complaint=complaint).order_by("start_at", "due_at", "id"))


def running(complaint: Complaint) -> list[Running]:
    """The same, as rules know them."""
    return [row.running() for row in clocks(complaint)]


def count_late(*, at: datetime) -> int:
    """How many duties, of all complaints, are past their day and neither met nor cancelled."""
    return Clock.objects.filter(met_at__isnull=True, cancelled_at__isnull=True, due_at__lt=at).count()


def next_due(complaint: Complaint) -> Running | None:
    """The clock of a file that is due next, when one is still open."""
    return clock_rules.earliest(running(complaint))


def packs_of(complaint: Complaint) -> list[Pack]:
    """The packs of a file, in the version that was in force the day it was received, in its place."""
    day = clock.day_in(complaint.received_at, complaint.entity.time_zone)
    return loader.in_force(complaint.regimes, day)


def offered(complaint: Complaint) -> list[Pack]:
    """The packs that a file may follow, the most specific first: its house's and its own, in force as it was received.

    What the house unticked since may be kept. `complaint` comes with its entity.
    """
    codes = {*complaint.entity.packs, *complaint.regimes}
    day = clock.day_in(complaint.received_at, complaint.entity.time_zone)
    return [pack for pack in loader.usable(day) if pack.code in codes]


def chosen(complaint: Complaint, packs: Collection[str]) -> list[str]:
    """Those packs as the file keeps them, in the order of their kind.

    Raises NoPackLeft on none, PackNotOffered on one that the file cannot follow, SamePacks when nothing would change.
    """
    order = [pack.code for pack in offered(complaint)]
    if not packs:
        raise NoPackLeft
    if unknown := sorted(set(packs) - set(order)):
        raise PackNotOffered(pack=unknown[0])
    found = [code for code in order if code in packs]
    if set(found) == set(complaint.regimes) & set(order):
        raise SamePacks
    return found


def following(complaint: Complaint, packs: Sequence[str], at: datetime) -> Change:
    """What it does to a file's clocks to follow these packs (`chosen`) from `at` on. Nothing is written.

    `complaint` comes with its entity and its party.
    """
    day = clock.day_in(complaint.received_at, complaint.entity.time_zone)
    situation = Situation(
        known=running(complaint),
        moments={event.value: getattr(complaint, event.value) for event in PACK_EVENTS},
        status=complaint_queries.known_status(complaint),
        words=_words(complaint),
        zone=complaint.entity.time_zone,
        calendar=calendar(complaint.entity.calendar),
    )
    before = {pack.code for pack in packs_of(complaint)}
    return following_rules.change(situation, before=before, packs=loader.in_force(packs, day), at=at)


def _words(complaint: Complaint) -> list[Word]:
    """What left for the complainant: by a person's hand, or a machine's."""
    rows = complaint.exchanges.filter(kind=complaint_rules.ExchangeKind.OUTBOUND).order_by("at", "id")
    return [Word(at, author is not None) for at, author in rows.values_list("at", "author_id")]


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holding reply would do: the last day it moves, the one the file has then, what the letter must say.

    `since`, `until` are days in the file's place; `before` is the moment (UTC) by which the letter must have left.
    """

    since: date
    until: date
    before: datetime
    blocks: tuple[str, ...]


def holding(complaint: Complaint, at: datetime) -> Holding | None:
    """What a holding reply that leaves at `at` would do to a file; None when it would move nothing.

    Where several last days stand, the letter promises the nearest of those that remain. Reads what
    `actions.met` will write, by the same rules.
    """
    known = [one for one in running(complaint) if one.is_open]
    moved = clock_rules.extensions(known, loader.version, at)
    if not moved:
        return None
    place, zone = calendar(complaint.entity.calendar), complaint.entity.time_zone
    later = [
        due_rules.compute(start_at=opened.start_at, term=opened.term, zone=zone, calendar=place).due_on
        for _, opened in moved
    ]
    over = {clock.id for clock, _ in moved}
    stay = [clock.due.due_on for clock in known if clock.kind in LAST and clock.id not in over]
    return Holding(
        since=min(clock.due.due_on for clock, _ in moved),
        until=min([*later, *stay]),
        before=min(clock.due.due_at for clock, _ in moved),
        blocks=_holding_blocks([clock.opening for clock, _ in moved]),
    )


def _holding_blocks(openings: Iterable[Opening]) -> tuple[str, ...]:
    """What the packs of these clocks want in a holding reply, in French, each once."""
    packs = [loader.version(one.pack, one.pack_version) for one in openings]
    labels = [must.label for pack in packs if pack for must in pack.must if Letter.HOLDING in must.letters]
    return tuple(dict.fromkeys(labels))


def thread(*, complaint: Complaint, at: datetime) -> list[Step]:
    """*Le fil* of a file, as it is read at `at`: its steps in order, in the reader's words, each due date explained.

    `complaint` comes with its entity.
    """
    entity = complaint.entity
    reader = Reader(
        at=at,
        zone=entity.time_zone,
        calendar=calendar(entity.calendar),
        tongue=languages.reader(),
        find=loader.version,
    )
    return thread_rules.thread(
        received_at=complaint.received_at,
        clocks=running(complaint),
        expected={rule.kind for pack in packs_of(complaint) for rule in pack.clocks},
        reader=reader,
    )


@dataclass(frozen=True, slots=True)
class Drift:
    """A stored value that is not what computing it again gives (invariant I6 of reliability.md)."""

    complaint_id: UUID
    clock_id: UUID | None
    what: str
    stored: str
    computed: str


def drifts() -> Iterator[Drift]:
    """Compute every clock again from its event, its term and its calendar, and name each difference.

    A clock that ended is computed with the holidays it was explained by: a calendar edited since changes what is
    still due, never what was. Then each file's next due moment, and clocks left open on a settled file.
    """
    places = {code: calendar(code) for code in Calendar.objects.order_by("code").values_list("code", flat=True)}
    for row in Clock.objects.select_related("complaint").order_by("complaint_id", "id").iterator(chunk_size=2_000):
        yield from _clock_drifts(row, places[row.calendar_id])
    yield from _next_drifts()
    yield from _left_open()


def _clock_drifts(row: Clock, place: WorkCalendar) -> Iterator[Drift]:
    stored = row.running()
    if not stored.is_open:
        skipped = dict.fromkeys(stored.due.explanation.skipped, "")
        place = WorkCalendar.of(place.code, skipped, first_year=place.first_year, last_year=place.last_year)
    opening = stored.opening
    again = due_rules.compute(start_at=opening.start_at, term=opening.term, zone=row.time_zone, calendar=place)
    pairs: dict[str, tuple[Any, Any]] = {
        "due_on": (stored.due.due_on, again.due_on),
        "due_at": (stored.due.due_at, again.due_at),
        "explanation": (stored.due.explanation.facts(), again.explanation.facts()),
    }
    if opening.start_event in PACK_EVENTS:
        pairs["start_at"] = (opening.start_at, getattr(row.complaint, opening.start_event))
    if not stored.is_open:  # whether a day of rest was a holiday is not asked of what has ended
        del pairs["explanation"]
    for what, (noted, computed) in pairs.items():
        if noted != computed:
            yield Drift(row.complaint_id, row.id, what, str(noted), str(computed))


def _next_drifts() -> Iterator[Drift]:
    """Files whose denormalised next due moment is not that of their earliest open clock."""
    earliest = Clock.objects.running().filter(complaint=OuterRef("pk")).order_by("due_at").values("due_at")[:1]
    rows = (
        Complaint.objects.annotate(earliest=Subquery(earliest))
        .exclude(Q(next_due_at=F("earliest")) | Q(next_due_at__isnull=True, earliest__isnull=True))
        .order_by("pk")
        .values_list("pk", "next_due_at", "earliest")
    )
    for pk, noted, computed in rows.iterator(chunk_size=2_000):
        yield Drift(pk, None, "next_due_at", str(noted), str(computed))


def _left_open() -> Iterator[Drift]:
    """Clocks that still ask something of a file where nothing is to be done."""
    ended = [state.value for state in clock_rules.CANCELS]
    rows = (
        Clock.objects.running()
        .filter(complaint__state__in=[*ended, complaint_rules.State.ANSWERED.value])
        .order_by("complaint_id", "id")
        .values_list("complaint_id", "id", "complaint__state")
    )
    for complaint_id, pk, state in rows.iterator(chunk_size=2_000):
        yield Drift(complaint_id, pk, "open", "open", state)


def touched_by(*, calendar: str, day: date) -> list[UUID]:
    """Files with an open clock of that calendar which `day` may move, or whose explanation it may change."""
    rows = _touched(calendar, day)
    return list(rows.order_by("complaint_id").values_list("complaint_id", flat=True).distinct())


def _touched(calendar: str, day: date) -> QuerySet[Clock]:
    """Open clocks that have `day` on their way, or at their end."""
    begun_by = datetime.combine(day, time.max, UTC) + timedelta(days=1)
    return Clock.objects.running().filter(calendar=calendar, due_on__gte=day, start_at__lt=begun_by)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of one day in a calendar would do to open files, before anybody makes it.

    `files` would have another due date, `late` of them would be late; `example` is one such date, before and after.
    """

    files: int = 0
    late: int = 0
    example: tuple[date, date] | None = None


def effect(*, calendar: WorkCalendar, day: date, name: str, at: datetime) -> Effect:
    """What it would do to make `day` a holiday called `name`, or with no name one that counts again, as of `at`."""
    days = {known: said for known, said in calendar.names.items() if known != day} | ({day: name} if name else {})
    changed = WorkCalendar.of(calendar.code, days, first_year=calendar.first_year, last_year=calendar.last_year)
    moved: set[UUID] = set()
    late: set[UUID] = set()
    example = None
    for row in _touched(calendar.code, day).order_by("due_at", "id").iterator(chunk_size=2_000):
        opening = row.running().opening
        again = due_rules.compute(start_at=opening.start_at, term=opening.term, zone=row.time_zone, calendar=changed)
        if again.due_at != row.due_at:
            moved.add(row.complaint_id)
            example = example or (row.due_on, again.due_on)
            late |= {row.complaint_id} if again.due_at <= at < row.due_at else set()
    return Effect(len(moved), len(late), example)


def days_of(code: str, year: int) -> list[Holiday]:
    """The holidays of one year in a calendar, in their order."""
    return list(Holiday.objects.filter(calendar=code, day__year=year).order_by("day"))


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain and their French sentence, for the timeline and the journal page."""
    return {
        "clocks_started": gettext_noop("Échéances calculées"),
        "clocks_met": gettext_noop("Échéance tenue"),
        "clocks_cancelled": gettext_noop("Échéances sans objet"),
        "clocks_reopened": gettext_noop("Échéances reprises"),
        "clocks_merged": gettext_noop("Échéance la plus proche gardée"),
        "clocks_restored": gettext_noop("Échéances rendues"),
        "clocks_recomputed": gettext_noop("Échéances recalculées"),
        "calendar_seeded": gettext_noop("Calendrier rempli"),
        "holiday_set": gettext_noop("Jour férié inscrit"),
        "holiday_removed": gettext_noop("Jour férié retiré"),
    }
