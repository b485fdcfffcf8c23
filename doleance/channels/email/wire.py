"""How the limited child and its parent talk: lengths, JSON, then the attached bytes.

No pickle: the child is not trusted. A request is a mode (1 byte) and some bytes; an answer is JSON, followed by bytes
where there are some. What it is follows from the mode.

- READ, PEEK: a raw message, whole or its header alone → a ParsedMessage and the bytes of its files.
- PAGE: a raw message → its HTML made harmless, or nothing.
- THUMBNAIL: a file → a small image, or nothing.
- LOGO: a file → a house's logo drawn anew, or nothing.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, BinaryIO

from doleance.accounts.theme import DrawnLogo, LogoInk
from doleance.channels.rules import (
    Limit,
    MachineSigns,
    Mark,
    ParsedFile,
    ParsedMessage,
    Person,
    Problem,
    ReportedRecipient,
    SafeHtml,
)

READ, PEEK, PAGE, THUMBNAIL, LOGO = b"R", b"P", b"H", b"T", b"L"
OUT_OF_MEMORY = 77  # the child's exit status when a message took all the memory it may have
Answer = ParsedMessage | SafeHtml | DrawnLogo | bytes | None
_REQUEST = struct.Struct(">cQ")
_ANSWER = struct.Struct(">Q")
_MOMENTS = ("date", "received", "separator")
_PEOPLE = ("reply_to", "to", "cc")
_TEXTS = ("in_reply_to", "references", "answered", "delivered_to", "authentication")


def send_request(stream: BinaryIO, mode: bytes, raw: bytes) -> None:
    """Write one request."""
    stream.write(_REQUEST.pack(mode, len(raw)))
    stream.write(raw)
    stream.flush()


def read_request(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next mode and message; None at the end of the stream."""
    head = stream.read(_REQUEST.size)
    if len(head) < _REQUEST.size:
        return None
    mode, size = _REQUEST.unpack(head)
    return mode, _exactly(stream, size)


def send_answer(stream: BinaryIO, answer: Answer) -> None:
    """Write what was made of a request."""
    told: dict[str, Any] = {}
    data: list[bytes] = []
    if isinstance(answer, ParsedMessage):
        told, data = _as_json(answer), [one.data for one in answer.files]
    elif isinstance(answer, SafeHtml):
        told = asdict(answer)
    elif isinstance(answer, DrawnLogo):
        ink = answer.ink.value if answer.ink else None
        told = {"size": len(answer.data), "width": answer.width, "height": answer.height, "ink": ink}
        data = [answer.data]
    elif answer is not None:
        told, data = {"size": len(answer)}, [answer]
    head = json.dumps(told, separators=(",", ":")).encode()
    stream.write(_ANSWER.pack(len(head)))
    stream.write(head)
    stream.writelines(data)
    stream.flush()


def read_answer(stream: BinaryIO, mode: bytes = READ) -> Answer:
    """What the child said. Raises EOFError when it ended before, ValueError or KeyError when it says nonsense."""
    (size,) = _ANSWER.unpack(_exactly(stream, _ANSWER.size))
    told = json.loads(_exactly(stream, size))
    if mode in {READ, PEEK}:
        data = [_exactly(stream, int(one["size"])) for one in told["files"]]
        return _from_json(told, data)
    if not told:
        return None
    if mode == PAGE:
        return SafeHtml(str(told["html"]), int(told["images_blocked"]))
    if mode == LOGO:
        ink = LogoInk(told["ink"]) if told["ink"] else None
        return DrawnLogo(_exactly(stream, int(told["size"])), int(told["width"]), int(told["height"]), ink)
    return _exactly(stream, int(told["size"]))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _as_json(parsed: ParsedMessage) -> dict[str, Any]:
    told = asdict(replace(parsed, files=()))
    told["limit"] = parsed.limit.value if parsed.limit else None
    for name in _MOMENTS:
        moment = told[name]
        told[name] = moment.isoformat() if moment else None
    told["files"] = [
        {
            "name": one.name,
            "media_type": one.media_type,
            "content_id": one.content_id,
            "is_inline": one.is_inline,
            "size": len(one.data),
        }
        for one in parsed.files
    ]
    return told


def _from_json(told: dict[str, Any], data: Sequence[bytes]) -> ParsedMessage:
    values = dict(told)
    values["problem"] = Problem(told["problem"])
    values["limit"] = Limit(told["limit"]) if told["limit"] else None
    values["sender"], values["forwarded"] = Person(**told["sender"]), Person(**told["forwarded"])
    values["report"] = tuple(ReportedRecipient(**one) for one in told["report"])
    values["marks"] = tuple(Mark(one) for one in told["marks"])
    values["signs"] = MachineSigns(**{key: _tupled(value) for key, value in told["signs"].items()})
    for name in _PEOPLE:
        values[name] = tuple(Person(**one) for one in told[name])
    for name in _TEXTS:
        values[name] = tuple(told[name])
    for name in _MOMENTS:
        values[name] = datetime.fromisoformat(told[name]) if told[name] else None
    values["files"] = tuple(
        ParsedFile(one["name"], one["media_type"], one["content_id"], one["is_inline"], content)
        for one, content in zip(told["files"], data, strict=True)
    )
    return ParsedMessage(**values)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
