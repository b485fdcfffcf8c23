"""Statements that are kept: asked again each time, of this moment and this person, and planned by PostgreSQL once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from doleance.accounts.models import Team, User
from doleance.complaints.models import Complaint
from doleance.deadlines.models import Clock
from doleance.kernel import kept
from doleance.kernel.kept import SOME_KEY, SOME_LIST, SOME_MOMENT, SOMEBODY, Statement
from tests.cast import MORNING
from tests.factories import complaint

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def number(statement: Statement, **now) -> int:
    [(found,)] = kept.ask(kept.counting([statement]), **now)
    return found


def test_the_text_is_kept_and_the_answer_never_is(cast):
    counted = kept.count_of(Complaint.objects.all())
    assert number(counted) == 0
    complaint(cast)
    assert number(counted) == 1


def test_a_mark_stands_for_the_moment_of_each_question(cast):
    complaint(cast, received_at=MORNING)
    since = kept.count_of(Complaint.objects.filter(received_at__gte=SOME_MOMENT))
    before = kept.count_of(Complaint.objects.filter(received_at__gte=SOME_MOMENT - HOUR))
    asked = [MORNING - HOUR, MORNING, MORNING + HOUR, MORNING + 2 * HOUR]
    assert [number(since, at=at) for at in asked] == [1, 1, 0, 0]
    assert [number(before, at=at) for at in asked] == [1, 1, 1, 0]
    # A moment that happens to be the mark's own is a moment.
    assert number(kept.count_of(Complaint.objects.filter(received_at__gte=datetime(2000, 1, 1, tzinfo=UTC)))) == 1


def test_a_mark_stands_for_whoever_asks(cast):
    named = kept.written(User.objects.filter(pk=SOMEBODY).values_list("name"))
    assert [kept.ask(named, who=one.pk) for one in (cast.amelie, cast.bruno)] == [
        [(cast.amelie.name,)],
        [(cast.bruno.name,)],
    ]
    assert kept.ask(named, who=UUID(int=0)) == []


def test_a_mark_stands_for_a_text_and_for_a_list(cast):
    held = kept.written(Session.objects.filter(pk=SOME_KEY).values_list("session_data"))
    Session.objects.create(session_key="k'%s", session_data="données", expire_date=MORNING)
    assert kept.ask(held, key="k'%s") == [("données",)]
    assert kept.ask(held, key="key") == []
    unfolded = kept.bound("SELECT one FROM unnest(%s::integer[]) AS many (one) WHERE one <> %s", [SOME_LIST, 2])
    assert kept.ask(unfolded, among=[1, 2, 3]) == [(1,), (3,)]
    assert kept.ask(unfolded, among=[]) == []


@pytest.mark.parametrize(
    "statement",
    [
        Statement("SELECT %s::timestamptz", (SOME_MOMENT,)),
        Statement("SELECT %s::timestamptz", (SOME_MOMENT - HOUR,)),
        Statement("SELECT %s::uuid", (SOMEBODY,)),
        Statement("SELECT %s::text", (SOME_KEY,)),
        Statement("SELECT %s::integer[]", (SOME_LIST,)),
    ],
)
def test_a_mark_without_its_value_is_no_answer(statement):
    with pytest.raises(ValueError, match="waits for"):
        kept.ask(statement)


def test_what_decides_of_an_index_stands_in_the_text(cast):
    rows = Complaint.objects.filter(Q(state="it's 100 %"), owner=cast.amelie.pk, title__contains="50 %")
    statement = kept.written(rows)
    assert statement.given == (cast.amelie.pk,)
    assert "'it''s 100 %%'" in statement.text
    assert kept.ask(statement) == []


def test_who_may_read_nothing_is_not_asked_about(cast):
    nothing = Complaint.objects.none()
    assert kept.written(nothing) is kept.NOTHING
    with CaptureQueriesContext(connection) as asked:
        assert kept.ask(kept.written(nothing)) == []
    assert not asked
    complaint(cast)
    together = kept.counting([kept.count_of(nothing), kept.count_of(Complaint.objects.all())])
    assert kept.ask(together) == [(0, 1)]


def test_what_is_cut_is_counted_so_far(cast):
    for _ in range(3):
        complaint(cast)
    assert number(kept.count_of(Complaint.objects.order_by("id")[:2])) == 2


def test_rows_are_those_of_django(cast):
    statement = kept.written(Team.objects.order_by("name"))
    assert kept.rows_of(Team, statement) == list(Team.objects.order_by("name"))
    with_state = kept.rows_of(User, kept.written(User.objects.filter(pk=SOMEBODY)), who=cast.amelie.pk)
    assert [vars(one) | {"_state": None} for one in with_state] == [
        vars(User.objects.get(pk=cast.amelie.pk)) | {"_state": None}
    ]
    assert not with_state[0]._state.adding


def test_a_row_that_django_would_read_otherwise_is_refused():
    told = [one for one in Clock._meta.concrete_fields if hasattr(one, "from_db_value")]
    assert told, "this model has a field of JSON"
    with pytest.raises(TypeError, match=told[0].name):
        kept.rows_of(Clock, kept.written(Clock.objects.all()))


def prepared(text: str) -> int:
    """How many plans this connection keeps of a text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{text}%"])
        return cursor.fetchone()[0]


def test_postgresql_keeps_the_plan_of_what_is_asked_often(cast):
    """And a plan for anybody is right for each: after it is general, another moment has another answer."""
    complaint(cast, received_at=MORNING)
    since = kept.count_of(Complaint.objects.filter(received_at__gte=SOME_MOMENT, version=1))
    told = [number(since, at=MORNING + (HOUR if turn % 2 else -HOUR)) for turn in range(24)]
    assert told == [1, 0] * 12
    assert prepared('"version" = 1') == 1


def test_behind_a_pool_of_connections_no_plan_is_kept(cast, monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    one = kept.count_of(Complaint.objects.filter(version=2))
    assert [number(one) for _ in range(12)] == [0] * 12
    assert not prepared('"version" = 2')
