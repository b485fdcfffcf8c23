"""What a person decides about messages: in quarantine, and about whom a file is for."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError
from procrastinate.contrib.django import app

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.channels import queries as channel_queries
from doleance.channels import registry
from doleance.channels.actions import messages as channels
from doleance.channels.email.addresses import is_address
from doleance.channels.models import Message
from doleance.channels.rules import Limit, MessageState, NotInQuarantine, ParsedFile, ParsedMessage, Reason
from doleance.complainants import actions as complainants
from doleance.complainants import queries as complainant_queries
from doleance.complaints import queries as complaint_queries
from doleance.complaints import rules as complaint_rules
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.drafting import actions as drafting
from doleance.intake import queries, rules
from doleance.intake.actions import filing
from doleance.kernel.db import hold, write
from doleance.kernel.errors import Refusal
from doleance.notifications.actions import flights
from doleance.notifications.actions import writing as notifications
from doleance.understanding import actions as understanding

log = structlog.get_logger()


def _held(message: Message, by: Actor) -> Message:
    """A quarantined message, held for the length of the transaction. Raises NotAllowed, NotInQuarantine."""
    require(by, Permission.SORT_QUARANTINE)
    is_visible = queries.in_quarantine(by).filter(pk=message.pk).exists()
    claimed = channels.claim(messages=[message], state=MessageState.QUARANTINED) if is_visible else []
    if not claimed:
        raise NotInQuarantine
    return claimed[0]


def _with_what_is_read(
    message: Message, decide: Callable[[ParsedMessage | None], Complaint], *, by: Actor
) -> Complaint:
    """Decide with the words and files of a message that we failed to read, when it reads now; else without them.

    Reading comes before the transaction, in the limited child. What we fail on even so keeps nobody from deciding.
    """
    require(by, Permission.SORT_QUARANTINE)
    may_tell_more = message.reason in {Reason.FAILED, Reason.OVER_LIMIT} and message.limit != Limit.SIZE
    raw = queries.original(message) if may_tell_more else None
    if raw is not None:
        try:
            return decide(registry.channel_of(message).parse(raw))
        except (Refusal, OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, a person decides all the same
            log.warning("message_failed", message=str(message.id), error=type(error).__name__)
    return decide(None)


def _files_of(current: Message, parsed: ParsedMessage | None, *, at: datetime) -> Sequence[ParsedFile]:
    """Note what was read of a held message, if anything; its files."""
    if parsed is None:
        return ()
    filing.describe(current, parsed, channel_queries.our_addresses(), at=at)
    return parsed.files


def open_from_quarantine(*, message: Message, name: str = "", address: str = "", by: Actor, at: datetime) -> Complaint:
    """Make a quarantined message a complaint, received when it was received; who sorts the quarantine may.

    A typed `name` or `address` replaces what the header says; with neither, the file has no known contact.
    Refuses an address that cannot be written to. It is acknowledged unless no machine may answer it. One that we
    failed to read is read first.
    """

    def decide(parsed: ParsedMessage | None) -> Complaint:
        return _open(message=message, name=name, address=address, parsed=parsed, by=by, at=at)

    return _with_what_is_read(message, decide, by=by)


@write
def _open(
    *, message: Message, name: str, address: str, parsed: ParsedMessage | None, by: Actor, at: datetime
) -> Complaint:
    current = _held(message, by)
    files = _files_of(current, parsed, at=at)
    typed = address.strip()
    if typed and not is_address(typed):
        raise rules.AddressUnreadable
    current.silence = rules.silence_by_hand(str(current.silence), is_typed=bool(typed))
    known = typed or current.from_address
    return filing.open_file(current, name=name.strip() or current.from_name, address=known, files=files, by=by, at=at)


def link_from_quarantine(*, message: Message, reference: str, by: Actor, at: datetime) -> Complaint:
    """Attach a quarantined message to a file by hand; its sender becomes nobody's address by it.

    Who sorts the quarantine may, for files they may read. Refuses an unknown reference. One that we failed to read is
    read first.
    """

    def decide(parsed: ParsedMessage | None) -> Complaint:
        return _link(message=message, reference=reference, parsed=parsed, by=by, at=at)

    return _with_what_is_read(message, decide, by=by)


@write
def _link(*, message: Message, reference: str, parsed: ParsedMessage | None, by: Actor, at: datetime) -> Complaint:
    current = _held(message, by)
    files = _files_of(current, parsed, at=at)
    complaint = complaint_queries.find(reference=reference, actor=by)
    if complaint is None:
        raise rules.UnknownReference
    filing.attach(current, complaint, "by_hand", files, by=by, at=at)
    return complaint


@write
def file_away(*, message: Message, because: str, by: Actor, at: datetime) -> None:
    """Say that a quarantined message is no complaint, and why. It stays, out of the way. Refuses an empty reason."""
    channels.file_away(message=_held(message, by), because=rules.why_filed(because), by=by, at=at)


@write
def bring_back(*, message: Message, by: Actor, at: datetime) -> None:
    """Let a message that was set aside wait again: somebody changed their mind. Who sorts the quarantine may."""
    current = _held(message, by)
    if current.filed_at is not None:
        channels.bring_back(message=current, by=by, at=at)


def read_again(*, message: Message, by: Actor, at: datetime) -> Message:
    """Read a quarantined message anew, and decide anew: Doléance may have learnt to since.

    Refuses one whose bytes were erased, and one of which only the header was kept.
    """
    require(by, Permission.SORT_QUARANTINE)
    if message.limit == Limit.SIZE:
        raise rules.HeaderOnly
    raw = queries.original(message)
    if raw is None:
        raise rules.OriginalErased
    parsed = registry.channel_of(message).parse(raw)
    return _decide_again(message=message, parsed=parsed, by=by, at=at)


@write
def _decide_again(*, message: Message, parsed: ParsedMessage, by: Actor, at: datetime) -> Message:
    require(by, Permission.SORT_QUARANTINE)
    filing.hold_copies([(message, parsed)])
    current = _held(message, by)
    filing.settle(current, parsed, channel_queries.our_addresses(), by=by, at=at)
    return current


@write
def read_again_all(*, by: Actor, at: datetime) -> int:
    """Order that every message of the quarantine that reading may help be read anew; how many they are.

    A job does it, in the name and with the rights of who ordered it. Ordered twice, it is read once.
    """
    require(by, Permission.SORT_QUARANTINE)
    hold(f"read_again:{by.user_id}")  # of two orders at once the second finds the job of the first
    count = queries.to_read_again(by, before=at).count()
    if count and queries.reading_again(by) is None:
        facts = {"count": count}
        audit.record(stream=f"user:{by.user_id}", code="quarantine_read_again", by=by.id, at=at, facts=facts)
        job = app.configure_task(queries.READ_AGAIN, queue="intake")
        job.defer(user_id=str(by.user_id), before=at.isoformat())
    return count


@write
def change_party(
    *, complaint: Complaint, name: str, address: str, seen: int | None = None, by: Actor, at: datetime
) -> Complaint:
    """Say who complains: a file that somebody else's mail opened goes to the person of this address.

    Who handles files may, for those they may read. Refuses a file that is over, an address that cannot be written to,
    and one of our own mailboxes. The bytes of the file's messages depend on the new person's key from then on; an
    acknowledgement that waits to leave for the other one is taken back, and one is written to the new one unless
    theirs has left.
    """
    require(by, Permission.HANDLE)
    typed = address.strip()
    if not is_address(typed):
        raise rules.AddressUnreadable
    if rules.is_one_of(typed, channel_queries.our_addresses().mailboxes):
        raise rules.AddressOfOurs
    fresh = complaint_queries.by_id(complaint.pk)
    if fresh is not None and fresh.party is not None and complainant_queries.writes_from(fresh.party, typed):
        return complaints.locked(complaint, by=by)  # it is theirs already: sent twice, it is done once
    flights.keep_in(complaint=complaint, by=by, at=at)  # a mail is held before its file; one that just left is enough
    party = complainants.recognise(name=name, address=typed, language=complaint.language, by=by, at=at)
    current = complaints.locked(complaint, by=by, seen=seen)
    complaint_rules.may_edit(State(current.state))
    current.party = party
    current.save(update_fields=["party"])
    complaints.touch(current, at=at)
    complaints.record(current, "party_set", by=by, at=at, rows=[(current, ["party_id"])])
    for message in queries.messages_of(current):
        channels.depend_on(message, party.id)
    understanding.depend_on(current, party.id)
    drafting.depend_on(current, party.id)
    if queries.may_acknowledge_again(current):
        notifications.acknowledge(complaint=current, by=by, at=at)
    return current
