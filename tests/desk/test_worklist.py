"""One's place in the list: whatever the due moments, what is behind, here and ahead makes the whole list, in order."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doleance.accounts.rules import Actor, Role
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.queries import visible_to as complaints_of
from doleance.complaints.rules import Outcome
from doleance.deadlines.rules import words
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.desk.queries import lines, worklist
from doleance.desk.queries.worklist import Asked, Place, Sort, View, _order
from doleance.kernel import kept, languages
from doleance.kernel.clock import day_in
from doleance.kernel.kept import Statement
from tests.cast import MORNING
from tests.factories import complaint

pytestmark = pytest.mark.django_db
SPRING = datetime(2026, 3, 20, tzinfo=UTC)
hours = st.lists(st.one_of(st.none(), st.integers(-2, 2)), min_size=5, max_size=5)


@pytest.fixture
def five(cast) -> list[Complaint]:
    """Two of them jump the queue."""
    return [
        complaint(cast, received_at=MORNING - timedelta(hours=number // 2), is_safety=number in {1, 4})
        for number in range(5)
    ]


def references(where, order):
    """The files on one side of a place, in an order."""
    return list(Complaint.objects.filter(where).order_by(*order).values_list("reference", flat=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(dues=hours, sort=st.sampled_from(Sort))
def test_the_order_is_total_and_pages_cut_it_nowhere_wrong(cast, five, dues, sort):
    for one, due in zip(five, dues, strict=True):
        due_at = None if due is None else MORNING + timedelta(hours=due)
        complaints.note_next(complaint=one, due_at=due_at, kind="final" if due_at else "")
    actor = cast.amelie.actor()
    page = worklist.worklist(actor=actor, asked=Asked(View.ALL, sort), cursor="", at=MORNING)
    order = [row.reference for row in page.rows]
    assert sorted(order) == sorted(one.reference for one in five)
    for one in Complaint.objects.order_by("id"):
        rank = order.index(one.reference)
        place = Place.of(one)
        assert references(place.behind(sort), _order(sort, back=True)) == order[:rank][::-1]
        assert references(place.ahead(sort), _order(sort)) == order[rank + 1 :]
        around = worklist.neighbours(actor=actor, asked=Asked(View.ALL, sort), complaint=one, at=MORNING)
        assert around.position is not None
        assert around.position.number == rank + 1
        assert (around.previous, around.next) == (
            order[rank - 1] if rank else "",
            order[rank + 1] if rank + 1 < len(order) else "",
        )


def test_a_cursor_is_read_back_as_it_was_written(cast, five):
    place = Place.of(five[0])
    assert worklist._read_cursor(worklist._write_cursor(7, place)) == (7, place)


@pytest.mark.parametrize("number", [999, 1_000, 1_001])
def test_counting_stops_after_a_thousand(number):
    assert worklist.Count(number).is_more is (number > worklist.COUNTED)


def test_a_search_looks_at_a_few_words_only(cast, five):
    words = "bouilloire " * 200
    found = worklist.worklist(actor=cast.amelie.actor(), asked=Asked(words=words), cursor="", at=MORNING)
    assert len(found.rows) == 5


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [([], None), ([None], None), ([Outcome.UPHELD, None], None), ([Outcome.UPHELD], Outcome.UPHELD)],
)
def test_half_a_verdict_is_none(findings, verdict):
    assert lines._verdict(findings) is verdict


def test_the_rail_counts_what_is_open_and_late(cast, five):
    complaints.note_next(complaint=five[0], due_at=MORNING, kind="final")
    rail = worklist.rail(actor=cast.amelie.actor(), at=MORNING)
    assert (rail.open.number, rail.late.number) == (5, 1)
    assert worklist.rail(actor=cast.chloe.actor(), at=MORNING).open.number == 0


def test_what_is_late_is_counted_at_the_moment_of_the_page(cast):
    """The statement of the counts is kept for a reader, its moment is not."""
    file, actor = complaint(cast), cast.amelie.actor()
    complaints.note_next(complaint=file, due_at=MORNING + timedelta(hours=1), kind="final")
    told = [
        worklist.counts(actor=actor, at=MORNING + timedelta(minutes=minutes))[View.LATE].number
        for minutes in (59, 60, 61, 59)
    ]
    assert told == [0, 1, 1, 0]


@settings(max_examples=300, deadline=None)
@given(
    due_at=st.timedeltas(timedelta(0), timedelta(23)).map(lambda length: SPRING + length),
    at=st.timedeltas(timedelta(0), timedelta(23)).map(lambda length: SPRING + length),
    zone=st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Martinique"]),
    is_midnight=st.booleans(),
)
def test_what_is_kept_for_a_day_is_what_would_be_said_at_each_minute_of_it(due_at, at, zone, is_midnight):
    """The night of a change of the hour and Easter Monday are inside."""
    if is_midnight:
        due_at = datetime.combine(due_at.astimezone(ZoneInfo(zone)).date(), time(), ZoneInfo(zone))
    place = WorkCalendar.of("FR", {date(2026, 4, 6): "Lundi de Pâques"}, first_year=2026, last_year=2026)
    said = lines._said_all_day(due_at, zone, day_in(at, zone), place, "fr")
    if said is not None:
        told = words.said(due_at=due_at, at=at, zone=zone, calendar=place, tongue=languages.reader())
        assert said == told
    else:
        assert words.last_day(due_at, zone) == day_in(at, zone)


def plan(statement, at):
    """What PostgreSQL would do, in words."""
    explained = Statement(f"EXPLAIN {statement.text}", statement.given)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    return "\n".join(row for (row,) in kept.ask(explained, at=at))


@pytest.mark.parametrize(
    ("view", "index"),
    [
        (View.OPEN, "complaint_live_in_order"),
        (View.MINE, "complaint_live_by_owner"),
        (View.FREE, "complaint_live_by_owner"),
        (View.LATE, "complaint_live_in_order"),
        (View.WAITING, "complaint_waiting_in_order"),
    ],
)
def test_views_are_counted_along_an_index(cast, five, view, index):
    """PostgreSQL knows that it answers: the condition of the view is that of the index, in the same words."""
    quality = Actor("user:q", "Qualité", frozenset({Role.QUALITY}), user_id=cast.amelie.pk)
    found = complaints_of(quality).filter(worklist._shown(Asked(view), quality, kept.SOME_MOMENT))
    told = plan(kept.counting([worklist._number(found, worklist._BY_INDEX[view])]), MORNING)
    assert f"Index Scan using {index}" in told, told
    assert "Sort" not in told, told


def test_postgresql_knows_that_what_belongs_to_nobody_is_open(cast):
    with connection.cursor() as cursor:
        cursor.execute("SELECT stxname FROM pg_statistic_ext WHERE stxrelid = 'doleance_complaint'::regclass")
        assert ("complaint_owner_and_state",) in cursor.fetchall()
