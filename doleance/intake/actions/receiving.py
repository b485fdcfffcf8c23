"""From the wire to the ledger, and from there to a decision, once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from procrastinate.contrib.django import app
from procrastinate.types import JSONValue

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Actor
from doleance.channels import queries as channel_queries
from doleance.channels import registry
from doleance.channels import rules as channel_rules
from doleance.channels.actions import messages as channels
from doleance.channels.actions.messages import Incoming
from doleance.channels.email.fetched import Mail
from doleance.channels.models import Mailbox, Message
from doleance.channels.rules import Limit, MessageState, ParsedMessage, Reason, Source
from doleance.intake.actions import filing
from doleance.kernel.db import hold, write

READ_MESSAGE, READ_MESSAGES = "intake.read_message", "intake.read_messages"  # jobs, by the names they are deferred by


@write
def accept(
    *,
    mails: Sequence[Mail],
    mailbox: Mailbox,
    uidvalidity: int,
    began_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> list[Message]:
    """Keep mails that a server gave, and the job that reads them, in one transaction; their rows, in the same order.

    A replay changes nothing. Bytes that this mailbox gave before under other numbers are a duplicate of what they
    were: nobody reads or answers them again. `began_at`: when the mailbox was first fetched; what is much older is
    history.
    """
    hold(f"fetching:{mailbox.id}")  # of two rounds at once the second finds what the first stored
    items = [_item(mail, mailbox, uidvalidity, began_at) for mail in mails]
    stored = channels.store(items=items, by=by, at=at)
    fresh = [one.message for one in stored if one.is_new]
    known = channel_queries.earlier_copies(
        mailbox=mailbox, uidvalidity=uidvalidity, hashes=[message.sha256 for message in fresh]
    )
    for message in fresh:
        if message.sha256 in known:
            channels.mark_duplicate(message=message, of=known[message.sha256], by=by, at=at)
    _defer_reading([message for message in fresh if message.sha256 not in known])
    return [one.message for one in stored]


@write
def accept_oversized(
    *,
    mail: Mail,
    parsed: ParsedMessage,
    mailbox: Mailbox,
    uidvalidity: int,
    began_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> Message:
    """Keep the header of a mail too large to be kept whole, in quarantine: a person fetches it where it stays.

    `parsed` is what its header says. A replay changes nothing, and a header that this mailbox gave before under other
    numbers is a duplicate, as in `accept`.
    """
    hold(f"fetching:{mailbox.id}")
    [stored] = channels.store(items=[_item(mail, mailbox, uidvalidity, began_at)], by=by, at=at)
    if not stored.is_new:
        return stored.message
    message = stored.message
    told = replace(parsed, limit=Limit.SIZE, files=())
    channels.describe(message=message, parsed=told, at=at)
    known = channel_queries.earlier_copies(mailbox=mailbox, uidvalidity=uidvalidity, hashes=[message.sha256])
    if message.sha256 in known:
        channels.mark_duplicate(message=message, of=known[message.sha256], by=by, at=at)
    else:
        channels.quarantine(message=message, reason=Reason.OVER_LIMIT, files=(), by=by, at=at)
    return message


def _item(mail: Mail, mailbox: Mailbox, uidvalidity: int, began_at: datetime | None) -> Incoming:
    is_history = (
        mail.at is not None and began_at is not None and channel_rules.is_history(received_at=mail.at, since=began_at)
    )
    return Incoming(
        raw=mail.raw,
        source=Source.IMAP,
        entity=mailbox.entity,
        team=mailbox.team or accounts.default_team(mailbox.entity),
        mailbox=mailbox,
        uidvalidity=uidvalidity,
        uid=mail.uid,
        server=mail.at,
        acknowledge=not is_history,
    )


def _defer_reading(messages: Sequence[Message]) -> None:
    """One job for what arrived together: most of what a job costs is not its reading."""
    told: list[JSONValue] = [str(message.id) for message in messages]
    if len(told) == 1:
        app.configure_task(READ_MESSAGE, queue="intake").defer(message_id=told[0])
    elif told:
        app.configure_task(READ_MESSAGES, queue="intake").defer(message_ids=told)


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
    filing.meet(read, at=at)
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
