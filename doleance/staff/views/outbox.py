"""Envois: the mails that did not leave, or may not have, in the files of whoever looks; and what they decide."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from doleance.accounts.rules import Permission
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.notifications import queries
from doleance.notifications.actions import waking
from doleance.staff import pages

_PAGE = "staff/outbox/list.html"
_SHOWN = 100  # the oldest; the rest comes as these are decided


def _list(request: HttpRequest) -> dict[str, Any]:
    actor, at = pages.actor_of(request), now()
    return {
        "rows": queries.for_people(actor, at=at, limit=_SHOWN),
        "waiting": queries.count_for_people(actor, at=at),
        "ready": len(queries.ready_to_wake(actor, until=at)),
    }


@require_GET
@pages.allowed(Permission.SEND)
def outbox(request: HttpRequest) -> HttpResponse:
    """What waits for a person, the oldest first."""
    return pages.page(request, _PAGE, _list(request))


@require_POST
@pages.allowed(Permission.SEND)
def send_all(request: HttpRequest) -> HttpResponse:
    """Send every mail that was blocked for want of a server, now that there is one."""
    try:
        ordered = waking.order_all(by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, _PAGE, _list(request), refusal)
    told = ngettext("%(count)s courriel va partir.", "%(count)s courriels vont partir.", ordered)
    messages.success(request, told % {"count": ordered} if ordered else gettext("Aucun courriel n’attendait."))
    return redirect("outbox")
