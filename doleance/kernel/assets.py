"""What the browser needs and the repository does not hold: typefaces and htmx, written at installation.

Source Sans and Source Serif come from PyPI as whole TrueType families. Their licence (OFL) reserves the name "Source",
so what we subset is renamed "Doleance Sans" and "Doleance Serif", with the licence beside it. Two ranges a face: what
French needs, and the rest of Latin, which a browser fetches only for a name such as Šimůnek.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

NARROW_SPACE = 0x202F  # before ; ! ? in French; Source Serif lacks it
# A word space is 0.2 em or so: 0.62 of it is what Source Sans draws for its own narrow space.
NARROW_RATIO = 0.62

_MARKS = (
    *(0x00A0, NARROW_SPACE, 0x2010, 0x2013, 0x2014, 0x2018, 0x2019, 0x201A, 0x201C, 0x201D, 0x201E, 0x2022, 0x2026),
    *(0x2032, 0x2039, 0x203A, 0x20AC, 0x2116, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2248, 0x2260, 0x2264),
    *(0x2265, 0x2713),
)
# Basic Latin, Latin-1, œ Œ Ÿ, and the signs we write with.
FRENCH = frozenset({*range(0x20, 0x7F), *range(0xA0, 0x100), 0x152, 0x153, 0x178, *_MARKS})
# The rest of Latin, for people's names.
LATIN = frozenset({*range(0x100, 0x250), *range(0x1E00, 0x1F00)}) - FRENCH
# Ligatures, kerning and fractions stay; small capitals, old figures and alternates are weight without use.
FEATURES = ("ccmp", "locl", "kern", "mark", "mkmk", "liga", "tnum", "lnum", "pnum", "frac", "numr", "dnom", "sups")


@dataclass(frozen=True, slots=True)
class Face:
    """One file of a family as PyPI ships it, and the name we give to its subset."""

    package: str
    source: str
    family: str
    weight: int

    def filename(self, part: str) -> str:
        """`doleance-sans-400.woff2`, or `doleance-sans-400-latin.woff2` for the second range."""
        stem = f"{self.family.lower().replace(' ', '-')}-{self.weight}"
        return f"{stem}{'-' + part if part else ''}.woff2"


FACES = (
    Face("font_source_sans_pro", "SourceSansPro-Regular.ttf", "Doleance Sans", 400),
    Face("font_source_sans_pro", "SourceSansPro-Semibold.ttf", "Doleance Sans", 600),
    Face("font_source_serif_pro", "SourceSerifPro-Regular.ttf", "Doleance Serif", 400),
)
LICENCES = {"font_source_sans_pro": "OFL-sans.txt", "font_source_serif_pro": "OFL-serif.txt"}
HTMX = "htmx-2.min.js"


def build(target: Path) -> bool:
    """Write typefaces, their licences and htmx under `target/doleance/`; say whether anything had to be written.

    `target` belongs in STATICFILES_DIRS. Nothing is done when the same packages were built there before.
    """
    folder = target / "doleance"
    stamp = folder / "assets.stamp"
    wanted = _fingerprint()
    if stamp.is_file() and stamp.read_text("ascii") == wanted:
        return False
    fonts = folder / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for face in FACES:
        _write_face(face, FRENCH, fonts / face.filename(""))
        _write_face(face, LATIN, fonts / face.filename("latin"))
    for package, name in LICENCES.items():
        (fonts / name).write_bytes(files(package).joinpath("files", "LICENSE.txt").read_bytes())
    htmx = files("django_htmx").joinpath("static", "django_htmx", HTMX)
    (folder / "htmx.js").write_bytes(htmx.read_bytes())
    stamp.write_text(wanted, "ascii")  # last: an interrupted build starts again
    return True


def _fingerprint() -> str:
    """What the result depends on: the packages' versions and this file."""
    packages = ("font-source-sans-pro", "font-source-serif-pro", "fonttools", "django-htmx")
    parts = [f"{name} {version(name)}" for name in packages]
    parts.append(hashlib.sha256(Path(__file__).read_bytes()).hexdigest())
    return "\n".join(parts)


def _write_face(face: Face, wanted: Iterable[int], path: Path) -> None:
    """Subset one face to the code points `wanted`, rename it and write it as WOFF2."""
    with files(face.package).joinpath("files", face.source).open("rb") as stream:
        font = TTFont(stream)
        _add_narrow_space(font)
        options = Options()
        options.layout_features = list(FEATURES)
        options.hinting = False  # a third of the size, and no screen since 2010 needs it
        options.flavor = "woff2"
        options.name_IDs = ["*"]
        options.notdef_outline = True
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=wanted)
        subsetter.subset(font)
        _rename(font, face)
        font.flavor = "woff2"
        font.save(path)


def _add_narrow_space(font: TTFont) -> None:
    """Give the font a U+202F when it has none: browsers otherwise borrow one from a typeface of other proportions."""
    if NARROW_SPACE in font.getBestCmap():
        return
    width, _ = font["hmtx"][font.getBestCmap()[0x20]]
    name = f"uni{NARROW_SPACE:04X}"
    font["glyf"][name] = font["glyf"][font.getBestCmap()[0x20]]  # as empty as the word space
    font["hmtx"][name] = (round(width * NARROW_RATIO), 0)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[NARROW_SPACE] = name


def _rename(font: TTFont, face: Face) -> None:
    """Replace every name that presents the font to people; copyright and licence stay as they were."""
    style = "Regular" if face.weight == 400 else "Semibold"
    ours = {
        1: face.family if face.weight == 400 else f"{face.family} {style}",
        2: "Regular",
        3: f"doleance;{face.family.replace(' ', '')}-{style}",
        4: f"{face.family} {style}",
        6: f"{face.family.replace(' ', '')}-{style}",
        16: face.family,
        17: style,
    }
    kept = {0, 5, 8, 9, 11, 12, 13, 14}
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in kept | ours.keys()]
    for record in list(table.names):
        if record.nameID in ours:
            table.setName(ours[record.nameID], record.nameID, record.platformID, record.platEncID, record.langID)
