"""Which rules a file follows: what that changes is read, then confirmed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from doleance.complaints.models import Complaint
from doleance.deadlines import actions, queries
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import nav, pages, rules_told
from doleance.staff.views.dossier import (
    TEMPLATE,
    Opened,
    Shown,
    address,
    context_of,
    form_of,
    found,
    refused,
    viewed,
)
from doleance.staff.views.dossier_acts import run

NAME = "regles"


@require_http_methods(["GET", "POST"])
@pages.allowed(*nav.FILES)
def rules(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose the packs of one file: first what its deadlines become, nothing being changed; confirmed, it is done."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, "#etape", ouvrir=NAME))
    opened = Opened(NAME, form_of(NAME, complaint, data=request.POST))
    if "confirmer" in request.POST:
        return run(request, complaint, opened, _follow, said=gettext("Les règles de ce dossier sont changées."))
    if "modifier" in request.POST:
        return _read(request, complaint, opened)
    if not opened.form.is_valid():
        return refused(request, complaint, Shown(opened=opened))
    return _tell(request, complaint, opened)


def _follow(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
    told = {name: data[name] for name in ("packs", "reason", "seen")}
    return actions.follow(complaint=complaint, **told, **who)


def _tell(request: HttpRequest, complaint: Complaint, opened: Opened) -> HttpResponse:
    """The page with what would become of each deadline."""
    at = now()
    try:
        packs = queries.chosen(complaint, opened.form.cleaned_data["packs"])
    except Refusal as refusal:
        return refused(request, complaint, Shown(opened=opened, refusal=refusal))
    change = queries.following(complaint, packs, at)
    told = rules_told.told(change, queries.running(complaint), at)
    return _read(request, complaint, Opened(NAME, opened.form, told=told))


def _read(request: HttpRequest, complaint: Complaint, opened: Opened) -> HttpResponse:
    response = render(request, TEMPLATE, context_of(request, complaint, Shown(opened=opened)))
    viewed(request, complaint)
    return response
