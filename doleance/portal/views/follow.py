"""Entering one's own file: by a link and a press, by a code, by the key of the receipt; and leaving it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from doleance.complaints import access
from doleance.complaints import queries as complaints
from doleance.complaints.access import Entry, Use
from doleance.complaints.actions import access as accesses
from doleance.kernel import clock
from doleance.kernel.errors import Refusal
from doleance.notifications import queries as outbox
from doleance.notifications.actions import codes
from doleance.portal import drafts as device
from doleance.portal import visits
from doleance.portal.entity import entity_of
from doleance.portal.forms.follow import CodeForm, DigitsForm, KeyForm

REFUSED, GONE = 422, 410


def sentence(refusal: Refusal) -> str:
    """A refusal in the reader's language."""
    return gettext(refusal.sentence).format(**refusal.facts)


def page(request: HttpRequest, name: str, told: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of these; what was refused says so first."""
    base: dict[str, Any] = {"message": "", "is_refused": status == REFUSED}
    return render(request, f"portal/follow/{name}.html", base | told, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """`/suivi/`: a reference with an address, for a code; or with the key of the receipt."""
    if request.method != "POST":
        return _door(request, CodeForm(), KeyForm(prefix="cle"))
    if "cle-key" in request.POST:
        return _by_key(request)
    form, at = CodeForm(request.POST), clock.now()
    if not form.is_valid():
        return _door(request, form, KeyForm(prefix="cle"), status=REFUSED)
    try:
        asked = codes.ask(
            reference=form.cleaned_data["reference"],
            contact=form.cleaned_data["email"],
            origin=visits.origin_of(request, at=at),
            at=at,
        )
    except access.TooManyCodes as refusal:
        return _door(request, form, KeyForm(prefix="cle"), message=sentence(refusal), status=REFUSED)
    visits.remember_asked(request, asked)
    return redirect("portal_follow_code")


def _door(request: HttpRequest, form: CodeForm, key: KeyForm, *, message: str = "", status: int = 200) -> HttpResponse:
    told = {"form": form, "key": key, "message": message, "by_key": key.is_bound}
    return page(request, "enter", told | _ways(request), status=status)


def _ways(request: HttpRequest) -> dict[str, Any]:
    """Whether a code can be sent at all, of any file alike; and where to call when it cannot."""
    house = entity_of(request)
    return {"can_mail": outbox.can_mail(house.pk if house else None), "phone": house.phone if house else ""}


def _by_key(request: HttpRequest) -> HttpResponse:
    form, at = KeyForm(request.POST, prefix="cle"), clock.now()
    if not form.is_valid():
        return _door(request, CodeForm(), form, status=REFUSED)
    try:
        visits.check_tries(request, at=at)
        found = complaints.find_by_key(reference=form.cleaned_data["reference"], key=form.cleaned_data["key"])
        if found is None:
            raise access.WrongKey
    except (access.WrongKey, access.TooManyTries) as refusal:
        return _door(request, CodeForm(), form, message=sentence(refusal), status=REFUSED)
    visits.begin(request, found, Entry.KEY, at=at)
    return redirect("portal_follow_file")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """`/suivi/code/`: the six digits. It says the same whether a mail left or not."""
    asked, at = visits.asked(request), clock.now()
    if asked is None:
        return redirect("portal_follow")
    form = DigitsForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _digits(request, form)
    if not form.is_valid():
        return _digits(request, form, status=REFUSED)
    try:
        visits.check_tries(request, at=at)
        found = accesses.spend_code(asked=asked, code=form.cleaned_data["code"], at=at)
        if found is None:
            raise access.WrongCode
    except (access.WrongCode, access.TooManyTries) as refusal:
        return _digits(request, form, message=sentence(refusal), status=REFUSED)
    visits.begin(request, found, Entry.CODE, at=at)
    return redirect("portal_follow_file")


def _digits(request: HttpRequest, form: DigitsForm, *, message: str = "", status: int = 200) -> HttpResponse:
    return page(request, "code", {"form": form, "message": message} | _ways(request), status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """`/suivi/l/<token>/`: one button, since scanners of mail follow links; its press begins the visit."""
    at = clock.now()
    found = complaints.find_by_link(token=token, at=at)
    if found is None:
        return page(request, "gone", {}, status=GONE)
    if request.method != "POST":
        return page(request, "link", {"entity": found.entity})
    is_mailed = complaints.find_by_link(token=token, at=at, purposes=(Use.MAIL,)) is not None
    visits.begin(request, found, Entry.LINK if is_mailed else Entry.RECEIPT, at=at)
    return redirect("portal_follow_file")


@login_not_required
@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """« Quitter »: this browser, which others may use, shows neither the file, nor its receipt, nor a form begun."""
    visits.leave(request)
    told = gettext(
        "Vous avez quitté le suivi. Cet appareil ne montre plus votre dossier, ni votre reçu, ni un formulaire."
    )
    messages.info(request, told)
    return device.forget(redirect("portal_follow"))
