"""The list of files and its views: rows without a hidden query, counts, and one's place in the list."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, OrderBy, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils import timezone
from django.utils.translation import gettext

from doleance.accounts.rules import Actor
from doleance.complaints import queries as complaints
from doleance.complaints import rules
from doleance.complaints.models import LIVE, NEVER, Complaint, Exchange, Grievance
from doleance.complaints.rules import ExchangeKind, GrievanceState, Outcome, State
from doleance.deadlines import queries as deadlines
from doleance.deadlines.rules import words
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.desk.queries import filtering
from doleance.desk.queries.filtering import Known
from doleance.desk.queries.search import Sought
from doleance.desk.rules import ALL, Filters
from doleance.kernel import delays, languages, text
from doleance.kernel.clock import day_in
from doleance.kernel.delays import Due
from doleance.kernel.kinds import Kind
from doleance.kernel.moments import short_day

PAGE = 50
COUNTED = 1_000  # views are counted exactly up to here, then « plus de 1 000 »


class View(Kind):
    """Which files the list shows. The code stands in the address."""

    OPEN = "ouverts", "Ouverts"
    MINE = "moi", "À moi"
    FREE = "libres", "Sans responsable"
    LATE = "retard", "En retard"
    WAITING = "attente", "Attente de sa réponse"
    CLOSED = "clos", "Clos"
    ALL = "tous", "Tous"


class Sort(Kind):
    """In which order. The identifier, which follows the opening, decides between equals."""

    DUE = "echeance", "par échéance"
    RECEIVED = "recu", "par date de réception"
    CHANGED = "changement", "par dernier changement"


# A safety risk jumps every queue (domain.md) as long as it waits for us or for the person; `urgency` keeps it.
_DONE = rules.SETTLED | rules.OVER
# What each order compares: one index each, from which any page is read without what comes before it.
_COLUMNS = {
    Sort.DUE: ("urgency", "due_order", "id"),
    Sort.RECEIVED: ("received_at", "id"),
    Sort.CHANGED: ("changed_at", "id"),
}


# What a line is made of, and the place of the next page.
_TOLD = (
    *("id", "reference", "title", "state", "version", "is_safety", "restricted_at", "owner_id"),
    *("received_at", "changed_at", "next_due_at", "answered_at", "closed_at"),
    *("party__name", "owner__name", "entity__time_zone", "entity__calendar"),
)


Statement = tuple[str, tuple[Any, ...]]  # and its values
_SOME_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)  # stands in a statement that is kept for the moment of each page

# By which index the counts of views that may be long stop early.
_BY_INDEX: Mapping[View, Sequence[str]] = {
    View.OPEN: _COLUMNS[Sort.DUE],
    View.MINE: _COLUMNS[Sort.DUE],
    View.LATE: _COLUMNS[Sort.DUE],
}


def _shown(asked: "Asked", actor: Actor, at: datetime) -> Q:
    """The files of a view. What is answered stays among the open ones until somebody closes it.

    A condition on the state says it instead of the view.
    """
    live = Q() if asked.filters.states else LIVE
    match asked.view:
        case View.MINE:
            return live & Q(owner=actor.user_id)
        case View.FREE:
            return live & Q(owner=None)
        case View.LATE:
            return live & Q(urgency__in=(0, 1), due_order__lte=at)
        case View.WAITING:
            return Q(state=State.WAITING)
        case View.CLOSED:
            return Q() if asked.filters.states else ~LIVE
        case View.ALL:
            return Q()
        case View.OPEN:
            return live


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file stands in the list: what each order compares."""

    due_at: datetime | None
    received_at: datetime
    changed_at: datetime
    id: UUID
    jumps: bool = False

    @classmethod
    def of(cls, complaint: Complaint) -> Self:
        """The place of this file."""
        jumps = complaint.is_safety and State(complaint.state) not in _DONE
        return cls(complaint.next_due_at, complaint.received_at, complaint.changed_at, complaint.id, jumps=jumps)

    def ahead(self, sort: Sort) -> TupleGreaterThan | TupleLessThan:
        """The files that follow this place in that order."""
        side = TupleGreaterThan if sort is Sort.DUE else TupleLessThan
        return side(Tuple(*_COLUMNS[sort]), self._compared(sort))

    def behind(self, sort: Sort) -> TupleGreaterThan | TupleLessThan:
        """The files that come before this place in that order."""
        side = TupleLessThan if sort is Sort.DUE else TupleGreaterThan
        return side(Tuple(*_COLUMNS[sort]), self._compared(sort))

    def _compared(self, sort: Sort) -> tuple[Any, ...]:
        if sort is Sort.DUE:
            return (0 if self.jumps else 1, self.due_at or NEVER, self.id)
        return (self.received_at if sort is Sort.RECEIVED else self.changed_at, self.id)


