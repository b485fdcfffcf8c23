"""Machines stop writing where machines answer, say so to a person, and forget nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.audit.models import AuditEvent
from doleance.channels.actions import messages as channels
from doleance.channels.actions.messages import Incoming
from doleance.channels.rules import ParsedMessage, Person, Source
from doleance.complainants import actions as complainants
from doleance.complaints.actions import dossiers as complaints
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed
from doleance.notifications import breakers, queries, rules, watch
from doleance.notifications.actions import breaking, flights, writing
from doleance.notifications.models import Breaker, Notice
from doleance.notifications.rules import NoticeState, Purpose, Scope
from doleance.packs.rules import ClockKind
from tests import factories
from tests.cast import MORNING, TESTS
from tests.notifications.conftest import after, mails, said

S = NoticeState
HOUR = timedelta(hours=1)
moments = st.lists(st.integers(0, 3 * 24 * 60).map(lambda minutes: MORNING + timedelta(minutes=minutes)), max_size=80)


# Rules


def test_twenty_mails_an_hour_are_a_person_and_twenty_one_are_not():
    assert not breakers.sender_is_over(20)
    assert breakers.sender_is_over(21)


def test_a_fifth_round_trip_is_too_many():
    assert not breakers.thread_is_over(4)
    assert breakers.thread_is_over(5)


def trips(ours, *, machines=(), people=(), by_itself=False):
    told = [(moment, by_itself) for moment in ours]
    return breakers.thread_trips(ours=told, machines=machines, people=people)


def test_a_round_trip_is_a_mail_of_ours_then_one_of_a_machine():
    ours, theirs = [after(hours=1), after(hours=3), after(hours=5)], [after(hours=2), after(hours=2.5)]
    assert trips(ours, machines=theirs) == 1
    assert trips(ours, machines=[*theirs, after(hours=4), after(hours=6)]) == 3
    assert trips(ours, machines=[after(hours=0)]) == 0
    assert trips([], machines=theirs) == 0
    assert trips(ours, people=theirs) == 0  # a person took an hour to answer a person
    assert trips(ours, people=theirs, by_itself=True) == 1
    assert trips(ours, people=[after(hours=1, minutes=9), after(hours=3, minutes=11)]) == 1


@given(moments, moments)
def test_there_are_no_more_round_trips_than_mails_on_either_side(ours, theirs):
    found = trips(ours, machines=theirs)
    assert found <= min(len(ours), len(theirs))
    assert found == trips(ours[::-1], machines=theirs[::-1])
    assert trips(ours, people=theirs) <= found


def over(domain, count, *, minutes=1.0, is_vouched=False):
    left = [MORNING - timedelta(minutes=minutes * number) for number in range(count)]
    return breakers.domain_is_over(domain, left=left, at=MORNING, is_vouched=is_vouched)


def test_a_domain_has_twenty_mails_an_hour_and_sixty_a_day():
    assert not over("petite.example", 19)
    assert over("petite.example", 20)
    assert not over("petite.example", 59, minutes=20)
    assert over("petite.example", 60, minutes=20)


def test_a_domain_that_strangers_share_or_that_a_person_vouched_for_has_more():
    assert not over("gmail.com", 60)
    assert not over("petite.example", 60, is_vouched=True)
    assert over("gmail.com", 500, minutes=0.1)


def test_every_shared_domain_is_written_as_a_normal_address_writes_it():
    assert all(domain == domain.strip().lower() and "." in domain for domain in breakers.SHARED_DOMAINS)
    assert breakers.SHARED_PER_HOUR > 10 * breakers.DOMAIN_PER_HOUR


@given(st.integers(0, 3000))
def test_a_mailbox_never_has_more_than_its_share_in_any_hour(count):
    """Mails that come all at once are spread, each put off once."""
    left: list = []
    waiting = 0
    slots = []
    for _ in range(count):
        slot = breakers.mailbox_slot(left=left, waiting=waiting, at=MORNING)
        slots.append(slot)
        if slot == MORNING:
            left = [*left, MORNING][-breakers.MAILBOX_PER_HOUR :]
        else:
            waiting += 1
    for slot in set(slots):
        assert sum(slot <= other < slot + HOUR for other in slots) <= breakers.MAILBOX_PER_HOUR


def test_a_quiet_day_is_a_whole_one():
    assert not breakers.is_quiet(last=MORNING, at=after(hours=23.9))
    assert breakers.is_quiet(last=MORNING, at=after(hours=24))


# On the database


@pytest.fixture(autouse=True)
def house(mailbox, folder, calendars):
    return mailbox


@write(quiet="a test writes a mail of the past in the ledger")
def arrives(cast, address, at, *, by=None):
    raw = f"From: {address}\r\nSubject: {at.isoformat()}\r\n\r\nBonjour".encode()
    [stored] = channels.store(
        items=[Incoming(raw=raw, source=Source.IMPORT, entity=cast.entity, team=cast.team)], by=TESTS, at=at
    )
    parsed = ParsedMessage(sender=Person("", address), subject="x", text="Bonjour")
    channels.describe(message=stored.message, parsed=parsed, at=at)
    channels.link(message=stored.message, files=(), subject=cast.durand.id, by=TESTS, at=at)
    return stored.message


def opened(cast, address, at):
    """A mail that opens a file, and the acknowledgement that it asks for."""
    arrives(cast, address, at)
    party = complainants.recognise(name="", address=address, by=TESTS, at=at)
    complaint = factories.complaint(cast, received_at=at, party=party)
    deadlines.start(complaint=complaint, by=TESTS, at=at)
    notice = writing.acknowledge(complaint=complaint, by=TESTS, at=at)
    assert notice is not None
    return notice


def flood(cast, worker, count, *, address="machine@boucle.example", minutes=1.0):
    """Mails of one address, each with a file of its own, at that pace."""
    found = []
    for number in range(count):
        at = after(minutes=minutes * number)
        found.append(opened(cast, address, at))
        worker.work(at)
    return found


def codes(complaint):
    return [event.code for event in AuditEvent.objects.filter(stream=complaint.journal_stream).order_by("seq")]


def is_acknowledged(notice):
    return Clock.objects.get(complaint=notice.complaint, kind=ClockKind.ACKNOWLEDGE).met_at is not None


def test_an_address_that_floods_is_answered_no_more_and_a_person_is_told(cast, worker, folder):
    notices = flood(cast, worker, 30)
    worker.work(after(hours=3))
    assert len(mails(folder)) == 1
    [row] = watch.open_breakers(cast.amelie.actor())
    assert (row.scope, row.facts["key"], row.facts["count"]) == (Scope.SENDER, "machine@boucle.example", 21)
    assert row.held == 29
    assert watch.count_open_breakers(cast.amelie.actor()) == 1
    assert [is_acknowledged(notice) for notice in notices] == [True] + [False] * 29
    assert {Notice.objects.get(pk=notice.pk).state for notice in notices[1:]} == {S.QUEUED}


def test_the_dossier_says_that_a_mail_is_kept_back(cast, worker):
    notices = flood(cast, worker, 25)
    worker.work(after(hours=2))
    [row] = queries.outbox(notices[-1].complaint, at=after(hours=2))
    assert row.words == rules.CAUSES["suspended"]
    assert "acknowledgement_suspended" in codes(notices[-1].complaint)


def test_a_person_resumes_and_one_mail_says_all(cast, worker, folder):
    notices = flood(cast, worker, 25)
    worker.work(after(hours=2))
    [row] = watch.open_breakers(cast.amelie.actor())
    breaker = watch.find(row.id, cast.amelie.actor())
    assert breaker is not None
    breaking.release_breaker(breaker=breaker, by=cast.amelie.actor(), at=after(hours=3))
    worker.work(after(hours=3))
    assert len(mails(folder)) == 2
    assert all(is_acknowledged(notice) for notice in notices)
    assert watch.open_breakers(cast.amelie.actor()) == []
    text = said(mails(folder)[-1])
    assert all(notice.complaint.reference in text for notice in notices[1:])
    with pytest.raises(breakers.BreakerReleased):
        breaking.release_breaker(breaker=breaker, by=cast.amelie.actor(), at=after(hours=4))


def test_who_may_resume(cast, worker):
    flood(cast, worker, 25)
    worker.work(after(hours=2))
    breaker = Breaker.objects.get()
    for person in (cast.ines, cast.paul, cast.nadia, cast.karim, cast.chloe):
        with pytest.raises(NotAllowed):
            breaking.release_breaker(breaker=breaker, by=person.actor(), at=after(hours=3))
    assert watch.open_breakers(cast.chloe.actor()) == []  # another team's


def test_after_a_quiet_day_machines_write_again(cast, worker, folder):
    flood(cast, worker, 25)
    worker.work(after(hours=2))
    worker.sweep(after(hours=24))
    assert watch.count_open_breakers(cast.amelie.actor()) == 1  # the last mail came less than a day ago
    worker.sweep(after(hours=24.5))
    worker.work(after(hours=24.5))
    assert watch.count_open_breakers(cast.amelie.actor()) == 0
    assert len(mails(folder)) == 2


def test_what_starts_twice_waits_for_a_person(cast, worker):
    """Resumed by itself once; the second time only a person resumes it."""
    flood(cast, worker, 25)
    worker.sweep(after(hours=25))
    assert watch.count_open_breakers(cast.amelie.actor()) == 0
    for number in range(25):
        opened(cast, "machine@boucle.example", after(hours=26, minutes=number))
    worker.work(after(hours=27))
    worker.sweep(after(hours=100))
    assert watch.count_open_breakers(cast.amelie.actor()) == 1


def test_a_machine_that_answers_each_time_in_a_file_of_its_own_is_seen(cast, worker, folder):
    """No thread is kept, one mail an hour: only the promptness of its answers tells it from a person."""
    at = MORNING
    for _ in range(12):
        opened(cast, "robot@boucle.example", at)
        worker.work(at)
        at = max(at, Notice.objects.filter(state=S.QUEUED).values_list("not_before", flat=True).first() or at)
        worker.work(at)
        at += timedelta(minutes=1)
    assert len(mails(folder)) == 5
    [row] = watch.open_breakers(cast.amelie.actor())
    assert (row.scope, row.words.startswith("{key} a répondu {count} fois")) == (Scope.SENDER, True)


def test_a_person_who_writes_each_day_is_no_machine(cast, worker, folder):
    for number in range(12):
        opened(cast, "assidue@courriel.example", after(days=number))
        worker.work(after(days=number))
    assert len(mails(folder)) == 12
    assert watch.open_breakers(cast.amelie.actor()) == []


def test_it_is_not_quiet_while_mails_go_on_arriving(cast, worker, folder):
    flood(cast, worker, 25)
    arrives(cast, "machine@boucle.example", after(hours=20))  # no file, no acknowledgement: a mail all the same
    worker.sweep(after(hours=30))
    worker.work(after(hours=30))
    assert watch.count_open_breakers(cast.amelie.actor()) == 1
    assert len(mails(folder)) == 1


def test_a_machine_that_changes_its_name_is_known_by_its_domain(cast, worker, folder):
    for number in range(40):
        opened(cast, f"absent-{number}@boucle.example", after(minutes=number))
        worker.work(after(minutes=number))
    assert len(mails(folder)) == 20
    [row] = watch.open_breakers(cast.bruno.actor())
    assert (row.scope, row.facts["key"], row.held) == (Scope.DOMAIN, "boucle.example", 20)


def test_who_resumes_a_domain_vouches_for_it(cast, worker, folder):
    for number in range(30):
        opened(cast, f"client-{number}@grande.example", after(minutes=number))
        worker.work(after(minutes=number))
    breaking.release_breaker(breaker=Breaker.objects.get(), by=cast.amelie.actor(), at=after(minutes=31))
    for number in range(30, 80):
        opened(cast, f"client-{number}@grande.example", after(minutes=32))
    worker.work(after(minutes=33))
    assert len(mails(folder)) == 80
    assert watch.open_breakers(cast.amelie.actor()) == []


def test_a_large_provider_is_no_machine(cast, worker, folder):
    for number in range(30):
        opened(cast, f"client-{number}@gmail.com", MORNING)
    worker.work(MORNING)
    assert len(mails(folder)) == 30


def test_two_machines_in_one_file_are_told_apart_from_a_person(cast, worker, folder):
    """Our automatic mail, their answer, five times over: the sixth stays. A person's mail still leaves."""
    complaint = factories.complaint(cast)
    notice = None
    for number in range(7):
        at = after(hours=3 * number)
        notice = automatic(complaint, at)
        worker.work(at)
        message = arrives(cast, "helene.durand@courriel.example", at + HOUR)
        complaints.add_exchange(
            complaint=complaint, message=message, text="Je suis absent", rule="x", by=TESTS, at=at + HOUR
        )
    assert len(mails(folder)) == 5
    [row] = watch.open_breakers(cast.amelie.actor())
    assert (row.scope, row.reference, row.facts["count"]) == (Scope.THREAD, complaint.reference, 5)
    by_hand = writing.send(complaint=complaint, **TOLD, by=cast.amelie.actor(), at=after(hours=30), automatic=False)
    assert worker.carry(by_hand).state == S.SENT
    assert notice is not None
    assert Notice.objects.get(pk=notice.pk).state == S.QUEUED


