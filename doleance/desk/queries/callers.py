"""Who may be calling: people known by the number or the address one was told, as far as the reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from doleance.accounts.rules import Actor
from doleance.complainants.models import Address
from doleance.complainants.rules import SAME_LINE, AddressChannel, normal_contact
from doleance.complaints import queries as complaints
from doleance.complaints.rules import OVER, State

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Known:
    """One open file of somebody who has this number or this address."""

    reference: str
    title: str
    name: str
    state: State
    received_at: datetime
    zone: str


def known(*, actor: Actor, phone: str, email: str) -> Sequence[Known]:
    """The open files this actor may read, of whoever is reached there or speaks for them; the latest first.

    Nothing is said of the other files: not even that there are some.
    """
    found = _reached(phone, email)
    if found is None:
        return ()
    theirs = Exists(found.filter(party=OuterRef("party"))) | Exists(found.filter(party=OuterRef("representative")))
    rows = complaints.visible_to(actor).filter(theirs).exclude(state__in=sorted(OVER))
    rows = rows.select_related("party", "entity").order_by("-received_at", "-id")[:SHOWN]
    return [
        Known(
            reference=one.reference,
            title=one.title,
            name=one.party.name if one.party else "",
            state=State(one.state),
            received_at=one.received_at,
            zone=one.entity.time_zone,
        )
        for one in rows
    ]


def _reached(phone: str, email: str) -> QuerySet[Address] | None:
    """The ways to reach people that this number or this address is; None when neither can be used."""
    found = Q()
    if number := normal_contact(AddressChannel.PHONE, phone):
        digits = number.removeprefix("+")
        is_same = Q(normal__endswith=digits[-SAME_LINE:]) if len(digits) >= SAME_LINE else Q(normal=number)
        found |= Q(channel=AddressChannel.PHONE) & is_same
    if mail := normal_contact(AddressChannel.EMAIL, email):
        found |= Q(channel=AddressChannel.EMAIL, normal=mail)
    return Address.objects.filter(found) if found else None
