"""The list of files and its views: rows without a hidden query, counts, and one's place in the list."""

from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, OrderBy, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils import timezone

from doleance.accounts.rules import Actor
from doleance.complaints import queries as complaints
from doleance.complaints import rules
from doleance.complaints.models import LIVE, NEVER, WAITING, Complaint
from doleance.complaints.rules import State
from doleance.desk.queries import filtering
from doleance.desk.queries.filtering import Known
from doleance.desk.queries.lines import Row, rows_of
from doleance.desk.queries.search import Sought, Within, among
from doleance.desk.rules import ALL, Filters
from doleance.kernel import kept
from doleance.kernel.kept import SOME_MOMENT, Statement
from doleance.kernel.kinds import Kind

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


# By which index the counts of views that may be long stop early. What belongs to nobody is one value of its index.
_BY_INDEX: Mapping[View, Sequence[str]] = {
    View.OPEN: _COLUMNS[Sort.DUE],
    View.MINE: _COLUMNS[Sort.DUE],
    View.FREE: ("owner_id", *_COLUMNS[Sort.DUE]),
    View.LATE: _COLUMNS[Sort.DUE],
    View.WAITING: _COLUMNS[Sort.DUE],
}


_AMONG_OPEN = frozenset({View.MINE, View.FREE, View.LATE, View.WAITING})  # each file of theirs is an open one


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
            return WAITING
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
    shown, place = _read_cursor(cursor)
    if place is None and not asked.filters:
        looked = sought or Sought(asked.words)
        found = None if looked.is_empty else looked.found_in(_inside(actor, asked.view), at=at)
        files = _told(_first_page(actor, asked.view, asked.sort, is_sought=found is not None), at, found)
    else:
        files = _some_page(_selected(actor, asked, at, there, sought), asked, place)
    more, files = len(files) > PAGE, files[:PAGE]
    return Page(
        rows=rows_of(files, actor, at),
        shown_before=shown,
        next=_write_cursor(shown + len(files), Place.of(files[-1])) if more else "",
    )


def _some_page(found: QuerySet[Complaint], asked: Asked, place: Place | None) -> list[Any]:
    """The rows of a list that follow a place, and one more."""
    if place is not None:
        found = found.filter(place.ahead(asked.sort))
    found = found.order_by(*_order(asked.sort))
    if asked.words:  # a thousand were found: whom they join is looked up for those that are shown
        first = found.values("pk")[: PAGE + 1]
        found = Complaint.objects.filter(pk__in=first).order_by(*_order(asked.sort))
    return list(told_by(found)[: PAGE + 1])


@lru_cache(maxsize=500)
def _first_page(actor: Actor, view: View, sort: Sort, *, is_sought: bool) -> Statement:
    """The statement of a first page that nothing narrows but words: the same each time, but for its moment and what
    was found.
    """
    found = complaints.visible_to(actor).filter(_shown(Asked(view), actor, SOME_MOMENT))
    if is_sought:
        first = among(found, kept.SOME_LIST).order_by(*_order(sort)).values("pk")[: PAGE + 1]
        found = Complaint.objects.filter(pk__in=first)
    return kept.written(told_by(found.order_by(*_order(sort)))[: PAGE + 1])


@lru_cache(maxsize=500)
def _inside(actor: Actor, view: View) -> Within:
    """The files of a view that an actor may read, for words to be looked for in."""
    return Within(complaints.visible_to(actor).filter(_shown(Asked(view), actor, SOME_MOMENT)))


_Told = namedtuple("_Told", _TOLD)  # type: ignore[misc]  # noqa: PYI024  as `told_by` gives them


def _told(statement: Statement, at: datetime, found: Sequence[UUID] | None) -> list[Any]:
    """What `told_by` would give, of a statement that is kept."""
    return [_Told._make(row) for row in kept.ask(statement, at=at, among=found)]


def told_by(files: QuerySet[Complaint]) -> QuerySet[Complaint, Any]:
    """What a line says of these files and of whom they join, by the names of `_TOLD`: no model is made of it."""
    return files.values_list(*_TOLD, named=True)


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


