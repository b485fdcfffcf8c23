"""What a browser says of itself, in words that its owner recognises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.portal.devices import device_of

MOZILLA = "Mozilla/5.0 "


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (
            MOZILLA + "(iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.1 Mobile/15E148 Safari/604.1",
            "iPhone, Safari 18",
        ),
        (
            MOZILLA + "(Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile "
            "Safari/537.36",
            "Android, Chrome 130",
        ),
        (
            MOZILLA + "(Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 "
            "Chrome/122.0.0.0 Mobile Safari/537.36",
            "Android, Samsung Internet 26",
        ),
        (MOZILLA + "(Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "Windows, Firefox 132"),
        (
            MOZILLA + "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
            "Safari/537.36 Edg/130.0.0.0",
            "Windows, Edge 130",
        ),
        (
            MOZILLA + "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
            "Safari/605.1.15",
            "Mac, Safari 18",
        ),
        (
            MOZILLA + "(iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0.6723.37 "
            "Mobile/15E148 Safari/604.1",
            "iPad, Chrome 130",
        ),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_common_devices_are_named(said, device):
    assert device_of(said) == device


@given(st.text(max_size=500))
def test_nothing_of_a_strange_text_is_repeated(said):
    known = {"iPhone", "iPad", "Android", "Chromebook", "Windows", "Mac", "Linux"}
    browsers = {"Samsung Internet", "Opera", "Edge", "Firefox", "Chrome", "Safari"}
    for part in filter(None, device_of(said).split(", ")):
        assert part in known or part.rpartition(" ")[0] in browsers
