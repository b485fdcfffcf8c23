"""What was told of each grievance as its file shows it: answers, what is still to be asked, what was corrected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.utils.translation import gettext

from doleance.complaints import following, questions
from doleance.complaints.following import FACT
from doleance.complaints.models import Correction, Grievance
from doleance.complaints.questions import UNKNOWN, AnswerKind, Question
from doleance.complaints.rules import LIVE, GrievanceState
from doleance.kernel import amounts, languages
from doleance.kernel.kinds import gettext_noop
from doleance.kernel.moments import short_day

# The points of every grievance, as colleagues name them: the complainant's own page speaks to the complainant.
_OWN = (
    (following.TITLE, gettext_noop("En quelques mots")),
    (following.EXPECTED, following.EXPECTED.label),
    (following.WANTED, gettext_noop("Ce que la personne demande")),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One fact. `value` is as we keep it; `corrected` what the complainant says instead since `at`, in their words."""

    label: str
    value: str
    is_unknown: bool = False
    corrected: str | None = None
    at: datetime | None = None

    @property
    def is_corrected(self) -> bool:
        """Whether the complainant says otherwise."""
        return self.corrected is not None


@dataclass(frozen=True, slots=True)
class Ask:
    """The question to ask next, of one grievance, and how many follow it."""

    number: int
    title: str
    question: Question
    after: int

    @property
    def label(self) -> str:
        """What an agent says, in the reader's language."""
        return gettext(self.question.ask)


def corrections(grievances: Iterable[Grievance]) -> dict[UUID, dict[str, Correction]]:
    """What the complainant last said otherwise of each point of these grievances; one query where anything was."""
    found: dict[UUID, dict[str, Correction]] = {}
    said_otherwise = [one.pk for one in grievances if one.corrected_at is not None]
    if not said_otherwise:
        return found
    for one in Correction.objects.filter(grievance__in=said_otherwise).order_by("at", "id"):
        found.setdefault(one.grievance_id, {})[one.point] = one
    return found


def answers(grievance: Grievance, corrected: Mapping[str, Correction]) -> list[Answer]:
    """What is known of a grievance, in the order of its form; then what was promised, and what is asked."""
    facts: Mapping[str, str] = grievance.facts
    asked = [
        _answer(one.short, said(one, str(facts.get(one.code, ""))), corrected.get(f"{FACT}{one.code}"))
        for one in questions.questions_of(grievance.category_id)
    ]
    own = [
        _answer(label, getattr(grievance, point.code), corrected.get(point.code))
        for point, label in _OWN
        if point is not following.TITLE or point.code in corrected
    ]
    return [one for one in (*asked, *own) if one.value or one.is_corrected]


def _answer(label: str, value: str, correction: Correction | None) -> Answer:
    unknown = value == UNKNOWN
    return Answer(
        label=gettext(label),
        value=gettext("ne sait pas") if unknown else value,
        is_unknown=unknown,
        corrected=correction.text if correction is not None else None,
        at=correction.at if correction is not None else None,
    )


def said(question: Question, value: str) -> str:
    """An answer in the reader's words: a day, an amount, a choice as people say them; the rest as it is."""
    if not value or value == UNKNOWN:
        return value
    try:
        match question.kind:
            case AnswerKind.DAY:
                return short_day(date.fromisoformat(value), languages.reader())
            case AnswerKind.MONEY:
                return amounts.money(Decimal(value), languages.reader())
            case AnswerKind.CHOICE:
                return gettext(dict(question.choices).get(value, value))
    except (ValueError, InvalidOperation):  # « depuis Noël » is an answer too
        return value
    return value


def missing(grievance: Grievance, corrected: Mapping[str, Correction]) -> tuple[Question, ...]:
    """What nobody asked yet of a grievance that is still worked on; what its complainant said since is known."""
    if GrievanceState(grievance.state) not in LIVE or grievance.state == GrievanceState.DECIDED:
        return ()
    known = {code.removeprefix(FACT): one.text for code, one in corrected.items() if code.startswith(FACT)}
    return questions.missing(grievance.category_id, {**grievance.facts, **{k: v for k, v in known.items() if v}})


def next_question(grievances: Sequence[Grievance], corrected: Mapping[UUID, Mapping[str, Correction]]) -> Ask | None:
    """The question that the file asks for now: the first that is missing, of the first grievance that misses one."""
    lacking = [(one, missing(one, corrected.get(one.pk, {}))) for one in grievances]
    lacking = [(one, asked) for one, asked in lacking if asked]
    if not lacking:
        return None
    first, asked = lacking[0]
    return Ask(first.number, first.title, asked[0], after=sum(len(more) for _, more in lacking) - 1)
