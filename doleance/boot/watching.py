"""What machines ask of the server: does it live, may it be sent people, what does it count.

Answered before everything else: a prober knows the server by its address and speaks plain HTTP to it, which a page
would refuse or send elsewhere; and none of it is worth a session, a line in the logs or a count of its own.
"""

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from doleance.boot import numbers, readiness
from doleance.boot.readiness import Fault
from doleance.kernel.hosts import is_loopback

Handler = Callable[[HttpRequest], HttpResponseBase]
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_VIA")


def watch(get_response: Handler) -> Handler:
    """Answer those who watch. For whoever may not read the numbers there are none: the page is absent as any other."""
    pages: dict[str, Callable[[HttpRequest], HttpResponse | None]] = {
        "/healthz": alive,
        "/readyz": ready,
        "/metrics": metrics,
    }

    def handle(request: HttpRequest) -> HttpResponseBase:
        page = pages.get(request.path_info) if request.method in {"GET", "HEAD"} else None
        return (page(request) if page else None) or get_response(request)

    return handle


def alive(_: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked of it. What starts it again when it does not looks here."""
    return _said("ok")


def ready(_: HttpRequest) -> HttpResponse:
    """200 when pages can be served: the database answers, with this version's tables and our keys."""
    try:
        fault = readiness.fault(_ask, settings.INSTALLATION)
    except Error:
        fault = Fault.DATABASE
    return _said("ok") if fault is None else _said(fault.value, 503)


def metrics(request: HttpRequest) -> HttpResponse | None:
    """The numbers, for Prometheus; None for whoever may not read them."""
    if not may_read(request):
        return None
    return _said(numbers.page(), content_type=numbers.MEDIA_TYPE)


def may_read(request: HttpRequest) -> bool:
    """Whoever brings the token of the settings; else whoever asks from this machine, by its own name, through nobody.

    A proxy also asks from this machine, for the whole world: it says so in a header, or names the public address.
    """
    scheme, _, told = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    wanted = settings.INSTALLATION.metrics_token
    if wanted and scheme.lower() == "bearer":
        return hmac.compare_digest(told.strip().encode(), wanted.encode())
    if any(name in request.META for name in FORWARDED):
        return False
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and is_loopback(_host(request))


def _host(request: HttpRequest) -> str:
    """The host that was asked for, without its port; empty for what is none."""
    try:
        return urlsplit(f"//{request.META.get('HTTP_HOST', '')}").hostname or ""
    except ValueError:
        return ""


def _ask(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _said(text: str | bytes, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> HttpResponse:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, status=status, content_type=content_type, headers=headers)
