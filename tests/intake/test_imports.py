"""The command `doleance import`: nothing is lost or done twice, whatever happens to its process."""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from procrastinate import JobContext
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.audit import verify
from doleance.channels.models import ImportLine, ImportRun, Message
from doleance.channels.rules import MessageState, Reason
from doleance.complainants.models import Party
from doleance.complaints.models import Complaint, Exchange
from doleance.intake import imports, queries, sources, tasks
from doleance.intake.actions import filing, importing, receiving
from doleance.kernel import clock
from doleance.kernel.errors import Refusal
from doleance.notifications.models import Notice
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels import mails
from tests.house.source import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """A folder of different mails by different people."""

    def made(count: int, name: str = "courriels") -> Path:
        path = tmp_path / name
        path.mkdir()
        for number in range(count):
            raw = mails.mail(
                f"Ma réclamation n° {number}.",
                From=f"Client {number} <client{number}@ailleurs.example>",
                Message_ID=f"<{number}@ailleurs.example>",
            )
            (path / f"{number:04}.eml").write_bytes(raw)
        return path

    return made


def options(path: Path, *more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    imports.add_arguments(parser)
    return parser.parse_args([str(path), *more])


@pytest.fixture
def run(cast, calendars, capsys):
    """The command in this process: its exit status, its figures, what it said."""

    def ran(path: Path, *more: str) -> tuple[int, dict[str, Any], str]:
        status = imports.run(options(path, *more))
        said = capsys.readouterr()
        return status, json.loads(said.out.splitlines()[-1]), said.err

    return ran


def test_the_last_line_is_one_json_object_that_adds_up(run, folder):
    path = folder(3)
    (path / "copie.eml").write_bytes((path / "0000.eml").read_bytes())
    (path / "double.eml").write_bytes(b"X-Relais: autre\r\n" + (path / "0001.eml").read_bytes())
    (path / "note.txt").write_bytes(b"une note")
    status, figures, _ = run(path)
    assert status == 0
    assert isinstance(figures.pop("seconds"), float)
    assert figures == {"received": 6, "linked": 3, "quarantined": 1, "duplicate": 2, "complaints": 3}


def test_a_second_run_adds_nothing(run, folder):
    path = folder(4)
    run(path)
    status, figures, _ = run(path)
    assert status == 0
    assert (figures["received"], figures["duplicate"], figures["linked"], figures["complaints"]) == (4, 4, 0, 0)
    assert Message.objects.filter(direction="in").count() == Complaint.objects.count() == 4
    repeated = ImportLine.objects.filter(run=ImportRun.objects.order_by("id").last(), repeats=True)
    assert repeated.count() == 4


def test_what_was_added_to_the_folder_meanwhile_is_taken_too(run, folder):
    path = folder(2)
    started = imports._begin(options(path))
    imports.store(started, path, imports.Progress())
    (path / "ajout.eml").write_bytes(mails.mail())
    _, figures, _ = run(path)
    assert ImportRun.objects.count() == 1
    assert figures["received"] == figures["linked"] == 3


def test_history_is_imported_in_silence(run, folder):
    _, figures, _ = run(folder(2), "--no-acknowledge")
    assert figures["complaints"] == 2
    assert not Notice.objects.exists()


def test_an_mbox_says_when_its_mails_were_received(run, tmp_path):
    path = tmp_path / "boite.mbox"
    separator = b"From client@ailleurs.example Mon May  2 16:07:05 2005\n"
    path.write_bytes(separator + mails.mail(Message_ID="<1@x.example>") + b"\n" + separator + mails.mail("autre"))
    _, figures, _ = run(path)
    assert figures["linked"] == 2
    assert {one.received_at.year for one in Complaint.objects.order_by("id")} == {2005}


def test_the_mailbox_and_its_team_receive(run, cast, folder):
    factories.mailbox(cast, address="livraison@maison.example", team=cast.logistics)
    run(folder(1), "--mailbox", "Livraison@maison.example")
    assert Complaint.objects.get().team == cast.logistics


def test_an_entity_is_named(run, cast, folder):
    run(folder(1), "--entity", cast.entity.name)
    assert Complaint.objects.get().entity == cast.entity


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        (["--mailbox", "autre@maison.example"], imports.NoSuchMailbox),
        (["--entity", "Personne"], imports.NoSuchEntity),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_is_stored(run, folder, more, refusal):
    path = folder(1)
    with pytest.raises(refusal):
        run(path, *more)
    assert not Message.objects.exists()


def test_a_path_that_leads_nowhere_is_refused(run, tmp_path):
    with pytest.raises(imports.NoSuchSource) as refused:
        run(tmp_path / "rien")
    assert "rien" in str(refused.value)


def test_what_cannot_be_taken_is_named_and_the_command_fails(run, folder, monkeypatch):
    path = folder(2)
    (path / "grand.eml").write_bytes(b"a" * 2_000)
    monkeypatch.setattr(sources, "SIZE_LIMIT", 1_999)
    status, figures, said = run(path)
    assert status == 1
    assert figures["received"] == 2
    assert "grand.eml" in said


def test_batches_are_cut_by_count_and_by_size(monkeypatch):
    monkeypatch.setattr(imports, "STORE_BATCH", 3)
    monkeypatch.setattr(imports, "STORE_BYTES", 10)
    items = [sources.Found(str(number), 0, b"x" * size) for number, size in enumerate([1, 1, 1, 1, 20, 1])]
    assert [[one.path for one in batch] for batch in imports._batches(items)] == [["0", "1", "2"], ["3", "4"], ["5"]]


def test_what_is_read_at_once_is_cut_by_count_and_by_size(monkeypatch):
    monkeypatch.setattr(imports, "READ_BATCH", 3)
    monkeypatch.setattr(imports, "READ_BYTES", 10)
    messages = [Message(size=size) for size in (1, 1, 1, 1, 20, 5, 5, 1)]
    assert [[one.size for one in batch] for batch in imports.cut(messages)] == [[1, 1, 1], [1], [20], [5, 5], [1]]
    assert list(imports.cut([])) == []


def test_an_import_never_reads_more_at_once_than_fits(run, folder, monkeypatch):
    path, batches, whole = folder(5), [], imports.read_batch
    monkeypatch.setattr(imports, "READ_BYTES", 2 * (path / "0000.eml").stat().st_size + 10)

    def noted(messages):
        batches.append(len(messages))
        return whole(messages)

    monkeypatch.setattr(imports, "read_batch", noted)
    _, figures, _ = run(path)
    assert (batches, figures["linked"]) == ([2, 2, 1], 5)


def test_a_message_on_which_we_fail_is_parked_and_the_others_go_on(run, folder, monkeypatch):
    settle = filing.settle

    def failing(message, parsed, ours, **known):
        if "n° 1" in parsed.text:
            raise LookupError("a bug of ours")
        settle(message, parsed, ours, **known)

    monkeypatch.setattr(filing, "settle", failing)
    status, figures, _ = run(folder(3))
    assert status == 0
    assert (figures["linked"], figures["quarantined"]) == (2, 1)
    assert Message.objects.get(state=MessageState.QUARANTINED).reason == Reason.FAILED


def test_a_failure_that_passes_costs_nothing(run, folder, monkeypatch):
    """A deadlock undoes the batch; each message is then taken by itself."""
    whole, left = receiving.register_all, [DatabaseError("deadlock detected")]

    def sometimes(**known):
        if left:
            raise left.pop()
        return whole(**known)

    monkeypatch.setattr(receiving, "register_all", sometimes)
    _, figures, _ = run(folder(3))
    assert figures["linked"] == 3


def test_a_database_that_is_away_blames_no_message(cast, monkeypatch):
    """The job comes back later and reads what is still to be read."""

    def away(**known):
        raise OperationalError("the database system is starting up")

    message = factories.message(cast)
    monkeypatch.setattr(receiving, "register_all", away)
    with pytest.raises(OperationalError):
        imports.read_batch([message])
    message.refresh_from_db()
    assert message.state == MessageState.STORED
    strategy = tasks.read_messages.retry_strategy
    again = strategy.get_retry_decision(exception=OperationalError(), job=attempt(2).job) if strategy else None
    assert again is not None
    assert again.retry_at is not None
    assert again.retry_at > clock.now() + timedelta(minutes=1)


def attempt(number: int) -> JobContext:
    """What a worker tells a job: how many times it was tried."""
    return typing.cast(JobContext, SimpleNamespace(job=SimpleNamespace(attempts=number)))


def test_a_stored_message_is_read_by_its_job(cast, calendars):
    message = factories.message(cast)
    for pk in (message.id, message.id, cast.entity.id):
        tasks.read_message(attempt(0), message_id=str(pk))
    assert Complaint.objects.count() == 1


@pytest.mark.parametrize(
    ("tries", "error", "state"),
    [
        (2, LookupError, MessageState.STORED),
        (3, LookupError, MessageState.QUARANTINED),
        (3, OperationalError, MessageState.STORED),
        (3, InterfaceError, MessageState.STORED),
        (3, None, MessageState.LINKED),  # it was the database that failed, three times
        (4, None, MessageState.QUARANTINED),  # its worker died at the last try, and would again
    ],
)
def test_a_message_is_parked_when_it_is_what_fails(cast, calendars, monkeypatch, tries, error, state):
    message, settle = factories.message(cast), filing.settle

    def failing(*told, **known):
        if error is not None:
            raise error("what went wrong")
        settle(*told, **known)

    monkeypatch.setattr(filing, "settle", failing)
    with suppress(LookupError, OperationalError, InterfaceError):
        tasks.read_message(attempt(tries), message_id=str(message.id))
    message.refresh_from_db()
    assert message.state == state


def read_lost(at=MORNING + timedelta(minutes=6)) -> list[list[str]]:
    """The messages for which the net leaves a job, job by job."""
    known = set(ProcrastinateJob.objects.values_list("id", flat=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.clock, "now", lambda: at)
        tasks.read_lost(timestamp=0)
    return [job.args["message_ids"] for job in ProcrastinateJob.objects.exclude(pk__in=known).order_by("id")]


def test_a_message_whose_job_is_gone_is_given_another_once(cast, calendars):
    messages = [factories.message(cast) for _ in range(3)]
    names = [str(message.id) for message in messages]
    receiving.receive(message=messages[2], by=TESTS, at=MORNING)
    assert read_lost(MORNING + timedelta(minutes=4)) == []  # its job may only be late
    assert read_lost() == [names[:2]]
    assert read_lost() == []  # a job waits
    ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGES).update(status="failed")
    assert read_lost() == [names[:2]]
    tasks.read_messages(attempt(0), message_ids=names)
    ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGES).update(status="succeeded")
    assert read_lost() == []
    assert Complaint.objects.count() == 3


