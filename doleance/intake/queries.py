"""What is asked around the arrival of messages: the thread one continues, and the quarantine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts.rules import Actor, Permission, may
from doleance.audit.seal import KeyDestroyed
from doleance.channels import queries as channels
from doleance.channels.models import Attachment, ImportLine, ImportRun, Message
from doleance.channels.rules import Limit, MessageState, ParsedMessage, Person, Reason, Source, sentence_of
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address, Party
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import OPEN, State
from doleance.intake import pressure, rules
from doleance.intake.pressure import Budget, Of
from doleance.intake.rules import Rule
from doleance.kernel import kept, sql
from doleance.kernel.kept import Statement
from doleance.kernel.kinds import gettext_noop
from doleance.notifications import queries as notifications
from doleance.notifications.models import Notice

READ_AGAIN = "intake.read_again"  # the job's name, by which it is deferred
LOST_AFTER = timedelta(minutes=5)  # how long a message waits for the job made with it, before it is looked for
_SQL = sql.queries("doleance.intake", "queries.sql")
EXACT = 10_000  # drafts: what may be counted further is not counted for each form
_STORING_FOR = timedelta(minutes=10)  # a command that stored nothing for so long was killed
SOURCE_SHOWN = 20_000  # bytes of a raw message that the quarantine page shows


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The file that a message continues or answers, and the rule that says so.

    `sender` is the address that it came from when it is the complainant's; `notice` the mail of ours that it answers;
    `is_shown`: a machine's mail shows that it does.
    """

    complaint: Complaint
    rule: Rule
    sender: Address | None
    notice: Notice | None = None
    is_shown: bool = False

    @property
    def match(self) -> rules.Match:
        """What its fate depends on."""
        is_merged = self.complaint.state == State.MERGED and self.complaint.merged_into_id is None
        return rules.Match(is_known=self.sender is not None, is_merged=is_merged, is_shown=self.is_shown)


def thread_of(parsed: ParsedMessage, *, is_machine: bool) -> FollowUp | None:
    """The file that a message continues; that of the mail that it answers, when a machine wrote it.

    The surest claim that leads to a file counts; of a machine's, the surest that is believed, else the surest.
    """
    key = settings.DOLEANCE_MAIL_KEY
    if not is_machine:
        found = (_claimed(claim, parsed.sender.address) for claim in rules.claims(parsed, key=key))
        return next((one for one in found if one is not None), None)
    cited = [_claimed(claim, parsed.sender.address) for claim in rules.answers(parsed, key=key)]
    shown = [replace(one, is_shown=_is_shown(parsed, one, key)) for one in cited if one is not None]
    return next((one for one in shown if one.is_shown or one.sender is not None), next(iter(shown), None))


def _is_shown(parsed: ParsedMessage, found: FollowUp, key: bytes) -> bool:
    """Whether a machine's mail shows by more than an identifier or a reference that it answers a mail of ours."""
    about = {found.complaint.id} | ({found.notice.id} if found.notice is not None else set())
    if rules.is_signed_for(parsed, about, key=key):
        return True
    return found.notice is not None and rules.shows_answer(parsed, to=found.notice.to_address)


def _claimed(claim: rules.Claim, address: str) -> FollowUp | None:
    """The file and the mail that a claim leads to."""
    notice = notifications.by_id(claim.notice_id) if claim.notice_id else None
    if claim.reference:
        complaint = complaints.by_reference(claim.reference)
    else:
        complaint = complaints.by_id(claim.complaint_id or (notice.complaint_id if notice else None))
    if complaint is None:
        return None
    if notice is not None and notice.complaint_id != complaint.id:
        notice = None
    return FollowUp(complaint, claim.rule, _known(complaint, address), notice)


def _known(complaint: Complaint, address: str) -> Address | None:
    """The address, when that is where a message came from, of the complainant or of who writes for them.

    Whoever complains in a file may continue it by way of one that was merged into it.
    """
    files = {complaint, complaints.kept_of(complaint)}
    people = {pk for one in files for pk in (one.party_id, one.representative_id)} - {None}
    known = complainants.by_email(address) if people else None
    return known if known is not None and known.party_id in people else None


def answered_notices(parsed: ParsedMessage) -> set[UUID]:
    """The mails of ours that a machine's mail names: they are held before the files they belong to."""
    key = settings.DOLEANCE_MAIL_KEY
    if not rules.is_automatic(parsed, key=key):
        return set()
    return {claim.notice_id for claim in rules.answers(parsed, key=key) if claim.notice_id is not None}


def names_taken(read: Sequence[tuple[Message, ParsedMessage]]) -> set[str]:
    """Of messages that are being read, the Message-IDs, and the hashes of those without one, that were read before."""
    return channels.names_taken(
        message_ids={parsed.message_id for _, parsed in read if parsed.message_id},
        hashes={message.sha256 for message, parsed in read if not parsed.message_id},
    )


