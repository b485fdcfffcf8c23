"""Many files at once, by the product's own actions."""

from datetime import datetime, timedelta

from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.models import Entity
from doleance.accounts.rules import Actor, machine
from doleance.complainants import actions as complainants
from doleance.complaints.actions import dossiers as complaints
from doleance.deadlines import actions as deadlines
from doleance.kernel import clock
from doleance.kernel.db import write

AT_ONCE = 200
_HOUSE = machine("benchmark")


def fill(count: int, *, first: int, lasting: timedelta) -> None:
    """Open `count` files, received one after the other during the `lasting` time before now."""
    at = clock.now()
    entity = accounts.ensure_house(by=_HOUSE, at=at)
    for begin in range(0, count, AT_ONCE):
        numbers = range(first + begin, first + min(begin + AT_ONCE, count))
        received_at = at - lasting * (1 - begin / count)
        open_many(entity=entity, numbers=numbers, received_at=received_at, by=_HOUSE, at=at)


@write
def open_many(*, entity: Entity, numbers: range, received_at: datetime, by: Actor, at: datetime) -> None:
    """Open one file for each number."""
    team = account_queries.default_team(entity)
    addresses = {number: f"ancien{number}@rempli.example" for number in numbers}
    complainants.meet(addresses.values())
    for number, address in addresses.items():
        party = complainants.recognise(name=f"Ancien {number}", address=address, by=by, at=at)
        complaint = complaints.open_dossier(
            entity=entity,
            team=team,
            party=party,
            message=None,
            text=f"Ma commande {number} n’est jamais arrivée, et personne ne me répond depuis trois semaines.",
            title="",
            received_at=received_at,
            sent_at=received_at,
            by=by,
            at=at,
        )
        deadlines.start(complaint=complaint, by=by, at=at)
