"""How the typesetter and its parent talk: lengths, then bytes. No pickle: the child is not trusted."""

import struct
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

_REQUEST = struct.Struct(">II")
_ANSWER = struct.Struct(">cQ")


class Made(Enum):
    """What came of a request: the paper that keeps both standards, a paper without the claim, none and why."""

    STANDARD = b"S"
    PLAIN = b"P"
    NOTHING = b"N"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the child says: a PDF, or a few words on why there is none."""

    made: Made
    data: bytes


def send_request(stream: BinaryIO, template: Path, data: bytes) -> None:
    """Ask for one paper."""
    name = str(template).encode()
    stream.write(_REQUEST.pack(len(name), len(data)))
    stream.write(name)
    stream.write(data)
    stream.flush()


def read_request(stream: BinaryIO) -> tuple[Path, bytes] | None:
    """The next template and its data; None at the end of the stream."""
    head = stream.read(_REQUEST.size)
    if len(head) < _REQUEST.size:
        return None
    name, data = _REQUEST.unpack(head)
    return Path(_exactly(stream, name).decode()), _exactly(stream, data)


def send_answer(stream: BinaryIO, answer: Answer) -> None:
    """Write what was made of a request."""
    stream.write(_ANSWER.pack(answer.made.value, len(answer.data)))
    stream.write(answer.data)
    stream.flush()


def read_answer(stream: BinaryIO) -> Answer:
    """What the child said. Raises EOFError when it ended before, ValueError when it says nonsense."""
    made, size = _ANSWER.unpack(_exactly(stream, _ANSWER.size))
    return Answer(Made(made), _exactly(stream, size))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
