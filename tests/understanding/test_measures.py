"""Counting, by hand."""

import pytest

from doleance.understanding.measures import ALL, Cell, Report, Tally


def test_sets_are_counted_as_bags():
    tally = Tally()
    tally.add_set(["a", "a", "b"], ["a", "b", "c"])
    assert (tally.right, tally.found, tally.wanted) == (2, 3, 3)
    assert tally.precision == tally.recall == tally.f1 == pytest.approx(2 / 3)
    assert tally.accuracy == 0
    tally.add_set([], [])
    assert tally.accuracy == 0.5


def test_nothing_has_no_figure():
    assert Tally().precision is Tally().recall is Tally().f1 is Tally().accuracy is None


def test_counts():
    tally = Tally()
    tally.add_counts(right=2, found=2, wanted=2)
    tally.add_counts(right=1, found=2, wanted=4)
    assert (tally.precision, tally.recall, tally.accuracy) == (0.75, 0.5, 0.5)


def test_a_message_counts_for_its_language_and_for_all():
    report = Report()
    for tally in report.of("kind", "fr", "clean"):
        tally.add(is_right=True)
    for tally in report.of("kind", "en", "clean"):
        tally.add(is_right=False)
    assert report.tallies[Cell("kind", ALL, "clean")].accuracy == 0.5
    assert report.tallies[Cell("kind", "fr", "clean")].accuracy == 1


def test_labels_have_their_own_figures():
    report = Report()
    for wanted, given in [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]:
        report.label("kind", wanted, given)
    told = report.by_label("kind")
    assert (told["a"].precision, told["a"].recall) == (1, 0.5)
    assert (told["b"].precision, told["b"].recall) == (pytest.approx(2 / 3), 1)
    assert report.by_label("unknown") == {}
