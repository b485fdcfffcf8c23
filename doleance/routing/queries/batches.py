"""What a gesture would make of many files, and what became of those of a batch."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from doleance.accounts import queries as accounts
from doleance.accounts.models import Team, User
from doleance.accounts.rules import Actor
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import OPEN, State
from doleance.routing import rules
from doleance.routing.models import Batch, BatchItem
from doleance.routing.rules import MOST, Act, Fate

RUN = "routing.run"  # the job that carries a batch out
UNDO = "routing.undo"  # and the one that gives back what a request which died left given away


@dataclass(frozen=True, slots=True)
class Gesture:
    """What is asked of each file: an act, and to whom."""

    act: Act
    team: Team | None = None
    owner: User | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One file and what the gesture would make of it; no file where the reference leads to none of this person's."""

    reference: str
    complaint: Complaint | None
    fate: Fate


def plan(gesture: Gesture, *, references: Sequence[str], actor: Actor) -> list[Planned]:
    """What the gesture would make of each file, in the order given, each judged by itself; one query for all.

    One more for each team whose contested file would go back to who answered it: rare, and teams are few.
    """
    found = complaints.visible_to(actor).filter(reference__in=references).select_related("team", "owner")
    there = {one.reference: one for one in found.order_by("id")}
    colleagues: dict[UUID, Collection[UUID]] = {}
    return [_planned(gesture, reference, there.get(reference), actor, colleagues) for reference in references]


def _planned(
    gesture: Gesture,
    reference: str,
    complaint: Complaint | None,
    actor: Actor,
    colleagues: dict[UUID, Collection[UUID]],
) -> Planned:
    if complaint is None:
        return Planned(reference, None, Fate.GONE)
    fate = rules.fate_of(
        state=State(complaint.state),
        is_same=_is_same(gesture, complaint, actor),
        is_elsewhere=gesture.team is not None and gesture.team.entity_id != complaint.entity_id,
        is_reviewed=_is_reviewed(gesture, complaint, actor, colleagues),
    )
    return Planned(reference, complaint, fate)


def _is_same(gesture: Gesture, complaint: Complaint, actor: Actor) -> bool:
    match gesture.act:
        case Act.TAKE:
            at_work = complaint.state not in {State.RECEIVED, State.REOPENED, State.CONTESTED}
            return at_work and complaint.owner_id == actor.user_id
        case Act.ASSIGN:
            hands = gesture.owner.pk if gesture.owner else None, gesture.team.pk if gesture.team else None
            return hands == (complaint.owner_id, complaint.team_id)
        case Act.TEAM:
            return gesture.team is not None and gesture.team.pk == complaint.team_id


def _is_reviewed(
    gesture: Gesture, complaint: Complaint, actor: Actor, colleagues: dict[UUID, Collection[UUID]]
) -> bool:
    """Whether the second review would go to who gave the first answer, while somebody else of the team could do it."""
    target = actor.user_id if gesture.act is Act.TAKE else gesture.owner.pk if gesture.owner else None
    if target is None or complaint.reviewed_by_id != target or complaint.state not in OPEN:
        return False
    if complaint.team_id not in colleagues:
        colleagues[complaint.team_id] = {one.pk for one in accounts.colleagues(complaint.team)}
    return bool(set(colleagues[complaint.team_id]) - {target})


def in_order(told: Mapping[Fate, int]) -> list[tuple[Fate, int]]:
    """What happens to how many files, what is done first; what happens to none is left out."""
    order = [Fate.DONE, *(fate for fate in Fate if fate is not Fate.DONE)]
    return [(fate, told[fate]) for fate in order if told.get(fate)]


def counted(fates: Collection[Fate]) -> list[tuple[Fate, int]]:
    """How many files each thing happens to, in that order."""
    return in_order(Counter(fates))


def batch(pk: UUID, actor: Actor) -> Batch | None:
    """A batch of this person's."""
    rows = Batch.objects.select_related("team", "owner", "author")
    return rows.filter(pk=pk, author=actor.user_id).first() if actor.user_id else None


def tally(of: Batch) -> Mapping[Fate, int]:
    """How many of its files each thing happened to."""
    return Counter(Fate(fate) for fate in BatchItem.objects.filter(batch=of).values_list("fate", flat=True))


def left_alone(of: Batch, actor: Actor, *, most: int) -> list[tuple[str, Fate]]:
    """The files that a batch left as they were, with why, the first ones; without those that are no longer theirs."""
    rows = BatchItem.objects.filter(batch=of).exclude(fate__in=[Fate.DONE, Fate.WAITING, Fate.UNDONE])
    mine = rows.filter(complaint__in=complaints.visible_to(actor).values("pk")).order_by("id")[:most]
    return [(reference, Fate(fate)) for reference, fate in mine.values_list("complaint__reference", "fate")]


def able(complaint: Complaint, team: Team) -> Sequence[User]:
    """Who could answer for a file, were it of that team: its members who are there; of its circle when it has one."""
    return complaints.able(complaint) if complaint.restricted_at is not None else accounts.colleagues(team)


def waiting(of: Batch, *, most: int = MOST) -> list[UUID]:
    """The items that nothing happened to yet, in order, the first `most`."""
    rows = BatchItem.objects.filter(batch=of, fate=Fate.WAITING).order_by("id")
    return list(rows.values_list("pk", flat=True)[:most])
