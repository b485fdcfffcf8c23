"""A mailbox into which mails come, are read and decided about; and our own mails, which leave for the sink."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from doleance.channels import queries as channels
from doleance.channels import registry
from doleance.channels.email.compose import compose
from doleance.channels.email.fetched import Mail
from doleance.channels.email.threads import sign_message_id
from doleance.channels.models import Mailbox, Message
from doleance.complaints.models import Complaint
from doleance.intake.actions import receiving
from doleance.notifications import queries as notifications
from doleance.notifications.actions import carrying, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from tests import factories
from tests.cast import MORNING, TESTS, Cast

Arrive = Callable[..., Message]


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    """The address that customers write to."""
    return factories.mailbox(cast)


@pytest.fixture
def arrive(box: Mailbox) -> Arrive:
    """A mail comes in by the mailbox and is read; the message as it then is. `read` replaces what reading found."""
    uids = count(1)

    def arrived(
        raw: bytes, at: datetime = MORNING, read_at: datetime | None = None, into: Mailbox | None = None, **read: Any
    ) -> Message:
        mail = Mail(next(uids), at, raw)
        [message] = receiving.accept(mails=[mail], mailbox=into or box, uidvalidity=1, by=TESTS, at=at)
        parsed = replace(registry.channel_of(message).parse(channels.raw_of(message)), **read)
        receiving.register(message=message, parsed=parsed, by=TESTS, at=read_at or at)
        return Message.objects.get(pk=message.pk)

    return arrived


@pytest.fixture
def signed(settings: Any) -> Callable[[Complaint], str]:
    """One of our identifiers about a file, as a mail of ours bore it."""

    def sign(complaint: Complaint) -> str:
        return sign_message_id(
            notice_id=uuid4(), complaint_id=complaint.id, domain="maison.example", key=settings.DOLEANCE_MAIL_KEY
        )

    return sign


@pytest.fixture
def sent(settings: Any, tmp_path: Path) -> Callable[[Complaint], Notice]:
    """A reply of ours about a file, which left."""
    settings.DOLEANCE_SINK = True
    settings.DOLEANCE_MAIL_SINK = tmp_path / "courrier"

    def send(complaint: Complaint, at: datetime = MORNING) -> Notice:
        notice = writing.send(
            complaint=complaint,
            purpose=Purpose.REPLY,
            to=notifications.address_of(complaint),
            subject="Votre réclamation",
            text="Nous cherchons votre colis.",
            by=TESTS,
            at=at,
        )
        return leave(notice, at)

    return send


def leave(notice: Notice, at: datetime) -> Notice:
    """A queued mail leaves."""
    claimed = carrying.claim(notice_id=notice.id, by=TESTS, at=at)
    assert claimed is not None
    mail = compose(notifications.mail_of(claimed))
    left = carrying.mark_sent(
        notice_id=claimed.id, attempt=claimed.attempts, mail=mail, accepted_as="250 ok", by=TESTS, at=at
    )
    assert left is not None
    return left
