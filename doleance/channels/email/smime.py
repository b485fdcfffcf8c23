"""What a signed S/MIME message wraps: the minimum of BER (X.690) that CMS (RFC 5652 §5) needs. Raises on no bytes.

The signature is not judged here: whose certificate to believe is no question for a reader of mail.
"""

from dataclasses import dataclass

SIGNED, ENVELOPED = bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d010703")
_AUTH_ENVELOPED = bytes.fromhex("2a864886f70d0109100117")
_OID, _OCTETS, _SEQUENCE, _FIRST = 0x06, 0x04, 0x30, 0xA0
_DEPTH_LIMIT = 30
_CHILDREN_LIMIT = 100_000


class _Broken(Exception):
    """These bytes are no BER that we read."""


@dataclass(slots=True)
class _Value:
    """One value: its tag, and where its content stands."""

    tag: int
    start: int
    end: int
    after: int  # where the next value begins


def is_enveloped(data: bytes) -> bool:
    """Whether it is encrypted."""
    try:
        kind = _inside(data, _value(data, 0, len(data)))[0]
    except (_Broken, IndexError):
        return False
    return data[kind.start : kind.end] in {ENVELOPED, _AUTH_ENVELOPED}


def signed_content(data: bytes) -> bytes | None:
    """The message that a signature wraps; None when there is none, or it is encrypted or broken."""
    try:
        kind, wrapped = _inside(data, _value(data, 0, len(data)))[:2]
        if data[kind.start : kind.end] != SIGNED:
            return None
        [signed] = _inside(data, wrapped)[:1]
        content = next(one for one in _inside(data, signed) if one.tag == _SEQUENCE)
        _, holder = _inside(data, content)[:2]
        return _octets(data, _inside(data, holder)[0], 0)
    except (_Broken, IndexError, ValueError, StopIteration):
        return None


def _octets(data: bytes, value: _Value, depth: int) -> bytes:
    """A string of octets, in one piece or in many."""
    if value.tag & 0x20 == 0:
        return data[value.start : value.end]
    if depth > _DEPTH_LIMIT:
        raise _Broken
    return b"".join(_octets(data, one, depth + 1) for one in _inside(data, value))


def _inside(data: bytes, value: _Value) -> list[_Value]:
    found = []
    at = value.start
    while at < value.end:
        one = _value(data, at, value.end)
        found.append(one)
        at = one.after
        if len(found) > _CHILDREN_LIMIT:
            raise _Broken
    return found


def _value(data: bytes, at: int, end: int, depth: int = 0) -> _Value:
    if at + 2 > end or depth > _DEPTH_LIMIT:
        raise _Broken
    tag, length = data[at], data[at + 1]
    start = at + 2
    if tag & 0x1F == 0x1F:  # long tags are used by none of this
        raise _Broken
    if length == 0x80:
        return _endless(data, tag, start, end, depth)
    if length > 0x80:
        start += length - 0x80
        length = int.from_bytes(data[at + 2 : start], "big")
    # What is cut short is read as far as it goes.
    return _Value(tag, start, min(start + length, end), min(start + length, end))


def _endless(data: bytes, tag: int, start: int, end: int, depth: int) -> _Value:
    """A value whose length is not told: it ends at two zeros among its children."""
    at = start
    while at < end and data[at : at + 2] != b"\x00\x00":
        at = _value(data, at, end, depth + 1).after
    return _Value(tag, start, at, min(at + 2, end))
