"""What an open page learns: each change once, one query when there is nothing, rights as they are at each moment."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from doleance.complaints.actions import dossiers as complaints
from doleance.desk.queries import freshness
from doleance.desk.queries.freshness import Seen
from doleance.desk.queries.worklist import Asked, View
from tests.cast import MORNING
from tests.factories import complaint

LATER = MORNING + timedelta(minutes=5)


def page(cast, asked=None, at=MORNING):
    return freshness.seen_now(actor=cast.amelie.actor(), asked=asked or Asked(), at=at)


def news(cast, seen, asked=None, at=LATER):
    return freshness.news(actor=cast.amelie.actor(), asked=asked or Asked(), seen=seen, at=at)


@pytest.mark.django_db
def test_nothing_new_is_one_query(cast):
    complaint(cast)
    seen, actor = page(cast), cast.amelie.actor()
    with CaptureQueriesContext(connection) as made:
        assert freshness.news(actor=actor, asked=Asked(), seen=seen, at=LATER) is None
    assert len(made) == 1
    assert "changed_at" in made.captured_queries[0]["sql"]


@pytest.mark.django_db
def test_what_comes_is_counted_from_when_the_page_was_shown(cast):
    complaint(cast)
    seen, told = page(cast), []
    for minute in (1, 2, 3):
        complaint(cast, received_at=MORNING + timedelta(minutes=minute))
        found = news(cast, seen, at=MORNING + timedelta(minutes=minute, seconds=5))
        seen = found.seen
        told.append(found.fresh)
    assert told == [1, 2, 3]
    assert news(cast, seen, at=LATER) is None


@pytest.mark.django_db
def test_a_change_committed_late_is_told_all_the_same(cast):
    seen = page(cast, at=MORNING + timedelta(seconds=30))
    late = complaint(cast, received_at=MORNING)  # begun before the page was shown, committed after
    found = news(cast, seen)
    assert (found.fresh, [row.reference for row in found.rows]) == (1, [late.reference])


@pytest.mark.django_db
def test_a_change_is_no_new_file_and_gives_its_row(cast):
    file = complaint(cast)
    seen = page(cast)
    complaints.take(complaint=file, by=cast.bruno.actor(), at=LATER)
    found = news(cast, seen)
    assert (found.fresh, [row.owner for row in found.rows]) == (0, ["Bruno Keller"])


@pytest.mark.django_db
def test_what_leaves_a_view_still_gives_its_row(cast):
    file, free = complaint(cast), Asked(view=View.FREE)
    seen = page(cast, free)
    complaints.take(complaint=file, by=cast.bruno.actor(), at=LATER)
    assert [row.reference for row in news(cast, seen, free).rows] == [file.reference]


@pytest.mark.django_db
def test_what_another_team_does_is_not_told(cast):
    seen = page(cast)
    complaint(cast, team=cast.logistics, received_at=LATER)
    assert news(cast, seen) is None


@pytest.mark.django_db
def test_a_file_is_known_by_the_rank_of_its_last_event(cast):
    file, actor = complaint(cast), cast.amelie.actor()
    before = freshness.rank_of(reference=file.reference, actor=actor)
    complaints.take(complaint=file, by=cast.bruno.actor(), at=LATER)
    with CaptureQueriesContext(connection) as made:
        after = freshness.rank_of(reference=file.reference, actor=actor)
    assert len(made) == 1
    assert before is not None
    assert after is not None
    assert after > before
    assert freshness.rank_of(reference=file.reference, actor=cast.chloe.actor()) is None


@given(st.datetimes(timezones=st.just(MORNING.tzinfo)).filter(lambda at: at.year > 1), st.integers(-999, 999))
def test_what_a_page_knows_is_read_back(at, base):
    seen = Seen(at, base, "abc")
    assert Seen.read(str(seen)) == seen


@pytest.mark.parametrize("text", ["", "~~", "x~1~", "2026-01-01~1~", "0001-01-01T00:00:00+00:00~1~a", "a~b~c~d"])
def test_what_means_nothing_is_not_read(text):
    assert Seen.read(text) is None