def _counting(lists: Iterable[QuerySet[Complaint]]) -> list[Count]:
    """How many files each of several lists holds, asked in one statement: up to one more than is told."""
    told = kept.counting(_number(found) for found in lists)
    return [Count(number) for number in kept.ask(told)[0]]


def _number(found: QuerySet[Complaint], order: Sequence[str] = ()) -> Statement:
    """How many files a list holds, as one column of a statement.

    An order names the index by which counting stops at the thousandth; without one the server gathers all of them.
    """
    return kept.count_of(found.order_by(*order)[: COUNTED + 1])


def _counted(statement: Statement, at: datetime) -> list[Count]:
    """What a statement counts at a moment."""
    return [Count(number) for number in kept.ask(statement, at=at)[0]]


def counts(*, actor: Actor, view: View = View.ALL, sought: Sought | None = None, at: datetime) -> dict[View, Count]:
    """How many files each view holds for this actor; one query, bounded for each view.

    Of words that more than a thousand files hold only `view`, which is shown, is counted.
    """
    if sought is None or sought.is_empty:
        return dict(zip(_IN_TURN, _counted(_of_views(actor, _IN_TURN), at), strict=True))
    if sought.is_common:
        return {view: Count(min(len(sought.found_in(_inside(actor, view), at=at)), COUNTED + 1))}
    found = sought.found_in(_inside(actor, View.ALL))
    return dict(
        zip(View, (Count(number) for number in kept.ask(_of_found(actor), at=at, among=found)[0]), strict=True)
    )


@lru_cache(maxsize=500)
def _of_found(actor: Actor) -> Statement:
    """The statement that counts, in one pass, how many files of each view were found."""
    asked = {view: _shown(Asked(view), actor, SOME_MOMENT) for view in View}
    held = {f"is_{view.name.lower()}": ExpressionWrapper(told, BooleanField()) for view, told in asked.items() if told}
    found = among(complaints.visible_to(actor), kept.SOME_LIST).order_by()
    inner = kept.written(found.annotate(**held).values("pk", *held))
    if inner is kept.NOTHING:
        return Statement(f"SELECT {', '.join('0' for _ in View)}")
    names = {view: f"is_{view.name.lower()}" for view, told in asked.items() if told}
    columns = [f"count(*) FILTER (WHERE {names[view]})" if view in names else "count(*)" for view in View]
    return Statement(f"SELECT {', '.join(columns)} FROM ({inner.text}) AS found", inner.given)  # noqa: S608  Django wrote it


# The open files come last: they are counted only where no part of them was more than is told.
_IN_TURN = (*(view for view in View if view is not View.OPEN), View.OPEN)


@lru_cache(maxsize=500)
def _of_views(actor: Actor, views: Sequence[View]) -> Statement:
    """The statement that counts views of an actor, the last one the open files: the same at each page, but for its
    moment.
    """
    readable = complaints.visible_to(actor)
    lists = [readable.filter(_shown(Asked(view), actor, SOME_MOMENT)) for view in views]
    *parts, whole = [_number(found, _BY_INDEX.get(view, ())) for view, found in zip(views, lists, strict=True)]
    names = [f"part_{view.name.lower()}" for view in views[:-1]]
    columns = ", ".join(f"{one.text} AS {name}" for one, name in zip(parts, names, strict=True))
    within = ", ".join(name for name, view in zip(names, views, strict=False) if view in _AMONG_OPEN)
    # OFFSET 0 keeps each part counted once.
    last = f"CASE WHEN greatest({within}) > {COUNTED} THEN {COUNTED + 1} ELSE {whole.text} END"
    return Statement(
        f"SELECT {', '.join(names)}, {last} FROM (SELECT {columns} OFFSET 0) AS parts",  # noqa: S608  Django wrote it
        tuple(value for one in (whole, *parts) for value in one.given),
    )


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
    late, shown = _counted(_of_views(actor, (View.LATE, View.OPEN)), at)
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
    found = iter(_counting(_selected(actor, asked, at, there, sought[asked.words]) for asked in told) if told else ())
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
