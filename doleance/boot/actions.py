"""What happens to the installation itself and belongs on the journal."""

from datetime import datetime

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.kernel.db import write


@write
def note_restore(*, backup_at: str, by: Actor, at: datetime) -> None:
    """Say on the journal that what follows continues a backup of `backup_at`: what came between is not here."""
    require(by, Permission.SETTINGS)
    audit.record(stream="settings", code="database_restored", by=by.id, at=at, facts={"backup_at": backup_at})
