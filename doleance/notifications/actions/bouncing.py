"""A mail that was accepted and came back: whoever waits for its effect must know that it had none."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from doleance.accounts.rules import Actor
from doleance.complainants import actions as complainants
from doleance.complainants import queries
from doleance.kernel.db import write
from doleance.notifications.actions import flights
from doleance.notifications.models import Notice
from doleance.notifications.rules import UNREACHABLE, NoticeState


def hold_mails(notices: Collection[UUID]) -> None:
    """Hold these mails and those that left inside them, before anything of their files: the order of `flights`."""
    for notice_id in sorted(notices):
        flights.hold_flight(notice_id)


@write
def note_bounce(*, notice_id: UUID, status: str, words: str, by: Actor, at: datetime) -> Notice | None:
    """Note that a mail came back, with the refusing server's status (RFC 3463) and words; the mail, when it is news.

    Those that left inside it came back with it. What had not left, or was noted already, is not touched.
    """
    flight = flights.hold_flight(notice_id)
    fresh = [
        one for one in flight if one.bounced_at is None and one.state in {NoticeState.SENT, NoticeState.UNCERTAIN}
    ]
    for notice in flights.by_file(fresh):
        notice.bounced_at, notice.bounce = at, f"{status} {words}".strip()
        flights.keep(notice=notice, code="notice_bounced", fields=["bounced_at", "bounce"], by=by, at=at)
    return fresh[0] if fresh else None


@write
def condemn(*, address: str, because: str, by: Actor, at: datetime) -> None:
    """Note on an address that we know that nothing arrives there: a person mends it before mail goes there again."""
    known = queries.by_email(address)
    if known is not None:
        complainants.mark_invalid(address=known, because=because, by=by, at=at)


@write
def withhold(*, flight: Sequence[Notice], by: Actor, at: datetime) -> bool:
    """Keep in the house, for good, what no person wrote to an address that no longer works; whether it is kept.

    Its duty stays open: a person mends the address, and another is written then, or writes another way.
    """
    if not queries.is_invalid(flight[0].to_address):
        return False
    for notice in flights.by_file(flight):
        notice.state, notice.carrier, notice.last_error = NoticeState.RETAINED, None, UNREACHABLE
        fields = ["state", "carrier", "last_error"]
        flights.keep(notice=notice, code="acknowledgement_unreachable", fields=fields, by=by, at=at)
        flights.wake_next(notice.complaint_id)
    return True
