"""What a person does in quarantine."""

from datetime import datetime

from doleance.accounts.rules import Actor, Permission, require
from doleance.channels import queries as channel_queries
from doleance.channels import registry
from doleance.channels.actions import messages as channels
from doleance.channels.email.addresses import is_address
from doleance.channels.models import Message
from doleance.channels.rules import MessageState, NotInQuarantine, ParsedMessage
from doleance.complaints import queries as complaint_queries
from doleance.complaints.models import Complaint
from doleance.intake import queries, rules
from doleance.intake.actions import filing
from doleance.kernel.db import hold, write


def _held(message: Message, by: Actor) -> Message:
    """A quarantined message, held for the length of the transaction. Raises NotAllowed, NotInQuarantine."""
    require(by, Permission.SORT_QUARANTINE)
    is_visible = queries.in_quarantine(by).filter(pk=message.pk).exists()
    claimed = channels.claim(messages=[message], state=MessageState.QUARANTINED) if is_visible else []
    if not claimed:
        raise NotInQuarantine
    return claimed[0]


@write
def open_from_quarantine(*, message: Message, name: str = "", address: str = "", by: Actor, at: datetime) -> Complaint:
    """Make a quarantined message a complaint, received when it was received; who sorts the quarantine may.

    A typed `name` or `address` replaces what the header says; with neither, the file has no known contact.
    Refuses an address that cannot be written to. It is acknowledged unless no machine may answer it.
    """
    current = _held(message, by)
    typed = address.strip()
    if typed and not is_address(typed):
        raise rules.AddressUnreadable
    current.silence = rules.silence_by_hand(str(current.silence), is_typed=bool(typed))
    known = typed or current.from_address
    return filing.open_file(current, name=name.strip() or current.from_name, address=known, files=(), by=by, at=at)


@write
def link_from_quarantine(*, message: Message, reference: str, by: Actor, at: datetime) -> Complaint:
    """Attach a quarantined message to a file by hand; its sender becomes nobody's address by it.

    Who sorts the quarantine may, for files they may read. Refuses an unknown reference.
    """
    current = _held(message, by)
    complaint = complaint_queries.find(reference=reference, actor=by)
    if complaint is None:
        raise rules.UnknownReference
    filing.attach(current, complaint, "by_hand", (), by=by, at=at)
    return complaint


@write
def file_away(*, message: Message, because: str, by: Actor, at: datetime) -> None:
    """Say that a quarantined message is no complaint, and why. It stays, out of the way. Refuses an empty reason."""
    channels.file_away(message=_held(message, by), because=rules.why_filed(because), by=by, at=at)


def read_again(*, message: Message, by: Actor, at: datetime) -> Message:
    """Read a quarantined message anew, and decide anew: Doléance may have learnt to since."""
    require(by, Permission.SORT_QUARANTINE)
    parsed = registry.channel_of(message).parse(channel_queries.raw_of(message))
    return _decide_again(message=message, parsed=parsed, by=by, at=at)


@write
def _decide_again(*, message: Message, parsed: ParsedMessage, by: Actor, at: datetime) -> Message:
    current = _held(message, by)
    if parsed.message_id:
        hold(f"message:{parsed.message_id}")
    filing.settle(current, parsed, channel_queries.our_addresses(), by=by, at=at)
    return current
