"""Keys, how much they are used, and the calls that must happen once."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from doleance.accounts.models import Entity, Team, User
from doleance.accounts.rules import Actor
from doleance.kernel.ids import uuid7
from doleance.keys import rules
from doleance.keys.rules import Scope


class ApiKey(models.Model):
    """What one program enters with. Only the digest of its secret is kept."""

    journal_columns: ClassVar = ("entity_id", "teams", "scopes", "per_minute", "per_day", "made_at", "revoked_at")
    journal_texts: ClassVar = ("name",)
    journal_stream = "settings"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="api_keys")
    teams = models.ManyToManyField(Team, related_name="+", blank=True)  # none: all those of the entity
    name = models.CharField(max_length=rules.LONGEST_NAME)  # of the program
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope.choices()))
    per_minute = models.PositiveIntegerField(default=rules.PER_MINUTE)
    per_day = models.PositiveIntegerField(default=rules.PER_DAY)
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=rules.HINT)  # the end of the secret
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "clé d’API"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(scopes__len__gte=1), name="api_key_opens_something"),
            models.UniqueConstraint(
                "entity", "name", condition=models.Q(revoked_at__isnull=True), name="api_key_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def actor(self) -> Actor:
        """This program as actions and rules know it; its teams were read with it."""
        return Actor(
            id=f"key:{self.id}",
            name=self.name,
            granted=rules.permissions(self.scopes),
            teams=frozenset(team.pk for team in self.teams.all()),
            entity_id=self.entity_id,
        )


class KeyUse(models.Model):
    """How much a key is used. Apart from the key: it changes at each call and is no history."""

    key = models.OneToOneField(ApiKey, on_delete=models.PROTECT, primary_key=True, related_name="use")
    minute_at = models.DateTimeField()
    in_minute = models.PositiveIntegerField(default=0)
    day_at = models.DateTimeField()
    in_day = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = "usage d’une clé"

    def __str__(self) -> str:
        return str(self.key_id)


class KeyCall(models.Model):
    """A call that happens once: what it said, to be compared when it is made again.

    Its identifier comes from the key and from what the program called it, and is that of the message it made. Not on
    the journal: the message is.
    """

    id = models.UUIDField(primary_key=True)
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = "appel"

    def __str__(self) -> str:
        return str(self.id)