TOLD: dict[str, Any] = {
    "purpose": Purpose.REPLY,
    "to": "helene.durand@courriel.example",
    "subject": "Objet",
    "text": "Texte",
}


def automatic(complaint, at):
    return writing.send(complaint=complaint, **TOLD, by=flights.OUTBOX, at=at, automatic=True)


def test_a_mailbox_spreads_what_it_sends_by_itself(cast, worker, folder, monkeypatch):
    monkeypatch.setattr(breakers, "MAILBOX_PER_HOUR", 3)
    notices = [opened(cast, f"client@maison-{number}.example", MORNING) for number in range(8)]
    worker.work(MORNING)
    assert len(mails(folder)) == 3
    worker.work(after(hours=1))
    assert len(mails(folder)) == 6
    worker.work(after(hours=2))
    assert len(mails(folder)) == 8
    assert all(codes(notice.complaint).count("acknowledgement_deferred") <= 1 for notice in notices)


def test_a_breaker_goes_off_once(cast):
    complaint = factories.complaint(cast)
    told: dict[str, Any] = {
        "scope": Scope.SENDER,
        "key": "a@b.example",
        "complaint": complaint,
        "by": TESTS,
        "at": MORNING,
    }
    assert breaking.trip(count=21, **told) == breaking.trip(count=40, **told)
    assert codes(complaint).count("breaker_tripped") == 1


