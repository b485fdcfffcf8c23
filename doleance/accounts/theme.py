"""A house's colour made readable: the shades that its public pages use, in light and in dark.

Contrast is WCAG 2.2's (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio): at least 4.5 for text (1.4.3), 3 for the
edges of controls and the focus (1.4.11). A colour that cannot is made darker on white, lighter on black, in OKLCH
(https://bottosson.github.io/posts/oklab/), where its hue stays the same, until it can. Nothing here knows Django.
"""

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind

NAME_LENGTH = 16  # of the digest in an address
LOGO_BYTES, LOGO_WIDTH, LOGO_HEIGHT = 512 * 1024, 720, 120  # what is taken; the largest drawing kept, in pixels
TEXT, CONTROL = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11, level AA
_SURE = 1.02 * TEXT  # what a shade that is made anew must reach: rounding its parts moves a contrast by 1 %
_LIGHTER, _SOFT_CHROMA = 0.06, 0.035
_STEP = 0.004  # of lightness: finer than the eye
_SAME_HUE, _COLOURED = math.radians(20), 0.07  # nearer and livelier than this, two colours have one name


class BadColour(Refusal):
    """Not a colour as style sheets write it."""

    code = "bad_colour"
    sentence = "Écrivez la couleur avec un dièse et six signes de 0 à 9 et de a à f, par exemple #005f69."


class LogoTooHeavy(Refusal):
    """A logo is on every page that a complainant opens, some of them far from a town."""

    code = "logo_too_heavy"
    sentence = "Ce fichier est trop lourd : un logo pèse 512 Ko au plus. Enregistrez-le plus petit."


class LogoIsDrawing(Refusal):
    """An SVG file is a program: it may run scripts and call other sites in the name of this one."""

    code = "logo_is_drawing"
    sentence = (
        "Un logo SVG est un programme qui pourrait agir à la place de qui lit la page : il n’est pas accepté. "
        "Exportez-le en PNG, fond transparent, 240 points de haut."
    )


class LogoUnreadable(Refusal):
    """Not a picture that can be drawn anew."""

    code = "logo_unreadable"
    sentence = "Ce fichier n’est pas une image lisible. Choisissez un PNG, un JPEG ou un WebP."


class LogoInk(Kind):
    """What of a transparent logo would vanish: dark strokes on a dark page, light ones on a white page."""

    DARK = "dark", "Encre sombre"
    LIGHT = "light", "Encre claire"


class Signal(Kind):
    """The colours that say something everywhere, and that no house may change."""

    LATE = "late", "le rouge qui dit « en retard »"
    SOON = "soon", "l’ambre qui dit « aujourd’hui »"
    DONE = "ok", "le vert qui dit « réglé »"


@dataclass(frozen=True, slots=True)
class DrawnLogo:
    """A logo drawn anew: a PNG, its size in pixels, and what of it would vanish on some page."""

    data: bytes
    width: int
    height: int
    ink: LogoInk | None


@dataclass(frozen=True, slots=True)
class Colour:
    """An sRGB colour, each part from 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


def read(text: str) -> Colour:
    """The colour somebody wrote: `#005f69`, `005F69` or `#06f`. Raises BadColour."""
    found = re.fullmatch(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text.strip())
    if found is None:
        raise BadColour
    digits = found[1] if len(found[1]) == 6 else "".join(2 * sign for sign in found[1])
    return Colour(*bytes.fromhex(digits))


@dataclass(frozen=True, slots=True)
class Paper:
    """One theme of `tokens.css`: what is written on, what it is written with, and what says a state."""

    surfaces: tuple[Colour, ...]
    inks: tuple[Colour, ...]
    on_act: Colour
    states: tuple[Colour, Colour, Colour]
    is_dark: bool


# As tokens.css has them (a test compares): surface, bg, sunken · ink, ink-2, ink-3 · on-act · late, soon, ok.
LIGHT = Paper(
    surfaces=(read("#ffffff"), read("#f4f8f9"), read("#ecf1f3")),
    inks=(read("#14232a"), read("#3e4b52"), read("#556167")),
    on_act=read("#ffffff"),
    states=(read("#b71f2a"), read("#854c0a"), read("#1c6340")),
    is_dark=False,
)
DARK = Paper(
    surfaces=(read("#141c20"), read("#0d1417"), read("#080f12")),
    inks=(read("#e8eeef"), read("#bac3c5"), read("#9aa5a9")),
    on_act=read("#03171d"),
    states=(read("#fb847f"), read("#f0ba59"), read("#6ecf9a")),
    is_dark=True,
)


@dataclass(frozen=True, slots=True)
class Shades:
    """What a theme's `--act` family becomes: links and buttons; pointed at; what is chosen; words on a button."""

    act: Colour
    strong: Colour
    soft: Colour
    on_act: Colour


