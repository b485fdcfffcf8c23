"""Drawing references that nobody has."""

from doleance.complaints.models import Complaint
from doleance.kernel import ids
from doleance.kernel.db import hold_all

AT_A_TIME = 32  # drawn by a write that opens several files


class Drawn:
    """References that one write drew and has not given yet: one at first, then many at a time."""

    def __init__(self) -> None:
        self._free: dict[int, list[str]] = {}

    def take(self, year: int) -> str:
        """A reference that nobody has, and that nobody else can take before the end of the transaction."""
        left = self._free.get(year)
        if not left:
            left = self._free[year] = _free_references(year, 1 if left is None else AT_A_TIME)
        return left.pop()

    def finish(self) -> None:
        """What was not given is anybody's."""


def _free_references(year: int, count: int) -> list[str]:
    """Up to `count` free references. Four signs name a million files a year; when they get scarce one more is used."""
    for size in (4, 4, 4, 5, 5, 5, 6, 6, 7, 8):
        drawn = {ids.new_reference(year, size) for _ in range(count)}
        hold_all(f"reference:{reference}" for reference in drawn)
        drawn -= set(Complaint.objects.filter(reference__in=drawn).order_by().values_list("reference", flat=True))
        if drawn:
            return list(drawn)
    raise RuntimeError("no free reference after ten draws")
