"""One hostile mail of the table and what must become of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from doleance.channels.rules import Limit, Mark

# Outcomes of an import: a file is opened, or the message waits in quarantine with that reason.
LINKED = "linked"


@dataclass(frozen=True)
class Row:
    """`text` are pieces that the text holds (none: it is empty), `lacks` pieces that it does not; `files` all names.

    `build` is called late: some of them weigh megabytes.
    """

    name: str
    build: Callable[[], bytes] = field(repr=False)
    outcome: str = LINKED
    text: tuple[str, ...] = ("colis",)
    files: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    lacks: tuple[str, ...] = ()
    limit: Limit | None = None
    subject: str | None = "Colis perdu"


def refused(name: str, build: Callable[[], bytes], limit: Limit, subject: str | None = "Colis perdu") -> Row:
    """A mail that goes over a limit: it is kept, and its sender and subject are shown where they can be read."""
    return Row(name, build, "quarantined over_limit", (), limit=limit, subject=subject)


def no_mail(name: str, build: Callable[[], bytes]) -> Row:
    """What no header makes a mail."""
    return Row(name, build, "quarantined not_a_message", (), subject="")


def silent(name: str, build: Callable[[], bytes], *files: str, marks: tuple[Mark, ...] = ()) -> Row:
    """A mail of which no text can be had, but its subject and files."""
    return Row(name, build, LINKED, (), files, marks)
