"""Mailboxes, messages and the bytes they came in."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from doleance.accounts.models import Entity, Team
from doleance.channels.rules import (
    AfterReading,
    Direction,
    ImapAuth,
    Limit,
    Mark,
    MessageState,
    Reason,
    ReceivedFrom,
    Security,
    SenderClass,
    Source,
)
from doleance.kernel.ids import uuid7


class Mailbox(models.Model):
    """An address of ours: whose complaints come in by it, and how answers leave."""

    journal_columns: ClassVar = (
        "entity_id",
        "team_id",
        "smtp_host",
        "smtp_port",
        "smtp_security",
        "imap_host",
        "imap_port",
        "imap_security",
        "imap_auth",
        "after_reading",
        "quiet_hours",
        "has_plus",
        "is_active",
        "acknowledge",
    )
    journal_texts: ClassVar = (
        "address",
        "name",
        "smtp_user",
        "imap_user",
        "imap_folder",
        "done_folder",
        "oauth_token_url",
        "oauth_client_id",
        "authserv_id",
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="mailboxes")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")  # null: the default team
    address = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True, default="")  # shown beside the address in what leaves
    # No host: what leaves goes to the development sink, or waits and says so.
    smtp_host = models.CharField(max_length=253, blank=True, default="")
    smtp_port = models.PositiveIntegerField(default=465)
    smtp_user = models.CharField(max_length=254, blank=True, default="")
    smtp_security = models.CharField(max_length=8, choices=Security.choices(), default=Security.TLS.value)
    smtp_secret = models.BinaryField(null=True)  # a sealed object: its identifier (16 bytes), then itself
    # No host: nothing is fetched; mail comes by import only.
    imap_host = models.CharField(max_length=253, blank=True, default="")
    imap_port = models.PositiveIntegerField(default=993)
    imap_user = models.CharField(max_length=254, blank=True, default="")
    imap_security = models.CharField(max_length=8, choices=Security.choices(), default=Security.TLS.value)
    imap_auth = models.CharField(max_length=8, choices=ImapAuth.choices(), default=ImapAuth.PASSWORD.value)
    imap_secret = models.BinaryField(null=True)  # as smtp_secret: the password, or the OAuth 2 refresh token
    oauth_token_url = models.URLField(max_length=500, blank=True, default="")
    oauth_client_id = models.CharField(max_length=254, blank=True, default="")
    oauth_client_secret = models.BinaryField(null=True)  # as smtp_secret; some public clients have none
    imap_folder = models.CharField(max_length=254, default="INBOX")
    after_reading = models.CharField(max_length=8, choices=AfterReading.choices(), default=AfterReading.SEEN.value)
    done_folder = models.CharField(max_length=254, blank=True, default="")  # where read mail goes, when it moves
    # Whose `Authentication-Results` are believed (RFC 8601 §2.2); empty: no sender is verified.
    authserv_id = models.CharField(max_length=253, blank=True, default="")
    has_plus = models.BooleanField(default=False)  # `name+tag@domain` reaches it (RFC 5233): signed addresses are used
    quiet_hours = models.PositiveSmallIntegerField(default=0)  # an alarm when nothing came for so long; 0: never
    is_active = models.BooleanField(default=True)
    acknowledge = models.BooleanField(default=True)

    class Meta:
        verbose_name = "boîte de messagerie"
        constraints: ClassVar = [models.UniqueConstraint(Lower("address"), name="mailbox_address_once")]

    def __str__(self) -> str:
        return self.address

    @property
    def journal_stream(self) -> str:
        """Mailboxes are settings."""
        return "settings"


class MailboxHealth(models.Model):
    """How the fetching of a mailbox goes. Kept apart from its settings: it changes each minute and is no history."""

    mailbox = models.OneToOneField(Mailbox, on_delete=models.PROTECT, primary_key=True, related_name="health")
    checked_at = models.DateTimeField(null=True)  # the last try
    ok_at = models.DateTimeField(null=True)  # the last try that went to its end
    failing_since = models.DateTimeField(null=True)
    error = models.CharField(max_length=24, blank=True, default="")  # a code of ours, `channels.rules.MailboxError`
    said = models.TextField(blank=True, default="")  # the server's own words
    alarmed_at = models.DateTimeField(null=True)  # people were told of this outage
    last_message_at = models.DateTimeField(null=True)  # reception of the latest mail fetched
    uidvalidity = models.BigIntegerField(null=True)
    seen_uid = models.BigIntegerField(default=0)  # every message up to this one is in the ledger
    swept_at = models.DateTimeField(null=True)  # the whole folder was last compared with the ledger
    began_at = models.DateTimeField(null=True)  # the first try ever: mail much older than that is history
    # Where the numbers come from: a digest of host, login and folder. Another place may give the same UIDVALIDITY to
    # other mails, so each change of place opens an epoch, and the ledger's UIDVALIDITY is epoch × 2^32 + the server's.
    place = models.CharField(max_length=64, blank=True, default="")
    epoch = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "état d’une boîte"

    def __str__(self) -> str:
        return str(self.mailbox_id)


class Blob(models.Model):
    """Bytes nobody can change: a raw message or an attached file, sealed under a key of its own (AES-256-GCM)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sha256 = models.CharField(max_length=64)  # of the bytes before sealing, in hexadecimal
    size = models.BigIntegerField()  # bytes, before sealing
    sealed = models.BinaryField()

    class Meta:
        verbose_name = "contenu scellé"

    def __str__(self) -> str:
        return self.sha256[:12]


