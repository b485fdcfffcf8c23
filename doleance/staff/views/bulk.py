"""One gesture on many files: what it would change is shown first, then done, told, and taken back for a moment."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from doleance.accounts import queries as accounts
from doleance.accounts.models import Team, User
from doleance.accounts.rules import Permission, require
from doleance.desk.queries import worklist
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.kernel.ids import uuid7
from doleance.routing import rules
from doleance.routing.actions import batches
from doleance.routing.models import Batch
from doleance.routing.queries import batches as queries
from doleance.routing.queries.batches import Gesture, Planned
from doleance.routing.rules import Act, Fate
from doleance.staff import listing, nav, pages
from doleance.staff.forms.bulk import ChosenForm
from doleance.staff.views.saved_views import canonical

PREVIEW, REPORT = "staff/dossiers/bulk.html", "staff/dossiers/bulk_report.html"
SHOWN = 50  # files named on a preview or a report; the others are counted
post = require_http_methods(["GET", "POST"])


@post
@pages.allowed(*nav.FILES)
def preview(request: HttpRequest) -> HttpResponse:
    """What the gesture would make of the files that were ticked; nothing is changed."""
    if request.method != "POST":
        return redirect("dossiers")
    form = _form(request)
    if not form.is_valid():
        return pages.page(request, PREVIEW, _told(form, []), status=pages.REFUSED)
    try:
        require(pages.actor_of(request), Permission.HANDLE)
        chosen = _chosen(request, form)
    except Refusal as refusal:
        return pages.refused(request, PREVIEW, _told(form, []), refusal)
    planned = queries.plan(_gesture(form), references=chosen, actor=pages.actor_of(request))
    return pages.page(request, PREVIEW, _told(form, planned))


@post
@pages.allowed(*nav.FILES)
def carry_out(request: HttpRequest) -> HttpResponse:
    """Do it: a hundred files at once, more by a job whose report follows."""
    if request.method != "POST":
        return redirect("dossiers")
    form, actor = _form(request), pages.actor_of(request)
    if not form.is_valid():
        return pages.page(request, PREVIEW, _told(form, []), status=pages.REFUSED)
    told = form.cleaned_data
    once = told["once"] or uuid7()
    try:
        batch = batches.start(once=once, gesture=_gesture(form), references=told["dossiers"], by=actor, at=now())
    except Refusal as refusal:
        planned = queries.plan(_gesture(form), references=told["dossiers"], actor=actor)
        return pages.refused(request, PREVIEW, _told(form, planned), refusal)
    if batch.finished_at is None:
        return redirect("bulk_report", batch.pk)
    asked = listing.asked_in(QueryDict(canonical(told["liste"])))
    return redirect(f"{reverse('dossiers')}{listing.address_of(asked, lot=str(batch.pk))}")


@require_GET
@pages.allowed(*nav.FILES)
def report(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What became of each file of a batch, and where its job is."""
    return pages.page(request, REPORT, _reported(request, _mine(request, batch_id)))


