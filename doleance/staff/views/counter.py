"""Guichet: somebody of the house writes down what a customer says or hands over, and gives them a receipt."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from doleance.accounts import queries as accounts
from doleance.accounts.models import Team
from doleance.accounts.rules import Permission, may
from doleance.channels import media
from doleance.channels.rules import ParsedFile
from doleance.complaints import access
from doleance.complaints import queries as complaints
from doleance.complaints.access import Use
from doleance.complaints.models import Complaint
from doleance.deadlines import queries as deadlines
from doleance.desk.queries import follow
from doleance.intake.actions import deposits
from doleance.intake.deposits import DepositWay
from doleance.kernel import languages
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.kernel.text import normalise
from doleance.notifications import telling
from doleance.staff import deposited, pages
from doleance.staff.forms.deposit import CounterForm, field_of_refusal

TEMPLATE, RECEIPT = "staff/deposit/counter.html", "staff/deposit/receipt.html"


@never_cache
@require_http_methods(["GET", "POST"])
@pages.allowed(Permission.DEPOSIT)
def counter(request: HttpRequest) -> HttpResponse:
    """The page of a deposit; once recorded, its receipt."""
    typed = request.POST if request.method == "POST" else None
    form = CounterForm(typed, categories=complaints.categories())
    if typed is None:
        return pages.page(request, TEMPLATE, {"form": form, "lost_files": []})
    if not form.is_valid():
        return pages.page(request, TEMPLATE, _again(request, form), status=pages.REFUSED)
    try:
        complaint = _record(request, form)
    except Refusal as refusal:
        return pages.refused(request, TEMPLATE, _again(request, form), refusal, field=field_of_refusal(refusal))
    once = form.cleaned_data["once"]
    deposited.keep(request, once=once, complaint=complaint)
    return redirect("counter_receipt", once)


def _again(request: HttpRequest, form: CounterForm) -> dict[str, Any]:
    """A browser gives no file back with a refused form: the page says that they are to be chosen again."""
    return {"form": form, "lost_files": [one.name for one in request.FILES.getlist("files")]}


def _record(request: HttpRequest, form: CounterForm) -> Complaint:
    actor, at, team = pages.actor_of(request), now(), _team(request)
    return deposits.record(
        deposit=replace(form.deposit({}), files=_files(request)),
        way=DepositWay.COUNTER,
        entity=team.entity,
        team=team,
        received_at=at,
        once=form.cleaned_data["once"],
        is_written=form.is_written,
        by=actor,
        at=at,
    )


def _team(request: HttpRequest) -> Team:
    """The team that takes it: one that its depositor handles files in, else the house's own."""
    actor = pages.actor_of(request)
    mine = [team for team in accounts.teams() if team.pk in actor.teams]
    return mine[0] if mine and may(actor, Permission.HANDLE) else accounts.default_team(accounts.entity())


def _files(request: HttpRequest) -> tuple[ParsedFile, ...]:
    """What was handed over. Its type is what its bytes show, whatever the browser announced."""
    found = []
    for sent in request.FILES.getlist("files"):
        data, name = sent.read(), normalise(sent.name or "")[:200]
        kind = media.sniffed(data)
        found.append(ParsedFile(name=name, media_type=kind, content_id="", is_inline=False, data=data))
    return tuple(found)


@never_cache
@require_GET
@pages.allowed(Permission.DEPOSIT)
def receipt(request: HttpRequest, once: UUID) -> HttpResponse:
    """What is shown or printed for the customer, and nothing more of the file; to who wrote it down alone."""
    pk = deposited.file_of(request, once)
    complaint = complaints.by_id(pk) if pk else None
    actor, at = pages.actor_of(request), now()
    if complaint is None or complaints.closed_to(actor).filter(pk=complaint.pk).exists():
        raise Http404
    link = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.RECEIPT, subject=once)
    tongue = languages.reader()
    promises = telling.promised(deadlines.running(complaint), at=at, tongue=tongue)
    told = {
        "reference": complaint.reference,
        "house": complaint.entity.name,
        "received_at": complaint.received_at,
        "zone": complaint.entity.time_zone,
        "dates": follow.ahead(promises, tongue),
        "counted": promises.counted,
        "key": deposited.key_of(once),
        "link": settings.DOLEANCE_URL + reverse("portal_receipt_kept", args=[link]),
        "may_read": complaints.find(reference=complaint.reference, actor=actor) is not None,
        "now": at,
    }
    return pages.page(request, RECEIPT, told)
