"""Which draft this device is writing: its identifier in a signed cookie, for as long as drafts are kept.

The identifier is all that the cookie holds; the answers stay on the server. Once the draft is sent, the same cookie is
what shows the receipt, key included, to the device that wrote.
"""

from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from doleance.intake.deposits import DRAFT_KEPT

_SALT = "doleance.portal.draft"

R = TypeVar("R", bound=HttpResponseBase)


def cookie_name() -> str:
    """Behind HTTPS the prefix keeps other hosts of the same domain from writing it (RFC 6265bis §4.1.3.2)."""
    return "__Host-reclamation" if settings.HTTPS else "reclamation"


def seen_name() -> str:
    """The cookie that says which receipt this device has seen with its key."""
    return "__Host-recu" if settings.HTTPS else "recu"


def draft_id(request: HttpRequest) -> UUID | None:
    """The draft that this device names; nothing when the cookie is absent, forged or older than drafts are kept."""
    kept = request.COOKIES.get(cookie_name(), "")
    try:
        return UUID(signing.loads(kept, salt=_SALT, max_age=DRAFT_KEPT)) if kept else None
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def remember(response: R, draft: UUID) -> R:
    """Have the device hold that draft, for seven days from now."""
    response.set_cookie(
        cookie_name(),
        signing.dumps(str(draft), salt=_SALT),
        max_age=DRAFT_KEPT,
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: R) -> R:
    """Have the device hold no draft and no receipt: whoever uses it next comes upon neither."""
    for name in (cookie_name(), seen_name()):
        response.delete_cookie(name, path="/", samesite="Lax")
    return response
