"""Everything one file shows on its page, in a number of queries that does not depend on its length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from doleance.accounts.rules import Actor, Permission, may
from doleance.channels.models import Attachment, Message
from doleance.channels.rules import Direction
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel, PartyStatus, normal_email
from doleance.complaints import queries as complaints
from doleance.complaints import rules
from doleance.complaints.models import Complaint, Correction, Grievance
from doleance.complaints.rules import Check, GrievanceState, Outcome, State, Waiting
from doleance.deadlines import queries as deadlines
from doleance.deadlines.queries import Holding
from doleance.deadlines.rules import words
from doleance.deadlines.rules.thread import Step
from doleance.desk.queries import journal, timeline, told
from doleance.desk.queries.journal import Line
from doleance.desk.queries.timeline import Item, Show, Sources
from doleance.desk.queries.told import Answer, Ask
from doleance.desk.queries.understood import Proposed, Understood, understood_in
from doleance.intake.rules import Silence
from doleance.kernel import languages
from doleance.kernel.delays import Due
from doleance.notifications import queries as notifications
from doleance.notifications.queries import OutboxRow
from doleance.notifications.rules import AHEAD, NoticeState, Purpose
from doleance.packs import rules as packs
from doleance.packs.rules import ClockKind
from doleance.resolution import queries as resolution
from doleance.resolution.rules import AnswerFacts, NextStep

WATCHED = timedelta(seconds=40)  # after it was written, undo delay included
OTHERS = 5  # files of the same person that are named; the others are counted


@dataclass(frozen=True, slots=True)
class Rights:
    """What this reader may do here: the page hides the rest, and the actions refuse it anyway."""

    handle: bool
    note: bool
    send: bool
    journal: bool
    restrict: bool

    @classmethod
    def of(cls, actor: Actor) -> "Rights":
        """The rights of an actor who may read the file."""
        return cls(
            handle=may(actor, Permission.HANDLE),
            note=may(actor, Permission.NOTE),
            send=may(actor, Permission.SEND),
            journal=may(actor, Permission.READ_JOURNAL),
            restrict=may(actor, Permission.RESTRICT),
        )


@dataclass(frozen=True, slots=True)
class GrievanceRow:
    """One grievance as the page shows it."""

    number: int
    title: str
    state: GrievanceState
    outcome: Outcome | None
    category: str
    wanted: str
    reasons: str
    cause: str
    answers: Sequence[Answer] = ()
    corrected_at: datetime | None = None
    confirmed_at: datetime | None = None
    team: str = ""
    proposed: Proposed | None = None

    @classmethod
    def of(
        cls, one: Grievance, corrected: Mapping[str, Correction], proposed: Proposed | None = None
    ) -> "GrievanceRow":
        """The row of a grievance read with its category and team; `corrected`: what its complainant says otherwise.

        `proposed`: what the machine read, while it waits for a person.
        """
        return cls(
            number=one.number,
            title=one.title,
            state=GrievanceState(one.state),
            outcome=Outcome(one.outcome) if one.outcome else None,
            category=one.category.label,
            wanted=one.wanted,
            reasons=one.reasons,
            cause=one.cause,
            answers=told.answers(one, corrected),
            corrected_at=one.corrected_at,
            confirmed_at=one.confirmed_at,
            team=one.team.name if one.team is not None and one.team_id != one.complaint.team_id else "",
            proposed=proposed,
        )

    @property
    def is_waiting(self) -> bool:
        """Whether it still wants its outcome."""
        return self.state in {GrievanceState.ACCEPTED, GrievanceState.IN_PROGRESS}


@dataclass(frozen=True, slots=True)
class Other:
    """Another file of the same person."""

    reference: str
    title: str
    state: State


@dataclass(frozen=True, slots=True)
class Circle:
    """The closed circle of a restricted file: who is inside, and whom the file is about, by name."""

    since: datetime
    inside: Sequence[str]
    concerned: Sequence[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody the mails of a file name: who sent one, or who wrote the one that was forwarded."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One file as its page shows it. `now_due` is the step of the thread that is due next, `ways` reach its party.

    `candidates` are whom else its mails name. `is_heard`: the address we write to wrote to us, or was verified;
    `is_quoted`: it was read in a mail that one forwards. `ask` is the question to ask next.
    `wants_writing`: nothing was written yet, and its packs want who said it invited to write; `has_target`: our own
    objective runs all the same. `may_take`: the rule of the second reviewer lets this reader take it.
    `holding`: what a holding reply would do, where one would move the last day.
    """

    complaint: Complaint
    rights: Rights
    thread: Sequence[Step]
    due: Due | None
    items: Sequence[Item]
    grievances: Sequence[GrievanceRow]
    answer: AnswerFacts
    step: NextStep
    checklist: Sequence[tuple[Check, bool]]
    ways: Sequence[Address]
    others: Sequence[Other]
    others_more: int
    first_message: Message | None
    silence: Silence | None
    leaving: OutboxRow | None
    is_departing: bool
    last_seq: int
    arrived: Sequence[Line]
    candidates: Sequence[Candidate]
    is_heard: bool
    is_quoted: bool
    ask: Ask | None
    speaks_by: Sequence[Address]
    wants_writing: bool
    may_take: bool
    holding: Holding | None
    circle: Circle | None = None
    understood: Understood | None = None
    has_page: bool = False  # no mail reaches the complainant, who can read an answer on a page of theirs

    @property
    def addresses(self) -> list[str]:
        """The mail addresses of the complainant, as they are written."""
        return [way.value for way in self.ways if way.channel == AddressChannel.EMAIL]

    @property
    def status(self) -> PartyStatus:
        """As what the complainant is known."""
        return PartyStatus(self.complaint.party.status) if self.complaint.party else PartyStatus.UNKNOWN

    @property
    def addressee(self) -> str:
        """Whose mail address an answer goes to: who speaks for the complainant, or the complainant."""
        speaks = self.complaint.representative
        if speaks is not None and any(way.value == self.answer.address for way in self.speaks_by):
            return speaks.name
        return self.complaint.party.name if self.complaint.party is not None else ""

    @property
    def phone(self) -> str:
        """The complainant's latest telephone number; empty when there is none."""
        return next((way.value for way in reversed(self.ways) if way.channel == AddressChannel.PHONE), "")

    @property
    def postal(self) -> str:
        """The lines of the complainant's latest postal address; empty when there is none."""
        return next((way.value for way in reversed(self.ways) if way.channel == AddressChannel.POST), "")

    @property
    def state(self) -> State:
        """Where the file stands."""
        return State(self.complaint.state)

    @property
    def turn(self) -> Waiting:
        """Whose turn it is."""
        return Waiting(self.complaint.waiting_on)

    @property
    def is_settled(self) -> bool:
        """Whether it must be reopened before it is worked on."""
        return self.state in rules.SETTLED or self.state is State.MERGED

    @property
    def is_over(self) -> bool:
        """Whether nothing is done there any more."""
        return self.state in rules.OVER

    @property
    def is_decided(self) -> bool:
        """Whether each grievance has its outcome."""
        return rules.all_decided(self.answer.grievances)

    @property
    def others_count(self) -> int:
        """How many other files of the same person this reader may see."""
        return len(self.others) + self.others_more

    @property
    def is_writable(self) -> bool:
        """Whether an answer may be written here: there is somebody to write to, by one way or another."""
        is_open = not self.is_settled or self.answer.is_to_answer_again
        return self.rights.send and is_open and (self.complaint.party_id is not None or self.has_page)

    @property
    def bounced(self) -> Address | None:
        """The mail address that nothing reaches any more, when no other one is known."""
        if self.answer.address:
            return None
        return next((way for way in self.ways if way.invalid_at and way.channel == AddressChannel.EMAIL), None)

    @property
    def now_due(self) -> Step | None:
        """What is to be done by its next term."""
        return next((step for step in self.thread if step.place == "now"), None)

    @property
    def has_target(self) -> bool:
        """Whether a term of our own still runs."""
        return any(step.code == ClockKind.INTERNAL and step.place in {"now", "ahead"} for step in self.thread)

    @property
    def owes_news(self) -> bool:
        """Whether word of progress is overdue, and could be written now: the page offers to."""
        is_late = self.now_due is not None and self.now_due.code == ClockKind.PROGRESS and self.now_due.tone == "late"
        return is_late and self.is_writable and self.step is not NextStep.ANSWER

    @property
    def missing(self) -> int:
        """How many points of the checklist are not met."""
        return sum(1 for _, met in self.checklist if not met)


