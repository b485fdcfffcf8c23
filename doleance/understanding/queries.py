"""What is asked about readings, what they proposed, and what people made of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from doleance.audit import seal
from doleance.channels.models import Attachment, Message
from doleance.channels.rules import Direction
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.complaints.rules import OVER, ExchangeKind, GrievanceState
from doleance.kernel.kinds import gettext_noop
from doleance.understanding.models import FileReading, JudgedSignal, Proposal, SavedReading, Trust
from doleance.understanding.process import wire
from doleance.understanding.proposals import Judged
from doleance.understanding.rules import Incoming, Reading, Sender, Signal, SignalCode
from doleance.understanding.scans import child as scans
from doleance.understanding.scans import told
from doleance.understanding.scans.told import Recognised, Trouble

_NOT_A_GRIEF = frozenset({GrievanceState.DROPPED, GrievanceState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Read:
    """The latest reading of one message, opened; `reading` is None when its person was erased, or nothing was read."""

    saved: SavedReading
    reading: Reading | None


def of_complaint(complaint: Complaint) -> list[Read]:
    """The latest reading of each message of a file, the oldest message first; three queries, one where none is."""
    rows = SavedReading.objects.filter(complaint=complaint).order_by("message_id", "read_at", "id")
    latest = {row.message_id: row for row in rows}
    kept = sorted(latest.values(), key=lambda row: row.message_id)
    opener = seal.Opener([row.pk for row in kept if row.sealed is not None]) if kept else None
    return [Read(row, _opened(row, opener) if opener is not None else None) for row in kept]


def _opened(row: SavedReading, opener: seal.Opener) -> Reading | None:
    if row.sealed is None:
        return None
    try:
        return wire.reading(json.loads(opener.open(row.pk, bytes(row.sealed))))
    except seal.SealError:
        return None


def raised(complaint: Complaint) -> dict[SignalCode, tuple[UUID, Signal]]:
    """The signals read in the messages of a file, each once, with the message that raised it first."""
    found: dict[SignalCode, tuple[UUID, Signal]] = {}
    for one in of_complaint(complaint):
        for signal in one.reading.signals if one.reading is not None else ():
            found.setdefault(signal.code, (one.saved.message_id, signal))
    return found


def judged_signals(complaint: Complaint) -> dict[SignalCode, JudgedSignal]:
    """What people said of the signals of a file."""
    rows = JudgedSignal.objects.filter(complaint=complaint).order_by("code")
    return {SignalCode(row.code): row for row in rows}


def proposals_of(grievances: Sequence[Grievance]) -> dict[UUID, Proposal]:
    """What the machine proposed of those grievances that still wait for a person, by grievance; no query for none."""
    waiting = [one.pk for one in grievances if one.state == GrievanceState.PROPOSED]
    if not waiting:
        return {}
    rows = Proposal.objects.filter(grievance__in=waiting).select_related("team").order_by("id")
    return {row.grievance_id: row for row in rows}


def proposal_of(grievance: Grievance) -> Proposal | None:
    """What the machine proposed of one grievance."""
    return Proposal.objects.filter(grievance=grievance).select_related("team").first()


def reading_of(message: Message) -> SavedReading | None:
    """The latest reading of a message that is no failure."""
    return SavedReading.objects.filter(message=message, error="").order_by("-read_at", "-id").first()


def had_proposals(message: Message) -> bool:
    """Whether griefs of this message were proposed once, by whatever model."""
    return Proposal.objects.filter(reading__message=message).exists()


def files_to_read(message: Message) -> list[Attachment]:
    """The files of a message that may hold a text and of which nothing was read yet, in their order.

    One that waited for a program that recognises characters waits no longer than until there is one.
    """
    rows = Attachment.objects.filter(message=message).select_related("blob", "reading").order_by("position")
    return [one for one in rows if _is_to_read(one)]


def _is_to_read(one: Attachment) -> bool:
    known: FileReading | None = getattr(one, "reading", None)
    if known is not None:
        return known.trouble == Trouble.NO_ENGINE and bool(scans.engine())
    return told.is_readable(one.media_type, one.name, one.size, is_inline=one.is_inline)


def read_of_files(message: Message) -> list[Recognised]:
    """What was read of the files of a message, in their order."""
    rows = FileReading.objects.filter(attachment__message=message).order_by("attachment__position")
    return [one.recognised for one in rows]


def without_engine(most: int) -> list[UUID]:
    """Messages of live files that bring a scanned document which nothing here could recognise, oldest first."""
    rows = FileReading.objects.filter(trouble=Trouble.NO_ENGINE).exclude(complaint__state__in=sorted(OVER))
    found = rows.order_by("id").values_list("attachment__message_id", flat=True)[:most]
    return list(dict.fromkeys(found))


def incoming(exchange: Exchange, *, subject: str, date: datetime, body: str | None = None) -> Incoming:
    """A message of a file, as the engine is given it: its places are places in the exchange's text, or in `body` where
    its files speak for it.
    """
    message = exchange.message
    assert message is not None
    return Incoming(
        id=str(message.pk),
        channel=message.channel,
        subject=subject,
        body=exchange.text if body is None else body,
        sender=Sender(name=message.from_name, email=message.from_address),
        date=date,
    )


def readable() -> QuerySet[Exchange]:
    """What complainants wrote in files on which work may still be done."""
    rows = Exchange.objects.filter(kind=ExchangeKind.INBOUND, message__direction=Direction.IN)
    return rows.exclude(complaint__state__in=sorted(OVER))


def unread(model: str, *, after: UUID | None = None, most: int) -> list[UUID]:
    """The messages of live files that this model has not read, in order, beginning after `after`; at most so many."""
    by_it = SavedReading.objects.filter(message=OuterRef("message"), model=model)
    rows = readable().filter(~Exists(by_it))
    if after is not None:
        rows = rows.filter(message__gt=after)
    found = rows.order_by("message_id").values_list("message_id", flat=True)[:most]
    return list(found)


def trust() -> Trust:
    """From which confidence on proposals are routed by themselves; none while nothing was measured."""
    return Trust.objects.order_by("id").first() or Trust()


def judged(*, since: datetime | None = None) -> list[Judged]:
    """Every proposal that people settled, and the griefs of read messages that they had to add, oldest first."""
    settled = Proposal.objects.exclude(settled_at=None).select_related("reading", "grievance")
    missed = _missed()
    if since is not None:
        settled, missed = (
            settled.filter(settled_at__gte=since),
            missed.filter(exchange__message__readings__read_at__gte=since),
        )
    found = [
        Judged(
            language=one.reading.language,
            proposed=one.category,
            final="" if one.grievance.state in _NOT_A_GRIEF else one.grievance.category_id,
            confidence=one.confidence,
            at=one.reading.read_at,
        )
        for one in settled.order_by("settled_at", "id")
    ]
    rows = missed.order_by("id").values_list("category_id", "complaint__language", "exchange__at").distinct()
    found += [Judged(language, "", category, 0, at) for category, language, at in rows]
    return sorted(found, key=lambda one: one.at)


def _missed() -> QuerySet[Grievance]:
    """The griefs that a person wrote from a message that was read before, and that nobody had proposed."""
    # Identifiers grow with time: whoever wrote before the machine had read could wait for no proposal.
    before = SavedReading.objects.filter(message=OuterRef("exchange__message"), error="", pk__lt=OuterRef("pk"))
    rows = Grievance.objects.filter(Exists(before), proposal=None)
    typed = Q(exchange__message__channel__in=["web", "phone", "counter", "api"], number=1)  # theirs, not ours
    return rows.exclude(state__in=sorted(_NOT_A_GRIEF)).exclude(typed)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said of a text, to teach by: `category` and `sub` of a passage, or the `kind` of a message.

    `proposed` is what the machine had said, empty where it said nothing; `sub` is empty where only a branch was said.
    """

    text: str
    language: str
    category: str = ""
    sub: str = ""
    kind: str = ""
    proposed: str = ""

    def told(self) -> dict[str, str]:
        """As `doleance learn` reads it."""
        if self.kind:
            return {"text": self.text, "language": self.language, "kind": self.kind}
        return {"text": self.text, "language": self.language, "category": self.category, "sub": self.sub}


