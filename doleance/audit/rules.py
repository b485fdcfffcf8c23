"""What an event may hold, what it commits to, and what a chain of events says the rows are.

The canonical form and the hash of an event are in `offline.py`, which runs alone.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

from doleance.audit.offline import canonical

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
Fact: TypeAlias = "bool | int | str | UUID | date | time | Decimal | Sequence[Fact] | Mapping[str, Fact] | None"
Columns: TypeAlias = dict[str, "Json"]

SALT_BYTES = 32
ERASURES, EXPORTS = "erasures", "exports"  # the journal's own two streams
RESERVED = frozenset({"code", "by", "at", "rows"})
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_STREAM = re.compile(r"[a-z][a-z_]{0,19}(?::[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?")
# What stands in clear is for ever: codes, identifiers, moments. A space or an @ betrays a text or a person.
_CLEAR = re.compile(r"[!-?A-~]{0,200}")


def master_mark(master: bytes) -> bytes:
    """Names a master key without telling it: beside each subject's key it says which one wrapped it."""
    return hashlib.sha256(b"doleance master key\0" + master).digest()[:8]


class NotClear(ValueError):
    """A fact looks like a text or an identity: it belongs in the sealed texts of the event, which can be erased."""


def moment(at: datetime) -> str:
    """A moment as the journal writes it: UTC, microseconds, `2026-11-21T22:53:00.000000Z`. Refuses a naive one."""
    if at.tzinfo is None:
        raise ValueError("a moment without time zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read_moment(text: str) -> datetime:
    """The aware moment that `moment` wrote."""
    return datetime.fromisoformat(text)


def plain(value: object) -> Json:
    """A value of Python or Django as journal JSON. Raises ValueError on what has no exact form, such as a float."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, UUID | Decimal):
        return str(value)
    return _plain_many(value)


def _plain_many(value: object) -> Json:
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=canonical)
    raise ValueError(f"{type(value).__name__} has no form on the journal")


def check_stream(stream: str) -> None:
    """A stream is a kind (`settings`) or a kind and an identifier (`complaint:<uuid>`). Raises ValueError."""
    if not _STREAM.fullmatch(stream):
        raise ValueError(f"{stream!r} is no stream: a kind, or a kind and a lower-case UUID")


def subject_of(stream: str) -> UUID:
    """Whose key seals the texts of a stream when nobody better is known: its own identifier."""
    kind, _, identifier = stream.partition(":")
    return UUID(identifier) if identifier else uuid5(NAMESPACE_URL, f"doleance:{kind}")


def uuid_of(value: object) -> UUID | None:
    """The identifier that a fact holds, None when it holds none: what a verifier reads may be anything."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def facts_of(
    *, code: str, by: str, at: datetime, facts: Mapping[str, Fact], rows: Mapping[str, Columns | None]
) -> dict[str, Json]:
    """What an event says in clear. Raises ValueError on a bad or reserved name, NotClear on a text."""
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no event code: past participle in snake_case")
    if taken := RESERVED & set(facts):
        raise ValueError(f"reserved names: {sorted(taken)}")
    clear: dict[str, Json] = {name: plain(value) for name, value in facts.items()}
    clear |= {"code": code, "by": by, "at": moment(at)}
    if rows:
        clear["rows"] = {key: dict(columns) if columns is not None else None for key, columns in rows.items()}
    _check_clear(clear, code)
    return clear


def _check_clear(value: Json, path: str) -> None:
    if isinstance(value, str):
        if not _CLEAR.fullmatch(value):
            raise NotClear(f"{path}: a text or an identity cannot stand in clear on the journal; seal it (texts)")
    elif isinstance(value, list):
        for item in value:
            _check_clear(item, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_clear(key, path)
            _check_clear(item, f"{path}.{key}")


def commitment(salt: bytes, content: bytes) -> bytes:
    """What an event binds itself to without showing it: HMAC-SHA256 under a random salt that is sealed with it.

    Once salt and content are destroyed nobody can tell, even by guessing, what was committed to.
    """
    return hmac.digest(salt, content, "sha256")


# Every event has a commitment by the same function; one without texts commits to nothing, under no salt.
NO_TEXTS = commitment(b"", b"")


def content_of(*, rows: Mapping[str, Columns], texts: Mapping[str, str]) -> bytes:
    """The bytes that an event commits to and seals; none when there is no text at all."""
    if not rows and not texts:
        return b""
    return canonical({"rows": dict(rows), "texts": dict(texts)})


def row_key(model_name: str, pk: object) -> str:
    """How an event names a row: `complaint:<uuid>`."""
    return f"{model_name}:{plain(pk)}"


@dataclass
class Row:
    """A row as its events tell it; `unknown` when texts of it were sealed in an event that can no longer be read."""

    seq: int
    columns: Columns = field(default_factory=dict)
    texts: Columns = field(default_factory=dict)
    unknown: bool = False


@dataclass(frozen=True)
class Told:
    """One event, as folding needs it: `texts` is None when its sealed payload cannot be read (any more)."""

    seq: int
    rows: Mapping[str, Columns | None]
    texts: Mapping[str, Columns] | None


def fold(events: Iterable[Told]) -> dict[str, Row]:
    """The rows that a stream's events describe, by key; a removed row is absent."""
    rows: dict[str, Row] = {}
    for event in events:
        for key, columns in event.rows.items():
            if columns is None:
                rows.pop(key, None)
                continue
            row = rows.setdefault(key, Row(event.seq))
            row.seq = event.seq
            row.columns.update(columns)
            if event.texts is None:
                row.unknown = True
                row.texts.clear()
            else:
                row.texts.update(event.texts.get(key, {}))
    return rows


def told_by(seq: int, facts: Json, texts: Mapping[str, Columns] | None) -> Told:
    """What an event tells of rows; facts of another shape than `facts_of` gives (a tampered one) tell nothing."""
    rows = facts.get("rows") if isinstance(facts, dict) else None
    if not isinstance(rows, dict):
        return Told(seq, {}, texts)
    return Told(seq, {key: row for key, row in rows.items() if row is None or isinstance(row, dict)}, texts)
