"""From a raw message to an open file, an exchange, or the quarantine; and what a person does there."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from procrastinate.contrib.django import app

from doleance.accounts import queries as accounts
from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.channels import actions as channels
from doleance.channels import queries as channel_queries
from doleance.channels import registry
from doleance.channels.actions import Incoming
from doleance.channels.email.addresses import is_address
from doleance.channels.models import ImportLine, ImportRun, Mailbox, Message
from doleance.channels.queries import OurAddresses
from doleance.channels.rules import MessageState, NotInQuarantine, ParsedFile, ParsedMessage, Reason, Source
from doleance.complainants import actions as complainants
from doleance.complaints import actions as complaints
from doleance.complaints import queries as complaint_queries
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State, title_from
from doleance.deadlines import actions as deadlines
from doleance.deadlines.rules.clocks import CancelReason
from doleance.intake import queries, rules
from doleance.intake.sources import Found
from doleance.kernel.db import hold, write
from doleance.notifications.actions import writing as notifications
from doleance.packs.rules import ClockKind

READ_MESSAGE, READ_IMPORT = "intake.read_message", "intake.read_import"  # the jobs' names, by which they are deferred
RESCUE_SECONDS = 60  # after which a job reads what an import stored and did not read: it was killed


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

    Their identifiers are held first, in order: of two copies read at once the second finds the first, and two batches
    never wait in a circle.
    """
    for identifier in sorted({parsed.message_id for _, parsed in read if parsed.message_id}):
        hold(f"message:{identifier}")
    said = {message.pk: parsed for message, parsed in read}
    ours = channel_queries.our_addresses()
    claimed = channels.claim(messages=[message for message, _ in read], state=MessageState.STORED)
    for message in claimed:
        _settle(message, said[message.pk], ours, by=by, at=at)
    return claimed


def _settle(message: Message, parsed: ParsedMessage, ours: OurAddresses, *, by: Actor, at: datetime) -> None:
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
        _attach(message, thread.complaint, thread.rule, parsed.files, by=by, at=at)
        return
    reason = rules.held_back(parsed, mailboxes=ours.mailboxes)
    if thread is not None:
        message.cites = thread.complaint.id
        reason = reason or Reason.HELD_SENDER
    if reason is not None:
        channels.quarantine(message=message, reason=reason, files=parsed.files, by=by, at=at)
    else:
        _open(message, name=message.from_name, address=message.from_address, files=parsed.files, by=by, at=at)


def _subject_of(complaint: Complaint) -> UUID:
    """Under whose key the bytes of a file's messages lie: the person's, else the file's own."""
    return complaint.party_id or complaint.id


def _attach(
    message: Message, complaint: Complaint, rule: str, files: Sequence[ParsedFile], *, by: Actor, at: datetime
) -> None:
    """Add a message to the file it continues; a settled file is reopened, and its clocks with it."""
    channels.link(message=message, files=files, subject=_subject_of(complaint), by=by, at=at)
    complaints.add_exchange(complaint=complaint, message=message, text=message.text, rule=rule, by=by, at=at)
    current = complaints.locked(complaint, by=None)
    if current.state == State.REOPENED:
        deadlines.reopen(complaint=current, since=message.received_at, by=by, at=at)


def _open(
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


@write
def park(*, message: Message, by: Actor, at: datetime) -> None:
    """Set aside a message on which our own code failed: a person sees it and may have it read again."""
    for current in channels.claim(messages=[message], state=MessageState.STORED):
        channels.quarantine(message=current, reason=Reason.FAILED, files=(), by=by, at=at)


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
    return _open(current, name=name.strip() or current.from_name, address=known, files=(), by=by, at=at)


@write
def link_from_quarantine(*, message: Message, reference: str, by: Actor, at: datetime) -> Complaint:
    """Attach a quarantined message to a file by hand; its sender becomes nobody's address by it.

    Who sorts the quarantine may, for files they may read. Refuses an unknown reference.
    """
    current = _held(message, by)
    complaint = complaint_queries.find(reference=reference, actor=by)
    if complaint is None:
        raise rules.UnknownReference
    _attach(current, complaint, "by_hand", (), by=by, at=at)
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
    _settle(current, parsed, channel_queries.our_addresses(), by=by, at=at)
    return current


@write
def begin_import(
    *,
    path: str,
    entity: Entity,
    team: Team,
    mailbox: Mailbox | None,
    acknowledge: bool,
    by: Actor,
    at: datetime,
) -> ImportRun:
    """The import of a path: the one that was begun with the same choices and not finished, else a new one."""
    hold(f"import:{path}")
    wanted = ImportRun(path=path, entity=entity, team=team, mailbox=mailbox, acknowledge=acknowledge, started_at=at)
    begun = queries.unfinished_run(wanted)
    if begun is not None:
        return begun
    wanted.save(force_insert=True)
    facts = {"entity": entity.id, "mailbox": mailbox.id if mailbox else None, "acknowledge": acknowledge}
    audit.record(stream=wanted.journal_stream, code="import_begun", by=by.id, at=at, facts=facts, texts={"path": path})
    return wanted


@write
def store_lines(*, run: ImportRun, found: Sequence[Found], by: Actor, at: datetime) -> int:
    """Keep a batch of an import's items and the job that will read them if we cannot; how many were new."""
    items = [
        Incoming(
            raw=one.raw,
            source=Source.IMPORT,
            entity=run.entity,
            team=run.team or accounts.default_team(run.entity),
            mailbox=run.mailbox,
            separator=one.separator,
            acknowledge=run.acknowledge,
        )
        for one in found
    ]
    stored = channels.store(items=items, by=by, at=at)
    ImportLine.objects.bulk_create(
        [
            ImportLine(
                run=run,
                path=one.path,
                position=one.position,
                sha256=row.message.sha256,
                message=row.message,
                repeats=not row.is_new,
            )
            for one, row in zip(found, stored, strict=True)
        ],
        ignore_conflicts=True,  # the same import, run twice at once, wrote this line
    )
    new = sum(row.is_new for row in stored)
    facts = {"lines": len(found), "new": new}
    audit.record(stream=run.journal_stream, code="import_lines_stored", by=by.id, at=at, facts=facts)
    if new:
        later = {"seconds": RESCUE_SECONDS}
        app.configure_task(READ_IMPORT, queue="intake", schedule_in=later).defer(run_id=str(run.id))
    return new


@write
def end_listing(*, run: ImportRun, by: Actor, at: datetime) -> None:
    """Note that every item of an import's source is in the ledger."""
    if run.listed_at is None:
        run.listed_at = at
        run.save(update_fields=["listed_at"])
        audit.record(stream=run.journal_stream, code="import_listed", by=by.id, at=at)


@write
def end_import(*, run: ImportRun, by: Actor, at: datetime) -> bool:
    """Note that an import is finished, when every item is stored and read; whether it is."""
    current = ImportRun.objects.select_for_update().get(pk=run.pk)
    told = queries.tally(current)
    if current.finished_at is None and current.listed_at is not None and not told.unread:
        current.finished_at = at
        current.save(update_fields=["finished_at"])
        facts = {"received": told.received, "linked": told.linked, "quarantined": told.quarantined}
        facts |= {"duplicate": told.duplicate, "complaints": told.complaints}
        audit.record(stream=current.journal_stream, code="import_finished", by=by.id, at=at, facts=facts)
    return current.finished_at is not None
