"""Lines of a text with their places, and its letters folded one for one so that places stay true. Pure, linear."""

import re
import unicodedata
from dataclasses import dataclass

_BREAK = re.compile(r"\r\n|\n|\r")
_MARKED = re.compile(r"[^\u0300-\u036f\n][\u0300-\u036f]{1,8}")
_APOSTROPHES = "’ʼ‘‛′`´"
_DASHES = "‐‑‒–—―−"
_QUOTES = "“”„«»‟"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `text[start:end]` without what ends it; `next` is where the following one begins."""

    start: int
    end: int
    next: int
    text: str

    @property
    def is_blank(self) -> bool:
        """Whether nothing is written there."""
        return not self.text or self.text.isspace()


def split(text: str) -> list[Line]:
    """The lines of `text`, ended by CR LF, LF or CR; a form feed or a Unicode separator ends none."""
    found: list[Line] = []
    start = 0
    for mark in _BREAK.finditer(text):
        found.append(Line(start, mark.start(), mark.end(), text[start : mark.start()]))
        start = mark.end()
    if start < len(text) or not found:
        found.append(Line(start, len(text), len(text), text[start:]))
    return found


class _Letters(dict[int, str]):
    """Each sign without case and accent, one for one; learnt at its first meeting. Ligatures stay (see `pattern`)."""

    def __missing__(self, code: int) -> str:
        self[code] = sign = _bare(chr(code))
        return sign


def _bare(sign: str) -> str:
    if sign in _APOSTROPHES:
        return "'"
    if sign in _DASHES:
        return "-"
    if sign in _QUOTES:
        return '"'
    if sign.isspace() and sign != "\n":
        return " "
    first = unicodedata.normalize("NFKD", sign)[:1]
    lowered = first.lower()
    return lowered if len(lowered) == 1 else sign


_LETTERS = _Letters()


def fold(text: str) -> str:
    """`text` for matching: no case, no accent, straight apostrophes and quotes, any blank a space; same length."""
    return text.translate(_LETTERS)


def composed(text: str) -> list[tuple[int, int, str]]:
    """Where letters and marks were written apart (NFD): start, end, and the letters in one piece."""
    return [
        (found.start(), found.end(), unicodedata.normalize("NFC", found[0]))
        for found in _MARKED.finditer(text)
        if unicodedata.normalize("NFC", found[0]) != found[0]
    ]


class Places:
    """The signs of a text that are spoken for: one octet each, so that asking costs what the question is long."""

    def __init__(self, size: int) -> None:
        self._signs = bytearray(size + 1)

    def take(self, start: int, end: int) -> None:
        """Note a run; it may lie over others."""
        self._signs[start:end] = b"\x01" * (min(end, len(self._signs)) - start)

    def overlaps(self, start: int, end: int) -> bool:
        """Whether a sign of `[start, end)` is taken."""
        return self._signs.find(1, start, end) >= 0
