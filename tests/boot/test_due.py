"""`doleance due`: dates worked out by hand, one JSON object a line, French words, and refusals with a code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from doleance.boot import cli, due
from doleance.kernel.text import NARROW, NO_BREAK
from doleance.packs import loader

GOLDEN = Path(__file__).parents[1] / "deadlines" / "golden"
LINES = [
    (file.stem, json.loads(line)) for file in sorted(GOLDEN.glob("*.jsonl")) for line in file.read_text().splitlines()
]
START = ["--start", "2026-11-12T08:47+01:00"]


def asked(capsys, *arguments) -> list[dict]:
    assert cli.main(["due", *arguments, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_pack_that_is_shipped_was_worked_out_by_hand():
    assert {code for code, _ in LINES} == set(loader.shipped())


@pytest.mark.parametrize(("pack", "line"), LINES, ids=[f"{pack} {line['args'][1]}" for pack, line in LINES])
def test_it_is_what_a_pencil_finds(pack, line, capsys):
    told = asked(capsys, pack, *line["args"])
    assert {one["clock"]: one["due_on"] for one in told} == line["due"]
    if "final_at" in line:
        assert {one["due_at"] for one in told if one["clock"] == "final"} == {line["final_at"]}


def test_a_line_holds_these_keys_in_this_order(capsys):
    for one in asked(capsys, *sorted(loader.shipped()), *START):
        assert list(one) == (
            [
                "pack",
                "version",
                "clock",
                "start",
                "due_on",
                "due_at",
                "unit",
                "count",
                "calendar",
                "explanation",
                "source",
            ]
        )
        assert one["start"] == "2026-11-12T08:47:00+01:00"
        assert one["source"]
        assert one["pack"] in one["explanation"]


def test_the_explanation_names_what_did_not_count(capsys):
    told = asked(capsys, "FR-ACPR", "--start", "2026-12-21T09:00+01:00")
    said = told[0]["explanation"].replace(NO_BREAK, " ").replace(NARROW, " ")
    assert "ne comptent ni les dimanches, ni le 25 déc. (Noël), ni le 1er janv. (Jour de l’an)" in said
    assert "Départ : première réclamation écrite." in said


def test_it_speaks_english_to_who_asks(capsys):
    told = asked(capsys, "GENERAL", *START, "--language", "en")
    assert told[0]["explanation"].startswith("1\u00a0business\u00a0day from 12")


def test_an_event_that_has_not_happened_starts_nothing(capsys):
    told = asked(capsys, "FR-CONSO", *START, "--event", "first_written_at=")
    assert [(one["start"], one["due_on"], one["due_at"]) for one in told] == [(None, None, None)]
    assert "n’a pas eu lieu" in told[0]["explanation"]


def test_an_event_that_no_clock_of_the_pack_follows_is_allowed(capsys):
    assert asked(capsys, "GENERAL", *START, "--event", "decided_at=2026-12-01T10:00Z") == asked(
        capsys, "GENERAL", *START
    )


def test_a_place_has_its_own_clocks_unless_another_zone_is_named(capsys):
    late = ["--start", "2026-11-12T22:00+00:00", "--calendar", "FR-974"]
    (there,), (paris,) = (asked(capsys, "FR-CONSO", *late, *zone) for zone in ([], ["--zone", "Europe/Paris"]))
    assert (there["due_on"], there["calendar"]) == ("2027-01-13", "FR-974")
    assert paris["due_on"] == "2027-01-12"


def test_packs_follow_each_other_as_they_were_asked(capsys):
    told = asked(capsys, "FR-PSD2", "EU-PSD2", *START)
    assert [one["pack"] for one in told] == ["FR-PSD2"] * 3 + ["EU-PSD2"] * 3


def test_without_json_it_is_a_table_for_people(capsys):
    assert cli.main(["due", "FR-PSD2", "FR-CONSO", *START, "--event", "first_written_at="]) == 0
    said = capsys.readouterr().out.replace(NO_BREAK, " ").replace(NARROW, " ")
    assert "FR-PSD2 · Services de paiement (France) · version 1 · Texte obligatoire" in said
    assert "Réponse d’attente           15 jours ouvrables  lundi 30 novembre 2026, avant minuit" in said
    assert "Réponse au plus tard  2 mois  non démarré" in said


REFUSALS = [
    (["XX", *START], "unknown_pack", "Le référentiel « XX » n’existe pas."),
    (["GENERAL", "--start", "2026-11-12T08:47"], "naive_moment", "ne dit pas son décalage"),
    (["GENERAL", "--start", "2026-11-12"], "naive_moment", "ne dit pas son décalage"),
    (["GENERAL", "--start", "hier"], "bad_moment", "« hier » n’est pas un moment."),
    (["GENERAL", *START, "--calendar", "XX"], "unknown_calendar", "Le calendrier « XX » n’existe pas."),
    (["GENERAL", *START, "--zone", "Europe/Nulle"], "unknown_zone", "Le fuseau horaire « Europe/Nulle »"),
    (["GENERAL", *START, "--event", "lunch_at=2026-11-12T12:00Z"], "unknown_event", "n’est pas un événement"),
    (["GENERAL", *START, "--event", "decided_at"], "unknown_event", "n’est pas un événement"),
    (["GENERAL", *START, "--event", "decided_at=demain"], "bad_moment", "« demain » n’est pas un moment."),
    (["FR-PSD2", "--start", "2018-01-12T10:00Z"], "pack_not_in_force", "n’était pas en vigueur le 12/01/2018"),
    (["GENERAL", "--start", "1969-12-31T10:00Z"], "outside_calendar", "va de 1970 à 2100"),
    (["GENERAL", "--start", "2100-12-31T10:00Z"], "outside_calendar", "va de 1970 à 2100"),
]


@pytest.mark.parametrize(("arguments", "code", "sentence"), REFUSALS, ids=[row[1] for row in REFUSALS])
def test_it_refuses_in_french_and_for_machines(arguments, code, sentence, capsys):
    assert cli.main(["due", *arguments]) == 2
    people = capsys.readouterr()
    assert cli.main(["due", *arguments, "--json"]) == 2
    machines = capsys.readouterr()
    assert sentence in people.err.replace(NO_BREAK, " ")
    assert people.out == machines.out == ""
    assert json.loads(machines.err)["error"] == code
    assert sentence in json.loads(machines.err)["message"].replace(NO_BREAK, " ")


def test_what_calendars_do_not_know_is_refused_not_guessed(capsys):
    late = ["--start", "2099-12-20T10:00+01:00", "--event"]
    assert asked(capsys, "GENERAL", *late, "decided_at=")[-1]["due_on"] == "2100-02-20"
    assert due.moment("2099-12-31T23:59Z").year == 2099


def test_it_needs_neither_a_database_nor_the_screens(tmp_path):
    code = (
        "import sys; from doleance.boot import cli; status = cli.main(sys.argv[1:]);"
        "from django.apps import apps; sys.exit(9 if apps.ready else status)"
    )
    environment = os.environ | {"DOLEANCE_HOME": str(tmp_path), "DATABASE_URL": ""}
    found = subprocess.run(
        [sys.executable, "-c", code, "due", "FR-ACPR", *START, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert len(found.stdout.splitlines()) == 2
    assert not list(tmp_path.iterdir())
