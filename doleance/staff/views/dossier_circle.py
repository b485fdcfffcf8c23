"""The closed circle of one file: closed, changed, opened again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from doleance.accounts import queries as accounts
from doleance.complaints.actions import circles
from doleance.complaints.models import Complaint
from doleance.staff import nav, pages
from doleance.staff.views.dossier import CIRCLE, OPEN_UP
from doleance.staff.views.dossier_acts import act


@require_http_methods(["GET", "POST"])
@pages.allowed(*nav.FILES)
def circle(request: HttpRequest, reference: str) -> HttpResponse:
    """Close a circle around a file, or change it. Who is not inside goes back to the list."""

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        people = {str(one.pk): one for one in accounts.users()}
        told: dict[str, Any] = {name: [people[pk] for pk in data[name]] for name in ("inside", "concerned")}
        return circles.restrict(complaint=complaint, **told, reason=data["reason"], seen=data["seen"], **who)

    return act(request, reference, CIRCLE, do, said=gettext("Ce dossier n’existe plus que pour son cercle."))


@require_http_methods(["GET", "POST"])
@pages.allowed(*nav.FILES)
def open_up(request: HttpRequest, reference: str) -> HttpResponse:
    """Open the file again to those who would read it without its circle."""

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return circles.open_up(complaint=complaint, reason=data["reason"], seen=data["seen"], **who)

    return act(
        request, reference, OPEN_UP, do, said=gettext("Le cercle est levé : le dossier se lit comme les autres.")
    )
