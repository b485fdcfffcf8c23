"""Pieces of pages that are written once for what they are told, and given again (docs/decisions/0111).

Half of the processor time of a page is its template, and most of a page is the same each time. A fragment sees nothing
but what it is told, in the reader's language: the same telling is the same text, so what is kept cannot be stale. What
differs each time (a token, where a form leads back to) is told `later`: a sign stands for it in what is kept.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language


def sign(name: str) -> str:
    """What stands for something that is told later, in what a template is told; no text of the database holds it."""
    return f"\x00{name}\x00"


def written(template: str, told: Mapping[str, object], later: Mapping[str, Any] | None = None) -> SafeString:
    """A template with what it is told, each value hashable and unchanging; `later` is put into it escaped.

    What is told later may stand as text or in an attribute: no filter and no condition of the template sees it. The
    template finds it under its name, or where a `sign` was told.
    """
    last = later or {}
    return put(_written(template, tuple(told.items()), tuple(last), get_language() or ""), last)


def put(text: str, later: Mapping[str, Any]) -> SafeString:
    """What is told later, escaped, where a `sign` stands for it in what templates wrote."""
    for name, value in later.items():
        place = sign(name)
        if place in text:  # a token that no form shows is not asked for
            text = text.replace(place, conditional_escape(value))
    return mark_safe(text)  # noqa: S308  templates wrote and escaped it


@lru_cache(maxsize=500)  # some kB each
def _written(template: str, told: tuple[tuple[str, object], ...], later: tuple[str, ...], language: str) -> str:  # noqa: ARG001
    return render_to_string(template, dict(told) | {name: sign(name) for name in later})
