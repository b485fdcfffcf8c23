"""The receipt of a complaint: what was said, when it came, by when an answer comes, and what if it does not (M04).

A paper of one moment: the days it tells are those that were promised when the file was opened, whatever came after.
Only what the complainant said stands in it, and what they are told; nothing internal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from doleance.accounts.models import Entity
from doleance.audit import queries as audit
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address, Party
from doleance.complainants.rules import AddressChannel, Recourse
from doleance.complaints import access, questions
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.complaints.questions import UNKNOWN, AnswerKind, Question
from doleance.complaints.rules import OVER, SETTLED, ExchangeKind, GrievanceState, State
from doleance.deadlines import queries as deadlines
from doleance.kernel import amounts, clock
from doleance.kernel.fil import Mark
from doleance.kernel.kinds import gettext_noop
from doleance.kernel.moments import hour, long_day
from doleance.kernel.text import NO_BREAK
from doleance.kernel.tongue import Tongue
from doleance.notifications import telling
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.notifications.telling import Promises

_SHORT = 28  # signs; a name of that length stays on one line of a telephone
_OURS = frozenset({GrievanceState.PROPOSED, GrievanceState.DROPPED})  # nobody said these to us
_LEFT = frozenset({NoticeState.QUEUED, NoticeState.SENDING, NoticeState.SENT})
_MASKS = {AddressChannel.EMAIL: access.masked_email, AddressChannel.PHONE: access.masked_phone}
_REACHED = {
    AddressChannel.EMAIL: gettext_noop("Nous vous répondons par courriel, à {value}."),
    AddressChannel.PHONE: gettext_noop("Nous vous répondons par téléphone, au {value}."),
    AddressChannel.POST: gettext_noop("Nous vous répondons par courrier, à l’adresse que vous avez donnée."),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was answered; `is_voice`: in the person's own words."""

    label: str
    text: str
    is_voice: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the complaint, as it was told."""

    number: int
    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says, in the reader's words.

    `words` is the complainant's own text; `leaf` the hash of the event that opened the file, in hexadecimal.
    """

    reference: str
    entity: Entity
    title: str
    speaks_for: str
    received: str
    received_on: date
    steps: tuple[Mark, ...]
    counted: str
    is_danger: bool
    has_moved: bool
    words: str
    points: tuple[Point, ...]
    files: tuple[str, ...]
    reach: str
    reach_when: str
    acknowledged: str
    invites_writing: bool
    unanswered: str
    recourse: Recourse
    leaf: str

    @property
    def has_contact(self) -> bool:
        """Whether there is any way to reach the person who complains."""
        return bool(self.reach)


def receipt(*, complaint: Complaint, tongue: Tongue, at: datetime) -> Receipt:
    """The receipt of a file that its complainant may read, at `at`.

    `complaint` comes with its entity, its party and its representative.
    """
    zone = complaint.entity.time_zone
    clocks = [one for one in deadlines.running(complaint) if one.opening.reopened_at is None]
    promises = telling.promised(clocks, at=complaint.received_at, tongue=tongue, kept=True)
    first = _first(complaint)
    grievances = _grievances(complaint)
    acknowledged = _acknowledged(complaint, tongue)
    ways = complainants.addresses(complaint.party) if complaint.party else []
    return Receipt(
        reference=complaint.reference,
        entity=complaint.entity,
        title=_title(complaint, tongue),
        speaks_for=complaint.party.name if complaint.representative and complaint.party else "",
        received=_moment(complaint.received_at, zone, tongue),
        received_on=clock.day_in(complaint.received_at, zone),
        steps=_steps(complaint, promises, acknowledged, tongue, at),
        counted=promises.counted,
        is_danger=_is_danger(complaint, grievances),
        has_moved=_has_moved(complaint),
        words=first.text if first else "",
        points=tuple(_point(one, tongue) for one in grievances),
        files=_files(first),
        reach=_reach(complaint.party, ways, tongue),
        reach_when=complaint.party.reach_when if complaint.party else "",
        acknowledged=acknowledged,
        invites_writing=telling.invites_writing(complaint),
        unanswered=_unanswered(promises, tongue),
        recourse=telling.recourse_of(complaint),
        leaf=_leaf(complaint),
    )


def _title(complaint: Complaint, tongue: Tongue) -> str:
    """It says a name only as its owner gave it: a title is never guessed, nor which word is the family's."""
    reader = complaint.representative or complaint.party
    if reader is None or not reader.name.strip():
        return tongue.say("Votre réclamation est enregistrée")
    name = " ".join(filter(None, (reader.title.strip(), *reader.name.split())))
    name = name.replace(" ", NO_BREAK) if len(name) <= _SHORT else name
    return tongue.say("Votre réclamation est enregistrée, {name}", name=name)


def _moment(moment: datetime, zone: str, tongue: Tongue) -> str:
    return f"{long_day(clock.day_in(moment, zone), tongue)}, {hour(moment, zone, tongue)}"


