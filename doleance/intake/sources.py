"""What an import can be pointed at: one mail, an mbox, a Maildir, a folder; read one message at a time.

Nothing is judged here but the form of the container: every regular file of a folder is an item, whatever it holds.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from doleance.channels.email import headers

# PostgreSQL holds 1 GB in a value and a sealed message is read whole; mail servers stop far below.
SIZE_LIMIT = 256 * 1024 * 1024
# A line of an mbox that begins a message: `From address date`. In a text, a sentence may begin by « From ».
_DATED = re.compile(rb"From \S.* \d\d:\d\d(?::\d\d)?(?: [+-]\d{4}| [A-Z]{3,4})? \d{4}(?: [+-]\d{4})?\r?\n?")
_BARE = re.compile(rb"From \S+@\S+\s*")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_MAILDIR = ("cur", "new")
_LONGEST_LINE = 1024 * 1024  # a file without line ends is read by pieces


@dataclass(frozen=True, slots=True)
class Found:
    """One item: its place in the source, its bytes, and the moment that an mbox says it was received."""

    path: str
    position: int
    raw: bytes = field(repr=False)
    separator: datetime | None = None

    @property
    def sha256(self) -> str:
        """What names these bytes in the ledger."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be taken, and why, in a French sentence."""

    path: str
    why: str


def files(root: Path) -> list[Path]:
    """The regular files of a source in the order of their names; a Maildir's temporary files are no mail yet."""
    if not root.is_dir():
        return [root]
    found = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(path for path in found if not _is_unfinished(path, root))


def _is_unfinished(path: Path, root: Path) -> bool:
    """Whether the file lies in the `tmp` of a Maildir."""
    parent = path.parent
    is_inside = parent != root.parent and parent.name == "tmp"
    return is_inside and all((parent.parent / name).is_dir() for name in _MAILDIR)


def items(path: Path, root: Path) -> Iterator[Found | Unreadable]:
    """The messages of one file, in its order."""
    inside = path.name if path == root else path.relative_to(root).as_posix()
    name = os.fsencode(inside).decode("utf-8", "replace")
    try:
        with path.open("rb") as stream:
            if path.suffix.lower() != ".eml" and _begins_mbox(stream):
                yield from _mbox(stream, name)
            else:
                yield _single(stream, name)
    except OSError as error:
        yield Unreadable(name, error.strerror or "illisible")


def _begins_mbox(stream: BinaryIO) -> bool:
    first = stream.readline(2_000)
    second = stream.readline(2_000)
    stream.seek(0)
    return _is_separator(first, second)


def _is_separator(line: bytes, following: bytes) -> bool:
    """Whether `line`, after an empty line or at the beginning, separates two messages of an mbox."""
    if not line.startswith(b"From "):
        return False
    if _DATED.fullmatch(line):
        return True
    return _BARE.fullmatch(line) is not None and _FIELD.match(following) is not None


def _single(stream: BinaryIO, name: str) -> Found | Unreadable:
    raw = stream.read(SIZE_LIMIT + 1)
    return Found(name, 0, raw) if len(raw) <= SIZE_LIMIT else _too_large(name)


def _too_large(name: str) -> Unreadable:
    return Unreadable(name, "plus de 256 Mo")


def _mbox(stream: BinaryIO, name: str) -> Iterator[Found | Unreadable]:
    """The messages of an mbox, byte for byte but for their separator and the empty line that the format adds."""
    position = -1
    separator = b""
    lines: list[bytes] = []
    size = 0
    for line, begins in _marked(stream):
        if begins:
            if position >= 0:
                yield _whole(name, position, separator, lines, size)
            position, separator, lines, size = position + 1, line, [], 0
            continue
        size += len(line)
        if size <= SIZE_LIMIT:
            lines.append(line)
    yield _whole(name, position, separator, lines, size)


def _marked(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Each line with whether it begins a message. One line is read ahead."""
    before_is_empty = True
    line = stream.readline(_LONGEST_LINE)
    while line:
        following = stream.readline(_LONGEST_LINE)
        yield line, before_is_empty and _is_separator(line, following)
        before_is_empty = not line.strip(b"\r\n")
        line = following


def _whole(name: str, position: int, separator: bytes, lines: list[bytes], size: int) -> Found | Unreadable:
    if size > SIZE_LIMIT:
        return _too_large(f"{name}, message {position + 1}")
    if lines and not lines[-1].strip(b"\r\n"):
        lines = lines[:-1]
    moment = None
    with suppress(ValueError):
        moment = headers.separator_moment(separator)
    return Found(name, position, b"".join(lines), moment)
