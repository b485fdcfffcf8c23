"""The system clock, read by surfaces and jobs only, and the day it is in a place."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment, in UTC, to the microsecond. Domains never call it: they are told `at`."""
    return datetime.now(UTC)


def day_in(moment: datetime, zone: str) -> date:
    """The calendar day that `moment` (aware) falls on in `zone` (an IANA name): La Réunion is not Paris."""
    return moment.astimezone(ZoneInfo(zone)).date()
