"""Mails that found no way out, once there is one: a person orders them all, a job wakes them by the handful."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from procrastinate.contrib.django import app

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.kernel.db import write
from doleance.kernel.errors import Refusal
from doleance.notifications import queries
from doleance.notifications.actions import deciding
from doleance.notifications.models import Notice


@write
def order_all(*, by: Actor, at: datetime) -> int:
    """Order every mail that this person may see, found no way out and has one now; return how many.

    A job does it (`wake_some`), in their name and for what was blocked until `at`: ten thousand acknowledgements of an
    import would hold a request for minutes.
    """
    require(by, Permission.SEND)
    found = queries.ready_to_wake(by, until=at)
    if found:
        facts = {"count": str(len(found))}
        audit.record(stream=f"user:{by.user_id}", code="blocked_mails_ordered", by=by.id, at=at, facts=facts)
        job = app.configure_task(queries.WAKE, queue="mail")
        job.defer(user_id=str(by.user_id), until=at.isoformat())
    return len(found)


def wake_some(*, notices: Sequence[UUID], by: Actor, at: datetime) -> int:
    """Send again those of these mails that still found no way out, each in a transaction of its own; how many.

    What may not leave any more, because somebody decided meanwhile or its address went dead, keeps no other one.
    """
    still = Notice.objects.filter(pk__in=notices, state=queries.BLOCKED).order_by("complaint_id", "id")
    return sum(_wake(notice, by, at) for notice in still if not queries.replaced(notice))


def _wake(notice: Notice, by: Actor, at: datetime) -> bool:
    """Send one again, unless it may not leave any more: somebody decided meanwhile, or its address went dead."""
    try:
        deciding.send_again(notice=notice, by=by, at=at)
    except Refusal:
        return False
    return True
