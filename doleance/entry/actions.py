"""What happens to second factors and sessions; each leaves its event on the chain of its person.

The rows are django-allauth's, so that its ceremonies read them. What is secret in them is sealed by our adapter
(`staff.factors`): a key that is not in the database opens it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from doleance.accounts import actions as accounts
from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, Role, require
from doleance.audit import actions as audit
from doleance.entry import rules
from doleance.entry.models import SignInRules
from doleance.entry.rules import PROOFS, Factor
from doleance.kernel.db import hold, write


@write
def add_app(*, user: User, secret: str, by: Actor, at: datetime) -> list[str]:
    """Link an authenticator application (RFC 6238) whose first code was right. Refuses a second one.

    Answers the recovery codes that come with a first factor, to be shown once; none when there are some already.
    """
    _hold(user)
    if Authenticator.objects.filter(user=user, type=Factor.TOTP).exists():
        raise rules.AlreadyAdded
    TOTP.activate(user, secret)
    _record(user, "factor_added", by, at, factor=Factor.TOTP)
    return _first_codes(user, by, at)


@write
def add_passkey(*, user: User, name: str, credential: Mapping[str, Any], by: Actor, at: datetime) -> list[str]:
    """Keep a passkey (WebAuthn) whose ceremony was verified. Refuses an eleventh. Answers as `add_app`."""
    _hold(user)
    if Authenticator.objects.filter(user=user, type=Factor.WEBAUTHN).count() >= rules.KEYS_MOST:
        raise rules.TooManyKeys
    WebAuthn.add(user, " ".join(name.split())[: rules.NAME_LENGTH], dict(credential))
    _record(user, "factor_added", by, at, factor=Factor.WEBAUTHN)
    return _first_codes(user, by, at)


@write
def remove_factor(*, user: User, pk: int, by: Actor, at: datetime) -> bool:
    """Remove one factor of a person, and the recovery codes when it was the last; whether it was there."""
    _hold(user)
    one = Authenticator.objects.filter(user=user, pk=pk, type__in=_codes(PROOFS)).first()
    if one is None:
        return False
    kind = Factor(one.type)
    one.delete()
    if not Authenticator.objects.filter(user=user, type__in=_codes(PROOFS)).exists():
        Authenticator.objects.filter(user=user).delete()
    _record(user, "factor_removed", by, at, factor=kind)
    return True


@write
def remove_factors(*, user: User, by: Actor, at: datetime) -> int:
    """Remove every second factor of somebody who lost them; how many. Who may: administrators."""
    require(by, Permission.MANAGE_USERS)
    _hold(user)
    found = Authenticator.objects.filter(user=user)
    count = int(found.filter(type__in=_codes(PROOFS)).count())
    if count:
        found.delete()
        facts = {"count": count}
        audit.record(stream=user.journal_stream, code="factors_removed", by=by.id, at=at, facts=facts, subject=user.id)
    return count


@write
def new_codes(*, user: User, by: Actor, at: datetime) -> list[str]:
    """Ten new recovery codes; the earlier ones stop working. Refuses who has no second factor."""
    _hold(user)
    if not Authenticator.objects.filter(user=user, type__in=_codes(PROOFS)).exists():
        raise rules.NoFactor
    Authenticator.objects.filter(user=user, type=Factor.RECOVERY_CODES).delete()
    return _first_codes(user, by, at)


def _first_codes(user: User, by: Actor, at: datetime) -> list[str]:
    if Authenticator.objects.filter(user=user, type=Factor.RECOVERY_CODES).exists():
        return []
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    _record(user, "recovery_codes_made", by, at, factor=Factor.RECOVERY_CODES)
    return codes


@write
def note_factor(*, user: User, code: str, factor: Factor, by: Actor, at: datetime) -> None:
    """Write on a person's chain that a second factor was refused, or that a recovery code served (`code`)."""
    _record(user, code, by, at, factor=factor)


@write
def require_factors(*, roles: Collection[Role], by: Actor, at: datetime) -> SignInRules:
    """Say whose second factor is required, from their next request on. Who may: administrators."""
    require(by, Permission.MANAGE_USERS)
    hold("sign_in_rules")
    held = SignInRules.objects.first() or SignInRules()
    held.required_roles = sorted(roles)
    held.save()
    audit.record(stream="settings", code="sign_in_rules_changed", by=by.id, at=at, rows=[(held, None)])
    return held


@write
def end_session(*, user: User, pk: int, by: Actor, at: datetime) -> bool:
    """Close one session of a person; whether it was there."""
    one = UserSession.objects.filter(user_id=user.pk, pk=pk).first()
    if one is None:
        return False
    one.end()
    audit.record(stream=user.journal_stream, code="session_ended", by=by.id, at=at, subject=user.id)
    return True


@write
def end_sessions(*, user: User, by: Actor, at: datetime) -> User:
    """Close every session of a person, those that nobody listed too. The one that goes on is renewed by its page."""
    changed = accounts.end_sessions(user=user, by=by, at=at)
    accounts.close_links(user=user, at=at)
    UserSession.objects.filter(user_id=user.pk).delete()
    return changed


@write
def link_sign_on(*, user: User, provider: str, uid: str, by: Actor, at: datetime) -> SocialAccount:
    """Bind a person to who they are in the company's directory, at their first entry by it.

    From then on the directory's own identifier decides, whatever becomes of the address. Refuses a second one.
    """
    hold(f"sign-on:{user.pk}")
    if SocialAccount.objects.filter(user=user, provider=provider).exists():
        raise rules.OtherIdentity
    accounts.close_links(user=user, at=at)
    linked = SocialAccount.objects.create(user=user, provider=provider, uid=uid, extra_data={})
    audit.record(stream=user.journal_stream, code="sign_on_linked", by=by.id, at=at, subject=user.id)
    return linked


@write
def unlink_sign_on(*, user: User, by: Actor, at: datetime) -> bool:
    """Forget who a person is in the directory: their address there was given anew. Who may: administrators."""
    require(by, Permission.MANAGE_USERS)
    found, _ = SocialAccount.objects.filter(user=user).delete()
    if found:
        audit.record(stream=user.journal_stream, code="sign_on_unlinked", by=by.id, at=at, subject=user.id)
    return bool(found)


def _hold(user: User) -> None:
    hold(f"factors:{user.pk}")


def _codes(factors: Collection[Factor]) -> list[str]:
    return [factor.value for factor in factors]


def _record(user: User, code: str, by: Actor, at: datetime, *, factor: Factor) -> None:
    facts = {"factor": factor.value}
    audit.record(stream=user.journal_stream, code=code, by=by.id, at=at, facts=facts, subject=user.id)
