"""Closed lists of words."""

import json

import pytest

from doleance.kernel.kinds import Kind, gettext_noop


class Side(Kind):
    LEFT = "left", "Gauche"
    RIGHT = "right", gettext_noop("Droite")
    BARE = "bare"


def test_a_member_is_its_code():
    assert Side.LEFT == "left"
    assert Side("left") is Side.LEFT
    assert f"{Side.LEFT}" == "left"
    assert json.dumps({"side": Side.LEFT}) == '{"side": "left"}'
    assert {Side.LEFT: 1}["left"] == 1


def test_a_member_has_a_french_label():
    assert Side.RIGHT.label == "Droite"
    assert Side.BARE.label == "bare"


def test_choices_keep_the_order():
    assert Side.choices() == [("left", "Gauche"), ("right", "Droite"), ("bare", "bare")]


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="middle"):
        Side("middle")
