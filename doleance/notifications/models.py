"""The outbox: one row for each mail that is meant to leave."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from doleance.accounts.models import User
from doleance.channels.models import Mailbox, Message
from doleance.complaints.models import Complaint
from doleance.kernel.ids import uuid7
from doleance.notifications.rules import AHEAD, FOR_PEOPLE, NoticeState, Purpose, Scope, Way


class DomainOf(models.Func):
    """What follows the @ of a normal address."""

    function = "split_part"
    template = "%(function)s(%(expressions)s, '@', 2)"
    output_field = models.CharField()


class Notice(models.Model):
    """One mail to one recipient: the intent, and what became of it.

    `due_at` is when it should leave and gives its place in the conversation; `not_before` is when the next try may
    begin. A notice with a `carrier` left inside that other one's mail, and shares its fate.
    """

    journal_columns: ClassVar = (
        "complaint_id",
        "mailbox_id",
        "carrier_id",
        "purpose",
        "way",
        "is_automatic",
        "language",
        "state",
        "due_at",
        "not_before",
        "claimed_at",
        "attempts",
        "sent_at",
        "sent_as_id",
        "dated",
        "posted_on",
        "bounced_at",
        "author_id",
        "created_by",
        "created_at",
        "has_link",
    )
    journal_texts: ClassVar = (
        "to_address",
        "envelope_sender",
        "subject",
        "text",
        "message_id",
        "in_reply_to",
        "references",
        "last_error",
        "accepted_as",
        "to_postal",
        "sender",
        "bounce",
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="notices")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, null=True, related_name="+")
    carrier = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="riders")
    purpose = models.CharField(max_length=16, choices=Purpose.choices())
    way = models.CharField(max_length=8, choices=Way.choices(), default=Way.EMAIL.value)
    is_automatic = models.BooleanField(default=False)  # no person wrote it: no machine may answer it
    language = models.CharField(max_length=8, default="fr")

    to_address = models.CharField(max_length=320, blank=True, default="")  # empty for a letter
    to_postal = models.TextField(blank=True, default="")  # of a letter: the lines of its envelope
    sender = models.TextField(blank=True, default="")  # of a letter: who writes, line by line, as on the paper
    dated = models.DateField(null=True)  # of a letter: the day on the paper
    to_normal = models.CharField(max_length=320, blank=True, default="")  # what budgets compare: `rules.budget_key`
    envelope_sender = models.CharField(max_length=320, blank=True, default="")  # where bounces come back
    subject = models.CharField(max_length=300)
    text = models.TextField()
    has_link = models.BooleanField(default=False)  # the mail, and it alone, carries a link to follow the file
    message_id = models.CharField(max_length=400, unique=True)
    in_reply_to = models.CharField(max_length=1000, blank=True, default="")
    references = ArrayField(models.CharField(max_length=1000), default=list)

    state = models.CharField(max_length=12, choices=NoticeState.choices(), default=NoticeState.QUEUED.value)
    due_at = models.DateTimeField()
    not_before = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)  # when the last try began
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")  # the server's or the connection's words
    sent_at = models.DateTimeField(null=True)
    accepted_as = models.TextField(blank=True, default="")  # what the server said when it took the mail
    sent_as = models.OneToOneField(Message, on_delete=models.PROTECT, null=True, related_name="notice")  # the bytes
    posted_on = models.DateField(null=True)  # of a letter: the day it was put in the post
    bounced_at = models.DateTimeField(null=True)  # accepted, then refused further on
    bounce = models.TextField(blank=True, default="")  # the refusing server's status and words
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_by = models.CharField(max_length=64)  # the actor's id, as the journal knows it
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "envoi"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state=NoticeState.SENT.value, sent_at__isnull=False)
                | (~Q(state=NoticeState.SENT.value) & Q(sent_at__isnull=True)),
                name="notice_sent_has_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state=NoticeState.SENDING.value) | Q(claimed_at__isnull=False, attempts__gte=1),
                name="notice_sending_was_claimed",
            ),
            models.CheckConstraint(
                condition=~Q(state=NoticeState.UNCERTAIN.value) | Q(claimed_at__isnull=False),
                name="notice_doubt_has_a_moment",
            ),
            models.CheckConstraint(condition=Q(not_before__gte=F("due_at")), name="notice_never_before_due"),
            models.CheckConstraint(
                condition=Q(carrier__isnull=True) | Q(purpose=Purpose.ACKNOWLEDGEMENT.value),
                name="notice_only_acks_ride",
            ),
            # Nobody is answered twice: one final answer under way for a file.
            models.UniqueConstraint(
                "complaint",
                condition=Q(purpose=Purpose.FINAL.value, state__in=sorted(state.value for state in AHEAD)),
                name="notice_one_final_leaving",
            ),
        ]
        indexes: ClassVar = [
            models.Index("complaint", "due_at", "id", name="notice_in_order"),
            models.Index("not_before", "id", name="notice_queued", condition=Q(state=NoticeState.QUEUED.value)),
            models.Index("claimed_at", name="notice_sending", condition=Q(state=NoticeState.SENDING.value)),
            models.Index(
                "created_at",
                "id",
                name="notice_for_people",
                condition=Q(state__in=sorted(state.value for state in FOR_PEOPLE)),
            ),
            models.Index(DomainOf("to_normal"), "created_at", name="notice_by_domain", condition=Q(is_automatic=True)),
            models.Index("mailbox", "claimed_at", name="notice_by_mailbox", condition=Q(is_automatic=True)),
            models.Index(
                "to_normal",
                "claimed_at",
                name="notice_ack_budget",
                condition=Q(purpose=Purpose.ACKNOWLEDGEMENT.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"

    @property
    def journal_stream(self) -> str:
        """Notices live on their complaint's chain."""
        return f"complaint:{self.complaint_id}"


class Breaker(models.Model):
    """Machines stop writing there: too many mails, or too many round trips. What arrives is kept as ever."""

    journal_columns: ClassVar = ("scope", "complaint_id", "count", "tripped_at", "released_at", "released_by")
    journal_texts: ClassVar = ("key",)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=8, choices=Scope.choices())
    key = models.CharField(max_length=320)  # `rules.budget_key` of an address, a domain, or a complaint's identifier
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, null=True, related_name="+")
    count = models.PositiveIntegerField()  # mails that were too many
    tripped_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)  # a person looked, or it had been quiet for long enough
    released_by = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = "coupe-circuit"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scope", "key"], condition=Q(released_at__isnull=True), name="breaker_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.id}"

    @property
    def journal_stream(self) -> str:
        """On the chain of its file, when it has one."""
        return f"complaint:{self.complaint_id}" if self.complaint_id else "settings"
