"""Reading in a confined child process that may die of a message without harm: that message is then only peeked at."""

import atexit
import signal
from dataclasses import replace
from typing import BinaryIO

from doleance.accounts.theme import DrawnLogo
from doleance.channels.email import wire
from doleance.channels.rules import Limit, ParsedMessage, Problem, SafeHtml
from doleance.kernel import confined
from doleance.kernel.confined import Limits, Pool

_READER = "doleance.channels.email.reader"
# What one message may take, and how many a child reads (reliability.md §2).
LIMITS = Limits(cpu_seconds=10, memory_bytes=1024**3, wall_seconds=60.0, share=2_000)


class Died(Exception):
    """The child ended before it answered; `limit` says of what."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


class Readers:
    """A few children that read, shared by the threads of this process."""

    def __init__(self, count: int = 2, limits: Limits = LIMITS) -> None:
        self._pool = Pool(_READER, limits, count)

    def parse(self, raw: bytes) -> ParsedMessage:
        """What a message says. Never raises on any bytes: a message that kills its reader is peeked at.

        A crash is tried once more: the system may have killed an innocent child.
        """
        try:
            return self._read(wire.READ, raw)
        except Died as died:
            if died.limit != Limit.CRASH:
                return self._peek(raw, died.limit)
        try:
            return self._read(wire.READ, raw)
        except Died as died:
            return self._peek(raw, died.limit)

    def html(self, raw: bytes) -> SafeHtml | None:
        """The HTML that a message shows, made harmless; None when it has none that can be shown. Never raises."""
        try:
            answer = self._ask(wire.PAGE, raw)
        except Died:
            return None
        return answer if isinstance(answer, SafeHtml) else None

    def thumbnail(self, data: bytes) -> bytes | None:
        """A small image (WebP) of an image file; None for what is none, or is hostile. Never raises."""
        try:
            answer = self._ask(wire.THUMBNAIL, data)
        except Died:
            return None
        return answer if isinstance(answer, bytes) else None

    def logo(self, data: bytes) -> DrawnLogo | None:
        """A house's logo drawn anew (PNG); None for what cannot be drawn, or is hostile. Never raises."""
        try:
            answer = self._ask(wire.LOGO, data)
        except Died:
            return None
        return answer if isinstance(answer, DrawnLogo) else None

    def _read(self, mode: bytes, raw: bytes) -> ParsedMessage:
        answer = self._ask(mode, raw)
        if not isinstance(answer, ParsedMessage):
            raise Died(Limit.CRASH)
        return answer

    def _peek(self, raw: bytes, limit: Limit) -> ParsedMessage:
        try:
            seen = self._read(wire.PEEK, raw)
        except Died:
            return ParsedMessage(problem=Problem.OVER_LIMIT, limit=limit)
        return seen if seen.problem == Problem.NOT_A_MESSAGE else replace(seen, limit=limit)

    def _ask(self, mode: bytes, raw: bytes) -> wire.Answer:
        def talk(asks: BinaryIO, answers: BinaryIO) -> wire.Answer:
            wire.send_request(asks, mode, raw)
            return wire.read_answer(answers, mode)

        try:
            return self._pool.ask(talk)
        except confined.Died as died:
            raise Died(_limit_of(died)) from died

    def close(self) -> None:
        """End the idle children; a later message starts new ones."""
        self._pool.close()


def _limit_of(died: confined.Died) -> Limit:
    if died.was_hung or died.status == -signal.SIGXCPU:
        return Limit.TIME
    return Limit.MEMORY if died.status == wire.OUT_OF_MEMORY else Limit.CRASH


readers = Readers()
atexit.register(readers.close)


def parse(raw: bytes) -> ParsedMessage:
    """What a message says, read in a limited child process of this process. Never raises on any bytes."""
    return readers.parse(raw)