def dossier(
    *, complaint: Complaint, actor: Actor, show: Show = Show.ALL, since: int | None = None, at: datetime
) -> Dossier:
    """The page of a file this actor may read; what came after the event of rank `since` is told apart."""
    grievances, outbox = complaints.grievances(complaint), notifications.outbox(complaint, at=at)
    understood = understood_in(complaint, grievances)
    lines, corrected = journal.lines(complaint, grievances), told.corrections(grievances)
    thread, ways = deadlines.thread(complaint=complaint, at=at), _ways(complaint)
    answer, points = resolution.answer_facts(complaint), resolution.checklist(complaint)
    (others, more), first, heard = _others(complaint, actor), _first_message(complaint), _heard(complaint)
    return Dossier(
        complaint=complaint,
        rights=Rights.of(actor),
        thread=thread,
        due=next_due(complaint, at),
        items=timeline.timeline(complaint, Sources(grievances, outbox, lines, ways, understood.clean), show),
        grievances=_rows(grievances, corrected, understood),
        answer=answer,
        step=resolution.next_step(complaint, answer, points),
        checklist=points,
        ways=ways,
        candidates=_candidates(heard, complaint, ways),
        is_heard=_is_heard(complaint, answer.address, heard, ways),
        is_quoted=any(normal_email(author) == normal_email(answer.address) for _, _, _, author in heard if author),
        others=others,
        others_more=more,
        first_message=first,
        silence=Silence(first.silence) if first and first.silence else None,
        leaving=_undoable(outbox),
        is_departing=any(_is_departing(row, at) for row in outbox),
        last_seq=lines[-1].seq if lines else 0,
        arrived=[] if since is None else [line for line in lines if line.seq > since],
        ask=None if State(complaint.state) in rules.SETTLED else told.next_question(grievances, corrected),
        speaks_by=complainants.addresses(complaint.representative) if complaint.representative else (),
        wants_writing=_wants_writing(complaint),
        may_take=_may_take(complaint, actor),
        holding=deadlines.holding(complaint, at) if may(actor, Permission.SEND) else None,
        circle=_circle(complaint),
        understood=understood if understood.is_shown else None,
        has_page=not answer.address and complaints.has_page(complaint),
    )


