"""From the wire to the ledger, and from there to a decision, once."""

from collections.abc import Sequence
from datetime import datetime

from procrastinate.contrib.django import app

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Actor
from doleance.channels import queries as channel_queries
from doleance.channels import registry
from doleance.channels.actions import messages as channels
from doleance.channels.actions.messages import Incoming
from doleance.channels.models import Mailbox, Message
from doleance.channels.rules import MessageState, ParsedMessage, Reason, Source
from doleance.intake.actions import filing
from doleance.kernel.db import write

READ_MESSAGE = "intake.read_message"  # the job's name, by which it is deferred


@write
def accept(
    *,
    raw: bytes,
    mailbox: Mailbox,
    uidvalidity: int,
    uid: int,
    server: datetime,
    by: Actor,
    at: datetime,
) -> Message:
    """Keep a mail that a server gave, and the job that reads it, in one transaction. A replay changes nothing."""
    item = Incoming(
        raw=raw,
        source=Source.IMAP,
        entity=mailbox.entity,
        team=mailbox.team or accounts.default_team(mailbox.entity),
        mailbox=mailbox,
        uidvalidity=uidvalidity,
        uid=uid,
        server=server,
    )
    [stored] = channels.store(items=[item], by=by, at=at)
    if stored.is_new:
        app.configure_task(READ_MESSAGE, queue="intake").defer(message_id=str(stored.message.id))
    return stored.message


def receive(*, message: Message, by: Actor, at: datetime) -> Message | None:
    """Turn a stored message into a file, or attach it to what it continues; None when somebody else does.

    Reading comes before the transaction: it is slow and pure.
    """
    parsed = registry.channel_of(message).parse(channel_queries.raw_of(message))
    return register(message=message, parsed=parsed, by=by, at=at)


def register(*, message: Message, parsed: ParsedMessage, by: Actor, at: datetime) -> Message | None:
    """Decide what becomes of one read message, once: a retried job finds nothing to do."""
    return next(iter(register_all(read=[(message, parsed)], by=by, at=at)), None)


@write
def register_all(*, read: Sequence[tuple[Message, ParsedMessage]], by: Actor, at: datetime) -> list[Message]:
    """Decide what becomes of read messages in one transaction, which costs one flush to disk; those that were ours.

    What makes two of them copies is held first, in order: of two copies read at once the second finds the first, and
    two batches never wait in a circle. Then the mails of ours that machines answer, before any file: the outbox, which
    holds a mail and then its file, is never met the other way round.
    """
    filing.hold_copies(read)
    said = {message.pk: parsed for message, parsed in read}
    ours = channel_queries.our_addresses()
    claimed = channels.claim(messages=[message for message, _ in read], state=MessageState.STORED)
    for message in claimed:
        filing.settle(message, said[message.pk], ours, by=by, at=at)
    return claimed


@write
def park(*, message: Message, by: Actor, at: datetime) -> None:
    """Set aside a message on which our own code failed: a person sees it and may have it read again."""
    for current in channels.claim(messages=[message], state=MessageState.STORED):
        channels.quarantine(message=current, reason=Reason.FAILED, files=(), by=by, at=at)
