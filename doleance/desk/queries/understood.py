"""What the machine read in a file, as its page shows it: griefs to accept, signals with their words, the author's own
words. Nothing of it decides anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext

from doleance.complaints.models import Category, Complaint, Grievance
from doleance.kernel import languages
from doleance.understanding import proposals
from doleance.understanding import queries as understanding
from doleance.understanding.models import JudgedSignal, Proposal
from doleance.understanding.queries import Read
from doleance.understanding.rules import MessageKind, SignalCode, Urgency

PER_CENT = 10  # thousandths


@dataclass(frozen=True, slots=True)
class Choice:
    """A category that the machine thought of, and how sure it was, in hundredths."""

    code: str
    label: str
    percent: int

    @property
    def share(self) -> str:
        """« 82 % »; a machine is never wholly sure, and nothing that it thought of is worth nothing."""
        if self.percent < 1:
            return gettext("moins de 1\u00a0%")
        return gettext("plus de 99\u00a0%") if self.percent > 99 else gettext("%(n)s\u00a0%%") % {"n": self.percent}


@dataclass(frozen=True, slots=True)
class Proposed:
    """A grief that waits for a person: what was read, what else it might be, whom it would go to, what is asked."""

    first: Choice
    others: Sequence[Choice]
    team: str
    is_routed: bool


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal, the words that raised it, and what a person said of it: None as long as nobody did."""

    code: SignalCode
    quote: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Kinds:
    """What a message is, as it was read, when it is no complaint; `said` is what a person says of it."""

    message: UUID
    kind: MessageKind
    said: MessageKind | None


@dataclass(frozen=True, slots=True)
class Understood:
    """What was read in a file. `clean` are the author's own words by message, `proposed` is by grievance."""

    urgency: Urgency = Urgency.NORMAL
    language: str = ""
    kinds: Sequence[Kinds] = ()
    signals: Sequence[SignalRow] = ()
    failed: int = 0
    waiting: int = 0
    first: int = 0  # the number of the first grief that waits for a person: the keys are for that one
    clean: Mapping[UUID, str] = field(default_factory=dict)
    proposed: Mapping[UUID, Proposed] = field(default_factory=dict)

    @property
    def is_shown(self) -> bool:
        """Whether there is something to say of it, beside the proposed griefs."""
        told = (self.kinds, self.signals, self.failed, self.waiting, self.language)
        return any(told) or self.urgency is not Urgency.NORMAL


_URGENCIES = (Urgency.NORMAL, Urgency.HIGH, Urgency.CRITICAL)


def understood_in(complaint: Complaint, grievances: Sequence[Grievance]) -> Understood:
    """What was read in the messages of a file; `grievances` are its own. One query where nothing was."""
    reads = understanding.of_complaint(complaint)
    if not reads:
        return Understood()
    proposed = _proposed(grievances)
    numbers = [one.number for one in grievances if one.pk in proposed]
    return Understood(
        urgency=max((Urgency(one.saved.urgency) for one in reads), key=_URGENCIES.index),
        language=_language(reads, complaint),
        kinds=_kinds(reads),
        signals=_signals(reads, understanding.judged_signals(complaint)),
        failed=sum(1 for one in reads if one.saved.error),
        waiting=len(numbers),
        first=min(numbers, default=0),
        clean={one.saved.message_id: one.reading.clean_text for one in reads if one.reading is not None},
        proposed=proposed,
    )


def _language(reads: Sequence[Read], complaint: Complaint) -> str:
    """The name of the language of the first message, where we answer in another one."""
    spoken = next((one.saved.language for one in reads if one.saved.language not in {"", "und"}), "")
    return languages.named(spoken) if spoken[:2] != complaint.language[:2] else ""


def _kinds(reads: Iterable[Read]) -> list[Kinds]:
    """The messages that may be no complaint. One that a person says is one stays told, as it was read."""
    return [
        Kinds(
            one.saved.message_id,
            MessageKind(one.saved.kind),
            MessageKind(one.saved.said_kind) if one.saved.said_kind else None,
        )
        for one in reads
        if one.saved.kind and MessageKind(one.saved.kind) not in proposals.COMPLAINING
    ]


def _signals(reads: Iterable[Read], judged: Mapping[SignalCode, JudgedSignal]) -> list[SignalRow]:
    found: dict[SignalCode, SignalRow] = {}
    for one in reads:
        for signal in one.reading.signals if one.reading is not None else ():
            known = judged.get(signal.code)
            found.setdefault(signal.code, SignalRow(signal.code, signal.quote, known.holds if known else None))
    for code, known in judged.items():
        if known.holds:
            found.setdefault(code, SignalRow(code, understanding.words_of(known), holds=True))
    return sorted(found.values(), key=lambda row: list(SignalCode).index(row.code))


def _proposed(grievances: Sequence[Grievance]) -> dict[UUID, Proposed]:
    waiting = understanding.proposals_of(grievances)
    if not waiting:
        return {}
    wanted = {code for one in waiting.values() for code, _ in one.top3} | {one.category for one in waiting.values()}
    labels = {one.code: one.label for one in Category.objects.filter(pk__in=wanted).order_by("code")}
    return {pk: _row(one, labels) for pk, one in waiting.items()}


def _row(one: Proposal, labels: Mapping[str, str]) -> Proposed:
    own = proposals.branch(one.category)
    others = [
        Choice(code, labels[code], share // PER_CENT) for code, share in one.top3 if code != own and code in labels
    ]
    first = Choice(one.category, labels.get(one.category, one.category), one.confidence // PER_CENT)
    return Proposed(first, others[:2], one.team.name if one.team is not None else "", one.is_routed)
