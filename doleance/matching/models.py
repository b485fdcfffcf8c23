"""Pairs of files that may be one matter, what was said of them, and merges with all that undoing them needs."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from doleance.accounts.models import User
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.kernel.ids import uuid7
from doleance.matching.rules import Answer
from doleance.understanding.duplicates.score import Relation


class Traits(models.Model):
    """What a file is compared by: keys that two files of one person or one order share, and when it was received.

    Derived from the file and written anew at will; it says nothing that the file does not say.
    """

    complaint = models.OneToOneField(Complaint, on_delete=models.CASCADE, primary_key=True, related_name="+")
    entity_id = models.UUIDField()  # beside the keys, so that one index answers
    keys = ArrayField(models.CharField(max_length=80), default=list)
    received_at = models.DateTimeField()
    # What the file says as a vector of halves (`duplicates.portraits`), of that encoder; none where nothing reads.
    encoder = models.CharField(max_length=40, blank=True, default="")
    vector = models.BinaryField(null=True)
    noted_at = models.DateTimeField()  # the change of the file that was the last when this was derived
    turn = models.BigIntegerField(default=0)  # grows at every writing, in whatever file: a trigger counts

    class Meta:
        verbose_name = "traits d’un dossier"
        indexes: ClassVar = [
            GinIndex(fields=["keys"], name="traits_by_key"),
            models.Index("entity_id", "received_at", name="traits_by_time", condition=Q(vector__isnull=False)),
            models.Index("entity_id", "turn", name="traits_by_turn"),
        ]

    def __str__(self) -> str:
        return str(self.complaint_id)


class Pair(models.Model):
    """Two files that may be one matter, and what a person said of it. `first` was received first.

    Not on the journal by itself: an answer is told on the chains of both files.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    first = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField(default=0)
    relation = models.CharField(max_length=12, choices=Relation.choices(), default=Relation.DUPLICATE.value)
    why = models.JSONField(default=list)  # codes and numbers (`score.Because`), put in words by who shows them
    answer = models.CharField(max_length=12, choices=Answer.choices(), default=Answer.OPEN.value)
    proposed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "paire de dossiers"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=~Q(first=F("second")), name="pair_of_two"),
            models.CheckConstraint(
                condition=Q(answer=Answer.OPEN.value) | Q(answered_at__isnull=False), name="pair_answered_has_a_moment"
            ),
        ]
        indexes: ClassVar = [
            models.Index("score", "id", name="pair_open", condition=Q(answer=Answer.OPEN.value)),
            models.Index("answered_at", "id", name="pair_answered", condition=~Q(answer=Answer.OPEN.value)),
            models.Index("second", name="pair_by_second"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"


class Merge(models.Model):
    """One file that became a stub of another, and what it takes to separate them again, for ever."""

    journal_columns: ClassVar = (
        "kept_id",
        "stub_id",
        "state_before",
        "points",
        "clocks_ended",
        "clocks_opened",
        "raised_safety",
        "at",
        "undone_at",
    )
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kept = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="+")
    stub = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="+")
    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="merges")
    state_before = models.CharField(max_length=20, choices=State.choices())
    points = models.JSONField(default=list)  # pairs of a grievance of the stub and its copy in the kept file
    clocks_ended = models.JSONField(default=list)
    clocks_opened = models.JSONField(default=list)
    raised_safety = models.BooleanField(default=False)  # the danger was told in the stub alone
    at = models.DateTimeField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "réunion de dossiers"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stub"], condition=Q(undone_at__isnull=True), name="merged_once"),
            models.CheckConstraint(condition=~Q(kept=F("stub")), name="merge_of_two"),
        ]
        indexes: ClassVar = [
            models.Index("kept", name="merge_by_kept", condition=Q(undone_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.stub_id} {self.kept_id}"

    @property
    def journal_stream(self) -> str:
        """A merge lives on the chain of the file that became a stub; the other one is told by an event of its own."""
        return f"complaint:{self.stub_id}"
