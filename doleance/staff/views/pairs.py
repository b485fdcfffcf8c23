"""Doublons: two files side by side, one key to merge them, link them or tell them apart; and separating them again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from doleance.accounts.rules import Permission
from doleance.audit import actions as audit
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.matching import queries, rules
from doleance.matching.actions import answering, merging
from doleance.matching.models import Merge, Pair
from doleance.matching.rules import Answer
from doleance.staff import pages, pairs_told
from doleance.staff.views.dossier import found

_PAGE, _PARTING = "staff/matching/pair.html", "staff/matching/parting.html"


@require_GET
@pages.allowed(Permission.HANDLE)
def pairs(request: HttpRequest) -> HttpResponse:
    """The surest pair that waits, or what was decided when none does."""
    first = next(iter(queries.open_pairs(pages.actor_of(request), limit=1)), None)
    return _shown(request, first)


@require_GET
@pages.allowed(Permission.HANDLE)
def pair(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """One pair, with those before and after it. Who looked is journalled on both files."""
    return _shown(request, _find(request, pair_id))


@require_POST
@pages.allowed(Permission.HANDLE)
def decide(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """Merge the two files, link them, or tell them apart."""
    one = _find(request, pair_id)
    who: dict[str, Any] = {"by": pages.actor_of(request), "at": now()}
    wanted = request.POST.get("decision", "")
    try:
        if wanted == "reunir":
            kept, stub = _kept(one, request.POST.get("garder", ""))
            who |= {"seen": _seen(request, kept), "seen_stub": _seen(request, stub)}
            merging.merge(kept=kept, stub=stub, **who)
            said = gettext("Réunis : une seule réponse partira. Cela se défait à tout moment.")
        elif wanted == "lier":
            answering.link(one=one.first, other=one.second, **who)
            said = gettext("Liés : chaque dossier reste ce qu’il est.")
        elif wanted == "distinguer":
            answering.tell_apart(one=one.first, other=one.second, **who)
            said = gettext("Deux affaires différentes : elles ne seront plus proposées.")
        else:
            return redirect("pair", pair_id)
    except Refusal as refusal:
        return pages.refused(request, _PAGE, _context(request, one), refusal)
    messages.success(request, said)
    return redirect("pairs")


@require_POST
@pages.allowed(Permission.HANDLE)
def take_back(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """Let two files that were linked or told apart wait for an answer again."""
    one = _find(request, pair_id)
    try:
        answering.take_back(pair=one, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, _PAGE, _context(request, one), refusal)
    return redirect("pair", pair_id)


@require_http_methods(["GET", "POST"])
@pages.allowed(Permission.HANDLE)
def parting(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    """What separating two files would do, and doing it."""
    merge = queries.find_merge(pk=merge_id, actor=pages.actor_of(request))
    if merge is None:
        raise Http404
    context = {"merge": merge, "parting": pairs_told.apart(merge)}
    if request.method != "POST":
        response = pages.page(request, _PARTING, context)
        _viewed(request, merge.kept, merge.stub)
        return response
    try:
        separated = merging.separate(merge=merge, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, _PARTING, context, refusal)
    messages.success(request, gettext("Séparés : chaque dossier a de nouveau ce qui est à lui."))
    return redirect("dossier", separated.reference)


@require_POST
@pages.allowed(Permission.HANDLE)
def bring_together(request: HttpRequest, reference: str) -> HttpResponse:
    """Put a file beside another, named by its reference, to decide about both."""
    complaint = found(request, reference)
    typed = request.POST.get("autre", "")
    other = complaints.find(reference=typed, actor=pages.actor_of(request))
    if other is None or other.pk == complaint.pk:
        messages.error(request, gettext("Aucun autre dossier ne porte cette référence, ou vous ne le lisez pas."))
        return redirect(f"{reverse('dossier', args=[complaint.reference])}#doublons")
    return redirect("pair", answering.bring_together(one=complaint, other=other, at=now()).pk)


def _find(request: HttpRequest, pair_id: UUID) -> Pair:
    one = queries.find_pair(pk=pair_id, actor=pages.actor_of(request))
    if one is None:
        raise Http404
    return one


def _kept(one: Pair, wanted: str) -> tuple[Complaint, Complaint]:
    """The file to keep, and the other: by default the first that is open."""
    is_first = rules.keeps(*((State(file.state), file.received_at) for file in (one.first, one.second)))
    if wanted in {str(one.first_id), str(one.second_id)}:
        is_first = wanted == str(one.first_id)
    return (one.first, one.second) if is_first else (one.second, one.first)


def _seen(request: HttpRequest, file: Complaint) -> int | None:
    told = request.POST.get(f"vu-{file.pk}", "")
    return int(told) if told.isdigit() and len(told) < 10 else None


def _shown(request: HttpRequest, one: Pair | None) -> HttpResponse:
    response = pages.page(request, _PAGE, _context(request, one))
    if one is not None:
        _viewed(request, one.first, one.second)
    return response


def _viewed(request: HttpRequest, *files: Complaint) -> None:
    for file in files:
        audit.viewed(reader=pages.actor_of(request).id, what=file.journal_stream, at=now())


def _context(request: HttpRequest, one: Pair | None) -> dict[str, Any]:
    actor = pages.actor_of(request)
    waiting = queries.open_pairs(actor)
    context: dict[str, Any] = {
        "pair": one,
        "count": queries.count_open(actor),
        "decided": pairs_told.decided(queries.answered_pairs(actor)),
    }
    return context | (_of_pair(request, one, [row.pk for row in waiting]) if one is not None else {})


def _of_pair(request: HttpRequest, one: Pair, waiting: list[UUID]) -> dict[str, Any]:
    place = waiting.index(one.pk) if one.pk in waiting else -1
    kept, stub = _kept(one, request.POST.get("garder", request.GET.get("garder", "")))
    previews = {}
    for keep, other in ((one.first, one.second), (one.second, one.first)):
        try:
            previews[keep.pk] = queries.preview(kept=keep, stub=other)
        except Refusal:
            continue
    shown = previews.get(kept.pk)
    merge: Merge | None = next((row for row in queries.merges_of(stub, actor=pages.actor_of(request))), None)
    return {
        "sides": pairs_told.sides(one),
        "why": pairs_told.why(one),
        "position": place + 1,
        "previous": waiting[place - 1] if place > 0 else None,
        "following": waiting[place + 1] if 0 <= place < len(waiting) - 1 else None,
        "kept": kept,
        "keeps": [(told, previews.get(told.pk)) for told in (one.first, one.second)],
        "shown": shown,
        "pointed": [pairs_told.pointed(told) for told in shown.pointed] if shown is not None else [],
        "answer": Answer(one.answer),
        "is_open": one.answer == Answer.OPEN,
        "merge": merge if one.answer == Answer.MERGED else None,
    }
