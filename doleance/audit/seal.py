"""Sealed objects: what DELETE cannot reach (journal texts, raw messages, attachments) and erasure must.

AES-256-GCM. Each object has a random key of its own, wrapped by its subject's key, itself wrapped by the master key,
a file of 32 bytes that the database never sees. Destroying a subject's key makes all its objects unreadable at once,
wherever copies of them lie; linking an object to somebody else only wraps its key again.
Everything is bound to its identifier, so that a sealed object moved to another's place does not open.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from doleance.audit import queries
from doleance.audit.models import SealedKey, SubjectKey
from doleance.audit.rules import master_mark
from doleance.kernel.db import pending

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class SealError(Exception):
    """A sealed object cannot be opened."""


class MasterKeyMissing(SealError):
    """The master key file is not set, not readable, or not of 32 bytes."""


class KeyMissing(SealError):
    """No key is known for this object, and none was destroyed: somebody took it away."""


class OtherMasterKey(KeyMissing):
    """The subject's key was wrapped by another master key than the one at hand."""


class KeyDestroyed(SealError):
    """The key of this object was destroyed on purpose: erasure."""


class Tampered(SealError):
    """The bytes are not those that were sealed, or not under this identifier."""


def master_key() -> bytes:
    """The master key of the file that the setting DOLEANCE_MASTER_KEY_FILE names. Raises MasterKeyMissing."""
    path = getattr(settings, "DOLEANCE_MASTER_KEY_FILE", None)
    if not path:
        raise MasterKeyMissing("the setting DOLEANCE_MASTER_KEY_FILE names no file")
    return _read_key(str(path))


@lru_cache(maxsize=4)
def _read_key(path: str) -> bytes:
    try:
        key = Path(path).read_bytes()
    except OSError as error:
        raise MasterKeyMissing(f"the master key {path} cannot be read: {error.strerror}") from error
    if len(key) != KEY_BYTES:
        raise MasterKeyMissing(f"the master key {path} has {len(key)} bytes, not {KEY_BYTES}")
    return key