def twin_of(message: Message, parsed: ParsedMessage) -> tuple[Message | None, Message | None]:
    """The message that this one repeats, and else one that only has its Message-ID.

    It repeats one of the same Message-ID and body; without a Message-ID, one of the very same bytes, be it of another
    mailbox, of an import, or from before a server gave its mails new numbers.
    """
    if not parsed.message_id:
        return channels.same_bytes(message), None
    twins = list(channels.twins(message_id=parsed.message_id, other_than=message.id)[:50])
    same = next((twin for twin in twins if twin.body_sha256 == parsed.body_sha256), None)
    return same, None if same else next(iter(twins), None)


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A message that waits, as a list shows it. `sentence` is a French msgid whose `{detail}` is `detail`."""

    id: UUID
    reason: Reason
    label: str
    sentence: str
    detail: str
    from_name: str
    from_address: str
    subject: str
    excerpt: str
    received_at: datetime
    size: int
    filed_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuarantinedMessage:
    """One message that waits, whole. `source` is the beginning of the file as received; `cites` the file it names, by
    `rule`; `proposed` whom it seems to speak for; `is_erased` says that its file cannot be opened any more.
    """

    row: QuarantineRow
    message: Message
    text: str
    source: str
    is_cut: bool
    attachments: list[Attachment]
    cites: Complaint | None
    rule: Rule | None
    proposed: Person | None
    is_erased: bool

    @property
    def may_be_read_again(self) -> bool:
        """Whether there is more to read than was read: neither erased, nor a header whose mail lies elsewhere."""
        return not self.is_erased and self.message.limit != Limit.SIZE


def in_quarantine(actor: Actor) -> QuerySet[Message]:
    """The quarantined messages this actor may read: those of their teams, or all for who reads all files.

    What was held on its way to a restricted file is its circle's.
    """
    if not may(actor, Permission.READ_QUARANTINE):
        return Message.objects.none()
    rows = Message.objects.filter(state=MessageState.QUARANTINED)
    if actor.is_machine:
        return rows
    rows = rows.exclude(cites__in=complaints.closed_to(actor).values("pk"))
    if may(actor, Permission.READ_ALL_FILES):
        return rows
    theirs = complaints.open_by_circle(actor).values("pk")
    return rows.filter(Q(team__in=actor.teams) | Q(cites__in=theirs))


def quarantine(*, actor: Actor, filed: bool = False, limit: int = 200) -> list[QuarantineRow]:
    """What waits for a person, the latest first; `filed`: what a person set aside instead."""
    rows = in_quarantine(actor).filter(filed_at__isnull=not filed).order_by("-received_at", "-id")
    return [_row(message) for message in rows[:limit]]


def count_quarantine(actor: Actor) -> int:
    """How many messages wait for a person."""
    return int(kept.ask(kept.counting([quarantine_counted(actor)]))[0][0])


@lru_cache(maxsize=500)
def quarantine_counted(actor: Actor) -> Statement:
    """The statement that counts them: the same at each page of somebody with the same rights."""
    return kept.count_of(in_quarantine(actor).filter(filed_at__isnull=True))


def quarantined(*, message_id: UUID, actor: Actor) -> QuarantinedMessage | None:
    """One message of the quarantine with the beginning of its source, when this actor may read it."""
    message = in_quarantine(actor).select_related("entity", "team", "mailbox").filter(pk=message_id).first()
    if message is None:
        return None
    raw = original(message)
    cited = complaints.visible_to(actor).filter(pk=message.cites).first() if message.cites else None
    return QuarantinedMessage(
        row=_row(message),
        message=message,
        text=message.text,
        source=(raw or b"")[:SOURCE_SHOWN].decode("utf-8", "replace").replace("\x00", "\ufffd"),
        is_cut=raw is not None and len(raw) > SOURCE_SHOWN,
        attachments=channels.attachments(message),
        cites=cited,
        rule=Rule(message.rule) if message.rule else None,
        proposed=proposed_by(message),
        is_erased=raw is None,
    )


def proposed_by(message: Message) -> Person | None:
    """Whom a message seems to speak for besides its sender; a person says whether it does."""
    return Person(message.forwarded_name, message.forwarded_address) if message.forwarded_address else None


def original(message: Message) -> bytes | None:
    """A message as it was received, byte for byte; None once it was erased. Raises SealError on any other loss."""
    try:
        return channels.raw_of(message)
    except KeyDestroyed:
        return None


def quarantined_file(*, message_id: UUID, attachment_id: UUID, actor: Actor) -> Attachment | None:
    """A file of a message of the quarantine that this actor may read."""
    messages = in_quarantine(actor).filter(pk=message_id)
    return Attachment.objects.select_related("message", "blob").filter(pk=attachment_id, message__in=messages).first()


def to_read_again(actor: Actor, *, before: datetime) -> QuerySet[Message]:
    """What waits and might no longer wait if it were read by what Doléance has become since `before`."""
    rows = in_quarantine(actor).filter(filed_at__isnull=True, reason__in=sorted(rules.MAY_CHANGE))
    rows = rows.exclude(limit=Limit.SIZE)  # only its header is here
    return rows.filter(Q(read_at__isnull=True) | Q(read_at__lt=before)).order_by("id")


def reading_again(actor: Actor) -> int | None:
    """How many messages are left of the reading that this person ordered; None when none is going on."""
    jobs = ProcrastinateJob.objects.filter(task_name=READ_AGAIN, status__in=["todo", "doing"])
    job = jobs.filter(args__user_id=str(actor.user_id)).order_by("-id").first()
    return to_read_again(actor, before=datetime.fromisoformat(job.args["before"])).count() if job else None


def messages_of(complaint: Complaint) -> list[Message]:
    """The messages of a file, ours and theirs."""
    return list(Message.objects.filter(exchange__complaint=complaint).order_by("id"))


def may_acknowledge_again(complaint: Complaint) -> bool:
    """Whether a machine may tell a person whom somebody named that their complaint was received."""
    first = Message.objects.filter(exchange__complaint=complaint, exchange__rule="opened").order_by("id").first()
    return first is None or not rules.silence_by_hand(first.silence, is_typed=True)


def unacknowledged(party: Party) -> list[tuple[Message, Complaint]]:
    """What opened the files, still open, that no machine acknowledged because mail came back from there."""
    opened = Exchange.objects.filter(
        complaint__party=party,
        complaint__state__in=sorted(OPEN),
        rule="opened",
        message__silence=rules.Silence.INVALID,
        message__acknowledge=True,
    )
    rows = opened.select_related("message", "complaint__entity", "complaint__party").order_by("complaint_id", "id")
    return [(exchange.message, exchange.complaint) for exchange in rows if exchange.message is not None]


@dataclass(frozen=True, slots=True)
class InvalidAddress:
    """A mail address from which our mail comes back: a task until a person mends it. `reference` is the latest file
    of its owner; `because` the refusing server's words.
    """

    id: UUID
    reference: str
    party: str
    address: str
    since: datetime
    because: str


def invalid_addresses(actor: Actor, *, limit: int | None = None) -> list[InvalidAddress]:
    """The addresses that no longer work, of complainants who have no other one, in the files of this actor.

    Who has another address is written to there by itself. The longest since first; one query.
    """
    rows = _invalid(actor).select_related("party")[:limit]
    return [
        InvalidAddress(
            id=one.id,
            reference=one.reference,
            party=one.party.name,
            address=one.value,
            since=one.invalid_at,
            because=one.invalid_because,
        )
        for one in rows
        if one.invalid_at is not None
    ]


def count_invalid_addresses(actor: Actor) -> int:
    """How many such addresses wait."""
    return int(kept.ask(kept.counting([invalid_counted(actor)]))[0][0])


@lru_cache(maxsize=500)
def invalid_counted(actor: Actor) -> Statement:
    """The statement that counts them."""
    return kept.count_of(_invalid(actor))


def _invalid(actor: Actor) -> Any:
    """Those addresses, each with the reference of a file in which this actor may mend it."""
    latest = complaints.visible_to(actor).filter(party=OuterRef("party")).order_by("-received_at", "-id")
    found = complainants.bounced().annotate(reference=Subquery(latest.values("reference")[:1]))
    return found.filter(reference__isnull=False)


def find_address(*, address_id: UUID, actor: Actor) -> Address | None:
    """An address of somebody who complains in a file that this actor may read."""
    parties = complaints.visible_to(actor).values("party")
    return Address.objects.select_related("party").filter(pk=address_id, party__in=parties).first()


def _row(message: Message) -> QuarantineRow:
    reason = Reason(message.reason)
    return QuarantineRow(
        id=message.id,
        reason=reason,
        label=reason.label,
        sentence=sentence_of(reason),
        detail=Limit(message.limit).label if message.limit else str(message.lost),
        from_name=message.from_name,
        from_address=message.from_address,
        subject=message.subject,
        excerpt=" ".join(message.text[:400].split()),
        received_at=message.received_at,
        size=message.size,
        filed_at=message.filed_at,
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """What an import came to. `received` = `linked` + `quarantined` + `duplicate` once nothing is left to read."""

    received: int
    linked: int
    quarantined: int
    duplicate: int
    complaints: int
    unread: int


def tally(run: ImportRun) -> Tally:
    """Count an import by its lines; an item that the ledger had already is a duplicate of what it repeats."""
    own = Q(repeats=False)
    counts = ImportLine.objects.filter(run=run).aggregate(
        received=Count("id"),
        linked=Count("id", filter=own & Q(message__state=MessageState.LINKED)),
        quarantined=Count("id", filter=own & Q(message__state=MessageState.QUARANTINED)),
        repeated=Count("id", filter=~own),
        doubled=Count("id", filter=own & Q(message__state=MessageState.DUPLICATE)),
        unread=Count("id", filter=own & Q(message__state=MessageState.STORED)),
        complaints=Count("id", filter=own & Q(message__exchange__rule="opened")),
    )
    duplicate = counts.pop("repeated") + counts.pop("doubled")
    return Tally(duplicate=duplicate, **counts)


def unfinished_run(wanted: ImportRun) -> ImportRun | None:
    """The import of the same path with the same choices that was begun and not finished: it goes on."""
    runs = ImportRun.objects.select_related("entity", "team", "mailbox").filter(
        path=wanted.path,
        entity=wanted.entity,
        team=wanted.team,
        mailbox=wanted.mailbox,
        acknowledge=wanted.acknowledge,
        finished_at__isnull=True,
    )
    return runs.order_by("-id").first()


def import_run(pk: UUID) -> ImportRun | None:
    """One import by its identifier."""
    return ImportRun.objects.select_related("entity", "team", "mailbox").filter(pk=pk).first()


def unread_without_job(jobs: Mapping[str, str], *, at: datetime, limit: int = 1_000) -> list[UUID]:
    """The messages, the oldest first, that were stored a while ago, that nobody has read, and that no job will read.

    `jobs`: the names of those that read `one` message, `some`, or what an import (`run`) stored.
    """
    told: dict[str, Any] = {**jobs, "before": at - LOST_AFTER, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["unread_without_job"], told)
        return [row[0] for row in cursor.fetchall()]


def presses(
    budgets: Sequence[Budget], *, marked: Mapping[Of, Sequence[str]], draft: UUID, at: datetime
) -> dict[Budget, int]:
    """How many other drafts were sent in each of these windows, by what each has in common with this one.

    Nobody needs to count further than `pressure.most`. What has no mark is counted with all only; where all are
    counted by tens of thousands, that is done once a second.
    """
    wide = {one: _pressed(one, at.replace(microsecond=0)) for one in budgets if pressure.most(one) > EXACT}
    exact = [one for one in budgets if one not in wide]
    return wide | dict(zip(exact, _presses(exact, marked=marked, draft=draft, at=at), strict=True))


@lru_cache(maxsize=2)
def _pressed(budget: Budget, at: datetime) -> int:
    """How many drafts were sent in a window of all. Kept by its arguments: the moment is a whole second."""
    [found] = _presses([budget], marked={Of.NAMED: (), Of.ORIGIN: ()}, draft=UUID(int=0), at=at)
    return found


def _presses(budgets: Sequence[Budget], *, marked: Mapping[Of, Sequence[str]], draft: UUID, at: datetime) -> list[int]:
    told: dict[str, Any] = {
        "of": [one.of.value for one in budgets],
        "since": [at - one.span for one in budgets],
        "most": [pressure.most(one) for one in budgets],
        "named": list(marked[Of.NAMED]),
        "origin": list(marked[Of.ORIGIN]),
        "draft": draft,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL["presses"], told)
        return [count for (count,) in cursor.fetchall()]


def is_ordered(lock: str) -> bool:
    """Whether a job under that name waits for its turn."""
    return ProcrastinateJob.objects.filter(queueing_lock=lock, status="todo").exists()


def is_being_stored(run: ImportRun, *, at: datetime) -> bool:
    """Whether a command still stores this import, as far as one can tell: it stored something of late."""
    if run.listed_at is not None:
        return False
    lines = ImportLine.objects.filter(run=run, repeats=False).order_by("-id")
    last = lines.values_list("message__stored_at", flat=True).first()
    return at - (last or run.started_at) < _STORING_FOR


def known_lines(run: ImportRun) -> set[tuple[str, int, str]]:
    """What of an import's source is in the ledger already: path, position, hash."""
    return set(ImportLine.objects.filter(run=run).order_by().values_list("path", "position", "sha256"))


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain on a file's chain and their French sentence."""
    return {
        "acknowledgement_withheld": gettext_noop("Aucun accusé de réception n’est parti"),
        "party_set": gettext_noop("Réclamant changé"),
    }


def typed_before(complaint: Complaint, once: UUID) -> Message | None:
    """What this very form made of this file before."""
    rows = Message.objects.filter(message_id=str(once), source=Source.FORM, exchange__complaint=complaint)
    return rows.first()
