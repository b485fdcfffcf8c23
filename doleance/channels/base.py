"""What every channel offers."""

from typing import Protocol

from doleance.channels.rules import ParsedMessage, SafeHtml


class Channel(Protocol):
    """A way in. Reading is pure and bears any bytes."""

    def parse(self, raw: bytes) -> ParsedMessage:
        """What a raw message says; what cannot be read is missing from the answer."""
        ...

    def html(self, raw: bytes) -> SafeHtml | None:
        """What a raw message shows as HTML, made harmless; None when it has none that can be shown."""
        ...
