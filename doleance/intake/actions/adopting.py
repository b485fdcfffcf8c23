"""What a deposit says of people and that we do not know so: shown as not verified, until an agent takes it up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit.seal import SealError
from doleance.complainants import actions as complainants
from doleance.complainants import queries, rules
from doleance.complainants.models import Address, Party
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint
from doleance.intake import deposits, drafts
from doleance.intake.deposits import Contact
from doleance.kernel.db import write
from doleance.kernel.kinds import Kind


class Item(Kind):
    """One thing that is said of somebody."""

    NAME = "name", "Nom"
    TITLE = "title", "Civilité"
    EMAIL = "email", "Courriel"
    PHONE = "phone", "Téléphone"
    POST = "post", "Adresse postale"
    PREFERRED = "preferred", "Comment lui répondre"
    REACH_WHEN = "reach_when", "À quel moment"
    ADAPTATIONS = "adaptations", "Ce qui faciliterait nos échanges"
    STATUS = "status", "Statut"
    IS_CUSTOMER = "is_customer", "A une commande ou un contrat chez nous"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said of `party` that we do not know so. `value` is as it would be kept.

    `code` names it on its file: whom it is of, and what it is.
    """

    party: Party
    item: Item
    value: Any
    is_of_representative: bool = False

    @property
    def code(self) -> str:
        """How a press names it."""
        return f"{'representative' if self.is_of_representative else 'party'}-{self.item.value}"

    @property
    def channel(self) -> AddressChannel | None:
        """The way to reach them that it is, when it is one."""
        return AddressChannel(self.item.value) if self.item.value in set(AddressChannel) else None

    @property
    def kind(self) -> Kind | None:
        """The word of a closed list that it is, when it is one."""
        kinds: dict[Item, type[Kind]] = {Item.PREFERRED: AddressChannel, Item.STATUS: PartyStatus}
        return kinds[self.item](self.value) if self.item in kinds else None

    @property
    def is_adoptable(self) -> bool:
        """Whether it may be taken up as it is: another name may be another person, which `Changer` is for."""
        return self.item is not Item.NAME


def said(complaint: Complaint) -> Sequence[Said]:
    """What was typed to open this file, of its people, and that differs from what we know of them.

    Nothing for a file that came otherwise, nor once what was typed is erased.
    """
    try:
        told = drafts.told(complaint)
    except SealError:
        return ()
    if told is None:
        return ()
    whose, speaks = deposits.people(told)
    found = _differing(whose, complaint.party) + _differing(speaks, complaint.representative, is_speaking=True)
    return tuple(found)


def _differing(contact: Contact | None, party: Party | None, *, is_speaking: bool = False) -> list[Said]:
    if contact is None or party is None:
        return []
    columns = rules.said_columns(
        title=contact.title,
        status=contact.status,
        is_customer=contact.is_customer,
        preferred=contact.preferred,
        reach_when=contact.reach_when,
        adaptations=contact.adaptations,
    )
    columns["name"] = rules.name_or_address(contact.name, "")
    news = rules.news(said=columns, known={name: getattr(party, name) for name in columns})
    news |= {channel.value: value for channel, value in _unknown_ways(contact, queries.addresses(party)).items()}
    return [Said(party, item, news[item.value], is_speaking) for item in Item if item.value in news]


def _unknown_ways(contact: Contact, known: Sequence[Address]) -> dict[AddressChannel, str]:
    """The ways to reach somebody that they gave and that are none of those `known`."""
    return {
        channel: value
        for channel, value in deposits.ways(contact).items()
        if not rules.leads_to(
            channel,
            rules.normal_contact(channel, value),
            [one.normal for one in known if one.channel == channel],
        )
    }


@write
def adopt(*, complaint: Complaint, code: str = "", by: Actor, at: datetime) -> Sequence[Said]:
    """Keep as known what this file's deposit says: one thing by its code, all that may be by default; what was kept.

    Who handles the file may. What is known so already is left alone; refuses what `complainants.actions.adopt` does.
    """
    require(by, Permission.HANDLE)
    current = dossiers.locked(complaint, by=by)
    wanted = [one for one in said(current) if one.is_adoptable and code in {"", one.code}]
    for is_speaking in (False, True):
        theirs = [one for one in wanted if one.is_of_representative is is_speaking]
        if theirs:
            complainants.adopt(
                party=theirs[0].party,
                said={one.item.value: one.value for one in theirs if one.channel is None},
                ways={one.channel: one.value for one in theirs if one.channel is not None},
                by=by,
                at=at,
            )
    return wanted
