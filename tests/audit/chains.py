"""Valid journals made in memory, to be damaged by tests."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from doleance.audit import offline, rules
from doleance.audit.offline import Event

STREAMS = (
    "complaint:0190a6e4-0000-7000-8000-000000000001",
    "complaint:0190a6e4-0000-7000-8000-000000000002",
    "settings",
)


def hashed(event: Event) -> Event:
    """The same event with the hash of its content."""
    own = offline.event_hash(
        stream=event.stream,
        seq=event.seq,
        prev_hash=event.prev_hash,
        facts=event.facts,
        commitment=event.commitment,
    )
    return replace(event, hash=own)


def chain(stream: str, facts: Iterable[Any]) -> list[Event]:
    """A stream whose events hold these facts."""
    events: list[Event] = []
    tip = offline.genesis(stream)
    for seq, content in enumerate(facts, start=1):
        event = hashed(Event(stream, seq, tip, content, rules.NO_TEXTS, b""))
        events.append(event)
        tip = event.hash
    return events


def journal(length: int = 4) -> list[Event]:
    """Three streams of `length` events, in the order of an export."""
    return [event for stream in STREAMS for event in chain(stream, ({"code": "moved", "n": n} for n in range(length)))]


def export(events: Iterable[Event]) -> Iterator[str]:
    """The lines of an export of these events."""
    footer = offline.Footer()
    yield offline.header_line("2026-11-21T22:53:00.000000Z")
    for event in events:
        footer.add(event)
        yield offline.line_of(event)
    yield footer.line()


def findings(events: Iterable[Event]) -> list[tuple[str, str, int]]:
    """What a walk over these events finds: code, stream, rank."""
    walk = offline.Chain()
    found = [walk.follow(event) for event in events]
    return [(one.code, one.stream, one.seq) for one in found if one is not None]
