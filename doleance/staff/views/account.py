"""One's own account: second factors, recovery codes, open sessions."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

import qrcode
from allauth.account.decorators import reauthentication_required
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from doleance.accounts.models import User
from doleance.entry import actions as entry
from doleance.entry import queries
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import factors, pages
from doleance.staff.forms.factors import AppForm, PasskeyForm

KEPT = "factor.app"  # where a session keeps the sealed secret of an application that is being linked
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def again(view: View[P]) -> View[P]:
    """Open a page to who typed their password, or showed a factor, a moment ago; others do it first."""
    return cast(View[P], reauthentication_required(app="allauth.mfa")(view))


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """What protects one's account, and where one is signed in."""
    me = _me(request)
    told = {
        "factors": queries.factors(me),
        "lacks_factor": getattr(me, "lacks_factor", False),
        "is_proposed": queries.proposed_to(me),
        "sessions": queries.sessions(me, current=request.session.session_key or "", at=now()),
        "can_have_passkeys": factors.can_have_passkeys(request.get_host()),
        "has_password": me.has_usable_password(),
    }
    return pages.page(request, "staff/account/account.html", told)


@never_cache
@again
@sensitive_post_parameters("code")
def app(request: HttpRequest) -> HttpResponse:
    """Link an authenticator application: its secret as a drawing and as signs, then its first code."""
    form = AppForm(request.POST or None)
    secret = _secret(request, is_new=request.method != "POST")
    context = _shown(request, secret) | {"form": form}
    if request.method != "POST":
        return pages.page(request, "staff/account/app.html", context)
    if not form.is_valid() or not _is_right(request, form, secret):
        return pages.page(request, "staff/account/app.html", context, status=422)
    try:
        codes = entry.add_app(user=_me(request), secret=secret, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, "staff/account/app.html", context, refusal)
    del request.session[KEPT]
    return _added(request, codes, gettext("Application reliée."))


def _secret(request: HttpRequest, *, is_new: bool) -> str:
    """The secret that this session offers; sealed there, since sessions are rows."""
    sealed = request.session.get(KEPT)
    if sealed is None or is_new:
        sealed = request.session[KEPT] = get_adapter().encrypt(totp.generate_totp_secret())
    return str(get_adapter().decrypt(sealed))


def _shown(request: HttpRequest, secret: str) -> dict[str, object]:
    """The secret as a drawing for a camera, and as signs by fours for fingers."""
    address = get_adapter().build_totp_url(_me(request), secret)
    by_four = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return {"drawing": _drawn(address), "secret": by_four}


def _drawn(text: str) -> dict[str, object]:
    """A QR code (ISO/IEC 18004) as one SVG path of unit squares, and how many squares wide it is with its margin."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return {"path": "".join(squares), "width": len(rows)}


def _is_right(request: HttpRequest, form: AppForm, secret: str) -> bool:
    try:
        clear = check_rate_limit(_me(request), error_key="rate_limited")
    except ValidationError as refused:
        form.add_error("code", refused)
        return False
    if not totp.validate_totp_code(secret, form.cleaned_data["code"].replace(" ", "")):
        form.add_error("code", get_adapter().validation_error("incorrect_code"))
        return False
    clear()
    return True


@never_cache
@again
def passkey(request: HttpRequest) -> HttpResponse:
    """Add a passkey: the browser asks, the server verifies what it gives."""
    form = PasskeyForm(request.POST or None)
    status = 200
    if request.method == "POST":
        answer = _kept(request, form)
        if answer is not None:
            return answer
        status = 422
    context = {
        "form": form,
        "can_have_passkeys": factors.can_have_passkeys(request.get_host()),
        "options": webauthn.begin_registration(_me(request), passwordless=True),
    }
    return pages.page(request, "staff/account/passkey.html", context, status=status)


def _kept(request: HttpRequest, form: PasskeyForm) -> HttpResponse | None:
    """The page after a passkey was kept; None when what came cannot be, and the form says why."""
    if not form.is_valid():
        return None
    credential = form.cleaned_data["credential"]
    try:
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
        codes = entry.add_passkey(
            user=_me(request),
            name=form.cleaned_data["name"] or gettext("Clé d’accès"),
            credential=credential,
            by=pages.actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        form.add_error(None, pages.sentence(refusal))
        return None
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):  # whatever a forged ceremony holds
        form.add_error(None, gettext("Cette clé n’a pas été acceptée. Recommencez."))
        return None
    return _added(request, codes, gettext("Clé d’accès ajoutée."))


def _added(request: HttpRequest, codes: list[str], told: str) -> HttpResponse:
    """A first factor comes with recovery codes, shown this once; a later one leads back."""
    messages.success(request, told)
    return _codes(request, codes) if codes else redirect("my_account")


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    written = [f"{code[:4]} {code[4:]}" for code in codes]
    return pages.page(request, "staff/account/codes.html", {"codes": written, "lines": "\n".join(written)})


@never_cache
@again
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove an application or a passkey."""
    if entry.remove_factor(user=_me(request), pk=pk, by=pages.actor_of(request), at=now()):
        messages.success(request, gettext("Second facteur retiré."))
    return redirect("my_account")


@never_cache
@again
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown this once; the earlier ones stop working."""
    if request.method != "POST":
        return pages.page(request, "staff/account/renew.html", {"factors": queries.factors(_me(request))})
    try:
        made = entry.new_codes(user=_me(request), by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        messages.info(request, pages.sentence(refusal))
        return redirect("my_account")
    return _codes(request, made)


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Close one of one's sessions."""
    if entry.end_session(user=_me(request), pk=pk, by=pages.actor_of(request), at=now()):
        messages.success(request, gettext("Session fermée."))
    return redirect("my_account")


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Close every session but this one, which is renewed."""
    changed = entry.end_sessions(user=_me(request), by=pages.actor_of(request), at=now())
    update_session_auth_hash(request, changed)
    UserSession.objects.create_from_request(request)
    messages.success(request, gettext("Vos autres sessions sont fermées."))
    return redirect("my_account")
