"""The numbers of the rail: what waits for somebody in each place, asked together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from doleance.accounts.rules import Actor, Permission, may
from doleance.intake import queries as intake
from doleance.kernel import kept
from doleance.kernel.kept import SOME_MOMENT, Statement
from doleance.matching import queries as matching
from doleance.notifications import printing, returns, watch
from doleance.notifications import queries as notifications

# Whose number stands beside a place, by the place's name.
_RIGHTS = {
    "quarantine": Permission.READ_QUARANTINE,
    "outbox": Permission.SEND,
    "pairs": Permission.HANDLE,
}


@dataclass(frozen=True, slots=True)
class _Numbers:
    """One statement of many counts, and the place that each of them is of."""

    places: tuple[str, ...]
    statement: Statement


def waiting(actor: Actor, *, at: datetime) -> Mapping[str, int]:
    """How much waits for somebody in each place that they may open, by its name; one query."""
    known = _numbers(actor)
    found = dict.fromkeys(known.places, 0)
    if known.places:
        for place, number in zip(known.places, kept.ask(known.statement, at=at)[0], strict=True):
            found[place] += number
    return found


@lru_cache(maxsize=500)
def _numbers(actor: Actor) -> _Numbers:
    told = [(place, one) for place, right in _RIGHTS.items() if may(actor, right) for one in _counts(place, actor)]
    return _Numbers(tuple(place for place, _ in told), kept.counting(one for _, one in told))


def _counts(place: str, actor: Actor) -> list[Statement]:
    """What waits there; in Envois: mails, those that came back, letters, addresses, breakers."""
    match place:
        case "quarantine":
            return [intake.quarantine_counted(actor)]
        case "pairs":
            return [matching.open_counted(actor)]
        case _:
            return [
                kept.count_of(notifications.all_for_people(actor, SOME_MOMENT)),
                kept.count_of(returns.unsettled(actor)),
                kept.count_of(printing.waiting(actor)),
                intake.invalid_counted(actor),
                kept.count_of(watch.open_for(actor)),
            ]
