"""Outlook's rich text, compressed or not, to its words or to the HTML that it wraps. Runs in the limited child.

Sources: [MS-OXRTFCP] for the compression, [MS-OXRTFEX] for HTML wrapped in RTF.
"""

import re
import struct

from doleance.channels.email import charsets
from doleance.kernel import text as texts

_SIZE_LIMIT = 4_000_000
_DICTIONARY = 4096
_BEGINNING = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS "
    b"Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b"
    b"\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)", re.DOTALL
)
_SILENT = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata colorschememapping latentstyles datastore listtable "
    b"listoverridetable rsidtbl generator xmlnstbl filetbl header footer fldinst".split()
)
_SIGNS = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"row": "\n", b"cell": "\t", b"tab": "\t", b"lquote": "‘",
    b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"endash": "–", b"emdash": "—",
}  # fmt: skip
_CHARACTERS = {b"~": "\u00a0", b"_": "-", b"\n": "\n", b"\r": "\n", b"\\": "\\", b"{": "{", b"}": "}"}


def decompress(data: bytes) -> bytes:
    """The RTF of a compressed property; as far as it goes when it is broken."""
    if len(data) < 16:
        return b""
    size, kind = struct.unpack_from("<I4s", data, 4)
    if kind == b"MELA":
        return data[16 : 16 + min(size, _SIZE_LIMIT)]
    return _unpacked(data[16:], min(size, _SIZE_LIMIT)) if kind == b"LZFu" else b""


def _unpacked(data: bytes, size: int) -> bytes:
    made = bytearray(_BEGINNING)  # what was written; the dictionary is its last 4,096 bytes
    start, at = len(made), 0
    while at < len(data) and len(made) - start < size:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not flags >> bit & 1:
                made.append(data[at])
                at += 1
                continue
            word = int.from_bytes(data[at : at + 2], "big")
            at += 2
            back = (len(made) - (word >> 4)) % _DICTIONARY
            if back == 0 or back > len(made):
                return bytes(made[start : start + size])
            for _ in range((word & 15) + 2):
                made.append(made[-back])
    return bytes(made[start : start + size])


def said(data: bytes) -> tuple[str, bool]:
    """What an RTF text says, and whether that is HTML which it wraps."""
    return _Reader(data[:_SIZE_LIMIT]).read()


class _Reader:
    """One pass over an RTF text."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_html = b"\\fromhtml" in data[:2_000]
        page = re.search(rb"\\ansicpg(\d{3,5})", data[:2_000])
        self.charset = f"cp{page[1].decode()}" if page else "cp1252"
        self.pieces: list[str] = []
        self.bytes = bytearray()  # of one charset, not decoded yet: a character may take two
        self.silent = 0  # groups open since the first one that says nothing
        self.depth = 0
        self.is_rendering = False  # between \htmlrtf and \htmlrtf0: written for those who read no HTML
        self.replaced = [1]  # by group: how many characters follow \u for those who know no Unicode
        self.skipped = 0  # of these, those still to come

    def read(self) -> tuple[str, bool]:
        at = 0
        while (token := _TOKEN.search(self.data, at)) is not None:
            word, number, code, sign, brace, text = token.groups()
            at = token.end()
            if brace:
                self._group(brace)
            elif word == b"bin":  # bytes of something else, whatever they look like
                at += max(0, int(number or 0))
                self.skipped = max(0, self.skipped - 1)
            elif word:
                self._word(word, int(number or 0), has_number=number is not None)
            elif code:
                self._bytes(bytes([int(code, 16)]))
            elif sign == b"*":
                self._starred(token.end())
            elif sign:
                self._text(_CHARACTERS.get(sign, ""))
            else:
                self._bytes(text)
        self._flush()
        # A sign beyond the first 65,536 is written in two halves; a half alone is no character.
        whole = "".join(self.pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return texts.normalise(whole), self.is_html

    def _group(self, brace: bytes) -> None:
        self.skipped = 0
        if brace == b"{":
            self.depth += 1
            self.replaced.append(self.replaced[-1])
        else:
            self.depth -= 1
            if len(self.replaced) > 1:
                self.replaced.pop()
        if self.depth < self.silent:
            self.silent = 0

    def _starred(self, at: int) -> None:
        """A group that a reader may leave out; those of HTML are read."""
        if not (self.is_html and self.data.startswith((b"\\htmltag", b"\\mhtmltag"), at)) and not self.silent:
            self.silent = self.depth

    def _word(self, word: bytes, number: int, *, has_number: bool) -> None:
        if word == b"htmlrtf":
            self.is_rendering = not (has_number and number == 0)
        elif word in _SILENT or word == b"mhtmltag":
            self.silent = self.silent or max(self.depth, 1)
        elif word == b"uc":
            self.replaced[-1] = max(0, number if has_number else 1)
        elif word == b"u" and has_number:
            self._text(chr(number % 65536))
            self.skipped = self.replaced[-1]
        elif word in _SIGNS:
            self._text(_SIGNS[word])

    def _bytes(self, data: bytes) -> None:
        if self.skipped:
            data, self.skipped = data[self.skipped :], max(0, self.skipped - len(data))
        if not self.silent and not self.is_rendering:
            self.bytes += data

    def _text(self, text: str) -> None:
        if not self.silent and not self.is_rendering:
            self._flush()
            self.pieces.append(text)

    def _flush(self) -> None:
        if self.bytes:
            self.pieces.append(charsets.decode(bytes(self.bytes), self.charset)[0])
            self.bytes.clear()
