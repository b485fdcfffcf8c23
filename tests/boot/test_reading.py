"""`doleance read`, `evaluate` and `learn`: lines in, lines out, no database."""

import io
import json
import os
import subprocess
import sys

import pytest

from doleance.boot import cli, installed_models
from doleance.boot.evaluate import as_json, as_table
from doleance.boot.installed_models import NoEarlierModel
from doleance.understanding.measures import Report
from tests.understanding.test_evaluate import line as gold_line
from tests.understanding.test_learning import OWN

MESSAGE = {
    "id": "m1",
    "channel": "email",
    "subject": "Colis",
    "body": "Mon colis CMD-2026-0045 n'est jamais arrivé.",
    "from": {"name": "Léa", "email": "lea@example.fr"},
    "date": "2026-03-14T09:12:00+01:00",
}
KEYS = [
    "id", "language", "kind", "clean_text", "grievances", "order_refs", "amounts", "dates", "urgency", "signals",
]  # fmt: skip
GRIEVANCE = ["start", "end", "quote", "category", "sub", "top3", "wanted_remedy"]


def read(monkeypatch, capsys, *lines, arguments=()):
    given = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    code = cli.main(["read", *arguments])
    return code, [json.loads(one) for one in capsys.readouterr().out.splitlines()]


def test_a_line_has_these_keys_in_this_order(monkeypatch, capsys):
    code, (told,) = read(monkeypatch, capsys, MESSAGE)
    assert code == 0
    assert list(told) == KEYS
    assert list(told["grievances"][0]) == GRIEVANCE
    assert told["order_refs"] == ["CMD-2026-0045"]
    (grievance,) = told["grievances"]
    assert MESSAGE["body"][grievance["start"] : grievance["end"]] == grievance["quote"]
    assert [type(one) for one in grievance["top3"][0]] == [str, float]


def test_order_is_kept_and_a_bad_line_stops_nothing(monkeypatch, capsys):
    code, told = read(
        monkeypatch,
        capsys,
        {**MESSAGE, "id": 1},
        "{",
        "",
        {"id": "b"},
        {**MESSAGE, "id": "z", "date": "hier"},
        {**MESSAGE, "id": 2},
    )
    assert code == 1
    assert [one.get("id") for one in told] == [1, None, "b", "z", 2]
    assert ["error" in one for one in told] == [False, True, True, True, False]
    assert [one["line"] for one in told if "error" in one] == [2, 4, 5]


def test_time_only_when_it_is_asked(monkeypatch, capsys):
    _, (plain,) = read(monkeypatch, capsys, MESSAGE)
    _, (timed,) = read(monkeypatch, capsys, MESSAGE, arguments=["--time"])
    assert "ms" not in plain
    assert timed.pop("ms") > 0
    assert timed == plain


def test_a_model_that_is_none_is_refused(monkeypatch, capsys, tmp_path):
    (tmp_path / "x").write_bytes(b"PK")
    assert cli.main(["read", "--model", str(tmp_path / "x")]) == 2
    assert cli.main(["read", "--model", str(tmp_path / "absent")]) == 2
    assert "modèle" in capsys.readouterr().err


