"""Chains and exports, checked by the part of the verifier that runs alone."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.audit import offline
from doleance.audit.offline import verify
from tests.audit.chains import STREAMS, chain, export, findings, hashed, journal

FIRST, SECOND, THIRD = STREAMS


def damaged(events, index, **columns):
    """The events with columns of one of them written over."""
    return [replace(event, **columns) if place == index else event for place, event in enumerate(events)]


def codes(result):
    return [finding.code for finding in result.findings]


def test_a_journal_is_intact():
    assert findings(journal()) == []
    result = verify(export(journal()))
    assert result.intact
    assert (result.events, result.streams) == (12, 3)


def test_an_empty_journal_is_intact():
    assert verify(export([])).intact


COLUMNS = {
    "facts": {"code": "forged"},
    "hash": b"\1" * 32,
    "prev_hash": b"\1" * 32,
    "commitment": b"\1" * 32,
}


@pytest.mark.parametrize(("column", "value"), COLUMNS.items())
@given(index=st.integers(0, 11))
def test_one_edited_column_is_one_finding_at_its_row(column, value, index):
    """The row is named, and its successor is not blamed for it."""
    events = journal()
    code = "link" if column == "prev_hash" else "edited"
    found = findings(damaged(events, index, **{column: value}))
    assert found == [(code, events[index].stream, events[index].seq)]


@given(index=st.integers(0, 11))
def test_a_deleted_row_is_a_gap_unless_it_was_the_last(index):
    events = journal()
    removed = events.pop(index)
    expected = [] if removed.seq == 4 else [("gap", removed.stream, removed.seq + 1)]
    assert findings(events) == expected


def test_a_gap_says_how_many_are_missing():
    events = chain(FIRST, [{"n": n} for n in range(6)])
    del events[2:4]
    walk = offline.Chain()
    found = [one for event in events if (one := walk.follow(event))]
    assert [one.facts for one in found] == [{"missing": 2, "after": 2, "seq": 5}]


def test_a_beginning_cut_off_is_a_gap():
    assert findings(chain(FIRST, [{"n": n} for n in range(3)])[1:]) == [("gap", FIRST, 2)]


def test_two_events_at_one_rank_are_a_fork_and_either_may_be_followed():
    events = chain(FIRST, [{"n": n} for n in range(4)])
    twin = hashed(replace(events[1], facts={"n": "other"}))
    for pair in ([events[1], twin], [twin, events[1]]):
        assert findings([events[0], *pair, *events[2:]]) == [("fork", FIRST, 2)]


def test_two_successors_of_one_event_are_a_fork():
    events = chain(FIRST, [{"n": n} for n in range(2)])
    twin = hashed(replace(events[1], seq=3))
    assert findings([*events, twin]) == [("fork", FIRST, 3)]


def test_a_chain_does_not_fit_another_stream():
    events = [replace(event, stream=SECOND) for event in chain(FIRST, [{"n": 1}])]
    assert findings(events) == [("link", SECOND, 1)]
    assert findings([hashed(event) for event in events]) == [("link", SECOND, 1)]


def test_one_row_rewritten_with_a_fresh_hash_breaks_the_next():
    events = journal()
    events[1] = hashed(replace(events[1], facts={"code": "forged"}))
    assert findings(events) == [("link", FIRST, 3)]


def test_what_has_no_canonical_form_was_edited():
    events = journal()
    for facts in ({"n": 1.0}, {"n": 2**60}, {"unit": "\u212a"}):
        assert findings(damaged(events, 5, facts=facts)) == [("edited", SECOND, 2)]


@given(st.integers(0, 11), st.integers(0, 11))
def test_two_rows_that_change_places_are_found(one, other):
    events = journal()
    if one == other:
        return
    content = ("prev_hash", "facts", "commitment", "hash")
    first, second = events[one], events[other]
    events[one] = replace(first, **{name: getattr(second, name) for name in content})
    events[other] = replace(second, **{name: getattr(first, name) for name in content})
    places = {(first.stream, first.seq), (second.stream, second.seq)}
    assert places <= {(stream, seq) for _, stream, seq in findings(events)}


@given(st.integers(0, 11), st.randoms())
def test_any_changed_character_of_an_export_is_found(index, random):
    lines = list(export(journal()))
    line = lines[index + 1]
    place = random.randrange(len(line))
    replacement = chr((ord(line[place]) + random.randint(1, 90) - 32) % 95 + 32)
    lines[index + 1] = line[:place] + replacement + line[place + 1 :]
    try:
        same = json.loads(lines[index + 1]) == json.loads(line)
    except ValueError:
        same = False
    assert verify(lines).intact == same


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda lines: lines[:-1], "footer"),
        (lambda lines: lines[1:], "header"),
        (lambda lines: [], "header"),
        (lambda lines: [lines[0]], "footer"),
        (lambda lines: ["{}", *lines[1:]], "header"),
        (lambda lines: ["nothing", *lines[1:]], "header"),
        (lambda lines: ['{"format":"doleance-journal","v":2}', *lines[1:]], "header"),
        (lambda lines: [*lines[:-2], lines[-1]], "count"),  # the tail of the last stream
        (lambda lines: [*lines[:9], *lines[13:]], "count"),  # a whole stream
        (lambda lines: [lines[0], *lines[5:9], *lines[1:5], *lines[9:]], "disorder"),
        (lambda lines: [*lines, lines[-2]], "unreadable"),
        (lambda lines: [*lines, ""], "unreadable"),
        (lambda lines: [lines[0], "[]", *lines[1:]], "unreadable"),
        (lambda lines: [lines[0], "[" * 100_000, *lines[1:]], "unreadable"),
        (lambda lines: [lines[0], lines[1].replace('"v":1', '"v":2'), *lines[2:]], "unreadable"),
        (lambda lines: [lines[0], lines[1].replace('"v":1', '"w":1'), *lines[2:]], "unreadable"),
        (lambda lines: [lines[0], lines[1].replace('"v":1', '"v":1,"v":1'), *lines[2:]], "unreadable"),
        (lambda lines: [lines[0], lines[1].replace('"seq":1', '"seq":true'), *lines[2:]], "unreadable"),
        (lambda lines: [lines[0], lines[1].replace('"seq":1', '"seq":1.0'), *lines[2:]], "unreadable"),
        (lambda lines: [lines[0], lines[1].replace(json.loads(lines[1])["hash"], "00"), *lines[2:]], "unreadable"),
        (lambda lines: [lines[0], lines[1].replace('"n":0', '"n":NaN'), *lines[2:]], "edited"),
    ],
)
def test_a_damaged_file_is_named(damage, code):
    result = verify(damage(list(export(journal()))))
    assert code in codes(result)
    assert all(offline.told(finding)["sentence"] for finding in result.findings)


def test_events_rewritten_with_fresh_hashes_do_not_give_the_digest_of_the_file():
    footer = list(export(journal()))[-1]
    forged = [event for stream in STREAMS for event in chain(stream, ({"code": "forged", "n": n} for n in range(4)))]
    assert codes(verify([*list(export(forged))[:-1], footer])) == ["digest"]


def test_whole_streams_twice_are_disorder():
    events = chain(THIRD, [{"n": 1}]) + chain(FIRST, [{"n": 1}])
    assert findings(events) == [("disorder", FIRST, 1)]


@pytest.fixture
def exported(tmp_path):
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(export(journal())) + "\n", "utf-8")
    return path


def alone(*arguments, cwd):
    """Run the file as a third party does: isolated from site-packages, this checkout and the environment."""
    command = [sys.executable, "-I", "-S", Path(offline.__file__), *arguments]
    return subprocess.run(
        command, cwd=cwd, env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False
    )


def test_it_runs_alone(exported, tmp_path):
    done = alone(exported, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Chaîne intacte. 12 entrées lues, 3 flux.\n", "")


def test_alone_it_names_the_first_bad_row(exported, tmp_path):
    exported.write_text(exported.read_text("utf-8").replace('"n":2', '"n":3', 1), "utf-8")
    done = alone(exported, cwd=tmp_path)
    assert done.returncode == 1
    assert f"✗ {FIRST} n° 3 — Cette entrée a été modifiée" in done.stdout
    assert "Journal rompu\u00a0: 1 anomalie. 12 entrées lues" in done.stdout


def test_alone_it_speaks_json(exported, tmp_path):
    exported.write_text("".join(exported.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    done = alone(exported, "--json", cwd=tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["intact"], told["events"], told["findings"][0]["code"]) == (False, 12, "footer")


def test_alone_it_says_that_a_file_cannot_be_read(tmp_path):
    done = alone(tmp_path / "absent", cwd=tmp_path)
    assert done.returncode == 2
    assert "ne peut pas être lu" in done.stderr


def test_bytes_that_are_no_text_are_named(exported, tmp_path, capsys):
    exported.write_bytes(exported.read_bytes().replace(b"moved", b"mo\xffed", 1))
    assert offline.main([str(exported)]) == 1
    assert "n° 1" in capsys.readouterr().out


def test_only_the_standard_library_is_imported():
    """Nothing of ours, nothing of others: the file is read and run by itself."""
    code = f"import sys; sys.argv=['x']; import runpy; runpy.run_path({offline.__file__!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert roots - {"__main__", "__mp_main__"} <= sys.stdlib_module_names
