"""From an attached letter to its text on the file, to the griefs that it proposes, and to the search that finds it."""

from dataclasses import replace
from email.message import EmailMessage

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.audit import actions as audit
from doleance.audit import seal, verify
from doleance.channels import queries as channels
from doleance.channels.rules import ParsedFile
from doleance.complaints import queries as complaint_queries
from doleance.complaints.rules import GrievanceState
from doleance.desk.queries import dossier as desk
from doleance.desk.queries import worklist
from doleance.desk.queries.worklist import Asked, Sort, View
from doleance.intake import imports, tasks
from doleance.intake.actions import deposits as deposit_actions
from doleance.intake.actions import reading, receiving
from doleance.intake.deposits import Contact, Deposit, DepositWay
from doleance.kernel.db import write
from doleance.kernel.ids import uuid7
from doleance.understanding.models import FileReading, SavedReading
from doleance.understanding.process.child import ReadingFailed
from doleance.understanding.scans import child as scans
from doleance.understanding.scans.told import Engine, Recognised, Trouble
from tests import factories
from tests.cast import MORNING, TESTS
from tests.intake.test_imports import attempt
from tests.intake.test_reading import found, run_jobs
from tests.understanding.conftest import reads
from tests.understanding.readings import LETTER
from tests.understanding.scans import sheets

__all__ = ["reads"]

POINTER = "Bonjour,\n\nVoir mon courrier en pièce jointe.\n\nCordialement,\nHélène Durand"
READ = Recognised(LETTER + "\n\nRéférence interne : zyglofax", Engine.TESSERACT, "tesseract-5.3.0", 83, 3, 2)


class Eyes:
    """Reads files in the place of the limited child, and remembers them."""

    def __init__(self):
        self.answer = READ
        self.seen = []

    def read(self, data, *, language=""):
        self.seen.append((data, language))
        return self.answer


@pytest.fixture
def eyes(monkeypatch):
    one = Eyes()
    monkeypatch.setattr(scans, "read", one.read)
    return one


