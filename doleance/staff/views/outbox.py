"""Envois: what did not leave, may not have, came back, or waits to be posted, in the files of whoever looks."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from doleance.accounts.rules import Permission, may
from doleance.intake import queries as intake
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.notifications import printing, queries, watch
from doleance.notifications.actions import breaking, waking
from doleance.notifications.rules import NoticeState
from doleance.staff import pages

_PAGE = "staff/outbox/list.html"
BACK, HERE = "retour", "envois"  # the field that says where a form was pressed
_SHOWN = 100  # of each kind, the oldest; the rest comes as these are decided


def _list(request: HttpRequest) -> dict[str, Any]:
    actor, at = pages.actor_of(request), now()
    piles = queries.for_people(actor, at=at, limit=_SHOWN)
    invalid = intake.invalid_addresses(actor, limit=_SHOWN)
    dead = intake.count_invalid_addresses(actor) if len(invalid) == _SHOWN else len(invalid)
    returned = queries.came_back(actor, at=at, limit=_SHOWN)
    breakers = watch.open_breakers(actor)
    to_print = printing.count_letters_to_print(actor)
    return {
        "uncertain": piles.get(NoticeState.UNCERTAIN),
        "failed": piles.get(NoticeState.FAILED),
        "held": piles.get(NoticeState.NO_CHANNEL),
        "invalid": invalid,
        "returned": returned if returned.total else None,
        "invalid_total": dead,
        "breakers": breakers,
        "back": (BACK, HERE),
        "to_print": to_print,
        "waiting": sum(pile.total for pile in piles.values()) + returned.total + dead + len(breakers) + to_print,
        "ready": len(queries.ready_to_wake(actor, until=at)),
    }


@require_GET
@pages.allowed(Permission.SEND)
def outbox(request: HttpRequest) -> HttpResponse:
    """What waits for a person, the oldest first."""
    return pages.page(request, _PAGE, _list(request))


def is_here(request: HttpRequest) -> bool:
    """Whether a form of a file was pressed in Envois, by somebody who may open that page."""
    return request.POST.get(BACK) == HERE and may(pages.actor_of(request), Permission.SEND)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The same list, with the reason for which a press on it was refused."""
    return pages.refused(request, _PAGE, _list(request), refusal)


@require_POST
@pages.allowed(Permission.SEND)
def send_all(request: HttpRequest) -> HttpResponse:
    """Send every mail that was blocked for want of a server, now that there is one."""
    try:
        ordered = waking.order_all(by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return refused(request, refusal)
    told = ngettext("%(count)s courriel va partir.", "%(count)s courriels vont partir.", ordered)
    messages.success(request, told % {"count": ordered} if ordered else gettext("Aucun courriel n’attendait."))
    return redirect("outbox")


@require_POST
@pages.allowed(Permission.SEND)
def release(request: HttpRequest, breaker_id: UUID) -> HttpResponse:
    """Let machines write again where they were silenced: a person looked."""
    breaker = watch.find(breaker_id, pages.actor_of(request))
    if breaker is None:
        raise Http404
    try:
        breaking.release_breaker(breaker=breaker, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, gettext("Les courriels automatiques reprennent ici."))
    return redirect("outbox")
