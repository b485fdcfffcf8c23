"""What becomes of a message: what it repeats, answers or continues, and the file it opens."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.conf import settings

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Actor
from doleance.channels import rules as channel_rules
from doleance.channels.actions import messages as channels
from doleance.channels.actions.messages import Judged
from doleance.channels.email import authentication
from doleance.channels.models import Message
from doleance.channels.queries import OurAddresses
from doleance.channels.rules import ParsedFile, ParsedMessage, SenderClass, Source
from doleance.complainants import actions as complainants
from doleance.complainants import queries as complainant_queries
from doleance.complainants.rules import normal_email
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import merging
from doleance.complaints.following import mask_links
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State, title_from
from doleance.deadlines import actions as deadlines
from doleance.deadlines.rules.clocks import CancelReason
from doleance.intake import queries, rules
from doleance.intake.actions import reading
from doleance.intake.drafts import TYPED
from doleance.intake.queries import FollowUp
from doleance.intake.rules import Bounced, Fate
from doleance.kernel.db import hold_all, pending
from doleance.notifications.actions import bouncing
from doleance.notifications.actions import writing as notifications
from doleance.notifications.models import Notice
from doleance.notifications.telling import Opened
from doleance.packs.rules import ClockKind


class Shown(TypedDict):
    """What a message shows of an address, as `complainants.actions` takes it."""

    proved: bool
    written_at: datetime | None


def hold_copies(read: Sequence[tuple[Message, ParsedMessage]]) -> None:
    """Hold, in order, what makes messages copies of one another, and then the mails of ours that machines answer."""
    hold_all(f"message:{_copy_name(message, parsed)}" for message, parsed in read)
    pending(_Alone).look(read)
    bouncing.hold_mails({one for _, parsed in read for one in queries.answered_notices(parsed)})


class _Alone:
    """What one write holds and found no copy of: neither in the ledger nor among what it reads with it."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def look(self, read: Sequence[tuple[Message, ParsedMessage]]) -> None:
        """Look for copies of many messages at once, by what names them."""
        names = Counter(_copy_name(message, parsed) for message, parsed in read)
        taken = queries.names_taken(read)
        self._names |= {name for name, times in names.items() if times == 1 and name not in taken}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def finish(self) -> None:
        """Nothing waits: locks end with the transaction."""


def _copy_name(message: Message, parsed: ParsedMessage) -> str:
    return parsed.message_id or message.sha256


def meet(read: Sequence[tuple[Message, ParsedMessage]], *, at: datetime) -> None:
    """Hold, in order, the addresses of those who wrote, and ask together what is known of them."""
    addresses = {parsed.sender.address for _, parsed in read if parsed.sender.address}
    complainants.meet(addresses)
    notifications.expect(addresses, at=at)


def describe(message: Message, parsed: ParsedMessage, ours: OurAddresses, *, at: datetime) -> Judged:
    """Note on a claimed message what was read and is made of it, before anything is decided."""
    _note_history(message, parsed)
    judged = _judge(message, parsed, ours)
    channels.describe(message=message, parsed=parsed, judged=judged, at=at)
    # Mails of ours that are quoted or forwarded hold their reader's own link; the bytes keep what was written.
    message.subject, message.text = mask_links(message.subject), mask_links(message.text)
    return judged


def settle(message: Message, parsed: ParsedMessage, ours: OurAddresses, *, by: Actor, at: datetime) -> None:
    """The one chain of decisions: what it is, what it repeats, what it answers, what it continues, who it is from."""
    judged = describe(message, parsed, ours, at=at)
    is_alone = _copy_name(message, parsed) in pending(_Alone)
    twin, message.same_id_as = (None, None) if is_alone else queries.twin_of(message, parsed)
    thread = queries.thread_of(parsed, is_machine=judged.is_automatic) if twin is None else None
    message.rule = thread.rule if thread is not None else ""
    fate, reason = rules.fate(
        parsed,
        is_machine=judged.is_automatic,
        is_twin=twin is not None,
        match=thread.match if thread is not None else None,
        is_refuted=rules.is_refuted(judged.words),
        mailboxes=ours.mailboxes,
        staff=ours.staff,
    )
    if twin is not None:
        channels.mark_duplicate(message=message, of=twin, by=by, at=at)
    elif reason is not None:
        message.cites = thread.complaint.id if thread is not None else None
        channels.quarantine(message=message, reason=reason, files=parsed.files, by=by, at=at)
    elif thread is None:
        open_file(message, name=message.from_name, address=message.from_address, files=parsed.files, by=by, at=at)
    elif fate is Fate.JOINS:
        _join(message, parsed, thread, by=by, at=at)
    else:
        _continue(message, parsed, thread, by=by, at=at)


