"""Batches: one gesture on many files, and what became of each. What was handed over; which team a matter is for."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from doleance.accounts.models import Entity, Team, User
from doleance.complaints.models import Category, Complaint
from doleance.kernel.ids import uuid7
from doleance.routing.rules import Act, Fate


class Batch(models.Model):
    """One gesture of somebody on many files. Its identifier comes from the form: the same form makes one batch."""

    journal_columns: ClassVar = ("author_id", "act", "team_id", "owner_id", "undone_at")
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=8, choices=Act.choices())
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")  # whom files are given to
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "lot"

    def __str__(self) -> str:
        return f"{self.act} {self.id}"

    @property
    def journal_stream(self) -> str:
        """Batches live on the chain of who made them; what changed in a file is on the file's own."""
        return f"user:{self.author_id}"


class BatchItem(models.Model):
    """One file of a batch: what became of it, whose it was before, and the version that the gesture left."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="items")
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="+")
    fate = models.CharField(max_length=10, choices=Fate.choices(), default=Fate.WAITING.value)
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    from_owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "dossier d’un lot"
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "complaint"], name="batch_item_once")]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.fate}"


class HandOver(models.Model):
    """One file that its person left, and who has had it since: a colleague, or nobody yet.

    The file's own chain tells each change of owner; this row only remembers the pair, until the person is back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="+")
    successor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    handed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # the person is back, with or without the file

    class Meta:
        verbose_name = "dossier confié"
        constraints: ClassVar = [
            models.UniqueConstraint("user", "complaint", condition=Q(ended_at=None), name="handover_open_once"),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.user_id}"


class TeamRule(models.Model):
    """To which team the griefs of a category go, in one house; those of its sub-codes too, unless they have a rule."""

    journal_columns: ClassVar = ("entity_id", "category_id", "team_id")
    journal_texts: ClassVar = ()
    journal_stream = "settings"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "équipe d’une catégorie"
        constraints: ClassVar = [models.UniqueConstraint(fields=["entity", "category"], name="team_rule_once")]

    def __str__(self) -> str:
        return f"{self.category_id} {self.team_id}"