def corrections() -> Iterator[Correction]:
    """What people confirmed or corrected, oldest first: categories of passages, then kinds of messages.

    Nothing of those whose data were erased: their readings no longer open.
    """
    rows = Proposal.objects.exclude(settled_at=None).exclude(grievance__state__in=sorted(_NOT_A_GRIEF))
    told = (
        rows.filter(reading__sealed__isnull=False).select_related("reading", "grievance").order_by("settled_at", "id")
    )
    for one in _unerased(told):
        branch, _, sub = one.grievance.category_id.partition(".")
        yield Correction(one.grievance.quote, one.reading.language, branch, sub, proposed=one.category)
    missed = _missed().exclude(quote="").select_related("complaint", "exchange__message").order_by("id").distinct()
    for grievance in missed:
        if grievance.exchange is None or grievance.exchange.message is None or _is_erased(grievance.exchange.message):
            continue
        branch, _, sub = grievance.category_id.partition(".")
        yield Correction(grievance.quote, grievance.complaint.language, branch, sub)
    for saved in SavedReading.objects.exclude(said_kind="").order_by("read_at", "id"):
        reading = _opened(saved, seal.Opener([saved.pk]))
        if reading is not None and reading.clean_text.strip():
            yield Correction(reading.clean_text, reading.language, kind=saved.said_kind, proposed=saved.kind)


