"""What the public may see of a file: its next event, its thread, its points. Nothing internal, by construction.

Rows are built from a short list of columns that its complainant wrote, was sent or was promised. Titles of files,
notes, reasons, causes, categories, teams, owners and quarantine are not asked for here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from doleance.accounts.models import Entity
from doleance.audit import queries as audit
from doleance.audit.seal import SealError
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel, Recourse, normal_contact
from doleance.complaints import following, questions
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import LIVE, MOVES, OPEN, ExchangeKind, Guard, State
from doleance.deadlines import queries as deadlines
from doleance.deadlines.rules.clocks import Running
from doleance.desk.queries import public
from doleance.intake import deposits, drafts
from doleance.kernel import clock
from doleance.kernel.fil import Mark
from doleance.kernel.kinds import gettext_noop
from doleance.kernel.moments import long_day
from doleance.kernel.text import NO_BREAK
from doleance.kernel.tongue import Tongue
from doleance.notifications import telling
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.notifications.telling import Promises
from doleance.packs.rules import LAST

_SENT = {
    Purpose.ACKNOWLEDGEMENT: gettext_noop("Accusé de réception envoyé"),
    Purpose.REPLY: gettext_noop("Message de notre part"),
    Purpose.HOLDING: gettext_noop("Réponse d’attente"),
    Purpose.FINAL: gettext_noop("Notre réponse"),
    Purpose.POINTER: gettext_noop("Où est notre réponse"),
}
_OVER = {
    State.CLOSED: gettext_noop("Votre dossier est clos."),
    State.WITHDRAWN: gettext_noop("Votre réclamation est retirée."),
    State.FORWARDED: gettext_noop("Votre réclamation est transmise."),
    State.MERGED: gettext_noop("Votre réclamation est réunie à une autre."),
}
_LEADS = {
    State.CLOSED: gettext_noop("Quelque chose n’est pas réglé ? Écrivez-nous ici : votre message rouvre le dossier."),
    State.WITHDRAWN: gettext_noop("Nous ne la traitons plus. Si vous changez d’avis, écrivez-nous ici."),
    State.MERGED: gettext_noop("Une seule réponse vous vient, pour les deux."),
    State.CONTESTED: gettext_noop(
        "Tout le dossier est repris, par une autre personne que la première quand la maison en compte une."
    ),
    State.WAITING: gettext_noop("Répondez ici ou au dernier message. Nos délais courent toujours."),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What we sent. `text`: what its reader received, or a line in its place (`_said`)."""

    label: str
    moment: str
    text: str


@dataclass(frozen=True, slots=True)
class Followed:
    """One file as its complainant follows it. `title` is the next event, in words.

    `has_recourse`: what may be done about a late answer, or one that does not suit, can be done still.
    """

    reference: str
    entity: Entity
    title: str
    lead: str
    reach: str
    steps: tuple[Mark, ...]
    counted: str
    sent: tuple[Sent, ...]
    points: int
    unconfirmed: int  # of these points, those that the complainant has not said are well understood
    unanswered: str
    recourse: Recourse
    has_recourse: bool
    may_withdraw: bool
    may_contest: bool
    may_add: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing understood of a point; `before` is what it said before its complainant corrected it."""

    code: str
    label: str
    text: str
    is_long: bool
    before: str = ""
    is_corrected: bool = False


@dataclass(frozen=True, slots=True)
class PointRow:
    """One point of the file. `quote` is in the complainant's own words."""

    number: int
    title: str
    quote: str
    details: tuple[Detail, ...]
    is_confirmed: bool = False


def followed(*, complaint: Complaint, tongue: Tongue, at: datetime, is_proved: bool = False) -> Followed:
    """The page of a file that its complainant follows; it comes with its entity, its party and its representative.

    `is_proved`: the visitor showed that they read the mailbox of the file.
    """
    clocks = deadlines.running(complaint)
    promises = telling.promised(clocks, at=at, tongue=tongue)
    state = State(complaint.state)
    letters = _letters(complaint)
    overdue = _overdue(clocks, at)
    recourse = telling.recourse_of(complaint)
    may_contest = _may(state, State.CONTESTED) and complaint.answered_at is not None
    unanswered = public.unanswered(
        promises,
        recourse,
        tongue,
        again=public.CALL_AGAIN_HERE,
        overdue=overdue,
        may_review=state is not State.CONTESTED,
    )
    confirmed = list(_live(complaint).values_list("confirmed_at", flat=True).order_by("number"))
    return Followed(
        reference=complaint.reference,
        entity=complaint.entity,
        title=_title(complaint, promises, overdue, tongue),
        lead=tongue.translate(_LEADS[state]) if state in _LEADS else "",
        reach=_reach(complaint, tongue) if state in OPEN else "",
        steps=_steps(complaint, letters, promises, tongue),
        counted=promises.counted,
        sent=tuple(_sent(one, complaint, tongue, is_proved) for one in letters if one.text.strip()),
        points=len(confirmed),
        unconfirmed=confirmed.count(None),
        unanswered=unanswered,
        recourse=recourse,
        has_recourse=(state in OPEN or may_contest) and bool(unanswered or recourse.court),
        may_withdraw=_may(state, State.WITHDRAWN),
        may_contest=may_contest,
        may_add=state is not State.MERGED,
    )


