"""What Django's own middleware leaves to us: a limit on the size of a request, and two headers."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext

from doleance.api import problems

Handler = Callable[[HttpRequest], HttpResponseBase]
# Nothing here uses the camera, the place or the sensors of whoever reads a page.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb", "serial")
)


def limits(get_response: Handler) -> Handler:
    """Refuse a request larger than `DOLEANCE_MAX_BODY` before anything of it is read (413)."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared.isdigit() and int(declared) <= settings.DOLEANCE_MAX_BODY:
            return get_response(request)
        if request.path.startswith("/api/"):
            return problems.answer(413, "too_large")
        text = gettext("Cet envoi est trop lourd. Rien n’a été enregistré.")
        return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")

    return handle


def headers(get_response: Handler) -> Handler:
    """Pages are nobody else's: not kept by shared caches, not read by other sites; no sensor is asked for."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return handle
