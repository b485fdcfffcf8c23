"""The one API: its resources, its document, its addresses."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from ninja import NinjaAPI

import doleance
from doleance.api import categories, complaints, messages, problems
from doleance.kernel.kinds import gettext_noop

PREFIX = "api/v1"
api = NinjaAPI(
    title="Doléance",
    version=doleance.__version__,
    description=gettext_noop(
        "Déposer des réclamations, lire leurs dossiers, y ajouter ce qu’écrit le réclamant. Une clé se crée dans "
        "Réglages › API."
    ),
    openapi_url=None,
    docs_url=None,
)
problems.register(api)
api.add_router("/complaints", complaints.router)
api.add_router("/complaints", messages.router)
api.add_router("/categories", categories.router)


def patterns() -> list[URLPattern]:
    """The address of each operation, by the name that it was given."""
    written, _, _ = api.urls
    named = [one for one in written if isinstance(one, URLPattern) and one.name != "api-root"]
    return [path(f"{PREFIX}/{one.pattern}", _open(one.callback), name=one.name) for one in named]


def _open(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """An operation as Django sees it: its key is the right, no session is asked for, no cookie is believed."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            return problems.answer(405, "method_not_allowed", headers={"Allow": response["Allow"]})
        return response

    inner.login_required = False  # type: ignore[attr-defined]  # as django.contrib.auth.decorators marks it
    return inner
