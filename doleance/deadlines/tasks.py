"""Jobs of deadlines. Due dates are stored: no job computes them on time, these follow what people changed."""

from uuid import UUID

from procrastinate.contrib.django import app

from doleance.accounts.rules import machine
from doleance.complaints import queries as complaints
from doleance.deadlines import actions
from doleance.kernel import clock

_MACHINE = machine("deadlines")


@app.task(name="deadlines.recompute", retry=3)
def recompute(complaint_id: str) -> None:
    """Compute the open clocks of one file again: its calendar changed."""
    complaint = complaints.by_id(UUID(complaint_id))
    if complaint is not None:
        actions.recompute(complaint=complaint, by=_MACHINE, at=clock.now())


@app.task(name="deadlines.seed_calendars", retry=3)
def seed_calendars() -> None:
    """Keep five years of holidays ahead."""
    actions.seed_calendars(by=_MACHINE, at=clock.now())
