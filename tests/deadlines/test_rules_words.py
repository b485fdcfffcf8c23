"""Due dates in the words of people."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.deadlines.rules import words
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.deadlines.rules.due import compute, end_of
from doleance.kernel.tongue import FRENCH
from doleance.packs import loader
from doleance.packs.rules import ClockKind, StartEvent, Term, Unit
from tests.deadlines.places import FRANCE, paris, place, spaced
from tests.tongues import ENGLISH

H, CD, W, M, BD, JO = Unit
NOW = paris(2026, 11, 23, 9, 12)  # a Monday


def said(due_at, *, at=NOW, unit=BD):
    found = words.said(due_at=due_at, at=at, zone="Europe/Paris", calendar=FRANCE, tongue=FRENCH, unit=unit)
    return spaced(found.words), found.tone


def end(year, month, day):
    return end_of(date(year, month, day), "Europe/Paris")


SAID = [
    # due                        at                       words                    tone
    (end(2026, 11, 26), NOW, "dans 3 j ouvrés", ""),
    (end(2026, 11, 24), NOW, "dans 1 j ouvré", ""),
    (end(2026, 11, 23), NOW, "aujourd’hui", "soon"),
    (paris(2026, 11, 23, 14, 30), NOW, "aujourd’hui, 14 h 30", "soon"),
    (paris(2026, 11, 24, 10), NOW, "demain, 10 h", ""),
    (paris(2026, 11, 25, 10), NOW, "dans 2 j ouvrés", ""),
    (paris(2026, 11, 23, 8, 30), NOW, "depuis 42 min", "late"),
    (paris(2026, 11, 23, 3, 54), NOW, "depuis 5 h 18", "late"),
    (paris(2026, 11, 23, 9, 12), NOW, "depuis 1 min", "late"),
    (end(2026, 11, 22), NOW, "depuis hier", "late"),
    (end(2026, 11, 20), NOW, "depuis vendredi", "late"),
    (paris(2026, 11, 20, 17), NOW, "depuis vendredi", "late"),
    (end(2026, 11, 17), NOW, "depuis mardi", "late"),
    (end(2026, 11, 16), NOW, "depuis 5 j ouvrés", "late"),
    (end(2026, 11, 10), NOW, "depuis 8 j ouvrés", "late"),  # the 11th did not count
    (end(2026, 12, 25), NOW, "dans 23 j ouvrés", ""),  # on Noël: what counts until then
    (end(2026, 11, 21), paris(2026, 11, 20), "demain", ""),  # a Saturday seen from Friday
    (end(2026, 11, 22), paris(2026, 11, 20), "dans 2 jours", ""),
    (end(2026, 12, 25), paris(2026, 12, 24, 23, 59), "demain", ""),
    (end(2026, 11, 23), paris(2026, 11, 23, 23, 59), "aujourd’hui", "soon"),
    (end(2026, 11, 23), paris(2026, 11, 24, 0, 0), "depuis hier", "late"),
]


@pytest.mark.parametrize(("due_at", "at", "text", "tone"), SAID, ids=[row[2] + " " + str(row[0]) for row in SAID])
def test_how_a_due_moment_is_said(due_at, at, text, tone):
    assert said(due_at, at=at) == (text, tone)


def test_jours_ouvrables_are_said_as_such():
    assert said(end(2026, 11, 28), unit=JO) == ("dans 5 j ouvrables", "")
    assert said(end(2026, 11, 10), unit=JO) == ("depuis 10 j ouvrables", "late")
    assert said(end(2026, 11, 28), unit=M) == ("dans 4 j ouvrés", "")


def test_a_whole_week_of_rest_is_said_by_its_date():
    closed = WorkCalendar.of(
        "X", {date(2026, 12, 1) + timedelta(days=n): "Congés" for n in range(31)}, first_year=2026, last_year=2027
    )
    found = words.said(
        due_at=end(2026, 12, 3), at=paris(2026, 12, 15), zone="Europe/Paris", calendar=closed, tongue=FRENCH
    )
    assert spaced(found.words) == "depuis le 3 déc."


moments = st.integers(0, 365 * 24 * 60).map(lambda minute: paris(2026, 1, 1) + timedelta(minutes=minute))


@given(moments, moments)
def test_red_is_for_late_only_and_amber_for_today_only(due_at, at):
    found = words.said(due_at=due_at, at=at, zone="Europe/Paris", calendar=FRANCE, tongue=FRENCH)
    assert (found.tone == "late") == (at >= due_at) == found.words.startswith("depuis")
    assert (found.tone == "soon") == found.words.startswith("aujourd’hui")
    assert found.words


def why(start_at, term, code="FR"):
    calendar = place(code)
    found = compute(start_at=start_at, term=term, zone="Europe/Paris", calendar=calendar)
    return spaced(words.why(found.explanation, term, calendar, FRENCH))


WHY = [
    (paris(2026, 11, 12), Term(2, M), "2 mois à compter du 12 nov. 2026 → 12 janv. 2027."),
    (
        paris(2026, 12, 11),
        Term(10, BD),
        (
            "10 jours ouvrés à compter du 11 déc. 2026 → 28 déc. 2026 ; "
            "ne comptent ni les samedis et dimanches, ni le 25 déc. (Noël)."
        ),
    ),
    (
        paris(2026, 12, 21),
        Term(10, BD),
        (
            "10 jours ouvrés à compter du 21 déc. 2026 → 6 janv. 2027 ; "
            "ne comptent ni les samedis et dimanches, ni le 25 déc. (Noël), ni le 1er janv. (Jour de l’an)."
        ),
    ),
    (
        paris(2026, 11, 12),
        Term(10, BD),
        "10 jours ouvrés à compter du 12 nov. 2026 → 26 nov. 2026 ; les samedis et dimanches ne comptent pas.",
    ),
    (
        paris(2026, 11, 10),
        Term(1, BD),
        "1 jour ouvré à compter du 10 nov. 2026 → 12 nov. 2026 ; le 11 nov. (Armistice) ne compte pas.",
    ),
    (paris(2026, 11, 23), Term(1, BD), "1 jour ouvré à compter du 23 nov. 2026 → 24 nov. 2026."),
    (
        paris(2026, 11, 20),
        Term(1, BD),
        "1 jour ouvré à compter du 20 nov. 2026 → 23 nov. 2026 ; les samedis et dimanches ne comptent pas.",
    ),
    (
        paris(2026, 12, 21),
        Term(10, JO),
        (
            "10 jours ouvrables à compter du 21 déc. 2026 → 4 janv. 2027 ; "
            "ne comptent ni les dimanches, ni le 25 déc. (Noël), ni le 1er janv. (Jour de l’an)."
        ),
    ),
    (
        paris(2026, 11, 12),
        Term(10, JO),
        "10 jours ouvrables à compter du 12 nov. 2026 → 24 nov. 2026 ; les dimanches ne comptent pas.",
    ),
    (
        paris(2026, 12, 31),
        Term(2, M),
        (
            "2 mois à compter du 31 déc. 2026 → 28 févr. 2027 ; ce mois n’a pas de 31, le délai finit avec lui ; "
            "le 28 févr. est un dimanche, l’échéance ne bouge pas."
        ),
    ),
    (
        paris(2026, 10, 25),
        Term(2, M),
        "2 mois à compter du 25 oct. 2026 → 25 déc. 2026 ; le 25 déc. (Noël) est férié, l’échéance ne bouge pas.",
    ),
    (
        paris(2026, 10, 25),
        Term(2, M, roll_over=True),
        (
            "2 mois à compter du 25 oct. 2026 → 28 déc. 2026 ; "
            "le 25 déc. (Noël) est férié, l’échéance passe au jour ouvré suivant."
        ),
    ),
    (paris(2026, 11, 12), Term(8, W), "8 semaines à compter du 12 nov. 2026 → 7 janv. 2027."),
    (
        paris(2026, 11, 12),
        Term(30, CD),
        "30 jours à compter du 12 nov. 2026 → 12 déc. 2026 ; le 12 déc. est un samedi, l’échéance ne bouge pas.",
    ),
]


@pytest.mark.parametrize(("start_at", "term", "sentence"), WHY, ids=[row[2][:40] for row in WHY])
def test_a_due_date_explains_itself(start_at, term, sentence):
    assert why(start_at, term) == sentence


def test_two_holidays_without_a_day_of_rest_between():
    calendar = WorkCalendar.of(
        "X",
        {date(2026, 11, 24): "Inventaire", date(2026, 11, 25): "Inventaire"},
        first_year=2026,
        last_year=2026,
    )
    found = compute(start_at=NOW, term=Term(1, BD), zone="Europe/Paris", calendar=calendar)
    assert spaced(words.why(found.explanation, Term(1, BD), calendar, FRENCH)) == (
        "1 jour ouvré à compter du 23 nov. 2026 → 26 nov. 2026 ; "
        "ne comptent ni le 24 nov. (Inventaire), ni le 25 nov. (Inventaire)."
    )


def test_the_hour_of_a_term_in_hours():
    found = compute(start_at=paris(2026, 11, 12, 8, 47), term=Term(24, H), zone="Europe/Paris", calendar=FRANCE)
    text = words.why(found.explanation, Term(24, H), FRANCE, FRENCH, hours="8 h 47")
    assert spaced(text) == "24 heures à compter du 12 nov. 2026 → 13 nov. 2026, 8 h 47."


def test_spaces_are_set_in_french():
    text = words.why(
        compute(start_at=paris(2026, 12, 11), term=Term(10, BD), zone="Europe/Paris", calendar=FRANCE).explanation,
        Term(10, BD),
        FRANCE,
        FRENCH,
    )
    assert "\u202f; ne comptent" in text
    assert "10\u00a0jours\u00a0ouvrés" in text


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (Term(2, M), "2 mois"),
        (Term(1, M), "1 mois"),
        (Term(1, BD), "1 jour ouvré"),
        (Term(10, JO), "10 jours ouvrables"),
        (Term(1, W), "1 semaine"),
        (Term(30, CD), "30 jours"),
        (Term(48, H), "48 heures"),
    ],
)
def test_a_length_of_time(term, text):
    assert spaced(words.length(term, FRENCH)) == text


def test_where_a_term_comes_from():
    pack = loader.version("FR-CONSO", 1)
    assert pack is not None
    rule = pack.clock(ClockKind.FINAL)
    assert spaced(words.origin(StartEvent.FIRST_WRITTEN, "FR-CONSO", pack, rule, FRENCH)) == (
        "Départ : première réclamation écrite. Règle FR-CONSO (usage, et non délai de loi) : "
        "après deux mois sans réponse, le médiateur de la consommation peut être saisi."
    )
    assert spaced(words.origin(StartEvent.RECEIVED, "XX-GONE", None, None, FRENCH)) == (
        "Départ : réception de la réclamation. Règle XX-GONE."
    )


def test_the_last_day_of_what_ends_at_midnight_is_the_day_before():
    assert words.last_day(end(2026, 11, 26), "Europe/Paris") == date(2026, 11, 26)
    assert words.last_day(paris(2026, 11, 26, 14, 30), "Europe/Paris") == date(2026, 11, 26)


IN_ENGLISH = [
    (end(2026, 11, 26), NOW, "in 3 business days"),
    (end(2026, 11, 24), NOW, "in 1 business day"),
    (end(2026, 11, 23), NOW, "today"),
    (paris(2026, 11, 24, 10), NOW, "tomorrow, 10:00"),
    (end(2026, 11, 21), paris(2026, 11, 20), "tomorrow"),
    (end(2026, 11, 22), paris(2026, 11, 20), "in 2 days"),
    (paris(2026, 11, 23, 8, 30), NOW, "42 min late"),
    (end(2026, 11, 20), NOW, "since Friday"),
    (end(2026, 11, 10), NOW, "8 business days late"),
]


@pytest.mark.parametrize(("due_at", "at", "text"), IN_ENGLISH, ids=[row[2] for row in IN_ENGLISH])
def test_a_due_moment_in_english(due_at, at, text):
    found = words.said(due_at=due_at, at=at, zone="Europe/Paris", calendar=FRANCE, tongue=ENGLISH)
    assert spaced(found.words) == text


@pytest.mark.parametrize(
    ("start_at", "term", "sentence"),
    [
        (paris(2026, 11, 12), Term(2, M), "2 months from 12 Nov 2026 → 12 Jan 2027."),
        (
            paris(2026, 12, 11),
            Term(10, BD),
            ("10 business days from 11 Dec 2026 → 28 Dec 2026; not counting Saturdays and Sundays, 25 Dec (Noël)."),
        ),
        (
            paris(2026, 11, 10),
            Term(1, BD),
            "1 business day from 10 Nov 2026 → 12 Nov 2026; 11 Nov (Armistice) does not count.",
        ),
        (
            paris(2026, 11, 12),
            Term(10, JO),
            "10 working days from 12 Nov 2026 → 24 Nov 2026; Sundays do not count.",
        ),
        (
            paris(2026, 12, 31),
            Term(2, M),
            (
                "2 months from 31 Dec 2026 → 28 Feb 2027; that month has no day 31, so the time limit ends with the "
                "month; 28 Feb is a Sunday; the due date does not move."
            ),
        ),
        (
            paris(2026, 10, 25),
            Term(2, M, roll_over=True),
            (
                "2 months from 25 Oct 2026 → 28 Dec 2026; 25 Dec (Noël) is a public holiday, so the due date moves to "
                "the next business day."
            ),
        ),
    ],
)
def test_a_due_date_explains_itself_in_english(start_at, term, sentence):
    found = compute(start_at=start_at, term=term, zone="Europe/Paris", calendar=FRANCE)
    assert spaced(words.why(found.explanation, term, FRANCE, ENGLISH)) == sentence


def test_where_a_term_comes_from_in_english():
    pack = loader.version("FR-CONSO", 1)
    assert pack is not None
    assert words.origin(StartEvent.FIRST_WRITTEN, "FR-CONSO", pack, pack.clock(ClockKind.FINAL), ENGLISH) == (
        "Starts from: first written complaint. Rule FR-CONSO (practice, not a statutory time limit): "
        "after two months without an answer, the matter may be referred to the consumer ombudsman."
    )
