"""What the command answers is what the slow oracle walks to; the oracle knows dates that one can look up."""

from dataclasses import replace
from datetime import date

import pytest

from benchmarks import due
from benchmarks import due_oracle as oracle


def test_a_sample_of_every_kind_agrees():
    kinds, failures = due.check(400, seed=4)
    assert failures == []
    assert {kind: kinds[kind] for kind in due.KINDS} == dict.fromkeys(due.KINDS, 50)
    assert all(kinds[f"unit {unit}"] for unit in ("h", "cd", "w", "m", "bd", "jo"))


def test_the_same_seed_asks_the_same():
    assert list(due.cases(80, seed=7)) == list(due.cases(80, seed=7)) != list(due.cases(80, seed=8))


def test_a_wrong_date_is_told():
    case = next(due.cases(1, seed=4))
    ((clock, count, unit, roll_over),) = case.terms
    longer = replace(case, pack=due._pack_of((clock, count + 1, unit, roll_over)))
    assert "other clocks" in due.failure(longer)
    elsewhere = replace(case, zone="Pacific/Tahiti" if case.zone != "Pacific/Tahiti" else "Europe/Paris")
    assert not due.failure(elsewhere)


def test_a_disagreement_names_both_answers(monkeypatch):
    case = next(case for case in due.cases(200, seed=4) if case.terms[0][2] == "bd")
    monkeypatch.setattr(oracle, "holidays", lambda place, year: frozenset({date(year, 1, 1)}))
    found = [due.failure(replace(one, place="FR")) for one in due.cases(200, seed=4) if one.terms[0][2] == "bd"]
    assert any("told" in wrong and "the oracle" in wrong for wrong in found), case


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1990, "1990-04-15"),
        (2000, "2000-04-23"),
        (2008, "2008-03-23"),
        (2024, "2024-03-31"),
        (2026, "2026-04-05"),
        (2038, "2038-04-25"),
        (2049, "2049-04-18"),
        (2076, "2076-04-19"),
    ],
)
def test_the_oracle_knows_easter(year, day):
    assert oracle.easter(year) == date.fromisoformat(day)


def test_main_says_how_many_passed(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["due", "--cases", "16", "--seed", "5"])
    assert due.main() == 0
    said = capsys.readouterr().out
    assert said.startswith("seed 5, 16 cases, years 1990 to 2099\n")
    assert said.endswith("16 passed, 0 failed\n")
