"""Messages and readings as the commands write them: one JSON object a line. Pure.

`incoming` is strict about what would change the sense (a body that is no text, a date that is none) and bears what is
missing; `outgoing` always writes the same keys in the same order, so that two runs can be compared byte by byte.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from doleance.kernel.errors import Refusal
from doleance.understanding.rules import BodyType, Incoming, Proposed, Reading, Sender


class BadLine(Refusal):
    """A line that is no message."""

    code = "bad_line"
    sentence = "Cette ligne n’est pas un message ({why})."


def parse(line: str) -> dict[str, Any]:
    """The object of a line. Raises BadLine."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(why="JSON illisible") from error
    if not isinstance(found, dict):
        raise BadLine(why="un objet est attendu")
    return found


def incoming(record: Mapping[str, Any]) -> Incoming:
    """The message of a record: `body` must be there. Raises BadLine."""
    sender = record.get("from") or {}
    if not isinstance(sender, Mapping):
        raise BadLine(why="« from » n’est pas un objet")
    if "body" not in record:
        raise BadLine(why="« body » manque")
    try:
        body_type = BodyType(record.get("body_type") or BodyType.TEXT)
    except ValueError as error:
        raise BadLine(why="« body_type » est text ou html") from error
    return Incoming(
        id=_identity(record),
        channel=_text(record, "channel"),
        subject=_text(record, "subject"),
        body=_text(record, "body"),
        body_type=body_type,
        sender=Sender(**{name: _text(sender, name) for name in ("name", "email", "phone", "handle")}),
        date=_moment(record),
    )


def outgoing(reading: Reading, *, identity: object) -> dict[str, Any]:
    """What `doleance read` writes of a reading, in the order of its contract."""
    return {
        "id": identity,
        "language": reading.language,
        "kind": reading.kind.value,
        "clean_text": reading.clean_text,
        "grievances": [_grievance(one) for one in reading.grievances],
        "order_refs": list(reading.order_refs),
        "amounts": [{"value": one.value, "currency": one.currency} for one in reading.amounts],
        "dates": [day.isoformat() for day in reading.dates],
        "urgency": reading.urgency.value,
        "signals": [{"code": one.code.value, "quote": one.quote} for one in reading.signals],
    }


def _grievance(one: Proposed) -> dict[str, Any]:
    return {
        "start": one.start,
        "end": one.end,
        "quote": one.quote,
        "category": one.category,
        "sub": one.sub,
        "top3": [[category, probability] for category, probability in one.top3],
        "wanted_remedy": [remedy.value for remedy in one.wanted],
    }


def _identity(record: Mapping[str, Any]) -> str:
    given = record.get("id")
    if given is None or isinstance(given, str | int):
        return "" if given is None else str(given)
    raise BadLine(why="« id » est un texte ou un nombre")


def _text(record: Mapping[str, Any], name: str) -> str:
    given = record.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise BadLine(why=f"« {name} » n’est pas un texte")
    return given


def _moment(record: Mapping[str, Any]) -> datetime | None:
    given = _text(record, "date")
    if not given:
        return None
    try:
        return datetime.fromisoformat(given)
    except ValueError as error:
        raise BadLine(why="« date » n’est pas une date ISO 8601") from error
