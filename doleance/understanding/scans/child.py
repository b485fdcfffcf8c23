"""Reading files in a confined child process that may die of one without harm: what it died of is then told of it."""

import atexit
import os
import shutil
import signal
from typing import BinaryIO

from doleance.kernel import confined
from doleance.kernel.confined import Limits, Pool
from doleance.understanding.process import wire
from doleance.understanding.scans import told
from doleance.understanding.scans.told import Recognised, Trouble

_READER = "doleance.understanding.scans.reader"
_OUT_OF_MEMORY = 3
# What one file may take, and how many a child reads. The time of tesseract is counted apart, page by page, and is
# limited by `recognise`; the wall stands behind it.
LIMITS = Limits(cpu_seconds=90, memory_bytes=1536 * 1024**2, wall_seconds=300.0, share=200)


class Readers:
    """The child that reads files, shared by the threads of this process: one at a time, others wait."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._pool = Pool(_READER, limits, 1)

    def read(self, data: bytes, *, language: str = "", tesseract: str | None = None) -> Recognised:
        """What is written in a file. Never raises on any bytes.

        `tesseract` is the path of the program, by default where the machine has it; empty, none is used.
        """
        if len(data) > told.MOST_BYTES:
            return Recognised(trouble=Trouble.TOO_LARGE)
        path = engine() if tesseract is None else tesseract
        asked = {
            "size": len(data),
            "language": language,
            "tesseract": path,
            "data": os.environ.get("TESSDATA_PREFIX", ""),
        }

        def talk(asks: BinaryIO, answers: BinaryIO) -> Recognised:
            wire.send(asks, asked)
            asks.write(data)
            asks.flush()
            answer = wire.receive(answers)
            if answer is None:
                raise EOFError("no answer")
            return told.recognised(answer)

        try:
            return self._pool.ask(talk)
        except confined.Died as died:
            return Recognised(trouble=_trouble(died))

    def close(self) -> None:
        """End the idle child; a later file starts a new one."""
        self._pool.close()


def _trouble(died: confined.Died) -> Trouble:
    if died.was_hung or died.status == -signal.SIGXCPU:
        return Trouble.TIME
    return Trouble.MEMORY if died.status == _OUT_OF_MEMORY else Trouble.CRASH


def engine() -> str:
    """Where this machine has tesseract; empty where it has not."""
    return shutil.which("tesseract") or ""


readers = Readers()
atexit.register(readers.close)


def read(data: bytes, *, language: str = "") -> Recognised:
    """What is written in a file, read in a limited child of this process. Never raises on any bytes."""
    return readers.read(data, language=language)