def _judge(message: Message, parsed: ParsedMessage, ours: OurAddresses) -> Judged:
    """What is made of a message before it is decided about: whether a machine wrote it, who vouches for its sender."""
    every = ours.mailboxes | ours.staff
    key, mailbox = settings.DOLEANCE_MAIL_KEY, message.mailbox
    silence = rules.silence(
        parsed,
        ours=every,
        wanted=message.acknowledge,
        mailbox_answers=mailbox is None or mailbox.acknowledge,
        key=key,
    )
    verdict = authentication.verdict(
        results=parsed.authentication,
        authserv_id=mailbox.authserv_id if mailbox is not None else "",
        address=parsed.sender.address,
    )
    return Judged(
        is_automatic=rules.is_automatic(parsed, key=key),
        is_verified=verdict.is_verified,
        words=verdict.words,
        proposed=rules.proposed(parsed, ours=every),
        silence=silence or "",
    )


def _note_history(message: Message, parsed: ParsedMessage) -> None:
    """What an import brings was history long before: only reading says so. A mailbox that is fetched said it already,
    and its mails that arrive late, after an outage, are owed what all others are.
    """
    if message.source == Source.IMPORT:
        received_at, _ = channels.reception(message, parsed)
        if channel_rules.is_history(received_at=received_at, since=message.stored_at):
            message.acknowledge = False


def _join(message: Message, parsed: ParsedMessage, thread: FollowUp, *, by: Actor, at: datetime) -> None:
    """What a machine answers joins the file of our mail, and moves nothing there; a refusal marks its address."""
    message.answers = thread.notice.id if thread.notice is not None else None
    if thread.notice is not None:
        is_returned = rules.is_returned(parsed, key=settings.DOLEANCE_MAIL_KEY)
        bounce = rules.bounced(parsed.report, to=thread.notice.to_address, is_returned=is_returned)
        if bounce is not None:
            _bounce(thread.notice, bounce, since=message.received_at, by=by, at=at)
    attach(message, thread.complaint, thread.rule.value, parsed.files, by=by, at=at)


def _bounce(notice: Notice, bounce: Bounced, *, since: datetime, by: Actor, at: datetime) -> None:
    """A mail of ours came back: it is said beside it, and an address that refuses for good waits for a person."""
    words = bounce.words
    bouncing.note_bounce(notice_id=notice.id, status=bounce.status, words=words, by=by, at=at)
    address = complainant_queries.by_email(notice.to_address) if bounce.is_permanent else None
    if address is not None:
        because = f"{bounce.status} {words}".strip()
        complainants.mark_invalid(address=address, because=because, by=by, at=since)


def _continue(message: Message, parsed: ParsedMessage, thread: FollowUp, *, by: Actor, at: datetime) -> None:
    if thread.sender is not None:
        complainants.heard_from(address=thread.sender, **_shown(message, thread.sender.value), by=by, at=at)
    attach(message, thread.complaint, thread.rule.value, parsed.files, by=by, at=at)


def _shown(message: Message, address: str) -> Shown:
    """What a message shows of an address: nothing of one that it did not come from, or whose server disowns it."""
    own = normal_email(address) == normal_email(message.from_address)
    if not own or message.is_automatic or rules.is_refuted(message.authentication):
        return {"proved": False, "written_at": None}
    return {"proved": message.sender_class == SenderClass.VERIFIED, "written_at": message.received_at}