@pytest.mark.parametrize("status", ["todo", "doing"])
def test_a_message_that_some_job_will_read_is_left_to_it(cast, status):
    message = factories.message(cast)
    tasks.read_message.configure(queue="intake").defer(message_id=str(message.id))
    ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGE).update(status=status)
    assert read_lost() == []


def test_what_an_import_stored_is_read_though_its_job_failed(cast, calendars, folder):
    path = folder(3)
    started = imports._begin(options(path))
    imports.store(started, path, imports.Progress())
    later = clock.now() + timedelta(minutes=6)
    assert read_lost(later) == []
    ProcrastinateJob.objects.filter(task_name=importing.READ_IMPORT).update(status="failed")
    [names] = read_lost(later)
    tasks.read_messages(attempt(0), message_ids=names)
    assert queries.tally(started).unread == 0


def test_very_many_lost_messages_are_taken_up_some_at_a_time(cast, monkeypatch):
    messages = [factories.message(cast) for _ in range(5)]
    monkeypatch.setattr(imports, "READ_BATCH", 2)
    assert [len(one) for one in read_lost()] == [2, 2, 1]
    told = {"one": "a", "some": "b", "run": "c"}
    later = MORNING + timedelta(hours=1)
    assert queries.unread_without_job(told, at=later, limit=2) == [one.id for one in messages[:2]]


