"""Numbers in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.text.facts import numbers


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("vingt et un", 21),
        ("soixante dix", 70),
        ("soixante et onze", 71),
        ("quatre vingts", 80),
        ("quatre vingt dix neuf", 99),
        ("septante deux", 72),
        ("cent", 100),
        ("deux cent cinquante", 250),
        ("mille", 1000),
        ("trois mille quatre cent douze", 3412),
        ("two hundred and fifty", 250),
        ("a thousand", 1000),
        ("ninety nine", 99),
        ("et", None),
        ("", None),
        ("colis", None),
    ],
)
def test_value(words, value):
    assert numbers.value(words.split()) == value


@given(st.integers(0, 999_999), st.sampled_from([1000, 1_000_000]))
def test_times(number, factor):
    assert numbers.times(str(number), factor) == str(number * factor)


def test_times_keeps_decimals():
    assert numbers.times("1.25", 1000) == "1250"
    assert numbers.times("0.0005", 1000) == "0.5"
