"""What is asked about parties."""

from doleance.complainants import rules
from doleance.complainants.models import Address, Party


def email_of(party: Party) -> str:
    """The address letters go to: a verified one first, then the oldest; empty when there is none."""
    way = Address.objects.filter(party=party, channel=rules.AddressChannel.EMAIL).order_by("-verified", "id").first()
    return way.value if way else ""


def writes_from(party: Party, address: str) -> bool:
    """Whether `address` is one that this party is known by."""
    normal = rules.normal_email(address)
    return Address.objects.filter(party=party, channel=rules.AddressChannel.EMAIL, normal=normal).exists()
