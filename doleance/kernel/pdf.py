"""Papers as PDF: what a template lays out, told by data, made in a limited child process.

A template is a Typst file; what people wrote reaches it as JSON and is never read as markup. The file that comes out
is tagged, names its language and its title, and holds its typefaces: PDF/UA-1 and PDF/A-2a (ISO 14289-1, ISO 19005-2).
Where a sign is in no typeface of this machine neither can be claimed: the paper then comes out tagged all the same,
with a box for that sign and the sign itself in its text.
"""

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from doleance.kernel import pdf_wire
from doleance.kernel.text import normalise

TEMPLATES = Path(__file__).parent / "typst"
_ROOT = Path(__file__).resolve().parents[2]
# Named, not imported: the typesetter and its typefaces (some 80 MB) are loaded in the child alone.
_CHILD = "doleance.kernel.pdf_child"
_LONGEST = 2 * 1024**2


class PdfError(Exception):
    """No paper came out: too much was asked of the typesetter, it is busy, or a template is wrong."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one paper may take. Seconds of a reader who waits: the typesetter's processor, its answer, its turn."""

    cpu_seconds: int = 5
    memory_bytes: int = 1024**3
    wall_seconds: float = 10.0
    turn_seconds: float = 5.0
    papers: int = 200  # a child is then replaced: it remembers what it laid out


class _Died(Exception):
    """The child ended before it answered; `was_hung`: because it took too long."""

    def __init__(self, *, was_hung: bool) -> None:
        super().__init__(was_hung)
        self.was_hung = was_hung


class _Child:
    """One typesetter and its pipe; not shared between threads."""

    def __init__(self, limits: Limits) -> None:
        self.served = 0
        self._limits = limits
        self._hung = False
        # No environment but what Python needs: no database address, no key. -P: the working folder holds no module.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _CHILD, str(limits.cpu_seconds), str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a diagnostic quotes what people wrote
            env={"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd="/",
        )

    @property
    def pid(self) -> int:
        """The process, for those who watch it."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs: the system may have ended it between two papers."""
        return self._process.poll() is None

    def ask(self, template: Path, data: bytes) -> pdf_wire.Answer:
        """What the child makes of it. Raises _Died."""
        watch = threading.Timer(self._limits.wall_seconds, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            pdf_wire.send_request(cast(BinaryIO, self._process.stdin), template, data)
            answer = pdf_wire.read_answer(cast(BinaryIO, self._process.stdout))
        except (OSError, EOFError, ValueError) as error:
            raise _Died(was_hung=self._hung) from error
        finally:
            watch.cancel()
        self.served += 1
        return answer

    def _give_up(self) -> None:
        self._hung = True
        self._process.kill()

    def close(self) -> None:
        """End the process: it has nothing to finish."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.kill()
        self._process.wait()


class Typesetters:
    """A few children shared by the threads of this process; each is started when it is needed."""

    def __init__(self, count: int = 2, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._count = count
        for _ in range(count):
            self._idle.put(None)

    def render(self, template: Path | str, data: Mapping[str, object]) -> bytes:
        """See `render`."""
        told = json.dumps(_clean(data), ensure_ascii=False).encode()
        if len(told) > _LONGEST:
            raise PdfError("too much to say")
        path = (TEMPLATES / template).resolve()
        try:
            answer = self._ask(path, told)
        except _Died as died:
            if died.was_hung:
                raise PdfError("too long") from died
            answer = self._once_more(path, told)
        if answer.made is pdf_wire.Made.NOTHING:
            raise PdfError(f"{path.name}: {answer.data.decode('utf-8', 'replace')}")
        return answer.data

    def _once_more(self, path: Path, told: bytes) -> pdf_wire.Answer:
        """A crash is tried once more: the system may have killed an innocent child."""
        try:
            return self._ask(path, told)
        except _Died as died:
            raise PdfError("too long" if died.was_hung else "the typesetter ended") from died

    def _ask(self, path: Path, told: bytes) -> pdf_wire.Answer:
        try:
            child = self._idle.get(timeout=self._limits.turn_seconds)
        except queue.Empty as error:
            raise PdfError("busy") from error
        kept: _Child | None = None
        try:
            if child is not None and not child.is_alive:
                child.close()
                child = None
            child = child or _Child(self._limits)
            answer = child.ask(path, told)
            kept = child if child.served < self._limits.papers else None
            return answer
        finally:
            if child is not None and kept is None:
                child.close()
            self._idle.put(kept)

    def close(self) -> None:
        """End the idle children; a later paper starts new ones."""
        idle = 0
        with suppress(queue.Empty):
            while True:
                child = self._idle.get_nowait()
                idle += 1
                if child is not None:
                    child.close()
        for _ in range(idle):
            self._idle.put(None)


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
