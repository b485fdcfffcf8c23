"""What happens to parties."""

from datetime import datetime

from doleance.accounts.rules import Actor
from doleance.audit import actions as audit
from doleance.complainants import rules
from doleance.complainants.models import Address, Party
from doleance.kernel import db
from doleance.kernel.db import write


@write
def recognise(*, name: str, address: str, language: str = "fr", by: Actor, at: datetime) -> Party:
    """The party who writes from this mail address; made known when nobody does.

    The address is what recognises, never the name. Two intakes of one new address wait for each other,
    so that one person is made once. An existing party keeps the name the staff know.
    """
    normal = rules.normal_email(address)
    db.hold(f"address:{normal}")
    known = Address.objects.select_related("party").filter(channel=rules.AddressChannel.EMAIL, normal=normal).first()
    if known is not None:
        return known.party
    party = Party.objects.create(name=rules.name_or_address(name, address), language=language, created_at=at)
    way = Address.objects.create(party=party, channel=rules.AddressChannel.EMAIL, value=address.strip(), normal=normal)
    audit.record(
        stream=party.journal_stream,
        code="party_recognised",
        by=by.id,
        at=at,
        rows=[(party, None), (way, None)],
        subject=party.id,
    )
    return party
