"""The fields of a header, read from its bytes: folded, encoded, broken, or with eight bits where none may be.

The standard library's header parser stops at the first line that is no field, and its decoder of encoded words takes
twenty seconds for one `Subject:` of 800 kB: so the reading here is our own, in one pass.
"""

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from doleance.channels.email import charsets
from doleance.channels.rules import Limit

BLOCK_LIMIT = 256 * 1024
FIELD_LIMIT = 64 * 1024
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_EMPTY_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
_SEPARATOR = re.compile(rb">?From [^\n]*")
# After a line that is no field, only one of these proves that the header goes on.
_USUAL = re.compile(
    rb"(?:from|to|cc|bcc|sender|reply-to|subject|date|message-id|in-reply-to|references|received|return-path|"
    rb"mime-version|content-[a-z-]+|delivered-to|envelope-to|resent-[a-z-]+|list-[a-z-]+|precedence|"
    rb"auto-submitted|authentication-results|dkim-signature|thread-[a-z]+|importance|user-agent|x-[!-9;-~]+)[ \t]*:",
    re.IGNORECASE,
)
_PROOFS = frozenset(
    {
        "from", "to", "cc", "sender", "reply-to", "subject", "date", "message-id", "received", "return-path",
        "mime-version", "content-type", "delivered-to", "envelope-to", "in-reply-to", "references",
    }
)  # fmt: skip
_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?((?:[^?]|\?(?!=))*)\?=")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_IDENTIFIER = re.compile(r"<([^<>]{1,998})>")
_COMMENT = re.compile(r"\([^()]*\)")


class OverLimit(Exception):
    """A limit was reached before the message was read."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Block:
    """The fields of one header in their order, names in small letters, values unfolded.

    `end` is where its body starts; `separator` is the `From ` line of an mbox that stood before, if any.
    """

    fields: tuple[tuple[str, bytes], ...]
    end: int
    separator: bytes = b""

    def first(self, name: str) -> bytes:
        """The first value of that name, trimmed; empty when there is none."""
        return next((value.strip() for key, value in self.fields if key == name and value.strip()), b"")

    def has(self, name: str) -> bool:
        """Whether the field stands there, be it empty."""
        return any(key == name for key, _ in self.fields)

    def joined(self, name: str) -> bytes:
        """All values of that name, joined by a comma."""
        return b",".join(value for key, value in self.fields if key == name)

    def is_mail(self) -> bool:
        """Whether one field at least is one that only a message has."""
        return any(key in _PROOFS for key, _ in self.fields)


def read_block(raw: bytes, start: int = 0, fences: frozenset[bytes] = frozenset(), *, strict: bool = True) -> Block:
    """Read the header that begins at `start`; it ends at the first empty line, or at a line of `fences`.

    Raises OverLimit. Not `strict`: what goes over is cut, for showing sender and subject of a refused message.
    """
    found = _EMPTY_LINE.search(raw, start, start + BLOCK_LIMIT + 2)
    stop = found.start() if found else len(raw)
    if stop - start > BLOCK_LIMIT:
        if strict:
            raise OverLimit(Limit.HEADER_BLOCK)
        stop = start + BLOCK_LIMIT
    lines, end = _lines(raw, start, stop, fences)
    if found is not None and end == stop:
        end = found.end()
    return _block(lines, start, end, strict=strict)


def _lines(raw: bytes, start: int, stop: int, fences: frozenset[bytes]) -> tuple[list[bytes], int]:
    lines = raw[start:stop].split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    if not fences:
        return lines, stop
    offset = start
    for number, line in enumerate(lines):
        if line.startswith(b"--") and line.strip() in fences:
            return lines[:number], offset
        offset += len(line) + 1
    return lines, stop


def _block(lines: list[bytes], start: int, end: int, *, strict: bool) -> Block:
    separator = b""
    offset = start
    if lines and _SEPARATOR.fullmatch(lines[0]) and not _FIELD.match(lines[0]):
        separator = lines[0].rstrip(b"\r")
        offset += len(lines[0]) + 1
        lines = lines[1:]
    fields: list[tuple[str, list[bytes]]] = []
    last = max((number for number, line in enumerate(lines) if _USUAL.match(line)), default=-1)
    for number, line in enumerate(lines):
        if line[:1] in {b" ", b"\t"} and fields:
            fields[-1][1].append(b" " + line.strip())
        elif (field := _FIELD.match(line)) is not None:
            fields.append((field[1].decode("ascii").lower(), [field[2].rstrip(b"\r")]))
        elif number > last or not fields:
            # The empty line is missing; or the text begins at once, and what it quotes further on is no header.
            return Block(_unfolded(fields, strict=strict), offset, separator)
        offset += len(line) + 1
    return Block(_unfolded(fields, strict=strict), end, separator)


def _unfolded(fields: list[tuple[str, list[bytes]]], *, strict: bool) -> tuple[tuple[str, bytes], ...]:
    whole = []
    for name, pieces in fields:
        value = b"".join(pieces)
        if len(value) > FIELD_LIMIT:
            if strict:
                raise OverLimit(Limit.HEADER)
            value = value[:1000]
        whole.append((name, value))
    return tuple(whole)


def text(value: bytes) -> str:
    """A field's value as one line of text: encoded words decoded (RFC 2047), stray bytes read as UTF-8 or Western."""
    if not value:
        return ""
    return " ".join(_decoded(value).split())


