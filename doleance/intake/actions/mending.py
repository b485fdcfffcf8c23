"""A person mends an address from which our mail came back: what was acknowledged to nobody is acknowledged now."""

from datetime import datetime

from doleance.accounts.rules import Actor
from doleance.complainants import actions as complainants
from doleance.complainants.models import Address, Party
from doleance.intake import queries
from doleance.kernel.db import write
from doleance.notifications import returns
from doleance.notifications.actions import bouncing, deciding, flights
from doleance.notifications.actions import writing as notifications
from doleance.notifications.rules import NoticeState


@write
def correct_address(*, address: Address, value: str, by: Actor, at: datetime) -> Address:
    """Write an address as it should be, as `complainants.actions.correct_address`, and acknowledge what never was."""
    _hold(address.party)
    mended = complainants.correct_address(address=address, value=value, by=by, at=at)
    _acknowledge(mended.party, at)
    return mended


@write
def trust_address(*, address: Address, by: Actor, at: datetime) -> Address:
    """Say that an address works after all, as `complainants.actions.trust_address`; then as `correct_address`."""
    _hold(address.party)
    trusted = complainants.trust_address(address=address, by=by, at=at)
    _acknowledge(trusted.party, at)
    return trusted


def _hold(party: Party) -> None:
    """Hold the mails before the address: whoever notes that a mail came back takes them in that order."""
    bouncing.hold_mails([notice.id for notice in returns.acknowledgements_lost(party)])


def _acknowledge(party: Party, at: datetime) -> None:
    """Acknowledge each open file whose acknowledgement was withheld for its address, refused, or came back."""
    lost = returns.acknowledgements_lost(party)
    for notice in (one for one in lost if one.state == NoticeState.FAILED and one.carrier_id is None):
        deciding.send_again(notice=notice, by=flights.OUTBOX, at=at)
    for notice in (one for one in lost if one.state != NoticeState.FAILED):
        notifications.acknowledge(complaint=notice.complaint, by=flights.OUTBOX, at=at)
    for message, complaint in queries.unacknowledged(party):
        if notifications.acknowledge(complaint=complaint, by=flights.OUTBOX, at=at) is not None:
            message.silence = ""
            message.save(update_fields=["silence"])
