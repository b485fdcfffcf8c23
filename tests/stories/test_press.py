"""The last press of the form through the web: fifty at once by one device, and a form that is told to wait."""

import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from benchmarks import visitor
from benchmarks.visitor import File, NoAnswer, Told, Visitor
from doleance.channels.models import Attachment, Message
from doleance.complaints.models import Complaint, Exchange
from doleance.intake import pressure, tasks
from doleance.intake.actions import waiting
from doleance.intake.models import Draft
from doleance.intake.pressure import Budget, Of
from doleance.kernel import clock
from doleance.notifications.models import Notice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cast")]
WORDS = "Ma bouilloire fuit depuis le premier jour."
TOLD = Told(
    {"branch": "product", "text": WORDS, "email": "helene.durand@courriel.example", "name": "Hélène Durand"},
    [File("photo.txt", b"la fuite")],
)
AT_ONCE = 50


@pytest.fixture
def port(address):
    return urlsplit(address).port


@pytest.fixture
def host(address):
    return urlsplit(address).hostname


@pytest.fixture
def pressed_hard(monkeypatch):
    """Any form that comes after another is asked for work, of which a test has the time for."""
    monkeypatch.setattr("doleance.intake.weighing.BUDGETS", (Budget(Of.ORIGIN, timedelta(hours=1), 1),))
    monkeypatch.setattr(pressure, "FIRST_BITS", 8)


def sent(person):
    """Fill in the form and send it; what was answered."""
    return person.press(visitor.question_of(person.fill(TOLD)))


def test_fifty_presses_at_once_make_one_complaint(host, port):
    with Visitor(port, host=host) as person:
        form = visitor.question_of(person.fill(TOLD))
        cookies = dict(person.cookies)
    answers, gate = [], threading.Barrier(AT_ONCE)

    def press():
        with Visitor(port, host=host) as twin:
            twin.cookies = dict(cookies)
            gate.wait(30)
            while True:  # the server of tests has room for ten who wait: who is turned away presses again
                try:
                    answers.append(twin.press(form))
                except NoAnswer as error:
                    if str(error).isdigit():
                        raise
                else:
                    return

    threads = [threading.Thread(target=press) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == AT_ONCE
    places = {(answer.status, answer.place) for answer in answers}
    assert (302, visitor.RECEIPT) in places
    assert places <= {(302, visitor.RECEIPT), (302, visitor.SUMMARY)}
    complaint = Complaint.objects.get()
    assert Draft.objects.get().complaint == complaint
    assert Exchange.objects.get().text == WORDS
    assert Message.objects.count() == Attachment.objects.count() == Notice.objects.count() == 1
    with Visitor(port, host=host) as person:
        person.cookies = dict(cookies)
        assert person.get(visitor.SUMMARY).path == visitor.RECEIPT
        assert complaint.reference in person.get(visitor.RECEIPT).page


@pytest.mark.usefixtures("pressed_hard")
def test_a_form_that_waits_is_kept_and_goes_by_itself(host, port, monkeypatch):
    with Visitor(port, host=host) as first:
        assert visitor.is_receipt(sent(first))
    with Visitor(port, host=host) as person:
        form = visitor.question_of(person.fill(TOLD))
        told = person.press(form)
        assert (told.status, told.place) == (302, visitor.SUMMARY)
        draft = Draft.objects.get(pressed__isnull=False)
        assert person.press(form).place == visitor.SUMMARY  # pressing again changes nothing
        assert Draft.objects.get(pressed__isnull=False).not_before == draft.not_before
        page = person.get(visitor.SUMMARY)
        assert page.status == 200
        assert 5 <= int(page.refresh) <= 22  # without a script the page looks again once its turn has come
        assert Complaint.objects.count() == 1

        job = ProcrastinateJob.objects.get(task_name=waiting.SEND_PRESSED)
        assert job.scheduled_at == draft.not_before
        tasks.send_now(**job.args)
        tasks.send_now(**job.args)  # a job that comes back
        assert Complaint.objects.count() == 2
        complaint = Draft.objects.get(pk=draft.pk).complaint
        assert complaint.received_at == draft.pressed_at
        assert Attachment.objects.filter(message__exchange__complaint=complaint).count() == 1
        assert person.get(visitor.SUMMARY).path == visitor.RECEIPT
        assert complaint.reference in person.get(visitor.RECEIPT).page


@pytest.mark.usefixtures("pressed_hard")
def test_work_that_is_done_opens_the_way_at_once(host, port):
    with Visitor(port, host=host) as first:
        assert visitor.is_receipt(sent(first))
    with Visitor(port, host=host) as person:
        form = visitor.question_of(person.fill(TOLD))
        assert form.data["bits"] == "8"
        assert visitor.is_receipt(person.press(form, work=True))
    with Visitor(port, host=host) as late:  # it waits already, then its page does the work
        assert sent(late).place == visitor.SUMMARY
        waits = visitor.question_of(late.get(visitor.SUMMARY))
        assert visitor.is_receipt(late.press(waits, work=True))
    assert Complaint.objects.count() == 3


@pytest.mark.usefixtures("pressed_hard")
def test_what_waits_and_lost_its_job_is_found_again(host, port, monkeypatch):
    for _ in range(2):
        with Visitor(port, host=host) as person:
            sent(person)
    ProcrastinateJob.objects.filter(task_name=waiting.SEND_PRESSED).update(status="failed")
    tasks.send_waiting(timestamp=0)
    waits = ProcrastinateJob.objects.filter(task_name=waiting.SEND_PRESSED, status="todo")
    assert not waits.exists()  # its turn has not come
    late = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: late)
    tasks.send_waiting(timestamp=0)
    tasks.send_waiting(timestamp=0)
    tasks.send_now(**waits.get().args)
    assert Complaint.objects.count() == 2
