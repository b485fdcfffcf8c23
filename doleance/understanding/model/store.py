r"""The file of a model: one line of JSON that says what is in it, then the numbers. No code in it, nothing to run.

    doleance-model 1\\n  {"arrays": [[name, type, shape], …], …}\\n  the arrays, one after the other, little-endian

Reading checks every length, so that a truncated or foreign file is refused with a sentence instead of a crash.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doleance.kernel.errors import Refusal

MAGIC = b"doleance-model 1\n"
# Types that a file may hold: whole numbers for hashes, halves and bytes for weights.
_TYPES = ("uint32", "float32", "float16", "int8")


class BadModel(Refusal):
    """The file is not a model, or it is cut, or it was made for another encoder."""

    code = "bad_model"
    sentence = "Ce fichier n’est pas un modèle que cette version sait lire ({why})."


@dataclass(frozen=True, slots=True)
class Packed:
    """What a file holds: facts (JSON) and named arrays; `digest` is the content's SHA-256, in hexadecimal."""

    facts: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    digest: str


def pack(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a model's file: the same for the same content."""
    listed = [[name, array.dtype.name, list(array.shape)] for name, array in arrays.items()]
    head = json.dumps({**facts, "arrays": listed}, ensure_ascii=False, sort_keys=True).encode()
    body = b"".join(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes() for array in arrays.values())
    return MAGIC + head + b"\n" + body


def unpack(content: bytes) -> Packed:
    """What `pack` wrote. Raises BadModel for anything else."""
    if not content.startswith(MAGIC):
        raise BadModel(why="autre format")
    head, _, body = content[len(MAGIC) :].partition(b"\n")
    try:
        facts = json.loads(head)
        listed = facts.pop("arrays")
        arrays = _arrays(listed, body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadModel(why="contenu abîmé") from error
    return Packed(facts, arrays, sha256(content).hexdigest())


def _arrays(listed: list[list[Any]], body: bytes) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    at = 0
    for name, kind, shape in listed:
        if kind not in _TYPES or not all(isinstance(side, int) and side >= 0 for side in shape):
            raise ValueError(kind)
        count = math.prod(shape)
        found = np.frombuffer(body, dtype=np.dtype(kind).newbyteorder("<"), count=count, offset=at)
        arrays[name] = found.reshape(shape)
        at += found.nbytes
    if at != len(body):
        raise ValueError(at)
    return arrays
