"""What Django's own middleware leaves to us: numbers for a request, a limit on its size, and two headers."""

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext

from doleance.api import problems
from doleance.boot import logs, numbers

Handler = Callable[[HttpRequest], HttpResponseBase]
# Nothing here uses the camera, the place or the sensors of whoever reads a page.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb", "serial")
)


def following(get_response: Handler) -> Handler:
    """Give each request a number, which its lines in the logs carry and its answer names; count it for `/metrics`.

    The number is made here, at random: one that came from outside could be a person's name.
    """

    def handle(request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        number = request.META[logs.NUMBER] = logs.new_number()
        with structlog.contextvars.bound_contextvars(request=number):
            response = get_response(request)
        response.headers["X-Request-ID"] = number
        numbers.note(request, response, began=began)
        return response

    return handle


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