def encrypt(key: bytes, data: bytes, bound_to: bytes) -> bytes:
    """Version (1 byte), nonce (12), ciphertext and tag (16)."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, data, bound_to)


def decrypt(key: bytes, data: bytes, bound_to: bytes) -> bytes:
    """What `encrypt` was given. Raises Tampered."""
    nonce, sealed = data[1 : 1 + _NONCE_BYTES], data[1 + _NONCE_BYTES :]
    if data[:1] != _VERSION or len(nonce) != _NONCE_BYTES:
        raise Tampered("not a sealed object of version 1")
    try:
        return AESGCM(key).decrypt(nonce, sealed, bound_to)
    except InvalidTag as error:
        raise Tampered("altered, or bound to another identifier") from error


def _bound_object(object_id: UUID) -> bytes:
    return b"doleance object\0" + object_id.bytes


def _bound_key(object_id: UUID, subject: UUID) -> bytes:
    return b"doleance object key\0" + object_id.bytes + subject.bytes


def _bound_subject(subject: UUID) -> bytes:
    return b"doleance subject key\0" + subject.bytes


def seal(object_id: UUID, subject: UUID, data: bytes) -> bytes:
    """Seal `data` under a fresh key kept for `object_id`, wrapped by the key of `subject`. Inside a write only.

    Raises MasterKeyMissing, and IntegrityError when this identifier already has a key: an object is sealed once.
    """
    return seal_all([(object_id, subject, data)])[0]


def seal_all(items: Sequence[tuple[UUID, UUID, bytes]]) -> list[bytes]:
    """Seal many objects, each with its identifier and its subject, with few statements. As `seal`."""
    ring = pending(_Keyring)
    subjects = ring.keys(subject for _, subject, _ in items)
    rows, sealed, keys = [], [], dict[UUID, bytes]()
    for object_id, subject, data in items:
        key = AESGCM.generate_key(bit_length=8 * KEY_BYTES)
        wrapped = encrypt(subjects[subject], key, _bound_key(object_id, subject))
        rows.append(SealedKey(object_id=object_id, subject=subject, wrapped=wrapped))
        keys[object_id] = key
        sealed.append(encrypt(key, data, _bound_object(object_id)))
    SealedKey.objects.bulk_create(rows)
    ring.note(keys)
    return sealed


class _Keyring:
    """The subjects' keys that one write uses, and the objects that it gives to other subjects at its end.

    A key is opened once: its row stays locked until the end of the transaction, so that no erasure can destroy it
    between its use and the commit of what it wraps.
    """

    def __init__(self) -> None:
        self._keys: dict[UUID, bytes] = {}
        self._moved: dict[UUID, UUID] = {}
        self._sealed: dict[UUID, bytes] = {}

    def note(self, keys: Mapping[UUID, bytes]) -> None:
        """Remember the keys of what this write sealed, which it may give to another subject at its end."""
        self._sealed |= keys

    def keys(self, subjects: Iterable[UUID]) -> Mapping[UUID, bytes]:
        """The keys of these subjects, made at their first use. Raises as `seal`."""
        if wanted := set(subjects) - set(self._keys):
            master = master_key()
            found = queries.locked_subject_keys(wanted)
            if missing := wanted - set(found):
                found |= _made(missing, master)
            self._keys |= {subject: _unwrap(row, master) for subject, row in found.items()}
        return self._keys

    def move(self, object_id: UUID, subject: UUID) -> None:
        """Give an object to a subject, at the end of the write."""
        self._moved[object_id] = subject

    def forget(self, subject: UUID) -> None:
        """Before the key of a subject is destroyed: what left it is wrapped by another first."""
        self.finish()
        self._keys.pop(subject, None)
        self._sealed.clear()  # some of it may be that subject's

    def finish(self) -> None:
        """Wrap again the keys of what was moved. Raises as `open_sealed`."""
        moved, self._moved = self._moved, {}
        if not moved:
            return
        own, keys = self._own(moved), self.keys(moved.values())
        rows = [
            SealedKey(
                object_id=object_id,
                subject=moved[object_id],
                wrapped=encrypt(keys[moved[object_id]], key, _bound_key(object_id, moved[object_id])),
            )
            for object_id, key in own.items()
        ]
        SealedKey.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["object_id"], update_fields=["subject", "wrapped"]
        )

    def _own(self, object_ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """The keys of objects that were not erased. Those sealed by this write are at hand: no other can see them."""
        elder = [one for one in object_ids if one not in self._sealed]
        own = {one: self._sealed[one] for one in object_ids if one in self._sealed}
        if elder:
            opener = Opener(elder, is_held=True)
            own |= {one: opener.key(one) for one in elder if not opener.is_destroyed(one)}
        return own


def _made(subjects: Iterable[UUID], master: bytes) -> dict[UUID, SubjectKey]:
    """Fresh keys for subjects that have none, in one order, so that two writes never wait in a circle."""
    mark, ordered = master_mark(master), sorted(subjects)
    fresh = [
        SubjectKey(
            subject=subject,
            wrapped=encrypt(master, AESGCM.generate_key(bit_length=8 * KEY_BYTES), _bound_subject(subject)),
            master=mark,
        )
        for subject in ordered
    ]
    SubjectKey.objects.bulk_create(fresh, ignore_conflicts=True)  # another write may have made one meanwhile
    found = queries.locked_subject_keys(ordered)
    if lost := set(ordered) - set(found):
        raise KeyMissing(f"the key of {min(lost)} was destroyed while it was being made")
    return found


def _unwrap(found: SubjectKey, master: bytes) -> bytes:
    if bytes(found.master) != master_mark(master):
        raise OtherMasterKey(f"the key of {found.subject} was wrapped by another master key")
    return decrypt(master, bytes(found.wrapped), _bound_subject(found.subject))


class Opener:
    """Opens many objects with few queries: keys are read for a batch at a time.

    `is_held`: they are about to be wrapped anew, and nobody changes them before the end of the transaction.
    """

    def __init__(self, object_ids: Iterable[UUID], *, is_held: bool = False) -> None:
        rows = SealedKey.objects.select_for_update().order_by("pk") if is_held else SealedKey.objects.all()
        self._objects: Mapping[UUID, SealedKey] = rows.in_bulk(list(object_ids))
        subjects = {key.subject for key in self._objects.values()}
        self._subjects: Mapping[UUID, SubjectKey] = SubjectKey.objects.in_bulk(list(subjects))

    def subject(self, object_id: UUID) -> UUID | None:
        """Whose key wraps, or wrapped, the key of this object."""
        found = self._objects.get(object_id)
        return found.subject if found else None

    def is_whole(self, object_id: UUID) -> bool:
        """Whether the wrapped keys that lead to this object are all there, readable or not."""
        found = self._objects.get(object_id)
        return found is not None and found.wrapped is not None and found.subject in self._subjects

    def is_destroyed(self, object_id: UUID) -> bool:
        """Whether this object was erased: nobody will read it, whose it is no longer matters."""
        found = self._objects.get(object_id)
        return found is not None and found.wrapped is None

    def key(self, object_id: UUID) -> bytes:
        """The key of one object. Raises KeyMissing, KeyDestroyed, Tampered, MasterKeyMissing."""
        found = self._objects.get(object_id)
        if found is None:
            raise KeyMissing(str(object_id))
        if found.wrapped is None:
            raise KeyDestroyed(str(object_id))
        subject = self._subjects.get(found.subject)
        if subject is None:
            raise KeyMissing(f"{object_id}: the key of {found.subject}")
        return decrypt(_unwrap(subject, master_key()), bytes(found.wrapped), _bound_key(object_id, found.subject))

    def open(self, object_id: UUID, data: bytes) -> bytes:
        """What was sealed under this identifier. Raises what `key` raises."""
        return decrypt(self.key(object_id), data, _bound_object(object_id))


def open_sealed(object_id: UUID, data: bytes) -> bytes:
    """What was sealed under this identifier. Raises KeyMissing, KeyDestroyed, Tampered, MasterKeyMissing."""
    return Opener([object_id]).open(object_id, data)


def rewrap(object_id: UUID, subject: UUID) -> None:
    """Make an object depend on somebody else's key, when a person is linked. Inside a write only.

    It is done at the end of the write, for all its objects together; that raises as `open_sealed`.
    What was erased stays so.
    """
    pending(_Keyring).move(object_id, subject)


def destroy(subject: UUID) -> int:
    """Destroy the key of a subject and those of its objects: they never open again. The number of objects.

    Call it through `audit.actions.erase`, which says by whose authority on the journal.
    """
    pending(_Keyring).forget(subject)
    SubjectKey.objects.filter(subject=subject).delete()
    return SealedKey.objects.filter(subject=subject, wrapped__isnull=False).update(wrapped=None)
