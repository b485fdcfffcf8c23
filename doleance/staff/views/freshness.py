"""`/pouls`: what a page that stays open learns of what others do. Nothing new is 204, by one indexed query."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from doleance.accounts.rules import Permission, may
from doleance.desk.queries import freshness
from doleance.desk.queries.freshness import Seen
from doleance.kernel import ids
from doleance.kernel.clock import now
from doleance.staff import listing, nav, pages

NOTHING = 204


@require_GET
@pages.allowed(*nav.FILES)
def pulse(request: HttpRequest) -> HttpResponse:
    """What changed since `depuis`: of one file (`dossier`), where it is the rank of an event, or of a list."""
    since = request.GET.get("depuis", "")
    if reference := request.GET.get("dossier", ""):
        return _of_file(request, reference, since)
    seen, actor, at = Seen.read(since), pages.actor_of(request), now()
    if seen is None or seen.at > at:
        return HttpResponse(status=NOTHING)
    asked = listing.asked_in(request.GET)
    news = freshness.news(actor=actor, asked=asked, seen=seen, at=at)
    gone = freshness.gone(actor=actor, references=_shown_in(request))
    if news is None and not gone:
        return HttpResponse(status=NOTHING)
    context = {
        "now": at,
        "asked": asked,
        "news": news,
        "gone": gone,
        "keep": listing.address_of(asked),
        "may_batch": may(actor, Permission.HANDLE),
    }
    return render(request, "staff/dossiers/news.html", context)


def _shown_in(request: HttpRequest) -> list[str]:
    """The files that the page shows, once a minute: what was closed to its reader since must not stay there."""
    return [one for one in request.GET.get("lignes", "").split(",") if ids.is_reference(one)]


def _of_file(request: HttpRequest, reference: str, since: str) -> HttpResponse:
    rank = freshness.rank_of(reference=reference.replace("\x00", ""), actor=pages.actor_of(request))
    if rank is None:
        raise Http404
    if not since.isascii() or not since.isdigit() or rank <= int(since[:9]):
        return HttpResponse(status=NOTHING)
    return render(
        request,
        "staff/dossier/news.html",
        {"reference": reference, "rank": rank, "keep": listing.address_of(listing.asked_in(request.GET))},
    )
