"""À imprimer: the letters that wait for an envelope, each on a sheet of its own, and the day they are posted."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from doleance.accounts.rules import Permission, may
from doleance.audit import actions as audit
from doleance.kernel import languages
from doleance.kernel.clock import day_in, now
from doleance.kernel.errors import Refusal
from doleance.notifications import letters as letters_of
from doleance.notifications import printing, queries
from doleance.notifications.actions import deciding
from doleance.notifications.printing import PrintedLetter
from doleance.notifications.rules import NoticeState
from doleance.staff import nav, pages
from doleance.staff.forms.letters import PostedForm

_LIST, _SHEETS = "staff/outbox/letters.html", "staff/outbox/sheets.html"
_CONFIRM = "staff/outbox/posted.html"


@require_GET
@pages.allowed(Permission.SEND)
def letters(request: HttpRequest) -> HttpResponse:
    """The letters that wait, the oldest first."""
    return pages.page(request, _LIST, _context(request))


@require_GET
@pages.allowed(*nav.FILES)
def letter(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """One letter as it is printed, for whoever reads its file, posted or not. Who looked is journalled."""
    one = printing.letter(notice_id, pages.actor_of(request))
    if one is None:
        raise Http404
    is_to_post = one.state is NoticeState.TO_PRINT and may(pages.actor_of(request), Permission.SEND)
    return _sheets(request, [one], file="" if is_to_post else one.reference)


@require_GET
@pages.allowed(Permission.SEND)
def every_letter(request: HttpRequest) -> HttpResponse:
    """All the letters that wait, a sheet each. Who looked is journalled."""
    return _sheets(request, printing.letters_to_print(pages.actor_of(request)))


def _sheets(request: HttpRequest, told: list[PrintedLetter], *, file: str = "") -> HttpResponse:
    response = render(request, _SHEETS, {"letters": told, "file": file})
    reader, at = pages.actor_of(request).id, now()
    for complaint_id in sorted({one.complaint_id for one in told}):
        audit.viewed(reader=reader, what=f"complaint:{complaint_id}", at=at)
    return response


@require_POST
@pages.allowed(Permission.SEND)
def posted(request: HttpRequest) -> HttpResponse:
    """Note that the chosen letters were put in the post on one day: all or none, after one look at what is noted."""
    actor, at = pages.actor_of(request), now()
    named = _named(request)
    form = PostedForm(request.POST, letters=[*printing.letters_to_print(actor), *named])
    context = _context(request) | {"form": form, "chosen": {str(one.id) for one in named}}
    if not form.is_valid():
        return pages.page(request, _LIST, context, status=pages.REFUSED)
    day = form.cleaned_data["posted_on"]
    if "confirmer" not in request.POST:
        is_change = "changer" in request.POST
        told = {"to_note": named, "day": letters_of.day_in_words(day, languages.code())}
        return pages.page(request, _LIST if is_change else _CONFIRM, context | told)
    notices = [notice for one in named if (notice := queries.find(one.id, actor)) is not None]
    try:
        done = len(deciding.mark_all_posted(notices=notices, posted_on=day, by=actor, at=at))
    except Refusal as refusal:
        return pages.refused(request, _LIST, context, refusal)
    said = ngettext("%(count)s lettre notée comme postée.", "%(count)s lettres notées comme postées.", done)
    messages.success(request, said % {"count": done})
    return redirect("letters") if printing.count_letters_to_print(actor) else redirect("outbox")


def _named(request: HttpRequest) -> list[PrintedLetter]:
    """The letters that the form names, posted meanwhile or not: the rule says so. Raises Http404 for others' own."""
    found = []
    for typed in dict.fromkeys(request.POST.getlist("chosen")):
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
    today = day_in(now(), timezone.get_current_timezone_name())
    form = PostedForm(letters=waiting, initial={"posted_on": today})
    return {"letters": waiting, "form": form, "chosen": set(), "empty_title": gettext("Rien à imprimer.")}