@post
@pages.allowed(*nav.FILES)
def undo(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Give the files back to those who had them, for a moment after they were given away."""
    batch = _mine(request, batch_id)
    if request.method == "POST":
        try:
            batches.undo(batch=batch, by=pages.actor_of(request), at=now())
        except Refusal as refusal:
            return pages.refused(request, REPORT, _reported(request, batch), refusal)
    return redirect("bulk_report", batch.pk)


def toast_of(request: HttpRequest) -> dict[str, Any]:
    """What the list says of the batch that was just made, while it can be undone: nothing when there is none."""
    try:
        batch = queries.batch(UUID(request.GET.get("lot", "")), pages.actor_of(request))
    except ValueError:
        batch = None
    if batch is None or batch.finished_at is None or now() >= batch.finished_at + rules.UNDO:
        return {"batch": None}
    told = queries.tally(batch)
    return {
        "batch": batch,
        "batch_words": _words(told),
        "batch_undo": "" if batch.act == Act.TAKE or batch.undone_at else reverse("bulk_undo", args=[batch.pk]),
        "batch_until": batch.finished_at + rules.UNDO,
    }


def _words(told: Any) -> str:
    done, whole = told.get(Fate.DONE, 0), sum(told.values())
    left = gettext("%(done)s sur %(whole)s : c’est fait. Les autres sont restés comme ils étaient.")
    return (gettext("%(done)s sur %(whole)s : c’est fait.") if done == whole else left) % {
        "done": done,
        "whole": whole,
    }


def _form(request: HttpRequest) -> ChosenForm:
    data = request.POST.copy()
    ticked = data.getlist("dossier")
    if ticked and not data.get("dossiers"):
        data["dossiers"] = ",".join(ticked)
    return ChosenForm(data, teams=accounts.every_assignable())


def _chosen(request: HttpRequest, form: ChosenForm) -> list[str]:
    """The references that were ticked, or all those of the list. Raises NothingChosen or TooManyChosen."""
    chosen: list[str] = form.cleaned_data["dossiers"]
    if request.POST.get("tout"):
        asked = listing.asked_in(QueryDict(canonical(form.cleaned_data["liste"])))
        actor, most = pages.actor_of(request), rules.MOST + 1
        chosen = worklist.references(actor=actor, asked=asked, most=most, at=now())
    if not chosen:
        raise rules.NothingChosen
    if len(chosen) > rules.MOST:
        raise rules.TooManyChosen(most=rules.MOST)
    form.cleaned_data["dossiers"] = chosen
    return chosen


def _gesture(form: ChosenForm) -> Gesture:
    team, person = form.target()
    return Gesture(
        act=Act(form.cleaned_data["act"]),
        team=Team.objects.filter(pk=team).first() if team else None,
        owner=User.objects.filter(pk=person).first() if person else None,
    )


def _told(form: ChosenForm, planned: list[Planned]) -> dict[str, Any]:
    data = form.cleaned_data if form.is_bound and hasattr(form, "cleaned_data") else {}
    act = Act(data["act"]) if data.get("act") in set(Act) else Act.TAKE
    fates = queries.counted([one.fate for one in planned])
    done = sum(count for fate, count in fates if fate is Fate.DONE)
    return {
        "form": form,
        "act": act,
        "wants_target": act is not Act.TAKE,
        "has_target": act is Act.TAKE or bool(data.get("to")),
        "to": form.target_name() if data else "",
        "planned": planned[:SHOWN],
        "more": max(0, len(planned) - SHOWN),
        "left": [(fate, count) for fate, count in fates if fate is not Fate.DONE],
        "done": done,
        "whole": len(planned),
        "by_job": len(planned) > rules.AT_ONCE,
        "joined": ",".join(data.get("dossiers", [])),
        "once": data.get("once") or uuid7(),
        "back": f"{reverse('dossiers')}?{canonical(str(data.get('liste', '')))}".removesuffix("?"),
        "liste": canonical(str(data.get("liste", ""))),
    }


def _mine(request: HttpRequest, batch_id: UUID) -> Batch:
    batch = queries.batch(batch_id, pages.actor_of(request))
    if batch is None:
        raise Http404
    return batch


def _reported(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    told, actor, at = queries.tally(batch), pages.actor_of(request), now()
    whole = sum(told.values())
    is_undoable = batch.act != Act.TAKE and batch.undone_at is None and batch.finished_at is not None
    return {
        "batch": batch,
        "act": Act(batch.act),
        "fates": [(fate, count) for fate, count in queries.in_order(told) if fate is not Fate.WAITING],
        "whole": whole,
        "settled": whole - told.get(Fate.WAITING, 0),
        "left_alone": queries.left_alone(batch, actor, most=SHOWN),
        "may_undo": is_undoable and batch.finished_at is not None and at < batch.finished_at + rules.UNDO,
    }
