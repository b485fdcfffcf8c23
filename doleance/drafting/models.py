"""What was asked of a language model about a file, what left, what came back, and what people did with it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from doleance.accounts.models import Entity, User
from doleance.complaints.models import Complaint
from doleance.drafting.rules import ENDED, Failure, SuggestionState, Task
from doleance.kernel.ids import uuid7

_WAITING = Q(state__in=[state.value for state in SuggestionState if state not in ENDED])


class DraftingChoice(models.Model):
    """Whether an entity lets the language model of the installation be asked. Without one: no."""

    journal_columns: ClassVar = ("entity_id", "is_on")
    journal_texts: ClassVar = ()
    journal_stream = "settings"

    entity = models.OneToOneField(Entity, on_delete=models.PROTECT, primary_key=True, related_name="+")
    is_on = models.BooleanField(default=False)

    class Meta:
        verbose_name = "choix de l’aide à la rédaction"

    def __str__(self) -> str:
        return f"{self.entity_id} {self.is_on}"


class Suggestion(models.Model):
    """One text asked for. Codes stand in clear; what left (masked) and what came back are sealed under the
    complainant's key, so that an auditor can read both and erasing the person erases both.
    """

    journal_columns: ClassVar = ("complaint_id", "task", "state", "failure", "model", "asked_by_id", "ended_by_id")
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="+")
    task = models.CharField(max_length=8, choices=Task.choices())
    state = models.CharField(max_length=8, choices=SuggestionState.choices(), default=SuggestionState.WANTED.value)
    failure = models.CharField(max_length=12, choices=Failure.choices(), blank=True, default="")
    model = models.CharField(max_length=120, blank=True, default="")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    sealed = models.BinaryField(null=True)  # JSON: `asked`, the body that left, and `text`, what it became

    class Meta:
        verbose_name = "texte proposé par un modèle de langue"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["complaint"], condition=_WAITING, name="suggestion_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(state=SuggestionState.FAILED.value) ^ Q(failure=""), name="suggestion_failed_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[SuggestionState.MADE.value, SuggestionState.TAKEN.value])
                | Q(sealed__isnull=False),
                name="suggestion_made_has_a_text",
            ),
        ]
        indexes: ClassVar = [
            models.Index("complaint", "asked_at", name="suggestion_of_complaint"),
            models.Index("asked_at", name="suggestion_wanted", condition=Q(state=SuggestionState.WANTED.value)),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.task} {self.state}"

    @property
    def journal_stream(self) -> str:
        """Suggestions live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"
