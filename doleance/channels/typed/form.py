"""The raw form of what was typed: canonical JSON, with a version, kept in the ledger before anything is made of it.

It bears the identifier of the form that was sent, so that two people who write the same words write two messages, and
one form sent twice is one. Files are told by their name and the digest of their bytes, which lie beside it.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from doleance.channels.email.addresses import is_address
from doleance.channels.rules import Mark, ParsedMessage, Person, Problem, SafeHtml
from doleance.kernel import text as texts

FORMAT, VERSION = "doleance-deposit", 1
_LONGEST_NAME = 200


def written(*, form: UUID, told: Mapping[str, Any], asked: str = "") -> bytes:
    """The bytes of a form: sorted keys, no space, UTF-8. Raises ValueError on what JSON has no exact form for.

    `asked` is what another program sent, sign for sign, when it was not typed into a form of ours.
    """
    whole = {"format": FORMAT, "version": VERSION, "form": str(form), "told": told}
    whole |= {"asked": asked} if asked else {}
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def told(raw: bytes) -> dict[str, Any] | None:
    """What the bytes of a form say; None when they are none, or of a version that we do not know."""
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or (read.get("format"), read.get("version")) != (FORMAT, VERSION):
        return None
    return cast("dict[str, Any]", read["told"]) if isinstance(read.get("told"), dict) else None


class Forms:
    """The reader of these three channels. What it reads, we wrote; it bears any bytes all the same."""

    def parse(self, raw: bytes) -> ParsedMessage:
        """Who wrote, and their words. The files lie beside the message, where they are."""
        digest = hashlib.sha256(raw).hexdigest()
        found = told(raw)
        if found is None:
            return ParsedMessage(problem=Problem.NOT_A_MESSAGE, body_sha256=digest)
        text = _text(found.get("text"))
        return ParsedMessage(sender=sender(found), text=text, marks=marks(found), body_sha256=digest)

    def html(self, raw: bytes) -> SafeHtml | None:  # noqa: ARG002
        """Nobody types HTML."""
        return None


def marks(found: Mapping[str, Any]) -> tuple[Mark, ...]:
    """Signs of a machine that a form bears; they refuse nothing, a person judges."""
    borne = found.get("marks")
    kept = {*borne} if isinstance(borne, list) and all(isinstance(one, str) for one in borne) else set()
    return tuple(one for one in (Mark.TRAP, Mark.QUICK) if one.value in kept)


def sender(found: Mapping[str, Any]) -> Person:
    """Who typed, or had it typed: the representative when somebody writes for another."""
    on_behalf = found.get("representative")
    who = on_behalf.get("contact") if isinstance(on_behalf, Mapping) else found.get("contact")
    if not isinstance(who, Mapping):
        return Person("", "")
    address = _text(who.get("email")).strip()
    return Person(_text(who.get("name"))[:_LONGEST_NAME], address if is_address(address) else "")


def _text(value: object) -> str:
    return texts.normalise(value) if isinstance(value, str) else ""


forms = Forms()
