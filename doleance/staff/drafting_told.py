"""What a file's page says of the language model: whether one may ask it, and what it wrote last."""

from dataclasses import dataclass
from datetime import datetime

from doleance.accounts.rules import Actor, Permission, may
from doleance.complaints.models import Complaint
from doleance.drafting import queries
from doleance.drafting.queries import Shown


@dataclass(frozen=True, slots=True)
class Drafting:
    """`may_ask`: nothing is on its way or to be read. `shown`: what is, or why there is nothing."""

    may_ask: bool
    shown: Shown | None


def of_file(complaint: Complaint, actor: Actor, at: datetime) -> Drafting | None:
    """Nothing where no model may be asked about this file by this reader: the page is then as it ever was."""
    if not may(actor, Permission.SEND) or not queries.may_leave(complaint):
        return None
    shown = queries.shown(complaint, at=at)
    return Drafting(may_ask=shown is None or bool(shown.row.failure), shown=shown)
