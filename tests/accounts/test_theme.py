"""A house's colour: whatever it is, what is written with its shades can be read; what is not a colour is refused."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.accounts import theme
from doleance.accounts.theme import DARK, LIGHT, Colour, Signal, contrast, look, read
from doleance.kernel import controls

colours = st.builds(Colour, *[st.integers(0, 255)] * 3)
TOKENS = Path(controls.__file__).parent / "static/doleance/css/tokens.css"


@given(colours)
def test_every_colour_becomes_shades_that_can_be_read(wanted):
    shown = look(wanted)
    for shades, paper in ((shown.light, LIGHT), (shown.dark, DARK)):
        for under in (*paper.surfaces, shades.soft):
            assert contrast(shades.act, under) >= 4.5  # links, and so the edges and the focus, which need 3
        assert contrast(shades.on_act, shades.act) >= 4.5  # the words of a button
        assert contrast(shades.on_act, shades.strong) >= 4.5  # the same while it is pointed at
        assert contrast(shades.strong, shades.soft) >= 4.5  # what is chosen
        assert all(contrast(ink, shades.soft) >= 4.5 for ink in paper.inks)
        assert theme.holds(shades, paper)


@given(colours)
def test_a_colour_that_can_be_read_is_left_as_it_is(wanted):
    shown = look(wanted)
    assert shown.is_kept_light == (shown.light.act == wanted)
    again = look(shown.light.act)
    assert again.is_kept_light, "what was made readable needs nothing more"
    assert look(shown.dark.act).is_kept_dark


@given(colours)
def test_a_colour_is_read_as_it_is_written(colour):
    assert read(str(colour)) == read(str(colour).upper()) == read(str(colour).removeprefix("#")) == colour


def test_the_contrast_of_wcag():
    """The ends of the scale, and a pair that the W3C's own understanding document gives (#777 on white fails AA)."""
    assert contrast(read("#000"), read("#fff")) == pytest.approx(21)
    assert contrast(read("#fff"), read("#fff")) == pytest.approx(1)
    assert round(contrast(read("#777777"), read("#ffffff")), 2) == 4.48
    assert round(contrast(read("#767676"), read("#ffffff")), 2) == 4.54


def test_pale_yellow_is_darkened_on_white_and_kept_on_black():
    shown = look(read("#fff59d"))
    assert not shown.is_kept_light
    assert shown.is_kept_dark
    hue, found = (math.atan2(*theme._oklab(colour)[:0:-1]) for colour in (shown.wanted, shown.light.act))
    assert found == pytest.approx(hue, abs=0.03), "it is still yellow"


@pytest.mark.parametrize(
    ("colour", "near"),
    [
        ("#e30613", Signal.LATE),
        ("#f5a623", Signal.SOON),
        ("#15803d", Signal.DONE),
        ("#005c69", None),
        ("#0033a0", None),
        ("#7a1fa2", None),
        ("#808080", None),
        ("#000000", None),
    ],
)
def test_what_could_be_taken_for_a_state_is_told(colour, near):
    assert look(read(colour)).near == near


@pytest.mark.parametrize(
    "text", ["", "rouge", "#12345", "#1234567", "#ggg", "rgb(1,2,3)", "#005f69;}", "##fff", "#fff "]
)
def test_what_is_no_colour_is_refused(text):
    if text.strip() == "#fff":
        assert read(text) == Colour(255, 255, 255)
        return
    with pytest.raises(theme.BadColour):
        read(text)


@given(colours)
def test_the_sheet_holds_shades_and_nothing_else(colour):
    text = theme.style(look(colour))
    assert re.fullmatch(r"@layer tokens \{ :root \{ [-a-z:;()#0-9, ]+ \} \}\n", text)
    assert not re.search(r"--(late|soon|ok)", text), "a state keeps its colour"


def test_another_colour_has_another_name():
    assert theme.sheet("#005f69").name != theme.sheet("#005f6a").name
    assert re.fullmatch(r"[0-9a-f]{16}", theme.sheet("#005f69").name)


def tokens() -> dict[str, tuple[Colour, Colour]]:
    """The pairs of tokens.css, as a screen shows them."""
    found = re.findall(
        r"--([a-z0-9-]+): light-dark\((#\w+|oklch\([^)/]+\)), (#\w+|oklch\([^)/]+\))\)", TOKENS.read_text()
    )
    return {name: (_shown(light), _shown(dark)) for name, light, dark in found}


def _shown(text: str) -> Colour:
    if text.startswith("#"):
        return read(text)
    lightness, chroma, hue = (float(part) for part in re.findall(r"[\d.]+", text))
    return theme._colour(lightness, chroma, math.radians(hue))


def test_the_papers_are_those_of_the_pages():
    known = tokens()
    for paper, side in ((LIGHT, 0), (DARK, 1)):
        assert paper.surfaces == tuple(known[name][side] for name in ("surface", "bg", "sunken"))
        assert paper.inks == tuple(known[name][side] for name in ("ink", "ink-2", "ink-3"))
        assert paper.states == tuple(known[name][side] for name in ("late", "soon", "ok"))
        assert paper.on_act == known["on-act"][side]


def test_our_own_shades_hold_too():
    known = tokens()
    for paper, side in ((LIGHT, 0), (DARK, 1)):
        ours = theme.Shades(*(known[name][side] for name in ("act", "act-strong", "act-soft", "on-act")))
        assert theme.holds(ours, paper)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b'<?xml version="1.0"?>\n<!-- un mot -->\n<SVG/>',
        b"\xef\xbb\xbf  <svg/>",
        b"<!DOCTYPE svg><svg onload='x()'/>",
    ],
)
def test_a_drawing_that_is_a_program_is_refused(data):
    with pytest.raises(theme.LogoIsDrawing):
        theme.check_logo(data)


def test_a_logo_too_heavy_is_refused():
    theme.check_logo(bytes(512 * 1024))
    with pytest.raises(theme.LogoTooHeavy):
        theme.check_logo(bytes(512 * 1024 + 1))
