"""Outlook's winmail.dat: what it says and the files inside it. Runs in the limited child; raises on no bytes."""

import struct
from dataclasses import dataclass, field
from typing import Any

from tnefparse import TNEF, tnef
from tnefparse import mapi as reading
from tnefparse import properties as mapi

from doleance.channels.email import charsets, rtf

_FILES_LIMIT = 200
_OBJECTS_LIMIT = 5_000  # the library copies what is left of its data for each of them
_PROPERTIES_LIMIT = 20_000
_VALUES_LIMIT = 50_000  # of all properties, of which one may have many
_HEAD = struct.Struct("<BHHI")  # level, name, type, length of an object; its sum of two bytes follows its data
_COUNTED = {TNEF.ATTMAPIPROPS, TNEF.ATTATTACHMENT, TNEF.ATTRECIPTABLE}
_SIGNATURE = b"\x78\x9f\x3e\x22"


@dataclass(slots=True)
class Unpacked:
    """What was inside: words, HTML, files by name with their content identifiers; `is_whole` when nothing broke."""

    text: str = ""
    html: str = ""
    files: list[tuple[str, bytes, str]] = field(default_factory=list)
    is_whole: bool = True


class _Count:
    """How many more values one winmail.dat may have: the library believes any number of them, and reads on."""

    left = 0

    @classmethod
    def value(cls, data: bytes, offset: int, *told: Any) -> Any:
        """One value, as the library reads it. Raises ValueError beyond the bytes or the limit."""
        cls.left = cls.left - 1 if offset < len(data) else 0
        if cls.left <= 0:
            raise ValueError("more values than can be")
        return _VALUE(data, offset, *told)

    @classmethod
    def properties(cls, data: bytes, codepage: Any = "cp1252", starting_offset: int | None = None) -> Any:
        """The properties of one object, as the library reads them. Raises ValueError when they say to be too many."""
        start = starting_offset or 0
        if int.from_bytes(data[start : start + 4], "little") > _PROPERTIES_LIMIT:
            cls.left = 0
        if cls.left <= 0:
            raise ValueError("more properties than can be")
        return _PROPERTIES(data, codepage, starting_offset)


class _Closed(TNEF):  # type: ignore[misc]  # the library has no types
    """A winmail.dat inside another: it stays a file, which the library would open as deep as they go."""

    def __init__(self, data: bytes) -> None:
        """Read nothing."""


_VALUE, _PROPERTIES = reading.parse_property, tnef.decode_mapi
reading.parse_property, tnef.decode_mapi, tnef.TNEF = _Count.value, _Count.properties, _Closed


def unpack(data: bytes) -> Unpacked:
    """What a winmail.dat holds, as far as it can be read."""
    found = Unpacked(is_whole=False)
    end = _walked(data)
    if end is None:
        return found
    _Count.left = _VALUES_LIMIT
    try:
        read = TNEF(data, do_checksum=False)
    except Exception:  # noqa: BLE001  the library raises nearly anything on broken data; the raw file stays
        return found
    found.is_whole = end == len(data) and _Count.left > 0
    for step in (_words, _files):
        try:
            step(read, found)
        except Exception:  # noqa: BLE001  as above: what was read so far stays
            found.is_whole = False
    return found


def _walked(data: bytes) -> int | None:
    """Where its objects end by their lengths (further than its bytes when it is cut).

    None when its counts are not of this world: the library believes any count of properties.
    """
    if not data.startswith(_SIGNATURE):
        return None
    at, objects = 6, 0
    while at + _HEAD.size < len(data):
        _, name, _, length = _HEAD.unpack_from(data, at)
        objects += 1
        at += _HEAD.size
        counted = int.from_bytes(data[at : at + 4], "little") if name in _COUNTED and length >= 4 else 0
        if objects > _OBJECTS_LIMIT or counted > _PROPERTIES_LIMIT:
            return None
        at += length + 2
    return at


def _words(read: TNEF, found: Unpacked) -> None:
    found.html = _text(read.htmlbody)
    found.text = _text(read.body).strip("\x00\r\n ")
    compressed = getattr(read, "_rtfbody", None)
    if compressed and not (found.html.strip() or found.text):
        said, is_html = rtf.said(rtf.decompress(bytes(compressed)))
        if is_html:
            found.html = said
        else:
            found.text = said.strip()


def _text(value: object) -> str:
    if isinstance(value, list):
        value = b"".join(one for one in value if isinstance(one, bytes)) or "".join(map(str, value))
    if isinstance(value, bytes):
        return charsets.decode(value.rstrip(b"\x00"))[0]
    return charsets.decode(value.encode("utf-8", "replace"))[0] if isinstance(value, str) else ""


def _files(read: TNEF, found: Unpacked) -> None:
    for one in read.attachments[:_FILES_LIMIT]:
        data = one.data if isinstance(one.data, bytes) else bytes(one.data or b"")
        facts = {}
        for attribute in one.mapi_attrs:
            if attribute.name in {mapi.MAPI_ATTACH_LONG_FILENAME, mapi.MAPI_ATTACH_CONTENT_ID}:
                facts[attribute.name] = _text(attribute.data)
        short = getattr(one, "_name", b"")
        name = facts.get(mapi.MAPI_ATTACH_LONG_FILENAME) or _text(short)
        if data:
            found.files.append((name, data, facts.get(mapi.MAPI_ATTACH_CONTENT_ID, "")))
