"""Who calls: the key of the Authorization header, what it is for, and its share of calls."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from ninja.errors import ValidationError
from ninja.security import HttpBearer

from doleance.accounts.rules import Actor, may
from doleance.audit import actions as audit
from doleance.complaints.models import Complaint
from doleance.kernel.clock import now
from doleance.keys import actions, queries, rules
from doleance.keys.models import ApiKey
from doleance.keys.rules import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """The program that calls, for the length of this call."""

    key: ApiKey
    actor: Actor


class Key(HttpBearer):
    """`Authorization: Bearer dol_…`. A key is looked up at each call: revoked, it opens nothing from then on."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:  # noqa: ARG002
        """The caller, one call spent. Raises TooManyCalls."""
        key = queries.living_key(token.strip())
        if key is None:
            return None
        actions.spend(key=key, at=now())
        return Caller(key, key.actor())


def caller(request: HttpRequest, scope: Scope) -> Caller:
    """Who calls, when their key is for this. Raises Http404: what a key is not for does not exist for it."""
    known = cast(Caller, request.auth)  # type: ignore[attr-defined]  # ninja puts there what `Key` answered
    if not may(known.actor, rules.GRANTS[scope]):
        raise Http404
    return known


def viewed(known: Caller, what: str) -> None:
    """Write in the key's own stream what was read, once the answer is built."""
    audit.viewed(reader=known.actor.id, what=what, at=now())


def viewed_file(known: Caller, complaint: Complaint) -> None:
    """The same of a file."""
    viewed(known, complaint.journal_stream)


def only(request: HttpRequest, *names: str) -> None:
    """Refuse a parameter of the address that does not exist: a filter misspelt would show everything.

    Raises ValidationError.
    """
    _only("query", request.GET, names)


def only_form(request: HttpRequest, *names: str) -> None:
    """The same of the fields and files of a form: only what may be written is. Raises ValidationError."""
    _only("form", {*request.POST, *request.FILES}, names)


def _only(source: str, given: Collection[str], names: Collection[str]) -> None:
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise ValidationError([{"type": "extra_forbidden", "loc": (source, name)} for name in unknown])


@dataclass(frozen=True, slots=True)
class Call:
    """A call that happens once: its identifier, and what it says."""

    id: UUID
    fingerprint: str


def once(known: Caller, name: str, *, route: str, body: object) -> Call:
    """The call that this program named so. `route` and `body` are what must be the same when it is made again."""
    print_of = rules.fingerprint(key=settings.DOLEANCE_FOLLOW_KEY, route=route, body=body)
    return Call(rules.call_of(known.key.pk, name), print_of)