def arrived(cast, text=POINTER, files=(("lettre.pdf", "application", "pdf", b"%PDF-1.7 une lettre"),)):
    """A mail with files that arrived and was decided about; its file."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = factories.DURAND, "Réclamation"
    mail["Message-ID"] = f"<{uuid7()}@courriel.example>"
    mail.set_content(text)
    for name, main, sub, data in files:
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    message = factories.message(cast, mail.as_bytes())
    receiving.receive(message=message, by=TESTS, at=MORNING)
    return message, complaint_queries.of_message(message)


def read_files():
    for job in ProcrastinateJob.objects.filter(task_name=reading.READ_FILES, status="todo").order_by("id"):
        tasks.read_files(attempt(0), **job.args)


def found_by(cast, words):
    """The references that Amélie finds by these words."""
    asked = Asked(View.OPEN, Sort.RECEIVED, words)
    return [
        row.reference for row in worklist.worklist(actor=cast.amelie.actor(), asked=asked, cursor="", at=MORNING).rows
    ]


@pytest.mark.django_db
def test_a_message_that_points_to_a_letter_is_read_after_it_with_its_words(cast, calendars, reads, eyes):
    _message, complaint = arrived(cast)
    run_jobs()
    assert not reads.asked  # it waits for its letter
    read_files()
    [saved] = FileReading.objects.all()
    assert (saved.engine, saved.version, saved.confidence) == ("tesseract", "tesseract-5.3.0", 83)
    assert (saved.pages, saved.pages_read, saved.trouble, saved.text) == (3, 2, "", READ.text)
    assert eyes.seen == [(b"%PDF-1.7 une lettre", "fr")]
    [asked] = reads.asked
    assert "C-88412 n’est toujours pas arrivée" in asked.body
    assert "pièce jointe" not in asked.body
    rows = found(complaint)
    assert [one.state for one in rows] == [GrievanceState.PROPOSED] * 3
    assert rows[0].quote in saved.text
    assert rows[0].proposal.start is None
    assert rows[0].proposal.end is None
    assert verify.check().findings == []


@pytest.mark.django_db
def test_a_message_that_says_what_it_wants_does_not_wait(cast, calendars, reads, eyes):
    _message, complaint = arrived(cast, LETTER)
    run_jobs()
    assert [one.body for one in reads.asked] == [complaint.exchanges.get().text]
    assert len(found(complaint)) == 3
    read_files()
    assert FileReading.objects.count() == 1
    assert len(reads.asked) == 1
    assert all(one.proposal.start is not None for one in found(complaint))


@pytest.mark.django_db
def test_a_letter_handed_over_at_the_counter_is_read_too(cast, calendars, reads, eyes):
    deposit = Deposit(
        branch="billing",
        text="Voir la lettre ci-jointe.",
        contact=Contact(name="Hélène Durand"),
        files=(ParsedFile("lettre.png", "image/png", "", False, b"\x89PNG une lettre"),),
    )
    complaint = deposit_actions.record(
        deposit=deposit,
        way=DepositWay.COUNTER,
        entity=cast.entity,
        team=cast.team,
        received_at=MORNING,
        once=uuid7(),
        by=cast.amelie.actor(),
        at=MORNING,
    )
    run_jobs()
    read_files()
    assert [data for data, _ in eyes.seen] == [b"\x89PNG une lettre"]
    assert "C-88412" in reads.asked[0].body
    proposed = [one for one in found(complaint) if one.state == GrievanceState.PROPOSED]
    assert [one.category_id for one in proposed] == ["delivery.late", "customer_service.impolite"]


@pytest.mark.django_db
def test_what_no_machine_reads_is_left_alone(cast, calendars, reads, eyes):
    arrived(cast, LETTER, [("notes.docx", "application", "octet-stream", b"PK\x03\x04 rien")])
    run_jobs()
    assert not ProcrastinateJob.objects.filter(task_name=reading.READ_FILES).exists()


@pytest.mark.django_db
def test_a_file_of_which_nothing_is_read_keeps_its_message_from_nothing(cast, calendars, reads, eyes):
    eyes.answer = Recognised(trouble=Trouble.ENCRYPTED)
    _message, complaint = arrived(cast)
    run_jobs()
    read_files()
    saved = FileReading.objects.get()
    assert (saved.text, saved.trouble) == ("", "encrypted")
    assert [one.body for one in reads.asked] == [complaint.exchanges.get().text]
    assert SavedReading.objects.get().error == ""


@pytest.mark.django_db
def test_read_twice_it_is_kept_once(cast, calendars, reads, eyes):
    message, _complaint = arrived(cast)
    run_jobs()
    read_files()
    eyes.answer = replace(READ, text="autre chose")
    tasks.read_files(attempt(0), str(message.pk))
    assert FileReading.objects.get().text == READ.text
    assert len(eyes.seen) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("engine", "jobs", "text"), [("", 1, ""), ("/usr/bin/tesseract", 2, READ.text)])
def test_a_scan_that_nothing_could_recognise_is_read_once_an_engine_is_there(
    cast, calendars, reads, eyes, monkeypatch, engine, jobs, text
):
    monkeypatch.setattr(scans, "engine", lambda: "")
    eyes.answer = Recognised(pages=1, read=1, trouble=Trouble.NO_ENGINE)
    proposes, reads.answer = reads.answer, replace(reads.answer, grievances=())
    _message, complaint = arrived(cast)
    run_jobs()
    read_files()
    assert found(complaint) == []
    monkeypatch.setattr(scans, "engine", lambda: engine)
    eyes.answer, reads.answer = READ, proposes
    tasks.understand_again(timestamp=0)
    assert ProcrastinateJob.objects.filter(task_name=reading.READ_FILES).count() == jobs
    read_files()
    assert FileReading.objects.get().text == text
    assert len(found(complaint)) == (3 if text else 0)
    assert SavedReading.objects.count() == 1
    assert verify.check().findings == []


@pytest.mark.django_db
def test_a_house_that_does_without_reads_no_file(cast, calendars, reads, eyes, settings):
    settings.DOLEANCE_READING = False
    arrived(cast)
    assert not ProcrastinateJob.objects.filter(task_name=reading.READ_FILES).exists()


@pytest.mark.django_db
def test_a_file_is_found_by_what_was_read_of_its_letter(cast, calendars, reads, eyes):
    _message, complaint = arrived(cast)
    assert found_by(cast, "zyglofax") == []
    run_jobs()
    read_files()
    assert found_by(cast, "zyglofax") == [complaint.reference]
    write(quiet="a test")(FileReading.objects.all().delete)()
    assert found_by(cast, "zyglofax") == []


@pytest.mark.django_db
def test_the_dossier_shows_the_text_and_marks_its_griefs(cast, calendars, reads, eyes):
    _message, complaint = arrived(cast)
    run_jobs()
    read_files()
    page = desk.dossier(complaint=complaint, actor=cast.amelie.actor(), at=MORNING)
    [item] = [one for one in page.items if one.files]
    assert item.files[0].read == READ
    assert "pièce jointe" in item.text  # their own words stay theirs
    assert [one.quote in item.files[0].read.text for one in item.passages] == [True] * 3


TWO = (
    ("lettre.pdf", "application", "pdf", b"%PDF-1.7 une lettre"),
    ("suite.pdf", "application", "pdf", b"%PDF-1.7 la suite"),
)


@pytest.fixture
def broken(eyes, monkeypatch):
    """The first of two files does not open: its bytes are not those that were kept."""
    content_of = channels.content_of

    def opened(attachment):
        if attachment.name == "lettre.pdf":
            raise seal.Tampered("altered")
        return content_of(attachment)

    monkeypatch.setattr(channels, "content_of", opened)


@pytest.mark.django_db
def test_a_file_that_does_not_open_is_given_up_after_its_tries_and_its_message_read(
    cast, calendars, reads, eyes, broken
):
    message, complaint = arrived(cast, files=TWO)
    run_jobs()
    for tries in range(imports.TRIES):
        with pytest.raises(tasks.FilesNotRead):
            tasks.read_files(attempt(tries), str(message.pk))
        assert [one.attachment.name for one in FileReading.objects.all()] == ["suite.pdf"]
    tasks.read_files(attempt(imports.TRIES), str(message.pk))
    told = FileReading.objects.order_by("attachment__position").values_list("attachment__name", "trouble")
    assert list(told) == [("lettre.pdf", "crash"), ("suite.pdf", "")]
    assert len(found(complaint)) == 3
    assert verify.check().findings == []


@pytest.mark.django_db
def test_a_file_that_killed_its_worker_each_time_is_not_read_again(cast, calendars, reads, eyes):
    message, _complaint = arrived(cast)
    run_jobs()
    tasks.read_files(attempt(imports.TRIES + 1), str(message.pk))
    assert eyes.seen == []
    assert FileReading.objects.get().trouble == "crash"
    assert len(reads.asked) == 1


@pytest.mark.django_db
def test_a_message_whose_reading_with_its_letter_failed_is_read_with_it_at_night(cast, calendars, reads, eyes):
    _message, complaint = arrived(cast)
    run_jobs()
    proposes, reads.answer = reads.answer, ReadingFailed("memory")
    read_files()
    assert [one.error for one in SavedReading.objects.all()] == ["memory"]
    reads.answer = proposes
    tasks.understand_rest(proposes.model)
    assert len(found(complaint)) == 3
    assert [one.error for one in SavedReading.objects.all()] == [""]


@pytest.mark.django_db
def test_the_words_of_a_letter_go_with_the_key_of_its_person(cast, calendars, reads, eyes):
    message, complaint = arrived(cast)
    run_jobs()
    read_files()
    assert found_by(cast, "zyglofax") == [complaint.reference]
    audit.erase(subject=complaint.party_id, authority="rgpd", article="17-1-b", by="machine:test", at=MORNING)
    saved = FileReading.objects.get()
    assert (saved.text, saved.trouble) == ("", "")
    assert found_by(cast, "zyglofax") == []
    told = {"attachment": saved.attachment, "complaint": complaint, "found": READ}
    assert reading.keep_file(**told, by=TESTS, at=MORNING) is None  # what was being read meanwhile
    tasks.read_files(attempt(0), str(message.pk))
    assert FileReading.objects.get().text == ""
    assert verify.check().findings == []


@pytest.mark.needs("tesseract-ocr", "tesseract-ocr-fra")
@pytest.mark.django_db
def test_a_real_scan_is_recognised_from_end_to_end(cast, calendars, reads):
    _message, _complaint = arrived(cast, files=[("scan.pdf", "application", "pdf", sheets.scan())])
    run_jobs()
    read_files()
    saved = FileReading.objects.get()
    assert saved.engine == "tesseract"
    assert saved.confidence is not None
    assert saved.confidence >= 80
    [asked] = reads.asked
    assert "Ma commande C-88412, que vous aviez promise" in asked.body
    assert "69003" not in asked.body
