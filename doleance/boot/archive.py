"""A sealed file of any length: AES-256-GCM by pieces, under a key of its own wrapped by the backup key.

    magic line · length of the header (4 bytes) · header (JSON) · pieces

Each piece is bound to the header, to its rank and to whether it is the last, so that a piece changed, moved, repeated
or cut off is noticed when the file is opened (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár).
"""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from doleance.kernel.errors import Refusal

MAGIC = b"doleance backup 1\n"
PIECE = 1 << 20  # bytes of clear text in each piece but the last
_TAG = 16
_HEADER_LIMIT = 1 << 20
_BOUND = b"doleance backup key"


class NotABackup(Refusal):
    """The file is something else."""

    code = "not_a_backup"
    sentence = "{path} n’est pas une sauvegarde de Doléance."


class WrongKeys(Refusal):
    """The backup was sealed under another key."""

    code = "wrong_backup_keys"
    sentence = "Cette sauvegarde a été scellée avec d’autres clés ({wanted}). Donnez leur fichier avec --keys."


class Damaged(Refusal):
    """A piece is not what was written."""

    code = "backup_damaged"
    sentence = "La sauvegarde {path} est abîmée ou coupée : prenez-en une autre."


def name_of(key: bytes) -> str:
    """Names a key without telling it."""
    return hashlib.sha256(b"doleance backup key name\0" + key).hexdigest()[:12]


class Writer:
    """Seals what it is given into `stream`. The file is whole only after `close`."""

    def __init__(self, stream: IO[bytes], *, key: bytes, facts: Mapping[str, Any]) -> None:
        own = AESGCM.generate_key(256)
        nonce = os.urandom(12)
        wrapped = nonce + AESGCM(key).encrypt(nonce, own, _BOUND)
        header = dict(facts) | {"key": name_of(key), "wrapped": b64encode(wrapped).decode()}
        self._header = json.dumps(header, ensure_ascii=False, sort_keys=True).encode()
        self._seal = AESGCM(own)
        self._stream = stream
        self._rank = 0
        self._rest = bytearray()
        stream.write(MAGIC + len(self._header).to_bytes(4, "big") + self._header)

    def write(self, data: bytes) -> None:
        """Seal `data` after what came before."""
        self._rest += data
        while len(self._rest) > PIECE:
            self._piece(bytes(self._rest[:PIECE]), last=False)
            del self._rest[:PIECE]

    def close(self) -> None:
        """Write the last piece."""
        self._piece(bytes(self._rest), last=True)

    def _piece(self, data: bytes, *, last: bool) -> None:
        self._stream.write(self._seal.encrypt(_nonce(self._rank, last=last), data, self._header))
        self._rank += 1


def _nonce(rank: int, *, last: bool) -> bytes:
    """Never used twice under one key: each file has its own."""
    return rank.to_bytes(11, "big") + (b"\1" if last else b"\0")


def facts_of(path: Path) -> dict[str, Any]:
    """What the header says, unproved until the pieces are read. Raises `NotABackup`."""
    with path.open("rb") as stream:
        return _read_header(stream, path)[1]


def _read_header(stream: IO[bytes], path: Path) -> tuple[bytes, dict[str, Any]]:
    """The header as it was written, which pieces are bound to, and what it says."""
    if stream.read(len(MAGIC)) != MAGIC:
        raise NotABackup(path=path)
    header = stream.read(min(int.from_bytes(stream.read(4), "big"), _HEADER_LIMIT))
    try:
        facts: dict[str, Any] = json.loads(header)
        facts["key"], b64decode(facts["wrapped"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise NotABackup(path=path) from error
    return header, facts


def read(path: Path, *, key: bytes) -> Iterator[bytes]:
    """The clear text, piece by piece. Raises `NotABackup`, `WrongKeys`, `Damaged`."""
    with path.open("rb") as stream:
        header, facts = _read_header(stream, path)
        if facts["key"] != name_of(key):
            raise WrongKeys(wanted=facts["key"])
        wrapped = b64decode(facts["wrapped"])
        try:
            opened = AESGCM(AESGCM(key).decrypt(wrapped[:12], wrapped[12:], _BOUND))
            sealed, rank, last = stream.read(PIECE + _TAG), 0, False
            while not last:
                after = stream.read(PIECE + _TAG)
                last = not after
                yield opened.decrypt(_nonce(rank, last=last), sealed, header)
                sealed, rank = after, rank + 1
        except InvalidTag as error:
            raise Damaged(path=path) from error