def test_the_job_of_an_import_reads_what_was_stored(cast, calendars, folder):
    """The process was killed after it stored: nothing waits for somebody to begin the command again."""
    progress = imports.Progress()
    path = folder(30)
    started = imports._begin(options(path))
    imports.store(started, path, progress)
    assert queries.tally(started).unread == 30
    tasks.read_import(run_id=str(started.id))
    assert queries.tally(started).unread == 0
    assert Complaint.objects.count() == 30
    started.refresh_from_db()
    assert started.finished_at is not None
    tasks.read_import(run_id=str(cast.entity.id))


def waiting_jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name=importing.READ_IMPORT, status="todo").count()


def test_an_import_has_one_job_that_reads_it_whatever_it_stores(cast, calendars, folder, monkeypatch):
    monkeypatch.setattr(imports, "STORE_BATCH", 5)
    path = folder(30)
    started = imports._begin(options(path))
    imports.store(started, path, imports.Progress())
    assert waiting_jobs() == 1


def test_a_long_import_is_read_by_several_jobs(cast, calendars, folder, monkeypatch):
    """One job never keeps a worker from other work for long."""
    monkeypatch.setattr(imports, "READ_BATCH", 5)
    monkeypatch.setattr(imports, "RESCUE_BATCHES", 2)
    path = folder(12)
    started = imports._begin(options(path))
    imports.store(started, path, imports.Progress())
    ProcrastinateJob.objects.all()._raw_delete("default")
    tasks.read_import(run_id=str(started.id))
    assert (queries.tally(started).unread, waiting_jobs()) == (2, 1)
    ProcrastinateJob.objects.all()._raw_delete("default")
    tasks.read_import(run_id=str(started.id))
    assert (queries.tally(started).unread, waiting_jobs()) == (0, 0)