def _may(state: State, target: State) -> bool:
    move = MOVES.get((state, target))
    return move is not None and move.theirs in {Guard.NONE, Guard.REASON}


def _overdue(clocks: Sequence[Running], at: datetime) -> date | None:
    """The last day that was promised for an answer and is past."""
    late = [one.due.due_on for one in clocks if one.is_open and one.kind in LAST and one.due.due_at <= at]
    return min(late, default=None)


def _day(day: date, tongue: Tongue) -> str:
    """A long day that may go to the next line after its weekday: as a title it would not fit on a small telephone."""
    return long_day(day, tongue).replace(NO_BREAK, " ", 1)


def _title(complaint: Complaint, promises: Promises, overdue: date | None, tongue: Tongue) -> str:
    state, say = State(complaint.state), tongue.say
    if state in _OVER:
        return tongue.translate(_OVER[state])
    if state in {State.ANSWERED, State.FOLLOW_UP} and complaint.answered_at is not None:
        day = clock.day_in(complaint.answered_at, complaint.entity.time_zone)
        return say("Notre réponse est partie le {day}.", day=_day(day, tongue))
    if state is State.WAITING:
        return say("Nous attendons votre réponse.")
    if overdue is not None:
        return say("Notre réponse est en retard\u00a0: elle était due le {day}.", day=_day(overdue, tongue))
    if promises.target is not None:
        return say("Nous visons une réponse le {day}.", day=_day(promises.target.day, tongue))
    if promises.final is not None:
        return say("Notre réponse vient au plus tard le {day}.", day=_day(promises.final.day, tongue))
    return say("Nous traitons votre réclamation.")


def _reach(complaint: Complaint, tongue: Tongue) -> str:
    """How the answer comes, masked; empty when no way was left."""
    party, ways = complaint.party, _given(complaint)
    known = {AddressChannel(way.channel): way.value for way in ways if way.invalid_at is None}
    preferred = AddressChannel(party.preferred) if party is not None and party.preferred else None
    return public.reached(known, preferred, tongue)


def _given(complaint: Complaint) -> list[Address]:
    """The ways to reach the complainant that whoever opened this file gave.

    A form may name the mail address of somebody whom we know: whoever typed it learns nothing of their others.
    """
    ways: list[Address] = complainants.addresses(complaint.party) if complaint.party is not None else []
    try:
        told = drafts.told(complaint)
    except SealError:
        return []
    if told is None:
        return ways
    given = {(channel.value, normal_contact(channel, value)) for channel, value in deposits.ways(told.contact).items()}
    return [way for way in ways if (way.channel, way.normal) in given]


def _letters(complaint: Complaint) -> list[Notice]:
    """What left for the complainant and did not come back, the oldest first."""
    rows = Notice.objects.filter(
        complaint=complaint, state=NoticeState.SENT, bounced_at__isnull=True, purpose__in=sorted(_SENT)
    )
    return list(rows.order_by("sent_at", "id"))


def _sent(notice: Notice, complaint: Complaint, tongue: Tongue, is_proved: bool) -> Sent:
    moment = public.moment_of(notice.sent_at or notice.created_at, complaint.entity.time_zone, tongue)
    text = _said(notice, complaint, tongue, is_proved)
    return Sent(tongue.translate(_SENT[Purpose(notice.purpose)]), moment, text)


def _said(notice: Notice, complaint: Complaint, tongue: Tongue, is_proved: bool) -> str:
    """What this page shows of a letter: a line made for this file alone for an acknowledgement, which may have named
    the other files of its reader; the text of a reply, unless the visitor may be anybody who typed a known address.
    """
    if notice.purpose == Purpose.ACKNOWLEDGEMENT:
        day = long_day(clock.day_in(complaint.received_at, complaint.entity.time_zone), tongue)
        return tongue.say("Nous avons reçu votre réclamation le {day}.", day=day)
    if is_proved or not complaint.names_known or notice.way == Way.PAGE:
        return notice.text
    if notice.way == Way.POST:
        return tongue.say("Envoyé par courrier à l’adresse de ce dossier.")
    return tongue.say(
        "Envoyé par courriel à l’adresse de ce dossier. Pour le lire ici, entrez par un code ou par le lien de ce "
        "courriel."
    )


