"""How many forms were sent of late, and what is therefore asked of the next one."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet, Sum

from doleance.complainants.rules import normal_email
from doleance.intake import pressure, queries
from doleance.intake.models import Draft, DraftFile
from doleance.intake.pressure import Asked, Demand, Held, Of
from doleance.notifications.rules import budget_key

BUDGETS = pressure.budgets(settings.DOLEANCE_FORMS_PER_HOUR)
STUCK = timedelta(minutes=30)  # some thirty jobs of three tries each, a minute apart


def demand(*, draft: UUID, email: str, network: str, at: datetime) -> Demand:
    """What is asked of this draft, which names that address and comes from that network; either may be unknown."""
    marked = {Of.NAMED: _marks(Of.NAMED, _box(email), at), Of.ORIGIN: _marks(Of.ORIGIN, network, at)}
    return pressure.demand(queries.presses(BUDGETS, marked=marked, draft=draft, at=at))


def asked(*, draft: UUID, email: str, network: str, at: datetime) -> Asked | None:
    """The work that a page hands out to this draft; None while nothing is asked."""
    found = demand(draft=draft, email=email, network=network, at=at)
    return pressure.ask(draft=draft, demand=found, key=_key(), at=at) if found else None


def is_enough(effort: str, *, draft: UUID, demand: Demand, at: datetime) -> bool:
    """Whether the work that came with a form is what is asked of it now."""
    return pressure.is_enough(effort, draft=draft, demand=demand, key=_key(), at=at)


def mark_of_address(email: str, at: datetime) -> str:
    """What is kept of the address that a form names: its box, however it is spelled, as a keyed hash of the day."""
    return next(iter(_marks(Of.NAMED, _box(email), at)), "")


def mark_of_network(network: str, at: datetime) -> str:
    """What is kept of the network that a form comes from."""
    return next(iter(_marks(Of.ORIGIN, network, at)), "")


def waiting(*, before: datetime, limit: int = 500) -> list[UUID]:
    """The drafts, the longest first, that should have gone by themselves before that moment."""
    rows = Draft.objects.filter(pressed__isnull=False, not_before__lt=before).order_by("not_before", "id")
    return list(rows.values_list("id", flat=True)[:limit])


def has_room(draft: Draft, size: int) -> bool:
    """Whether a file of that many bytes may join this draft. One from nowhere known counts with all only."""
    unsent = Draft.objects.filter(submitted_at__isnull=True)
    of_origin = _held(unsent.filter(origin=draft.origin)) if draft.origin else Held(0, 0)
    return pressure.has_room(size, origin=of_origin, every=_held(unsent))


def _held(rows: QuerySet[Draft]) -> Held:
    files = DraftFile.objects.filter(draft__in=rows.order_by()).aggregate(size=Sum("size"))
    return Held(rows.order_by().count(), files["size"] or 0)


def stuck(*, at: datetime) -> int:
    """How many forms should have gone by themselves half an hour ago or more: a person has to look why."""
    return Draft.objects.filter(pressed__isnull=False, not_before__lt=at - STUCK).count()


def _box(email: str) -> str:
    return budget_key(normal_email(email)) if email else ""


def _marks(of: Of, what: str, at: datetime) -> tuple[str, ...]:
    return pressure.marks(of, what, key=_key(), at=at)


def _key() -> bytes:
    return f"doleance.intake.pressure|{settings.SECRET_KEY}".encode()