def _steps(
    complaint: Complaint, promises: Promises, acknowledged: str, tongue: Tongue, at: datetime
) -> tuple[Mark, ...]:
    """The thread that the person was shown: received, read, the day we aim at, the last day."""
    zone, say = complaint.entity.time_zone, tongue.say
    today, day = clock.day_in(at, zone), clock.day_in(complaint.received_at, zone)
    moment = complaint.received_at
    if day == today:
        arrived = say("Reçue aujourd’hui, {hour}", hour=hour(moment, zone, tongue))
    else:
        arrived = say("Reçue le {moment}", moment=_moment(moment, zone, tongue))
    moved = _has_moved(complaint)
    steps = [
        Mark(label=arrived, words=acknowledged, place="done"),
        Mark(
            label=say("Une personne lit votre message"),
            words=say("Elle vous dira son nom."),
            place="done" if moved else "now",
        ),
    ]
    if promises.target:
        label = say("Réponse visée\u00a0: {day}", day=long_day(promises.target.day, tongue, year=today.year))
        words = say("Si c’est plus long, nous vous le disons avant.")
        steps.append(Mark(label=label, words=f"{_sentence(promises.target.because)} {words}"))
    if promises.final:
        label = say("Au plus tard le {day}", day=long_day(promises.final.day, tongue))
        steps.append(Mark(label=label, words=_sentence(promises.final.because), legal=True))
    return tuple(steps)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _has_moved(complaint: Complaint) -> bool:
    """Whether the file went on so far that its next step is to be read where it is followed."""
    return State(complaint.state) in SETTLED | OVER | {State.DECIDED, State.MERGED}


def _is_danger(complaint: Complaint, grievances: Sequence[Grievance]) -> bool:
    return complaint.is_safety or any(one.facts.get("dangerous") == "yes" for one in grievances)


def _first(complaint: Complaint) -> Exchange | None:
    rows = Exchange.objects.filter(complaint=complaint, kind=ExchangeKind.INBOUND).select_related("message")
    return rows.order_by("at", "id").first()


def _grievances(complaint: Complaint) -> list[Grievance]:
    rows = Grievance.objects.filter(complaint=complaint).exclude(state__in=sorted(_OURS))
    return list(rows.select_related("category").order_by("number"))


def _point(grievance: Grievance, tongue: Tongue) -> Point:
    """What was told of one point. Its title is ours, so its category is said."""
    say = tongue.say
    answers = [
        Answer(tongue.translate(question.short), _answer(question, value, tongue))
        for question, value in questions.answered(grievance.category_id, grievance.facts)
    ]
    if grievance.expected.strip():
        answers.append(Answer(say("Promis ou attendu"), grievance.expected.strip(), is_voice=True))
    if grievance.wanted.strip():
        answers.append(Answer(say("Ce que vous demandez"), grievance.wanted.strip(), is_voice=True))
    category = grievance.category
    label = category.label_en if tongue.code == "en" else category.label_fr
    return Point(grievance.number, label, tuple(answers))


def _answer(question: Question, value: str, tongue: Tongue) -> str:
    """An answer as one reads it: « Je ne sais pas », « jeudi 12 novembre 2026 », « 186,00 € », a choice's words."""
    if value == UNKNOWN:
        return tongue.say("Je ne sais pas")
    if question.kind is AnswerKind.CHOICE:
        return tongue.translate(dict(question.choices).get(value, value))
    if question.kind is AnswerKind.DAY:
        return long_day(date.fromisoformat(value), tongue)
    if question.kind is AnswerKind.MONEY:
        return amounts.money(Decimal(value), tongue)
    return value


def _files(first: Exchange | None) -> tuple[str, ...]:
    if first is None or first.message is None:
        return ()
    rows = first.message.attachments.filter(is_inline=False).order_by("id")
    return tuple(rows.values_list("name", flat=True))


def _reach(party: Party | None, ways: Sequence[Address], tongue: Tongue) -> str:
    """How the person will be reached, masked; empty when they left no way."""
    if party is None:
        return ""
    known = {AddressChannel(way.channel): way.value for way in ways if way.invalid_at is None}
    order = [AddressChannel(party.preferred)] if party.preferred else []
    chosen = next((one for one in [*order, *AddressChannel] if one in known), None)
    if chosen is None:
        return ""
    mask = _MASKS.get(chosen)
    return tongue.say(_REACHED[chosen], value=mask(known[chosen]) if mask else "")


def _acknowledged(complaint: Complaint, tongue: Tongue) -> str:
    """Where an acknowledgement went too; empty when none leaves: then the receipt is the acknowledgement."""
    rows = Notice.objects.filter(complaint=complaint, purpose=Purpose.ACKNOWLEDGEMENT, bounced_at__isnull=True)
    notice = rows.order_by("-created_at", "-id").first()
    if notice is None:
        return ""
    if notice.way == Way.POST:
        is_kept = notice.state in {NoticeState.TO_PRINT, NoticeState.SENT}
        return tongue.say("Un accusé de réception part aussi par courrier.") if is_kept else ""
    if notice.state not in _LEFT:
        return ""
    address = access.masked_email(notice.to_address)
    return tongue.say("Un accusé de réception part aussi à {address}.", address=address)


def _unanswered(promises: Promises, tongue: Tongue) -> str:
    """The condition under which somebody turns elsewhere: « Sans réponse le 12 janvier 2027 au plus tard, ou… »."""
    if promises.final is None:
        return tongue.say("Si notre réponse ne vous convient pas")
    day = long_day(promises.final.day, tongue)
    return tongue.say("Sans réponse le {day} au plus tard, ou si elle ne vous convient pas", day=day)


def _leaf(complaint: Complaint) -> str:
    """The hash of the event that opened the file: the journal cannot be rewritten without losing it (M33)."""
    opened = audit.history(complaint.journal_stream).filter(facts__code="complaint_opened").first()
    return bytes(opened.hash).hex() if opened else ""
