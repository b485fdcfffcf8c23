"""What a complainant is promised says from what it runs and which days count."""

import pytest

from doleance.deadlines.rules import promises
from doleance.kernel.text import NO_BREAK
from doleance.kernel.tongue import FRENCH
from doleance.packs.rules import StartEvent, Term, Unit


@pytest.mark.parametrize(
    ("term", "start", "said"),
    [
        (Term(2, Unit.MONTH), StartEvent.RECEIVED, "2 mois à compter de la réception"),
        (Term(10, Unit.BUSINESS_DAY), StartEvent.SENT, "10 jours ouvrés à compter de votre envoi"),
        (
            Term(15, Unit.WORKING_DAY),
            StartEvent.FIRST_WRITTEN,
            "15 jours ouvrables à compter de votre première réclamation écrite",
        ),
        (Term(1, Unit.MONTH), StartEvent.REOPENED, "1 mois à compter de la réouverture de votre dossier"),
        (Term(2, Unit.WEEK), StartEvent.AWARE, "2 semaines"),
    ],
)
def test_a_day_says_what_makes_it(term, start, said):
    assert promises.because(term, start, FRENCH).replace(NO_BREAK, " ") == said


@pytest.mark.parametrize("start", StartEvent)
def test_every_start_has_a_sentence_or_is_ours_alone(start):
    said = promises.because(Term(3, Unit.CALENDAR_DAY), start, FRENCH).replace(NO_BREAK, " ")
    assert said.startswith("3 jours")
    assert ("à compter" in said) is (start is not StartEvent.AWARE)


def test_only_days_that_do_not_all_count_are_explained():
    months, weeks = Term(2, Unit.MONTH), Term(1, Unit.WEEK)
    ouvres, ouvrables = Term(10, Unit.BUSINESS_DAY), Term(15, Unit.WORKING_DAY)
    assert promises.counted([months, weeks], FRENCH) == ""
    assert promises.counted([ouvres, months, ouvres], FRENCH) == (
        "Un jour ouvré va du lundi au vendredi, sans les jours fériés."
    )
    both = promises.counted([ouvrables, ouvres], FRENCH)
    assert "lundi au vendredi" in both
    assert "lundi au samedi" in both
