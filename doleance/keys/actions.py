"""What happens to keys: made, revoked, used."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.kernel import ids
from doleance.kernel.db import hold, write
from doleance.keys import rules
from doleance.keys.models import ApiKey, KeyCall, KeyUse
from doleance.keys.rules import Scope, Spent


@write
def make_key(
    *,
    entity: Entity,
    name: str,
    scopes: Collection[Scope],
    teams: Collection[Team] = (),
    per_minute: int = rules.PER_MINUTE,
    per_day: int = rules.PER_DAY,
    by: Actor,
    at: datetime,
) -> tuple[ApiKey, str]:
    """Make a key, and give its secret: nobody can be shown it again. Without `teams` it has all those of its entity.

    Raises NoScope, NoKeyName, KeyNameTaken, TeamElsewhere, LimitOutOfRange.
    """
    require(by, Permission.SETTINGS)
    called = rules.name_of(name)
    if not scopes:
        raise rules.NoScope
    rules.check_limits(per_minute=per_minute, per_day=per_day)
    stranger = next((team for team in teams if team.entity_id != entity.pk), None)
    if stranger is not None:
        raise rules.TeamElsewhere(name=stranger.name)
    hold(f"api_keys:{entity.pk}")
    if ApiKey.objects.filter(entity=entity, name=called, revoked_at__isnull=True).exists():
        raise rules.KeyNameTaken
    secret = rules.new_secret()
    key = ApiKey.objects.create(
        entity=entity,
        name=called,
        scopes=sorted({scope.value for scope in scopes}),
        per_minute=per_minute,
        per_day=per_day,
        digest=ids.secret_digest(secret),
        hint=rules.hint_of(secret),
        made_at=at,
        made_by_id=by.user_id,
    )
    key.teams.set(teams)
    audit.record(stream="settings", code="api_key_made", by=by.id, at=at, rows=[(key, None)])
    return key, secret


@write
def revoke_key(*, key: ApiKey, by: Actor, at: datetime) -> ApiKey:
    """Stop a key, at once and for good. One that was revoked stays so."""
    require(by, Permission.SETTINGS)
    held = ApiKey.objects.select_for_update().get(pk=key.pk)
    if held.revoked_at is not None:
        return held
    held.revoked_at = at
    held.save(update_fields=["revoked_at"])
    audit.record(stream="settings", code="api_key_revoked", by=by.id, at=at, rows=[(held, ["revoked_at"])])
    return held


@write(quiet="a counter that changes at each call and is no history")
def spend(*, key: ApiKey, at: datetime) -> None:
    """Count one call of a key. Raises TooManyCalls when it had its share of the minute or of the day."""
    hold(f"api_key:{key.pk}")
    use = KeyUse.objects.filter(key=key).first()
    known = Spent(use.minute_at, use.in_minute, use.day_at, use.in_day) if use is not None else None
    spent = rules.spend(known, per_minute=key.per_minute, per_day=key.per_day, at=at)
    held = use or KeyUse(key=key)
    held.minute_at, held.in_minute, held.day_at, held.in_day = (
        spent.minute_at,
        spent.in_minute,
        spent.day_at,
        spent.in_day,
    )
    held.last_at = at
    held.save()


@write(quiet="what the call makes is on the journal")
def enter_call(*, call: UUID, key_id: UUID, fingerprint: str, at: datetime) -> None:
    """Enter a call that must happen once, and hold it: those made at the same time wait, then find it made.

    Called inside the write that does it. Raises OtherBody when it was made before and said something else.
    """
    hold(f"api_call:{call}")
    made = KeyCall.objects.filter(pk=call).first()
    if made is None:
        KeyCall.objects.create(id=call, key_id=key_id, fingerprint=fingerprint, made_at=at)
    elif made.fingerprint != fingerprint:
        raise rules.OtherBody