@dataclass(frozen=True, slots=True)
class Sheet:
    """A style sheet, and the first signs of its digest: another text has another name."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class Look:
    """A house's colour as pages show it, and what there is to tell about it."""

    wanted: Colour
    light: Shades
    dark: Shades
    near: Signal | None  # a state that it could be taken for

    @property
    def is_kept_light(self) -> bool:
        """Whether a white page shows the colour that was wanted, unchanged."""
        return self.light.act == self.wanted

    @property
    def is_kept_dark(self) -> bool:
        """The same on a dark page."""
        return self.dark.act == self.wanted


def check_logo(data: bytes) -> None:
    """Refuse a file that is too heavy, or a drawing that is a program, before anything opens it."""
    if len(data) > LOGO_BYTES:
        raise LogoTooHeavy
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<") and b"<svg" in head:
        raise LogoIsDrawing


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def look(wanted: Colour) -> Look:
    """The shades of a colour in both themes, all of them readable (`holds`)."""
    light, dark = _shades(wanted, LIGHT), _shades(wanted, DARK)
    return Look(wanted=wanted, light=light, dark=dark, near=_near(light.act, dark.act))


def holds(shades: Shades, paper: Paper) -> bool:
    """Whether everything written with these shades on that paper can be read, and every control seen."""
    return (
        _is_act(paper, shades.soft)(shades.act)
        and _is_strong(paper, shades.soft)(shades.strong)
        and all(contrast(ink, shades.soft) >= TEXT for ink in paper.inks)
    )


def readable(shades: Shades, paper: Paper) -> tuple[float, float]:
    """The least contrast of links, wherever they stand, and that of the words on buttons."""
    links = min(contrast(shades.act, under) for under in (*paper.surfaces, shades.soft))
    return links, min(contrast(shades.on_act, ground) for ground in (shades.act, shades.strong))


