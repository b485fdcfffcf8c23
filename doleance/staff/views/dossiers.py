"""The list of files: views with their counts, conditions, three orders, a search, pages of fifty."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Permission, may
from doleance.desk.queries import filtering, freshness, views, worklist
from doleance.desk.queries.search import Sought
from doleance.desk.queries.worklist import Asked, Count, Sort, View
from doleance.desk.rules import ALL
from doleance.kernel.clock import now
from doleance.routing.rules import Act
from doleance.staff import listing, nav, pages
from doleance.staff.listing import Chip, address_of, asked_in
from doleance.staff.views import bulk


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
    opened = listing.opened_in(request.GET)
    saved = _saved(request, asked)
    there = listing.there_for(asked, opened)
    sought = Sought(asked.words)
    counts = worklist.counts(actor=actor, view=asked.view, sought=sought, at=at)
    cursor = request.GET.get("apres", "")
    page = worklist.worklist(actor=actor, asked=asked, cursor=cursor, at=at, there=there, sought=sought)
    total = counts[asked.view]
    if asked.filters:
        total = worklist.total(actor=actor, asked=asked, at=at, there=there, sought=sought)
    context = {
        "now": at,
        "asked": asked,
        "views": _views(asked, counts, is_saved=any(one.current for one in saved)),
        "saved": saved,
        "teams": tuple((team.pk, team.name) for team in accounts.teams_of(actor)),
        "sorts": _sorts(asked),
        "sentence": listing.sentence(asked, opened, there),
        "to_add": listing.to_add(asked, opened),
        "page": page,
        "shown": page.shown_before + len(page.rows),
        "total": total,
        "rail_numbers": None if asked.words else worklist.rail_of(counts),
        "keep": address_of(asked),
        "keep_pairs": [(name, value) for name, value in listing.pairs_of(asked) if name != "q"],
        "next": address_of(asked, apres=page.next) if page.next else "",
        "everything": address_of(Asked(View.ALL)),
        "without_words": address_of(listing.searched(asked, "")) or ".",
        "without_filters": address_of(replace(asked, filters=ALL)) or ".",
        "is_empty_house": not asked.words and not counts[View.ALL].number,
        "seen": freshness.seen_now(actor=actor, asked=asked, at=at, sought=sought),
        "may_batch": may(actor, Permission.HANDLE) and bool(page.rows),
        "acts": tuple((act.value, gettext(act.label)) for act in Act),
        **bulk.toast_of(request),
        "may_quarantine": may(actor, Permission.READ_QUARANTINE),
    }
    return render(request, "staff/dossiers/list.html", context)


def _saved(request: HttpRequest, asked: Asked) -> tuple[Chip, ...]:
    """The views that people saved, with how many files each holds for this reader."""
    actor, at, here = pages.actor_of(request), now(), address_of(asked).removeprefix("?")
    rows = [(view, asked_in(QueryDict(view.query))) for view in views.seen_by(actor)]
    used = {condition for _, one in rows for condition in one.filters.used()}
    there = filtering.known(used & filtering.BY_NAME)
    counts = worklist.totals(actor=actor, lists=[one for _, one in rows], at=at, there=there) if rows else []
    return tuple(
        Chip(
            label=view.name,
            owner="" if view.owner_id == actor.user_id else view.owner_name,
            count=count,
            address=address_of(one) or ".",
            current=address_of(one).removeprefix("?") == here,
        )
        for (view, one), count in zip(rows, counts, strict=True)
    )


def _views(asked: Asked, counts: dict[View, Count], *, is_saved: bool) -> tuple[Chip, ...]:
    """The views of every house; each begins without conditions."""
    return tuple(
        Chip(
            label=gettext(view.label),
            count=counts.get(view),
            address=address_of(Asked(view, asked.sort, asked.words)) or ".",
            current=view is asked.view and not is_saved,
        )
        for view in View
    )


def _sorts(asked: Asked) -> list[dict[str, Any]]:
    return [
        {
            "label": gettext(sort.label),
            "address": address_of(replace(asked, sort=sort)) or ".",
            "current": sort is asked.sort,
        }
        for sort in Sort
    ]