class Message(models.Model):
    """One item on a channel, for ever. Inbound rows are the ledger of reliability.md §2."""

    journal_columns: ClassVar = (
        "direction",
        "source",
        "entity_id",
        "team_id",
        "mailbox_id",
        "uidvalidity",
        "uid",
        "sha256",
        "raw_id",
        "received_at",
        "received_from",
        "state",
        "reason",
        "duplicate_of_id",
        "filed_at",
    )
    journal_texts: ClassVar = ("filed_because",)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    direction = models.CharField(max_length=3, choices=Direction.choices(), default=Direction.IN.value)
    channel = models.CharField(max_length=12, default="email")
    source = models.CharField(max_length=8, choices=Source.choices())
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")  # who sorts it in quarantine
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, null=True, related_name="messages")
    uidvalidity = models.BigIntegerField(null=True)
    uid = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    raw = models.OneToOneField(Blob, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    received_from = models.CharField(max_length=12, choices=ReceivedFrom.choices())
    stored_at = models.DateTimeField()
    acknowledge = models.BooleanField(default=True)  # False: history, nobody is told anything

    state = models.CharField(max_length=12, choices=MessageState.choices(), default=MessageState.STORED.value)
    reason = models.CharField(max_length=16, choices=Reason.choices(), blank=True, default="")
    limit = models.CharField(max_length=16, choices=Limit.choices(), blank=True, default="")
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="duplicates")
    same_id_as = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")  # other content
    cites = models.UUIDField(null=True)  # the complaint a held message points to; no key upwards
    silence = models.CharField(max_length=24, blank=True, default="")  # why no acknowledgement left (intake.rules)
    filed_at = models.DateTimeField(null=True)  # set aside by a person as no complaint
    filed_because = models.TextField(blank=True, default="")

    read_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=1000, blank=True, default="")
    body_sha256 = models.CharField(max_length=64, blank=True, default="")
    in_reply_to = ArrayField(models.CharField(max_length=1000), default=list)
    references = ArrayField(models.CharField(max_length=1000), default=list)
    from_name = models.CharField(max_length=200, blank=True, default="")
    from_address = models.CharField(max_length=320, blank=True, default="")
    reply_to = models.CharField(max_length=320, blank=True, default="")
    to = ArrayField(models.CharField(max_length=320), default=list)
    cc = ArrayField(models.CharField(max_length=320), default=list)
    subject = models.TextField(blank=True, default="")
    text = models.TextField(blank=True, default="")
    dated_at = models.DateTimeField(null=True)  # the sender's own `Date:`, shown and never counted from
    lost = models.PositiveIntegerField(default=0)  # characters of `text` whose bytes have no meaning
    delivered_to = ArrayField(models.CharField(max_length=320), default=list)
    authentication = models.CharField(max_length=200, blank=True, default="")  # what proved the sender, in short
    forwarded_name = models.CharField(
        max_length=200, blank=True, default=""
    )  # the author that a forwarded mail quotes
    forwarded_address = models.CharField(max_length=320, blank=True, default="")
    marks = ArrayField(models.CharField(max_length=16, choices=Mark.choices()), default=list)
    has_html = models.BooleanField(default=False)
    rule = models.CharField(max_length=32, blank=True, default="")  # which follow-up rule matched, held ones included
    answers = models.UUIDField(null=True)  # the outgoing mail that a machine answers; no key upwards
    sender_class = models.CharField(max_length=12, choices=SenderClass.choices(), default=SenderClass.UNVERIFIED.value)
    is_automatic = models.BooleanField(default=False)

    class Meta:
        verbose_name = "message"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "uidvalidity", "uid"], name="message_uid_once"),
            models.UniqueConstraint(
                fields=["sha256"], condition=models.Q(source=Source.IMPORT.value), name="message_import_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state=MessageState.DUPLICATE.value, duplicate_of__isnull=False)
                | (~models.Q(state=MessageState.DUPLICATE.value) & models.Q(duplicate_of__isnull=True)),
                name="duplicate_names_its_message",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=MessageState.QUARANTINED.value) | ~models.Q(reason=""),
                name="quarantine_says_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index("sha256", name="message_by_hash"),
            models.Index(Lower("from_address"), "stored_at", name="message_by_sender"),
            models.Index("message_id", name="message_by_id", condition=~models.Q(message_id="")),
            models.Index("state", "id", name="message_to_read", condition=models.Q(state=MessageState.STORED.value)),
            models.Index(
                "received_at",
                "id",
                name="message_quarantine",
                condition=models.Q(state=MessageState.QUARANTINED.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.id}"

    @property
    def journal_stream(self) -> str:
        """A message has a chain of its own: it may wait in quarantine before any file knows it."""
        return f"message:{self.id}"


class Attachment(models.Model):
    """A file that came with a message. Its name is the sender's, shown and never used as a path.

    Not on the journal by itself: it follows from the raw message, whose hash is.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    blob = models.OneToOneField(Blob, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    size = models.BigIntegerField()
    content_id = models.CharField(max_length=255, blank=True, default="")
    is_inline = models.BooleanField(default=False)

    class Meta:
        verbose_name = "pièce jointe"
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "position"], name="attachment_order")]

    def __str__(self) -> str:
        return self.name


class ImportRun(models.Model):
    """One import of a file or folder; begun again after a stop, it is the same run."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    path = models.TextField()
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledge = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True)  # every item of the source is in the ledger
    finished_at = models.DateTimeField(null=True)  # every one of them is read

    class Meta:
        verbose_name = "import"

    def __str__(self) -> str:
        return self.path

    @property
    def journal_stream(self) -> str:
        """A run has a chain of its own."""
        return f"import:{self.id}"


class ImportLine(models.Model):
    """One item of a run and what became of it: a new message, or the message that it repeats."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="lines")
    path = models.TextField()  # inside the imported folder
    position = models.PositiveIntegerField()  # inside an mbox, from 0
    sha256 = models.CharField(max_length=64)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    repeats = models.BooleanField()  # the message was already in the ledger

    class Meta:
        verbose_name = "ligne d’import"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "path", "position", "sha256"], name="import_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.path}:{self.position}"
