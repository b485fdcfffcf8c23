"""Papers as PDF: what a template lays out, told by data, made in a limited child process.

A template is a Typst file; what people wrote reaches it as JSON and is never read as markup. The file that comes out
is tagged, names its language and its title, and holds its typefaces: PDF/UA-1 and PDF/A-2a (ISO 14289-1, ISO 19005-2).
Where a sign is in no typeface of this machine neither can be claimed: the paper then comes out tagged all the same,
with a box for that sign and the sign itself in its text.
"""

import atexit
import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from doleance.kernel import pdf_wire
from doleance.kernel.confined import Busy, Died, Limits, Pool
from doleance.kernel.text import normalise

TEMPLATES = Path(__file__).parent / "typst"
# What one paper may take of a reader who waits, and how many a child lays out: it remembers what it laid out.
LIMITS = Limits(cpu_seconds=5, memory_bytes=1024**3, wall_seconds=10.0, share=200, turn_seconds=5.0)
_CHILD = "doleance.kernel.pdf_child"
_LONGEST = 2 * 1024**2


class PdfError(Exception):
    """No paper came out: too much was asked of the typesetter, it is busy, or a template is wrong."""


class Typesetters:
    """A few children that lay out papers, shared by the threads of this process."""

    def __init__(self, count: int = 2, limits: Limits = LIMITS) -> None:
        self._pool = Pool(_CHILD, limits, count)

    def render(self, template: Path | str, data: Mapping[str, object]) -> bytes:
        """See `render`."""
        told = json.dumps(_clean(data), ensure_ascii=False).encode()
        if len(told) > _LONGEST:
            raise PdfError("too much to say")
        path = (TEMPLATES / template).resolve()
        answer = self._ask(path, told, tries=2)
        if answer.made is pdf_wire.Made.NOTHING:
            raise PdfError(f"{path.name}: {answer.data.decode('utf-8', 'replace')}")
        return answer.data

    def _ask(self, path: Path, told: bytes, tries: int) -> pdf_wire.Answer:
        """A crash is tried once more: the system may have killed an innocent child."""

        def talk(asks: BinaryIO, answers: BinaryIO) -> pdf_wire.Answer:
            pdf_wire.send_request(asks, path, told)
            return pdf_wire.read_answer(answers)

        try:
            return self._pool.ask(talk)
        except Busy as busy:
            raise PdfError("busy") from busy
        except Died as died:
            if died.was_hung or tries == 1:
                raise PdfError("too long" if died.was_hung else "the typesetter ended") from died
        return self._ask(path, told, tries - 1)

    def close(self) -> None:
        """End the idle children; a later paper starts new ones."""
        self._pool.close()


typesetters = Typesetters()
atexit.register(typesetters.close)


def render(template: Path | str, data: Mapping[str, object]) -> bytes:
    """The PDF that `template` (a file, or a name in `TEMPLATES`) makes of `data`, which JSON can say.

    Any text may stand in it: what no paper holds (control signs, halves of pairs) is left out. The template reads its
    own folder only. Raises PdfError within some seconds, whatever happens: a reader never waits for ever.
    """
    return typesetters.render(template, data)


def _clean(value: object) -> object:
    """The same data with every text as a paper can hold it; keys are the template's own."""
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, Mapping):
        return {str(key): _clean(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [_clean(one) for one in value]
    return value


def _printable(text: str) -> str:
    return "".join(sign if sign == "\n" or _is_printed(sign) else " " for sign in normalise(text))


def _is_printed(sign: str) -> bool:
    """Whether a sign is one at all: no control, no half of a pair, none of the 66 that Unicode keeps for nobody."""
    code = ord(sign)
    is_nobody = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not is_nobody and unicodedata.category(sign) not in {"Cc", "Cs"}
