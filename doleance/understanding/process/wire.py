"""Messages and readings as JSON: on the pipe of the child that reads, and as a reading is kept. Pure.

A frame is its length (4 bytes, big-endian) and that many bytes of JSON in UTF-8.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, BinaryIO

from doleance.understanding.rules import (
    Amount,
    BodyType,
    Facts,
    Incoming,
    MessageKind,
    Proposed,
    Reading,
    Sender,
    Signal,
    SignalCode,
    Urgency,
    WantedRemedy,
)

LONGEST = 64 * 1024 * 1024  # bytes of a frame
_SIZE = 4
MEANING = "meaning"  # what the child is asked for when it is no reading


def send(stream: BinaryIO, told: Mapping[str, Any]) -> None:
    """Write one frame."""
    data = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    stream.write(len(data).to_bytes(_SIZE, "big") + data)
    stream.flush()


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """The next frame; None at the end of the stream. Raises EOFError on half a frame, ValueError on nonsense."""
    head = stream.read(_SIZE)
    if not head:
        return None
    size = int.from_bytes(head, "big")
    if len(head) < _SIZE or size > LONGEST:
        raise EOFError("no frame")
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("half a frame")
    told = json.loads(data)
    if not isinstance(told, dict):
        raise ValueError("no object")  # noqa: TRY004  what came is wrong, not a type of ours
    return told


def of_message(message: Incoming) -> dict[str, Any]:
    """A message, to be read by `message`."""
    return {
        "id": message.id,
        "channel": message.channel,
        "subject": message.subject,
        "body": message.body,
        "body_type": message.body_type.value,
        "from": [message.sender.name, message.sender.email, message.sender.phone, message.sender.handle],
        "date": message.date.isoformat() if message.date else None,
    }


def message(told: Mapping[str, Any]) -> Incoming:
    """The message that `of_message` wrote."""
    return Incoming(
        id=told["id"],
        channel=told["channel"],
        subject=told["subject"],
        body=told["body"],
        body_type=BodyType(told["body_type"]),
        sender=Sender(*told["from"]),
        date=datetime.fromisoformat(told["date"]) if told["date"] else None,
    )


def of_reading(reading: Reading) -> dict[str, Any]:
    """A reading, to be read by `reading`."""
    return {
        "language": reading.language,
        "kind": reading.kind.value,
        "clean_text": reading.clean_text,
        "grievances": [_of_proposed(one) for one in reading.grievances],
        "order_refs": list(reading.order_refs),
        "amounts": [[one.value, one.currency] for one in reading.amounts],
        "dates": [day.isoformat() for day in reading.dates],
        "urgency": reading.urgency.value,
        "signals": [[one.code.value, one.quote, one.start] for one in reading.signals],
        "model": reading.model,
        "facts": _of_facts(reading.facts),
    }


def reading(told: Mapping[str, Any]) -> Reading:
    """The reading that `of_reading` wrote. Raises KeyError, ValueError, TypeError on anything else."""
    return Reading(
        language=told["language"],
        kind=MessageKind(told["kind"]),
        clean_text=told["clean_text"],
        grievances=tuple(_proposed(one) for one in told["grievances"]),
        order_refs=tuple(told["order_refs"]),
        amounts=_amounts(told["amounts"]),
        dates=_dates(told["dates"]),
        urgency=Urgency(told["urgency"]),
        signals=tuple(Signal(SignalCode(code), quote, start) for code, quote, start in told["signals"]),
        model=told["model"],
        facts=_facts(told["facts"]),
    )


def _of_proposed(one: Proposed) -> dict[str, Any]:
    return {
        "start": one.start,
        "end": one.end,
        "quote": one.quote,
        "category": one.category,
        "sub": one.sub,
        "top3": [[category, float(share)] for category, share in one.top3],
        "confidence": float(one.confidence),
        "wanted": [remedy.value for remedy in one.wanted],
    }


def _proposed(told: Mapping[str, Any]) -> Proposed:
    return Proposed(
        start=told["start"],
        end=told["end"],
        quote=told["quote"],
        category=told["category"],
        sub=told["sub"],
        top3=tuple((category, share) for category, share in told["top3"]),
        confidence=told["confidence"],
        wanted=tuple(WantedRemedy(one) for one in told["wanted"]),
    )


_TEXTS = ("order_refs", "phones", "emails", "names", "addresses", "companies")


def _of_facts(facts: Facts) -> dict[str, Any]:
    told: dict[str, Any] = {name: list(getattr(facts, name)) for name in _TEXTS}
    told["amounts"] = [[one.value, one.currency] for one in facts.amounts]
    told["dates"] = [day.isoformat() for day in facts.dates]
    return told


def _facts(told: Mapping[str, Any]) -> Facts:
    texts = {name: tuple(told[name]) for name in _TEXTS}
    return Facts(**texts, amounts=_amounts(told["amounts"]), dates=_dates(told["dates"]))


def _amounts(told: list[list[str]]) -> tuple[Amount, ...]:
    return tuple(Amount(value, currency) for value, currency in told)


def _dates(told: list[str]) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day) for day in told)
