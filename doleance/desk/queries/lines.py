"""The lines of a list: what each file says of itself there, and the one statement more that they need together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from doleance.accounts.rules import Actor
from doleance.complaints import rules
from doleance.complaints.rules import ExchangeKind, GrievanceState, Outcome, State
from doleance.deadlines import queries as deadlines
from doleance.deadlines.rules import words
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.kernel import delays, kept, languages, sql, text
from doleance.kernel.clock import day_in
from doleance.kernel.delays import Due
from doleance.kernel.moments import short_day
from doleance.kernel.tongue import Tongue

_TOLD = kept.bound(
    sql.queries("doleance.desk", "worklist.sql")["told"],
    [GrievanceState.DROPPED.value, ExchangeKind.INBOUND.value, kept.SOME_LIST],
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `progress` is how much of the delay is gone, in hundredths; None without a due moment."""

    reference: str
    title: str
    party: str
    state: State
    verdict: Outcome | None
    grievances: int
    channels: tuple[str, ...]
    owner: str
    initials: str
    is_mine: bool
    due: Due
    progress: float | None
    received_at: datetime
    changed_at: datetime
    version: int
    zone: str
    is_safety: bool = False
    is_restricted: bool = False


def rows_of(files: Sequence[Any], actor: Actor, at: datetime) -> list[Row]:
    """These files, read by `told_by`, as lines of the list, in the order given."""
    findings, channels = _told_of([one.id for one in files])
    places = deadlines.calendars(one.entity__calendar for one in files)
    tongue = languages.reader()
    days = {zone: day_in(at, zone) for zone in {one.entity__time_zone for one in files}}
    return [
        Row(
            reference=one.reference,
            title=one.title,
            party=one.party__name or "",
            state=State(one.state),
            verdict=_verdict(findings.get(one.id, ())),
            grievances=len(findings.get(one.id, ())),
            channels=tuple(channels.get(one.id, ())),
            owner=one.owner__name or "",
            initials=text.initials(one.owner__name or ""),
            is_mine=one.owner_id is not None and one.owner_id == actor.user_id,
            due=_due(one, places.get(one.entity__calendar), at, days[one.entity__time_zone], tongue),
            progress=round(delays.elapsed(one.received_at, one.next_due_at, at), 2) if one.next_due_at else None,
            received_at=one.received_at,
            changed_at=one.changed_at,
            version=one.version,
            zone=one.entity__time_zone,
            is_safety=one.is_safety,
            is_restricted=one.restricted_at is not None,
        )
        for one in files
    ]


def _verdict(findings: Sequence[Outcome | None]) -> Outcome | None:
    """The finding of a file once none of its grievances waits: half a verdict is none."""
    decided = [outcome for outcome in findings if outcome is not None]
    return rules.verdict(decided) if len(decided) == len(findings) else None


def _due(file: Any, place: WorkCalendar | None, at: datetime, today: date, tongue: Tongue) -> Due:
    """How far the next due moment is; on a file where nothing is due, what settled it."""
    zone = file.entity__time_zone
    if file.next_due_at is not None:
        if place is None:  # a company whose calendar was taken away still sees its list
            return delays.due(file.next_due_at, zone, at, tongue=tongue)
        known = _said_all_day(file.next_due_at, zone, today, place, tongue.code)
        return known or words.said(due_at=file.next_due_at, at=at, zone=zone, calendar=place, tongue=tongue)
    if file.closed_at is not None:
        return Due(_on(gettext("clos le %(day)s"), file.closed_at, zone, today, tongue), "ok")
    if file.answered_at is not None:
        return Due(_on(gettext("répondu le %(day)s"), file.answered_at, zone, today, tongue), "ok")
    return Due(gettext("sans échéance"))


@lru_cache(maxsize=10_000)
def _said_all_day(due_at: datetime, zone: str, today: date, place: WorkCalendar, language: str) -> Due | None:  # noqa: ARG001
    """What is said of a due moment from the first minute of `today` to its last; None where it depends on the hour."""
    last = words.last_day(due_at, zone)
    if last == today:
        return None
    noon = datetime.combine(today, time(12), ZoneInfo(zone))
    return words.said(due_at=due_at, at=noon, zone=zone, calendar=place, tongue=languages.reader())


def _on(sentence: str, moment: datetime, zone: str, today: date, tongue: Tongue) -> str:
    return sentence % {"day": short_day(day_in(moment, zone), tongue, year=today.year)}


def _told_of(ids: Collection[UUID]) -> tuple[dict[UUID, list[Outcome | None]], dict[UUID, list[str]]]:
    """For each file, the outcome of each grievance that counts, None where it waits; and the channels by which the
    complainant wrote, the first one first.
    """
    rows = kept.ask(_TOLD, among=list(ids))
    findings = {id_: [Outcome(one) if one else None for one in outcomes] for id_, outcomes, _ in rows}
    return findings, {id_: list(dict.fromkeys(channels)) for id_, _, channels in rows}
