"""What files say: near ones are found with PostgreSQL's index and without it, and in no request."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import numpy as np
import psycopg
import pytest
from django.db import connection

from doleance.accounts.models import Entity, Team
from doleance.audit import actions as audit
from doleance.boot import vectors
from doleance.boot.postgres import SUPERUSER
from doleance.complaints.models import Complaint
from doleance.kernel import clock
from doleance.kernel.db import write
from doleance.matching import meaning, queries, tasks
from doleance.matching.actions import answering
from doleance.matching.models import Pair, Traits
from doleance.understanding.duplicates import portraits
from doleance.understanding.duplicates.candidates import LIKE_WINDOW
from doleance.understanding.duplicates.score import Relation
from doleance.understanding.process import child
from doleance.understanding.process.child import Meaning, ReadingFailed
from tests import factories
from tests.cast import MORNING, party
from tests.database import NAME, database_key

LATER = MORNING + timedelta(days=3)
FIRST = "Plus de réseau depuis la chute du poteau au hameau de Chassagne, la télé-alarme de ma mère est muette."
STRANGER = "Le poteau de Chassagne est tombé : plus de réseau, mon gîte est coupé, la télé-alarme aussi."
OTHER = "La facture d’eau a doublé."


def vector(*parts: float) -> np.ndarray:
    made = np.zeros(512, np.float32)
    made[: len(parts)] = parts
    return made / np.float32(np.linalg.norm(made))


SAID = {FIRST: vector(3, 1), STRANGER: vector(3, 0, 1), OTHER: vector(0, 0, 0, 1)}


@pytest.fixture
def says(settings, monkeypatch) -> Callable[..., Meaning]:
    """What each text says, as a child would tell it."""
    settings.DOLEANCE_READING = True
    monkeypatch.setattr(clock, "now", lambda: LATER)

    def told(message, *, language=""):
        if message.body not in SAID:
            raise ReadingFailed("time")
        return Meaning("e", portraits.packed(SAID[message.body]))

    monkeypatch.setattr(child, "meaning", told)
    return told


@pytest.fixture(params=["alone", "indexed"])
def way(request, transactional_db) -> Iterator[str]:
    """Both ways of finding: Doléance's own, and PostgreSQL's with its extension."""
    server = request.config.stash[database_key].server
    if request.param == "indexed":
        try:
            vectors.install(server.url(SUPERUSER, NAME))
        except vectors.NoVectors:
            pytest.skip("this PostgreSQL has no extension `vector`")
    yield request.param
    vectors.remove(server.url(SUPERUSER, NAME))


def file(cast, text, days=0.0, **changes) -> Complaint:
    return factories.complaint(
        cast, text=text, title="Réclamation", received_at=MORNING + timedelta(days=days), **changes
    )


@pytest.mark.usefixtures("says")
def test_a_strangers_same_matter_is_found_by_what_it_says_and_related(cast, way):
    one = file(cast, FIRST)
    two = file(cast, STRANGER, days=0.2, party=party("Paul Roussel"))
    other = file(cast, OTHER, days=0.3, party=party("Zoé Martin"))
    assert queries.has_index() is (way == "indexed")
    tasks.sweep(0)
    pair = Pair.objects.get()
    assert {pair.first_id, pair.second_id} == {one.pk, two.pk}
    assert pair.relation == Relation.RELATED
    assert Traits.objects.get(pk=other.pk).encoder == "e"


@pytest.mark.usefixtures("says")
def test_the_nearest_are_those_of_the_window_and_of_the_encoder(cast, way):
    files = [file(cast, FIRST, party=party("Paul Roussel")), file(cast, STRANGER, days=1, party=party("Zoé Martin"))]
    old = file(cast, FIRST, days=4 - LIKE_WINDOW.days - 5, party=party("Jean Petit"))
    for one in (*files, old):
        tasks.compare(one.pk)
    window = meaning.Window(LATER)
    said = Meaning("e", portraits.packed(vector(3, 0, 2)))
    asking = file(cast, OTHER)
    assert window.near(asking, said) == [files[1].pk, files[0].pk], way
    assert window.near(files[1], said) == [files[0].pk]
    assert window.near(asking, Meaning("autre", said.vector)) == []
    assert window.near(asking, Meaning("e", None)) == []
    assert window.near(asking, None) == []


@pytest.mark.usefixtures("says", "way")
def test_a_file_that_says_something_else_now_is_found_by_that(cast, monkeypatch):
    one = file(cast, FIRST, party=party("Paul Roussel"))
    tasks.compare(one.pk)
    monkeypatch.setitem(SAID, FIRST, SAID[OTHER])
    tasks.compare(one.pk)
    said, asking = Meaning("e", portraits.packed(vector(3, 1))), file(cast, STRANGER)
    assert meaning.Window(LATER).near(asking, said) == []
    monkeypatch.setitem(SAID, FIRST, None)
    monkeypatch.delitem(SAID, FIRST)
    tasks.compare(one.pk)
    assert meaning.Window(LATER).near(asking, Meaning("e", portraits.packed(SAID[OTHER]))) == []


@pytest.mark.usefixtures("says")
@pytest.mark.django_db
def test_files_compared_together_find_each_other(cast):
    window = meaning.Window(LATER)
    found = []
    for place in range(5):
        one = file(cast, STRANGER if place % 2 else FIRST, days=place / 10, party=party(f"Personne {place}"))
        said = meaning.of(one)
        found.append(len(window.near(one, said)))
        window.add(one, said)
    assert found == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("says")
@pytest.mark.django_db
def test_what_could_not_be_read_is_read_at_night(cast, monkeypatch):
    one = file(cast, "Illisible.")
    tasks.compare(one.pk)
    assert Traits.objects.get().vector is None
    assert queries.to_compare(limit=10) == []
    monkeypatch.setitem(SAID, "Illisible.", vector(1))
    tasks.sweep(0)
    assert (Traits.objects.get().pk, Traits.objects.get().encoder) == (one.pk, "e")
    assert queries.to_compare(limit=10, unread=True) == []


@pytest.mark.django_db
def test_a_house_without_reading_compares_by_words(cast, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: LATER)
    one = file(cast, FIRST)
    assert meaning.of(one) is None
    tasks.compare(one.pk)
    assert Traits.objects.get().vector is None


@pytest.mark.usefixtures("says", "way")
def test_who_is_erased_leaves_no_vector(cast):
    one = file(cast, FIRST, party=party("Paul Roussel"))
    two = file(cast, STRANGER, party=party("Zoé Martin"))
    for each in (one, two):
        tasks.compare(each.pk)
    assert one.party_id is not None
    audit.erase(subject=one.party_id, authority="rgpd", article="17-1-b", by="machine:test", at=LATER)
    assert list(Traits.objects.values_list("pk", flat=True)) == [two.pk]
    if queries.has_index():
        with connection.cursor() as cursor:
            cursor.execute("SELECT complaint_id FROM doleance_vectors.near")
            assert cursor.fetchall() == [(two.pk,)]


@pytest.mark.usefixtures("says", "way")
def test_what_nobody_is_compared_with_any_more_leaves_the_index(cast, monkeypatch):
    one = file(cast, FIRST, party=party("Paul Roussel"))
    tasks.compare(one.pk)
    later = LATER + LIKE_WINDOW + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    two = file(cast, STRANGER, days=(later - MORNING).days, party=party("Zoé Martin"))
    tasks.compare(two.pk)
    tasks.sweep(0)
    tasks.compare(one.pk)  # written anew, it is old all the same
    assert Traits.objects.count() == 2
    if queries.has_index():
        with connection.cursor() as cursor:
            cursor.execute("SELECT complaint_id FROM doleance_vectors.near")
            assert cursor.fetchall() == [(two.pk,)]


class Spy:
    """Counts the rows that are read."""

    def __init__(self, monkeypatch):
        self.rows = 0
        for name in ("vectors", "vectors_after"):
            monkeypatch.setattr(queries, name, self._counted(getattr(queries, name)))

    def _counted(self, told):
        def run(*args, **named):
            for one in told(*args, **named):
                self.rows += 1
                yield one

        return run

    def read(self):
        found, self.rows = self.rows, 0
        return found


@write(quiet="a test")
def company(name) -> Team:
    """A team of another company."""
    return Team.objects.create(entity=Entity.objects.create(name=name, packs=["GENERAL"]), name="Équipe")


def noted(team, cast, place, text=FIRST):
    """A file of a company that was compared."""
    told = {"party": party(f"Personne {team.pk} {place}"), "entity": team.entity, "team": team}
    one = file(cast, text, days=place / 100, **told)
    answering.note_traits(complaint=one, keys=[], meaning=Meaning("e", portraits.packed(SAID[text])), at=LATER)
    return one


@pytest.mark.usefixtures("says")
@pytest.mark.django_db
def test_a_job_reads_only_what_was_written_since_the_last_one(cast, monkeypatch):
    monkeypatch.setattr(meaning, "_AGAIN", 0)
    spy, kept = Spy(monkeypatch), meaning.Kept()
    files = [noted(cast.team, cast, place) for place in range(4)]
    said, asking = Meaning("e", portraits.packed(SAID[FIRST])), file(cast, OTHER)
    assert len(meaning.Window(LATER, kept).near(asking, said)) == 4
    assert spy.read() == 4
    assert len(meaning.Window(LATER, kept).near(asking, said)) == 4
    assert spy.read() == 0
    files.append(noted(cast.team, cast, 5))
    changed = Meaning("e", portraits.packed(SAID[OTHER]))
    answering.note_traits(complaint=files[0], keys=[], meaning=changed, at=LATER)
    answering.note_traits(complaint=files[1], keys=[], meaning=Meaning("autre", said.vector), at=LATER)
    answering.note_traits(complaint=files[2], keys=[], meaning=None, at=LATER)
    assert set(meaning.Window(LATER, kept).near(asking, said)) == {files[3].pk, files[4].pk}
    assert spy.read() == 4
    assert meaning.Window(LATER, kept).near(asking, changed) == [files[0].pk]
    tomorrow = meaning.Window(LATER + timedelta(days=2), kept)
    assert set(tomorrow.near(asking, said)) == {files[3].pk, files[4].pk}
    assert spy.read() == 3  # all that there is, of this encoder


@pytest.mark.usefixtures("says")
@pytest.mark.django_db
def test_all_companies_together_keep_so_many_rows_and_the_eldest_makes_room(cast, monkeypatch):
    spy, kept = Spy(monkeypatch), meaning.Kept(most=10)
    companies = [cast.team, *(company(f"Société {place}") for place in range(3))]
    said = Meaning("e", portraits.packed(SAID[FIRST]))
    asking = [noted(one, cast, 0) for one in companies]
    for one in companies:
        for place in range(1, 4):
            noted(one, cast, place)
    for one in asking:
        assert len(meaning.Window(LATER, kept).near(one, said)) == 3
        assert len(kept) <= 10
    spy.read()
    meaning.Window(LATER, kept).near(asking[-1], said)
    assert spy.read() <= 4
    assert kept.known((companies[0].entity_id, "e")) is None
    assert len(meaning.Window(LATER, kept).near(asking[0], said)) == 3


@pytest.mark.usefixtures("says")
@pytest.mark.django_db
def test_one_company_larger_than_the_bound_is_compared_with_its_latest(cast):
    kept = meaning.Kept(most=10)
    files = [noted(cast.team, cast, place) for place in range(14)]
    said, asking = Meaning("e", portraits.packed(SAID[FIRST])), file(cast, OTHER)
    assert set(meaning.Window(LATER, kept).near(asking, said)) == {one.pk for one in files[-9:]}
    more = [noted(cast.team, cast, place) for place in (14, 15, 16)]
    found = meaning.Window(LATER, kept).near(asking, said)
    assert set(found) == {one.pk for one in [*files, *more][-9:]}
    assert len(kept) <= 10


def test_a_half_is_opened_as_it_was_kept(way, request):
    if way == "alone":
        pytest.skip("nothing to open")
    kept = np.array([0, 1, -1, 0.5, 6e-8, -3e-5, 0.333, 65504], np.dtype("<f2")).tobytes()
    with psycopg.connect(request.config.stash[database_key].server.url(SUPERUSER, NAME)) as connection:
        row = connection.execute("SELECT doleance_vectors.opened(%s)::text", [kept]).fetchone()
    assert row is not None
    (told,) = row
    opened = np.array([float(one) for one in told.strip("[]").split(",")], np.float32)
    assert np.array_equal(opened.astype(np.float16), np.frombuffer(kept, np.dtype("<f2")))
