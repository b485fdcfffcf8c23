"""An internal note never leaves the house: no path of the source leads from a note to the wire, on any channel."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from doleance.accounts import actions as accounts
from doleance.channels.registry import CHANNELS
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Exchange
from doleance.complaints.rules import ExchangeKind, Outcome
from doleance.deadlines import actions as deadlines
from doleance.kernel.ids import uuid7
from doleance.notifications.actions import writing
from doleance.notifications.models import Notice
from doleance.resolution import actions as resolution
from tests import factories
from tests.cast import MORNING, TESTS
from tests.house.source import Source, dotted, product
from tests.notifications.conftest import after

CANARY = "canari-de-la-maison"
# How to see all that left by each channel. A new channel comes with its line here, or this test fails.
LEFT: dict[str, Callable[[Path], list[bytes]]] = {
    "email": lambda folder: [path.read_bytes() for path in folder.glob("*.eml")],
}
# By these nothing leaves: they are where people type, and what answers them is a mail or a letter.
TYPED = frozenset({"web", "phone", "counter", "api"})
WIRES = ("doleance.channels.email.smtp", "doleance.channels.email.sink")


def imports(source: Source) -> set[str]:
    found: set[str] = set()
    for node in source.walk(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_one_module_talks_to_the_wire_and_one_job_asks_it_to():
    to_the_wire = {one.path for one in product() if any(wire in imports(one) for wire in WIRES)}
    # Trials of a mailbox send a letter of their own to the administrator who asks, and read no file.
    trials = "doleance/intake/fetching/probing.py"
    assert to_the_wire == {"doleance/channels/email/outgoing.py", "doleance/notifications/tasks.py", trials}
    carries = {
        source.path
        for source in product()
        for call in source.walk(ast.Call)
        if isinstance(call, ast.Call) and dotted(call.func).endswith("outgoing.carry")
    }
    # An alarm tells an administrator of a mailbox, in words of its own; links let a colleague in, and read no file.
    entering = "doleance/notifications/actions/entering.py"
    assert carries == {"doleance/notifications/tasks.py", "doleance/intake/alarms.py", entering}


def test_the_outbox_reads_no_exchange():
    """A mail's text is given by whoever writes it: it is never taken from the conversation, where notes are."""
    for source in product():
        if not source.path.startswith("doleance/notifications/"):
            continue
        names = {node.id for node in source.walk(ast.Name) if isinstance(node, ast.Name)}
        attributes = {node.attr for node in source.walk(ast.Attribute) if isinstance(node, ast.Attribute)}
        assert not names & {"Exchange", "ExchangeKind"}, source.path
        assert not attributes & {"exchanges", "note"}, source.path


@pytest.mark.parametrize("channel", sorted(LEFT))
def test_whatever_leaves_holds_no_note(channel, cast, calendars, mailbox, worker, folder):
    agent = cast.amelie.actor()

    def note(complaint, at):
        complaints.note(complaint=complaint, text=f"{CANARY} : il ment, à mon avis.", by=agent, at=at)

    accounts.change_entity(
        entity=cast.entity,
        name="Maison",
        time_zone="Europe/Paris",
        calendar="FR",
        mediator="Médiateur (exemple), www.mediateur.example",
        by=TESTS,
        at=MORNING,
    )
    files = [factories.complaint(cast) for _ in range(3)]
    for complaint in files:
        deadlines.start(complaint=complaint, by=TESTS, at=MORNING)
        note(complaint, MORNING)
        writing.acknowledge(complaint=complaint, by=TESTS, at=MORNING)
        note(complaint, MORNING)
    worker.work(MORNING)
    first = files[0]
    note(first, after(hours=1))
    first.refresh_from_db()
    resolution.reply(
        complaint=first, text="Nous cherchons.", seen=first.version, once=uuid7(), by=agent, at=after(hours=1)
    )
    grievance = factories.grievance(first, by=agent)
    resolution.decide(grievance=grievance, outcome=Outcome.UPHELD, reasons="", cause="x", by=agent, at=after(hours=1))
    note(first, after(hours=1))
    first.refresh_from_db()
    resolution.answer(
        complaint=first, text="C’est réparé.", seen=first.version, once=uuid7(), by=agent, at=after(hours=2)
    )
    worker.sweep(after(hours=2))
    worker.work(after(hours=30))

    left = LEFT[channel](folder)
    assert len(left) == 3  # the grouped acknowledgement, the reply, the answer
    assert not any(CANARY.encode() in mail for mail in left)
    assert not Notice.objects.filter(text__contains=CANARY).exists()
    assert Exchange.objects.filter(kind=ExchangeKind.NOTE, text__contains=CANARY).count() == 8
    assert not Exchange.objects.exclude(kind=ExchangeKind.NOTE).filter(text__contains=CANARY).exists()


def test_every_channel_is_watched():
    assert set(CHANNELS) == set(LEFT) | TYPED
    assert not any(hasattr(CHANNELS[name], "send") for name in TYPED)
