"""The list of files: views with their counts, two orders, a search, pages of fifty."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from doleance.accounts.rules import Permission, may
from doleance.desk.queries import worklist
from doleance.desk.queries.worklist import Asked, Sort, View
from doleance.kernel.clock import now
from doleance.staff import nav, pages


def asked_in(told: QueryDict) -> Asked:
    """What the address asks for; an unknown view or order is the usual one."""
    view, sort = told.get("vue", ""), told.get("tri", "")
    words = " ".join(told.get("q", "").replace("\x00", "").split())[:200]
    return Asked(
        view=View(view) if view in set(View) else View.OPEN,
        sort=Sort(sort) if sort in set(Sort) else usual_sort(words),
        words=words,
    )


def usual_sort(words: str) -> Sort:
    """What is found is shown newest first; what is to be done, most pressing first."""
    return Sort.RECEIVED if words else Sort.DUE


def chosen_sort(asked: Asked) -> str:
    """The order that somebody chose, as the address says it; empty for the usual one."""
    return asked.sort.value if asked.sort is not usual_sort(asked.words) else ""


def address_of(asked: Asked, **more: str) -> str:
    """The end of an address which shows that list again; empty for the usual one."""
    told = {
        "vue": asked.view.value if asked.view is not View.OPEN else "",
        "tri": chosen_sort(asked),
        "q": asked.words,
    } | more
    query = urlencode({name: value for name, value in told.items() if value})
    return f"?{query}" if query else ""


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first page somebody can open; who can open none is told so."""
    actor = pages.actor_of(request)
    if any(may(actor, right) for right in nav.FILES):
        return redirect("dossiers")
    if may(actor, Permission.SETTINGS) or may(actor, Permission.MANAGE_USERS):
        return redirect("setup_company" if may(actor, Permission.SETTINGS) else "setup_people")
    if may(actor, Permission.DEPOSIT):
        return redirect("counter")
    return render(request, "staff/dossiers/nothing.html")


@require_GET
@pages.allowed(*nav.FILES)
def dossiers(request: HttpRequest) -> HttpResponse:
    """The files this person may read, as the address asks for them."""
    actor, at, asked = pages.actor_of(request), now(), asked_in(request.GET)
    counts = worklist.counts(actor=actor, words=asked.words, at=at)
    page = worklist.worklist(actor=actor, asked=asked, cursor=request.GET.get("apres", ""), at=at)
    views = [
        {
            "label": gettext(view.label),
            "count": counts[view],
            "address": address_of(Asked(view, asked.sort, asked.words)) or ".",
            "current": view is asked.view,
        }
        for view in View
    ]
    context = {
        "now": at,
        "asked": asked,
        "chosen_sort": chosen_sort(asked),
        "views": views,
        "sorts": [
            {
                "label": gettext(sort.label),
                "address": address_of(Asked(asked.view, sort, asked.words)) or ".",
                "current": sort is asked.sort,
            }
            for sort in Sort
        ],
        "page": page,
        "shown": page.shown_before + len(page.rows),
        "total": counts[asked.view],
        "keep": address_of(asked),
        "next": address_of(asked, apres=page.next) if page.next else "",
        "everything": address_of(Asked(View.ALL)),
        "without_words": address_of(Asked(asked.view)) or ".",
        "is_empty_house": not asked.words and not counts[View.ALL].number,
        "may_quarantine": may(actor, Permission.READ_QUARANTINE),
    }
    return render(request, "staff/dossiers/list.html", context)
