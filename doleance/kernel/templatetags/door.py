"""What the door offers besides a password."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def sign_on() -> str:
    """`{% sign_on as directory %}`: the name of the company's directory; empty when none is set."""
    return str(settings.DOLEANCE_SIGN_ON)
