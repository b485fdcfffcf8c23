"""Entities, teams, users."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from doleance.accounts.rules import Actor, LinkPurpose, Role
from doleance.accounts.theme import LogoInk
from doleance.kernel import text
from doleance.kernel.ids import uuid7


class Entity(models.Model):
    """A legal entity, brand or site: whose complaint it is. It has its own time zone, calendar and packs."""

    journal_columns: ClassVar = ("time_zone", "calendar", "packs", "language", "slug")
    journal_texts: ClassVar = ("name", "mediator", "postal", "phone", "privacy")
    journal_stream = "settings"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200, unique=True)
    time_zone = models.CharField(max_length=64, default="Europe/Paris")
    calendar = models.CharField(max_length=16, default="FR")  # code of a `deadlines` calendar; no key upwards
    packs = ArrayField(models.CharField(max_length=32), default=list)  # codes, most specific first
    language = models.CharField(max_length=8, default="fr")
    mediator = models.TextField(blank=True, default="")  # name, address and site, as letters must give them
    postal = models.TextField(blank=True, default="")  # the house's own envelope, line by line; letters carry it
    phone = models.CharField(max_length=40, blank=True, default="")  # as people read it aloud
    slug = models.SlugField(max_length=40, blank=True, default="")  # names it in the address of the public form
    privacy = models.TextField(blank=True, default="")  # who answers for personal data, and how to write to them

    class Meta:
        verbose_name = "entité"
        constraints: ClassVar = [
            models.UniqueConstraint("slug", condition=~models.Q(slug=""), name="entity_slug_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Theme(models.Model):
    """How an entity's public pages look: its colour and its logo. Without one they wear ours."""

    journal_columns: ClassVar = ("entity_id", "colour", "logo_type", "logo_sha256", "logo_ink")
    journal_texts: ClassVar = ()
    journal_stream = "settings"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entity = models.OneToOneField(Entity, on_delete=models.PROTECT, related_name="theme")
    colour = models.CharField(max_length=7, blank=True, default="")  # `#005f69`; empty: ours
    logo = models.BinaryField(null=True)
    logo_type = models.CharField(max_length=20, blank=True, default="")
    logo_sha256 = models.CharField(max_length=64, blank=True, default="")
    logo_width = models.PositiveSmallIntegerField(default=0)  # pixels of the drawing kept; shown smaller
    logo_height = models.PositiveSmallIntegerField(default=0)
    logo_ink = models.CharField(max_length=8, choices=LogoInk.choices(), blank=True, default="")

    class Meta:
        verbose_name = "apparence"

    def __str__(self) -> str:
        return str(self.entity)


class Team(models.Model):
    """A group of people who see and handle the same files."""

    journal_columns: ClassVar = ("entity_id", "is_default")
    journal_texts: ClassVar = ("name",)
    journal_stream = "settings"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=120)
    is_default = models.BooleanField(default=False)  # takes what no rule gives to another team

    class Meta:
        verbose_name = "équipe"
        constraints: ClassVar = [
            models.UniqueConstraint("entity", Lower("name"), name="team_name_once"),
            models.UniqueConstraint("entity", condition=models.Q(is_default=True), name="team_one_default"),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Finds people by address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A member of staff. The address signs in; the roles decide."""

    journal_columns: ClassVar = ("roles", "teams", "is_active", "is_away")
    journal_texts: ClassVar = ("email", "name")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=16, choices=Role.choices()), default=list)
    teams = models.ManyToManyField(Team, related_name="members", blank=True)
    is_active = models.BooleanField(default=True)
    is_away = models.BooleanField(default=False)
    sessions_ended = models.PositiveIntegerField(default=0)  # how often every session was closed at once

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        verbose_name = "personne"
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def journal_stream(self) -> str:
        """Each person's account has a chain of its own."""
        return f"user:{self.id}"

    @property
    def has_access(self) -> bool:
        """Whether they can enter, or did once: by a password, or by the company's directory."""
        return self.has_usable_password() or self.last_login is not None

    @property
    def initials(self) -> str:
        """Two letters for the round badge."""
        return text.initials(self.name)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must agree with at each request: another password, or one more closing, ends them all."""
        own = str(super()._get_session_auth_hash(secret))  # type: ignore[misc]  # Django's types leave it out
        if not self.sessions_ended:
            return own
        told = f"{own}:{self.sessions_ended}"
        return salted_hmac("doleance.sessions", told, secret=secret, algorithm="sha256").hexdigest()

    def actor(self) -> Actor:
        """This person as actions and rules know them; one query for the teams unless they came with the person."""
        team_ids: list[uuid.UUID] | None = self.__dict__.get("team_ids")  # `entry.queries.signed_in`
        if team_ids is None:
            team_ids = list(self.teams.values_list("id", flat=True))
        roles = frozenset(Role(role) for role in self.roles) if self.is_active else frozenset()
        return Actor(id=f"user:{self.id}", name=self.name, roles=roles, teams=frozenset(team_ids), user_id=self.id)


class AccessLink(models.Model):
    """A link that lets somebody in once: the first run, an invitation, a new password. Only its digest is stored.

    A link for a new password without a `user` was asked for an address that is nobody's: it opens nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=12, choices=LinkPurpose.choices())
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)  # a server took the mail that carries it
    mail_failed_at = models.DateTimeField(null=True)  # the last try to hand that mail over failed

    class Meta:
        verbose_name = "lien d’accès"

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"
