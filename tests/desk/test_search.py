"""Finding files: accents, stems, names, references, numbers, phrases; what changes is found at once; nothing errs."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doleance.complainants import actions as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances
from doleance.complaints.models import Complaint, FileWords
from doleance.desk.queries import search, worklist
from doleance.desk.queries.search import Sought, Term, read
from doleance.desk.queries.worklist import Asked, Sort, View
from doleance.kernel.text import fold
from tests import factories
from tests.cast import MORNING, TESTS, address, party

pytestmark = pytest.mark.django_db

LETTER = (
    "Bonjour,\nVos chaudières n’ont jamais été réparées, malgré les règlements arrivés à l’été. Le colis de "
    "Jean-Pierre est chez Mme Œuvrard. Rappelez-moi au +33 (0)7.81.22-33 44 avant midi. Commande n° FA-2026/00123."
)


WORDS = ["colis", "perdu", "arrivées", "chaudière", "Ça", "Œuf", "naïf", "déçu", "remboursé", "réparer"]


def found(actor, words, view=View.OPEN):
    """The references that this person finds, in the order of the page."""
    asked = Asked(view, Sort.RECEIVED, words)
    return [row.reference for row in worklist.worklist(actor=actor, asked=asked, cursor="", at=MORNING).rows]


@pytest.fixture
def lefevre(cast):
    """A file whose complainant has an accent, a telephone and a letter box; its words are in LETTER."""
    ways = {
        AddressChannel.EMAIL: "anne-marie.lefevre@courriel.example",
        AddressChannel.PHONE: "06 12 34 56 78",
        AddressChannel.POST: "12 bis, rue de l’Échiquier\n63000 Clermont-Ferrand",
    }
    who = complainants.introduce(name="Anne-Marie Lefèvre", ways=ways, by=TESTS, at=MORNING)
    return factories.complaint(cast, party=who, text=LETTER, title="Chauffage coupé")


@pytest.mark.parametrize(
    "words",
    [
        "chaudière",
        "CHAUDIERES",
        "chaudiere réparée",
        "reparer",
        "règlement arrivée",
        "reglements arrives",
        "été",  # a word that the language passes over, and a season
        "l'été",
        "Lefèvre",
        "lefevre",
        "LEFÈVRE chaudière",
        "anne marie",
        "Anne-Marie",
        "anne-marie.lefevre@courriel.example",
        "lefevre@courriel",
        "Œuvrard",
        "oeuvrard",
        "jean pierre",
        "jean-pierre",
        "echiquier",
        "rue de l'Échiquier",
        "63000",
        "clermont ferrand",
        "06 12 34 56 78",
        "0612345678",
        "06.12.34.56.78",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "0033612345678",
        "33612345678",
        "tel 0781223344".removeprefix("tel "),
        "+33781223344",
        "07 81 22 33 44 lefevre",
        "FA-2026/00123",
        "00123",
        "chauffage coupe",
        '"chaudières n’ont jamais"',
        "« colis de jean-pierre » lefevre",
        "“avant midi”",
        "la chaudière de la",
        "chaudière -_ , ?",
    ],
)
def test_a_file_is_found_by_what_it_says(cast, lefevre, words):
    factories.complaint(cast)
    assert found(cast.amelie.actor(), words) == [lefevre.reference]


@pytest.mark.parametrize(
    "words",
    [
        "chaudière bouilloire",
        "chaud",
        "lefebvre",
        "06 12 34 56 79",
        "« jean chaudière »",
        '"midi avant"',
        "R26-2222-2",
        "%",
        "' OR 1=1 --",
        "\x00",
        "(((",
    ],
)
def test_what_it_does_not_say_finds_nothing(cast, lefevre, words):
    assert found(cast.amelie.actor(), words) == []


def test_a_reference_is_found_however_it_is_typed(cast, lefevre):
    ref = lefevre.reference
    for typed in (
        ref,
        ref.lower(),
        ref.replace("-", ""),
        ref.replace("-", " "),
        ref.replace("-", " – "),
        f"{ref} colis",
    ):
        assert found(cast.amelie.actor(), typed) == [ref]
    assert found(cast.amelie.actor(), ref.split("-")[1]) == [ref]


def test_a_name_that_the_language_passes_over_is_found_alone(cast):
    file = factories.complaint(cast, party=party("Thi Ma"))
    assert found(cast.amelie.actor(), "ma") == [file.reference]
    assert found(cast.amelie.actor(), "ma bouilloire") == [file.reference]


def test_what_changes_is_found_at_once_and_no_longer_as_it_was(cast, lefevre):
    agent = cast.amelie.actor()
    who, ref = lefevre.party, lefevre.reference
    complaints.rename(complaint=lefevre, title="Radiateur froid", by=agent, at=MORNING)
    complaints.note(complaint=lefevre, text="Le gardien confirme la fuite.", by=agent, at=MORNING)
    grief = factories.grievance(lefevre, title="Rendez-vous manqué", category="delivery.late", quote="le technicien")
    complaints.add_exchange(
        complaint=lefevre,
        message=factories.incoming(cast, "Le plombier est venu.", subject="Suite du sinistre"),
        text="Le plombier est venu.",
        rule="reference",
        by=TESTS,
        at=MORNING,
    )
    way = Address.objects.get(party=who, channel=AddressChannel.PHONE)
    complainants.correct_address(address=way, value="04 73 00 11 22", by=agent, at=MORNING)
    for words in ("radiateur", "gardien", "manqués", "technicien", "plombier", "sinistre", "+33473001122"):
        assert found(agent, words) == [ref], words
    for words in ("chauffage", "0612345678"):
        assert found(agent, words) == [], words
    grief.refresh_from_db()
    grievances.change_grievance(
        grievance=grief, title="Visite annulée", category="delivery.late", wanted="", cause="", by=agent, at=MORNING
    )
    assert (found(agent, "annuler"), found(agent, "manqués")) == ([ref], [])


def test_what_left_the_house_is_not_looked_at(cast, lefevre):
    complaints.add_outbound(complaint=lefevre, message=None, text="Le médiateur", author_id=None, by=TESTS, at=MORNING)
    assert found(cast.amelie.actor(), "médiateur") == []


def test_a_representative_leads_to_the_file(cast):
    file = factories.complaint(cast, representative=party("Gaëlle Trévédy"), capacity="sa nièce")
    assert found(cast.amelie.actor(), "trevedy") == found(cast.amelie.actor(), "niece") == [file.reference]


def test_the_documents_are_what_the_files_say(cast, lefevre):
    """Whatever wrote them, and in whichever order: none is missing, none is old."""
    factories.grievance(lefevre)
    factories.complaint(cast)
    complainants.add_address(
        party=cast.durand, channel=AddressChannel.PHONE, value="0473000000", by=cast.amelie.actor(), at=MORNING
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM doleance_complaint file JOIN doleance_words_of(ARRAY[file.id]) now ON true"
            " JOIN doleance_filewords kept ON kept.complaint_id = file.id AND kept.document = now.document"
        )
        assert cursor.fetchone()[0] == Complaint.objects.count() == FileWords.objects.count() == 2


def test_only_visible_files_are_found(cast, lefevre):
    assert found(cast.chloe.actor(), "chaudière") == []
    assert found(cast.nadia.actor(), "chaudière") == []
    assert found(cast.ines.actor(), "chaudière") == [lefevre.reference]


def test_the_newest_come_first(cast):
    made = [factories.complaint(cast, received_at=MORNING - timedelta(days=day)) for day in (3, 1, 2)]
    newest = [made[1], made[2], made[0]]
    assert found(cast.amelie.actor(), "bouilloire") == [one.reference for one in newest]


@pytest.mark.parametrize(
    ("near", "common", "sparse"),
    [(100, 100, 10), (5, 1, 10), (5, 100, 1), (5, 100, 100)],
    ids=["a short view", "a common word", "a word that some hold", "a word of long ago"],
)
def test_of_too_many_the_newest_are_found_and_counting_stops(cast, monkeypatch, near, common, sparse):
    for name, value in (("MOST", 4), ("NEAR", near), ("COMMON", common), ("SPARSE", sparse)):
        monkeypatch.setattr(search, name, value)
    monkeypatch.setattr(worklist, "COUNTED", 3)
    hours = range(8, -1, -1)
    made = [factories.complaint(cast, received_at=MORNING - timedelta(hours=hour)) for hour in hours][::-1]
    factories.complaint(cast, title="Autre chose", text="Rien de tel", received_at=MORNING)
    for view, number in ((View.ALL, 4), (View.OPEN, 4), (View.MINE, 0)):
        counted = worklist.counts(actor=cast.amelie.actor(), view=view, sought=Sought("bouilloire"), at=MORNING)
        assert {one: count.number for one, count in counted.items()} == {view: number}, "the others are not counted"
        assert counted[view].is_more is (number == 4)
    assert found(cast.amelie.actor(), "bouilloire")[:4] == [one.reference for one in made[:4]]
    assert found(cast.chloe.actor(), "bouilloire") == []


def test_a_word_common_elsewhere_is_found_in_the_whole_of_a_view(cast, monkeypatch):
    """The newest files of the view show the word often enough to be walked through; all of it is seen."""
    for name, value in (("MOST", 4), ("NEAR", 3), ("COMMON", 1)):
        monkeypatch.setattr(search, name, value)
    for hour in range(4):
        factories.complaint(cast, received_at=MORNING - timedelta(hours=hour))
    said = {"title": "Autre chose", "text": "Rien de tel"}
    theirs = [
        factories.complaint(cast, team=cast.logistics, received_at=MORNING - timedelta(hours=hour), **told)
        for hour, told in enumerate(({}, said, said, said, {}))
    ]
    assert found(cast.chloe.actor(), "bouilloire") == [theirs[0].reference, theirs[4].reference]


def test_what_was_received_last_is_found_before_what_was_registered_last(cast, monkeypatch):
    """After an import of old mails, identifiers no longer grow with the moments of receipt."""
    for name, value in (("MOST", 4), ("NEAR", 5), ("COMMON", 100), ("SPARSE", 1)):
        monkeypatch.setattr(search, name, value)
    recent = [factories.complaint(cast, received_at=MORNING - timedelta(hours=hour)) for hour in range(3)]
    for day in range(300, 306):
        factories.complaint(cast, received_at=MORNING - timedelta(days=day))
    shown = found(cast.amelie.actor(), "bouilloire")
    assert set(shown) >= {one.reference for one in recent}


def test_a_word_common_in_the_house_is_sought_in_a_small_view(cast, monkeypatch):
    """The view is a small part of all: the house is not walked for it, and nothing is lost."""
    for name, value in (("MOST", 3), ("NEAR", 2), ("COMMON", 100), ("SPARSE", 1)):
        monkeypatch.setattr(search, name, value)
    theirs = [factories.complaint(cast, team=cast.logistics) for _ in range(3)]
    for _ in range(6):
        factories.complaint(cast)
    assert sorted(found(cast.chloe.actor(), "bouilloire")) == sorted(one.reference for one in theirs)


def test_a_bounded_count_is_one_more_than_is_said():
    assert search.MOST == worklist.COUNTED + 1


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", []),
        ("  - ", []),
        ("colis perdu colis", [Term("colis"), Term("perdu")]),
        ('le "colis perdu" "" "?"', [Term("colis perdu"), Term("le")]),
        ('un "guillemet', [Term("un"), Term('"guillemet')]),
        ("06 12 34 56 78 2026", [Term("06 12 34 56 78", "t612345678"), Term("2026", "t2026")]),
        ("+32 470 12 34 56", [Term("+32 470 12 34 56", "t470123456")]),
        ("186,00", [Term("186,00")]),
        ("3949", [Term("3949", "t3949")]),
        (" ".join(f"mot{number}" for number in range(30)), [Term(f"mot{number}") for number in range(12)]),
        ("bouilloire " * 50, [Term("bouilloire")]),
        ("a" * 500, [Term("a" * 200)]),
    ],
)
def test_what_is_typed_is_read_as_terms(typed, terms):
    assert read(typed) == terms


anything = st.one_of(st.text(max_size=80), st.text(alphabet="\"'«»“”&|!():*<>\\%_-+0612 éR.", max_size=60))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(anything)
def test_nothing_that_can_be_typed_errs(cast, typed):
    assert list(Sought(typed).among(Complaint.objects.order_by("id"))) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(alphabet="àâäçéèêëîïôöùûüÿœæÀÉŒabcz XY", min_size=1, max_size=40))
def test_the_database_folds_as_python_does(cast, written):
    with connection.cursor() as cursor:
        cursor.execute("SELECT doleance_folded(%s)", [written])
        assert " ".join(cursor.fetchone()[0].split()) == fold(written)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.sampled_from(WORDS), min_size=1))
def test_each_word_of_a_text_finds_it_with_and_without_accents(cast, words):
    file = factories.complaint(cast, text=" ".join(words), title="?")
    for word in words:
        assert file.pk in Sought(word).among(Complaint.objects.all()).values_list("pk", flat=True)
        assert file.pk in Sought(fold(word)).among(Complaint.objects.all()).values_list("pk", flat=True)


@pytest.mark.parametrize("sign", ["𠀀", "한", "é"])
def test_a_text_as_long_as_can_be_is_kept(cast, sign):
    apart = " ".join(f"{number:x}{sign}" for number in range(60_000))
    file = factories.complaint(cast, text=f"{apart} {sign * 5_000}", title=" ".join(sign * 90))
    assert found(cast.amelie.actor(), f"ab{sign}") == [file.reference]


def test_an_address_leads_to_each_file_of_its_owner(cast):
    made = [factories.complaint(cast, received_at=MORNING - timedelta(hours=hour)) for hour in range(3)]
    assert found(cast.amelie.actor(), address("Hélène Durand", "courriel")) == [one.reference for one in made]
