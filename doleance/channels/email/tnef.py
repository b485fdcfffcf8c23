"""Outlook's winmail.dat: what it says and the files inside it. Runs in the limited child; raises on no bytes."""

import struct
from dataclasses import dataclass, field

from tnefparse import TNEF
from tnefparse import properties as mapi

from doleance.channels.email import charsets, rtf

_FILES_LIMIT = 200
_OBJECTS_LIMIT = 5_000  # the library copies what is left of its data for each of them
_PROPERTIES_LIMIT = 20_000
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


def unpack(data: bytes) -> Unpacked:
    """What a winmail.dat holds, as far as it can be read."""
    found = Unpacked(is_whole=False)
    end = _walked(data)
    if end is None:
        return found
    try:
        read = TNEF(data, do_checksum=False)
    except Exception:  # noqa: BLE001  the library raises nearly anything on broken data; the raw file stays
        return found
    found.is_whole = end == len(data)
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
