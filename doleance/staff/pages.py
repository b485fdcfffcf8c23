"""What every staff page shares: who is asking, rights at the door, refusals turned into French once."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, may
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    """Who is asking, with today's rights: read once a request, so that a revoked right is gone at the next one."""
    known = getattr(request, "_doleance_actor", None)
    if known is None:
        known = cast(User, request.user).actor()
        request._doleance_actor = known  # type: ignore[attr-defined]  # noqa: SLF001  lives as long as the request
    return cast(Actor, known)


def allowed(*permissions: Permission) -> Callable[[View[P]], View[P]]:
    """Open a page to those who hold one of `permissions`; for others it does not exist (404, as an absent one)."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not any(may(actor_of(request), permission) for permission in permissions):
                raise Http404
            return view(request, *args, **kwargs)

        inner.__doleance_allowed__ = permissions  # type: ignore[attr-defined]
        return cast(View[P], inner)

    return wrap


def choices_of(kind: type[Kind]) -> Callable[[], list[tuple[str, str]]]:
    """The members of a kind for a form's field, in the reader's language at the time they are shown."""
    return lambda: [(code, gettext(label)) for code, label in kind.choices()]


def sentence(refusal: Refusal) -> str:
    """The refusal in the reader's language, its facts filled in."""
    facts = {name: gettext(fact.label) if isinstance(fact, Kind) else fact for name, fact in refusal.facts.items()}
    return gettext(refusal.sentence).format(**facts)


UNTOLD = {"code": "", "sentence": ""}
REFUSED = 422  # a form that is to be mended: the page's title says so first


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page on which nothing was refused yet."""
    told = {"refusal": UNTOLD, "is_refused": status == REFUSED}
    return render(request, template, told | context, status=status)


def refused(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: Refusal, *, field: str = ""
) -> HttpResponse:
    """The same page with the reason on it, what was typed kept, status 422.

    `field` is the field of `context["form"]` that the reason is about: the sentence then stands beside it.
    """
    told = {"code": refusal.code, "sentence": sentence(refusal)}
    if field:
        context["form"].add_error(field, told["sentence"])
        told = UNTOLD | {"code": refusal.code}
    response = page(request, template, context | {"refusal": told}, status=REFUSED)
    response["X-Refusal"] = refusal.code
    return response
