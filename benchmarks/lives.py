"""The lives of many files over three years: who complains of what, who answers, when it ends; rows and events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from django.db.models import Model

from benchmarks import wording
from benchmarks.chains import Chain, Changed, Keys
from doleance.accounts.models import Entity, Team, User
from doleance.audit.rules import Fact
from doleance.complainants.models import Address, Party
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.complaints.rules import ExchangeKind, GrievanceState, Outcome, State
from doleance.deadlines.models import Clock
from doleance.deadlines.rules import clocks as clock_rules
from doleance.deadlines.rules import due
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.kernel.clock import day_in
from doleance.kernel.ids import ALPHABET, check_letter
from doleance.kernel.text import fold
from doleance.packs import loader
from doleance.packs.rules import PACK_EVENTS, ClockKind, Term

YEARS = timedelta(days=3 * 365)
HOUSE = "machine:benchmark"
_SIGNS = 4
_SPREAD = 387_420_489  # odd: n → n × it is a bijection of 32^4 numbers, and neighbours fall far apart
CATEGORIES = ("delivery.lost", "delivery.late", "product.damaged")
_FINDINGS = (Outcome.UPHELD, Outcome.PARTLY_UPHELD, Outcome.NOT_UPHELD)


@dataclass(frozen=True, slots=True)
class House:
    """Who works there, by the hour of today: the same for every file."""

    entity: Entity
    teams: list[Team]
    people: dict[UUID, list[User]]  # by team
    calendar: WorkCalendar
    now: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who complained, and may again."""

    party: Party
    status: str


class Lives:
    """Makes files one after the other, the oldest first; every row and event goes to `keep`."""

    def __init__(self, house: House, random: Random, keep: Callable[[Model], None]) -> None:
        self.house, self.random, self.keep = house, random, keep
        self.keys = Keys(keep, lambda: _id_at(house.now, random))
        self._met: list[Known] = []
        self._due: dict[tuple[date, Term], due.DueDate] = {}

    def live(self, number: int, count: int) -> None:
        """One file, the `number`th of `count` (below 32^4), from its first word to where it stands today."""
        place = (number + self.random.random()) / count
        at = self.house.now - YEARS * (1 - place) - timedelta(minutes=self.random.randint(5, 60))
        life = _Life(self, number, at)
        life.begin()
        open_ones = 0.8 if place > 0.95 else 0.1 if place > 0.6 else 0.005
        if self.random.random() < open_ones:
            life.stay()
        else:
            life.end()
        life.finish()

    def person(self, at: datetime) -> Known:
        """Somebody new, or one in four times somebody who complained before."""
        if self._met and self.random.random() < 0.25:
            return self.random.choice(self._met)
        known = self._meet(at)
        if len(self._met) < 5_000:
            self._met.append(known)
        else:
            place = self.random.randrange(len(self._met))
            self.keys.forget(self._met[place].party.id)
            self._met[place] = known
        return known

    def _meet(self, at: datetime) -> Known:
        random = self.random
        first, last = wording.pick(random, wording.FIRST_NAMES), wording.surname(random)
        party = Party(id=_id_at(at, random), name=f"{first} {last}", created_at=at, status=PartyStatus.CONSUMER.value)
        ways = {AddressChannel.EMAIL: f"{fold(f'{first}.{last}')}.{party.id.hex[-7:]}@courriel.example"}
        if random.random() < 0.4:
            ways[AddressChannel.PHONE] = f"06{random.randrange(10**8):08d}"
        if random.random() < 0.15:
            street = f"{random.randint(1, 200)} {random.choice(wording.STREETS)}"
            ways[AddressChannel.POST] = f"{street}, {random.choice(wording.CITIES)}".lower()
        rows = [
            Address(id=_id_at(at, random), party=party, channel=channel.value, value=value, normal=value)
            for channel, value in ways.items()
        ]
        for row in (party, *rows):
            self.keep(row)
        stream = Chain(party.journal_stream, party.id, self.keys, self.keep, HOUSE)
        stream.tell("party_recognised", at, [(party, None), *((row, None) for row in rows)])
        return Known(party, party.status)

    def due(self, opening: clock_rules.Opening) -> due.DueDate:
        """When a clock ends, computed once for each day and length: hours are counted by none of the general pack."""
        zone = self.house.entity.time_zone
        key = day_in(opening.start_at, zone), opening.term
        if key not in self._due:
            self._due[key] = due.compute(
                start_at=opening.start_at, term=opening.term, zone=zone, calendar=self.house.calendar
            )
        return self._due[key]


