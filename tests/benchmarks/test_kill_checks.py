"""What the kill harness asks of the mail server's own account: each fault that it could find is found."""

import importlib
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from tests.servers.smtp import Received
from tests.stories.post_office import written

pytestmark = pytest.mark.django_db
kill_checks: Any = importlib.import_module("benchmarks.kill_checks")  # the harness is not part of what is typed
Delivered, Said = kill_checks.Delivered, kill_checks.Said
CLIENT = "client-1@c1.example"
OPENS = Delivered("lues@maison.example", 1, 1, "mail-1@courriel.example", "", "opens", "mail-1", CLIENT)
ONCE = uuid4()
REPLY = Said("reply", ONCE, "R26-AAAA-A", f"Message {ONCE.hex}")


def given(text, *, told=250, **more):
    raw = written("lues@maison.example", CLIENT, text, **more)
    return Received("lues@maison.example", (CLIENT,), raw, f"<{uuid4()}@maison.example>", told, 0.0)


THANKS, ANSWER = given("Merci.", Auto_Submitted="auto-replied"), given(REPLY.text)
REFUSED = given(REPLY.text, told=451)
CUT = given(REPLY.text, told=0)


@pytest.mark.parametrize(
    ("left", "delivered", "said", "found"),
    [
        ([THANKS, ANSWER], [OPENS], [REPLY], []),
        ([THANKS, REFUSED, ANSWER], [OPENS], [REPLY], []),
        ([THANKS, CUT], [OPENS], [REPLY], []),
        ([THANKS, CUT, ANSWER], [OPENS], [REPLY], ["left 2 times"]),
        ([THANKS, REFUSED], [OPENS], [REPLY], ["left 0 times"]),
        ([THANKS, THANKS, ANSWER], [OPENS], [REPLY], ["was sent 2 acknowledgements"]),
        ([], [OPENS], [REPLY], ["was sent 0 acknowledgements", "left 0 times", "not one acknowledgement"]),
        ([THANKS, ANSWER], [], [REPLY], ["not one mail"]),
        ([THANKS], [OPENS], [], ["not one reply"]),
    ],
)
def test_what_left_is_compared_with_what_was_promised(left, delivered, said, found):
    house: Any = SimpleNamespace(sink=SimpleNamespace(received=left))
    lines = list(kill_checks._outside(house, delivered, said))
    assert len(lines) == len(found), lines
    for line, piece in zip(lines, found, strict=True):
        assert piece in line