def test_a_tagged_spelling_does_not_escape_the_budget_of_its_box(cast, worker, folder):
    for number in range(30):
        opened(cast, f"machine+{number}@boucle.example", after(minutes=number))
        worker.work(after(minutes=number))
    assert len(mails(folder)) == 1


def test_a_machine_that_answers_what_people_write_is_told_to_them(cast, worker, folder):
    """Five messages of a person, each answered by an absence: nothing automatic is written there from then on."""
    complaint = factories.complaint(cast)
    by = cast.amelie.actor()
    for number in range(6):
        at = after(hours=3 * number)
        assert worker.carry(writing.send(complaint=complaint, **TOLD, by=by, at=at)).state == S.SENT
        assert watch.count_open_breakers(by) == (1 if number == 5 else 0)
        message = arrives(cast, "absence@courriel.example", at + HOUR)
        noted = {"complaint": complaint, "message": message, "text": "Absente", "rule": "x"}
        complaints.add_automatic(**noted, by=TESTS, at=at + HOUR)
    [row] = watch.open_breakers(by)
    assert (row.scope, row.facts["count"]) == (Scope.THREAD, 5)
    kept = worker.carry(automatic(complaint, after(hours=20)))
    assert (kept.state, kept.last_error) == (S.QUEUED, breakers.SUSPENDED[Scope.THREAD])


