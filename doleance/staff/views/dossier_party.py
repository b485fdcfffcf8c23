"""Who complains, and where they are reached: each view is one form and one action, as in `dossier_acts`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from doleance.complainants import actions as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.complaints.models import Complaint
from doleance.intake.actions import mending, sorting
from doleance.resolution.rules import NoAddress
from doleance.staff import nav, pages
from doleance.staff.forms.dossier import AddressForm
from doleance.staff.views.dossier import Opened, address, address_in, form_of, found
from doleance.staff.views.dossier_acts import run

post = require_http_methods(["GET", "POST"])
PERSON = "#personne"


@post
@pages.allowed(*nav.FILES)
def change_party(request: HttpRequest, reference: str) -> HttpResponse:
    """Say who complains."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, PERSON, ouvrir="reclamant"))

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        told = {name: data[name] for name in ("name", "address", "seen")}
        return sorting.change_party(complaint=complaint, **told, **who)

    opened = Opened("reclamant", form_of("reclamant", complaint, data=request.POST))
    whose = request.POST.get("name", "").strip() or request.POST.get("address", "").strip()
    said = gettext("Le dossier est au nom de %(name)s.") % {"name": whose}
    return run(request, complaint, opened, do, anchor=PERSON, said=said)


@post
@pages.allowed(*nav.FILES)
def add_postal(request: HttpRequest, reference: str) -> HttpResponse:
    """Write where letters go."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, PERSON, ouvrir="postale"))

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        if complaint.party is None:
            raise NoAddress
        told = {"party": complaint.party, "channel": AddressChannel.POST, "value": data["value"]}
        return complainants.add_address(**told, **who)

    opened = Opened("postale", form_of("postale", complaint, data=request.POST))
    return run(request, complaint, opened, do, anchor=PERSON)


@post
@pages.allowed(*nav.FILES)
def correct_address(request: HttpRequest, reference: str, address_id: UUID) -> HttpResponse:
    """Write an address as it should be."""
    complaint, way = _way(request, reference, address_id)
    if request.method != "POST":
        return redirect(address(request, complaint, PERSON, ouvrir="adresse", adresse=str(way.pk)))
    opened = Opened("adresse", AddressForm(request.POST), address=way)
    said = gettext("L’adresse est corrigée. Ce que vous enverrez ira là.")
    return run(request, complaint, opened, _on(way, mending.correct_address), anchor=PERSON, said=said)


@post
@pages.allowed(*nav.FILES)
def trust_address(request: HttpRequest, reference: str, address_id: UUID) -> HttpResponse:
    """Say that an address works after all."""
    complaint, way = _way(request, reference, address_id)
    if request.method != "POST":
        return redirect(address(request, complaint, PERSON))
    said = gettext("C’est noté : cette adresse reçoit de nouveau nos courriels.")
    opened = Opened("", forms.Form(request.POST))  # true of the address whatever was on the screen
    return run(request, complaint, opened, _on(way, mending.trust_address), anchor=PERSON, said=said)


def _on(way: Address, act: Callable[..., object]) -> Callable[..., object]:
    def do(_: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return act(address=way, **{name: data[name] for name in ("value",) if name in data}, **who)

    return do


def _way(request: HttpRequest, reference: str, address_id: UUID) -> tuple[Complaint, Address]:
    complaint = found(request, reference)
    way = address_in(complaint, str(address_id))
    if way is None:
        raise Http404
    return complaint, way
