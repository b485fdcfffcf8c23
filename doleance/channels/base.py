"""What every channel offers."""

from typing import Protocol

from doleance.channels.rules import ParsedMessage


class Channel(Protocol):
    """A way in. Reading is pure and bears any bytes."""

    def parse(self, raw: bytes) -> ParsedMessage:
        """What a raw message says; what cannot be read is missing from the answer."""
        ...
