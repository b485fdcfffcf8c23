"""A house that writes: one mailbox, the sink, and somebody who does the jobs at the hour that the test says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.models import Mailbox
from doleance.notifications import queries, tasks
from doleance.notifications.models import Notice
from tests.cast import MORNING, TESTS, Cast


@pytest.fixture
def mailbox(cast: Cast) -> Mailbox:
    """The address from which Relation client writes."""
    wanted = MailboxSettings(address="reclamations@maison.example", name="Maison Lavergne")
    return mailboxes.add_mailbox(entity=cast.entity, wanted=wanted, by=TESTS, at=MORNING)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The sink, and where its mails are written."""
    settings.DOLEANCE_SINK = True
    settings.DOLEANCE_MAIL_SINK = tmp_path / "courrier"
    return tmp_path / "courrier"


@dataclass
class Worker:
    """Does the jobs of the outbox as a worker would, at the moment it is told."""

    set_now: Callable[[datetime], None]
    done: set[int] = field(default_factory=set)

    def carry(self, notice: Notice, at: datetime | None = None) -> Notice:
        """Do the job of one mail, by default the moment it is due."""
        notice.refresh_from_db()
        self.set_now(at or notice.not_before)
        tasks.deliver(notice_id=str(notice.id))
        notice.refresh_from_db()
        return notice

    def work(self, at: datetime) -> None:
        """Do every job that is due at `at`, those that these jobs defer included, each once."""
        self.set_now(at)
        while True:
            due = [job for job in jobs(until=at) if job.id not in self.done]
            if not due:
                return
            for job in due:
                self.done.add(job.id)
                tasks.deliver(**job.args)

    def sweep(self, at: datetime) -> None:
        """Do the periodic job."""
        self.set_now(at)
        tasks.sweep(timestamp=0)


def jobs(until: datetime | None = None, of: UUID | None = None) -> list[ProcrastinateJob]:
    """The jobs of the outbox that wait, oldest first."""
    found = ProcrastinateJob.objects.filter(task_name=queries.DELIVER, status="todo").order_by("scheduled_at", "id")
    return [
        job
        for job in found
        if (until is None or job.scheduled_at is None or job.scheduled_at <= until)
        and (of is None or job.args == {"notice_id": str(of)})
    ]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    """A worker without a clock of its own."""
    return Worker(lambda at: monkeypatch.setattr(tasks, "now", lambda: at))


def mails(folder: Path) -> list[Any]:
    """What the sink took, in the order of its names."""
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(folder.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    ]


def said(mail: Any) -> str:
    """The words of a mail, as its plain text part gives them."""
    return str(mail.get_body(("plain",)).get_content())


def written(mail: Any) -> str:
    """The words that somebody wrote in a mail, without the link that it alone carries."""
    return said(mail).partition("\r\n\r\nPour suivre")[0].strip()


def after(**delta: float) -> datetime:
    """A moment counted from the morning of every test."""
    return MORNING + timedelta(**delta)
