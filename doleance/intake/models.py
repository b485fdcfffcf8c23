"""What the public form keeps while somebody fills it in."""

from typing import ClassVar

from django.db import models

from doleance.accounts.models import Entity
from doleance.complaints.models import Complaint
from doleance.kernel.ids import uuid7


class Draft(models.Model):
    """A complaint being written: its answers so far, for seven days, on the device that holds the signed cookie.

    Its identifier is the key that makes a submission happen once: a draft that was sent names its complaint for ever
    after, and sending it again leads there. Not on the journal: nothing was said to us yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=8, default="fr")
    answers = models.JSONField(default=dict)  # by the code of their page; emptied once sent
    origin = models.CharField(max_length=64, blank=True, default="")  # a keyed hash of the network it came from
    named = models.CharField(max_length=64, blank=True, default="")  # once sent: a keyed hash of the address it names
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)  # under pressure, where no script runs: when it is sent by itself
    pressed_at = models.DateTimeField(null=True)  # when its person sent it: that is when it was received
    pressed = models.JSONField(null=True)  # what they sent, while it waits
    submitted_at = models.DateTimeField(null=True)
    complaint = models.OneToOneField(Complaint, on_delete=models.PROTECT, null=True, related_name="draft")

    class Meta:
        verbose_name = "brouillon"
        indexes: ClassVar = [
            models.Index("expires_at", name="draft_by_end", condition=models.Q(submitted_at__isnull=True)),
            models.Index("origin", "pressed_at", name="draft_by_origin"),
            models.Index("named", "pressed_at", name="draft_by_named"),
            models.Index("pressed_at", name="draft_by_pressing"),
            models.Index("not_before", name="draft_waiting", condition=models.Q(pressed__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(submitted_at__isnull=True, complaint__isnull=True)
                | models.Q(submitted_at__isnull=False, complaint__isnull=False),
                name="draft_sent_names_its_complaint",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DraftFile(models.Model):
    """A file joined to a draft. Its name is the sender's, shown and never used as a path."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = "pièce du brouillon"

    def __str__(self) -> str:
        return self.name