def test_while_a_command_stores_a_job_comes_back_later(cast, calendars, folder, monkeypatch):
    path = folder(1)
    started = imports._begin(options(path))
    found = [item for item in sources.items(path / "0000.eml", path) if isinstance(item, sources.Found)]
    importing.store_lines(run=started, found=found, by=TESTS, at=clock.now())
    ProcrastinateJob.objects.all()._raw_delete("default")
    tasks.read_import(run_id=str(started.id))
    assert waiting_jobs() == 1
    monkeypatch.setattr(queries, "_STORING_FOR", timedelta(0))
    ProcrastinateJob.objects.all()._raw_delete("default")
    tasks.read_import(run_id=str(started.id))
    assert waiting_jobs() == 0


def test_why_a_batch_failed_is_logged_without_a_word_of_its_mails(run, folder, monkeypatch):
    def failing(**known):
        raise LookupError("Ma réclamation n° 1")

    monkeypatch.setattr(receiving, "register_all", failing)
    with structlog.testing.capture_logs() as logs:
        run(folder(2))
    [told] = [one for one in logs if one["event"] == "batch_failed"]
    assert told["error"] == "LookupError"
    assert "réclamation" not in str(told)


@pytest.mark.django_db(transaction=True)
def test_two_readers_of_one_import_do_nothing_twice_and_never_wait_in_a_circle(cast, calendars, folder, monkeypatch):
    """Each mail has a copy, and each person writes twice: two readers want the same locks at the same time."""
    monkeypatch.setattr(imports, "READ_BATCH", 4)
    path = folder(24)
    for number in range(24):
        raw = (path / f"{number:04}.eml").read_bytes()
        (path / f"copie{number:04}.eml").write_bytes(b"X-Relais: autre\r\n" + raw)
        again = mails.mail(f"Encore {number}.", From=f"<client{23 - number}@ailleurs.example>", Message_ID="")
        (path / f"encore{number:04}.eml").write_bytes(again)
    started, known = imports._begin(options(path)), Party.objects.count()
    imports.store(started, path, imports.Progress())
    barrier = threading.Barrier(2)

    def read(newest_first: bool) -> None:
        barrier.wait()
        try:
            imports.read(started, imports.Progress(), newest_first=newest_first)
        finally:
            connections.close_all()

    with structlog.testing.capture_logs() as logs, ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(read, side) for side in (False, False)]:
            done.result()
    told = queries.tally(started)
    assert (told.linked, told.duplicate, told.quarantined, told.unread) == (48, 24, 0, 0)
    assert Complaint.objects.count() == Exchange.objects.filter(kind="inbound").count() == 48
    assert Party.objects.count() == known + 24
    assert Notice.objects.values("complaint").distinct().count() == Notice.objects.count()
    assert not [one for one in logs if one["event"] in {"batch_failed", "message_failed"}]
    assert verify.check().intact


