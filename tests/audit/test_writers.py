"""Sixteen people write at once: no fork, no gap, nothing lost."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from doleance.audit import actions, queries, verify
from doleance.audit.models import AuditEvent, SubjectKey
from doleance.kernel.db import write

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WRITERS, EACH = 16, 12


def at_once(work):
    """Call `work(number)` from sixteen threads that start together, each on a connection of its own."""
    barrier = Barrier(WRITERS)

    def run(number):
        try:
            barrier.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return [result.result() for result in [pool.submit(run, number) for number in range(WRITERS)]]


def writing(stream_of):
    def work(number):
        for n in range(EACH):
            actions.record(
                stream=stream_of(number, n),
                code="tested",
                by=f"machine:{number}",
                at=AT,
                facts={"n": n},
                texts={"reason": f"{number} {n}"},
            )

    return work


def test_sixteen_writers_on_one_stream_do_not_fork():
    stream = f"complaint:{uuid4()}"
    at_once(writing(lambda number, n: stream))
    events = list(queries.history(stream))
    assert [event.seq for event in events] == list(range(1, WRITERS * EACH + 1))
    assert all(later.prev_hash == earlier.hash for earlier, later in pairwise(events))
    told = {(event.by, event.facts["n"]) for event in events}
    assert told == {(f"machine:{number}", n) for number in range(WRITERS) for n in range(EACH)}
    assert verify.check().intact
    assert SubjectKey.objects.count() == 1


def test_each_writer_sees_its_events_in_the_order_it_wrote_them():
    stream = f"complaint:{uuid4()}"
    at_once(writing(lambda number, n: stream))
    for number in range(WRITERS):
        mine = [event.facts["n"] for event in queries.history(stream) if event.by == f"machine:{number}"]
        assert mine == list(range(EACH))


def test_sixteen_writers_on_many_streams_do_not_fork():
    streams = [f"complaint:{uuid4()}" for _ in range(5)]
    at_once(writing(lambda number, n: streams[(number + n) % 5]))
    report = verify.check()
    assert report.intact, report.findings
    assert (report.events, report.streams, report.texts_read) == (WRITERS * EACH, 5, WRITERS * EACH)


def test_a_failed_writer_leaves_no_gap():
    stream = f"complaint:{uuid4()}"

    def work(number):
        with suppress(ZeroDivisionError):
            _perhaps(stream=stream, fails=number % 2 == 0, by=f"machine:{number}", at=AT)

    at_once(work)
    assert [event.seq for event in queries.history(stream)] == list(range(1, WRITERS // 2 + 1))
    assert verify.check().intact


@write
def _perhaps(*, stream, fails, by, at):
    actions.record(stream=stream, code="tested", by=by, at=at)
    if fails:
        raise ZeroDivisionError


def test_texts_sealed_while_their_subject_is_erased_are_erased_or_readable():
    """Never a third thing: an object wrapped by a key that is already destroyed would be lost without a word."""
    subject = uuid4()

    def work(number):
        if number == 0:
            return actions.erase(subject=subject, authority="rgpd", article="17", by="machine:test", at=AT)
        for _ in range(6):
            actions.record(
                stream=f"complaint:{uuid4()}",
                code="tested",
                by="machine:test",
                at=AT,
                texts={"a": "b"},
                subject=subject,
            )
        return None

    at_once(work)
    report = verify.check()
    assert report.intact, report.findings
    assert report.texts_read + report.texts_erased == 6 * (WRITERS - 1)
    assert AuditEvent.objects.filter(stream="erasures").count() == 1
