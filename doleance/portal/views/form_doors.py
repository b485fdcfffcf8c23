"""Beside the questions: « Nous avez-vous déjà écrit ? », which reveals nothing, and « Effacer »."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doleance.intake.actions import drafts
from doleance.kernel import clock
from doleance.portal import drafts as device
from doleance.portal import entity as houses
from doleance.portal.forms import steps
from doleance.portal.forms.pages import EarlierForm
from doleance.portal.views.form import REFUSED, address_of, begun, is_sent, known_draft


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def already(request: HttpRequest) -> HttpResponse:
    """« Nous avez-vous déjà écrit à ce sujet ? » What is typed is kept as it is and looked up nowhere; one goes on."""
    draft = known_draft(request)
    current = draft if draft is not None and not is_sent(draft) else None
    form = EarlierForm(
        request.POST if request.method == "POST" else None,
        initial=current.answers.get("earlier", {}) if current else {},
    )
    if request.method == "POST" and form.is_valid():
        current = current or begun(request)
        if current is None:
            return redirect("portal_form")
        said = form.cleaned_data["earlier"] or gettext("Oui, sans référence")
        current = drafts.keep(draft=current, page="earlier", answers={"earlier": said}, at=clock.now())
        return device.remember(redirect(address_of(steps.first_open(current.answers))), current.pk)
    told = {
        "form": form,
        "heading": gettext("Nous avez-vous déjà écrit à ce sujet ?"),
        "entity": current.entity if current else houses.entity_of(request),
        "here": reverse("portal_form_already"),
        "back": address_of(steps.SUBJECT),
        "mending": False,
        "claimed": str(current.pk) if current else "",
        "notice": "",
        "is_closed": False,
        "is_refused": bool(form.errors),
    }
    return render(request, "portal/form/already.html", told, status=REFUSED if form.errors else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """« Effacer »: asked once, then nothing is left, here or on the device. What was sent stays sent."""
    draft = known_draft(request)
    current = draft if draft is not None and not is_sent(draft) else None
    is_done = request.method == "POST" or current is None
    heading = gettext("Vos réponses sont effacées.") if is_done else gettext("Effacer vos réponses ?")
    told = {
        "heading": heading,
        "is_done": is_done,
        "entity": current.entity if current else houses.entity_of(request),
        "entry": reverse("portal_form"),
        "back": address_of(steps.first_open(current.answers)) if current else "",
    }
    if request.method == "POST" and current is not None:
        drafts.erase(draft=current)
        return device.forget(render(request, "portal/form/erase.html", told))
    return render(request, "portal/form/erase.html", told)
