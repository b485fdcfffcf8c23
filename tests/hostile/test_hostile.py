"""Hostile mails: each becomes what was decided, read by the real child within its limits, and none is lost."""

import argparse
import json
from dataclasses import replace

import pytest

from doleance.channels import registry
from doleance.channels.email.child import LIMITS, Readers
from doleance.channels.models import ImportLine, Message
from doleance.channels.rules import Limit, MessageState, Problem
from doleance.intake import imports
from tests.hostile import table_kinds, table_shape

TABLE = [*table_shape.ROWS, *table_kinds.ROWS]
HASTY = replace(LIMITS, cpu_seconds=1)


@pytest.fixture(scope="module")
def readers():
    """The product's own children, with the product's own limits."""
    made = Readers(1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def hasty():
    """Children that give up ten times sooner: what takes all the time there is costs less to try."""
    made = Readers(2, HASTY)
    yield made
    made.close()


def test_the_table_is_as_long_as_promised_and_names_each_mail_once():
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names) >= 120


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_hostile_mail_is_read_as_it_was_decided(row, readers, hasty):
    parsed = (hasty if row.limit is Limit.TIME else readers).parse(row.build())
    assert parsed.limit == row.limit
    if row.limit:
        assert parsed.problem == Problem.OVER_LIMIT
    if row.subject is not None:
        assert parsed.subject == row.subject
    assert parsed.text if row.text else not parsed.text
    for piece in row.text:
        assert piece in parsed.text
    for piece in row.lacks:
        assert piece not in parsed.text
    assert tuple(one.name for one in parsed.files) == row.files
    assert set(parsed.marks) == set(row.marks)


@pytest.mark.parametrize("row", table_kinds.HTML, ids=lambda row: row.name)
def test_the_html_of_a_hostile_mail_runs_and_fetches_nothing(row, readers):
    page = readers.html(row.build())
    if page is not None:
        for wrong in ("<script", "<style", "onerror", "javascript:", "http-equiv", "<iframe", "url(", 'src="http'):
            assert wrong not in page.html.lower()


def outcome(message):
    if message.state == MessageState.QUARANTINED:
        return f"quarantined {message.reason}"
    return message.state


@pytest.mark.django_db
def test_none_of_them_is_lost(cast, calendars, capsys, tmp_path, monkeypatch, hasty):
    monkeypatch.setattr(registry, "CHANNELS", {"email": hasty})
    for number, row in enumerate(TABLE):
        (tmp_path / f"{number:04}.eml").write_bytes(row.build())
    parser = argparse.ArgumentParser()
    imports.add_arguments(parser)
    assert imports.run(parser.parse_args([str(tmp_path)])) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["received"] == len(TABLE) == figures["linked"] + figures["quarantined"] + figures["duplicate"]
    assert not Message.objects.filter(state=MessageState.STORED).exists()
    found = {
        TABLE[int(line.path.removesuffix(".eml"))].name: outcome(line.message)
        for line in ImportLine.objects.select_related("message")
    }
    assert found == {row.name: row.outcome for row in TABLE}