def test_two_runs_are_the_same_to_the_byte(tmp_path):
    """Two processes, no database, no home."""
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(json.dumps({**MESSAGE, "id": number}) for number in range(3)))
    environment = {**os.environ, "DOLEANCE_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "doleance.boot.cli", "read", str(file)]
    first, second = (
        subprocess.run(command, capture_output=True, env=environment, check=True).stdout for _ in range(2)
    )
    assert first == second
    assert len(first.splitlines()) == 3
    assert not (tmp_path / "home").exists()


def test_evaluate_prints_a_table(capsys, tmp_path):
    (tmp_path / "gold.jsonl").write_text(gold_line() + "\n")
    assert cli.main(["evaluate", str(tmp_path / "gold.jsonl"), "--perturbation", "clean"]) == 0
    told = capsys.readouterr().out
    assert "précision" in told
    assert any(row.startswith("category") and "1.000" in row for row in told.splitlines())


def test_evaluate_says_totals_first_then_languages_that_have_enough():
    report = Report()
    for language, times in (("fr", 5), ("en", 4)):
        for place in range(times):
            for tally in report.of("boundaries", language, "clean"):
                tally.add_counts(right=min(place, 1), found=1, wanted=2)
    report.label("kind", "complaint", "enquiry")
    assert as_table(report) == [
        "Toutes langues",
        "élément     langue  perturbation  n  exact  précision  rappel    F1",
        "boundaries  toutes  tel quel      9   .000       .778    .389  .519",
        "",
        "Par langue",
        "élément     langue  perturbation  n  exact  précision  rappel    F1",
        "boundaries  fr      tel quel      5   .000       .800    .400  .533",
        "",
        "kind :",
        "  complaint          précision –  rappel .000  (0 sur 1)",
        "  enquiry            précision .000  rappel –  (0 sur 0)",
    ]


def test_evaluate_gives_every_language_in_json():
    report = Report()
    for tally in report.of("kind", "nl", "sms"):
        tally.add(is_right=True)
    report.label("kind", "praise", "praise")
    figures = {"count": 1, "accuracy": 1.0, "precision": None, "recall": None, "f1": None}
    assert as_json(report) == {
        "figures": [
            {"item": "kind", "language": "*", "perturbation": "sms", **figures},
            {"item": "kind", "language": "nl", "perturbation": "sms", **figures},
        ],
        "confusions": {"kind": [{"wanted": "praise", "given": "praise", "count": 1}]},
    }


def test_evaluate_gives_figures(capsys, tmp_path):
    (tmp_path / "gold.jsonl").write_text(gold_line() + "\n")
    assert cli.main(["evaluate", str(tmp_path / "gold.jsonl"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["messages"] == 1
    figures = {(one["item"], one["language"], one["perturbation"]): one for one in told["figures"]}
    assert figures["category", "*", "clean"]["accuracy"] == 1
    assert {how for _, _, how in figures} == {"clean", "no_accents", "capitals", "sms", "polite", "noise"}


def test_evaluate_refuses_what_has_no_gold(capsys, tmp_path):
    (tmp_path / "gold.jsonl").write_text(json.dumps(MESSAGE))
    assert cli.main(["evaluate", str(tmp_path / "gold.jsonl")]) == 2
    assert "gold" in capsys.readouterr().err


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("DOLEANCE_HOME", str(tmp_path))
    return tmp_path


def test_learn_installs_what_is_better_and_goes_back(home, capsys, tmp_path):
    file = tmp_path / "corrections.jsonl"
    rows = [dict(zip(("category", "sub"), one.label.split("."), strict=True), text=one.text) for one in OWN]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    assert cli.main(["learn", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["installed"]
    assert told["after"]["categories"]["accuracy"] > told["before"]["categories"]["accuracy"]
    folder = home / installed_models.FOLDER
    assert installed_models.current(folder)
    assert cli.main(["learn", str(file)]) == 2  # nothing new since
    assert cli.main(["learn", "--back"]) == 0
    assert installed_models.current(folder) is None
    assert cli.main(["learn", "--back"]) == 2
    assert "livré" in capsys.readouterr().err


def test_models_are_numbered_and_named(tmp_path):
    folder = tmp_path / "models"
    assert installed_models.current(folder) is None
    assert installed_models.told(folder) == ["* livré"]
    assert [installed_models.install(folder, content) for content in (b"one", b"two")] == [1, 2]
    assert installed_models.current(folder) == b"two"
    assert installed_models.step_back(folder) == 1
    assert installed_models.current(folder) == b"one"
    assert installed_models.install(folder, b"three") == 3
    assert installed_models.told(folder) == ["  livré", "  1", "  2", "* 3"]
    assert installed_models.step_back(folder) == 2
    assert [installed_models.step_back(folder) for _ in range(2)] == [1, 0]
    with pytest.raises(NoEarlierModel):
        installed_models.step_back(folder)
