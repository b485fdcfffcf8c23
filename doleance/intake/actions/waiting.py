"""A form that is sent under pressure: kept at once, as it was sent, and sent by itself when its turn comes."""

from datetime import datetime
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.jobs import JobDeferrer

from doleance.intake import pressed, pressure, weighing
from doleance.intake.deposits import DRAFT_KEPT, Deposit
from doleance.intake.models import Draft
from doleance.intake.pressure import Demand
from doleance.kernel import crashes
from doleance.kernel.db import write

SEND_PRESSED = "intake.send_pressed"  # the job's name, by which it is deferred


def turn_of(*, draft: Draft, deposit: Deposit, effort: str, network: str, at: datetime) -> datetime | None:
    """Until when a form that is being sent waits; None when it may go now: it is free, or its work is done.

    What waits is kept as it was sent; pressing again changes neither that nor the moment it goes.
    """
    if draft.submitted_at is not None or (draft.not_before is not None and draft.not_before <= at):
        return None
    demand = weighing.demand(draft=draft.id, email=named(deposit), network=network, at=at)
    if weighing.is_enough(effort, draft=draft.id, demand=demand, at=at):
        return None
    until = wait(draft=draft, deposit=deposit, network=network, demand=demand, at=at)
    crashes.point("deposit.waits")
    return until


@write(quiet="what waits its turn is on the journal once it opens its file")
def wait(*, draft: Draft, deposit: Deposit, network: str, demand: Demand, at: datetime) -> datetime | None:
    """Keep what was sent, and the job that sends it when its turn comes, in one transaction; the moment of its turn.

    None when it was sent, or erased, or its turn came, in the meantime.
    """
    held = Draft.objects.select_for_update().filter(pk=draft.pk, submitted_at__isnull=True).first()
    if held is None:
        return None
    if held.pressed is None:
        note_press(held, deposit=deposit, network=network, at=at)
        held.pressed = pressed.written(deposit)
        held.not_before = pressure.not_before(promised=held.not_before, demand=demand, at=at)
        held.expires_at = at + DRAFT_KEPT
        held.save(update_fields=["origin", "named", "pressed_at", "pressed", "not_before", "expires_at"])
        job(held.id, held.not_before).defer(draft_id=str(held.id))
    return held.not_before if held.not_before is not None and held.not_before > at else None


def note_press(held: Draft, *, deposit: Deposit, network: str, at: datetime) -> None:
    """Note on a draft that is being sent what later ones are counted by; who pressed first is received then."""
    if held.pressed_at is None:
        held.pressed_at = at
        held.origin = weighing.mark_of_network(network, at)
        held.named = weighing.mark_of_address(named(deposit), at)


def job(draft_id: UUID, at: datetime | None = None) -> JobDeferrer:
    """The job that sends what waits, at once or at a moment; one waits at most."""
    return app.configure_task(SEND_PRESSED, queue="intake", schedule_at=at, queueing_lock=f"pressed:{draft_id}")


def named(deposit: Deposit) -> str:
    """The address that a form names: where its acknowledgement goes."""
    if deposit.representative is not None and deposit.representative.contact.email:
        return deposit.representative.contact.email
    return deposit.contact.email
