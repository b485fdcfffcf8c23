"""What was read of messages, what it proposed, and what people made of it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from doleance.accounts.models import Team, User
from doleance.channels.models import Attachment, Message
from doleance.complaints.models import Complaint, Grievance
from doleance.kernel.ids import uuid7
from doleance.understanding.proposals import PRECISION
from doleance.understanding.rules import MessageKind, SignalCode, Urgency
from doleance.understanding.scans.told import Engine, Recognised, Trouble


class SavedReading(models.Model):
    """What one model read of one message. Codes stand in clear; its words are sealed under the complainant's key.

    Sealed and not beside them on the journal: they repeat the message, which is there, and erasing the person erases
    them. A message that could not be read has a row too, with the error and no model.
    """

    journal_columns: ClassVar = (
        "complaint_id",
        "message_id",
        "model",
        "kind",
        "language",
        "urgency",
        "error",
        "said_kind",
    )
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="readings")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="readings")
    model = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField(max_length=12, choices=MessageKind.choices(), blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")  # ISO 639-1, or `und`
    urgency = models.CharField(max_length=8, choices=Urgency.choices(), default=Urgency.NORMAL.value)
    error = models.CharField(max_length=16, blank=True, default="")  # why there is nothing: a limit, or `error`
    sealed = models.BinaryField(null=True)
    said_kind = models.CharField(max_length=12, choices=MessageKind.choices(), blank=True, default="")  # by a person
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = "lecture d’un message"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "model"], name="reading_once_a_model"),
            models.CheckConstraint(
                condition=models.Q(error="", sealed__isnull=False) | (~models.Q(error="") & models.Q(sealed=None)),
                name="reading_or_error",
            ),
        ]
        indexes: ClassVar = [models.Index("complaint", "read_at", name="reading_of_complaint")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.model or self.error}"

    @property
    def journal_stream(self) -> str:
        """Readings live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"


class Proposal(models.Model):
    """One grief as the machine proposed it. What people made of it is the grievance itself: both are kept.

    Codes and numbers only, the words are the grievance's. `start` and `end` are places in the message's text.
    """

    journal_columns: ClassVar = (
        "reading_id",
        "grievance_id",
        "category",
        "confidence",
        "top3",
        "wanted",
        "team_id",
        "is_routed",
        "settled_at",
    )
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reading = models.ForeignKey(SavedReading, on_delete=models.PROTECT, related_name="proposals")
    grievance = models.OneToOneField(Grievance, on_delete=models.PROTECT, related_name="proposal")
    category = models.CharField(max_length=64)
    confidence = models.PositiveSmallIntegerField()  # thousandths
    top3 = models.JSONField(default=list)  # branches, the likeliest first: [["delivery", 820], …]
    wanted = ArrayField(models.CharField(max_length=16), default=list)
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")  # that the rules chose
    is_routed = models.BooleanField(default=False)  # given to it without waiting for a person
    settled_at = models.DateTimeField(null=True)  # accepted, corrected or dropped by a person

    class Meta:
        verbose_name = "grief proposé"

    def __str__(self) -> str:
        return f"{self.category} {self.confidence}"

    @property
    def journal_stream(self) -> str:
        """Proposals live on their complaint's chain."""
        return f"complaint:{self.reading.complaint_id}"


class JudgedSignal(models.Model):
    """What a person said of a signal that was read: it holds, or it does not. A vulnerability is kept by this only.

    Its words are those of the reading that raised it, sealed there: whoever is erased takes them away. Of what does
    not hold nobody needs them, and it names no reading.
    """

    journal_columns: ClassVar = ("complaint_id", "message_id", "code", "holds", "at")
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="judged_signals")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20, choices=SignalCode.choices())
    holds = models.BooleanField()
    reading = models.ForeignKey(SavedReading, on_delete=models.PROTECT, null=True, related_name="judged_signals")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "signal jugé"
        constraints: ClassVar = [models.UniqueConstraint(fields=["complaint", "code"], name="signal_judged_once")]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.code}"

    @property
    def journal_stream(self) -> str:
        """Signals live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"


class FileReading(models.Model):
    """What was read of one attached file, or the trouble with it (docs/decisions/0114).

    Its text stands in clear, as the words of messages do: files are found by it. The file itself stays sealed, and its
    text is not told beside it on the journal. It goes with the key of its person (sql/erased_v1.sql): then there is
    neither text nor trouble.
    """

    journal_columns: ClassVar = (
        "complaint_id",
        "attachment_id",
        "engine",
        "version",
        "confidence",
        "pages",
        "pages_read",
        "trouble",
        "read_at",
    )
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="+")
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="reading")
    engine = models.CharField(max_length=12, choices=Engine.choices(), blank=True, default="")
    version = models.CharField(max_length=80, blank=True, default="")
    confidence = models.PositiveSmallIntegerField(null=True)  # hundredths; None where the text is the document's own
    pages = models.PositiveIntegerField(default=0)
    pages_read = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=12, choices=Trouble.choices(), blank=True, default="")
    text = models.TextField(blank=True, default="")
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = "lecture d’une pièce jointe"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(text="") | models.Q(trouble=""), name="file_text_or_trouble"),
        ]
        indexes: ClassVar = [
            models.Index("trouble", "id", name="file_without_engine", condition=models.Q(trouble="no_engine")),
        ]

    def __str__(self) -> str:
        return f"{self.attachment_id} {self.engine or self.trouble}"

    @property
    def journal_stream(self) -> str:
        """What was read of files lives on their complaint's chain."""
        return f"complaint:{self.complaint_id}"

    @property
    def recognised(self) -> Recognised:
        """The same as rules know it."""
        return Recognised(
            self.text,
            Engine(self.engine) if self.engine else None,
            self.version,
            self.confidence,
            self.pages,
            self.pages_read,
            Trouble(self.trouble) if self.trouble else None,
        )


class Trust(models.Model):
    """From which confidence on a proposal is routed without a person, as it was last measured. One row.

    Shares in thousandths. No gate: everything waits for one key press.
    """

    journal_columns: ClassVar = ("precision", "gate", "measured", "counted", "measured_at")
    journal_texts: ClassVar = ()
    journal_stream = "settings"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    precision = models.PositiveSmallIntegerField(default=PRECISION)  # what is asked for
    gate = models.PositiveSmallIntegerField(null=True)
    measured = models.PositiveSmallIntegerField(null=True)  # the precision above the gate
    counted = models.PositiveIntegerField(default=0)  # of how many judged proposals
    measured_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "confiance dans la lecture"

    def __str__(self) -> str:
        return f"{self.gate}"
