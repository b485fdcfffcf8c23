"""Parties and their addresses."""

from typing import ClassVar

from django.db import models

from doleance.complainants.rules import AddressChannel, PartyKind, PartyStatus
from doleance.kernel import text
from doleance.kernel.ids import uuid7


class Party(models.Model):
    """A complainant or a representative. The title is the person's choice, never guessed."""

    journal_columns: ClassVar = ("kind", "status", "language", "is_customer", "created_at", "preferred")
    journal_texts: ClassVar = ("name", "title", "reach_when", "adaptations")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=PartyKind.choices(), default=PartyKind.PERSON.value)
    name = models.CharField(max_length=200, blank=True, default="")
    title = models.CharField(max_length=40, blank=True, default="")
    status = models.CharField(max_length=16, choices=PartyStatus.choices(), default=PartyStatus.UNKNOWN.value)
    language = models.CharField(max_length=8, default="fr")
    is_customer = models.BooleanField(null=True)
    preferred = models.CharField(max_length=8, choices=AddressChannel.choices(), blank=True, default="")
    reach_when = models.CharField(max_length=200, blank=True, default="")  # in the person's words
    adaptations = models.TextField(blank=True, default="")  # what makes our answer readable or audible to them
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "réclamant"

    def __str__(self) -> str:
        return self.name

    @property
    def journal_stream(self) -> str:
        """A party has a chain of its own: it outlives each complaint."""
        return f"party:{self.id}"

    @property
    def initials(self) -> str:
        """Two letters for the round badge."""
        return text.initials(self.name)


class Address(models.Model):
    """One way to reach a party. A mail address belongs to one; a shared mailbox is one party until told apart."""

    journal_columns: ClassVar = ("party_id", "channel", "verified", "invalid_at")
    journal_texts: ClassVar = ("value", "normal", "invalid_because")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="addresses")
    channel = models.CharField(max_length=8, choices=AddressChannel.choices())
    value = models.CharField(max_length=320)
    normal = models.CharField(max_length=320)
    verified = models.BooleanField(default=False)
    invalid_at = models.DateTimeField(null=True)  # since then nothing reaches it: a bounce said so
    invalid_because = models.TextField(blank=True, default="")  # the refusing server's words

    class Meta:
        verbose_name = "adresse"
        constraints: ClassVar = [
            # A mail address recognises: it is one party's. A household shares a letter box and a telephone.
            models.UniqueConstraint(
                fields=["channel", "normal"],
                condition=models.Q(channel=AddressChannel.EMAIL.value),
                name="address_once",
            ),
            models.UniqueConstraint(fields=["party", "channel", "normal"], name="address_once_a_party"),
        ]
        indexes: ClassVar = [
            models.Index("invalid_at", name="address_invalid", condition=models.Q(invalid_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.value

    @property
    def journal_stream(self) -> str:
        """Addresses live on their party's chain."""
        return f"party:{self.party_id}"