def _steps(complaint: Complaint, letters: Sequence[Notice], promises: Promises, tongue: Tongue) -> tuple[Mark, ...]:
    """The thread: what happened in public, in its order; then what is promised."""
    zone = complaint.entity.time_zone
    done = [(complaint.received_at, tongue.say("Reçue"))]
    done += [(moment, tongue.say("Vous nous avez écrit")) for moment in _heard(complaint)]
    done += [(one.sent_at or one.created_at, _left(one, tongue)) for one in letters]
    done += [(moment, tongue.translate(words).rstrip(".")) for moment, words in _moves(complaint)]
    marks = [
        Mark(label, public.moment_of(moment, zone, tongue), "done")
        for moment, label in sorted(done, key=lambda one: one[0])
    ]
    promised = ahead(promises, tongue) if State(complaint.state) in OPEN else []
    return (*marks, *promised)


def _left(notice: Notice, tongue: Tongue) -> str:
    label = tongue.translate(_SENT[Purpose(notice.purpose)])
    return tongue.say("{label}, par courrier", label=label) if notice.way == Way.POST else label


def _heard(complaint: Complaint) -> list[datetime]:
    """When the complainant wrote, after the first time: what was said stays in the file."""
    rows = complaint.exchanges.filter(kind=ExchangeKind.INBOUND).order_by("at", "id")
    return list(rows.values_list("at", flat=True))[1:]


def _moves(complaint: Complaint) -> list[tuple[datetime, str]]:
    """The changes of state that the table of moves tells the complainant, in its words; the answer tells itself."""
    found: list[tuple[datetime, str]] = []
    for event in audit.history(complaint.journal_stream).filter(facts__code="state_moved"):
        origin, target = State(event.facts["from"]), State(event.facts["to"])
        move = MOVES.get((origin, target))
        if move is not None and move.tells and target is not State.ANSWERED:
            found.append((datetime.fromisoformat(event.facts["at"]), move.tells))
    return found


def ahead(promises: Promises, tongue: Tongue) -> list[Mark]:
    """The days that are promised still, as the complainant reads them."""
    marks: list[Mark] = []
    if promises.target is not None:
        label = tongue.say("Réponse visée\u00a0: {day}", day=long_day(promises.target.day, tongue))
        marks.append(Mark(label, public.sentence(promises.target.because), "now"))
    if promises.final is not None:
        label = tongue.say("Au plus tard le {day}", day=long_day(promises.final.day, tongue))
        marks.append(Mark(label, public.sentence(promises.final.because), "ahead" if marks else "now", legal=True))
    return marks


def _live(complaint: Complaint) -> QuerySet[Grievance]:
    return Grievance.objects.filter(complaint=complaint, state__in=sorted(LIVE))


def points(*, complaint: Complaint, tongue: Tongue) -> list[PointRow]:
    """« Ce que nous avons compris »: the points of the file, as their complainant last put them."""
    said: dict[object, dict[str, str]] = {}
    for one in complaints.corrections(complaint):
        said.setdefault(one.grievance_id, {})[one.point] = one.text
    return [_point(one, said.get(one.pk, {}), tongue) for one in _live(complaint).order_by("number")]


def _point(grievance: Grievance, said: Mapping[str, str], tongue: Tongue) -> PointRow:
    asked = {f"{following.FACT}{one.code}": one for one in questions.questions_of(grievance.category_id)}
    kept = {"title": grievance.title, "expected": grievance.expected, "wanted": grievance.wanted}
    kept |= {f"{following.FACT}{code}": value for code, value in grievance.facts.items()}
    details = []
    for one in following.points_of(grievance.category_id):
        before = public.answer(asked.get(one.code), kept.get(one.code, ""), tongue)
        details.append(
            Detail(
                code=one.code,
                label=tongue.translate(one.label),
                text=said.get(one.code, before),
                is_long=one.is_long,
                before=before if one.code in said else "",
                is_corrected=one.code in said,
            )
        )
    title, is_confirmed = said.get("title") or grievance.title, grievance.confirmed_at is not None
    return PointRow(grievance.number, title, grievance.quote.strip(), tuple(details), is_confirmed)
