"""The lines of a list: what each file says of itself there, and the one statement more that they need together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext

from doleance.accounts.rules import Actor
from doleance.complaints import rules
from doleance.complaints.rules import ExchangeKind, GrievanceState, Outcome, State
from doleance.deadlines import queries as deadlines
from doleance.deadlines.rules import words
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.kernel import delays, languages, sql, text
from doleance.kernel.clock import day_in
from doleance.kernel.delays import Due
from doleance.kernel.moments import short_day

_SQL = sql.queries("doleance.desk", "worklist.sql")


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
            due=_due(one, places, at),
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


def _due(file: Any, places: Mapping[str, WorkCalendar], at: datetime) -> Due:
    """How far the next due moment is; on a file where nothing is due, what settled it."""
    zone = file.entity__time_zone
    if file.next_due_at is not None:
        place = places.get(file.entity__calendar)
        if place is None:  # a company whose calendar was taken away still sees its list
            return delays.due(file.next_due_at, zone, at, tongue=languages.reader())
        return words.said(due_at=file.next_due_at, at=at, zone=zone, calendar=place, tongue=languages.reader())
    if file.closed_at is not None:
        return Due(_on(gettext("clos le %(day)s"), file.closed_at, zone, at), "ok")
    if file.answered_at is not None:
        return Due(_on(gettext("répondu le %(day)s"), file.answered_at, zone, at), "ok")
    return Due(gettext("sans échéance"))


def _on(sentence: str, moment: datetime, zone: str, at: datetime) -> str:
    return sentence % {"day": short_day(day_in(moment, zone), languages.reader(), year=day_in(at, zone).year)}


def _told_of(ids: Collection[UUID]) -> tuple[dict[UUID, list[Outcome | None]], dict[UUID, list[str]]]:
    """For each file, the outcome of each grievance that counts, None where it waits; and the channels by which the
    complainant wrote, the first one first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["told"], [GrievanceState.DROPPED.value, ExchangeKind.INBOUND.value, list(ids)])
        rows = cursor.fetchall()
    findings = {id_: [Outcome(one) if one else None for one in outcomes] for id_, outcomes, _ in rows}
    return findings, {id_: list(dict.fromkeys(channels)) for id_, _, channels in rows}
