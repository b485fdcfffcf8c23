"""An agent takes up what a deposit says of people whom we knew already."""

from collections.abc import Sequence
from datetime import datetime

from doleance.accounts.rules import Actor, Permission, require
from doleance.complainants import actions as complainants
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint
from doleance.intake.said import Said, said
from doleance.kernel.db import write


@write
def adopt(*, complaint: Complaint, code: str = "", by: Actor, at: datetime) -> Sequence[Said]:
    """Keep as known what this file's deposit says: one thing by its code, all that may be by default; what was kept.

    Who handles the file may. What is known so already is left alone; refuses what `complainants.actions.adopt` does.
    """
    require(by, Permission.HANDLE)
    current = dossiers.locked(complaint, by=by)
    wanted = [one for one in said(current) if one.is_adoptable and code in {"", one.code}]
    for is_speaking in (False, True):
        theirs = [one for one in wanted if one.is_of_representative is is_speaking]
        if theirs:
            complainants.adopt(
                party=theirs[0].party,
                said={one.item.value: one.value for one in theirs if one.channel is None},
                ways={one.channel: one.value for one in theirs if one.channel is not None},
                by=by,
                at=at,
            )
    return wanted
