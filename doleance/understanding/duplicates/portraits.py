"""What two messages are compared by, read of one: its traits, and the vector of what it says. Pure for a model."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from doleance.understanding import engine
from doleance.understanding.duplicates import traits as reading
from doleance.understanding.duplicates.traits import Traits
from doleance.understanding.engine import Draft
from doleance.understanding.model.classify import Vector
from doleance.understanding.model.encoder import together
from doleance.understanding.model.learned import Model
from doleance.understanding.model.prepare import prepare
from doleance.understanding.rules import Incoming
from doleance.understanding.text import courtesies
from doleance.understanding.text.lines import fold
from doleance.understanding.text.replies import Part

LONGEST = 20_000  # signs that are compared: beyond, a machine wrote
HALF = np.dtype("<f2")  # how a vector is kept: a thousandth of a cosine for half the bytes


@dataclass(frozen=True, slots=True)
class Portrait:
    """A message as it is compared. `vector` has length one; None where nothing is said."""

    traits: Traits
    vector: Vector | None


def portrait(message: Incoming, model: Model, *, language: str = "") -> Portrait:
    """What a message is compared by: its own words, without those that it quotes; of a forwarded one, its author."""
    seen = engine.draft(message, model, language)
    who = seen.cleaned.author or message.sender
    text = "\n".join([message.subject, seen.cleaned.text[:LONGEST], seen.cleaned.set_apart(Part.SIGNATURE)[:LONGEST]])
    told = reading.traits(
        pk=message.id,
        at=_moment(message.date),
        text=text,
        names=[who.name],
        emails=[who.email],
        phones=[who.phone],
        handles=[who.handle],
        language=seen.language,
    )
    return Portrait(told, meaning(seen, model, message.subject))


def meaning(seen: Draft, model: Model, subject: str = "") -> Vector | None:
    """One vector for what a message says, greetings and closings apart; of its subject where it says nothing."""
    said = [span.of(seen.cleaned.text) for span in seen.spans]
    kept = [place for place, text in enumerate(said) if not _is_courtesy(text)] or list(range(len(said)))
    if kept:
        return together(seen.vectors[kept], [said[place] for place in kept])
    if not subject.strip():
        return None
    accents = model.accents if seen.language == "fr" else None
    return np.asarray(model.encoder.encode([prepare(subject, accents)])[0])


def nearness(a: Vector | None, b: Vector | None) -> float | None:
    """The cosine of two vectors of one encoder; None when one is not known."""
    return None if a is None or b is None or len(a) != len(b) else float(a @ b)


def packed(vector: Vector) -> bytes:
    """A vector as it is kept."""
    return vector.astype(HALF).tobytes()


def unpacked(kept: bytes) -> Vector:
    """The vector that was kept."""
    return np.frombuffer(kept, HALF).astype(np.float32)


def _moment(at: datetime | None) -> datetime:
    if at is None:
        return reading.NEVER
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _is_courtesy(text: str) -> bool:
    folded = fold(text)
    return courtesies.is_greeting(folded) or courtesies.is_closing(folded)