def _decoded(value: bytes) -> str:
    last = value.rfind(b"?=") + 2  # an opening after it has no end: it is not looked for, or reading is quadratic
    pieces: list[tuple[str | None, bytes]] = []  # None: plain bytes
    at = 0
    for word in _WORD.finditer(value, 0, last) if last > 1 else ():
        between = value[at : word.start()]
        if between.strip() or (between and not pieces):  # spaces between two encoded words are not text
            pieces.append((None, between))
        _append(pieces, word)
        at = word.end()
    pieces.append((None, value[at:]))
    return "".join(charsets.decode(data, charset or "")[0] for charset, data in pieces if data)


def _append(pieces: list[tuple[str | None, bytes]], word: re.Match[bytes]) -> None:
    charset = word[1].decode("ascii", "replace").lower()
    data = unbase64(word[3]) if word[2] in b"bB" else binascii.a2b_qp(word[3], header=True)
    if pieces and pieces[-1][0] == charset:  # one character may be cut between two words
        pieces[-1] = (charset, pieces[-1][1] + data)
    else:
        pieces.append((charset, data))


_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


def unbase64(data: bytes) -> bytes:
    """What can be had of a base64 text: foreign signs are ignored, a missing end is supplied."""
    groups = data.translate(None, _NOT_BASE64).split(b"=")
    return b"".join(binascii.a2b_base64(_padded(group)) for group in groups if group)


def _padded(group: bytes) -> bytes:
    group = group[:-1] if len(group) % 4 == 1 else group
    return group + b"=" * (-len(group) % 4)


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """A structured value: its main word in small letters, and its parameters (RFC 2045, 2231 and encoded words)."""
    whole = charsets.decode(value)[0]
    main = whole.partition(";")[0].strip().strip('"').lower()
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(whole):
        name, _, rest = found[1].lower().partition("*")
        content = _unquoted(found[2])
        if not rest and not found[1].endswith("*"):
            plain.setdefault(name, text(content.encode("utf-8", "replace")))
            continue
        number = rest.rstrip("*")
        pieces.setdefault(name, []).append(
            (int(number) if number.isdigit() and len(number) < 5 else 0, found[1].endswith("*"), content)
        )
    for name, parts in pieces.items():
        plain[name] = _extended(sorted(parts))
    return main, plain


def _unquoted(content: str) -> str:
    content = content.strip()
    if len(content) >= 2 and content[0] == content[-1] == '"':
        return re.sub(r"\\(.)", r"\1", content[1:-1], flags=re.DOTALL)
    return content.strip('"')


def _extended(parts: list[tuple[int, bool, str]]) -> str:
    """The value of a parameter in pieces and percent signs (RFC 2231)."""
    charset, data = "", b""
    for position, (_, is_encoded, content) in enumerate(parts):
        value = content
        if is_encoded and position == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data += _unpercent(value) if is_encoded else value.encode("utf-8", "replace")
    return " ".join(charsets.decode(data, charset)[0].split())


def _unpercent(value: str) -> bytes:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), value.encode("utf-8", "replace"))


def identifiers(value: bytes) -> tuple[str, ...]:
    """The message identifiers of a value, `<…>`, without comments and spaces; a bare one gets its brackets."""
    bare = charsets.decode(value)[0]
    found = ["".join(_COMMENT.sub("", one).split()) for one in _IDENTIFIER.findall(bare)]
    if not found and "<" not in bare and "@" in bare and len(bare.split()) == 1:
        found = [bare.strip()]
    return tuple(f"<{one}>" for one in found if one and len(one) <= 998)


def moment(value: bytes) -> datetime | None:
    """The moment of a `Date:` or of the end of a `Received:`, aware; None when it cannot be read."""
    try:
        parts = parsedate_tz(charsets.decode(value)[0])
        if parts is None:
            return None
        zone = timezone(timedelta(seconds=parts[9])) if parts[9] else UTC
        return datetime(*parts[:6], tzinfo=zone).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def received_moment(value: bytes) -> datetime | None:
    """When a relay says that it received the message: what follows the last semicolon of its trace."""
    return moment(value.rpartition(b";")[2])


def separator_moment(line: bytes) -> datetime | None:
    """The moment of an mbox separator, `From … Mon May  2 16:07:05 2005`, in UTC unless it names a zone."""
    words = line.decode("ascii", "replace").split()
    found = re.search(
        r"\b([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d(?::\d\d)?)(?: ([+-]\d{4}|[A-Z]{3,4}))? (\d{4})(?: ([+-]\d{4}))?$",
        " ".join(words),
    )
    if found is None:
        return None
    month, day, clock, before, year, after = found.groups()
    return moment(f"{day} {month} {year} {clock} {before or after or '+0000'}".encode())
