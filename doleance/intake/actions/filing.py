"""What becomes of a message: what it repeats, answers or continues, and the file it opens."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Actor
from doleance.channels.actions import messages as channels
from doleance.channels.models import Message
from doleance.channels.queries import OurAddresses
from doleance.channels.rules import ParsedFile, ParsedMessage, Reason
from doleance.complainants import actions as complainants
from doleance.complaints import actions as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State, title_from
from doleance.deadlines import actions as deadlines
from doleance.deadlines.rules.clocks import CancelReason
from doleance.intake import queries, rules
from doleance.notifications.actions import writing as notifications
from doleance.packs.rules import ClockKind


def settle(message: Message, parsed: ParsedMessage, ours: OurAddresses, *, by: Actor, at: datetime) -> None:
    """The one chain of decisions: what it is, what it repeats, what it answers, what it continues, who it is from."""
    is_machine = rules.is_automatic(parsed)
    silence = rules.silence(
        parsed,
        ours=ours.mailboxes | ours.staff,
        wanted=message.acknowledge,
        mailbox_answers=message.mailbox is None or message.mailbox.acknowledge,
    )
    channels.describe(message=message, parsed=parsed, is_automatic=is_machine, silence=silence or "", at=at)
    twin, message.same_id_as = queries.twin_of(message, parsed)
    reason = rules.unreadable(parsed)
    if twin is not None:
        channels.mark_duplicate(message=message, of=twin, by=by, at=at)
    elif reason is not None:
        channels.quarantine(message=message, reason=reason, files=parsed.files, by=by, at=at)
    elif is_machine:
        _file_automatic(message, parsed, by=by, at=at)
    else:
        _continue_or_open(message, parsed, ours, by=by, at=at)


def _file_automatic(message: Message, parsed: ParsedMessage, *, by: Actor, at: datetime) -> None:
    """A bounce or an absence joins the file of the mail it answers, and moves nothing there; else a person looks."""
    complaint = queries.answered_by(parsed)
    if complaint is None:
        channels.quarantine(message=message, reason=Reason.AUTOMATIC, files=parsed.files, by=by, at=at)
        return
    channels.link(message=message, files=parsed.files, subject=_subject_of(complaint), by=by, at=at)
    complaints.add_automatic(complaint=complaint, message=message, text=parsed.text, rule="automatic", by=by, at=at)


def _continue_or_open(message: Message, parsed: ParsedMessage, ours: OurAddresses, *, by: Actor, at: datetime) -> None:
    thread = queries.thread_of(parsed)
    if thread is not None and not thread.is_held:
        attach(message, thread.complaint, thread.rule, parsed.files, by=by, at=at)
        return
    reason = rules.held_back(parsed, mailboxes=ours.mailboxes)
    if thread is not None:
        message.cites = thread.complaint.id
        reason = reason or Reason.HELD_SENDER
    if reason is not None:
        channels.quarantine(message=message, reason=reason, files=parsed.files, by=by, at=at)
    else:
        open_file(message, name=message.from_name, address=message.from_address, files=parsed.files, by=by, at=at)


def _subject_of(complaint: Complaint) -> UUID:
    """Under whose key the bytes of a file's messages lie: the person's, else the file's own."""
    return complaint.party_id or complaint.id


def attach(
    message: Message, complaint: Complaint, rule: str, files: Sequence[ParsedFile], *, by: Actor, at: datetime
) -> None:
    """Add a message to the file it continues; a settled file is reopened, and its clocks with it."""
    channels.link(message=message, files=files, subject=_subject_of(complaint), by=by, at=at)
    complaints.add_exchange(complaint=complaint, message=message, text=message.text, rule=rule, by=by, at=at)
    current = complaints.locked(complaint, by=None)
    if current.state == State.REOPENED:
        deadlines.reopen(complaint=current, since=message.received_at, by=by, at=at)


def open_file(
    message: Message, *, name: str, address: str, files: Sequence[ParsedFile], by: Actor, at: datetime
) -> Complaint:
    """Open a file for a message: its person, its clocks, and an acknowledgement unless no machine may answer."""
    entity = message.entity
    party = None
    if address:
        party = complainants.recognise(name=name, address=address, language=entity.language, by=by, at=at)
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
    deadlines.start(complaint=complaint, by=by, at=at)
    _acknowledge(message, complaint, by=by, at=at)
    return complaint


def _acknowledge(message: Message, complaint: Complaint, *, by: Actor, at: datetime) -> None:
    if not message.acknowledge:  # it was acknowledged before Doléance, or never will be: the clock has no object
        kinds = {ClockKind.ACKNOWLEDGE}
        deadlines.cancel(complaint=complaint, reason=CancelReason.HISTORY, kinds=kinds, by=by, at=at)
    if message.silence:
        facts = {"reason": str(message.silence)}
        complaints.record(complaint, "acknowledgement_withheld", by=by, at=at, facts=facts)
    else:
        notifications.acknowledge(complaint=complaint, by=by, at=at)
