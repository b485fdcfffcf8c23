"""Reads the PDFs that we make: their objects, their text in the order of the page, their tags. For tests only.

It knows what the typesetter writes (whole objects, Flate streams, two-byte codes with a ToUnicode map), no other PDF.
"""

import re
import zlib
from dataclasses import dataclass
from functools import cached_property

_OBJECT = re.compile(rb"(?:^|[\r\n])(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(
    rb"/(f\d+) [\d.]+ Tf"
    rb"|/ActualText<(?:FEFF)?([0-9A-F]*)>"  # what a run of glyphs stands for, until its EMC
    rb"|(?<!Lang)\((?:\\.|[^\\()])*\)"
    rb"|\b(ET|EMC)\b",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Paper:
    """A PDF file."""

    data: bytes

    @cached_property
    def objects(self) -> dict[int, bytes]:
        """Its objects by number, as they are written."""
        return {int(number): body for number, body in _OBJECT.findall(self.data)}

    @cached_property
    def catalog(self) -> bytes:
        """What says how the whole is to be read."""
        return self._one(rb"/Type/Catalog\b")

    @cached_property
    def metadata(self) -> str:
        """The XMP: title, language, the standards that the file claims."""
        return self._one(rb"/Type/Metadata\b").decode()

    @property
    def pages(self) -> int:
        """How many there are."""
        return sum(1 for body in self.objects.values() if re.search(rb"/Type/Page\b(?!s)", body))

    @property
    def tags(self) -> set[str]:
        """The roles of its structure: H1, P, L, Link…"""
        roles = (re.search(rb"/Type/StructElem/S/(\w+)", body) for body in self.objects.values())
        return {found[1].decode() for found in roles if found}

    @property
    def typefaces(self) -> dict[str, bool]:
        """The name of each typeface, and whether the file holds it."""
        found = (re.search(rb"/FontName/[A-Z]+\+(\S+?)/(.*)", body) for body in self.objects.values())
        return {one[1].decode(): b"/FontFile" in one[2] for one in found if one}

    @cached_property
    def text(self) -> str:
        """What is read on its pages, a line for each run of text."""
        pages = (body for body in self.objects.values() if re.search(rb"/Type/Page\b(?!s)", body))
        return "\n".join(self._page(body) for body in pages)

    @property
    def words(self) -> str:
        """The same on one line, single-spaced, without the breaks that only lines need."""
        bare = re.sub("\n?\u00ad\n?", "", self.text.replace("\u200b\n", "").replace("\u200b", ""))
        return " ".join(bare.split())

    def _one(self, pattern: bytes) -> bytes:
        return next(body for body in self.objects.values() if re.search(pattern, body))

    def _page(self, page: bytes) -> str:
        fonts = self._fonts(page)
        content = self._stream(int(re.search(rb"/Contents (\d+)", page)[1]))
        told: list[str] = []
        known: dict[str, str] = {}
        is_said = False
        for found in _SHOWN.finditer(content):
            if found[1]:
                known = fonts[found[1].decode()]
            elif found[2] is not None:
                told.append(bytes.fromhex(found[2].decode()).decode("utf-16-be"))
                is_said = True
            elif found[3]:
                told.append("\n" if found[3] == b"ET" else "")
                is_said = is_said and found[3] != b"EMC"
            elif not is_said:
                told.append(_read(_ESCAPE.sub(_unescaped, found[0][1:-1]), known))
        return "".join(told)

    def _fonts(self, page: bytes) -> dict[str, dict[str, str]]:
        number = re.search(rb"/Resources (\d+)", page)
        resources = self.objects[int(number[1])] if number else page
        named = re.search(rb"/Font<<(.*?)>>", resources, re.DOTALL)
        pairs = re.findall(rb"/(f\d+) (\d+)", named[1]) if named else []
        return {name.decode(): self._signs(int(font)) for name, font in pairs}

    def _signs(self, font: int) -> dict[str, str]:
        number = re.search(rb"/ToUnicode (\d+)", self.objects[font])
        table = self._stream(int(number[1])).decode("ascii") if number else ""
        return {
            code.upper(): bytes.fromhex(text).decode("utf-16-be", "replace")
            for code, text in re.findall(r"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>", table)
        }

    def _stream(self, number: int) -> bytes:
        body = self.objects[number]
        found = _STREAM.search(body)
        assert found is not None
        return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _read(codes: bytes, known: dict[str, str]) -> str:
    return "".join(known.get(codes[at : at + 2].hex().upper(), "\ufffd") for at in range(0, len(codes), 2))


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8)]) if code.isdigit() else _LETTERS.get(code, code)
