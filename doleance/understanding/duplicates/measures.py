"""How well pairs are proposed: groups of messages with the pairs that people found in them (tests/gold/README.md).

All messages of the file are compared as one pile, by the road that `doleance duplicates` takes: a pair that was no
candidate is missed, and one of two groups is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from doleance.understanding import records
from doleance.understanding.duplicates import score
from doleance.understanding.duplicates.candidates import Compared
from doleance.understanding.duplicates.portraits import nearness, portrait
from doleance.understanding.duplicates.score import Match, Relation
from doleance.understanding.measures import Tally
from doleance.understanding.model.learned import Model
from doleance.understanding.rules import Incoming

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Group:
    """Messages, and the relation of the pairs among them that have one; all others are different."""

    messages: tuple[Incoming, ...]
    pairs: Mapping[Pair, Relation]


@dataclass(slots=True)
class Found:
    """The figures of a file of groups.

    `proposals`: pairs that a person is asked about, right when they are one matter. `evident`: duplicates that a
    person, an address or a reference speaks for. `friends`: pairs of a group that are different, exact where nobody
    is told that they are the same.
    """

    messages: int = 0
    duplicates: Tally = field(default_factory=Tally)
    evident: Tally = field(default_factory=Tally)
    related: Tally = field(default_factory=Tally)
    proposals: Tally = field(default_factory=Tally)
    friends: Tally = field(default_factory=Tally)

    @property
    def false_friends(self) -> float | None:
        """The share of pairs that are different, among those of one group, and told to be the same."""
        exact = self.friends.accuracy
        return None if exact is None else 1 - exact


class BadGroup(records.BadLine):
    """A line that is no group."""

    code = "bad_group"
    sentence = "Cette ligne n’est pas un groupe de messages ({why})."


def is_group(record: Mapping[str, Any]) -> bool:
    """Whether a line is a group of messages with its pairs, and not a message."""
    return "pairs" in record and "messages" in record


def group(record: Mapping[str, Any]) -> Group:
    """The group of a line. Raises BadGroup, BadLine."""
    messages, pairs = record.get("messages"), record.get("pairs")
    if not isinstance(messages, list) or not isinstance(pairs, list):
        raise BadGroup(why="« messages » et « pairs » sont des listes")
    found = tuple(records.incoming(one) for one in messages)
    known = {one.id for one in found}
    told: dict[Pair, Relation] = {}
    for pair in pairs:
        try:
            one, other, relation = pair
            told[frozenset((one, other))] = Relation(relation)
        except (TypeError, ValueError) as error:
            raise BadGroup(why=f"une paire est [a, b, relation]\u00a0: {pair}") from error
        if not {one, other} <= known:
            raise BadGroup(why=f"une paire nomme un message inconnu\u00a0: {pair}")
    return Group(found, told)


def measure(groups: Sequence[Group], model: Model) -> Found:
    """Compare every message of all groups and count."""
    found = Found()
    gold = {pair: relation for one in groups for pair, relation in one.pairs.items()}
    proposed, evident = _proposed(groups, model)
    found.messages = sum(len(one.messages) for one in groups)
    for tally, relation in ((found.duplicates, Relation.DUPLICATE), (found.related, Relation.RELATED)):
        _count(tally, {pair for pair, got in proposed.items() if got is relation}, _of(gold, relation))
    _count(found.proposals, set(proposed), set(gold))
    _count(
        found.evident,
        {pair for pair, got in proposed.items() if got is Relation.DUPLICATE and pair in evident},
        _of(gold, Relation.DUPLICATE) & evident,
    )
    for one in groups:
        for a, b in combinations(one.messages, 2):
            pair = frozenset((a.id, b.id))
            if pair not in gold:
                found.friends.add(is_right=proposed.get(pair) is not Relation.DUPLICATE)
    return found


def _of(gold: Mapping[Pair, Relation], relation: Relation) -> set[Pair]:
    return {pair for pair, told in gold.items() if told is relation}


def _count(tally: Tally, found: set[Pair], wanted: set[Pair]) -> None:
    tally.add_counts(right=len(found & wanted), found=len(found), wanted=len(wanted))


def _proposed(groups: Sequence[Group], model: Model) -> tuple[dict[Pair, Relation], set[Pair]]:
    """The relation of each pair that is proposed, and the pairs that evidence speaks for, proposed or not."""
    pile, names = Compared(), [message.id for one in groups for message in one.messages]
    proposed: dict[Pair, Relation] = {}
    evident: set[Pair] = set()
    drawn = {message.id: portrait(message, model) for one in groups for message in one.messages}
    for name in names:
        told: list[tuple[int, Match]] = list(pile.add(drawn[name]))
        proposed |= {frozenset((names[place], name)): match.relation for place, match in told}
    for one in groups:
        for a, b in combinations(one.messages, 2):
            left, right = drawn[a.id], drawn[b.id]
            if score.compare(left.traits, right.traits, nearness(left.vector, right.vector)).is_evident:
                evident.add(frozenset((a.id, b.id)))
    return proposed, evident
