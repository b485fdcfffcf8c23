"""`/ui/`: every piece in every state, and the layout of whole pages. For whoever develops Doléance."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from doleance.staff import samples


@login_not_required
def ui(request: HttpRequest, page: str = "") -> HttpResponse:
    """The catalogue, or one of its pages; it exists where `DOLEANCE_DEBUG` is on."""
    if not settings.DEBUG or (page and page not in dict(samples.PAGES)):
        raise Http404
    return render(request, f"staff/ui/{page or 'index'}.html", samples.context())
