"""What is asked about people and teams."""

from datetime import datetime
from functools import lru_cache
from typing import cast
from uuid import UUID

from django.db.models import Prefetch

from doleance.accounts.models import AccessLink, Entity, Team, Theme, User
from doleance.accounts.rules import PERMISSIONS, Actor, LinkPurpose, Permission
from doleance.kernel import ids, kept
from doleance.kernel.kept import Statement

# The roles of those who answer for files.
HANDLERS = sorted(role for role, granted in PERMISSIONS.items() if Permission.HANDLE in granted)


def entity() -> Entity:
    """The first entity: the only one of a shop. Raises Entity.DoesNotExist before `doleance init`."""
    return Entity.objects.order_by("id")[:1].get()


def default_team(of: Entity) -> Team:
    """The team that takes what no rule gives to another."""
    return Team.objects.get(entity=of, is_default=True)


def teams() -> list[Team]:
    """All teams by name."""
    return list(Team.objects.select_related("entity").order_by("name", "id"))


def teams_of(actor: Actor) -> list[Team]:
    """The teams that somebody belongs to, by name."""
    return kept.rows_of(Team, _teams_of(actor.teams))


@lru_cache(maxsize=500)
def _teams_of(teams: frozenset[UUID]) -> Statement:
    return kept.written(Team.objects.filter(pk__in=sorted(teams)).order_by("name", "id"))


def users() -> list[User]:
    """All members of staff with their teams, the active ones first, by name."""
    return list(User.objects.prefetch_related("teams").order_by("-is_active", "name", "id"))


def user_by_email(email: str) -> User | None:
    """The person of that address, whatever its case."""
    return User.objects.filter(email__iexact=email.strip()).first()


def user_by_id(pk: UUID) -> User | None:
    """The person of that identifier."""
    return User.objects.filter(pk=pk).first()


def link_by_secret(secret: str) -> AccessLink | None:
    """The link that this secret opens, whatever became of it."""
    return AccessLink.objects.select_related("user").filter(digest=ids.secret_digest(secret)).first()


def link_to_mail(pk: UUID, *, at: datetime) -> AccessLink | None:
    """A link whose mail is still to leave: somebody's who may enter, not used, not ended, not mailed yet."""
    found = AccessLink.objects.select_related("user").filter(pk=pk, used_at=None, mailed_at=None, expires_at__gt=at)
    return found.filter(user__is_active=True).first()


def opens(secret: str, purpose: LinkPurpose, *, at: datetime) -> bool:
    """Whether a link may still be used; asking spends nothing."""
    found = AccessLink.objects.filter(digest=ids.secret_digest(secret), purpose=purpose, used_at=None)
    return found.filter(expires_at__gt=at, user__is_active=True).exists()


def invitations(*, at: datetime) -> dict[UUID, AccessLink]:
    """The invitation that each person may still use, by the person's identifier."""
    found = AccessLink.objects.filter(purpose=LinkPurpose.INVITATION, used_at=None, expires_at__gt=at)
    return {link.user_id: link for link in found.order_by("created_at", "id") if link.user_id}


def holders(permission: Permission) -> list[User]:
    """The active people of whom one role grants `permission`, by name."""
    roles = sorted(role for role, granted in PERMISSIONS.items() if permission in granted)
    return list(User.objects.filter(is_active=True, roles__overlap=roles).order_by("name", "id"))


def handlers() -> list[User]:
    """The active people who answer for files, those away too, by name."""
    return list(User.objects.filter(is_active=True, roles__overlap=HANDLERS).order_by("name", "id"))


def is_set_up() -> bool:
    """Whether somebody can sign in."""
    return User.objects.exists()


def assignable(of: Entity) -> list[tuple[Team, list[User]]]:
    """The teams of an entity by name, each with who may answer for its files; two queries."""
    people = User.objects.filter(is_active=True, is_away=False, roles__overlap=HANDLERS).order_by("name", "id")
    rows = Team.objects.filter(entity=of).order_by("name", "id").prefetch_related(Prefetch("members", people))
    return [(team, list(team.members.all())) for team in rows]


def every_assignable() -> list[tuple[Team, list[User]]]:
    """The teams of every house by name, each with who may answer for its files; two queries."""
    people = User.objects.filter(is_active=True, is_away=False, roles__overlap=HANDLERS).order_by("name", "id")
    rows = Team.objects.order_by("name", "id").prefetch_related(Prefetch("members", people))
    return [(team, list(team.members.all())) for team in rows]


def colleagues(team: Team) -> list[User]:
    """Who may answer for a file of that team: its active agents and leads who are not away."""
    people = team.members.filter(is_active=True, is_away=False, roles__overlap=HANDLERS)
    return list(people.order_by("name", "id"))


def houses() -> list[Entity]:
    """Every entity by name, with its theme but for the drawing of its logo; one query."""
    return list(Entity.objects.select_related("theme").defer("theme__logo").order_by("name", "id"))


def house_by_slug(slug: str) -> Entity | None:
    """The entity whose public form has that name in its address."""
    return Entity.objects.filter(slug=slug).first() if slug else None


def look_of(entity: Entity) -> Theme | None:
    """The same without the drawing of its logo; one query, unless the entity came with it."""
    field = Entity._meta.get_field("theme")
    if not field.is_cached(entity):
        field.set_cached_value(entity, Theme.objects.filter(entity_id=entity.pk).defer("logo").first())
    return cast("Theme | None", field.get_cached_value(entity))


def theme_of(entity_id: UUID) -> Theme | None:
    """The look of an entity's public pages, with its logo; nothing when it wears ours."""
    return Theme.objects.filter(entity_id=entity_id).first()
