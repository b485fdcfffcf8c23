"""Read the sealed texts of events, and tell an erased one from one that was tampered with."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from doleance.audit import rules, seal
from doleance.audit.models import AuditEvent
from doleance.audit.offline import Finding

_ID_BYTES = 16


@dataclass(frozen=True)
class Content:
    """The texts of one event: of its rows, and its own. `rows` is None when they cannot be read (any more)."""

    rows: Mapping[str, rules.Columns] | None = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    finding: Finding | None = None


class Reader:
    """Opens the payloads of many events with few queries, and counts them.

    `erased` are the subjects whose erasure the journal tells: a destroyed key of anybody else is a lost key.
    """

    def __init__(self, erased_subjects: set[UUID]) -> None:
        self.read = self.erased = self.unread = 0
        self._erased_subjects = erased_subjects
        self._has_master = _has_master()

    def page(self, events: list[AuditEvent]) -> Iterator[Content]:
        """The content of each event, in order."""
        identifiers = [_object_id(bytes(event.payload)) for event in events if event.payload is not None]
        opener = seal.Opener([found for found in identifiers if found is not None])
        for event in events:
            yield self._content(event, opener)

    def _content(self, event: AuditEvent, opener: seal.Opener) -> Content:
        bare = bytes(event.commitment) == rules.NO_TEXTS
        if event.payload is None:
            return Content() if bare else _wrong("text_removed", event)
        if bare:
            return _wrong("text_added", event)
        object_id = _object_id(bytes(event.payload))
        if object_id is None:
            return _wrong("text_edited", event)
        if not self._has_master and opener.is_whole(object_id):
            self.unread += 1
            return Content(rows=None)
        return self._opened(event, object_id, opener)

    def _opened(self, event: AuditEvent, object_id: UUID, opener: seal.Opener) -> Content:
        try:
            plain = opener.open(object_id, bytes(event.payload or b"")[_ID_BYTES:])
        except seal.KeyDestroyed:
            if opener.subject(object_id) not in self._erased_subjects:
                return _wrong("key_lost", event)
            self.erased += 1
            return Content(rows=None)
        except seal.KeyMissing:
            return _wrong("key_lost", event)
        except seal.Tampered:
            return _wrong("text_edited", event)
        return self._committed(event, plain)

    def _committed(self, event: AuditEvent, plain: bytes) -> Content:
        salt, content = plain[: rules.SALT_BYTES], plain[rules.SALT_BYTES :]
        if rules.commitment(salt, content) != bytes(event.commitment):
            return _wrong("text_edited", event)
        self.read += 1
        told = json.loads(content)
        return Content(told["rows"], told["texts"])


def _wrong(code: str, event: AuditEvent) -> Content:
    return Content(rows=None, finding=Finding(code, event.stream, event.seq))


def _object_id(payload: bytes) -> UUID | None:
    """Payloads begin with the identifier of their key."""
    return UUID(bytes=payload[:_ID_BYTES]) if len(payload) > _ID_BYTES else None


def _has_master() -> bool:
    try:
        seal.master_key()
    except seal.MasterKeyMissing:
        return False
    return True
