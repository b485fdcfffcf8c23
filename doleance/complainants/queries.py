"""What is asked about parties."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from doleance.complainants import rules
from doleance.complainants.models import Address, Party
from doleance.kernel.kinds import gettext_noop


def email_of(party: Party) -> str:
    """The address letters go to: a verified one first, then the oldest; empty when none is left that works."""
    return emails_of([party.id]).get(party.id, "")


def emails_of(parties: Iterable[UUID]) -> dict[UUID, str]:
    """The address letters go to, for each party that has one that works: a verified one first, then the oldest."""
    working = Address.objects.filter(
        party__in=set(parties), channel=rules.AddressChannel.EMAIL, invalid_at__isnull=True
    )
    firsts = working.order_by("party", "-verified", "id").distinct("party")
    return dict(firsts.values_list("party_id", "value"))


def bounced_of(party: Party) -> Address | None:
    """The mail address that no longer works of a party who has no other one: what a person must mend."""
    if email_of(party):
        return None
    return (
        Address.objects.filter(party=party, channel=rules.AddressChannel.EMAIL, invalid_at__isnull=False)
        .order_by("-invalid_at", "id")
        .first()
    )


def by_email(address: str) -> Address | None:
    """A mail address that we know, with its party."""
    normal = rules.normal_email(address)
    return by_normals([normal]).get(normal) if normal else None


def by_normals(normals: Iterable[str]) -> dict[str, Address]:
    """The mail addresses that we know among these normal forms, with their parties."""
    found = Address.objects.select_related("party").filter(channel=rules.AddressChannel.EMAIL, normal__in=set(normals))
    return {address.normal: address for address in found.order_by("id")}


def is_invalid(address: str) -> bool:
    """Whether mail to this address came back and nobody said since that it works: no machine writes there."""
    known = by_email(address)
    return known is not None and known.invalid_at is not None


def invalid_emails() -> QuerySet[Address]:
    """The normal forms of the mail addresses from which a mail came back, as one column."""
    found = Address.objects.filter(channel=rules.AddressChannel.EMAIL, invalid_at__isnull=False)
    return found.values("normal")  # type: ignore[return-value]  # a subquery: rows of one column


def writes_from(party: Party, address: str) -> bool:
    """Whether `address` is one that this party is known by."""
    known = by_email(address)
    return known is not None and known.party_id == party.id


def is_known_no_more(party: Party | None, address: str) -> bool:
    """Whether this party, who can be written to elsewhere, is no longer known by a mail address: it was corrected."""
    return party is not None and not writes_from(party, address) and bool(email_of(party))


def addresses(party: Party) -> list[Address]:
    """The ways to reach a party, by channel, the oldest first."""
    return list(Address.objects.filter(party=party).order_by("channel", "id"))


def addresses_of(parties: Collection[UUID]) -> dict[UUID, list[Address]]:
    """The same of several parties, by their identifiers, with one query; a party without any is not in it."""
    found: dict[UUID, list[Address]] = {}
    for one in Address.objects.filter(party__in=parties).order_by("channel", "id"):
        found.setdefault(one.party_id, []).append(one)
    return found


def postal_of(party: Party) -> str:
    """The lines of the party's latest postal address; empty when there is none."""
    found = Address.objects.filter(party=party, channel=rules.AddressChannel.POST).order_by("-id").first()
    return found.value if found else ""


def bounced() -> QuerySet[Address]:
    """The mail addresses that no longer work of parties who have no other one, the longest since first."""
    email = Address.objects.filter(channel=rules.AddressChannel.EMAIL)
    reachable = email.filter(invalid_at__isnull=True, party=OuterRef("party"))
    return email.filter(~Exists(reachable), invalid_at__isnull=False).order_by("invalid_at", "id")


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain and their French sentence, for the journal of a party."""
    return {
        "party_recognised": gettext_noop("Personne connue à son adresse"),
        "party_introduced": gettext_noop("Personne connue par ce qu’elle a dit d’elle"),
        "party_described": gettext_noop("Statut changé"),
        "party_completed": gettext_noop("Complété par ce que la personne a dit d’elle"),
        "address_verified": gettext_noop("Adresse vérifiée par un courriel"),
        "address_works": gettext_noop("Adresse de nouveau valide"),
        "address_invalid": gettext_noop("Adresse invalide\u00a0: un courriel en est revenu"),
        "address_corrected": gettext_noop("Adresse corrigée"),
        "address_added": gettext_noop("Adresse ajoutée"),
    }
