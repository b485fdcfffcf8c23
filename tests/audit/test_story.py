"""One complaint through the whole house, every step on its chain: no end of it can be cut unseen."""

from datetime import timedelta
from random import Random

import pytest

from benchmarks.tampering import ROWS, Scene
from doleance.accounts import actions as accounts
from doleance.audit import queries, verify
from doleance.channels.rules import ParsedMessage, Person
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import GrievanceState, Outcome, State
from doleance.intake.actions import receiving
from doleance.kernel.ids import uuid7
from doleance.notifications.actions import carrying, deciding
from doleance.notifications.models import Notice
from doleance.resolution import actions as resolution
from tests import factories
from tests.cast import MORNING, TESTS

HOUR, UNDO = timedelta(hours=1), timedelta(seconds=5)


def send(notice, at):
    claimed = carrying.claim(notice_id=notice.id, by=TESTS, at=at)
    assert claimed is not None
    mail, attempt = b"From: nous\n\nBonjour", claimed.attempts
    carrying.mark_sent(notice_id=notice.id, attempt=attempt, mail=mail, accepted_as="250", by=TESTS, at=at)


def writing(action, complaint, text, by, at):
    """`resolution.reply` or `resolution.answer`, on the file as it is now."""
    seen = Complaint.objects.get(pk=complaint.pk).version
    return action(complaint=complaint, text=text, seen=seen, once=uuid7(), by=by, at=at)


def received(cast, at):
    """A mail of Mme Durand becomes a file, which is acknowledged."""
    message = factories.message(cast)
    sender = Person("Hélène Durand", "helene.durand@courriel.example")
    parsed = ParsedMessage(sender=sender, subject="Bouilloire cassée", text="Ma bouilloire est cassée.")
    receiving.register(message=message, parsed=parsed, by=TESTS, at=at)
    complaint = Complaint.objects.get(exchanges__message=message)
    [acknowledgement] = Notice.objects.filter(complaint=complaint)
    send(acknowledgement, acknowledgement.not_before)
    return complaint


def answered(complaint, by, at):
    """Every grievance is decided, the answer leaves after a first one was held back."""
    for grievance in Grievance.objects.filter(complaint=complaint).exclude(state=GrievanceState.DROPPED):
        resolution.decide(
            grievance=grievance, outcome=Outcome.UPHELD, reasons="Cassée à l’arrivée.", cause="carton", by=by, at=at
        )
    notice = writing(resolution.answer, complaint, "Nous remplaçons.", by, at)
    deciding.retain(notice=notice, by=by, at=at + UNDO)
    notice = writing(resolution.answer, complaint, "Nous vous remplaçons la bouilloire.", by, at + HOUR)
    send(notice, notice.not_before)


@pytest.fixture
def story(superuser, cast, calendars, settings):
    """Mme Durand writes, is acknowledged, answered; she writes again, is answered again; the file is closed."""
    settings.DOLEANCE_SINK = True
    factories.mailbox(cast)
    amelie, bruno = cast.amelie.actor(), cast.bruno.actor()
    mediator = "Médiateur de la consommation, 1 rue de la Paix, 75002 Paris, mediateur.example"
    accounts.change_entity(
        entity=cast.entity,
        name="Maison Lavergne",
        time_zone="Europe/Paris",
        calendar="FR",
        mediator=mediator,
        by=TESTS,
        at=MORNING,
    )
    complaint = received(cast, MORNING)
    complaints.take(complaint=complaint, by=amelie, at=MORNING + HOUR)
    complaints.take(complaint=complaint, by=bruno, at=MORNING + HOUR)
    complaints.take(complaint=complaint, by=amelie, at=MORNING + HOUR)
    complaints.rename(complaint=complaint, title="Autre", by=amelie, at=MORNING + HOUR)
    complaints.rename(complaint=complaint, title=complaint.title, by=amelie, at=MORNING + HOUR)
    complaints.note(complaint=complaint, text="Vu avec l’atelier.", by=amelie, at=MORNING + HOUR)
    factories.grievance(complaint, by=amelie)
    mistake = factories.grievance(complaint, by=amelie)
    resolution.drop(grievance=mistake, reason="Écrit deux fois.", by=amelie, at=MORNING + HOUR)
    notice = writing(resolution.reply, complaint, "Nous cherchons.", amelie, MORNING + 2 * HOUR)
    send(notice, notice.not_before)
    answered(complaint, amelie, MORNING + 3 * HOUR)
    message = factories.incoming(cast, "Et le bouton ?", at=MORNING + 5 * HOUR)
    complaints.add_exchange(
        complaint=complaint, message=message, text="Et le bouton ?", rule="references", by=TESTS, at=MORNING + 5 * HOUR
    )
    complaints.take(complaint=complaint, by=amelie, at=MORNING + 6 * HOUR)
    answered(complaint, amelie, MORNING + 7 * HOUR)
    complaints.set_lesson(complaint=complaint, lesson=False, text="", by=amelie, at=MORNING + 9 * HOUR)
    seen = Complaint.objects.get(pk=complaint.pk).version
    resolution.close(complaint=complaint, reason="", seen=seen, by=amelie, at=MORNING + 9 * HOUR)
    return complaint


