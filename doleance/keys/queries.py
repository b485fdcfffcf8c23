"""What is asked about keys."""

from uuid import UUID

from doleance.accounts import queries as accounts
from doleance.accounts.models import Team
from doleance.kernel import ids
from doleance.keys import rules
from doleance.keys.models import ApiKey


def every_key() -> list[ApiKey]:
    """Every key with its entity, its teams and its use: those in service first, the latest first."""
    rows = ApiKey.objects.select_related("entity", "use", "made_by").prefetch_related("teams")
    return sorted(rows.order_by("-made_at", "-id"), key=lambda key: key.revoked_at is not None)


def key_by_id(pk: UUID) -> ApiKey | None:
    """One of them."""
    return ApiKey.objects.filter(pk=pk).select_related("entity", "use", "made_by").prefetch_related("teams").first()


def living_key(secret: str) -> ApiKey | None:
    """The key of that secret, unless it was revoked, with its entity and its teams."""
    if not rules.is_secret(secret):
        return None
    rows = ApiKey.objects.filter(digest=ids.secret_digest(secret), revoked_at__isnull=True)
    return rows.select_related("entity").prefetch_related("teams").first()


def names(pks: set[UUID]) -> dict[UUID, str]:
    """The names of the programs that hold these keys, revoked ones too."""
    return dict(ApiKey.objects.filter(pk__in=pks).order_by("pk").values_list("pk", "name"))


def receiving_team(key: ApiKey) -> Team:
    """Who receives what this key tells: the default team of its entity, or the first by name of those it is kept to.

    `key` comes with its teams.
    """
    default, teams = accounts.default_team(key.entity), sorted(key.teams.all(), key=lambda team: team.name)
    return default if not teams or default in teams else teams[0]
