"""What the frame of a public page shows of the house. `{% load house %}`."""

from django import template
from django.http import HttpRequest
from django.template.context import Context

from doleance.accounts.models import Entity
from doleance.portal.entity import entity_of

register = template.Library()


@register.simple_tag(takes_context=True)
def house(context: Context) -> Entity | None:
    """`{% house as house %}`: the view's own `entity` (a receipt knows whose it is), or the request's."""
    given = context.get("entity")
    if isinstance(given, Entity):
        return given
    request = context.get("request")
    return entity_of(request) if isinstance(request, HttpRequest) else None
