"""Houses of many files: the chains that are made in bulk hold, and say what the rows say; ratios are judged right."""

from collections import defaultdict
from datetime import UTC, datetime
from random import Random

import pytest

from benchmarks.lists import KINDS, Promise, Told, promises
from benchmarks.lives import House, Lives
from benchmarks.wording import RARE, rare
from doleance.accounts.models import Entity, Team, User
from doleance.audit import rules
from doleance.audit.models import AuditEvent, value_of
from doleance.audit.offline import Chain
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.kernel.ids import is_reference

COUNT = 60


def house() -> House:
    """A house that stands in no database."""
    entity = Entity(name="Maison", packs=["GENERAL"])
    teams = [Team(entity=entity, name=name) for name in ("Accueil", "Dépôt")]
    people = {team.id: [User(name="Amélie", email=f"{number}@maison.example")] for number, team in enumerate(teams)}
    calendar = WorkCalendar.of("FR", {}, first_year=2022, last_year=2028)
    return House(entity, teams, people, calendar, datetime(2026, 11, 22, tzinfo=UTC))


def made(seed):
    """Every row that some lives leave, by its model."""
    rows = defaultdict(list)
    lives = Lives(house(), Random(seed), lambda row: rows[type(row)].append(row))
    for number in range(COUNT):
        lives.live(number, COUNT)
    return rows


@pytest.fixture(scope="module")
def rows():
    return made(1)


def test_each_chain_holds(rows):
    streams = defaultdict(list)
    for event in rows[AuditEvent]:
        streams[event.stream].append(event)
    for events in streams.values():
        chain = Chain()
        assert [chain.follow(event.bare()) for event in events] == [None] * len(events)


def test_what_the_chains_tell_is_what_the_rows_say(rows):
    told = defaultdict(list)
    for event in rows[AuditEvent]:
        told[event.stream].append(rules.told_by(event.seq, event.facts, None))
    folded = {key: row for events in told.values() for key, row in rules.fold(events).items()}
    journalled = [row for found in rows.values() for row in found if hasattr(row, "journal_columns")]
    assert len(journalled) == len(folded)
    for row in journalled:
        columns = folded[rules.row_key(row._meta.model_name, row.pk)].columns
        assert {name: value_of(row, name) for name in row.journal_columns} == columns


def test_files_are_of_every_state_and_each_has_a_reference_of_its_own(rows):
    files = rows[Complaint]
    assert len({file.reference for file in files}) == COUNT
    assert all(is_reference(file.reference) for file in files)
    assert {State(file.state) for file in files} >= {State.CLOSED, State.INVESTIGATION}
    assert all((file.next_due_at is None) == (file.state == State.CLOSED) for file in files)


def test_a_seed_makes_the_same_matters_again(rows):
    again = made(1)
    assert [file.title for file in again[Complaint]] == [file.title for file in rows[Complaint]]
    assert [file.title for file in made(2)[Complaint]] != [file.title for file in rows[Complaint]]


def test_rare_words_differ():
    assert len({rare(number) for number in range(RARE)}) == RARE


def test_a_broken_promise_is_seen():
    told = {(count, kind): Told([10.0] * 5) for count in (1, 2) for kind in KINDS}
    assert all(one.is_kept for one in promises([1, 2], told))
    told[2, "list"] = Told([50.0] * 5)
    assert [one.words for one in promises([1, 2], told) if not one.is_kept] == ["list, 2 to 1", "list to bare, 2"]
    told[2, "search"] = Told([31.0] * 5)
    assert [one.ratio for one in promises([1, 2], told)] == [5, pytest.approx(3.1), 1, 5]
    assert Promise("told only", 9, None).is_kept
