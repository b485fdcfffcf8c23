"""Chains of the journal made in bulk: by the product's own rules, keys and hashes, without a statement an event."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import Model

from doleance.audit import rules, seal
from doleance.audit.models import AuditEvent, Journalled, SealedKey, SubjectKey, value_of
from doleance.audit.offline import event_hash, genesis

Changed = tuple[Model, Sequence[str] | None]
_KEY_BITS = 8 * seal.KEY_BYTES


class Keys:
    """The keys of people and of what is sealed for them, as rows to keep."""

    def __init__(self, keep: Callable[[Model], None], new_id: Callable[[], UUID]) -> None:
        self._keep, self._new_id = keep, new_id
        self._master = seal.master_key()
        self._known: dict[UUID, bytes] = {}

    def of(self, subject: UUID) -> bytes:
        """The key of somebody, made at its first use."""
        if subject not in self._known:
            key = AESGCM.generate_key(bit_length=_KEY_BITS)
            wrapped = seal.encrypt(self._master, key, seal._bound_subject(subject))  # noqa: SLF001  as `seal` does
            self._keep(SubjectKey(subject=subject, wrapped=wrapped, master=rules.master_mark(self._master)))
            self._known[subject] = key
        return self._known[subject]

    def seal(self, subject: UUID, data: bytes) -> bytes:
        """What an event keeps of sealed texts: the identifier of their key, then themselves."""
        object_id, key = self._new_id(), AESGCM.generate_key(bit_length=_KEY_BITS)
        wrapped = seal.encrypt(self.of(subject), key, seal._bound_key(object_id, subject))  # noqa: SLF001
        self._keep(SealedKey(object_id=object_id, subject=subject, wrapped=wrapped))
        return object_id.bytes + seal.encrypt(key, data, seal._bound_object(object_id))  # noqa: SLF001

    def forget(self, subject: UUID) -> None:
        """Nothing more will be sealed for this one."""
        self._known.pop(subject, None)


@dataclass(slots=True)
class Chain:
    """One stream from its first event on, for one person."""

    stream: str
    subject: UUID
    keys: Keys
    keep: Callable[[Model], None]
    by: str
    seq: int = 0
    last: bytes = field(default=b"")

    def tell(
        self,
        code: str,
        at: datetime,
        rows: Sequence[Changed] = (),
        *,
        by: str = "",
        facts: Mapping[str, rules.Fact] | None = None,
    ) -> None:
        """Leave one event, as `audit.actions.record` does. `rows` with the names of their changed columns."""
        clear: dict[str, rules.Columns | None] = {}
        sealed: dict[str, rules.Columns] = {}
        for row, names in rows:
            kind = cast(type[Journalled], type(row))
            key = rules.row_key(str(row._meta.model_name), row.pk)
            told = {name: value_of(row, name) for name in kind.journal_columns if names is None or name in names}
            clear[key] = (clear.get(key) or {}) | told
            texts = {name: value_of(row, name) for name in kind.journal_texts if names is None or name in names}
            if texts:
                sealed[key] = sealed.get(key, {}) | texts
        self._chain(
            rules.facts_of(code=code, by=by or self.by, at=at, facts=facts or {}, rows=clear),
            rules.content_of(rows=sealed, texts={}),
        )

    def _chain(self, facts: dict[str, rules.Json], content: bytes) -> None:
        payload, commitment = None, rules.NO_TEXTS
        if content:
            salt = os.urandom(rules.SALT_BYTES)
            payload, commitment = self.keys.seal(self.subject, salt + content), rules.commitment(salt, content)
        previous = self.last or genesis(self.stream)
        self.seq += 1
        self.last = event_hash(
            stream=self.stream, seq=self.seq, prev_hash=previous, facts=facts, commitment=commitment
        )
        self.keep(
            AuditEvent(
                stream=self.stream,
                seq=self.seq,
                prev_hash=previous,
                facts=facts,
                payload=payload,
                commitment=commitment,
                hash=self.last,
            )
        )
