"""What an IMAP server answers to FETCH (RFC 3501 §7.4.2), taken apart without trusting it. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_QUOTED = rb'"(?:[^"\\]|\\.)*"'
_UID = re.compile(rb"(?<![\w.\[])UID (\d{1,10})(?!\d)", re.IGNORECASE)
_SIZE = re.compile(rb"(?<![\w.\[])RFC822\.SIZE (\d{1,18})", re.IGNORECASE)
_FLAGS = re.compile(rb"(?<![\w.\[])FLAGS \(([^()]*)\)", re.IGNORECASE)
_MOMENT = re.compile(rb'(?<![\w.\[])INTERNALDATE "([^"\r\n]{1,40})"', re.IGNORECASE)
_BODY = re.compile(
    rb"BODY\[(?:HEADER(?:\.FIELDS \([^()]*\))?)?\](?:<\d+>)? (?:\{(\d+)\}|(" + _QUOTED + rb")|NIL)", re.IGNORECASE
)
_LITERAL = re.compile(rb"\{\d+\+?\}$")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


@dataclass(frozen=True, slots=True)
class Listed:
    """What a server says of a mail before it gives it. `size` in bytes; `at` is its INTERNALDATE, when it is one."""

    uid: int
    size: int
    at: datetime | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as the server gave it. `told` is the size it was said to have: another than `raw`'s after a lie."""

    uid: int
    at: datetime | None
    raw: bytes = field(repr=False)
    told: int = -1

    @property
    def is_odd(self) -> bool:
        """Whether the server insists on bytes of another length than it tells."""
        return self.told >= 0 and self.told != len(self.raw)


@dataclass(frozen=True, slots=True)
class Answer:
    """One FETCH response; what it does not say is None."""

    uid: int | None
    size: int | None
    at: datetime | None
    flags: frozenset[str]
    raw: bytes | None = field(repr=False)

    @property
    def listed(self) -> Listed:
        """The same as an entry of a listing."""
        return Listed(self.uid or 0, self.size or 0, self.at, self.flags)


def answers(data: Iterable[object]) -> list[Answer]:
    """The responses of a FETCH as imaplib returns them: a tuple for each literal, then the rest of the line."""
    return [_answer(text, literals) for text, literals in _responses(data)]


def _responses(data: Iterable[object]) -> Iterator[tuple[bytes, list[bytes]]]:
    text, literals = b"", list[bytes]()
    for item in data:
        if isinstance(item, tuple) and len(item) == 2:
            text += _LITERAL.sub(b"{%d}" % len(literals), item[0])
            literals.append(item[1])
        elif isinstance(item, bytes):
            yield text + item, literals
            text, literals = b"", []


def _answer(text: bytes, literals: Sequence[bytes]) -> Answer:
    moment = _MOMENT.search(text)
    bare = re.sub(_QUOTED, b'""', text)  # a text may hold anything, « UID 5 » as well
    uid, size, flags = _UID.search(bare), _SIZE.search(bare), _FLAGS.search(bare)
    return Answer(
        uid=int(uid[1]) if uid else None,
        size=int(size[1]) if size else None,
        at=_moment(moment[1]) if moment else None,
        flags=frozenset(flags[1].decode("ascii", "replace").lower().split()) if flags else frozenset(),
        raw=_body(text, literals),
    )


def _body(text: bytes, literals: Sequence[bytes]) -> bytes | None:
    found = _BODY.search(text)
    if found is None:
        return None
    if found[1] is not None:
        number = int(found[1])
        return literals[number] if number < len(literals) else None
    return re.sub(rb"\\(.)", rb"\1", found[2][1:-1]) if found[2] is not None else b""


def _moment(text: bytes) -> datetime | None:
    """An INTERNALDATE as an aware moment; None when it is none."""
    try:
        found = parsedate_to_datetime(text.decode("ascii").strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def first_value(header: bytes) -> str:
    """The value of the first field of a header, unfolded (RFC 5322 §2.2.3)."""
    lines = header.decode("utf-8", "replace").splitlines()
    value = lines[0].partition(":")[2] if lines else ""
    for line in lines[1:]:
        if line[:1] not in {" ", "\t"}:
            break
        value += line
    return value.strip()


def sure(one: Listed, given: Sequence[Answer]) -> Mail | None:
    """The content of a mail when there is no doubt: of the told length, or given twice alike; None until then.

    Nothing at all, where something was told, is no content however often it comes.
    """
    raws = [answer.raw for answer in given if answer.raw is not None]
    moments = [answer.at for answer in given if answer.at is not None]
    sizes = {one.size} | {answer.size for answer in given if answer.size is not None}
    fitting = {raw for raw in raws if {len(raw)} == sizes}
    if len(fitting) != 1:
        # A server that always tells another size (some do) is believed when it gives the same bytes twice.
        fitting = {raw for raw in raws if raw and raws.count(raw) > 1}
    if len(fitting) != 1:
        return None
    return Mail(one.uid, one.at or next(iter(moments), None), fitting.pop(), one.size)


def parts(uids: Sequence[int], most: int) -> list[Sequence[int]]:
    """UIDs by groups of at most `most`."""
    return [uids[begin : begin + most] for begin in range(0, len(uids), most)]


def uid_set(uids: Iterable[int]) -> str:
    """UIDs as a sequence set (RFC 3501 §9), runs shortened."""
    runs: list[list[int]] = []
    for uid in sorted(set(uids)):
        if runs and runs[-1][1] == uid - 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)


def words(data: Iterable[object], secret: str = "") -> str:
    """A server's words as one short printable line, without our secret should it repeat it."""
    said = " ".join(
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in data if one is not None
    )
    if secret:
        said = said.replace(secret, "…")
    return _UNPRINTABLE.sub(" ", said).strip()[:300]
