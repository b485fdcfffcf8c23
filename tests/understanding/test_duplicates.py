"""Whether two messages are one complaint: people, references, words, and what is proposed. No database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.duplicates import people, score, traits, words
from doleance.understanding.duplicates.score import Because, Reason, Relation
from doleance.understanding.duplicates.traits import Traits

MORNING = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
SMS = "Livraison annulée ce matin sans prévenir, j’avais posé ma journée. Commande C-90227"
MAIL = (
    "Ma livraison (C-90227) est annulée sans prévenir. J’ai perdu une journée de travail et je demande un "
    "dédommagement."
)
WORDS = st.text(alphabet="abcdeéàz0123456789 -.,€\n’@+/", max_size=80)


def told(text: str = SMS, *, after: timedelta = timedelta(), pk: str = "a", **known: object) -> Traits:
    return traits.traits(pk=pk, at=MORNING + after, text=text, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Inès Marchand", "INES MARCHAND"),
        ("Marchand Inès", "Mme Inès Marchand"),
        ("Jean-Luc Dupond", "Jean Luc Dupond"),
        ("Cyprien Moreau-Lacaze", "Moreau Lacaze Cyprien"),
    ],
)
def test_a_name_is_the_same_however_it_is_written(a, b):
    assert people.same_name(a, b) == people.SAME
    assert people.same_name(b, a) == people.SAME


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Jean-François Delmotte", "Jeff Delmotte"),  # a short form
        ("Catherine Le Goff", "Cathy Le Goff"),
        ("Frédéric Delmotte", "Frederic Delmote"),  # as it is heard
        ("Inès Marchand", "Inès Marchnad"),  # two letters swapped
        ("C. Moreau-Lacaze", "Cyprien Moreau-Lacaze"),  # an initial
        ("Marie Durand-Petit", "Marie Petit"),  # one of two family names
    ],
)
def test_a_name_is_known_under_its_other_forms(a, b):
    assert people.MAYBE <= people.same_name(a, b) < people.SAME or people.same_name(a, b) == people.SAME
    assert people.same_name(a, b) == people.same_name(b, a)


@pytest.mark.parametrize(
    ("a", "b"), [("Inès Marchand", "Paul Roussel"), ("Anne Kerbrat", "Loïc Kerbrat"), ("Inès Marchand", "")]
)
def test_two_people_and_a_household_are_not_one_person(a, b):
    assert people.same_name(a, b) < people.MAYBE


def test_a_mail_address_that_was_typed_wrongly_is_near_its_own():
    assert people.same_mail("ines.marchand@courriel.example", "ines.marchand@courriel.example") == 1
    assert people.same_mail("cyprien.ml@courriel.example", "cyprein.ml@courriel.example") > 0.8
    assert people.same_mail("ines.marchand@courriel.example", "ines.marchand@autre.example") == 0.6
    assert not people.same_mail("ines@courriel.example", "paul@courriel.example")


@given(a=st.text(alphabet="abcdé", max_size=9), b=st.text(alphabet="abcdé", max_size=9))
def test_a_distance_is_the_same_both_ways_and_nothing_only_for_one_word(a, b):
    assert people.distance(a, b) == people.distance(b, a)
    assert (people.distance(a, b) == 0) == (a == b)


def test_a_number_is_one_line_with_its_country_and_without():
    assert traits.phones_in("Rappelez le +33 (0)6 45 67 89 22") == traits.phones_in("au 06.45.67.89.22 svp")
    assert traits.line_of("123") == ""


def test_references_are_read_and_dates_hours_amounts_and_numbers_to_call_are_none():
    said = (
        "Commande C-90227 et suivi 8V 0045 11923, le 12/11/2026 à 18 h 30. Payé 129,00 €. Au 06 45 67 89 22, en 2026."
    )
    assert {"C90227", "8V004511923"} == set(traits.orders_in(said))
    assert traits.marks_in(said) == {traits.plain("C90227"), traits.plain("8V004511923")}
    assert traits.amounts_in(said) == {"129.00"}
    assert traits.amounts_in("1 250 euros et 49,9 €") == {"1250.00", "49.90"}


def test_the_same_person_and_words_minutes_apart_is_proposed_and_says_why():
    number = "06 45 67 89 22"
    sms = told(SMS, phones=[number], names=["Inès Marchand"])
    mail = told(MAIL, after=timedelta(minutes=11), pk="b", phones=["+33645678922"], names=["I. Marchand"])
    match = score.compare(sms, mail)
    assert match.relation is Relation.DUPLICATE
    assert match.score >= score.LIKELY
    assert {Reason.PHONE, Reason.ORDER, Reason.WORDS} <= {one.reason for one in match.why}
    assert match.why[-1] == Because(Reason.APART, 11)


def test_a_stranger_with_the_same_matter_is_related_and_never_a_duplicate():
    text = "Plus de réseau depuis la chute du poteau au hameau de Chassagne, ligne coupée, personne ne vient réparer."
    mine = told(text, names=["Yolande Astier"], emails=["yolande@courriel.example"])
    theirs = told(text, pk="b", after=timedelta(hours=5), names=["Fabien Roussel"], emails=["fabien@courriel.example"])
    match = score.compare(mine, theirs)
    assert match.relation is Relation.RELATED
    assert match.is_proposed


def test_the_same_person_about_another_order_is_not_proposed():
    first = told("La poussette de la commande C-90227 n’arrive pas.", party="p")
    other = told("La housse C-41180 est trouée, échangez-la.", pk="b", after=timedelta(days=60), party="p")
    assert not score.compare(first, other).is_proposed


@given(a=WORDS, b=WORDS, hours=st.integers(0, 5_000), meaning=st.floats(0, 1))
def test_a_score_is_a_share_and_does_not_depend_on_the_order(a, b, hours, meaning):
    one, two = told(a), told(b, pk="b", after=timedelta(hours=hours))
    match = score.compare(one, two, meaning)
    assert 0 <= match.score <= 1
    again = score.compare(two, one, meaning)
    assert (again.score, again.relation) == (match.score, match.relation)


@given(a=WORDS, b=WORDS)
def test_marks_alter_nothing(a, b):
    runs = words.marked(a, traits.words_in(b))
    assert "".join(run for run, _ in runs) == a


def test_one_key_at_least_is_shared_by_what_is_one_person_or_one_order():
    sms = told("Commande C-90227", phones=["06 45 67 89 22"])
    form = told("c90227 toujours rien", pk="b", names=["Inès Marchand"])
    call = told("rappelle", pk="c", names=["Mme Marchant"], phones=["+33 6 45 67 89 22"])
    assert set(traits.keys_of(sms)) & set(traits.keys_of(form))
    assert set(traits.keys_of(sms)) & set(traits.keys_of(call))
    assert set(traits.keys_of(form)) & set(traits.keys_of(call))