def command(path: Path, *more: str) -> "subprocess.Popen[str]":
    """The real command, in a process of its own, on this test's database."""
    return subprocess.Popen(
        [sys.executable, "-m", "doleance.boot.cli", "import", str(path), *more],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def figures_of(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert found["received"] == found["linked"] + found["quarantined"] + found["duplicate"]
    return found


def assert_each_once(count: int) -> None:
    """I2: one row, one file, one exchange, one acknowledgement at most, for each mail."""
    received = Message.objects.filter(direction="in")
    assert received.count() == len(set(received.values_list("sha256", flat=True))) == count
    assert set(received.values_list("state", flat=True)) == {MessageState.LINKED}
    assert Complaint.objects.count() == Exchange.objects.filter(kind="inbound").count() == count
    assert Notice.objects.count() in {0, count}


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_again_and_again_goes_on_where_it_was(cast, calendars, folder):
    path = folder(130)
    for reached in (
        lambda: ImportLine.objects.count() >= 100,
        lambda: Complaint.objects.count() >= 20,
        lambda: Complaint.objects.count() >= 60,
    ):
        process = command(path, "--no-acknowledge")
        deadline = time.monotonic() + 120
        while not reached():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
        process.communicate()
    assert Complaint.objects.count() < 130
    figures = figures_of(command(path, "--no-acknowledge"))
    assert (figures["received"], figures["linked"], figures["complaints"]) == (130, 130, 130)
    assert ImportRun.objects.count() == 1
    assert_each_once(130)
    assert figures_of(command(path, "--no-acknowledge"))["duplicate"] == 130


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_folder_at_once_do_nothing_twice(cast, calendars, folder):
    path = folder(60)
    one, two = command(path), command(path)
    first, second = figures_of(one), figures_of(two)
    assert_each_once(60)
    # The second joined the run of the first, or came after its end and found everything there.
    assert first["linked"] == first["complaints"] == 60 or second["linked"] == 60
    for figures in (first, second):
        assert figures["received"] == 60
        assert figures["linked"] in {0, 60}


@pytest.mark.django_db(transaction=True)
def test_two_copies_of_a_folder_imported_at_once_share_the_work(cast, calendars, folder):
    one, two = command(folder(60, "un")), command(folder(60, "deux"))
    first, second = figures_of(one), figures_of(two)
    assert_each_once(60)
    assert first["linked"] + second["linked"] == first["complaints"] + second["complaints"] == 60
    assert first["duplicate"] + second["duplicate"] == 60


def test_the_command_says_a_refusal_in_one_sentence(tmp_path):
    process = command(tmp_path / "rien")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.strip().endswith("ou ne se lit pas.")
    assert issubclass(imports.NoSuchSource, Refusal)
