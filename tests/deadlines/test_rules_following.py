"""What becomes of clocks when a file follows other packs."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.deadlines.rules import clocks
from doleance.deadlines.rules.clocks import CancelReason, Opening, Running
from doleance.deadlines.rules.due import compute
from doleance.deadlines.rules.following import Change, Situation, Word, change
from doleance.packs import loader
from doleance.packs.rules import PACK_EVENTS, ClockKind, Pack, StartEvent
from tests.deadlines.places import FRANCE, paris

ACK, PROGRESS, INTERNAL, FINAL, HOLDING, EXTENDED = ClockKind
RECEIVED = paris(2026, 11, 12, 8, 47)
LATER = paris(2026, 11, 16, 10)
EVERY = {event.value: RECEIVED for event in PACK_EVENTS}
CODES = ["FR-ACPR", "FR-PSD2", "EU-PSD2", "EU-GDPR", "FR-CONSO", "GENERAL"]


def packs(*codes: str) -> list[Pack]:
    return loader.in_force(codes, date(2026, 11, 12))


def running(opening: Opening, **changes) -> Running:
    due = compute(start_at=opening.start_at, term=opening.term, zone="Europe/Paris", calendar=FRANCE)
    return replace(Running(uuid4(), opening, due, "Europe/Paris"), **changes)


def begun(*codes: str) -> list[Running]:
    """The clocks of a new file that follows these packs."""
    found = clocks.openings(packs(*codes), moments=EVERY, status="consumer", known=())
    return [running(opening) for opening in found]


def become(known: list[Running], *codes: str, words=(), at: datetime = LATER, before=(), **moments) -> Change:
    file = Situation(known, EVERY | moments, "consumer", words, "Europe/Paris", FRANCE)
    followed = before or {clock.opening.pack for clock in known}
    return change(file, before=followed, packs=packs(*codes), at=at)


def of(found) -> set[tuple[str, ClockKind]]:
    return {(one.opening.pack, one.opening.kind) for one in found}


def test_what_is_followed_no_more_ends_and_the_rest_is_left_alone():
    known = begun("EU-GDPR", "GENERAL")
    found = become(known, "GENERAL")
    assert of(found.ends) == {("EU-GDPR", FINAL), ("EU-GDPR", HOLDING)}
    assert (found.stays, found.starts) == ((), ())


def test_a_statutory_day_that_is_past_is_not_removed():
    known = begun("EU-GDPR", "GENERAL")
    found = become(known, "GENERAL", at=paris(2026, 12, 20))
    assert of(found.stays) == {("EU-GDPR", FINAL), ("EU-GDPR", HOLDING)}
    assert found.ends == ()


def test_a_promise_that_is_past_goes():
    found = become(begun("FR-CONSO", "GENERAL"), "FR-CONSO", at=LATER)
    assert ("GENERAL", ACK) in of(found.ends)
    assert found.stays == ()


def test_what_was_met_is_never_touched():
    known = [replace(clock, met_at=LATER) for clock in begun("EU-GDPR")]
    found = become(known, "GENERAL")
    assert (found.ends, found.stays) == ((), ())


def test_a_new_pack_opens_what_it_would_have_opened():
    found = become(begun("GENERAL"), "EU-GDPR", "GENERAL")
    assert of(found.starts) == {("EU-GDPR", FINAL), ("EU-GDPR", HOLDING)}
    assert {one.opening.start_at for one in found.starts} == {RECEIVED}
    assert next(one for one in found.starts if one.opening.kind is FINAL).due.due_on == date(2026, 12, 12)


def test_what_waits_for_a_writing_waits_still():
    found = become(begun("GENERAL"), "FR-ACPR", "GENERAL", first_written_at=None)
    assert found.starts == ()


def test_any_word_of_ours_acknowledges_and_a_person_s_turns_the_rhythm():
    automatic, written = Word(RECEIVED + timedelta(minutes=2), False), Word(LATER - timedelta(hours=1), True)
    found = become(begun("EU-GDPR"), "EU-GDPR", "GENERAL", words=[automatic, written])
    starts = {one.opening.kind: one for one in found.starts}
    assert starts[ACK].met_at == automatic.at
    assert (starts[PROGRESS].opening.start_event, starts[PROGRESS].opening.start_at) == (
        StartEvent.LAST_WORD,
        written.at,
    )
    assert starts[FINAL].met_at is None


def test_a_pack_that_comes_back_finds_its_clocks_where_they_stopped():
    known = [
        replace(clock, cancelled_at=LATER, cancel_reason=CancelReason.RULES.value)
        if clock.opening.pack == "EU-GDPR"
        else clock
        for clock in begun("EU-GDPR", "GENERAL")
    ]
    found = become(known, "EU-GDPR", "GENERAL", before={"GENERAL"}, at=LATER + timedelta(days=2))
    assert [one.opening for one in found.starts] == [one.opening for one in known if one.cancelled_at]


def test_a_last_day_that_a_letter_moved_comes_back_moved():
    final, _holding = begun("FR-PSD2")
    (later,) = [opening for _, opening in clocks.extensions([final], loader.version, LATER)]
    moved = replace(final, cancelled_at=LATER, cancel_reason=CancelReason.EXTENDED.value)
    stopped = running(later, cancelled_at=LATER + timedelta(days=1), cancel_reason=CancelReason.RULES.value)
    met = replace(_holding, met_at=LATER)
    found = become([moved, met, stopped, *begun("GENERAL")], "FR-PSD2", "GENERAL", before={"GENERAL"})
    assert [one.opening for one in found.starts] == [later]


def test_the_national_rule_gives_way_to_the_european_one_that_it_replaced():
    known = begun("FR-PSD2", "EU-PSD2", "GENERAL")
    found = become(known, "EU-PSD2", "GENERAL")
    assert of(found.ends) == {("FR-PSD2", FINAL), ("FR-PSD2", HOLDING)}
    assert of(found.starts) == {("EU-PSD2", FINAL), ("EU-PSD2", HOLDING)}


def test_a_reopened_file_owes_what_a_reopening_starts():
    since = paris(2027, 3, 1, 9)
    past = [replace(clock, met_at=paris(2026, 12, 1)) for clock in begun("GENERAL")]
    again = [running(opening) for opening in clocks.reopenings(past, since)]
    found = become([*past, *again], "EU-GDPR", "GENERAL", at=since + timedelta(days=1))
    (final,) = found.starts
    assert (final.opening.kind, final.opening.start_event, final.opening.start_at) == (
        FINAL,
        StartEvent.REOPENED,
        since,
    )
    assert not final.opening.is_statutory


def test_what_was_owed_before_doleance_is_not_owed_again():
    known = [
        replace(clock, cancelled_at=LATER, cancel_reason=CancelReason.HISTORY.value) if clock.kind is ACK else clock
        for clock in begun("GENERAL")
    ]
    assert of(become(known, "FR-ACPR", "GENERAL").starts) == {("FR-ACPR", FINAL)}


@given(
    before=st.sets(st.sampled_from(CODES), min_size=1),
    after=st.sets(st.sampled_from(CODES), min_size=1),
    days=st.integers(0, 400),
)
def test_no_duty_is_open_twice_and_no_past_statute_is_lost(before, after, days):
    at = RECEIVED + timedelta(days=days)
    known = begun(*[code for code in CODES if code in before])
    found = become(known, *[code for code in CODES if code in after], at=at)
    left = [clock for clock in known if clock not in found.ends]
    opened = [(one.opening.pack, one.opening.kind) for one in [*left, *found.starts]]
    assert len(opened) == len(set(opened))
    assert not [clock for clock in found.ends if clock.opening.is_statutory and clock.due.due_at <= at]
    assert {one.opening.pack for one in left} - {one.opening.pack for one in found.stays} <= {
        pack.code for pack in packs(*[code for code in CODES if code in after])
    }


def test_coming_and_going_gives_the_same_days():
    known = begun("EU-GDPR", "GENERAL")
    gone = become(known, "GENERAL")
    stopped = [
        replace(one, cancelled_at=LATER, cancel_reason=CancelReason.RULES.value) if one in gone.ends else one
        for one in known
    ]
    back = become(stopped, "EU-GDPR", "GENERAL", before={"GENERAL"})
    assert {one.due.due_at for one in back.starts} == {one.due.due_at for one in gone.ends}


@pytest.mark.parametrize("code", CODES)
def test_a_pack_alone_ends_as_it_began(code):
    known = begun(code)
    assert set(become(known, "GENERAL" if code != "GENERAL" else "EU-GDPR").ends) == set(known)