def _rows(
    grievances: Sequence[Grievance], corrected: Mapping[UUID, Mapping[str, Correction]], understood: Understood
) -> list[GrievanceRow]:
    return [GrievanceRow.of(one, corrected.get(one.pk, {}), understood.proposed.get(one.pk)) for one in grievances]


def _ways(complaint: Complaint) -> list[Address]:
    """How its complainant is reached."""
    return complainants.addresses(complaint.party) if complaint.party else []


def _circle(complaint: Complaint) -> Circle | None:
    """Its circle, when it is restricted."""
    if complaint.restricted_at is None:
        return None
    named = complaints.circle(complaint)
    inside = [one.user.name for one in named if one.is_inside]
    return Circle(complaint.restricted_at, inside, [one.user.name for one in named if not one.is_inside])


def _may_take(complaint: Complaint, actor: Actor) -> bool:
    """Whether the rule of the second reviewer lets this reader take the file."""
    first = complaint.reviewed_by
    if first is None or first.pk != actor.user_id:
        return True
    others = sum(1 for one in complaints.able(complaint) if one.pk != first.pk)
    try:
        rules.may_review(state=State(complaint.state), name=first.name, is_first=True, others=others)
    except rules.SecondReviewer:
        return False
    return True


def _wants_writing(complaint: Complaint) -> bool:
    """Whether who only spoke is to be invited to write."""
    return complaint.first_written_at is None and packs.wants_writing(deadlines.packs_of(complaint))


def next_due(complaint: Complaint, at: datetime) -> Due | None:
    """How far the next due moment is, in the words of lists; None where nothing is due."""
    if complaint.next_due_at is None:
        return None
    entity = complaint.entity
    place = deadlines.calendar(entity.calendar)
    return words.said(
        due_at=complaint.next_due_at, at=at, zone=entity.time_zone, calendar=place, tongue=languages.reader()
    )


