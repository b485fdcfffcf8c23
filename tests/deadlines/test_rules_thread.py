"""*Le fil*, step by step, in the words of the screens (M13, M14)."""

from dataclasses import replace

import pytest

from doleance.deadlines.rules import clocks
from doleance.deadlines.rules.clocks import CancelReason
from doleance.deadlines.rules.thread import Reader, Step, thread
from doleance.kernel.tongue import FRENCH
from doleance.packs import loader
from doleance.packs.rules import ClockKind, Term, Unit
from tests.deadlines.places import FRANCE, paris, spaced
from tests.deadlines.test_rules_clocks import (
    ACK,
    CONSO,
    FINAL,
    GENERAL,
    INTERNAL,
    PROGRESS,
    RECEIVED,
    openings,
    running,
)
from tests.tongues import ENGLISH

NOW = paris(2026, 11, 23, 9, 12)


def life(packs=(CONSO, GENERAL), **moments):
    """The clocks of a complaint received on Thursday 12 November 2026, none met."""
    return [running(opening) for opening in openings(packs, **moments)]


def met(all_clocks, at, *kinds):
    return [replace(clock, met_at=at) if clock.kind in kinds and clock.is_open else clock for clock in all_clocks]


def told(all_clocks, *, at=NOW, expected=frozenset(ClockKind), tongue=FRENCH) -> list[Step]:
    reader = Reader(at=at, zone="Europe/Paris", calendar=FRANCE, tongue=tongue, find=loader.version)
    return thread(received_at=RECEIVED, clocks=all_clocks, expected=expected, reader=reader)


def lines(steps):
    return [(step.label, spaced(step.words), step.classes) for step in steps]


def test_the_thread_of_the_design():
    after_acknowledgement = met(life(), RECEIVED, ACK)
    assert lines(told(after_acknowledgement)) == [
        ("Reçue", "jeu. 12 nov., 8 h 47", "done"),
        ("Accusé de réception", "12 nov., 8 h 47", "done"),
        ("Point d’étape", "26 nov., dans 3 j ouvrés", "now"),
        ("Objectif interne", "26 nov., dans 3 j ouvrés", ""),
        ("Réponse au plus tard", "12 janv. 2027, 2 mois", "law"),
    ]


def test_the_same_thread_in_english():
    after_acknowledgement = met(life(), RECEIVED, ACK)
    assert lines(told(after_acknowledgement, tongue=ENGLISH)) == [
        ("Received", "Thu 12 Nov, 08:47", "done"),
        ("Acknowledgement", "12 Nov, 08:47", "done"),
        ("Progress update", "26 Nov, in 3 business days", "now"),
        ("Internal target", "26 Nov, in 3 business days", ""),
        ("Final response due", "12 Jan 2027, 2 months", "law"),
    ]


def test_each_due_date_explains_itself_and_names_its_rule():
    final = told(life())[-1]
    assert spaced(final.why) == (
        "2 mois à compter du 12 nov. 2026 → 12 janv. 2027. Départ : première réclamation écrite. "
        "Règle FR-CONSO (usage, et non délai de loi) : "
        "après deux mois sans réponse, le médiateur de la consommation peut être saisi."
    )
    progress = next(step for step in told(life()) if step.code == "progress")
    assert spaced(progress.why) == (
        "10 jours ouvrés à compter du 12 nov. 2026 → 26 nov. 2026 ; les samedis et dimanches ne comptent pas. "
        "Départ : réception de la réclamation. Règle GENERAL (promesse de la maison) : "
        "jamais plus longtemps sans un mot de nous."
    )


def test_of_two_packs_the_nearest_last_day_wins_and_says_so():
    steps = told(life(first_written_at=paris(2026, 11, 2)))
    finals = [step for step in steps if step.code == "final"]
    assert [spaced(step.words) for step in finals] == ["2 janv. 2027, 2 mois"]
    assert spaced(finals[0].why).endswith("L’échéance de GENERAL, le 12 janv. 2027, vient après.")


@pytest.mark.parametrize(
    ("at", "words", "classes"),
    [
        (paris(2026, 11, 25, 9), "26 nov., dans 1 j ouvré", "now"),
        (paris(2026, 11, 26, 9), "aujourd’hui, avant minuit", "now soon"),
        (paris(2026, 11, 26, 23, 59), "aujourd’hui, avant minuit", "now soon"),
        (paris(2026, 11, 27, 0), "26 nov., depuis hier", "now late"),
        (paris(2026, 11, 30, 9), "26 nov., depuis jeudi", "now late"),
        (paris(2026, 12, 4, 9), "26 nov., depuis 6 j ouvrés", "now late"),
    ],
)
def test_amber_the_day_itself_and_red_after_midnight(at, words, classes):
    steps = told(met(life(), RECEIVED, ACK), at=at)
    assert [(spaced(step.words), step.classes) for step in steps if step.code == "progress"] == [(words, classes)]


def test_everything_that_is_late_is_red_and_the_first_is_the_next_step():
    steps = told(life(), at=paris(2027, 1, 13, 9))
    assert [(step.code, step.classes) for step in steps] == [
        ("received", "done"),
        ("acknowledge", "now late"),
        ("progress", "late"),
        ("internal", "late"),
        ("final", "late law"),
    ]
    assert [spaced(step.words) for step in steps][-1] == "12 janv., depuis hier"


