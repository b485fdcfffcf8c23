"""Which clocks open, what meets them, what a reopening starts."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from doleance.complaints.rules import SETTLED, State
from doleance.deadlines.rules import clocks
from doleance.deadlines.rules.clocks import CancelReason, Opening, Running
from doleance.deadlines.rules.due import compute
from doleance.packs import loader
from doleance.packs.rules import PACK_EVENTS, ClockKind, StartEvent, effective_hash
from tests.deadlines.places import FRANCE, paris

ACK, PROGRESS, INTERNAL, FINAL, HOLDING, EXTENDED = ClockKind
RECEIVED = paris(2026, 11, 12, 8, 47)
CONSO, GENERAL = loader.in_force(["FR-CONSO", "GENERAL"], date(2026, 11, 12))
EVERY = {event.value: RECEIVED for event in PACK_EVENTS}


def openings(packs=(CONSO, GENERAL), *, status="consumer", known=(), **moments) -> list[Opening]:
    return clocks.openings(packs, moments=EVERY | moments, status=status, known=set(known))


def running(opening: Opening, **changes) -> Running:
    due = compute(start_at=opening.start_at, term=opening.term, zone="Europe/Paris", calendar=FRANCE)
    return replace(Running(uuid4(), opening, due, "Europe/Paris"), **changes)


def kinds(found) -> list[tuple[str, ClockKind]]:
    return [(opening.pack, opening.kind) for opening in found]


def test_every_duty_of_every_pack_opens():
    assert kinds(openings()) == [
        ("FR-CONSO", FINAL),
        ("GENERAL", ACK),
        ("GENERAL", PROGRESS),
        ("GENERAL", INTERNAL),
        ("GENERAL", FINAL),
    ]


def test_each_starts_from_its_own_event_and_keeps_its_pack():
    written = paris(2026, 11, 2)
    conso, *rest = openings(first_written_at=written)
    assert (conso.start_event, conso.start_at) == (StartEvent.FIRST_WRITTEN, written)
    assert {(each.start_event, each.start_at) for each in rest} == {(StartEvent.RECEIVED, RECEIVED)}
    assert (conso.pack_version, conso.pack_hash) == (1, effective_hash(CONSO))
    assert conso.reopened_at is None


def test_a_duty_whose_event_has_not_happened_waits():
    assert kinds(openings([CONSO], first_written_at=None)) == []


def test_a_duty_opens_once():
    known = [("FR-CONSO", FINAL), ("GENERAL", ACK), ("GENERAL", PROGRESS), ("GENERAL", INTERNAL)]
    assert kinds(openings(known=known)) == [("GENERAL", FINAL)]


@pytest.mark.parametrize(
    ("status", "packs"),
    [
        ("consumer", {"FR-CONSO", "GENERAL"}),
        ("unknown", {"FR-CONSO", "GENERAL"}),
        ("professional", {"GENERAL"}),
        ("association", {"GENERAL"}),
    ],
)
def test_consumer_law_is_for_consumers_and_for_those_we_do_not_know(status, packs):
    assert {opening.pack for opening in openings(status=status)} == packs


def test_only_the_final_answer_ends_everything():
    assert clocks.MEETS[ACK] == {ACK}
    assert clocks.MEETS[PROGRESS] == {PROGRESS, ACK}
    assert clocks.MEETS[INTERNAL] == {INTERNAL}
    assert clocks.MEETS[ClockKind.HOLDING] == {ClockKind.HOLDING, PROGRESS, ACK}
    assert clocks.MEETS[FINAL] == set(ClockKind)


def test_what_repeats_runs_from_our_last_word():
    progress = openings()[2]
    told = paris(2026, 11, 20, 11)
    turn = clocks.again(progress, told)
    assert (turn.start_event, turn.start_at) == (StartEvent.LAST_WORD, told)
    assert (turn.kind, turn.term, turn.repeats, turn.pack_hash) == (
        PROGRESS,
        progress.term,
        True,
        progress.pack_hash,
    )


def test_a_reopening_keeps_the_last_day_that_is_still_ahead():
    before = [running(opening, met_at=paris(2026, 12, 1)) for opening in openings()]
    since = paris(2026, 12, 10)
    found = {(opening.pack, opening.kind): opening for opening in clocks.reopenings(before, since)}
    assert set(found) == {("FR-CONSO", FINAL), ("GENERAL", PROGRESS), ("GENERAL", INTERNAL), ("GENERAL", FINAL)}
    for pack in ("FR-CONSO", "GENERAL"):
        kept = found[pack, FINAL]
        assert (kept.start_at, kept.reopened_at) == (RECEIVED, since)
        assert kept.start_event != StartEvent.REOPENED
    for kind in (PROGRESS, INTERNAL):
        assert found["GENERAL", kind].start_event is StartEvent.REOPENED
        assert found["GENERAL", kind].start_at == since


def test_a_reopening_after_the_last_day_counts_again_as_our_promise():
    statutory = replace(openings([CONSO])[0], is_statutory=True)
    before = [running(statutory, met_at=paris(2026, 12, 1))]
    last = before[0].due.due_at
    (ahead,) = clocks.reopenings(before, last - timedelta(seconds=1))
    assert (ahead.start_at, ahead.is_statutory) == (RECEIVED, True)
    (again,) = clocks.reopenings(before, last)
    assert (again.start_event, again.start_at) == (StartEvent.REOPENED, last)
    assert (again.is_statutory, again.term) == (False, statutory.term)


def test_a_second_reopening_still_looks_at_the_first_last_day():
    first = running(openings([CONSO])[0], met_at=paris(2026, 12, 1))
    (second,) = clocks.reopenings([first], paris(2027, 2, 1))
    life = [running(second, met_at=paris(2027, 2, 10)), first]
    (third,) = clocks.reopenings(life, paris(2027, 3, 1))
    assert (third.start_at, third.reopened_at) == (paris(2027, 3, 1), paris(2027, 3, 1))


def test_the_earliest_open_clock_is_the_next_step():
    ack, progress, internal, final = (running(opening) for opening in openings([GENERAL]))
    assert clocks.earliest([final, internal, progress, ack]) is ack
    assert clocks.earliest([final, internal, progress, replace(ack, met_at=RECEIVED)]) is progress
    assert clocks.earliest([final, replace(internal, cancelled_at=RECEIVED)]) is final
    assert clocks.earliest([replace(final, met_at=RECEIVED)]) is None
    assert clocks.earliest([]) is None


def test_every_state_that_ends_a_file_says_why_its_clocks_end():
    # Answered files have met theirs; follow-up files too.
    assert set(clocks.CANCELS) == (SETTLED | {State.MERGED}) - {State.ANSWERED, State.FOLLOW_UP}
    by_people = {CancelReason.EXTENDED, CancelReason.ANSWERED, CancelReason.RULES, CancelReason.SEPARATED}
    assert set(clocks.CANCELS.values()) == set(CancelReason) - {CancelReason.HISTORY} - by_people