def _order(sort: Sort, *, back: bool = False) -> list[OrderBy]:
    """The columns of an order, the earliest due or the latest moment first; `back` reads it from its end."""
    return [OrderBy(F(column), descending=(sort is not Sort.DUE) is not back) for column in _COLUMNS[sort]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants to see: a view, an order, words to find, conditions."""

    view: View = View.OPEN
    sort: Sort = Sort.DUE
    words: str = ""
    filters: Filters = ALL


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `progress` is how much of the delay is gone, in hundredths; None without a due moment."""

    reference: str
    title: str
    party: str
    state: State
    verdict: Outcome | None
    grievances: int
    channels: tuple[str, ...]
    owner: str
    initials: str
    is_mine: bool
    due: Due
    progress: float | None
    received_at: datetime
    changed_at: datetime
    version: int
    zone: str
    is_safety: bool = False
    is_restricted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, and the place from which the next one begins."""

    rows: Sequence[Row]
    shown_before: int
    next: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many files a view holds; `is_more` says that it stopped counting."""

    number: int

    @property
    def is_more(self) -> bool:
        return self.number > COUNTED


@dataclass(frozen=True, slots=True)
class Neighbours:
    """One's place in the list, and what is before and after; `position` is None when the file has left the view."""

    position: Count | None
    total: Count
    previous: str
    next: str


def narrowed(actor: Actor, filters: Filters, at: datetime, there: Known | None = None) -> Q:
    """The files that the conditions let through; a query for each condition by name that `there` does not know."""
    wanted = filtering.BY_NAME.intersection(filters.used()) - set(there or {})
    known = dict(there or {}) | dict(filtering.known(wanted))
    zone = timezone.get_current_timezone_name()
    return filtering.conditions(filters, actor=actor, there=known, zone=zone, at=at)


def _selected(
    actor: Actor,
    asked: Asked,
    at: datetime,
    there: Known | None = None,
    sought: Sought | None = None,
    readable: QuerySet[Complaint] | None = None,
    only: Q | None = None,
) -> QuerySet[Complaint]:
    """The files of a list, or those of them that are `only` such.

    `sought` and `readable` are what several lists of one reader have in common.
    """
    found = (complaints.visible_to(actor) if readable is None else readable).filter(_shown(asked, actor, at))
    if only is not None:
        found = found.filter(only)
    if asked.filters:
        found = found.filter(narrowed(actor, asked.filters, at, there))
    return (sought or Sought(asked.words)).among(found)


def worklist(
    *,
    actor: Actor,
    asked: Asked,
    cursor: str,
    at: datetime,
    there: Known | None = None,
    sought: Sought | None = None,
) -> Page:
    """A page of the files this actor may see, from the place that `cursor` names (empty: the beginning).

    An unknown cursor shows the beginning. The number of queries does not depend on the number of rows. `there` is
    what names mean and `sought` what words find, where the page asked for it already (`filtering.known`).
    """
    found = _selected(actor, asked, at, there, sought)
    shown, place = _read_cursor(cursor)
    if place is not None:
        found = found.filter(place.ahead(asked.sort))
    files = list(told_by(found.order_by(*_order(asked.sort)))[: PAGE + 1])
    more, files = len(files) > PAGE, files[:PAGE]
    return Page(
        rows=rows_of(files, actor, at),
        shown_before=shown,
        next=_write_cursor(shown + len(files), Place.of(files[-1])) if more else "",
    )


def told_by(files: QuerySet[Complaint]) -> QuerySet[Complaint, Any]:
    """What a line says of these files and of whom they join, by the names of `_TOLD`: no model is made of it."""
    return files.values_list(*_TOLD, named=True)


def rows_of(files: Sequence[Any], actor: Actor, at: datetime) -> list[Row]:
    """These files, read by `told_by`, as lines of the list, in the order given."""
    ids = [one.id for one in files]
    findings = _findings(ids)
    channels = _channels(ids)
    places = deadlines.calendars(one.entity__calendar for one in files)
    return [
        Row(
            reference=one.reference,
            title=one.title,
            party=one.party__name or "",
            state=State(one.state),
            verdict=_verdict(findings.get(one.id, ())),
            grievances=len(findings.get(one.id, ())),
            channels=tuple(channels.get(one.id, ())),
            owner=one.owner__name or "",
            initials=text.initials(one.owner__name or ""),
            is_mine=one.owner_id is not None and one.owner_id == actor.user_id,
            due=_due(one, places, at),
            progress=round(delays.elapsed(one.received_at, one.next_due_at, at), 2) if one.next_due_at else None,
            received_at=one.received_at,
            changed_at=one.changed_at,
            version=one.version,
            zone=one.entity__time_zone,
            is_safety=one.is_safety,
            is_restricted=one.restricted_at is not None,
        )
        for one in files
    ]


def _verdict(findings: Sequence[Outcome | None]) -> Outcome | None:
    """The finding of a file once none of its grievances waits: half a verdict is none."""
    decided = [outcome for outcome in findings if outcome is not None]
    return rules.verdict(decided) if len(decided) == len(findings) else None


def _due(file: Any, places: Mapping[str, WorkCalendar], at: datetime) -> Due:
    """How far the next due moment is; on a file where nothing is due, what settled it."""
    zone = file.entity__time_zone
    if file.next_due_at is not None:
        place = places.get(file.entity__calendar)
        if place is None:  # a company whose calendar was taken away still sees its list
            return delays.due(file.next_due_at, zone, at, tongue=languages.reader())
        return words.said(due_at=file.next_due_at, at=at, zone=zone, calendar=place, tongue=languages.reader())
    if file.closed_at is not None:
        return Due(_on(gettext("clos le %(day)s"), file.closed_at, zone, at), "ok")
    if file.answered_at is not None:
        return Due(_on(gettext("répondu le %(day)s"), file.answered_at, zone, at), "ok")
    return Due(gettext("sans échéance"))


def _on(sentence: str, moment: datetime, zone: str, at: datetime) -> str:
    return sentence % {"day": short_day(day_in(moment, zone), languages.reader(), year=day_in(at, zone).year)}


def _findings(ids: Collection[UUID]) -> dict[UUID, list[Outcome | None]]:
    """For each file, the outcome of each grievance that counts, None where it waits."""
    rows = Grievance.objects.filter(complaint__in=ids).exclude(state=GrievanceState.DROPPED).order_by("number")
    found: dict[UUID, list[Outcome | None]] = {}
    for complaint_id, outcome in rows.values_list("complaint_id", "outcome"):
        found.setdefault(complaint_id, []).append(Outcome(outcome) if outcome else None)
    return found


def _channels(ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """For each file, the channels by which the complainant wrote, the first one first."""
    rows = Exchange.objects.filter(complaint__in=ids, kind=ExchangeKind.INBOUND, message__isnull=False)
    found: dict[UUID, list[str]] = {}
    for complaint_id, channel in rows.order_by("at", "id").values_list("complaint_id", "message__channel"):
        if channel not in found.setdefault(complaint_id, []):
            found[complaint_id].append(channel)
    return found


def _write_cursor(shown: int, place: Place) -> str:
    due = place.due_at.isoformat() if place.due_at else ""
    moments = [place.received_at.isoformat(), place.changed_at.isoformat()]
    return "~".join([str(shown), due, *moments, str(place.id), str(int(place.jumps))])


def _read_cursor(text: str) -> tuple[int, Place | None]:
    try:
        shown, due, received, changed, identifier, jumps = text.split("~")
        moments = [datetime.fromisoformat(one) if one else None for one in (due, received, changed)]
        number, pk = int(shown), UUID(identifier)
    except ValueError:
        return 0, None
    due_at, received_at, changed_at = moments
    if received_at is None or changed_at is None or not 0 <= number < 10**9:
        return 0, None
    if any(one is not None and one.tzinfo is None for one in moments):
        return 0, None
    return number, Place(due_at, received_at, changed_at, pk, jumps=jumps == "1")


def _count(found: QuerySet[Complaint]) -> Count:
    return Count(found.order_by()[: COUNTED + 1].count())


def _counting(lists: Iterable[QuerySet[Complaint]], orders: Iterable[Sequence[str]]) -> Statement:
    """One statement that says how many files each of several lists holds, up to one more than is told.

    An order names the index by which counting stops at the thousandth; without one the server gathers all of them.
    """
    parts, given = [], list[Any]()
    for found, order in zip(lists, orders, strict=False):
        try:
            inner, told = found.order_by(*order).values("pk")[: COUNTED + 1].query.sql_with_params()
        except EmptyResultSet:  # nothing can be in it: Django asks nothing
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({inner}) AS list)")  # noqa: S608  Django wrote it, values are bound
        given += told
    return f"SELECT {', '.join(parts)}", tuple(given)


def _counted(statement: Statement, at: datetime) -> list[Count]:
    """What a statement counts at a moment."""
    asked, given = statement
    with connection.cursor() as cursor:
        cursor.execute(asked, [at if value is _SOME_MOMENT else value for value in given])
        return [Count(number) for number in cursor.fetchone()]


def _counts(lists: Iterable[QuerySet[Complaint]]) -> list[Count]:
    """How many files each of several lists holds, asked in one statement."""
    return _counted(_counting(lists, itertools.repeat(())), _SOME_MOMENT)


def counts(*, actor: Actor, view: View = View.ALL, sought: Sought | None = None, at: datetime) -> dict[View, Count]:
    """How many files each view holds for this actor; one query, bounded for each view.

    Of words that more than a thousand files hold only `view`, which is shown, is counted.
    """
    if sought is None or sought.is_empty:
        return dict(zip(View, _counted(_of_views(actor), at), strict=True))
    readable, views = complaints.visible_to(actor), [view] if sought.is_common else list(View)
    lists = [_selected(actor, Asked(view=one), at, sought=sought, readable=readable) for one in views]
    return dict(zip(views, _counts(lists), strict=True))


@lru_cache(maxsize=500)
def _of_views(actor: Actor) -> Statement:
    """The statement that counts every view of an actor: the same at each page, but for its moment."""
    readable = complaints.visible_to(actor)
    lists = [_selected(actor, Asked(view=view), _SOME_MOMENT, readable=readable) for view in View]
    return _counting(lists, [_BY_INDEX.get(view, ()) for view in View])


@dataclass(frozen=True, slots=True)
class Rail:
    """The numbers of the rail: open files, and whether some are late."""

    open: Count
    late: Count


def rail_of(known: Mapping[View, Count]) -> Rail:
    """The same, of the numbers of a page that asked for all views, words apart."""
    return Rail(open=known[View.OPEN], late=known[View.LATE])


def rail(*, actor: Actor, at: datetime) -> Rail:
    """What the rail says beside « Dossiers »."""
    readable = complaints.visible_to(actor)
    views = (View.OPEN, View.LATE)
    lists = [_selected(actor, Asked(view=view), at, readable=readable) for view in views]
    shown, late = _counted(_counting(lists, [_BY_INDEX[view] for view in views]), at)
    return Rail(open=shown, late=late)


def total(
    *, actor: Actor, asked: Asked, at: datetime, there: Known | None = None, sought: Sought | None = None
) -> Count:
    """How many files a list holds, with all that narrows it."""
    return _count(_selected(actor, asked, at, there, sought))


def totals(*, actor: Actor, lists: Sequence[Asked], at: datetime, there: Known) -> list[Count | None]:
    """The same of several lists, in one query; `there` says what the names in all of them mean.

    A list of words that more than a thousand files hold is not counted beside others: None.
    """
    sought = {words: Sought(words) for words in {asked.words for asked in lists}}
    told = [asked for asked in lists if not sought[asked.words].is_common]
    found = iter(_counts(_selected(actor, asked, at, there, sought[asked.words]) for asked in told) if told else ())
    return [None if sought[asked.words].is_common else next(found) for asked in lists]


def count_registered(
    *, actor: Actor, asked: Asked, since: datetime, at: datetime, sought: Sought | None = None
) -> int:
    """How many files of a list were registered from a moment on, a thousand and one at most."""
    lately = Q(registered_at__gte=since, changed_at__gte=since)
    return _count(_selected(actor, asked, at, sought=sought, only=lately)).number


def references(*, actor: Actor, asked: Asked, most: int, at: datetime) -> list[str]:
    """The references of a whole list in its order, `most` at most."""
    found = _selected(actor, asked, at).order_by(*_order(asked.sort))
    return list(found.values_list("reference", flat=True)[:most])


def neighbours(*, actor: Actor, asked: Asked, complaint: Complaint, at: datetime) -> Neighbours:
    """Where this file stands in the list the actor came from, and which files are around it."""
    found = _selected(actor, asked, at)
    place = Place.of(complaint)
    before = found.filter(place.behind(asked.sort))
    after = found.filter(place.ahead(asked.sort))
    inside = found.filter(pk=complaint.pk).exists()
    return Neighbours(
        position=Count(_count(before).number + 1) if inside else None,
        total=_count(found),
        previous=_first(before, _order(asked.sort, back=True)),
        next=_first(after, _order(asked.sort)),
    )


def _first(found: QuerySet[Complaint], order: Sequence[Any]) -> str:
    return found.order_by(*order).values_list("reference", flat=True).first() or ""
