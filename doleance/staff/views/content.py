"""How a mail looked where it was written, and small pictures of its images; nothing of them runs.

The document is the sanitised one and is served alone, under a policy that forbids scripts, forms and whatever is not
in the document itself; the page of the file shows it in a sandboxed frame, which has no origin of ours.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import escape
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_GET

from doleance.accounts.rules import Permission
from doleance.audit import actions as audit
from doleance.audit import seal
from doleance.channels import queries as channels
from doleance.channels.models import Attachment, Message
from doleance.channels.rules import SafeHtml
from doleance.complaints.following import mask_links
from doleance.desk.queries import dossier as desk
from doleance.intake import queries as intake
from doleance.kernel.clock import now
from doleance.kernel.templatetags.marks import french
from doleance.staff import nav, pages
from doleance.staff.views.dossier import found, viewed

POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
T = TypeVar("T")
# A mail is white paper, in the dark too: its own colours were chosen for that. A long word or a wide image stays in.
_LOOK = (
    "html{background:#fff;color:#1b1f23;color-scheme:light}"
    "body{margin:0;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "body>p{margin:0;padding:8px 16px;border-bottom:1px solid #c9d1d6;background:#eef2f4;color:#2b363c;font-size:14px}"
    "body>main{padding:16px}img{max-width:100%;height:auto}"
)


@require_GET
@pages.allowed(*nav.FILES)
def dossier(request: HttpRequest, reference: str, message_id: UUID) -> HttpResponse:
    """The look of a message of this dossier. Who looked is journalled."""
    complaint = found(request, reference)
    message = desk.message(complaint=complaint, pk=message_id)
    if message is None:
        raise Http404
    response = _document(message)
    viewed(request, complaint, part=f"message:{message.id}")
    return response


@require_GET
@pages.allowed(Permission.READ_QUARANTINE)
def quarantined(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The look of a message that waits. Who looked is journalled."""
    message = intake.in_quarantine(pages.actor_of(request)).filter(pk=message_id).first()
    if message is None:
        raise Http404
    response = _document(message)
    audit.viewed(reader=pages.actor_of(request).id, what=f"message:{message.id}", at=now())
    return response


@require_GET
@pages.allowed(*nav.FILES)
def thumbnail(request: HttpRequest, reference: str, attachment_id: UUID) -> HttpResponse:
    """A small picture of an image of this dossier, which its page shows; reading the page is what is journalled."""
    return _picture(desk.attachment(complaint=found(request, reference), pk=attachment_id))


@require_GET
@pages.allowed(Permission.READ_QUARANTINE)
def quarantined_thumbnail(request: HttpRequest, message_id: UUID, attachment_id: UUID) -> HttpResponse:
    """A small picture of an image of a message that waits."""
    actor = pages.actor_of(request)
    return _picture(intake.quarantined_file(message_id=message_id, attachment_id=attachment_id, actor=actor))


def _document(message: Message) -> HttpResponse:
    """The sanitised document in a frame of a page of ours. Raises Http404 when there is none, or no longer."""
    read = readable(lambda: channels.html_of(message))
    if read is None:
        raise Http404
    response = HttpResponse(_page(read))
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def _page(read: SafeHtml) -> str:
    """One document: what was not fetched, then the mail. Not a template: these words alone are trusted as they are.

    A link of ours that somebody forwarded is its reader's, and opens nothing here.
    """
    title = escape(french(gettext("Mise en forme d’origine")))
    said = ngettext(
        "%(count)s image distante n’a pas été chargée : elle aurait dit à l’expéditeur que vous lisez.",
        "%(count)s images distantes n’ont pas été chargées : elles auraient dit à l’expéditeur que vous lisez.",
        read.images_blocked,
    )
    blocked = f"<p>{escape(french(said % {'count': read.images_blocked}))}</p>" if read.images_blocked else ""
    return (
        f'<!doctype html>\n<html lang="{escape(get_language() or "fr")}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_LOOK}</style></head>"
        f"<body>{blocked}<main>{mask_links(read.html)}</main></body></html>\n"
    )


def _picture(one: Attachment | None) -> HttpResponse:
    data = readable(lambda: channels.thumbnail_of(one)) if one is not None else None
    if data is None:
        raise Http404
    response = HttpResponse(data, content_type="image/webp")
    response["Cache-Control"] = (
        "no-store"  # who may no longer read the file no longer sees it, nor who sits there next
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def readable(read: Callable[[], T]) -> T:
    """What `read` gives. Raises Http404 once it was erased: its key was destroyed on purpose."""
    try:
        return read()
    except seal.KeyDestroyed as erased:
        raise Http404 from erased
