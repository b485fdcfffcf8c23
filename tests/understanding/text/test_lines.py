"""Lines keep their places, folding keeps lengths, places do not overlap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.text.lines import Places, composed, fold, split


@given(st.text(alphabet="a\n\r\x0c\u2028 ", max_size=60))
def test_lines_put_together_are_the_text(text):
    found = split(text)
    assert "".join(text[line.start : line.next] for line in found) == text
    assert all(text[line.start : line.end] == line.text and "\n" not in line.text for line in found)


@given(st.text(max_size=200))
def test_folding_keeps_every_place(text):
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ÉTÉ", "ete"),
        ("l’œuf", "l'œuf"),
        ("«\u00a0Ça\u202f!\u00a0»", '" ca ! "'),
        ("A–B", "a-b"),
        ("İ", "i"),
        ("ﬁ", "f"),
    ],
)
def test_what_folding_does(text, folded):
    assert fold(text) == folded


def test_letters_and_marks_written_apart_are_found():
    assert composed("cafe\u0301 noir") == [(3, 5, "é")]
    assert composed("café") == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5)), max_size=12), st.integers(0, 55), st.integers(1, 5))
def test_places_say_whether_a_run_is_taken(runs, start, length):
    places = Places(60)
    for at, wide in runs:
        places.take(at, at + wide)
    expected = any(at < start + length and start < at + wide for at, wide in runs)
    assert places.overlaps(start, start + length) is expected
