"""What a list is narrowed to, as conditions on files, and what it could be narrowed to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Actor
from doleance.complaints import queries as complaints
from doleance.complaints.models import Exchange, Grievance
from doleance.complaints.rules import ExchangeKind, GrievanceState
from doleance.desk import rules
from doleance.desk.rules import CHANNELS, MINE, NOBODY, Condition, Filters, Named, Within

Known = Mapping[Condition, Sequence[Named]]
# The conditions whose values are rows: one query each, and only where it is used or being edited.
BY_NAME = frozenset({Condition.OWNER, Condition.TEAM, Condition.CATEGORY, Condition.ENTITY})


def known(wanted: Collection[Condition]) -> Known:
    """The people, teams, categories and houses that a list can be narrowed to, of the conditions asked for."""
    found: dict[Condition, Sequence[Named]] = {}
    if Condition.OWNER in wanted:
        found[Condition.OWNER] = rules.named((one.pk, one.name) for one in accounts.handlers())
    if Condition.TEAM in wanted:
        found[Condition.TEAM] = rules.named((one.pk, one.name) for one in accounts.teams())
    if Condition.CATEGORY in wanted:
        found[Condition.CATEGORY] = [Named(one.code, one.label, one.code) for one in complaints.categories()]
    if Condition.ENTITY in wanted:
        found[Condition.ENTITY] = rules.named((one.pk, one.name) for one in accounts.houses())
    return found


def conditions(filters: Filters, *, actor: Actor, there: Known, zone: str, at: datetime) -> Q:
    """The files that all the conditions let through. `zone` says which day it is; `there` what names mean.

    A name that means nothing lets no file through: a link that is out of date shows nothing rather than everything.
    """
    where = Q(is_safety=True) if filters.safety else Q()
    if filters.states:
        where &= Q(state__in=sorted(filters.states))
    if filters.channels:
        where &= Q(_heard_by([CHANNELS[one] for one in filters.channels]))
    if filters.due:
        where &= _due(filters.due, zone, at)
    if filters.categories:
        where &= Q(_about(filters.categories))
    return where & _named(filters, actor, there) & _received(filters.since, filters.until, zone)


def _named(filters: Filters, actor: Actor, there: Known) -> Q:
    """The conditions whose values are rows of ours."""
    where = Q()
    if filters.owners:
        where &= _owned(filters.owners, there[Condition.OWNER], actor)
    if filters.teams:
        where &= Q(team__in=_keys(filters.teams, there[Condition.TEAM]))
    if filters.entities:
        where &= Q(entity__in=_keys(filters.entities, there[Condition.ENTITY]))
    return where


def _heard_by(channels: Sequence[str]) -> Exists:
    rows = Exchange.objects.filter(complaint=OuterRef("pk"), kind=ExchangeKind.INBOUND)
    return Exists(rows.filter(message__channel__in=sorted(channels)))


def _due(within: Within, zone: str, at: datetime) -> Q:
    if within is Within.NONE:
        return Q(next_due_at=None)
    end = rules.end_of(within, at, zone)
    return Q(next_due_at__lte=end) if within is Within.LATE else Q(next_due_at__lt=end)


def _owned(slugs: Sequence[str], people: Sequence[Named], actor: Actor) -> Q:
    keys = _keys(slugs, people)
    if MINE in slugs and actor.user_id is not None:
        keys.append(actor.user_id)
    free = Q(owner=None) if NOBODY in slugs else Q(pk__in=[])
    return Q(owner__in=keys) | free


def _about(codes: Sequence[str]) -> Exists:
    """A grievance that counts, of one of these categories, or of one below a branch."""
    inside = Q()
    for code in codes:
        inside |= Q(category=code) | Q(category__code__startswith=f"{code}.")
    rows = Grievance.objects.filter(inside, complaint=OuterRef("pk"))
    return Exists(rows.exclude(state=GrievanceState.DROPPED))


def _received(since: date | None, until: date | None, zone: str) -> Q:
    where, place = Q(), ZoneInfo(zone)
    if since:
        where &= Q(received_at__gte=datetime.combine(since, time(), place))
    if until and until < date.max:
        where &= Q(received_at__lt=datetime.combine(until + timedelta(days=1), time(), place))
    return where


def _keys(slugs: Sequence[str], there: Sequence[Named]) -> list[object]:
    return [one.key for one in there if one.slug in slugs]
