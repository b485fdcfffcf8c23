"""What is asked about second factors and open sessions."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.sessions.models import Session
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from doleance.accounts.models import User
from doleance.accounts.rules import Role
from doleance.entry import rules
from doleance.entry.models import SignInRules
from doleance.entry.rules import PROOFS, Device, Factor
from doleance.kernel import kept
from doleance.kernel.kept import SOME_KEY, SOME_MOMENT, SOMEBODY, Statement


@dataclass(frozen=True, slots=True)
class Key:
    """One passkey as its owner sees it."""

    pk: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody may show besides a password; `codes_left` is None without recovery codes."""

    app_since: datetime | None
    app_pk: int | None
    keys: tuple[Key, ...]
    codes_left: int | None

    @property
    def is_protected(self) -> bool:
        """Whether a stolen password is not enough to be them."""
        return self.app_pk is not None or bool(self.keys)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One place where somebody is signed in."""

    pk: int
    device: Device
    ip: str
    began_at: datetime
    ends_at: datetime
    is_current: bool


def signed_in(pk: UUID) -> User | None:
    """The person of a session with their teams, and `lacks_factor`: whether their role asks for a second factor that
    is not there.

    One query, at each request: what is decided of them holds at the very next one.
    """
    return next(iter(kept.rows_of(User, _signed_in(), also=("lacks_factor", "team_ids"), who=pk)), None)


@cache
def _signed_in() -> Statement:
    asked = SignInRules.objects.filter(required_roles__overlap=OuterRef("roles"))
    held = Authenticator.objects.filter(user=OuterRef("pk"), type__in=[factor.value for factor in PROOFS])
    lacks = ExpressionWrapper(Q(Exists(asked)) & ~Q(Exists(held)), output_field=BooleanField())
    teams = User.teams.through.objects.filter(user=OuterRef("pk")).order_by().values("team")
    found = User.objects.annotate(lacks_factor=lacks, team_ids=ArraySubquery(teams)).filter(pk=SOMEBODY)
    return kept.written(found)


def session(key: str, *, at: datetime) -> str | None:
    """What a session of that key holds, sealed; None once it is over."""
    return next((held for (held,) in kept.ask(_session(), key=key, at=at)), None)


@cache
def _session() -> Statement:
    return kept.written(Session.objects.filter(pk=SOME_KEY, expire_date__gt=SOME_MOMENT).values_list("session_data"))


def required_roles() -> frozenset[Role] | None:
    """Whose second factor is required; None while nobody decided."""
    found = SignInRules.objects.first()
    return frozenset(Role(role) for role in found.required_roles) if found else None


def proposed_to(user: User) -> bool:
    """Whether a second factor is proposed to somebody, by what their roles may do."""
    return not rules.PROPOSED.isdisjoint(Role(role) for role in user.roles)


def factors(user: User) -> Factors:
    """What a person may show besides a password; one query."""
    found = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
    app = next((one for one in found if one.type == Factor.TOTP), None)
    codes = next((one for one in found if one.type == Factor.RECOVERY_CODES), None)
    keys = [one for one in found if one.type == Factor.WEBAUTHN]
    return Factors(
        app_since=app.created_at if app else None,
        app_pk=app.pk if app else None,
        keys=tuple(Key(one.pk, one.wrap().name, one.created_at, one.last_used_at) for one in keys),
        codes_left=len(codes.wrap().get_unused_codes()) if codes else None,
    )


def protected() -> set[UUID]:
    """Who has a second factor."""
    held = Authenticator.objects.filter(type__in=[factor.value for factor in PROOFS])
    return set(held.values_list("user_id", flat=True))


def came_by_directory(user: User) -> bool:
    """Whether a person is bound to who they are in the company's directory."""
    return bool(SocialAccount.objects.filter(user=user).exists())


def sessions(user: User, *, current: str, at: datetime) -> list[OpenSession]:
    """Where a person is signed in, the latest first; `current` is the key of the session that asks."""
    rows = {one.session_key: one for one in UserSession.objects.filter(user_id=user.pk)}
    alive = Session.objects.filter(session_key__in=list(rows), expire_date__gt=at)
    found = [
        OpenSession(
            pk=rows[one.session_key].pk,
            device=rules.device(rows[one.session_key].user_agent),
            ip=str(rows[one.session_key].ip),
            began_at=rows[one.session_key].created_at,
            ends_at=one.expire_date,
            is_current=one.session_key == current,
        )
        for one in alive
        if one.get_decoded().get("_auth_user_hash") == user.get_session_auth_hash()
    ]
    return sorted(found, key=lambda one: (not one.is_current, -one.began_at.timestamp(), one.pk))
