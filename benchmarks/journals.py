"""A journal as work makes it: complaints opened, taken, noted, decided and withdrawn by the product's own actions."""

from datetime import UTC, datetime, timedelta
from random import Random

from doleance.accounts import actions as accounts
from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor, Role, machine
from doleance.audit import actions as audit
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances, taxonomy
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WORDS = ("colis", "jamais", "reçu", "facture", "double", "promis", "livreur", "été", "garantie", "panne", "écran")


class Clock:
    """Moments that only go forward."""

    def __init__(self) -> None:
        self._now = START

    def tick(self) -> datetime:
        """The next moment."""
        self._now += timedelta(seconds=37, microseconds=1)
        return self._now


def make(count: int, random: Random) -> list[Complaint]:
    """Open `count` complaints and let each live a life of its own; the same seed lives the same lives."""
    clock, house = Clock(), machine("benchmark")
    entity = accounts.ensure_house(by=house, at=clock.tick())
    team = Team.objects.get(entity=entity, is_default=True)
    taxonomy.seed(by=house, at=clock.tick())
    agents = [_agent(name, team, house, clock) for name in ("Amélie Roux", "Bruno Lefèvre")]
    return [_live(entity, team, random.choice(agents), random, clock) for _ in range(count)]


def _agent(name: str, team: Team, house: Actor, clock: Clock) -> Actor:
    address = f"{name[:5].strip().lower()}@exemple.fr"
    user = accounts.add_user(name=name, email=address, roles={Role.LEAD}, teams=[team], by=house, at=clock.tick())
    return user.actor()


def _text(random: Random) -> str:
    return " ".join(random.choices(WORDS, k=random.randint(3, 12))).capitalize() + "."


def _live(entity: Entity, team: Team, agent: Actor, random: Random, clock: Clock) -> Complaint:
    at = clock.tick()
    complaint = complaints.open_dossier(
        entity=entity,
        team=team,
        party=None,
        message=None,
        text=_text(random),
        title="",
        received_at=at,
        sent_at=at,
        by=machine("benchmark"),
        at=at,
    )
    audit.viewed(reader=agent.id, what=complaint.journal_stream, at=clock.tick())
    complaint = complaints.take(complaint=complaint, by=agent, at=clock.tick())
    for _ in range(random.randint(1, 3)):
        complaints.note(complaint=complaint, text=_text(random), by=agent, at=clock.tick())
    for _ in range(random.randint(1, 2)):
        _grievance(complaint, agent, random, clock)
    if random.random() < 0.4:
        state = random.choice([State.WITHDRAWN, State.FORWARDED])
        complaints.move(complaint=complaint, to=state, by=agent, at=clock.tick(), reason=_text(random))
        complaints.reopen(complaint=complaint, by=agent, at=clock.tick(), reason=_text(random))
    audit.viewed(reader=agent.id, what=complaint.journal_stream, at=clock.tick())
    return complaint


def _grievance(complaint: Complaint, agent: Actor, random: Random, clock: Clock) -> None:
    grievance = grievances.add_grievance(
        complaint=complaint, title=_text(random), category="delivery.lost", by=agent, at=clock.tick()
    )
    grievances.settle_grievance(
        complaint=Complaint.objects.get(pk=complaint.pk),
        grievance=grievance,
        outcome=random.choice(list(Outcome)),
        reasons=_text(random),
        cause="",
        by=agent,
        at=clock.tick(),
    )
