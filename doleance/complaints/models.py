"""Complaints, their grievances and exchanges, and the taxonomy."""

from datetime import UTC, datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from doleance.accounts.models import Entity, Team, User
from doleance.channels.models import Message
from doleance.complainants.models import Party
from doleance.complainants.rules import PartyStatus
from doleance.complaints.rules import OVER, SETTLED, ExchangeKind, GrievanceState, LinkUse, Outcome, State, Waiting
from doleance.kernel.ids import uuid7

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # where a file without a due moment stands in the order of due moments
# What lists choose: the condition of their indexes. `desk` asks in the same words, or PostgreSQL would not know that
# an index answers.
LIVE = ~models.Q(state__in=sorted(OVER))
WAITING = models.Q(state=State.WAITING.value)
# A safety risk jumps every queue (domain.md) as long as it waits for us or for the person.
_JUMPS = models.Q(is_safety=True) & ~models.Q(state__in=sorted(OVER | SETTLED))


class Category(models.Model):
    """One branch or leaf of the taxonomy. Codes are stable; a retired category keeps its old grievances."""

    code = models.CharField(max_length=64, primary_key=True)  # `delivery` or `delivery.late`
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    label_fr = models.CharField(max_length=120)
    label_en = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "catégorie"
        ordering: ClassVar = ["position", "code"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The label in the reader's language."""
        return self.label_en if (get_language() or "").startswith("en") else self.label_fr


class Complaint(models.Model):
    """One matter of one complainant, whatever the number of messages and channels. On screen: *dossier*."""

    journal_columns: ClassVar = (
        "reference",
        "entity_id",
        "team_id",
        "owner_id",
        "party_id",
        "state",
        "language",
        "sent_at",
        "first_written_at",
        "received_at",
        "registered_at",
        "aware_at",
        "regimes",
        "decided_at",
        "answered_at",
        "closed_at",
        "reopened_count",
        "version",
        "lesson",
        "is_safety",
        "representative_id",
        "mandate_at",
        "reviewed_by_id",
        "declared_status",
        "names_known",
        "access_revoked_at",
        "restricted_at",
        "merged_into_id",
    )
    journal_texts: ClassVar = ("title", "lesson_text", "capacity", "earlier")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(max_length=16, unique=True)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="complaints")
    state = models.CharField(max_length=20, choices=State.choices(), default=State.RECEIVED.value)
    title = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=8, default="fr")
    is_safety = models.BooleanField(default=False)
    # Regimes start their clocks from different moments: all are kept apart (deadlines.md §1.0).
    sent_at = models.DateTimeField(null=True)
    first_written_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    registered_at = models.DateTimeField()
    aware_at = models.DateTimeField(null=True)
    regimes = ArrayField(models.CharField(max_length=32), default=list)
    version = models.PositiveIntegerField(default=1)  # optimistic lock: +1 at each change that a reader must see
    # Denormalised for lists, written only by `complaints.actions.dossiers.note_next` and `move`.
    next_due_at = models.DateTimeField(null=True)
    next_due_kind = models.CharField(max_length=16, blank=True, default="")
    waiting_on = models.CharField(max_length=12, choices=Waiting.choices(), default=Waiting.US.value)
    changed_at = models.DateTimeField()  # what a reader of the file would see last moved then
    # What the order by due moment compares, so that any page of it begins at once in one index: 0 jumps the queue.
    urgency = models.GeneratedField(
        expression=models.Case(models.When(_JUMPS, then=0), default=1),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    due_order = models.GeneratedField(
        expression=Coalesce("next_due_at", models.Value(NEVER)),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    decided_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    lesson = models.BooleanField(null=True)
    lesson_text = models.TextField(blank=True, default="")
    # Somebody who writes for the complainant; `mandate_at` is when a person of ours saw the proof.
    representative = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="represented")
    capacity = models.CharField(max_length=120, blank=True, default="")  # as what: « sa fille », « son avocat »
    mandate_at = models.DateTimeField(null=True)
    earlier = models.CharField(max_length=200, blank=True, default="")  # what they said of having written before
    # Who answered, when that answer is contested: the second review is another person's.
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    # What somebody typed, who may be anybody: the status that they declared, empty for a file that a mail opened; and
    # whether they named a mail address that we knew. Then whoever holds the key alone learns nothing that we knew.
    declared_status = models.CharField(max_length=16, choices=PartyStatus.choices(), blank=True, default="")
    names_known = models.BooleanField(default=False)
    access_revoked_at = models.DateTimeField(null=True)  # every way in was closed then, and the visits begun before
    # Since when it is for a closed circle (`CirclePerson`): it exists for nobody else (docs/decisions/0090).
    restricted_at = models.DateTimeField(null=True)
    # The file in which a merged one goes on: what it holds stays in it, and is read there too (docs/decisions/0110).
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged_files")

    class Meta:
        verbose_name = "réclamation"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state=State.CLOSED.value) | models.Q(closed_at__isnull=False),
                name="closed_has_a_moment",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | models.Q(state=State.MERGED.value),
                name="only_merged_goes_on_elsewhere",
            ),
        ]
        indexes: ClassVar = [
            models.Index("team", "state", "next_due_at", "id", name="complaint_by_due"),
            models.Index("owner", "state", name="complaint_by_owner"),
            models.Index("party", name="complaint_by_party"),
            models.Index("received_at", "id", name="complaint_by_received"),
            models.Index("changed_at", "id", name="complaint_by_change"),
            models.Index("urgency", "due_order", "id", name="complaint_in_order"),
            # What is over grows for ever, what is live does not: its lists read nothing else.
            models.Index("urgency", "due_order", "id", condition=LIVE, name="complaint_live_in_order"),
            models.Index("owner", "urgency", "due_order", "id", condition=LIVE, name="complaint_live_by_owner"),
            models.Index("received_at", "id", condition=LIVE, name="complaint_live_by_received"),
            models.Index("urgency", "due_order", "id", condition=WAITING, name="complaint_waiting_in_order"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def journal_stream(self) -> str:
        """Each complaint has a chain of its own."""
        return f"complaint:{self.id}"


class CirclePerson(models.Model):
    """Somebody whom the circle of a restricted file names: inside, or outside because the file is about them.

    One row for a person and a file: nobody is both. A file that is not restricted has none.
    """

    journal_columns: ClassVar = ("complaint_id", "user_id", "is_inside")
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="circle")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_inside = models.BooleanField()

    class Meta:
        verbose_name = "personne d’un cercle"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["complaint", "user"], name="circle_names_once"),
        ]
        indexes: ClassVar = [
            # Asked at every reading of every list: which files are open to somebody.
            models.Index("user", "complaint", condition=models.Q(is_inside=True), name="circle_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.user_id}"

    @property
    def journal_stream(self) -> str:
        """Circles live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"


class FileWords(models.Model):
    """The words by which a file is found. Written by triggers (sql/search_v1.sql), never by hand.

    Apart from the file: its row stays narrow for lists, and a change of state does not touch the index of words.
    """

    complaint = models.OneToOneField(Complaint, on_delete=models.CASCADE, primary_key=True, related_name="+")
    document = SearchVectorField()

    class Meta:
        verbose_name = "mots d’un dossier"
        indexes: ClassVar = [
            # What is new waits in a list that each search reads whole: kept short, so that it costs little.
            GinIndex(fields=["document"], name="filewords_by_word", gin_pending_list_limit=1024),
        ]

    def __str__(self) -> str:
        return str(self.complaint_id)


class Exchange(models.Model):
    """One item of the conversation, in the order it happened."""

    journal_columns: ClassVar = ("complaint_id", "kind", "message_id", "author_id", "at", "rule")
    journal_texts: ClassVar = ("text",)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="exchanges")
    kind = models.CharField(max_length=10, choices=ExchangeKind.choices())
    message = models.OneToOneField(Message, on_delete=models.PROTECT, null=True, related_name="exchange")
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    rule = models.CharField(max_length=32, blank=True, default="")  # which follow-up rule attached it

    class Meta:
        verbose_name = "échange"
        indexes: ClassVar = [models.Index("complaint", "at", "id", name="exchange_in_order")]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.kind}"

    @property
    def journal_stream(self) -> str:
        """Exchanges live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"


class Grievance(models.Model):
    """One thing complained of: the passage, the category, what is asked, the finding and its reasons."""

    journal_columns: ClassVar = (
        "complaint_id",
        "number",
        "exchange_id",
        "category_id",
        "team_id",
        "owner_id",
        "state",
        "outcome",
        "decided_at",
        "corrected_at",
        "confirmed_at",
    )
    journal_texts: ClassVar = ("title", "quote", "expected", "wanted", "facts", "reasons", "cause")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="grievances")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    quote = models.TextField(blank=True, default="")
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, null=True, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    expected = models.TextField(blank=True, default="")  # what was promised or expected
    wanted = models.TextField(blank=True, default="")
    facts = models.JSONField(default=dict)  # answers by the code of their question (`complaints.questions`)
    corrected_at = models.DateTimeField(null=True)  # the complainant last said it otherwise
    confirmed_at = models.DateTimeField(null=True)  # the complainant said that it is so, and nothing else since
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=GrievanceState.choices(), default=GrievanceState.ACCEPTED.value)
    outcome = models.CharField(max_length=20, choices=Outcome.choices(), blank=True, default="")
    reasons = models.TextField(blank=True, default="")
    cause = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "grief"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["complaint", "number"], name="grievance_number_once"),
            models.CheckConstraint(
                condition=~models.Q(state=GrievanceState.DECIDED.value) | ~models.Q(outcome=""),
                name="decided_grievance_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def journal_stream(self) -> str:
        """Grievances live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"


class Correction(models.Model):
    """What the complainant says otherwise of one point of a file: kept beside it, which stays as it was.

    `point` names the column of the grievance, or `fact:` and the code of a question. An empty text withdraws an
    earlier correction.
    """

    journal_columns: ClassVar = ("grievance_id", "point", "exchange_id", "at")
    journal_texts: ClassVar = ("text",)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    grievance = models.ForeignKey(Grievance, on_delete=models.PROTECT, related_name="corrections")
    point = models.CharField(max_length=48)
    text = models.TextField()
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="corrections")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "correction"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exchange", "grievance", "point"], name="correction_once_a_message"),
        ]
        indexes: ClassVar = [models.Index("grievance", "at", "id", name="correction_in_order")]

    def __str__(self) -> str:
        return f"{self.grievance_id} {self.point}"

    @property
    def journal_stream(self) -> str:
        """Corrections live on their complaint's chain."""
        return f"complaint:{self.grievance.complaint_id}"


class TrackingKey(models.Model):
    """What the receipt showed once: 128 bits that open one file to whoever holds them. Only the digest is kept."""

    journal_columns: ClassVar = ("complaint_id", "made_at", "revoked_at")
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.OneToOneField(Complaint, on_delete=models.PROTECT, related_name="tracking_key")
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "clé de suivi"

    def __str__(self) -> str:
        return f"{self.complaint_id}"

    @property
    def journal_stream(self) -> str:
        """Keys live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"


class FollowLink(models.Model):
    """A link to one file: one a mail, and one for the receipt's own address. Only the digest is kept.

    It opens a page whose button starts the visit, because scanners of mail follow links.
    """

    journal_columns: ClassVar = ("complaint_id", "purpose", "notice_id", "made_at", "expires_at", "revoked_at")
    journal_texts: ClassVar = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="follow_links")
    purpose = models.CharField(max_length=8, choices=LinkUse.choices())
    notice_id = models.UUIDField(null=True)  # the mail that carries it; no key upwards
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "lien de suivi"

    def __str__(self) -> str:
        return f"{self.purpose} {self.complaint_id}"

    @property
    def journal_stream(self) -> str:
        """Links live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"


class FollowCode(models.Model):
    """Six digits sent to somebody who asked to follow a file: ten minutes, five tries, once.

    A row is made for a pair that does not exist too, so that nothing tells them apart; it leads to no complaint.
    Not on the journal: it proves nothing by itself, and what it opens is told there.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, null=True, related_name="+")
    asked = models.CharField(max_length=64)  # a keyed hash of what was typed: budgets count by it
    origin = models.CharField(max_length=64, blank=True, default="")  # a keyed hash of the network it was asked from
    to = models.CharField(max_length=64, blank=True, default="")  # a keyed hash of the mailbox it was asked for
    digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)  # its mail was put in the outbox; without one it opens nothing

    class Meta:
        verbose_name = "code de suivi"
        indexes: ClassVar = [
            models.Index("asked", "made_at", name="follow_code_asked"),
            models.Index("origin", "made_at", name="follow_code_origin"),
            models.Index("to", "made_at", name="follow_code_to"),
        ]

    def __str__(self) -> str:
        return f"{self.id}"
