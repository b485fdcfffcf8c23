"""Whom somebody in danger calls, where the house is."""

import pytest

from doleance.deadlines.rules import places
from doleance.portal.emergency import numbers


@pytest.mark.parametrize(
    ("calendar", "called"),
    [
        ("FR", ["15", "18", "112", "114"]),
        ("FR-57", ["15", "18", "112", "114"]),
        ("GB", ["999"]),
        ("CA-QC", ["911"]),
        ("BE", ["112"]),
    ],
)
def test_each_place_has_its_numbers(calendar, called):
    assert [one.number for one in numbers(calendar)] == called


def test_each_place_we_ship_has_one():
    assert all(numbers(code) for code in places.PLACES)


def test_a_text_is_written_to_and_the_others_are_called():
    assert [one.address for one in numbers("FR")] == ["tel:15", "tel:18", "tel:112", "sms:114"]
