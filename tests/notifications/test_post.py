"""Letters: written like a mail, printed and posted by a person, counted from the day they were posted."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.audit.models import AuditEvent
from doleance.complainants import actions as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel, AddressInvalid
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import ExchangeKind, Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed
from doleance.kernel.ids import uuid7
from doleance.notifications import printing, queries, returns, rules
from doleance.notifications.actions import bouncing, carrying, deciding, flights, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.packs.rules import ClockKind
from doleance.resolution import actions as resolution
from doleance.resolution import queries as resolution_queries
from doleance.resolution import rules as resolution_rules
from tests import factories
from tests.cast import MORNING, TESTS
from tests.notifications.conftest import after, jobs

pytestmark = pytest.mark.usefixtures("mailbox", "folder", "calendars")
S = NoticeState
POSTAL = "Hélène Durand\n  3 rue   des Lilas\n\n59000 Lille"
TODAY = date(2026, 11, 23)
PARIS = ZoneInfo("Europe/Paris")


# Rules


def test_an_envelope_is_kept_line_by_line():
    assert rules.postal_lines(POSTAL) == ("Hélène Durand", "3 rue des Lilas", "59000 Lille")


@pytest.mark.parametrize("text", ["", "Hélène Durand", "a\n" * 7, f"Hélène Durand\n{'x' * 41}"])
def test_an_envelope_that_nobody_could_deliver_is_refused(text):
    with pytest.raises(rules.BadPostal):
        rules.postal_lines(text)


def posted(day, *, written=MORNING, at=MORNING):
    return rules.posted_at(posted_on=day, written_at=written, at=at, zone=PARIS)


def test_a_posting_day_stands_for_its_noon_and_never_for_the_future():
    assert posted(TODAY) == MORNING  # 9:47: noon is to come
    assert posted(TODAY, at=after(hours=8)) == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert posted(date(2026, 11, 25), at=after(days=7)) == datetime(2026, 11, 25, 11, tzinfo=UTC)
    written = after(hours=6)  # in the afternoon: it did not leave at noon
    assert posted(TODAY, written=written, at=after(hours=7)) == written


@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY + timedelta(days=1)])
def test_a_letter_is_not_posted_before_it_is_written_nor_tomorrow(day):
    with pytest.raises(rules.WrongDay):
        posted(day)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 86_399))
def test_the_moment_is_in_the_posting_day_and_between_writing_and_now(days, more, seconds):
    written = MORNING + timedelta(seconds=seconds)
    at = written + timedelta(days=days + more)
    day = (written.astimezone(PARIS) + timedelta(days=days)).date()
    moment = posted(day, written=written, at=at)
    assert moment.astimezone(PARIS).date() == day
    assert written <= moment <= at


# On the database


@pytest.fixture
def complaint(cast):
    found = factories.complaint(cast)
    deadlines.start(complaint=found, by=TESTS, at=MORNING)
    return found


@pytest.fixture
def decided(complaint, cast):
    agent = cast.amelie.actor()
    grievance = factories.grievance(complaint, by=agent)
    resolution.decide(
        grievance=grievance, outcome=Outcome.UPHELD, reasons="", cause="Carton trop mince.", by=agent, at=MORNING
    )
    settle_mediator(complaint.entity)
    return Complaint.objects.get(pk=complaint.pk)


@write(quiet="a test names the mediator as the page of the company does")
def settle_mediator(entity, *, by=None, at=None):
    entity.mediator = "Médiateur du commerce (exemple)\nwww.mediateur.example"
    entity.save()


def write_letter(complaint, cast, **changes):
    told: dict[str, Any] = {
        "purpose": Purpose.REPLY,
        "postal": POSTAL,
        "subject": "Votre réclamation",
        "text": "Bonjour Madame.",
    }
    return writing.send_letter(complaint=complaint, **(told | {"by": cast.amelie.actor(), "at": MORNING} | changes))


def post(notice, cast, day=TODAY, at=None):
    return deciding.mark_posted(notice=notice, posted_on=day, by=cast.amelie.actor(), at=at or after(hours=8))


def codes(complaint):
    events = AuditEvent.objects.filter(stream=complaint.journal_stream).order_by("seq")
    return [event.code for event in events]


def clock(complaint, kind):
    return Clock.objects.filter(complaint=complaint, kind=kind).order_by("start_at", "id").first()


def test_a_letter_waits_to_be_printed_and_no_machine_takes_it(complaint, cast, worker, folder):
    notice = write_letter(complaint, cast)
    assert (notice.way, notice.state, notice.to_address) == (Way.POST, S.TO_PRINT, "")
    assert jobs() == []
    worker.carry(notice, at=after(hours=1))
    worker.sweep(after(hours=2))
    assert carrying.claim(notice_id=notice.id, by=flights.OUTBOX, at=after(hours=3)) is None
    assert not folder.exists()
    [row] = queries.outbox(complaint, at=after(hours=3))
    assert (row.words, row.may_mark_posted, row.may_retain) == (rules.WORDS[S.TO_PRINT], True, True)
    assert codes(complaint)[-1] == "letter_written"


def test_it_is_printed_with_all_that_a_letter_holds(complaint, cast):
    notice = write_letter(complaint, cast)
    [found] = printing.letters_to_print(cast.amelie.actor())
    assert found == printing.letter(notice.id, cast.amelie.actor())
    assert found.sender == (cast.entity.name, "reclamations@maison.example")
    assert found.postal == ("Hélène Durand", "3 rue des Lilas", "59000 Lille")
    assert found.dated.replace("\u00a0", " ") == "le lundi 23 novembre 2026"
    assert (found.reference, found.subject) == (complaint.reference, "Votre réclamation")
    assert (found.text, found.author) == ("Bonjour Madame.", "Amélie Rousseau")
    assert printing.count_letters_to_print(cast.amelie.actor()) == 1


def test_a_letter_is_always_the_one_that_was_reviewed(decided, cast):
    """The house moves and changes its mediator; the letter is posted days later, and looked at again."""
    wanted: dict[str, Any] = {"complaint": decided, "text": "Nous vous remboursons.", "seen": decided.version}
    preview = resolution_queries.preview(**wanted, purpose=Purpose.FINAL, at=MORNING)
    notice = resolution.answer(**wanted, once=uuid7(), way=Way.POST, postal=POSTAL, by=cast.amelie.actor(), at=MORNING)
    before = printing.letter(notice.id, cast.amelie.actor())
    assert before.text == notice.text == preview.text
    assert before.text.count("www.mediateur.example") == 1
    move_house(decided.entity)
    after_move = printing.letter(notice.id, cast.amelie.actor())
    assert after_move == before
    post(notice, cast, day=date(2026, 11, 26), at=after(days=4))
    on_record = printing.letter(notice.id, cast.ines.actor())
    assert on_record is not None
    assert before is not None
    assert dataclasses.replace(on_record, state=before.state) == before
    assert Exchange.objects.get(complaint=decided, kind=ExchangeKind.OUTBOUND).text == before.text


@write(quiet="a test moves the house as the page of the company does")
def move_house(entity, *, by=None, at=None):
    entity.name, entity.postal, entity.mediator = "Autre maison", "1 rue Neuve\n69000 Lyon", "Un autre médiateur"
    entity.save()


def test_the_head_of_a_letter_says_where_the_house_is_and_how_it_is_reached():
    told = {"name": "Maison", "postal": "3 quai du Port\n 13002 Marseille ", "phone": " ", "address": "a@b.example"}
    assert rules.sender_lines(**told) == ("Maison", "3 quai du Port", "13002 Marseille", "a@b.example")


def test_another_team_sees_and_posts_no_letter_of_ours(complaint, cast):
    notice = write_letter(complaint, cast)
    chloe = cast.chloe.actor()
    assert printing.letters_to_print(chloe) == []
    assert printing.letter(notice.id, chloe) is None
    for person in (cast.chloe, cast.ines, cast.nadia):
        with pytest.raises(NotAllowed):
            deciding.mark_posted(notice=notice, posted_on=TODAY, by=person.actor(), at=after(hours=8))


def test_once_posted_the_file_follows_from_that_day(complaint, cast):
    notice = post(write_letter(complaint, cast), cast, day=date(2026, 11, 24), at=after(days=3))
    noon = datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert (notice.state, notice.posted_on, notice.sent_at) == (S.SENT, date(2026, 11, 24), noon)
    exchange = Exchange.objects.get(complaint=complaint, kind=ExchangeKind.OUTBOUND)
    assert (exchange.text, exchange.at, exchange.message, exchange.author) == (notice.text, noon, None, cast.amelie)
    assert clock(complaint, ClockKind.ACKNOWLEDGE).met_at == noon
    assert clock(complaint, ClockKind.PROGRESS).met_at == noon
    assert printing.letters_to_print(cast.amelie.actor()) == []
    [row] = queries.outbox(complaint, at=after(days=3))
    assert row.facts["day"].replace("\u00a0", " ") == "le mardi 24 novembre 2026"


def test_a_posted_final_letter_answers_the_file(decided, cast):
    notice = resolution.answer(
        complaint=decided,
        text="Nous vous remboursons.",
        seen=decided.version,
        once=uuid7(),
        way=Way.POST,
        postal=POSTAL,
        by=cast.amelie.actor(),
        at=MORNING,
    )
    assert queries.final_leaving(decided)
    decided.refresh_from_db()
    assert decided.state == State.DECIDED
    post(notice, cast)
    decided.refresh_from_db()
    assert (decided.state, queries.final_leaving(decided)) == (State.ANSWERED, False)
    assert not Clock.objects.filter(complaint=decided, met_at__isnull=True, cancelled_at__isnull=True).exists()


def test_a_letter_noted_late_answers_on_the_day_it_was_posted(decided, cast):
    noted = after(days=2)
    told: dict[str, Any] = {"complaint": decided, "seen": decided.version, "once": uuid7(), "way": Way.POST}
    notice = resolution.answer(**told, text="Oui.", postal=POSTAL, by=cast.amelie.actor(), at=MORNING)
    post(notice, cast, at=noted)
    decided.refresh_from_db()
    assert (decided.state, decided.answered_at) == (State.ANSWERED, datetime(2026, 11, 23, 11, tzinfo=UTC))


def test_a_letter_noted_late_meets_nothing_that_began_after_it_was_posted(complaint, cast):
    letter = write_letter(complaint, cast)
    word = after(days=1)
    deadlines.met(complaint=complaint, kind=ClockKind.PROGRESS, by=TESTS, at=word)
    post(letter, cast, at=after(days=2))
    turns = Clock.objects.filter(complaint=complaint, kind=ClockKind.PROGRESS).order_by("start_at")
    assert [(turn.start_at, turn.met_at) for turn in turns][-1] == (word, None)
    assert all(turn.met_at is None or turn.met_at >= turn.start_at for turn in turns)


def test_two_final_answers_never_leave_one_by_each_way(decided, cast):
    told: dict[str, Any] = {"complaint": decided, "text": "Réponse", "by": cast.amelie.actor(), "at": MORNING}
    resolution.answer(**told, seen=decided.version, once=uuid7(), way=Way.POST, postal=POSTAL)
    decided.refresh_from_db()
    with pytest.raises(resolution_rules.AlreadyLeaving):
        resolution.answer(**told, seen=decided.version, once=uuid7())


def test_a_letter_is_taken_back_and_then_not_posted(complaint, cast):
    notice = write_letter(complaint, cast)
    assert deciding.retain(notice=notice, by=cast.amelie.actor(), at=after(hours=1)).state == S.RETAINED
    with pytest.raises(rules.NothingToDecide):
        post(notice, cast)
    assert printing.letters_to_print(cast.amelie.actor()) == []


def test_a_letter_is_posted_once(complaint, cast):
    notice = write_letter(complaint, cast)
    post(notice, cast)
    with pytest.raises(rules.NothingToDecide):
        post(notice, cast)
    assert Exchange.objects.filter(complaint=complaint, kind=ExchangeKind.OUTBOUND).count() == 1
    with pytest.raises(rules.TooLateToRetain):
        deciding.retain(notice=notice, by=cast.amelie.actor(), at=after(hours=9))


def test_what_no_letter_can_be_is_refused(complaint, cast):
    with pytest.raises(complaint_rules.EmptyText):
        write_letter(complaint, cast, text=" ")
    with pytest.raises(rules.BadPostal):
        write_letter(complaint, cast, postal="Lille")
    with pytest.raises(NotAllowed):
        write_letter(complaint, cast, by=cast.ines.actor())
    assert not Notice.objects.exists()


def test_the_same_form_sent_twice_makes_one_letter(complaint, cast):
    once = uuid7()
    assert write_letter(complaint, cast, once=once) == write_letter(complaint, cast, once=once)


def test_a_mail_after_a_letter_hangs_under_no_identifier_that_nobody_received(complaint, cast):
    post(write_letter(complaint, cast), cast)
    mail = writing.send(
        complaint=complaint,
        purpose=Purpose.REPLY,
        to="helene.durand@courriel.example",
        subject="Suite",
        text="Suite",
        by=cast.amelie.actor(),
        at=after(hours=9),
    )
    assert (mail.in_reply_to, mail.references) == ("", [])


def reached_by_post(cast):
    """M. Petit, whose one mail address no longer works, and his envelope."""
    address = Address.objects.get(party=cast.petit)
    complainants.mark_invalid(address=address, because="5.1.1 unknown", by=TESTS, at=MORNING)
    complainants.add_address(
        party=cast.petit, channel=AddressChannel.POST, value=POSTAL, by=cast.amelie.actor(), at=MORNING
    )
    return factories.complaint(cast, party=cast.petit)


def test_who_is_reached_by_post_only_gets_a_printed_acknowledgement(cast):
    complaint = reached_by_post(cast)
    deadlines.start(complaint=complaint, by=TESTS, at=MORNING)
    notice = writing.acknowledge(complaint=complaint, by=TESTS, at=MORNING)
    assert (notice.way, notice.state, notice.is_automatic) == (Way.POST, S.TO_PRINT, True)
    assert complaint.reference in notice.text
    assert "ce courriel" not in notice.text
    assert clock(complaint, ClockKind.ACKNOWLEDGE).met_at is None
    post(notice, cast)
    assert clock(complaint, ClockKind.ACKNOWLEDGE).met_at is not None
    assert writing.acknowledge(complaint=complaint, by=TESTS, at=after(hours=9)) is None


def test_a_person_s_word_makes_the_printed_acknowledgement_needless(cast):
    complaint = reached_by_post(cast)
    notice = writing.acknowledge(complaint=complaint, by=TESTS, at=MORNING)
    post(write_letter(complaint, cast, at=after(hours=1)), cast)
    notice.refresh_from_db()
    assert notice.state == S.RETAINED


# What came back


@write(quiet="a test lets a mail come back as intake does")
def comes_back(notice, cast, *, by=None, at=None):
    bouncing.note_bounce(notice_id=notice.id, status="5.1.1", words="No such user", by=TESTS, at=after(hours=1))
    address = Address.objects.get(normal=notice.to_address)
    complainants.mark_invalid(address=address, because="5.1.1 No such user", by=TESTS, at=after(hours=1))


@pytest.fixture
def refused(complaint, cast, worker):
    notice = writing.send(
        complaint=complaint,
        purpose=Purpose.REPLY,
        to="helene.durand@courriel.example",
        subject="Objet",
        text="Texte",
        by=cast.amelie.actor(),
        at=MORNING,
    )
    worker.carry(notice)
    comes_back(notice, cast)
    return notice


def test_a_mail_that_came_back_is_shown_until_another_one_arrives(refused, complaint, cast, worker):
    amelie = cast.amelie.actor()
    assert queries.came_back(amelie, at=after(hours=2), limit=9).rows == []  # its address is the task
    address = Address.objects.get(party=cast.durand)
    complainants.correct_address(address=address, value="h.durand@courriel.example", by=amelie, at=after(hours=3))
    pile = queries.came_back(amelie, at=after(hours=4), limit=9)
    [row] = pile.rows
    assert (pile.total, queries.count_came_back(amelie)) == (1, 1)
    assert row.words == "refusé par le serveur du destinataire\u00a0: {bounce}"
    assert row.facts == {"bounce": "5.1.1 No such user"}
    assert queries.came_back(cast.chloe.actor(), at=after(hours=4), limit=9).rows == []
    again = writing.send(
        complaint=complaint,
        purpose=Purpose.REPLY,
        to="h.durand@courriel.example",
        subject="Objet",
        text="Texte",
        by=amelie,
        at=after(hours=5),
    )
    worker.carry(again)
    assert queries.came_back(amelie, at=after(hours=6), limit=9).rows == []


@pytest.mark.parametrize("status", ["5.1.1", "4.4.7"])
def test_a_final_answer_that_came_back_answered_nobody(complaint, cast, worker, status):
    amelie, to = cast.amelie.actor(), "helene.durand@courriel.example"
    told = {"purpose": Purpose.FINAL, "to": to, "subject": "Objet", "text": "Texte", "by": amelie}
    first = worker.carry(writing.send(complaint=complaint, at=MORNING, **told))
    assert not returns.final_bounced(complaint)
    bouncing.note_bounce(notice_id=first.id, status=status, words="No", by=TESTS, at=after(hours=1))
    assert returns.final_bounced(complaint)
    worker.carry(writing.send(complaint=complaint, at=after(hours=2), **(told | {"purpose": Purpose.REPLY})))
    [row] = queries.came_back(amelie, at=after(hours=3), limit=9).rows  # a message is no answer
    assert row.id == first.id
    worker.carry(writing.send(complaint=complaint, at=after(hours=4), **told))
    assert not returns.final_bounced(complaint)
    assert queries.count_came_back(amelie) == 0


def test_nobody_writes_to_an_address_that_refuses_and_a_letter_is_offered(refused, complaint, cast):
    amelie = cast.amelie.actor()
    with pytest.raises(AddressInvalid, match="lettre"):
        writing.send(
            complaint=complaint,
            purpose=Purpose.REPLY,
            to="Helene.Durand@courriel.example",
            subject="Objet",
            text="Texte",
            by=amelie,
            at=after(hours=2),
        )
    complaint.refresh_from_db()
    told: dict[str, Any] = {
        "complaint": complaint,
        "text": "Texte",
        "seen": complaint.version,
        "by": amelie,
        "at": after(hours=2),
    }
    with pytest.raises(AddressInvalid):
        resolution.reply(**told, once=uuid7())
    letter = resolution.reply(**told, once=uuid7(), way=Way.POST, postal=POSTAL)
    assert letter.state == S.TO_PRINT