def _is_erased(message: Message) -> bool:
    """Whether what was read of a message opens no more: its words teach nothing either."""
    reading = reading_of(message)
    return reading is None or not seal.Opener([reading.pk]).is_whole(reading.pk)


def _unerased(rows: QuerySet[Proposal]) -> Iterator[Proposal]:
    page: list[Proposal] = []
    for one in rows.iterator(chunk_size=500):
        page.append(one)
        if len(page) == 500:
            yield from _whole(page)
            page = []
    yield from _whole(page)


def _whole(page: Sequence[Proposal]) -> Iterator[Proposal]:
    opener = seal.Opener({one.reading_id for one in page})
    return (one for one in page if opener.is_whole(one.reading_id))


def kinds_judged() -> Mapping[tuple[str, str], int]:
    """How often a kind of message was read where people said another one, or the same."""
    found: dict[tuple[str, str], int] = {}
    for kind, said in SavedReading.objects.exclude(said_kind="").order_by().values_list("kind", "said_kind"):
        found[kind, said] = found.get((kind, said), 0) + 1
    return found


def failures() -> int:
    """How many messages could not be read."""
    return SavedReading.objects.exclude(error="").count()


def models_seen() -> list[str]:
    """The models that read messages here, the latest first."""
    rows = SavedReading.objects.filter(error="").order_by("-read_at", "-id").values_list("model", flat=True)
    return list(dict.fromkeys(rows[:1000]))


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain and their French sentence, for the timeline and the journal page."""
    return {
        "message_understood": gettext_noop("Message lu par la machine"),
        "message_not_understood": gettext_noop("Message que la machine n’a pas pu lire"),
        "file_read": gettext_noop("Texte d’une pièce jointe lu par la machine"),
        "file_not_read": gettext_noop("Pièce jointe dont la machine n’a rien lu"),
        "message_kind_said": gettext_noop("Nature d’un message dite par une personne"),
        "grievance_proposed": gettext_noop("Grief proposé par la machine"),
        "proposal_settled": gettext_noop("Proposition de la machine examinée"),
        "signal_confirmed": gettext_noop("Signal confirmé"),
        "signal_dropped": gettext_noop("Signal écarté"),
    }