def _subject_of(complaint: Complaint) -> UUID:
    """Under whose key the bytes of a file's messages lie: the person's, else the file's own."""
    return complaint.party_id or complaint.id


def attach(
    message: Message, complaint: Complaint, rule: str, files: Sequence[ParsedFile], *, by: Actor, at: datetime
) -> None:
    """Add a message to the file it continues; a settled file is reopened, and its clocks with it. What continues a
    merged one stays with it and brings back to work the file in which its matter goes on.

    What a machine wrote is shown there and moves nothing, be it attached by a person's hand.
    """
    channels.link(message=message, files=files, subject=_subject_of(complaint), by=by, at=at)
    if message.is_automatic:
        complaints.add_automatic(complaint=complaint, message=message, text=message.text, rule=rule, by=by, at=at)
        return
    said = mask_links(message.text)  # of what came by the form too
    complaints.add_exchange(complaint=complaint, message=message, text=said, rule=rule, by=by, at=at)
    reading.order(message)
    current = complaints.locked(complaint, by=None)
    if current.state == State.MERGED:
        current = merging.hear(complaint=current, by=by, at=at)
    elif complaint.first_written_at is None and current.first_written_at is not None:
        deadlines.start(complaint=current, by=by, at=at)
    if current.state == State.REOPENED:
        deadlines.reopen(complaint=current, since=message.received_at, by=by, at=at)


def open_file(
    message: Message, *, name: str, address: str, files: Sequence[ParsedFile], by: Actor, at: datetime
) -> Complaint:
    """Open a file for a message: its person, its clocks, and an acknowledgement unless no machine may answer."""
    entity = message.entity
    party = None
    if address:
        shown = _shown(message, address)
        party = complainants.recognise(name=name, address=address, language=entity.language, **shown, by=by, at=at)
    complaint = complaints.open_dossier(
        entity=entity,
        team=message.team or accounts.default_team(entity),
        party=party,
        message=message,
        text=message.text,
        title=title_from(message.subject, message.text),
        received_at=message.received_at,
        sent_at=message.received_at,  # electronic: sent is received (reliability.md §2)
        language=entity.language,
        by=by,
        at=at,
    )
    channels.link(message=message, files=files, subject=_subject_of(complaint), by=by, at=at)
    started = deadlines.start(complaint=complaint, by=by, at=at)
    opened = Opened(
        message=message,
        to=complainants.email_of(party) if party is not None else "",
        clocks=[clock.running() for clock in started],
    )
    acknowledge(complaint, opened, by=by, at=at)
    reading.order(message)
    return complaint


def acknowledge(complaint: Complaint, opened: Opened, *, by: Actor, at: datetime) -> None:
    """Acknowledge a file that this write opened, unless no machine may, and say so there."""
    message = opened.message
    if not message.acknowledge:  # acknowledged before Doléance, or never will be: the clock has no object
        kinds = {ClockKind.ACKNOWLEDGE}
        deadlines.cancel(complaint=complaint, reason=CancelReason.HISTORY, kinds=kinds, by=by, at=at)
    if not message.silence and notifications.acknowledge(complaint=complaint, opened=opened, by=by, at=at) is None:
        _note_unreachable(message, complaint)
        if message.channel in TYPED and not opened.to:
            # The receipt, before their eyes at once, is all that reaches them.
            deadlines.met(complaint=complaint, kind=ClockKind.ACKNOWLEDGE, by=by, at=at)
    if message.silence:
        facts = {"reason": str(message.silence)}
        complaints.record(complaint, "acknowledgement_withheld", by=by, at=at, facts=facts)


def _note_unreachable(message: Message, complaint: Complaint) -> None:
    """An old mail of somebody whose address no longer works: no machine writes there until a person mends it."""
    if complaint.party is not None and complainant_queries.bounced_of(complaint.party) is not None:
        message.silence = rules.Silence.INVALID
        message.save(update_fields=["silence"])
