"""What one makes of what the machine read: each is one press."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from doleance.complaints.models import Complaint, Grievance
from doleance.intake.actions import proposing
from doleance.staff import nav, pages
from doleance.staff.forms.dossier import KindForm, TakeForm
from doleance.staff.views.dossier import Opened, address, found, grievance_of
from doleance.staff.views.dossier_acts import run
from doleance.understanding import actions as understanding
from doleance.understanding.rules import MessageKind, SignalCode

post = require_http_methods(["GET", "POST"])
GRIEFS, READ = "#griefs", "#lu"
_YES = "oui"


def _on_grievance(
    request: HttpRequest, reference: str, number: int, do: Callable[[Grievance, dict[str, Any]], object]
) -> HttpResponse:
    complaint = found(request, reference)
    grievance = grievance_of(complaint, str(number))
    if grievance is None:
        raise Http404
    if request.method != "POST":
        return redirect(address(request, complaint, GRIEFS))

    def press(_: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return do(grievance, {"seen": data["seen"]} | who)

    return run(request, complaint, Opened("", TakeForm(request.POST)), press, anchor=GRIEFS)


@post
@pages.allowed(*nav.FILES)
def accept(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Take a proposed grief as one, under the category that was proposed or another one of those it might be."""
    category = request.POST.get("category", "")

    def do(grievance: Grievance, told: dict[str, Any]) -> object:
        return proposing.accept(grievance=grievance, category=category, **told)

    return _on_grievance(request, reference, number, do)


@post
@pages.allowed(*nav.FILES)
def refuse(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Say that what was read is no grief."""

    def do(grievance: Grievance, told: dict[str, Any]) -> object:
        return proposing.drop(grievance=grievance, **told)

    return _on_grievance(request, reference, number, do)


@post
@pages.allowed(*nav.FILES)
def judge(request: HttpRequest, reference: str, code: str) -> HttpResponse:
    """Say that a signal holds, or does not."""
    complaint = found(request, reference)
    if code not in set(SignalCode):
        raise Http404
    if request.method != "POST":
        return redirect(address(request, complaint, READ))
    holds = request.POST.get("tient") == _YES

    def do(current: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        told: dict[str, Any] = {"code": SignalCode(code), "holds": holds, "seen": data["seen"]}
        return understanding.judge_signal(complaint=current, **told, **who)

    return run(request, complaint, Opened("", TakeForm(request.POST)), do, anchor=READ)


@post
@pages.allowed(*nav.FILES)
def say_kind(request: HttpRequest, reference: str, message_id: UUID) -> HttpResponse:
    """Say what a message is."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, READ))

    def do(current: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        told: dict[str, Any] = {"message_id": message_id, "kind": MessageKind(data["kind"]), "seen": data["seen"]}
        return understanding.say_kind(complaint=current, **told, **who)

    return run(request, complaint, Opened("", KindForm(request.POST)), do, anchor=READ)
