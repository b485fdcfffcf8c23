"""Reading in a confined child process that may die of a message without harm: nobody's message waits for it."""

import atexit
import base64
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from django.conf import settings

from doleance.channels.rules import Limit
from doleance.kernel import confined
from doleance.kernel.confined import Limits, Pool
from doleance.understanding.process import wire
from doleance.understanding.rules import Incoming, Reading

T = TypeVar("T")
_READER = "doleance.understanding.process.reader"
_OUT_OF_MEMORY = 3
# What one message may take, and how many a child reads. The memory is of addresses, which numpy's libraries reserve
# far beyond what they use.
LIMITS = Limits(cpu_seconds=20, memory_bytes=3 * 1024**3, wall_seconds=120.0, share=5_000)
# One child a process: a reading takes milliseconds, its model a hundred megabytes or more.
_CHILDREN = 1


class ReadingFailed(Exception):
    """A message could not be read: `code` is a limit it went over (`channels.rules.Limit`), or `error`."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(f"{code} {said}".strip())
        self.code = code


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a message says as a vector (`duplicates.portraits.packed`), None where nothing is said, and whose it is."""

    encoder: str
    vector: bytes | None


def _reading(told: dict[str, Any]) -> Reading:
    return wire.reading(told["reading"])


def _meaning(told: dict[str, Any]) -> Meaning:
    vector = told["vector"]
    return Meaning(str(told["encoder"]), None if vector is None else base64.b64decode(vector, validate=True))


class Readers:
    """The children that read, shared by the threads of this process."""

    def __init__(self, count: int = _CHILDREN, limits: Limits = LIMITS) -> None:
        self._pool = Pool(_READER, limits, count)

    def read(self, message: Incoming, *, language: str = "", model: str = "") -> Reading:
        """What a message says. `model`: the path of the one to read with, empty for the shipped one.

        Raises ReadingFailed. A crash is tried once more: the system may have killed an innocent child.
        """
        asked = {"model": model, "language": language, "message": wire.of_message(message)}
        try:
            return self._ask(asked, _reading)
        except ReadingFailed as failed:
            if failed.code != Limit.CRASH:
                raise
        return self._ask(asked, _reading)

    def meaning(self, message: Incoming, *, language: str = "", model: str = "") -> Meaning:
        """The vector of what a message says. Raises ReadingFailed."""
        asked = {"asks": wire.MEANING, "model": model, "language": language, "message": wire.of_message(message)}
        return self._ask(asked, _meaning)

    def _ask(self, asked: dict[str, Any], told_by: Callable[[dict[str, Any]], T]) -> T:
        def talk(asks: BinaryIO, answers: BinaryIO) -> tuple[T | None, str]:
            wire.send(asks, asked)
            told = wire.receive(answers)
            if told is None:
                raise EOFError("no answer")
            return (None, str(told["error"])) if "error" in told else (told_by(told), "")

        try:
            answer, error = self._pool.ask(talk)
        except confined.Died as died:
            raise ReadingFailed(_limit_of(died)) from died
        if answer is None:
            raise ReadingFailed("error", error)
        return answer

    def close(self) -> None:
        """End the idle children; a later message starts new ones."""
        self._pool.close()


def _limit_of(died: confined.Died) -> str:
    if died.was_hung or died.status == -signal.SIGXCPU:
        return Limit.TIME.value
    return Limit.MEMORY.value if died.status == _OUT_OF_MEMORY else Limit.CRASH.value


readers = Readers()
atexit.register(readers.close)


def installed() -> str:
    """The path of the model that this installation learnt and uses; empty for the shipped one.

    `doleance learn` numbers models in the home's folder `models`, and says in `current` which one is in service.
    """
    folder = Path(settings.DOLEANCE_HOME) / "models"
    try:
        number = (folder / "current").read_text("ascii").strip()
    except OSError:
        return ""
    path = folder / f"{number}.model"
    return str(path) if number.isdigit() and number != "0" and path.is_file() else ""


def read(message: Incoming, *, language: str = "") -> Reading:
    """What a message says, read with the model in service in a child of this process. Raises ReadingFailed.

    `language` serves where the message leaves doubt: its mailbox's or its person's.
    """
    return readers.read(message, language=language, model=installed())


def meaning(message: Incoming, *, language: str = "") -> Meaning:
    """The vector of what a message says, by the encoder of the model in service. Raises ReadingFailed."""
    return readers.meaning(message, language=language, model=installed())