class _Life:
    """One file."""

    def __init__(self, lives: Lives, number: int, at: datetime) -> None:
        self.lives, self.random, self.house = lives, lives.random, lives.house
        self.at = self.began = at
        self.new_id = partial(_id_at, at, self.random)
        known = lives.person(at)
        self.complaint = Complaint(
            id=self.new_id(),
            reference=_reference(number, at.year),
            entity=self.house.entity,
            team=_team(self.random, self.house.teams),
            party=known.party,
            title=wording.title(self.random),
            received_at=at,
            sent_at=at,
            first_written_at=at,
            registered_at=at,
            changed_at=at,
            regimes=list(self.house.entity.packs),
        )
        self.rows: list[Model] = [self.complaint]
        self.chain = Chain(self.complaint.journal_stream, known.party.id, lives.keys, lives.keep, HOUSE)
        self.clocks: list[Clock] = []
        self.by = HOUSE

    def later(self, **most: float) -> datetime:
        """The next moment, at most so much after the last and never after today."""
        step = timedelta(**most) * self.random.random()
        self.at = min(self.at + step, self.house.now)
        return self.at

    def add(self, row: Model) -> Model:
        self.rows.append(row)
        return row

    def tell(self, code: str, rows: list[Changed], facts: Mapping[str, Fact] | None = None) -> None:
        """One event of the file, which counts one version more."""
        self.complaint.version += 1
        self.complaint.changed_at = self.at
        self.chain.tell(code, self.at, [*rows, (self.complaint, ["version"])], by=self.by, facts=facts)

    def say(self, kind: ExchangeKind, text: str, code: str, rule: str = "", author: UUID | None = None) -> None:
        """One exchange."""
        one = Exchange(
            id=self.new_id(), complaint=self.complaint, kind=kind.value, text=text, at=self.at, rule=rule,
            author_id=author,
        )  # fmt: skip
        self.add(one)
        self.tell(code, [(one, None)], {"rule": rule} if rule else None)

    def begin(self) -> None:
        """It is opened, its clocks start, and soon it is acknowledged."""
        first = Exchange(
            id=self.new_id(), complaint=self.complaint, kind=ExchangeKind.INBOUND.value, at=self.at, rule="opened",
            text=wording.letter(self.random),
        )  # fmt: skip
        self.add(first)
        self.chain.tell("complaint_opened", self.at, [(self.complaint, None), (first, None)])
        moments = {event.value: getattr(self.complaint, event.value) for event in PACK_EVENTS}
        packs = loader.in_force(self.complaint.regimes, day_in(self.at, self.house.entity.time_zone))
        for opening in clock_rules.openings(packs, moments=moments, status="consumer", known=set()):
            entity = self.house.entity
            clock = Clock.of(
                self.complaint, opening, self.lives.due(opening), calendar=entity.calendar, zone=entity.time_zone
            )
            clock.id = self.new_id()
            self.clocks.append(clock)
        self.rows += self.clocks
        self.tell("clocks_started", [(clock, None) for clock in self.clocks])
        self.later(hours=1)
        self.meet({ClockKind.ACKNOWLEDGE})

    def meet(self, kinds: set[ClockKind]) -> None:
        """Duties are done."""
        done = [clock for clock in self.clocks if clock.kind in kinds and clock.met_at is None]
        for clock in done:
            clock.met_at = self.at
        self.tell("clocks_met", [(clock, ["met_at"]) for clock in done], {"kinds": [one.kind for one in done]})

    def move(self, to: State, *columns: str) -> None:
        """Another state."""
        origin, self.complaint.state = self.complaint.state, to.value
        self.complaint.waiting_on = complaint_rules.waiting_on(to).value
        for column in columns:
            setattr(self.complaint, column, self.at)
        self.tell("state_moved", [(self.complaint, ["state", *columns])], {"from": origin, "to": to.value})

    def take(self) -> None:
        """Somebody of the team takes it, and writes down what is complained of."""
        self.later(hours=30)
        owner = self.random.choice(self.house.people[self.complaint.team_id])
        self.by, self.complaint.owner = f"user:{owner.id}", owner
        self.tell("owner_set", [(self.complaint, ["owner_id"])])
        self.move(State.ASSESSMENT)
        for number in range(1, 2 + (self.random.random() < 0.4)):
            point = Grievance(
                id=self.new_id(), complaint=self.complaint, number=number, title=wording.title(self.random),
                category_id=self.random.choice(CATEGORIES), team=self.complaint.team, owner=owner,
                exchange_id=self.rows[1].pk, wanted=self.random.choice(("", "Un remboursement", "Un échange")),
                state=GrievanceState.ACCEPTED.value,
            )  # fmt: skip
            self.add(point)
            self.tell("grievance_added", [(point, None)])
        if self.random.random() < 0.5:
            self.later(days=2)
            self.say(ExchangeKind.NOTE, f"Vu avec {wording.surname(self.random)}.", "note_added", author=owner.id)
        self.move(State.INVESTIGATION)
        if self.random.random() < 0.3:
            self.later(days=4)
            self.by = HOUSE
            self.say(ExchangeKind.INBOUND, wording.letter(self.random), "message_added", rule="reference")

    def stay(self) -> None:
        """It is still open: nobody's, or somebody's, who may wait for the complainant."""
        if self.random.random() < 0.75:
            self.take()
            if self.random.random() < 0.2:
                self.move(State.WAITING)

    def end(self) -> None:
        """It is decided, answered, closed."""
        self.take()
        self.later(days=20)
        self.by = f"user:{self.complaint.owner_id}"
        for point in self.rows:
            if isinstance(point, Grievance):
                point.state, point.outcome = GrievanceState.DECIDED.value, self.random.choice(_FINDINGS).value
                point.reasons, point.decided_at = "Le dossier le montre.", self.at
                columns = ["state", "outcome", "reasons", "decided_at"]
                self.tell("grievance_decided", [(point, columns)], {"outcome": point.outcome})
        self.move(State.DECIDED, "decided_at")
        text = f"Madame, Monsieur, nous avons relu votre réclamation. {wording.frequent(self.random)} remplacé."
        self.say(ExchangeKind.OUTBOUND, text, "message_sent", author=self.complaint.owner_id)
        self.meet(set(ClockKind))
        self.move(State.ANSWERED, "answered_at")
        self.later(days=5)
        self.move(State.CLOSED, "closed_at")

    def finish(self) -> None:
        """What lists need is beside the file, and its rows are kept."""
        nearest = clock_rules.earliest(clock.running() for clock in self.clocks)
        if nearest is not None:
            self.complaint.next_due_at, self.complaint.next_due_kind = nearest.due.due_at, nearest.kind.value
        for row in self.rows:
            self.lives.keep(row)


def _team(random: Random, teams: list[Team]) -> Team:
    """A team, the first one much more often than the last."""
    return teams[int(len(teams) * random.random() ** 2)]


def _reference(number: int, year: int) -> str:
    body, rest = "", number * _SPREAD % 32**_SIGNS
    for _ in range(_SIGNS):
        rest, sign = divmod(rest, 32)
        body += ALPHABET[sign]
    return f"R{year % 100:02d}-{body}-{check_letter(body)}"


def _id_at(at: datetime, random: Random) -> UUID:
    """A UUID of version 7 of that moment, so that identifiers follow time as in life (`kernel.ids.uuid7`)."""
    head = int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    return UUID(int=head << 80 | 0x7 << 76 | random.getrandbits(12) << 64 | 0b10 << 62 | random.getrandbits(62))
