"""Jobs about readings."""

from procrastinate.contrib.django import app

from doleance.accounts.rules import machine
from doleance.kernel import clock
from doleance.understanding import actions

_MACHINE = machine("understanding")


@app.task(name="understanding.measure", queue="upkeep")
def measure(timestamp: int) -> None:  # noqa: ARG001
    """Each night: measure what proposals were worth, and from which confidence on they are routed by themselves."""
    actions.measure(by=_MACHINE, at=clock.now())