def test_a_team_whose_people_are_told_nothing_sees_the_breaker_of_another(cast, worker, folder):
    """It went off in a file of Relation client; Logistique has a mail kept back there."""
    seen, domain = opened(cast, "robot@boucle.example", MORNING), "boucle.example"
    breaking.trip(scope=Scope.DOMAIN, key=domain, count=21, complaint=seen.complaint, by=TESTS, at=MORNING)
    other = replace(cast.amelie.actor(), teams=frozenset({cast.logistics.id}))
    assert watch.open_breakers(other) == []
    party = complainants.recognise(name="", address="une@boucle.example", by=TESTS, at=MORNING)
    theirs = factories.complaint(cast, party=party, team=cast.logistics)
    notice = writing.acknowledge(complaint=theirs, by=TESTS, at=MORNING)
    assert notice is not None
    assert worker.carry(notice).last_error == breakers.SUSPENDED[Scope.DOMAIN]
    assert "ce domaine" in queries.outbox(theirs, at=after(minutes=1))[0].words
    [row] = watch.open_breakers(other)
    assert (row.complaint_id, row.facts["key"]) == (theirs.id, domain)
    assert watch.open_breakers(cast.amelie.actor())[0].complaint_id == seen.complaint_id
    found = watch.find(row.id, other)
    assert found is not None
    breaking.release_breaker(breaker=found, by=other, at=after(minutes=40))
    assert worker.carry(notice, at=after(minutes=40)).state == S.SENT


