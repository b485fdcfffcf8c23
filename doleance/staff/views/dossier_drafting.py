"""What one asks of the language model about a file, and what one makes of its text: each is one press."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from doleance.complaints.models import Complaint
from doleance.drafting import actions as drafting
from doleance.drafting import queries
from doleance.drafting.models import Suggestion
from doleance.drafting.rules import Task
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import nav, pages
from doleance.staff.forms.dossier import ReplyForm, TakeForm, TaskForm
from doleance.staff.views.dossier import TEMPLATE, Opened, Shown, address, context_of, found, refused, viewed
from doleance.staff.views.dossier_acts import run

post = require_http_methods(["GET", "POST"])
WRITTEN = "#texte"


@post
@pages.allowed(*nav.FILES)
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask for a summary or for a draft."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, WRITTEN))

    def do(current: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return drafting.ask(complaint=current, task=Task(data["task"]), **who)

    return run(request, complaint, Opened("", TaskForm(request.POST)), do, anchor=WRITTEN)


@post
@pages.allowed(*nav.FILES)
def drop(request: HttpRequest, reference: str, suggestion_id: UUID) -> HttpResponse:
    """Set a text aside."""
    complaint = found(request, reference)
    suggestion = _of(complaint, suggestion_id)
    if request.method != "POST":
        return redirect(address(request, complaint, WRITTEN))

    def do(_: Complaint, _data: dict[str, Any], who: dict[str, Any]) -> object:
        return drafting.drop(suggestion=suggestion, **who)

    return run(request, complaint, Opened("", TakeForm(request.POST)), do, anchor="#fil")


@post
@pages.allowed(*nav.FILES)
def take(request: HttpRequest, reference: str, suggestion_id: UUID) -> HttpResponse:
    """Take a draft into the reply that is being written: it stands after what was typed already."""
    complaint = found(request, reference)
    suggestion = _of(complaint, suggestion_id)
    if request.method != "POST":
        return redirect(address(request, complaint, WRITTEN))
    typed = request.POST.get("text", "")
    try:
        text = drafting.take(suggestion=suggestion, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return refused(request, complaint, Shown(reply=_reply(request, typed), refusal=refusal))
    joined = f"{typed.rstrip()}\n\n{text}" if typed.strip() else text
    response = render(request, TEMPLATE, context_of(request, complaint, Shown(reply=_reply(request, joined))))
    viewed(request, complaint)
    return response


def _reply(request: HttpRequest, text: str) -> ReplyForm:
    """The composer as it was, with this text in it."""
    chosen = {name: request.POST[name] for name in ("kind", "way", "postal") if request.POST.get(name)}
    return ReplyForm(initial={**chosen, "text": text})


def _of(complaint: Complaint, pk: UUID) -> Suggestion:
    suggestion = queries.by_id(pk)
    if suggestion is None or suggestion.complaint_id != complaint.pk:
        raise Http404
    return suggestion
