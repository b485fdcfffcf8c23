"""The views that people save."""

from typing import ClassVar

from django.db import models

from doleance.accounts.models import Team, User
from doleance.kernel.ids import uuid7


class SavedView(models.Model):
    """A list that somebody named: what its address says. Its owner's own, or shown to a team too.

    « moi » in it means whoever reads it, and nobody sees through it a file that they may not read.
    """

    journal_columns: ClassVar = ("owner_id", "team_id", "position")
    journal_texts: ClassVar = ("name", "query")

    owner_name: str  # what `desk.queries.views` tells beside
    team_name: str | None

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")  # who else sees it
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2_000, blank=True)  # as `staff.listing` writes it, without « ? »
    position = models.PositiveSmallIntegerField()  # among its owner's, from 1

    class Meta:
        verbose_name = "vue enregistrée"
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="view_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def journal_stream(self) -> str:
        """Views live on their owner's chain."""
        return f"user:{self.owner_id}"
