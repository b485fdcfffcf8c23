"""One timeline: oldest first, lines in a row folded, nothing of the conversation lost whatever is shown."""

import re
from datetime import timedelta

import pytest

from doleance.accounts.rules import machine
from doleance.audit import queries as audit
from doleance.audit.actions import erase
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances as grievance_actions
from doleance.complaints.actions import taxonomy
from doleance.complaints.rules import State
from doleance.desk.queries import journal, timeline
from doleance.desk.queries.timeline import FOLD, ItemKind, Show, Sources
from doleance.notifications import queries as notifications
from tests.cast import MORNING
from tests.factories import complaint, grievance
from tests.house.source import product

pytestmark = pytest.mark.django_db
ROBOT = machine("test")


@pytest.fixture
def file(cast):
    taxonomy.seed(by=ROBOT, at=MORNING)
    return complaint(cast)


def later(minutes: int):
    return MORNING + timedelta(minutes=minutes)


def items(file, show=Show.ALL):
    grievances = complaint_queries.grievances(file)
    sources = Sources(grievances, notifications.outbox(file, at=MORNING), journal.lines(file, grievances))
    return timeline.timeline(file, sources, show)


def test_oldest_first_and_lines_in_a_row_fold_into_one(file, cast):
    by = cast.amelie.actor()
    for minutes, title in enumerate(["Un", "Deux", "Trois"]):
        complaints.rename(complaint=file, title=title, by=by, at=later(minutes + 1))
    complaints.note(complaint=file, text="Une note", by=by, at=later(10))
    complaints.rename(complaint=file, title="Quatre", by=by, at=later(11))
    found = items(file)
    assert [item.kind for item in found] == [ItemKind.THEIRS, ItemKind.FOLD, ItemKind.NOTE, ItemKind.LINE]
    assert len(found[1].lines) == FOLD
    assert [item.at for item in found] == sorted(item.at for item in found)


def test_a_reason_is_read_where_it_was_written_until_it_is_erased(file, cast):
    by = cast.amelie.actor()
    for minutes, title in enumerate(["Un", "Deux", "Trois"]):
        complaints.rename(complaint=file, title=title, by=by, at=later(minutes + 1))
    complaints.move(complaint=file, to=State.WITHDRAWN, by=by, at=later(9), reason="Elle a été remboursée.")
    kinds = [item.kind for item in items(file)]
    assert kinds == [ItemKind.THEIRS, ItemKind.FOLD, ItemKind.LINE]
    assert items(file)[-1].lines[0].reason == "Elle a été remboursée."
    erase(subject=cast.durand.id, authority="rgpd", article="17", by="machine:test", at=later(10))
    assert items(file)[-1].lines[-1].reason == ""


def test_the_journal_shows_each_event_once(file, cast):
    grievance(file, by=cast.amelie.actor(), at=later(1))
    found = items(file, Show.JOURNAL)
    assert [item.lines[0].seq for item in found] == list(range(1, audit.history(file.journal_stream).count() + 1))
    assert all(item.kind is ItemKind.LINE and item.lines[0].words for item in found)


def test_every_event_of_the_domains_has_words(file):
    known = journal._codes()
    assert set(known) >= journal.SHOWN_ELSEWHERE
    assert all(words[:1].isupper() for words in known.values())


def test_every_code_that_is_recorded_on_a_file_has_words():
    """Read in the source: a new event without its sentence shows as a code on people's screens."""
    wanted = re.compile(r"""(?:complaints\.)?(?:record|_save|keep)\(\s*\w+,\s*"([a-z_]+)\"""")
    domains = {"complaints", "deadlines", "notifications", "intake", "resolution"}
    recorded = {
        code
        for source in product()
        if source.package in domains and source.role == "actions"
        for code in wanted.findall(source.text)
    }
    assert len(recorded) > 15
    assert recorded <= set(journal._codes())


def test_an_event_nobody_has_words_for_shows_its_code(file):
    assert journal._words({"code": "something_new", "rows": {}}, {}, {}, {}) == "something_new"


def test_who_acted_is_named_even_when_gone(file):
    assert journal._who("user:0", file, {}) == "une personne effacée"
    assert journal._who("user:1", file, {"1": "Zoé"}) == "Zoé"
    assert journal._who("machine:outbox", file, {}) == "Doléance"
    assert journal._who("complainant:1", file, {}) == "Hélène Durand"


def test_only_grievances_of_an_exchange_are_underlined_in_it(file, cast):
    by = cast.amelie.actor()
    first = file.exchanges.get()
    grievance(file, quote="arrivée cassée", exchange=first, by=by, at=later(1))
    everywhere = grievance(file, quote="personne ne me répond", by=by, at=later(1))
    dropped = grievance(file, quote="Bonjour", exchange=first, by=by, at=later(1))
    grievance_actions.drop_grievance(grievance=dropped, reason="Erreur", by=by, at=later(2))
    [theirs] = [item for item in items(file) if item.kind is ItemKind.THEIRS]
    assert [passage.number for passage in theirs.passages] == [1, everywhere.number]


@pytest.mark.parametrize(
    ("media_type", "icon"),
    [("image/png", "image"), ("application/pdf", "file-text"), ("audio/mpeg", "file-audio"), ("x/y", "file")],
)
def test_a_file_has_the_icon_of_what_it_says_it_is(media_type, icon):
    assert timeline._icon(media_type) == icon
