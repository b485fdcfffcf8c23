"""Holding replies: what they move and when they do not, and the acknowledgement that an answer in time spares."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.deadlines import actions, queries
from doleance.deadlines.models import Clock
from doleance.deadlines.rules import clocks as rules
from doleance.deadlines.rules import thread as threads
from doleance.deadlines.rules.clocks import CancelReason, Running
from doleance.deadlines.rules.due import compute
from doleance.deadlines.rules.thread import Reader
from doleance.kernel.tongue import FRENCH
from doleance.packs import loader
from doleance.packs.rules import ClockKind, StartEvent, wants_writing
from tests import factories
from tests.cast import TESTS, Cast
from tests.deadlines.places import FRANCE, paris, spaced

ACK, PROGRESS, INTERNAL, FINAL, HOLDING, EXTENDED = ClockKind
RECEIVED = paris(2026, 11, 12, 8, 47)
DAY = date(2026, 11, 12)


def packs(*codes: str):
    return loader.in_force(codes, DAY)


def clocks_of(*codes: str, **moments) -> list[Running]:
    every = dict.fromkeys(("received_at", "first_written_at", "sent_at", "registered_at"), RECEIVED)
    found = rules.openings(packs(*codes), moments=every | moments, status="consumer", known=())
    return [Running(uuid4(), one, _due(one), "Europe/Paris") for one in found]


def _due(opening):
    return compute(start_at=opening.start_at, term=opening.term, zone="Europe/Paris", calendar=FRANCE)


def told(clocks, at=RECEIVED):
    reader = Reader(at=at, zone="Europe/Paris", calendar=FRANCE, tongue=FRENCH, find=loader.version)
    return threads.thread(received_at=RECEIVED, clocks=clocks, expected=(), reader=reader)


def test_french_payment_services_stand_for_those_of_the_union():
    assert [pack.code for pack in packs("EU-PSD2", "FR-PSD2", "GENERAL")] == ["FR-PSD2", "GENERAL"]
    assert [pack.code for pack in packs("EU-PSD2")] == ["EU-PSD2"]
    assert [pack.code for pack in loader.in_force(["EU-PSD2", "FR-PSD2"], date(2018, 1, 12))] == []


@pytest.mark.parametrize(
    ("codes", "wanted"),
    [(["FR-ACPR"], True), (["GENERAL", "FR-ACPR"], True), (["FR-CONSO", "GENERAL", "FR-PSD2"], False), ([], False)],
)
def test_banks_and_insurers_invite_who_speaks_to_write(codes, wanted):
    assert wants_writing(packs(*codes)) is wanted


def test_what_was_said_aloud_starts_no_clock_of_banks():
    assert clocks_of("FR-ACPR", first_written_at=None) == []


def test_the_later_limit_waits_for_its_letter():
    assert [clock.kind for clock in clocks_of("FR-PSD2")] == [FINAL, HOLDING]


def test_a_holding_reply_in_time_gives_the_later_limit_from_the_same_moment():
    final, holding = clocks_of("FR-PSD2")
    ((moved, later),) = rules.extensions([final, holding], loader.version, paris(2026, 11, 30, 23, 59))
    assert moved is final
    assert (later.kind, later.term.count, later.start_at, later.is_statutory) == (EXTENDED, 35, RECEIVED, True)


@pytest.mark.parametrize(
    "at", [paris(2026, 12, 1), paris(2026, 11, 11)], ids=["the time is over", "before the complaint"]
)
def test_a_holding_reply_out_of_time_moves_nothing(at):
    assert rules.extensions(clocks_of("FR-PSD2"), loader.version, at) == []


def test_packs_that_know_no_later_limit_are_not_moved():
    assert rules.extensions(clocks_of("FR-ACPR", "FR-CONSO", "GENERAL"), loader.version, RECEIVED) == []


def test_our_own_promise_after_a_reopening_is_not_prolonged():
    final, _ = clocks_of("FR-PSD2")
    ours = replace(final, opening=replace(final.opening, start_event=StartEvent.REOPENED))
    assert rules.extensions([ours], loader.version, RECEIVED) == []


def test_the_thread_says_once_what_is_due_together_and_how_to_put_it_off():
    steps = told(clocks_of("FR-PSD2"))
    assert [step.code for step in steps] == ["received", "final"]
    assert "Une réponse d’attente motivée, partie avant cette échéance, la porte à 35 jours ouvrables." in spaced(
        steps[1].why
    )
    late = told(clocks_of("FR-PSD2"), at=paris(2026, 12, 2))
    assert "réponse d’attente motivée" not in spaced(late[1].why)


@pytest.fixture
def payment(cast: Cast, calendars: None) -> Complaint:
    """A complaint about a payment, of 12 November 2026, its clocks started."""
    cast.entity.packs = ["FR-PSD2", "EU-PSD2"]
    complaint = factories.complaint(cast, received_at=RECEIVED)
    actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    return complaint


def open_kinds(complaint: Complaint) -> dict[str, date]:
    return {clock.kind: clock.due_on for clock in Clock.objects.running().filter(complaint=complaint).order_by("id")}


def test_a_holding_reply_moves_the_last_day_of_a_file(payment):
    assert open_kinds(payment) == {FINAL: date(2026, 11, 30), HOLDING: date(2026, 11, 30)}
    at = paris(2026, 11, 25)
    assert [clock.kind for clock in actions.met(complaint=payment, kind=HOLDING, by=TESTS, at=at)] == [HOLDING]
    assert open_kinds(payment) == {EXTENDED: date(2026, 12, 23)}
    ended = Clock.objects.get(complaint=payment, kind=FINAL)
    assert ended.cancel_reason == CancelReason.EXTENDED
    payment.refresh_from_db()
    assert payment.next_due_kind == EXTENDED
    assert list(queries.drifts()) == []
    steps = queries.thread(complaint=payment, at=at)
    assert [(step.code, step.place) for step in steps] == [
        ("received", "done"),
        ("holding", "done"),
        ("final_max", "now"),
    ]
    assert steps[2].legal


def test_a_late_holding_reply_leaves_the_last_day_late(payment):
    actions.met(complaint=payment, kind=HOLDING, by=TESTS, at=paris(2026, 12, 1))
    assert open_kinds(payment) == {FINAL: date(2026, 11, 30)}


def test_the_answer_after_an_extension_ends_everything_and_reads_as_an_answer(payment):
    actions.met(complaint=payment, kind=HOLDING, by=TESTS, at=paris(2026, 11, 25))
    actions.met(complaint=payment, kind=FINAL, by=TESTS, at=paris(2026, 12, 10))
    assert open_kinds(payment) == {}
    steps = queries.thread(complaint=payment, at=paris(2026, 12, 11))
    assert [(step.code, spaced(step.label)) for step in steps][-1] == ("final", "Réponse")
    assert list(queries.drifts()) == []


@pytest.mark.parametrize(
    ("since", "kept"),
    [(paris(2026, 12, 15), {EXTENDED: date(2026, 12, 23)}), (paris(2027, 1, 4), {FINAL: date(2027, 1, 21)})],
    ids=["the later limit is ahead", "it is past"],
)
def test_a_reopened_file_keeps_the_moved_last_day_while_it_is_ahead(payment, since, kept):
    actions.met(complaint=payment, kind=HOLDING, by=TESTS, at=paris(2026, 11, 25))
    actions.met(complaint=payment, kind=FINAL, by=TESTS, at=paris(2026, 12, 10))
    assert {clock.kind for clock in actions.reopen(complaint=payment, by=TESTS, at=since)} == set(kept)
    assert open_kinds(payment) == kept
    assert actions.reopen(complaint=payment, by=TESTS, at=since) == []


@pytest.fixture
def bank(cast: Cast, calendars: None) -> Complaint:
    """A complaint to a bank, of 12 November 2026, its clocks started."""
    cast.entity.packs = ["FR-ACPR"]
    complaint = factories.complaint(cast, received_at=RECEIVED)
    actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    return complaint


def test_an_answer_in_time_spares_the_acknowledgement(bank):
    actions.met(complaint=bank, kind=FINAL, by=TESTS, at=paris(2026, 11, 24, 18))
    ack = Clock.objects.get(complaint=bank, kind=ACK)
    assert (ack.met_at, ack.cancel_reason) == (None, CancelReason.ANSWERED)
    steps = queries.thread(complaint=bank, at=paris(2026, 11, 25))
    spare = next(step for step in steps if step.code == ACK)
    assert (spare.place, spare.words) == ("void", "sans objet")
    assert spaced(spare.why) == "La réponse est partie avant : cette échéance n’a plus d’objet."


def test_an_answer_out_of_that_time_owed_the_acknowledgement(bank):
    actions.met(complaint=bank, kind=FINAL, by=TESTS, at=paris(2026, 11, 25, 9))
    ack = Clock.objects.get(complaint=bank, kind=ACK)
    assert (ack.cancel_reason, ack.met_at) == ("", paris(2026, 11, 25, 9))
    assert ack.due_at < paris(2026, 11, 25, 9)


def test_other_acknowledgements_are_met_by_the_answer(cast, calendars):
    complaint = factories.complaint(cast, received_at=RECEIVED)
    actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    actions.met(complaint=complaint, kind=FINAL, by=TESTS, at=paris(2026, 11, 13))
    assert Clock.objects.get(complaint=complaint, kind=ACK, pack="GENERAL").met_at == paris(2026, 11, 13)
    assert complaint.state != State.CLOSED
