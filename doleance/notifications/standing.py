"""Where a file stands when a mail is written in it, asked of the database or known by who just opened the file."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doleance.channels.models import Mailbox, Message
from doleance.complaints.models import Complaint
from doleance.deadlines.rules.clocks import Running
from doleance.kernel.db import pending
from doleance.notifications import queries
from doleance.notifications.rules import Place


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known of a file that the running write opened, so that nothing is asked again.

    `message` is all that was said in it, `to` is where letters go (empty: nowhere), `clocks` are all it has.
    """

    message: Message
    to: str
    clocks: Sequence[Running]


@dataclass(frozen=True, slots=True)
class Standing:
    """By which mailbox the next mail of a file leaves, and what it hangs under."""

    mailbox: Mailbox | None
    place: Place


def of(complaint: Complaint, opened: Opened | None = None) -> Standing:
    """Where a file stands. Inside a write only, when `opened` is given."""
    if opened is None:
        return Standing(queries.mailbox_for(complaint), queries.place_of_next(complaint))
    mailbox = queries.came_by(complaint, opened.message) or pending(Asked).mailbox(complaint)
    return Standing(mailbox, queries.place_after(opened.message, []))


class Asked:
    """What one write asked on behalf of many files: the house's mailboxes, and what left for an address."""

    def __init__(self) -> None:
        self._mailboxes: dict[tuple[UUID, UUID], Mailbox | None] = {}
        self._left: dict[str, list[datetime]] = {}

    def mailbox(self, complaint: Complaint) -> Mailbox | None:
        """The mailbox that writes for a file that came by none."""
        place = complaint.entity_id, complaint.team_id
        if place not in self._mailboxes:
            self._mailboxes[place] = queries.house_mailbox(complaint)
        return self._mailboxes[place]

    def look(self, keys: Collection[str], at: datetime) -> None:
        """Ask at once what left for many addresses in the last day; what this write queues has not left."""
        if missing := set(keys) - set(self._left):
            self._left |= queries.acknowledgements_left_for(missing, at=at)

    def left(self, key: str, at: datetime) -> list[datetime]:
        """When acknowledgements left for an address in the last day."""
        self.look([key], at)
        return self._left[key]

    def finish(self) -> None:
        """Nothing waits."""
