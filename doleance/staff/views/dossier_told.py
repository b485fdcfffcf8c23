"""What was told of a file, and by whom: an answer to the next question, a person's status, a mandate that was seen."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from doleance.complainants import actions as complainants
from doleance.complainants.rules import PartyStatus
from doleance.complaints.actions import dossiers, grievances
from doleance.complaints.models import Complaint
from doleance.complaints.questions import UNKNOWN
from doleance.intake.actions import adopting
from doleance.staff import nav, pages
from doleance.staff.forms.deposit import CUSTOMER
from doleance.staff.forms.dossier import TakeForm
from doleance.staff.views.dossier import Opened, address, form_of, found, grievance_of
from doleance.staff.views.dossier_acts import run

post = require_http_methods(["GET", "POST"])
PERSON = "#personne"


@post
@pages.allowed(*nav.FILES)
def ask(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Note the answer to the question that the file asks for, or that the person does not know."""
    complaint = found(request, reference)
    grievance = grievance_of(complaint, str(number))
    if grievance is None:
        raise Http404
    if request.method != "POST":
        return redirect(address(request, complaint, "#demander"))

    def do(_: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        answer = UNKNOWN if "ne-sait-pas" in request.POST else data["answer"]
        return grievances.set_facts(grievance=grievance, facts={data["code"]: answer}, seen=data["seen"], **who)

    opened = Opened("demander", form_of("demander", complaint, grievance, request.POST), grievance)
    return run(request, complaint, opened, do, anchor="#demander")


@post
@pages.allowed(*nav.FILES)
def describe(request: HttpRequest, reference: str) -> HttpResponse:
    """Say what the complainant is: a consumer or not, a customer or not."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, PERSON, ouvrir="statut"))

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        if complaint.party is None:
            raise Http404
        status, is_customer = PartyStatus(data["status"]), CUSTOMER.get(data["is_customer"])
        return complainants.describe(party=complaint.party, status=status, is_customer=is_customer, **who)

    opened = Opened("statut", form_of("statut", complaint, data=request.POST))
    return run(request, complaint, opened, do, anchor=PERSON, said=gettext("Le statut est noté."))


@post
@pages.allowed(*nav.FILES)
def mandate(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that one saw the proof that somebody may speak for the complainant."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, PERSON))

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return dossiers.see_mandate(complaint=complaint, seen=data["seen"], **who)

    return run(request, complaint, Opened("", TakeForm(request.POST)), do, anchor=PERSON)


@post
@pages.allowed(*nav.FILES)
def adopt(request: HttpRequest, reference: str) -> HttpResponse:
    """Take up what the deposit says of somebody whom we knew: the thing that was pressed, or all of it."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, PERSON))

    def do(complaint: Complaint, _: dict[str, Any], who: dict[str, Any]) -> object:
        return adopting.adopt(complaint=complaint, code=request.POST.get("item", ""), **who)

    opened = Opened("", TakeForm(request.POST))
    return run(request, complaint, opened, do, anchor=PERSON, said=gettext("C’est repris dans la fiche."))
