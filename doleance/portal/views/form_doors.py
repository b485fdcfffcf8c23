"""Beside the questions: « Nous avez-vous déjà écrit ? », which reveals nothing, and « Effacer »."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doleance.intake.actions import drafts
from doleance.intake.deposits import DraftGone, DraftSent
from doleance.intake.models import Draft
from doleance.kernel import clock
from doleance.kernel.errors import Refusal
from doleance.portal import drafts as device
from doleance.portal import entity as houses
from doleance.portal.forms import steps
from doleance.portal.forms.pages import EarlierForm
from doleance.portal.views.form import (
    RECEIPT,
    REFUSED,
    address_of,
    begun,
    is_sent,
    is_waiting,
    known_draft,
    sentence,
)

MIXED = 409  # a page of another moment: what it asks is not done


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def already(request: HttpRequest) -> HttpResponse:
    """« Nous avez-vous déjà écrit à ce sujet ? » What is typed is kept as it is and looked up nowhere; one goes on."""
    draft = known_draft(request)
    current = draft if draft is not None and not is_sent(draft) else None
    if request.method != "POST":
        if is_waiting(draft):
            return redirect(address_of(steps.SUMMARY))
        return _asked(request, EarlierForm(initial=current.answers.get("earlier", {}) if current else {}), current)
    form = EarlierForm(request.POST)
    if not form.is_valid():
        return _asked(request, form, current)
    if notice := _notice(request.POST.get("brouillon", ""), draft, current):
        return _asked(request, form, None, notice=notice)
    return _earlier(request, form, current)


def _notice(claimed: str, draft: Draft | None, current: Draft | None) -> str:
    """Why a page's words have no place in the draft of this device, or empty: another is written, or none is kept."""
    if current is not None:
        return "" if claimed in {"", str(current.pk)} else "other"
    if draft is not None and (is_waiting(draft) or claimed == str(draft.pk)):
        return "sent"
    return "lost" if claimed else ""


def _earlier(request: HttpRequest, form: EarlierForm, draft: Draft | None) -> HttpResponse:
    current = draft or begun(request)
    if current is None:
        return redirect("portal_form")
    said = form.cleaned_data["earlier"] or gettext("Oui, sans référence")
    try:
        kept = drafts.keep(draft=current, page="earlier", answers={"earlier": said}, at=clock.now())
    except (DraftGone, DraftSent) as refusal:
        return _asked(request, form, None, notice="sent" if isinstance(refusal, DraftSent) else "lost")
    except Refusal as refusal:
        form.add_error(None, sentence(refusal))
        return _asked(request, form, current)
    return device.remember(redirect(address_of(steps.first_open(kept.answers))), kept.pk)


def _asked(request: HttpRequest, form: EarlierForm, current: Draft | None, *, notice: str = "") -> HttpResponse:
    """The page, blank or with what was typed on it; `notice` says why it was not kept."""
    told = {
        "form": form,
        "heading": gettext("Nous avez-vous déjà écrit à ce sujet ?"),
        "entity": current.entity if current else houses.entity_of(request),
        "here": reverse("portal_form_already"),
        "back": address_of(steps.SUBJECT),
        "mending": False,
        "claimed": str(current.pk) if current else "",
        "notice": notice,
        "is_closed": notice in {"sent", "other"},
        "is_refused": bool(form.errors),
        "has_files": False,
        "receipt": reverse(RECEIPT),
        "entry": reverse("portal_form"),
    }
    status = MIXED if notice else REFUSED if form.errors else 200
    return render(request, "portal/form/already.html", told, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """« Effacer »: asked once, then nothing is left, here or on the device. What was sent stays sent, and is said so.

    What was sent is forgotten by the device alone, and only where the page said so before.
    """
    draft = known_draft(request)
    if draft is not None and is_sent(draft):
        if request.method == "POST" and "oublier" in request.POST:
            return device.forget(_page(request, "forgotten", draft))
        return _page(request, "sent", draft, status=MIXED if request.method == "POST" else 200)
    if draft is None:
        return _page(request, "done", None)
    if request.method != "POST":
        return _page(request, "ask", draft)
    if request.POST.get("brouillon", "") != str(draft.pk):
        return _page(request, "other", draft, status=MIXED)
    try:
        drafts.erase(draft=draft)
    except DraftSent:
        return _page(request, "sent", draft, status=MIXED)
    return device.forget(_page(request, "done", draft))


def _page(request: HttpRequest, state: str, draft: Draft | None, *, status: int = 200) -> HttpResponse:
    headings = {
        "done": gettext("Vos réponses sont effacées."),
        "sent": gettext("Cette réclamation est déjà envoyée."),
        "forgotten": gettext("Cet appareil ne garde plus rien."),
    }
    is_open = state in {"ask", "other"} and draft is not None
    told: dict[str, Any] = {
        "heading": headings.get(state, gettext("Effacer vos réponses ?")),
        "state": state,
        "claimed": str(draft.pk) if draft else "",
        "entity": draft.entity if draft else houses.entity_of(request),
        "entry": reverse("portal_form"),
        "receipt": reverse(RECEIPT),
        "back": address_of(steps.first_open(draft.answers)) if draft and is_open else "",
    }
    return render(request, "portal/form/erase.html", told, status=status)