def test_any_end_of_the_story_that_is_cut_is_found(story, superuser):
    report = verify.check()
    assert report.intact, report.findings
    scene, stream = Scene(superuser, Random(1)), story.journal_stream
    for event in scene.streams[stream][1:]:
        with scene.unguarded():
            scene.execute("DELETE FROM doleance_auditevent WHERE stream = %s AND seq >= %s", stream, event.seq)
        report = verify.check()
        scene.restore()
        assert {one.stream for one in report.findings} == {stream}, (event.seq, event.facts)
        assert {one.code for one in report.findings} <= ROWS
    assert verify.check().intact


def test_each_step_is_told(story):
    codes = [event.code for event in queries.history(story.journal_stream)]
    assert codes[0] == "complaint_opened"
    assert {"clocks_started", "clocks_met", "notice_queued", "notice_retained", "notice_sent", "message_sent"} < set(
        codes
    )
    assert {"owner_set", "title_set", "note_added", "grievance_added", "grievance_dropped", "state_moved"} < set(codes)
    assert {"grievance_decided", "message_added", "lesson_set"} < set(codes)
    assert Complaint.objects.get(pk=story.pk).state == State.CLOSED


def rename_and_back(complaint, cast):
    complaints.rename(complaint=complaint, title="Autre", by=cast.amelie.actor(), at=MORNING + HOUR)
    complaints.rename(complaint=complaint, title=complaint.title, by=cast.amelie.actor(), at=MORNING + HOUR)


def lend_and_back(complaint, cast):
    complaints.take(complaint=complaint, by=cast.bruno.actor(), at=MORNING + HOUR)
    complaints.take(complaint=complaint, by=cast.amelie.actor(), at=MORNING + HOUR)


def wait_and_back(complaint, cast):
    for state in (State.INVESTIGATION, State.WAITING, State.INVESTIGATION):
        complaints.move(complaint=complaint, to=state, by=cast.amelie.actor(), at=MORNING + HOUR)


@pytest.mark.parametrize("there_and_back", [rename_and_back, lend_and_back, wait_and_back])
def test_a_change_and_its_undoing_cannot_be_cut_unseen(superuser, cast, there_and_back):
    """The columns are what they were before both: only the version tells, which never goes back."""
    complaint = factories.complaint(cast)
    complaints.take(complaint=complaint, by=cast.amelie.actor(), at=MORNING)
    there_and_back(complaint, cast)
    scene, stream = Scene(superuser, Random(1)), complaint.journal_stream
    with scene.unguarded():
        last = len(scene.streams[stream])
        scene.execute("DELETE FROM doleance_auditevent WHERE stream = %s AND seq > %s", stream, last - 2)
    [finding] = verify.check().findings
    assert (finding.code, finding.facts["columns"]) == ("row_changed", "version")
