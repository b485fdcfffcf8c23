"""What is asked about readings, what they proposed, and what people made of it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Case, CharField, Count, Exists, F, Model, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth

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

M = TypeVar("M", bound=Model)
_NOT_A_GRIEF = frozenset({GrievanceState.DROPPED, GrievanceState.WITHDRAWN})
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)  # of what is told of all months together
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Read:
    """The latest reading of one message, opened; `reading` is None when its person was erased, or nothing was read."""

    saved: SavedReading
    reading: Reading | None


def of_complaint(complaint: Complaint) -> list[Read]:
    """The latest reading of each message of a file, the oldest message first; three queries, one where none is.

    A failure counts where nothing else was read of a message.
    """
    rows = SavedReading.objects.filter(complaint=complaint).order_by("message_id", "read_at", "id")
    latest = {row.message_id: row for row in sorted(rows, key=lambda row: row.error == "")}
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


def raised(complaint: Complaint) -> dict[SignalCode, tuple[SavedReading, Signal]]:
    """The signals read in the messages of a file, each once, with the reading of the message that raised it first."""
    found: dict[SignalCode, tuple[SavedReading, Signal]] = {}
    for one in of_complaint(complaint):
        for signal in one.reading.signals if one.reading is not None else ():
            found.setdefault(signal.code, (one.saved, signal))
    return found


def judged_signals(complaint: Complaint) -> dict[SignalCode, JudgedSignal]:
    """What people said of the signals of a file."""
    rows = JudgedSignal.objects.filter(complaint=complaint).order_by("code")
    return {SignalCode(row.code): row for row in rows}


def words_of(judged: JudgedSignal) -> str:
    """The words that raised a signal which holds, in the reading that showed it; empty once its person is erased."""
    saved = SavedReading.objects.filter(pk=judged.reading_id).first() if judged.reading_id is not None else None
    reading = _opened(saved, seal.Opener([saved.pk])) if saved is not None else None
    said = reading.signals if reading is not None else ()
    return next((one.quote for one in said if one.code == judged.code), "")


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


def has_failed(message: Message) -> bool:
    """Whether the last try to read a message failed, whatever was read of it before."""
    return SavedReading.objects.filter(message=message).exclude(error="").exists()


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
    """The messages of live files that this model has not read, or not as they are now, in order; at most so many.

    They begin after `after`.
    """
    told = SavedReading.objects.filter(message=OuterRef("message"))
    rows = readable().filter(~Exists(told.filter(model=model, error="")) | Exists(told.exclude(error="")))
    if after is not None:
        rows = rows.filter(message__gt=after)
    found = rows.order_by("message_id").values_list("message_id", flat=True)[:most]
    return list(found)


def trust() -> Trust:
    """From which confidence on proposals are routed by themselves; none while nothing was measured."""
    return Trust.objects.order_by("id").first() or Trust()


def judged() -> list[Judged]:
    """What people made of proposals, and the griefs of read messages that they had to add, the oldest month first.

    One row for all that were settled alike in a month; of their confidence nothing is told (`confidences`).
    """
    settled = Proposal.objects.exclude(settled_at=None).order_by()
    settled = settled.annotate(final=_final(), month=TruncMonth("reading__read_at", tzinfo=UTC))
    groups = settled.values_list("reading__language", "category", "final", "month").annotate(times=Count("pk"))
    found = [Judged(language, category, final, 0, at, times) for language, category, final, at, times in groups]
    missed = _missed().annotate(month=TruncMonth("exchange__at", tzinfo=UTC)).order_by()
    added = missed.values_list("complaint__language", "category_id", "month").annotate(
        times=Count("pk", distinct=True)
    )
    found += [Judged(language, "", category, 0, at, times) for language, category, at, times in added]
    return sorted(found, key=lambda one: (one.at, one.language, one.proposed, one.final))


def confidences() -> list[Judged]:
    """The proposals that people settled, by how sure they were: what a gate is measured by."""
    settled = Proposal.objects.exclude(settled_at=None).order_by().annotate(final=_final())
    groups = settled.values_list("confidence", "category", "final").annotate(times=Count("pk"))
    return [
        Judged("", category, final, confidence, _NO_MOMENT, times) for confidence, category, final, times in groups
    ]


def _final() -> Case:
    """What people made of a proposal: empty where they dropped it."""
    dropped = When(grievance__state__in=sorted(_NOT_A_GRIEF), then=Value(""))
    return Case(dropped, default="grievance__category_id", output_field=CharField())


def _missed() -> QuerySet[Grievance]:
    """The griefs that a person wrote from a message that was read before, and that nobody had proposed."""
    # Identifiers grow with time: whoever wrote before the machine had read could wait for no proposal.
    before = SavedReading.objects.filter(message=OuterRef("exchange__message"), error="", pk__lt=OuterRef("pk"))
    rows = Grievance.objects.filter(Exists(before), proposal=None)
    rows = rows.filter(exchange__complaint=F("complaint"))  # what a merge copied was proposed, or missed, elsewhere
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
    yield from _settled_words()
    yield from _missed_words()
    for page in _pages(SavedReading.objects.exclude(said_kind="").order_by("read_at", "id")):
        opener = seal.Opener([one.pk for one in page])
        for saved in page:
            reading = _opened(saved, opener)
            if reading is not None and reading.clean_text.strip():
                yield Correction(reading.clean_text, reading.language, kind=saved.said_kind, proposed=saved.kind)


def _settled_words() -> Iterator[Correction]:
    rows = Proposal.objects.exclude(settled_at=None).exclude(grievance__state__in=sorted(_NOT_A_GRIEF))
    rows = rows.filter(reading__sealed__isnull=False).select_related("reading", "grievance")
    for page in _pages(rows.order_by("settled_at", "id")):
        whole = _whole(one.reading_id for one in page)
        for one in page:
            if one.reading_id in whole:
                yield _of_grief(one.grievance, one.reading.language, proposed=one.category)


def _missed_words() -> Iterator[Correction]:
    rows = _missed().exclude(quote="").select_related("complaint", "exchange").order_by("id").distinct()
    for page in _pages(rows):
        readings = _latest_of(one.exchange.message_id for one in page if one.exchange is not None)
        whole = _whole(readings.values())
        for grievance in page:
            if grievance.exchange is not None and readings.get(grievance.exchange.message_id) in whole:
                yield _of_grief(grievance, grievance.complaint.language)


def _of_grief(grievance: Grievance, language: str, *, proposed: str = "") -> Correction:
    branch, _, sub = grievance.category_id.partition(".")
    return Correction(grievance.quote, language, branch, sub, proposed=proposed)


def _latest_of(messages: Iterable[UUID | None]) -> dict[UUID | None, UUID]:
    """The latest reading of each of these messages that is no failure."""
    rows = SavedReading.objects.filter(message__in={one for one in messages if one is not None}, error="")
    return dict(rows.order_by("read_at", "id").values_list("message_id", "pk"))


def _whole(readings: Iterable[UUID]) -> frozenset[UUID]:
    """Those of these readings whose person was not erased. The words beside them follow them."""
    wanted = set(readings)
    opener = seal.Opener(wanted)
    return frozenset(one for one in wanted if opener.is_whole(one))


def _pages(rows: QuerySet[M]) -> Iterator[list[M]]:
    """Rows by some hundreds: their keys are read together."""
    page: list[M] = []
    for one in rows.iterator(chunk_size=_PAGE):
        page.append(one)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


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
