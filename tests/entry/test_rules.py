"""How a device is named by what its browser says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.entry.rules import Device, device

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0", ("Firefox", "Windows")),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36", ("Chrome", "Linux")),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/156.0", ("Edge", "Windows")),
        (f"Mozilla/5.0 (Linux; Android 16; K) {CHROME} Mobile Safari/537.36", ("Chrome", "Android")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        ("curl/8.5", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_device_goes_by_two_words(told, known):
    assert device(told) == Device(*known)


@given(st.text(max_size=300))
def test_whatever_a_browser_says_is_one_of_few_words(told):
    found = device(told)
    assert len(found.browser) <= 10
    assert len(found.system) <= 10
