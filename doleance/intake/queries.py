"""What is asked around the arrival of messages: the thread one continues, and the quarantine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from doleance.accounts.rules import Actor, Permission, may
from doleance.channels import queries as channels
from doleance.channels.email.threads import SignedId, read_message_id
from doleance.channels.models import Attachment, ImportLine, ImportRun, Message
from doleance.channels.rules import Limit, MessageState, ParsedMessage, Reason, sentence_of
from doleance.complainants import queries as complainants
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.intake import rules
from doleance.kernel.kinds import gettext_noop

SOURCE_SHOWN = 20_000  # bytes of a raw message that the quarantine page shows


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The file that a message continues, and the rule that says so; `is_held` when its sender is not known there."""

    complaint: Complaint
    rule: str
    is_held: bool


def thread_of(parsed: ParsedMessage) -> FollowUp | None:
    """The file that a message continues, by one of our signed identifiers in In-Reply-To or References."""
    for rule, identifier in rules.thread_candidates(parsed):
        complaint = _signed_file(identifier)
        if complaint is not None:
            return FollowUp(complaint, rule, is_held=not _is_known(complaint, parsed.sender.address))
    return None


def answered_by(parsed: ParsedMessage) -> Complaint | None:
    """The file of the mail of ours that a machine answers."""
    found = (_signed_file(identifier) for identifier in rules.answered_candidates(parsed))
    return next((complaint for complaint in found if complaint is not None), None)


def _signed_file(identifier: str) -> Complaint | None:
    signed: SignedId | None = read_message_id(identifier, settings.DOLEANCE_MAIL_KEY)
    return complaints.by_id(signed.complaint_id) if signed is not None else None


def _is_known(complaint: Complaint, address: str) -> bool:
    return complaint.party is not None and bool(address) and complainants.writes_from(complaint.party, address)


def twin_of(message: Message, parsed: ParsedMessage) -> tuple[Message | None, Message | None]:
    """The message that this one repeats (same Message-ID, same body), and else one that only has its Message-ID."""
    if not parsed.message_id:
        return None, None
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
    """One message that waits, whole. `source` is the beginning of the file as received; `cites` the file it names."""

    row: QuarantineRow
    message: Message
    text: str
    source: str
    is_cut: bool
    attachments: list[Attachment]
    cites: Complaint | None


def in_quarantine(actor: Actor) -> QuerySet[Message]:
    """The quarantined messages this actor may read: those of their teams, or all for who reads all files."""
    if not may(actor, Permission.READ_QUARANTINE):
        return Message.objects.none()
    rows = Message.objects.filter(state=MessageState.QUARANTINED)
    return rows if actor.is_machine or may(actor, Permission.READ_ALL_FILES) else rows.filter(team__in=actor.teams)


def quarantine(*, actor: Actor, filed: bool = False, limit: int = 200) -> list[QuarantineRow]:
    """What waits for a person, the latest first; `filed`: what a person set aside instead."""
    rows = in_quarantine(actor).filter(filed_at__isnull=not filed).order_by("-received_at", "-id")
    return [_row(message) for message in rows[:limit]]


def count_quarantine(actor: Actor) -> int:
    """How many messages wait for a person."""
    return in_quarantine(actor).filter(filed_at__isnull=True).count()


def quarantined(*, message_id: UUID, actor: Actor) -> QuarantinedMessage | None:
    """One message of the quarantine with the beginning of its source, when this actor may read it."""
    message = in_quarantine(actor).select_related("entity", "team", "mailbox").filter(pk=message_id).first()
    if message is None:
        return None
    raw = channels.raw_of(message)
    cited = complaints.visible_to(actor).filter(pk=message.cites).first() if message.cites else None
    return QuarantinedMessage(
        row=_row(message),
        message=message,
        text=message.text,
        source=raw[:SOURCE_SHOWN].decode("utf-8", "replace").replace("\x00", "\ufffd"),
        is_cut=len(raw) > SOURCE_SHOWN,
        attachments=channels.attachments(message),
        cites=cited,
    )


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


def known_lines(run: ImportRun) -> set[tuple[str, int, str]]:
    """What of an import's source is in the ledger already: path, position, hash."""
    return set(ImportLine.objects.filter(run=run).order_by().values_list("path", "position", "sha256"))


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain on a file's chain and their French sentence."""
    return {"acknowledgement_withheld": gettext_noop("Aucun accusé de réception n’est parti")}