# What arrived from an address. What is typed in a form or told on the telephone came from none: it shows of no address
# that it works.
_MAILS = Message.objects.filter(direction=Direction.IN, channel="email")


def _heard(complaint: Complaint) -> list[tuple[str, str, str, str]]:
    """Who sent the mails of a file, and who wrote those that they forward: name and address of each, once."""
    mails = _MAILS.filter(exchange__complaint=complaint)
    rows = mails.order_by("from_address", "forwarded_address")
    return list(rows.values_list("from_name", "from_address", "forwarded_name", "forwarded_address").distinct())


def candidate(complaint: Complaint, address: str) -> Candidate | None:
    """Whom the mails of a file name at this address, when its complainant is somebody else."""
    ways = _ways(complaint)
    found = _candidates(_heard(complaint), complaint, ways)
    return next((one for one in found if normal_email(one.address) == normal_email(address)), None)


def _candidates(
    heard: Sequence[tuple[str, str, str, str]], complaint: Complaint, ways: Sequence[Address]
) -> list[Candidate]:
    """Whom the file could be put to the name of: those its mails name and who are not its complainant."""
    known = {way.normal for way in ways}
    found: dict[str, Candidate] = {}
    for from_name, from_address, author, author_address in heard:
        for name, address in ((author, author_address), (from_name, from_address)):
            normal = normal_email(address)
            is_theirs = complaint.party is not None and bool(name) and name == complaint.party.name
            if normal and normal not in known and not is_theirs:
                found.setdefault(normal, Candidate(name or address, address))
    return list(found.values())


def _is_heard(
    complaint: Complaint, address: str, heard: Sequence[tuple[str, str, str, str]], ways: Sequence[Address]
) -> bool:
    """Whether the address we would write to wrote to us: to this file, or to another one of the same person."""
    normal = normal_email(address)
    if any(way.verified and way.normal == normal for way in ways):
        return True
    if any(normal_email(sender) == normal for _, sender, _, _ in heard):
        return True
    mails = _MAILS.filter(exchange__complaint__party=complaint.party_id)
    return bool(address) and mails.filter(from_address__iexact=address).exists()


def _undoable(outbox: Sequence[OutboxRow]) -> OutboxRow | None:
    """The mail somebody has just sent and that can still be taken back."""
    waiting = [
        row
        for row in outbox
        if row.state is NoticeState.QUEUED and row.purpose is not Purpose.ACKNOWLEDGEMENT and row.seconds_left
    ]
    return waiting[-1] if waiting else None


def _is_departing(row: OutboxRow, at: datetime) -> bool:
    """Whether a mail is about to be seen gone: the page asks again for a few seconds, and no longer."""
    is_near = row.state in AHEAD and not row.seconds_left and row.purpose is not Purpose.ACKNOWLEDGEMENT
    return is_near and at - row.created_at < WATCHED


def _others(complaint: Complaint, actor: Actor) -> tuple[list[Other], int]:
    """The other files of the same person, as far as this actor may read them, the latest first."""
    if complaint.party_id is None:
        return [], 0
    rows = complaints.visible_to(actor).filter(party=complaint.party_id).exclude(pk=complaint.pk)
    found = [
        Other(ref, title, State(state))
        for ref, title, state in rows.order_by("-received_at", "-id").values_list("reference", "title", "state")
    ]
    return found[:OTHERS], max(0, len(found) - OTHERS)


def _first_message(complaint: Complaint) -> Message | None:
    return (
        Message.objects.select_related("mailbox")
        .filter(exchange__complaint=complaint)
        .order_by("exchange__at", "exchange__id")
        .first()
    )


def attachment(*, complaint: Complaint, pk: UUID) -> Attachment | None:
    """A file that came with a message of this dossier."""
    rows = Attachment.objects.select_related("message", "blob")
    return rows.filter(pk=pk, message__exchange__complaint__in=complaints.family(complaint)).first()


def message(*, complaint: Complaint, pk: UUID) -> Message | None:
    """A message of this dossier, whose raw bytes may be downloaded."""
    return Message.objects.filter(pk=pk, exchange__complaint__in=complaints.family(complaint)).first()
