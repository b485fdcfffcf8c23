"""`doleance duplicates`: lines in, proposed pairs out; and `doleance evaluate` on groups. No database."""

import json
import subprocess
import sys
from itertools import islice

from doleance.boot import cli, duplicates
from doleance.understanding.duplicates.score import Because, Reason
from doleance.understanding.model import shipped

SMS = {
    "id": "sms",
    "channel": "sms",
    "body": "Livraison annulée ce matin sans prévenir ! cmd C-90227, j’avais posé ma journée",
    "from": {"phone": "06 39 98 18 18"},
    "date": "2026-11-17T08:41:00+01:00",
}
MAIL = {
    "id": "mail",
    "channel": "email",
    "subject": "Livraison annulée",
    "body": "Ma livraison C-90227 est annulée sans prévenir, j’ai perdu une journée. Rappelez le 06 39 98 18 18.",
    "from": {"name": "Inès Marchand", "email": "ines.marchand@courriel.example"},
    "date": "2026-11-17T08:52:00+01:00",
}
OTHER = {"id": 3, "body": "La facture d’eau a doublé, relevez le compteur.", "date": "2026-11-17T09:00:00+01:00"}


def lines(*records):
    return [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in records]


def told(*records):
    return list(duplicates.pairs(lines(*records), shipped.shipped()))


def test_a_pair_is_proposed_once_with_its_reasons_in_words():
    (pair,) = told(SMS, OTHER, MAIL)
    assert (pair["a"], pair["b"], pair["relation"]) == ("sms", "mail", "duplicate")
    assert 0.8 <= pair["score"] <= 1
    assert {"même téléphone", "même référence", "11 min d’écart"} <= set(pair["why"])


def test_a_line_that_is_none_is_said_and_the_run_goes_on():
    first, second, pair = told(SMS, "{", {"id": "x", "body": 3}, MAIL)
    assert (first["line"], "id" in first) == (2, False)
    assert (second["line"], second["id"]) == (3, "x")
    assert pair["b"] == "mail"


def test_messages_without_a_date_or_an_identity_are_compared_too():
    bare = [{key: value for key, value in one.items() if key not in {"id", "date"}} for one in (SMS, MAIL)]
    (pair,) = told(*bare)
    assert (pair["a"], pair["b"]) == (None, None)
    assert not [one for one in pair["why"] if "écart" in one]


def test_two_runs_are_the_same_to_the_byte():
    given = "\n".join(lines(SMS, OTHER, "?", MAIL))
    command = [sys.executable, "-m", "doleance.boot.cli", "duplicates"]
    runs = [subprocess.run(command, input=given.encode(), capture_output=True, check=False) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert [run.returncode for run in runs] == [1, 1]
    assert [json.loads(line).get("b") for line in runs[0].stdout.splitlines()] == [None, "mail"]


def test_a_pair_is_told_as_soon_as_its_second_message_is_read():
    def endless():
        yield from lines(SMS, MAIL)
        raise AssertionError("nothing more is read")

    assert [one["b"] for one in islice(duplicates.pairs(endless(), shipped.shipped()), 1)] == ["mail"]


def test_reasons_say_how_much():
    assert duplicates.said(Because(Reason.WORDS, 7)) == "mêmes mots (7)"
    assert duplicates.said(Because(Reason.APART, 300)) == "5 h d’écart"
    assert duplicates.said(Because(Reason.APART, 9 * 24 * 60)) == "9 j d’écart"


def test_groups_are_measured_by_pairs(tmp_path, capsysbinary):
    file = tmp_path / "groups.jsonl"
    group = {"group": "g", "messages": [SMS, MAIL, {**OTHER, "id": "other"}], "pairs": [["sms", "mail", "duplicate"]]}
    file.write_text(json.dumps(group) + "\n", "utf-8")
    assert cli.main(["evaluate", str(file), "--json"]) == 0
    figures = json.loads(capsysbinary.readouterr().out)
    assert figures["pairs"]["duplicates"] == {
        "right": 1,
        "found": 1,
        "wanted": 1,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
    }
    assert figures["false_friends"] == {"count": 2, "taken": 0, "share": 0.0}
    assert cli.main(["evaluate", str(file)]) == 0
    assert "Faux amis : 0 sur 2" in capsysbinary.readouterr().out.decode()
