"""Settings of the public pages: where the form is, what it wears, what it says of personal data."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from doleance.accounts import actions as accounts
from doleance.accounts import queries, theme
from doleance.accounts.models import Entity, Theme
from doleance.accounts.rules import Permission
from doleance.channels import queries as channels
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import pages
from doleance.staff.forms.form_settings import PublicForm
from doleance.staff.views.setup import frame

PAGE = "staff/setup/form.html"
OURS = "#005c69"  # of tokens.css, when a house has no colour of its own
_FIELDS = {"slug_taken": "slug", "bad_slug": "slug", "bad_colour": "colour"}


@dataclass(frozen=True, slots=True)
class Side:
    """How one theme shows a colour: `kept` or changed into `colour`, and two contrasts, each « to 1 »."""

    name: str
    colour: str
    kept: bool
    links: float
    buttons: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What a colour becomes, for the page and for whoever listens to it. `near` is a state it could be taken for."""

    wanted: str
    digits: str
    is_ours: bool
    sides: tuple[Side, Side]
    near: str


@pages.allowed(Permission.SETTINGS)
def public_form(request: HttpRequest) -> HttpResponse:
    """The page; « Voir » shows a colour and keeps nothing, « Enregistrer » keeps all or nothing."""
    entity = queries.entity()
    worn = queries.look_of(entity)
    initial = {"slug": entity.slug, "privacy": entity.privacy, "colour": worn.colour if worn else ""}
    form = PublicForm(request.POST or None, request.FILES or None, initial=initial)
    context = _context(request, entity, worn, form)
    if request.method != "POST":
        return pages.page(request, PAGE, context)
    if not form.is_valid():
        return pages.page(request, PAGE, context, status=pages.REFUSED)
    try:
        if request.POST.get("faire") == "voir":
            theme.read(form.cleaned_data["colour"] or OURS)
            return pages.page(request, PAGE, context)
        _keep(request, entity, form.cleaned_data)
    except Refusal as refusal:
        return pages.refused(request, PAGE, context, refusal, field=_FIELDS.get(refusal.code, "logo"))
    messages.success(request, gettext("Formulaire public enregistré."))
    return redirect("setup_form")


def _keep(request: HttpRequest, entity: Entity, told: dict[str, Any]) -> None:
    logo = _drawn(told["logo"]) if told["logo"] else None
    accounts.change_public_pages(
        entity=entity,
        slug=told["slug"],
        privacy=told["privacy"],
        colour=told["colour"],
        logo=logo,
        drops_logo=told["drops_logo"],
        by=pages.actor_of(request),
        at=now(),
    )


def _drawn(sent: "UploadedFile[Any]") -> theme.DrawnLogo:
    """The logo drawn anew in the limited child. Refuses what is too heavy, a program, or no picture."""
    data = sent.read(theme.LOGO_BYTES + 1)
    theme.check_logo(data)
    drawn = channels.logo_of(data)
    if drawn is None:
        raise theme.LogoUnreadable
    return drawn


def _context(request: HttpRequest, entity: Entity, worn: Theme | None, form: PublicForm) -> dict[str, Any]:
    colour = str(form["colour"].value() or "")
    return frame(
        request,
        "form",
        form=form,
        entity=entity,
        address=f"{settings.DOLEANCE_URL}{reverse('portal_form')}?chez={entity.slug}" if entity.slug else "",
        preview=_preview(colour) or _preview(worn.colour if worn else ""),
        has_logo=bool(worn and worn.logo_sha256),
    )


@require_safe
@pages.allowed(Permission.SETTINGS)
def preview(request: HttpRequest) -> HttpResponse:
    """The same pages in the colour that is being typed; until it is one, what is shown stays."""
    shown = _preview(request.GET.get("colour", ""))
    if shown is None:
        return HttpResponse(status=204)
    return pages.page(request, "staff/setup/_form_preview.html", {"preview": shown, "entity": queries.entity()})


@require_safe
@pages.allowed(Permission.SETTINGS)
def preview_sheet(request: HttpRequest, digits: str) -> HttpResponse:  # noqa: ARG001
    """The style sheet of a colour that nobody wears yet, for the two specimens alone."""
    try:
        shown = theme.look(theme.read(digits))
    except theme.BadColour as bad:
        raise Http404 from bad
    return HttpResponse(theme.style(shown, ".specimen"), content_type="text/css; charset=utf-8")


def _preview(colour: str) -> Preview | None:
    """What there is to tell of a colour as somebody typed it, ours for an empty one; nothing until it is a colour."""
    is_ours = not colour.strip()
    try:
        wanted = theme.read(OURS if is_ours else colour)
    except theme.BadColour:
        return None
    shown = theme.look(wanted)
    light, dark = (gettext("Sur fond clair"), gettext("Sur fond sombre"))
    return Preview(
        wanted=str(wanted),
        digits=str(wanted).removeprefix("#"),
        is_ours=is_ours,
        sides=(
            Side(light, str(shown.light.act), shown.is_kept_light, *theme.readable(shown.light, theme.LIGHT)),
            Side(dark, str(shown.dark.act), shown.is_kept_dark, *theme.readable(shown.dark, theme.DARK)),
        ),
        near=gettext(shown.near.label) if shown.near else "",
    )
