"""Calendars, their holidays, and the clocks of complaints."""

from typing import Any, ClassVar, Self

from django.db import models

from doleance.complaints.models import Complaint
from doleance.deadlines.rules.clocks import CancelReason, Opening, Running
from doleance.deadlines.rules.due import DueDate, Explanation
from doleance.kernel.ids import uuid7
from doleance.packs.rules import ClockKind, StartEvent, Term, Unit


class Calendar(models.Model):
    """The public holidays of a place, for the whole years from `first_year` to `last_year`.

    Those years are seeded once: what people change in them stays. `revision` is new at each change, for caches.
    """

    journal_columns: ClassVar = ("first_year", "last_year")
    journal_texts: ClassVar = ("name",)
    journal_stream = "settings"

    code = models.CharField(max_length=16, primary_key=True)
    name = models.CharField(max_length=80)
    first_year = models.PositiveSmallIntegerField()
    last_year = models.PositiveSmallIntegerField()
    revision = models.UUIDField(default=uuid7)

    class Meta:
        verbose_name = "calendrier"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(first_year__lte=models.F("last_year")), name="calendar_years_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """A day that does not count, and its name, which explanations quote."""

    journal_columns: ClassVar = ("calendar_id", "day")
    journal_texts: ClassVar = ("name",)
    journal_stream = "settings"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        verbose_name = "jour férié"
        constraints: ClassVar = [models.UniqueConstraint(fields=["calendar", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"


class ClockQuerySet(models.QuerySet["Clock"]):
    """Clocks by what they still ask."""

    def running(self) -> Self:
        """Those whose duty is still due."""
        return self.filter(met_at__isnull=True, cancelled_at__isnull=True)


class Clock(models.Model):
    """One duty of one complaint: which rule of which pack, from what moment, due when and why, how it ended.

    What was computed is stored with all that it was computed from, so that it can be computed again.
    """

    journal_columns: ClassVar = (
        "complaint_id",
        "pack",
        "pack_version",
        "pack_hash",
        "kind",
        "start_event",
        "start_at",
        "count",
        "unit",
        "roll_over",
        "repeats",
        "is_statutory",
        "calendar_id",
        "time_zone",
        "due_on",
        "due_at",
        "explanation",
        "reopened_at",
        "met_at",
        "cancelled_at",
        "cancel_reason",
    )
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="clocks")
    pack = models.CharField(max_length=32)
    pack_version = models.PositiveSmallIntegerField()
    pack_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=ClockKind.choices())
    start_event = models.CharField(max_length=16, choices=StartEvent.choices())
    start_at = models.DateTimeField()
    count = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=2, choices=Unit.choices())
    roll_over = models.BooleanField(default=False)
    repeats = models.BooleanField(default=False)
    is_statutory = models.BooleanField(default=False)
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    time_zone = models.CharField(max_length=64)
    due_on = models.DateField()
    due_at = models.DateTimeField()
    explanation = models.JSONField()
    reopened_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=12, choices=CancelReason.choices(), blank=True, default="")

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = "échéance"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["complaint", "kind", "pack"],
                condition=models.Q(met_at__isnull=True, cancelled_at__isnull=True),
                name="clock_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(met_at__isnull=True) | models.Q(cancelled_at__isnull=True), name="clock_ends_once"
            ),
            models.CheckConstraint(
                condition=models.Q(cancelled_at__isnull=True, cancel_reason="")
                | (models.Q(cancelled_at__isnull=False) & ~models.Q(cancel_reason="")),
                name="clock_cancelled_for_a_reason",
            ),
            models.CheckConstraint(condition=models.Q(due_at__gt=models.F("start_at")), name="clock_runs_forward"),
            models.CheckConstraint(condition=models.Q(count__gte=1), name="clock_counts_something"),
        ]
        indexes: ClassVar = [
            models.Index(
                "due_at",
                "id",
                condition=models.Q(met_at__isnull=True, cancelled_at__isnull=True),
                name="clock_open_by_due",
            ),
            models.Index(
                "calendar",
                "due_on",
                condition=models.Q(met_at__isnull=True, cancelled_at__isnull=True),
                name="clock_open_by_calendar",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_on}"

    @property
    def journal_stream(self) -> str:
        """Clocks live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"

    @classmethod
    def of(cls, complaint: Complaint, opening: Opening, due: DueDate, *, calendar: str, zone: str) -> Self:
        """The row, not yet saved, of a clock that a rule opens."""
        return cls(
            complaint=complaint,
            pack=opening.pack,
            pack_version=opening.pack_version,
            pack_hash=opening.pack_hash,
            kind=opening.kind,
            start_event=opening.start_event,
            start_at=opening.start_at,
            count=opening.term.count,
            unit=opening.term.unit,
            roll_over=opening.term.roll_over,
            repeats=opening.repeats,
            is_statutory=opening.is_statutory,
            calendar_id=calendar,
            time_zone=zone,
            due_on=due.due_on,
            due_at=due.due_at,
            explanation=due.explanation.facts(),
            reopened_at=opening.reopened_at,
        )

    def running(self) -> Running:
        """This clock as rules know it."""
        explanation: dict[str, Any] = self.explanation
        return Running(
            id=self.id,
            opening=Opening(
                pack=self.pack,
                pack_version=self.pack_version,
                pack_hash=self.pack_hash,
                kind=ClockKind(self.kind),
                term=Term(self.count, Unit(self.unit), self.roll_over),
                start_event=StartEvent(self.start_event),
                start_at=self.start_at,
                is_statutory=self.is_statutory,
                repeats=self.repeats,
                reopened_at=self.reopened_at,
            ),
            due=DueDate(self.due_on, self.due_at, Explanation.of(explanation)),
            zone=self.time_zone,
            met_at=self.met_at,
            cancelled_at=self.cancelled_at,
            cancel_reason=self.cancel_reason,
        )