def style(shown: Look, where: str = ":root") -> str:
    """The style sheet that gives a page, or what `where` selects on it, these shades and nothing else."""
    pairs = {
        "--act": (shown.light.act, shown.dark.act),
        "--act-strong": (shown.light.strong, shown.dark.strong),
        "--act-soft": (shown.light.soft, shown.dark.soft),
        "--on-act": (shown.light.on_act, shown.dark.on_act),
    }
    told = " ".join(f"{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items())
    return f"@layer tokens {{ {where} {{ {told} --seal: var(--act); --on-seal: var(--on-act); }} }}\n"


@lru_cache(64)
def sheet(colour: str) -> Sheet:
    """The style sheet of a stored colour, and the name under which browsers may keep it for ever."""
    text = style(look(read(colour)))
    return Sheet(text, hashlib.sha256(text.encode()).hexdigest()[:NAME_LENGTH])


def _shades(wanted: Colour, paper: Paper) -> Shades:
    lightness, chroma, hue = _oklch(wanted)
    soft = _colour(0.285 if paper.is_dark else 0.957, min(chroma, _SOFT_CHROMA if paper.is_dark else 0.016), hue)
    towards = 1.0 if paper.is_dark else 0.0
    act = (
        wanted
        if _is_act(paper, soft)(wanted)
        else _moved(lightness, towards, chroma, hue, _is_act(paper, soft, _SURE))
    )
    return Shades(act, _pressed(act, paper, soft), soft, paper.on_act)


def _pressed(act: Colour, paper: Paper, soft: Colour) -> Colour:
    """A shade further from the page, or nearer to it when there is no further and it can still be read."""
    lightness, chroma, hue = _oklch(act)
    further = _LIGHTER if paper.is_dark else -_LIGHTER
    for wished in (lightness + further, lightness - further):
        pressed = _colour(wished, chroma, hue)
        if 0.1 < wished < 0.98 and _is_strong(paper, soft)(pressed):
            return pressed
    return act


def _is_act(paper: Paper, soft: Colour, least: float = TEXT) -> Callable[[Colour], bool]:
    """Text on every surface and on what is chosen, a ground for a button's words; so a control's edge too."""
    return lambda tried: (
        all(contrast(tried, under) >= least for under in (*paper.surfaces, soft))
        and contrast(tried, paper.on_act) >= least
    )


def _is_strong(paper: Paper, soft: Colour) -> Callable[[Colour], bool]:
    """A button while it is pointed at, and words on what is chosen."""
    return lambda tried: contrast(tried, paper.on_act) >= TEXT and contrast(tried, soft) >= TEXT


def _moved(lightness: float, towards: float, chroma: float, hue: float, fits: Callable[[Colour], bool]) -> Colour:
    """The nearest lightness on the way that fits. Black on white and white on black always do."""
    steps = math.ceil(abs(towards - lightness) / _STEP)
    for step in range(1, steps + 1):
        tried = _colour(lightness + (towards - lightness) * step / steps, chroma, hue)
        if fits(tried):
            return tried
    return Colour(255, 255, 255) if towards else Colour(0, 0, 0)


def _near(light: Colour, dark: Colour) -> Signal | None:
    """The state that a shade could be taken for, in either theme; the nearest by its hue."""
    found = [
        (_turn(shade, colour), state)
        for shade, paper in ((light, LIGHT), (dark, DARK))
        for state, colour in zip(Signal, paper.states, strict=True)
        if _oklch(shade)[1] >= _COLOURED
    ]
    turn, state = min(found, key=lambda one: one[0], default=(math.pi, Signal.LATE))
    return state if turn < _SAME_HUE else None


def _turn(one: Colour, other: Colour) -> float:
    """How far apart two hues are, in radians, the short way round."""
    return abs(math.remainder(_oklch(one)[2] - _oklch(other)[2], math.tau))


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _luminance(colour: Colour) -> float:
    return 0.2126 * _linear(colour.red) + 0.7152 * _linear(colour.green) + 0.0722 * _linear(colour.blue)


def _oklab(colour: Colour) -> tuple[float, float, float]:
    """Lightness, green to red, blue to yellow: Björn Ottosson's OKLab, from sRGB."""
    red, green, blue = _linear(colour.red), _linear(colour.green), _linear(colour.blue)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _oklch(colour: Colour) -> tuple[float, float, float]:
    lightness, a, b = _oklab(colour)
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _colour(lightness: float, chroma: float, hue: float) -> Colour:
    """The sRGB colour of that hue and lightness with as much of that chroma as a screen can show."""
    low, high = 0.0, chroma
    whole = _parts(lightness, chroma, hue)
    if _shown(whole):
        return _rounded(whole)
    for _ in range(16):
        middle = (low + high) / 2
        low, high = (middle, high) if _shown(_parts(lightness, middle, hue)) else (low, middle)
    return _rounded(_parts(lightness, low, hue))


def _shown(parts: tuple[float, float, float]) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in parts)


def _parts(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Linear red, green and blue; outside 0 to 1 when a screen cannot show them."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _rounded(parts: tuple[float, float, float]) -> Colour:
    return Colour(*(round(255 * _curved(min(1.0, max(0.0, part)))) for part in parts))


def _curved(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)
