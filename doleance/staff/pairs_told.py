"""Two files side by side, in words: why they are proposed, what is the same in both, what merging them would send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from doleance.accounts.rules import Actor
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.complaints.rules import ExchangeKind, Outcome, State
from doleance.deadlines.rules.words import last_day
from doleance.desk.queries.dossier import next_due
from doleance.kernel.delays import Due
from doleance.kernel.text import truncate
from doleance.matching import queries
from doleance.matching.models import Merge, Pair
from doleance.matching.queries import Preview
from doleance.matching.rules import Answer
from doleance.notifications.pointers import Pointed
from doleance.notifications.rules import Way
from doleance.understanding.duplicates import words
from doleance.understanding.duplicates.score import LIKELY, Reason, Relation
from doleance.understanding.duplicates.traits import Traits

SHOWN = 1_200  # signs of what was said that are shown of each file
_HOUR, _DAY = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Row:
    """One line under a file: `mark` is "same", "adds" or nothing. `label` is a French msgid."""

    label: str
    value: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One of the two files. `runs` is what was said, in runs, with whether a run is in the other one too.

    `due` is how far its next due moment is, and `due_on` the day at whose end that is.
    """

    file: Complaint
    state: State
    channel: str
    who: str
    runs: Sequence[tuple[str, bool]]
    rows: Sequence[Row]
    is_cut: bool
    due: Due | None
    due_on: date | None


def sides(pair: Pair, *, at: datetime) -> tuple[Told, Told]:
    """Both files of a pair as they stand at `at`, the first received on the left."""
    first, second = queries.compared(pair.first), queries.compared(pair.second)
    return _side(pair.first, first, second, pair.second, at), _side(pair.second, second, first, pair.first, at)


def _side(file: Complaint, own: Traits, other: Traits, twin: Complaint, at: datetime) -> Told:
    said = queries.said(file).partition("\n")[2].strip() or file.title
    opened = next((one for one in complaints.exchanges(file) if one.complaint_id == file.pk and one.message_id), None)
    channel = opened.message.channel if opened is not None and opened.message is not None else ""
    name = file.party.name if file.party is not None else ""
    return Told(
        file=file,
        state=State(file.state),
        channel=channel,
        who=name or gettext("Sans nom"),
        runs=words.marked(truncate(said, SHOWN), own.words & other.words),
        rows=[*_facts(own, other), *_wanted(file, queries.lacking(kept=twin, stub=file))],
        is_cut=len(said) > SHOWN,
        due=next_due(file, at),
        due_on=_last_day(file, file.next_due_at),
    )


