"""What the kill harness asks of the mail server's own account: each fault that it could find is found."""

import importlib
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from tests import factories
from tests.servers.smtp import Received
from tests.stories.post_office import written

pytestmark = pytest.mark.django_db
kill_checks: Any = importlib.import_module("benchmarks.kill_checks")  # the harness is not part of what is typed
kill_form_checks: Any = importlib.import_module("benchmarks.kill_form_checks")
Delivered, Said, Sent = kill_checks.Delivered, kill_checks.Said, kill_checks.Sent
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


MARK = "Formulaire " + "0123456789abcdef" * 2
FORM = Sent(MARK, CLIENT, (), False)
KEPT = Sent(MARK, CLIENT, (), True)


def told_on_a_form(cast, times, sent, *, at_rest):
    for _ in range(times):
        factories.complaint(cast, text=f"Bonjour. {MARK}. Rien ne va.")
    return list(kill_form_checks.forms([sent], [MARK], at_rest=at_rest))


@pytest.mark.parametrize(
    ("files", "sent", "at_rest", "found"),
    [
        (1, FORM, False, []),
        (0, FORM, False, ["that a page received: no file"]),
        (0, KEPT, False, []),
        (0, KEPT, True, ["that a page kept: no file"]),
        (2, FORM, False, ["opened 2 files"]),
        (1, Sent(MARK, CLIENT, ("0" * 64,), False), False, ["are not those that were sent"]),
    ],
)
def test_each_form_that_was_answered_opened_one_file(cast, calendars, files, sent, at_rest, found):
    lines = told_on_a_form(cast, files, sent, at_rest=at_rest)
    assert len(lines) == len(found), lines
    for line, piece in zip(lines, found, strict=True):
        assert piece in line


def test_a_form_is_thanked_once():
    house: Any = SimpleNamespace(sink=SimpleNamespace(received=[THANKS, THANKS, ANSWER]))
    lines = list(kill_checks._outside(house, [], [REPLY], [FORM]))
    assert lines == [f"{CLIENT} was sent 2 acknowledgements"]