def test_a_last_day_is_counted_when_it_is_near_or_next():
    near = told(met(life(), RECEIVED, ACK), at=paris(2026, 12, 16, 9))
    assert spaced(near[-1].words) == "12 janv. 2027, dans 17 j ouvrés"
    alone = told(met(life(), RECEIVED, ACK, PROGRESS, INTERNAL))
    assert lines(alone)[-1] == ("Réponse au plus tard", "12 janv. 2027, dans 34 j ouvrés", "now law")


def test_a_due_hour_is_said():
    opening = replace(openings([GENERAL])[0], term=Term(12, Unit.HOUR), start_at=paris(2026, 11, 23, 2, 30))
    step = told([running(opening)])[1]
    assert (spaced(step.words), step.classes) == ("aujourd’hui, 14 h 30", "now soon")
    assert spaced(step.why).startswith("12 heures à compter du 23 nov. 2026 → 23 nov. 2026, 14 h 30.")


def test_an_answered_file_has_nothing_ahead():
    steps = told(met(met(life(), RECEIVED, ACK), paris(2026, 12, 1, 16, 40), *ClockKind), at=paris(2026, 12, 2))
    assert lines(steps) == [
        ("Reçue", "jeu. 12 nov., 8 h 47", "done"),
        ("Accusé de réception", "12 nov., 8 h 47", "done"),
        ("Réponse", "1er déc., 16 h 40", "done"),
    ]
    assert spaced(steps[-1].why).endswith("Échéance tenue.")


def test_a_late_answer_says_by_how_much():
    steps = told(met(life(), paris(2027, 1, 15), *ClockKind), at=paris(2027, 1, 20))
    answer = steps[-1]
    assert (answer.label, spaced(answer.why).rsplit(". ", 1)[-1]) == ("Réponse", "Échéance dépassée de 3 j ouvrés.")


def test_late_over_a_week_end_only():
    opening = replace(openings([GENERAL])[3], term=Term(1, Unit.CALENDAR_DAY), start_at=paris(2026, 11, 19))
    (_, answer) = told([running(opening, met_at=paris(2026, 11, 21))], expected=())
    assert spaced(answer.why).endswith("Échéance dépassée.")


def test_a_reopened_file_shows_both_lives():
    answered = met(life(), paris(2026, 12, 1, 16), *ClockKind)
    since = paris(2027, 2, 1, 10)
    steps = told([*answered, *(running(each) for each in clocks.reopenings(answered, since))], at=paris(2027, 2, 2))
    assert lines(steps) == [
        ("Reçue", "jeu. 12 nov. 2026, 8 h 47", "done"),
        ("Accusé de réception", "1er déc. 2026, 16 h", "done"),
        ("Réponse", "1er déc. 2026, 16 h", "done"),
        ("Rouverte", "1er févr., 10 h", "done"),
        ("Point d’étape", "15 févr., dans 9 j ouvrés", "now"),
        ("Objectif interne", "15 févr., dans 9 j ouvrés", ""),
        ("Réponse au plus tard", "1er avr., 2 mois", "law"),
    ]
    assert "Départ : réouverture du dossier." in spaced(steps[-1].why)


def test_a_duty_without_object_is_void_and_says_why():
    gone = [replace(clock, cancelled_at=NOW, cancel_reason=CancelReason.WITHDRAWN.value) for clock in life()]
    steps = told(gone)
    assert lines(steps) == [
        ("Reçue", "jeu. 12 nov., 8 h 47", "done"),
        ("Accusé de réception", "sans objet", "void"),
        ("Réponse au plus tard", "sans objet", "void law"),
    ]
    assert spaced(steps[-1].why) == "Réclamation retirée : cette échéance n’a plus d’objet."


def test_history_owes_no_acknowledgement_and_the_rest_goes_on():
    ack, *rest = met(life([GENERAL]), RECEIVED)
    gone = replace(ack, cancelled_at=NOW, cancel_reason=CancelReason.HISTORY.value)
    assert [(step.code, step.classes) for step in told([gone, *rest])] == [
        ("received", "done"),
        ("acknowledge", "void"),
        ("progress", "now"),
        ("internal", ""),
        ("final", "law"),
    ]


def test_a_legal_term_that_has_not_started_is_shown_as_such():
    steps = told(life([CONSO], first_written_at=None), expected={FINAL})
    assert lines(steps) == [
        ("Reçue", "jeu. 12 nov., 8 h 47", "done"),
        ("Réponse au plus tard", "non démarré", "void law"),
    ]


def test_what_no_pack_asks_for_is_not_shown():
    assert [step.code for step in told([], expected=frozenset())] == ["received"]


def test_a_pack_that_is_shipped_no_more_still_explains_its_dates():
    orphan = replace(openings([CONSO])[0], pack="XX-GONE")
    step = told([running(orphan)], expected=())[-1]
    assert spaced(step.why) == (
        "2 mois à compter du 12 nov. 2026 → 12 janv. 2027. Départ : première réclamation écrite. Règle XX-GONE."
    )


def test_a_step_knows_its_moment():
    steps = {step.code: step for step in told(met(life(), RECEIVED, ACK))}
    assert steps["received"].at == steps["acknowledge"].at == RECEIVED
    assert steps["internal"].at == paris(2026, 11, 27, 0)
    assert steps["final"].at == paris(2027, 1, 13, 0)
