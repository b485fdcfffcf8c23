"""What the frame of a public page shows of the house. `{% load house %}`."""

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html

from doleance.accounts import queries, theme
from doleance.accounts.models import Entity, Theme
from doleance.accounts.theme import LogoInk
from doleance.kernel import languages
from doleance.portal.emergency import Emergency, numbers
from doleance.portal.entity import PARAMETER, entity_of

register = template.Library()


@register.simple_tag(takes_context=True)
def house(context: Context) -> Entity | None:
    """`{% house as house %}`: the view's own `entity` (a receipt knows whose it is), or the request's."""
    given = context.get("entity")
    if isinstance(given, Entity):
        return given
    request = context.get("request")
    return entity_of(request) if isinstance(request, HttpRequest) else None


@register.simple_tag(takes_context=True)
def house_query(context: Context, entity: Entity | None) -> str:
    """`{% house_query house %}` after an address: names the house of this page where the device would not know it.

    A receipt opened on another device knows whose it is; the pages it leads to must be that house's too.
    """
    request = context.get("request")
    if entity is None or not entity.slug or not isinstance(request, HttpRequest) or entity_of(request) == entity:
        return ""
    return f"?{PARAMETER}={entity.slug}"


@register.simple_tag
def emergency(entity: Entity | None) -> tuple[Emergency, ...]:
    """`{% emergency house as numbers %}`: whom somebody in danger calls where that house is."""
    return numbers(entity.calendar if entity is not None else "FR")


@register.simple_tag
def house_sheet(entity: Entity | None) -> str:
    """`{% house_sheet house %}`: the link to the style sheet of its colour; nothing when it wears ours."""
    worn = _theme(entity)
    if worn is None or not worn.colour:
        return ""
    address = reverse("portal_sheet", args=[worn.entity_id, theme.sheet(worn.colour).name])
    return format_html('<link rel="stylesheet" href="{}">', address)


@register.simple_tag
def house_logo(entity: Entity | None) -> str:
    """`{% house_logo house %}`: its logo, whose name it says; nothing when it has none."""
    worn = _theme(entity)
    if entity is None or worn is None or not worn.logo_sha256:
        return ""
    return format_html(
        '<img class="logo{}" src="{}" alt="{}" width="{}" height="{}">',
        f" {worn.logo_ink}-ink" if worn.logo_ink in set(LogoInk) else "",
        reverse("portal_logo", args=[worn.entity_id, worn.logo_sha256[: theme.NAME_LENGTH]]),
        entity.name,
        worn.logo_width,
        worn.logo_height,
    )


@register.simple_tag
def other_languages() -> list[tuple[str, str]]:
    """`{% other_languages as languages %}`: those that the page is not in: code, and its name in itself."""
    return [(code, name) for code, name in settings.LANGUAGES if code != languages.code()]


def _theme(entity: Entity | None) -> Theme | None:
    return queries.look_of(entity) if entity else None
