"""The last page of the form: everything read again, then sent, once however often it is pressed."""

from math import ceil
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doleance.accounts.rules import machine
from doleance.intake import drafts as kept_drafts
from doleance.intake import weighing
from doleance.intake.actions import deposits, drafts
from doleance.intake.deposits import DraftSent
from doleance.intake.models import Draft
from doleance.intake.pressure import NotYet
from doleance.kernel import clock, languages
from doleance.kernel.errors import Refusal
from doleance.portal import drafts as device
from doleance.portal.forms import steps, summary
from doleance.portal.forms.pages import SeenForm
from doleance.portal.forms.steps import CONTACT, SUMMARY
from doleance.portal.origin import network_of
from doleance.portal.views.form import HEADINGS, RECEIPT, REFUSED, address_of, is_sent, known_draft, lost, sentence

AGAIN = 5  # seconds before a page that waits looks again, once its moment has come
TOO_QUICK = 5  # seconds from the first answer to the last page: no person reads six pages in that time


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """« Récapitulatif » and « Envoyer ma réclamation »."""
    draft = known_draft(request)
    if draft is None:
        return lost(request)
    if draft.submitted_at is not None:
        return redirect(RECEIPT)
    if is_sent(draft):
        return _sent(request, draft) if request.method == "POST" else _waiting(request, draft)
    ahead = steps.first_open(draft.answers)
    if ahead is not SUMMARY:
        return redirect(address_of(ahead))
    if request.method == "POST" and request.POST.get("brouillon", "") in {"", str(draft.pk)}:
        return _sent(request, draft)
    return _shown(request, draft)


def _shown(request: HttpRequest, draft: Draft, *, refusal: str = "") -> HttpResponse:
    form = SeenForm({}) if refusal else SeenForm()
    if refusal:
        form.add_error(None, refusal)
    answers, now = draft.answers, clock.now()
    names = tuple(one.name for one in kept_drafts.files(draft))
    email, network = summary.email_of(answers), network_of(request)
    told: dict[str, Any] = {
        "form": form,
        "page": SUMMARY,
        "step": SUMMARY.step,
        "steps": steps.STEPS,
        "heading": HEADINGS[SUMMARY.code],
        "entity": draft.entity,
        "here": address_of(SUMMARY),
        "back": address_of(steps.before(SUMMARY, answers) or CONTACT),
        "mending": False,
        "claimed": str(draft.pk),
        "notice": "",
        "is_closed": False,
        "is_refused": bool(refusal),
        "no_contact": not summary.has_contact(answers),
        "contact": address_of(CONTACT, mending=True),
        "groups": [
            {"group": one, "href": address_of(steps.BY_CODE[one.code], mending=True)}
            for one in summary.groups(answers, names)
        ],
        "privacy": reverse("portal_privacy"),
        "effort": weighing.asked(draft=draft.pk, email=email, network=network, at=now),
        "hurried": False,
    }
    return render(request, "portal/form/summary.html", told, status=REFUSED if refusal else 200)


def _sent(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Received, or received and waiting its turn: either way the receipt says so, and pressing twice leads there."""
    now = clock.now()
    try:
        if draft.pressed is None and (now - draft.started_at).total_seconds() < TOO_QUICK:
            marked = draft.answers.get("marks", {}) | {"quick": True}
            draft = drafts.keep(draft=draft, page="marks", answers=marked, at=now)
        deposits.submit(
            draft=draft,
            deposit=summary.deposit_of(draft.answers, language=languages.code()),
            effort=request.POST.get("effort", ""),
            network=network_of(request),
            by=machine("portal"),
            at=now,
        )
    except (NotYet, DraftSent):  # another press of the same form was first: the summary leads where that one led
        return device.remember(redirect(address_of(SUMMARY)), draft.pk)
    except Refusal as refusal:
        return _shown(request, draft, refusal=sentence(refusal))
    return device.remember(redirect(RECEIPT), draft.pk)


def _waiting(request: HttpRequest, draft: Draft) -> HttpResponse:
    """It was sent and waits its turn: when it goes, and the work that ends the wait where scripts run."""
    now, email = clock.now(), summary.email_of(draft.answers)
    told = {
        "heading": gettext("Votre réclamation est gardée."),
        "entity": draft.entity,
        "here": address_of(SUMMARY),
        "claimed": str(draft.pk),
        "until": draft.not_before,
        "effort": weighing.asked(draft=draft.pk, email=email, network=network_of(request), at=now),
        "hurried": True,
    }
    response = render(request, "portal/form/waiting.html", told)
    left = (draft.not_before - now).total_seconds() if draft.not_before is not None else 0
    response["Refresh"] = str(max(AGAIN, ceil(left) + 1))  # without a script the receipt comes at the moment it says
    return response
