"""What was handed over when somebody went away: so that it can be given back."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from doleance.accounts.models import User
from doleance.complaints.models import Complaint
from doleance.kernel.ids import uuid7


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
