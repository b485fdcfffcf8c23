"""À imprimer: the letters that wait for an envelope, each on a sheet of its own, and the day they are posted."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from doleance.accounts.rules import Permission
from doleance.audit import actions as audit
from doleance.kernel.clock import day_in, now
from doleance.kernel.errors import Refusal
from doleance.notifications import printing, queries
from doleance.notifications.actions import deciding
from doleance.notifications.printing import PrintedLetter
from doleance.staff import pages
from doleance.staff.forms.letters import PostedForm

_LIST, _SHEETS = "staff/outbox/letters.html", "staff/outbox/sheets.html"


@require_GET
@pages.allowed(Permission.SEND)
def letters(request: HttpRequest) -> HttpResponse:
    """The letters that wait, the oldest first."""
    return pages.page(request, _LIST, _context(request))


@require_GET
@pages.allowed(Permission.SEND)
def letter(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """One letter as it is printed. Who looked is journalled."""
    one = printing.letter(notice_id, pages.actor_of(request))
    if one is None:
        raise Http404
    return _sheets(request, [one])


@require_GET
@pages.allowed(Permission.SEND)
def every_letter(request: HttpRequest) -> HttpResponse:
    """All the letters that wait, a sheet each. Who looked is journalled."""
    return _sheets(request, printing.letters_to_print(pages.actor_of(request)))


def _sheets(request: HttpRequest, told: list[PrintedLetter]) -> HttpResponse:
    response = render(request, _SHEETS, {"letters": told})
    reader, at = pages.actor_of(request).id, now()
    for complaint_id in sorted({one.complaint_id for one in told}):
        audit.viewed(reader=reader, what=f"complaint:{complaint_id}", at=at)
    return response


@require_POST
@pages.allowed(Permission.SEND)
def posted(request: HttpRequest) -> HttpResponse:
    """Note that the chosen letters were put in the post on one day."""
    actor, at = pages.actor_of(request), now()
    form = PostedForm(request.POST, letters=[*printing.letters_to_print(actor), *_named(request)])
    context = _context(request) | {"form": form}
    if not form.is_valid():
        return pages.page(request, _LIST, context, status=pages.REFUSED)
    done = 0
    for pk in form.cleaned_data["chosen"]:
        notice = queries.find(UUID(pk), actor)
        try:
            if notice is not None:
                deciding.mark_posted(notice=notice, posted_on=form.cleaned_data["posted_on"], by=actor, at=at)
                done += 1
        except Refusal as refusal:
            return pages.refused(request, _LIST, _context(request) | {"form": form}, refusal)
    said = ngettext("%(count)s lettre notée comme postée.", "%(count)s lettres notées comme postées.", done)
    messages.success(request, said % {"count": done})
    return redirect("letters") if printing.count_letters_to_print(actor) else redirect("outbox")


def _named(request: HttpRequest) -> list[PrintedLetter]:
    """The letters that the form names, posted meanwhile or not: the rule says so. Raises Http404 for others' own."""
    found = []
    for typed in request.POST.getlist("chosen"):
        try:
            one = printing.letter(UUID(typed), pages.actor_of(request))
        except ValueError:  # no identifier: the form says so
            continue
        if one is None:
            raise Http404
        found.append(one)
    return found


def _context(request: HttpRequest) -> dict[str, Any]:
    actor = pages.actor_of(request)
    waiting = printing.letters_to_print(actor)
    chosen = [str(one.id) for one in waiting]
    today = day_in(now(), timezone.get_current_timezone_name())
    form = PostedForm(letters=waiting, initial={"chosen": chosen, "posted_on": today})
    return {"letters": waiting, "form": form, "chosen": set(chosen), "empty_title": gettext("Rien à imprimer.")}
