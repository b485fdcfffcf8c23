"""The document of the API, for programs and for people."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from doleance.api import description, problems
from doleance.api.api import PREFIX, api


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation, as the page shows it."""

    method: str
    path: str
    summary: str
    description: str
    parameters: list[tuple[str, bool, str]]


@require_safe
@login_not_required
def openapi(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The OpenAPI document. It tells nothing of anybody: no key is asked for."""
    return JsonResponse(description.document(api, prefix=PREFIX), json_dumps_params={"ensure_ascii": False})


@require_safe
@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    """The same for people, drawn here: no script, nothing of anybody else's."""
    told = description.document(api, prefix=PREFIX)
    shown = [
        _shown(method, path, operation)
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
    ]
    codes = [(code, description.said(sentence)) for code, sentence in problems.SENTENCES.items()]
    return render(request, "api/page.html", {"operations": shown, "codes": codes, "version": told["info"]["version"]})


def _shown(method: str, path: str, operation: dict[str, Any]) -> Shown:
    return Shown(
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        parameters=[
            (one["name"], one["required"], one.get("description", "")) for one in operation.get("parameters", ())
        ],
    )


@csrf_exempt
@login_not_required
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001
    """What is no address of the API."""
    return problems.absent()


def broken(request: HttpRequest) -> HttpResponse:
    """A bug, once Django logged it: a problem for programs, a page for people."""
    if request.path.startswith(f"/{PREFIX}/"):
        return problems.answer(500, "internal")
    return defaults.server_error(request)
