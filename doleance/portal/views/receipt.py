"""The receipt: shown with its key to the device that wrote, once; then at an address of its own, and on paper."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from doleance.accounts.rules import complainant
from doleance.audit import actions as audit
from doleance.complaints import queries as complaints
from doleance.complaints.access import RECEIPT_LIFE, Use
from doleance.complaints.models import Complaint
from doleance.desk.queries import receipt as receipts
from doleance.desk.queries.receipt import Receipt
from doleance.intake import drafts as kept_drafts
from doleance.intake.deposits import DRAFT_KEPT
from doleance.kernel import clock, languages
from doleance.kernel.pdf import PdfError
from doleance.portal import drafts as device
from doleance.portal import receipts as papers

_SALT = "doleance.portal.receipt"


@login_not_required
@never_cache
@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """`/reclamer/recu/`: after sending, with the key; once seen, it leads to the receipt's own address."""
    draft = kept_drafts.draft(device.draft_id(request), at=clock.now())
    if draft is not None and draft.submitted_at is None:
        return redirect("portal_form" if draft.pressed is None else "portal_form_summary")
    token = papers.token_of(draft.pk) if draft is not None else ""
    if draft is not None and _has_seen(request, str(draft.pk)):
        return redirect("portal_receipt_kept", token)
    found = _found(token)
    if draft is None or found is None:
        return _gone(request)
    response = _page(request, found, key=papers.key_of(draft.pk))
    _remember(response, str(draft.pk))
    return response


@login_not_required
@never_cache
@require_safe
def kept(request: HttpRequest, token: str) -> HttpResponse:
    """`/recu/<token>/`: the same page without the key, for as long as its address lives."""
    found = _found(token)
    return _page(request, found) if found is not None else _gone(request)


@login_not_required
@never_cache
@require_safe
def paper(request: HttpRequest, token: str) -> HttpResponse:
    """`/recu/<token>/recu.pdf`: the receipt on paper; when the typesetter cannot, its page, which prints well."""
    found = _found(token)
    if found is None:
        return _gone(request)
    try:
        made = papers.paper(found.receipt, token)
    except PdfError:
        return _page(request, found, is_busy=True)
    _note(found.complaint)
    response = HttpResponse(made, content_type="application/pdf")
    name = gettext("recu")
    response["Content-Disposition"] = f'attachment; filename="{name}-{found.receipt.reference}.pdf"'
    return response


@dataclass(frozen=True, slots=True)
class Found:
    """What an address leads to."""

    token: str
    complaint: Complaint
    receipt: Receipt


def _found(token: str) -> Found | None:
    """The receipt of an address; links of mails open none."""
    at = clock.now()
    complaint = complaints.find_by_link(token=token, at=at, purposes=(Use.RECEIPT,))
    if complaint is None:
        return None
    told = receipts.receipt(complaint=complaint, tongue=languages.reader(), at=at)
    return Found(token, complaint, told) if told is not None else None


def _page(request: HttpRequest, found: Found, *, key: str = "", is_busy: bool = False) -> HttpResponse:
    told, at = found.receipt, papers.addresses(found.token, found.receipt)
    context = {
        "receipt": told,
        "entity": told.entity,
        "at": at,
        "bookmark": request.build_absolute_uri(at.page),
        "arrived": papers.arrived(told),
        "key": key,
        "is_busy": is_busy,
        "days": RECEIPT_LIFE.days,
        "invitation": papers.invitation(told),
        "court": papers.court_sentence(told),
    }
    response = render(request, "portal/receipt/receipt.html", context, status=503 if is_busy else 200)
    _note(found.complaint)
    return response


def _note(complaint: Complaint) -> None:
    """Reading a file is told in its reader's stream, once the page is built."""
    audit.viewed(reader=complainant(complaint.id).id, what=complaint.journal_stream, at=clock.now())


def _gone(request: HttpRequest) -> HttpResponse:
    """One page for an address that is unknown, over or closed: it tells nothing of any file."""
    return render(request, "portal/receipt/gone.html", status=404)


def _has_seen(request: HttpRequest, draft: str) -> bool:
    try:
        seen = signing.loads(request.COOKIES.get(device.seen_name(), ""), salt=_SALT, max_age=DRAFT_KEPT)
    except signing.BadSignature:
        return False
    return bool(seen == draft)


def _remember(response: HttpResponse, draft: str) -> None:
    """Have the device hold that the key was seen, for as long as it holds the draft."""
    response.set_cookie(
        device.seen_name(),
        signing.dumps(draft, salt=_SALT),
        max_age=DRAFT_KEPT,
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
