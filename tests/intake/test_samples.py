"""Every sample mail becomes what was decided for it by hand, beforehand (issues 2 and 3, what must be shown)."""

import argparse
import json

import pytest

from doleance.channels.models import ImportLine, Message
from doleance.channels.rules import MessageState
from doleance.complaints.models import Complaint
from doleance.intake import imports
from tests.intake import samples

pytestmark = pytest.mark.django_db


def run(path, capsys, *options):
    """The command `doleance import`, and its last line."""
    parser = argparse.ArgumentParser()
    imports.add_arguments(parser)
    status = imports.run(parser.parse_args([str(path), *options]))
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def outcome_of(line, first_paths):
    message = line.message
    if line.repeats:
        return f"repeats {first_paths[message.id]}"
    match message.state:
        case MessageState.LINKED:
            assert message.exchange.rule == "opened"
            return "complaint"
        case MessageState.DUPLICATE:
            return f"duplicate {first_paths[message.duplicate_of_id]}"
        case MessageState.QUARANTINED:
            return f"quarantined {message.reason}"
    return message.state


@pytest.mark.parametrize("folder", samples.TABLES)
def test_each_sample_mail_becomes_what_was_decided(folder, cast, calendars, capsys):
    root = samples.require(folder)
    status, _ = run(root, capsys)
    assert status == 0
    lines = list(ImportLine.objects.select_related("message", "message__exchange__complaint__party").order_by("id"))
    first = {line.message_id: line.path.removeprefix("mikel-mail/") for line in reversed(lines) if not line.repeats}
    table = samples.expected(folder)
    found = {}
    for line in lines:
        path = line.path.removeprefix("mikel-mail/")
        message = line.message
        told = samples.Expected(outcome_of(line, first), message.from_address, message.subject, message.silence)
        found[path] = told
    differences = {
        path: (table.get(path), found.get(path))
        for path in table.keys() | found.keys()
        if table.get(path) != found.get(path)
    }
    assert differences == {}


@pytest.mark.parametrize("folder", samples.TABLES)
def test_the_figures_add_up_and_a_second_run_adds_nothing(folder, cast, calendars, capsys):
    root = samples.require(folder)
    table = samples.expected(folder)
    status, first = run(root, capsys)
    assert status == 0
    kinds = [one.kind for one in table.values()]
    assert first["received"] == len(table) == first["linked"] + first["quarantined"] + first["duplicate"]
    assert first["linked"] == first["complaints"] == kinds.count("complaint")
    assert first["quarantined"] == kinds.count("quarantined")
    assert first["duplicate"] == kinds.count("duplicate") + kinds.count("repeats")
    assert not Message.objects.filter(state=MessageState.STORED).exists()
    before = (Message.objects.count(), Complaint.objects.count())
    status, second = run(root, capsys)
    assert status == 0
    assert (Message.objects.count(), Complaint.objects.count()) == before
    assert second["duplicate"] == second["received"] == len(table)
    assert second["linked"] == second["quarantined"] == second["complaints"] == 0
