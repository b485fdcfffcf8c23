"""What a key opens, how many calls it has, and what a call that is made again must say. Pure."""

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from doleance.accounts.rules import Permission
from doleance.kernel import ids
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind

PREFIX: Final = "dol_"  # so that people, and what looks for leaked secrets, see what it is
HINT: Final = 4  # the last signs of a secret: they tell keys apart on a page, and leave 104 unknown bits
LONGEST_NAME: Final = 80
PER_MINUTE, PER_DAY = 60, 10_000  # what a new key is offered
MOST_PER_MINUTE, MOST_PER_DAY = 6_000, 1_000_000
ONCE: Final = r"^[\x21-\x7e]{1,255}$"  # how a program may name a call: ASCII signs, no space
_SECRET = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{22}}", re.ASCII)


class Scope(Kind):
    """One thing that a key may do."""

    READ = "read", "Lire les dossiers et leurs échanges"
    CREATE = "create", "Déposer une réclamation"
    MESSAGE = "message", "Ajouter à un dossier ce qu’écrit le réclamant"


# What each opens, in the one table of permissions (docs/decisions/0008).
GRANTS: Mapping[Scope, Permission] = {
    Scope.READ: Permission.READ_TEAM_FILES,
    Scope.CREATE: Permission.DEPOSIT,
    Scope.MESSAGE: Permission.RELAY,
}


class NoScope(Refusal):
    """A key that opens nothing."""

    code = "no_scope"
    sentence = "Cochez au moins une chose que cette clé permet."


class NoKeyName(Refusal):
    """Nobody would know which program to stop."""

    code = "no_key_name"
    sentence = "Donnez à cette clé le nom du programme qui s’en servira."


class KeyNameTaken(Refusal):
    """Two living keys of an entity with one name: one would revoke the wrong one."""

    code = "key_name_taken"
    sentence = "Une clé en service porte déjà ce nom. Choisissez-en un autre, ou révoquez-la d’abord."


class TeamElsewhere(Refusal):
    """A key is kept to teams of its own entity."""

    code = "team_elsewhere"
    sentence = "L’équipe {name} n’est pas de cette entreprise."


class LimitOutOfRange(Refusal):
    """A limit of nothing, or none at all."""

    code = "limit_out_of_range"
    sentence = "Choisissez une limite d’au moins un appel, et au plus de {most}."


class TooManyCalls(Refusal):
    """The key had its share of the minute or of the day. `wait`: seconds until the next one."""

    code = "too_many_calls"
    sentence = "Cette clé a fait trop d’appels. Attendez {wait}\u00a0secondes."


class OtherBody(Refusal):
    """A call is made again under the same identifier and says something else."""

    code = "idempotency_mismatch"
    sentence = (
        "Cet identifiant d’appel (Idempotency-Key) a déjà servi pour un autre contenu. Prenez-en un nouveau pour un "
        "nouvel appel."
    )


def new_secret() -> str:
    """A key as its program sends it: 128 random bits after a prefix."""
    return f"{PREFIX}{ids.new_secret()}"


def is_secret(text: str) -> bool:
    """Whether a text has the shape of a key; nothing else is looked up."""
    return _SECRET.fullmatch(text) is not None


def hint_of(secret: str) -> str:
    """The end of a secret, by which people tell keys apart."""
    return secret[-HINT:]


def permissions(scopes: Collection[str]) -> frozenset[Permission]:
    """What a key of these scopes may do."""
    return frozenset(GRANTS[Scope(one)] for one in scopes)


def name_of(text: str) -> str:
    """The name of a key, as it is kept. Raises NoKeyName."""
    said = " ".join(text.split())[:LONGEST_NAME].strip()
    if not said:
        raise NoKeyName
    return said


def check_limits(*, per_minute: int, per_day: int) -> None:
    """Raise LimitOutOfRange for what is no limit."""
    for wanted, most in ((per_minute, MOST_PER_MINUTE), (per_day, MOST_PER_DAY)):
        if not 1 <= wanted <= most:
            raise LimitOutOfRange(most=most)


@dataclass(frozen=True, slots=True)
class Spent:
    """How many calls a key made in the running minute and in the running day (UTC), and when these began."""

    minute_at: datetime
    in_minute: int
    day_at: datetime
    in_day: int


def spend(spent: Spent | None, *, per_minute: int, per_day: int, at: datetime) -> Spent:
    """One more call. Raises TooManyCalls; a call that is refused is not counted."""
    now = _current(spent, at)
    if now.in_day >= per_day:
        raise TooManyCalls(wait=_seconds(now.day_at + timedelta(days=1) - at))
    if now.in_minute >= per_minute:
        raise TooManyCalls(wait=_seconds(now.minute_at + timedelta(minutes=1) - at))
    return replace(now, in_minute=now.in_minute + 1, in_day=now.in_day + 1)


def _current(spent: Spent | None, at: datetime) -> Spent:
    """What was spent of the minute and of the day that `at` is in."""
    utc = at.astimezone(UTC)
    minute = utc.replace(second=0, microsecond=0)
    day = minute.replace(hour=0, minute=0)
    if spent is None:
        return Spent(minute, 0, day, 0)
    return Spent(
        minute_at=minute,
        in_minute=spent.in_minute if spent.minute_at == minute else 0,
        day_at=day,
        in_day=spent.in_day if spent.day_at == day else 0,
    )


def _seconds(wait: timedelta) -> int:
    """Whole seconds to wait, at least one."""
    return max(1, -(-wait // timedelta(seconds=1)))


def call_of(key_id: UUID, once: str) -> UUID:
    """The identifier of a call: one for each key and each Idempotency-Key. It is that of the message it makes."""
    return uuid5(key_id, once)


def fingerprint(*, key: bytes, route: str, body: Any) -> str:
    """What a call says, to be compared with itself: an HMAC of its canonical JSON, so that no text can be guessed."""
    said = json.dumps([route, body], sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hmac.new(key, b"doleance.call\0" + said.encode(), hashlib.sha256).hexdigest()