def test_a_box_has_one_count_and_one_silence_however_it_is_spelled(cast):
    address, key = "machine+un@boucle.example", "machine@boucle.example"
    seen = opened(cast, address, MORNING)
    told = {"scope": Scope.SENDER, "key": key, "count": 21, "complaint": seen.complaint, "by": TESTS}
    breaker = breaking.trip(**told, at=after(minutes=1))
    arrives(cast, "machine+deux@boucle.example", after(hours=20))
    assert watch.quiet(at=after(hours=30)) == []
    assert watch.quiet(at=after(hours=45)) == [breaker]
    arrives(cast, address, after(hours=50))
    assert watch.mails_from(address, at=after(hours=50, minutes=10)) == 1
    breaking.release_breaker(breaker=breaker, by=cast.amelie.actor(), at=after(hours=50, minutes=5))
    assert watch.mails_from(address, at=after(hours=50, minutes=10)) == 0


def test_one_bad_row_stops_nothing_in_a_sweep(cast, worker, monkeypatch):
    seen = opened(cast, "une@boucle.example", MORNING)
    told = {"scope": Scope.DOMAIN, "count": 21, "complaint": seen.complaint, "by": TESTS, "at": MORNING}
    bad, good = [breaking.trip(key=key, **told) for key in ("une.example", "deux.example")]
    release = breaking.release_quiet

    def breaks(*, breaker, by, at):
        if breaker.pk == bad.pk:
            raise ValueError("a row that nobody foresaw")
        return release(breaker=breaker, by=by, at=at)

    monkeypatch.setattr(breaking, "release_quiet", breaks)
    worker.sweep(after(days=3))
    good.refresh_from_db()
    assert good.released_at == after(days=3)
    assert Breaker.objects.get(released_at__isnull=True) == bad