def _last_day(file: Complaint, due_at: datetime | None) -> date | None:
    """A whole day ends at midnight: the day that is told is the one that ends."""
    return last_day(due_at, file.entity.time_zone) if due_at is not None else None


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeping one of the two files would do; `leaves` is what leaves then. No plan where the rules refuse it."""

    file: Complaint
    plan: Preview | None
    due_on: date | None
    leaves: Sequence[str]


def keeping(file: Complaint, plan: Preview | None) -> Keeping:
    """Keeping that file, in words."""
    if plan is None:
        return Keeping(file, None, None, ())
    return Keeping(file, plan, _last_day(file, plan.due_at), [_pointed(one) for one in plan.pointed])


def _facts(own: Traits, other: Traits) -> list[Row]:
    """What each is known by. A number is shown by its end, an address whole: whoever reads the file reads them."""
    told = (
        (_("Courriel"), own.emails, other.emails),
        (_("Téléphone"), frozenset(f"0{one}" for one in own.phones), frozenset(f"0{one}" for one in other.phones)),
        (_("Référence"), own.orders, other.orders),
        (_("Montant"), own.amounts, other.amounts),
    )
    rows = []
    for label, mine, theirs in told:
        if mine:
            value = ", ".join(sorted(mine, key=lambda one: (one not in theirs, one))[:4])
            rows.append(Row(gettext(label), value, "same" if mine & theirs else ""))
    return rows


def _wanted(file: Complaint, lacking: Sequence[Grievance]) -> list[Row]:
    adds = {one.pk for one in lacking}
    points = file.grievances.order_by("number")[:6]
    return [Row(gettext("Grief"), one.title, "adds" if one.pk in adds else "") for one in points]


def why(pair: Pair) -> str:
    """« Probable. Même téléphone, 7 mots en commun, 11 minutes d’écart. »"""
    told = [_reason(reason, number) for reason, number in queries.facts_of(pair)]
    likely = gettext("Probable") if pair.score >= LIKELY else gettext("Possible")
    if pair.relation == Relation.RELATED:
        likely = gettext("Peut-être la même affaire, vue par deux personnes")
    if not told:
        return gettext("Rapprochés à la main")
    return f"{likely}. {told[0][:1].upper()}{', '.join(told)[1:]}"


def _reason(reason: Reason, number: int) -> str:
    if reason is Reason.WORDS:
        return ngettext("%(n)s mot en commun", "%(n)s mots en commun", number) % {"n": number}
    if reason is Reason.APART:
        return _apart(number)
    return gettext(reason.label)


def _apart(minutes: int) -> str:
    if minutes < 1:
        return gettext("au même moment")
    if minutes < 2 * _HOUR:
        return ngettext("%(n)s minute d’écart", "%(n)s minutes d’écart", minutes) % {"n": minutes}
    if minutes < 2 * _DAY:
        hours = round(minutes / _HOUR)
        return ngettext("%(n)s heure d’écart", "%(n)s heures d’écart", hours) % {"n": hours}
    days = round(minutes / _DAY)
    return ngettext("%(n)s jour d’écart", "%(n)s jours d’écart", days) % {"n": days}


def _pointed(one: Pointed) -> str:
    """What leaves for a merged file when its answer has left elsewhere."""
    told = {"reference": one.stub.reference, "to": one.to}
    if one.way is Way.EMAIL:
        return gettext("%(to)s reçoit une ligne qui dit où est la réponse.") % told
    if one.way is Way.PAGE:
        return gettext("La page de suivi de %(reference)s dit où est la réponse.") % told
    if one.has_answer:
        return gettext("Les deux dossiers ont la même adresse\u00a0: rien d’autre ne part.")
    return gettext("Aucun envoi n’atteint %(reference)s\u00a0: dites-le de vive voix.") % told


@dataclass(frozen=True, slots=True)
class Decided:
    """One pair that was answered. `merge` is the identifier of the merge that stands, if any."""

    pair: Pair
    answer: Answer
    merge: UUID | None
    at: datetime | None


def decided(pairs: Sequence[Pair]) -> list[Decided]:
    """What was answered, with what takes it back."""
    merges = queries.merges_of_pairs(pairs)
    return [Decided(one, Answer(one.answer), merges.get(one.pk), one.answered_at) for one in pairs]


@dataclass(frozen=True, slots=True)
class Like:
    """What the page of a file says of others of its matter: merges that stand, pairs that wait, links."""

    merges: Sequence[Merge]
    waiting: Sequence[tuple[Pair, Complaint, str]]
    linked: Sequence[tuple[Pair, Complaint]]


def of_file(complaint: Complaint, actor: Actor) -> Like:
    """The files of one matter with this one that the reader may read."""
    pairs = queries.pairs_of(complaint, actor=actor)
    told = [(one, one.second if one.first_id == complaint.pk else one.first) for one in pairs]
    return Like(
        merges=queries.merges_of(complaint, actor=actor),
        waiting=[(one, other, why(one)) for one, other in told if one.answer == Answer.OPEN],
        linked=[(one, other) for one, other in told if one.answer == Answer.LINKED],
    )


@dataclass(frozen=True, slots=True)
class Apart:
    """What separating two files would do, as its page says it."""

    state: State
    to_stub: Sequence[tuple[ExchangeKind, Exchange]]
    to_kept: Sequence[tuple[ExchangeKind, Exchange]]
    points: Sequence[tuple[str, Outcome | None]]


def apart(merge: Merge) -> Apart:
    """Which later messages stay with which file, and the grievances that go back."""
    told = queries.parting(merge)
    return Apart(
        state=told.state,
        to_stub=[(ExchangeKind(one.kind), one) for one in told.to_stub],
        to_kept=[(ExchangeKind(one.kind), one) for one in told.to_kept],
        points=[(one.title, Outcome(one.outcome) if one.outcome else None) for one in told.points],
    )
