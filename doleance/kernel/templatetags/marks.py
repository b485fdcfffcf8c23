"""Filters and tags for what is written: typography, moments, delays, amounts, the complainant's words.

`{% load marks %}`. Every tag that says a time takes `zone` (an IANA name: the entity's, La Réunion is not Paris);
without it, Django's current time zone is used. "Now" is the page's own `now` when the view gives one, so that a page
agrees with itself; otherwise the clock.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from doleance.kernel import amounts, clock, delays, languages, moments, text
from doleance.kernel.passages import Passage, Segment, paragraphs

register = template.Library()

LONG_WORD = 24  # characters, and entities count for several: such a word is let alone
_TAG = re.compile(r"(<[^>]*>)")


def page_now(context: Context) -> datetime:
    """The page's moment: the view's `now`, or the clock's."""
    given = context.get("now")
    return given if isinstance(given, datetime) else clock.now()


def zone_or_current(zone: str) -> str:
    """`zone`, or the name of Django's current time zone."""
    return zone or timezone.get_current_timezone_name()


@register.filter(is_safe=True)
def french(value: object) -> str:
    """`{{ _("Rien n'est perdu : oui")|french }}`: French spaces and apostrophes, for OUR strings only.

    Never for stored words: what somebody wrote is shown as they wrote it. A page in another language is left as it is.
    """
    written = str(value)
    if isinstance(value, SafeString):
        return mark_safe(_french_markup(written))  # noqa: S308
    return languages.reader().typeset(written)


@register.simple_block_tag
def typeset(content: str) -> str:
    """`{% typeset %}Rien n'est perdu : <b>oui</b>{% endtypeset %}`: the same over our own markup."""
    return mark_safe(_french_markup(content))  # noqa: S308  it was rendered, and escaped, by the template


def _french_markup(html: str) -> str:
    parts = _TAG.split(html)
    parts[::2] = [languages.reader().typeset(part) for part in parts[::2]]
    return "".join(parts)


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime, style: str = "moment", zone: str = "") -> str:
    """`{% when exchange.at zone=entity.time_zone %}`: a moment in words inside `<time datetime="…">`.

    `style`: `moment` « jeu. 12 nov., 8 h 47 » · `short` « 12 nov., 8 h 47 » · `hour` « 8 h 47 » · `day` « jeu. 12
    nov. » · `age` « il y a 40 min » · `since` « depuis vendredi ».
    """
    where, now, tongue = zone_or_current(zone), page_now(context), languages.reader()
    local = at.astimezone(ZoneInfo(where))
    year = now.astimezone(ZoneInfo(where)).year
    if style == "age":
        words = delays.age(at, where, now, tongue)
    elif style == "since":
        words = delays.since(at, where, now, tongue)
    elif style == "hour":
        words = moments.hour(at, where, tongue)
    elif style == "day":
        words = moments.short_day(local.date(), tongue, year=year, weekday=True)
    else:
        words = moments.short_moment(at, where, tongue, year=year, weekday=style == "moment")
    return dated(at, words, where)


@register.simple_tag
def dated(at: datetime, words: str, zone: str) -> str:
    """`{% dated row.received_at age row.zone %}`: a moment in words that are there already, as `when` writes it."""
    local, tongue = at.astimezone(ZoneInfo(zone)), languages.reader()
    full = f"{moments.long_day(local.date(), tongue)}, {moments.hour(at, zone, tongue)}"
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(timespec="seconds"), full, words)


@register.simple_tag(takes_context=True)
def on_day(context: Context, day: date, *, weekday: bool = False, long: bool = False, dated: bool = False) -> str:
    """`{% on_day grievance.decided_on %}`: « 12 nov. », with its year when it is not this one; `long=True` in full.

    With `dated=True` the year is said even when it is this one: a promise is copied out of its page.
    """
    year = None if dated else page_now(context).year
    words = (moments.long_day if long else moments.short_day)(day, languages.reader(), year=year, weekday=weekday)
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), words)


@register.simple_tag(takes_context=True)
def countdown(context: Context, at: datetime) -> str:
    """`{% countdown due_at %}`: « dans 5 h 18 » or « depuis 42 min », for the next step of a file."""
    now, tongue = page_now(context), languages.reader()
    length = delays.span(at - now, tongue)
    return delays.overdue(length, tongue) if at < now else delays.ahead(length, tongue)


@register.simple_tag
def voice(words: str, passages: Sequence[Passage] = ()) -> str:
    """`{% voice exchange.text passages %}`: the complainant's words in paragraphs, griefs underlined and numbered.

    Nothing of the text is changed; line ends become `<br>`. `passages` are `doleance.kernel.passages.Passage`.
    """
    return format_html_join("", "<p>{}</p>", ((_paragraph(part),) for part in paragraphs(words, passages)))


def _paragraph(segments: Sequence[Segment]) -> SafeString:
    return mark_safe("".join(_segment(segment) for segment in segments))  # noqa: S308  each piece is escaped below


def _segment(segment: Segment) -> str:
    lines = escape(segment.text).replace("\n", "<br>")
    if segment.passage is None:
        return lines
    number = segment.passage.number
    classes = f"g{number}" if number <= 3 else "gn"
    proposed = " proposed" if segment.passage.proposed else ""
    label = escape(gettext("Grief %(number)s") % {"number": number})
    sign = f'<sup><span class="vh">{label}</span><span aria-hidden="true">{number}</span></sup>'
    return f'<mark class="{classes}{proposed}">{_tied(lines, sign) if segment.ends else lines}</mark>'


def _tied(lines: str, sign: str) -> str:
    """The number of a grief on the same line as the last word it ends, unless that word would fill a phone's line."""
    head, space, last = lines.rpartition(" ")
    return f'{head}{space}<span class="nw">{last}{sign}</span>' if len(last) <= LONG_WORD else lines + sign


@register.filter
def paragraphed(words: str) -> str:
    """`{{ exchange.text|paragraphed }}`: our own stored text in paragraphs, as it was written."""
    return voice(words)


@register.filter
def rejoined(words: str) -> str:
    """`{% voice read.text|rejoined passages %}`: what a machine read on a sheet, without its line ends."""
    return text.rejoined(words)


@register.filter
def number(value: int) -> str:
    """`{{ total|number }}`: « 48 210 »."""
    return amounts.number(value, languages.reader())


@register.filter
def money(amount: Decimal, currency: str = "EUR") -> str:
    """`{{ remedy.amount|money }}`: « 186,00 € »."""
    return amounts.money(amount, languages.reader(), currency)


@register.filter
def size(octets: int) -> str:
    """`{{ attachment.size|size }}`: « 212 ko »."""
    return amounts.size(octets, languages.reader())


def attributes(given: dict[str, Any]) -> SafeString:
    """HTML attributes from keyword arguments: `hx_post` is `hx-post`, True stands alone, None and False are left out.

    A final underscore frees a Python or template word: `for_`, `class_`.
    """
    shown = [(name.rstrip("_").replace("_", "-"), value) for name, value in given.items()]
    return format_html_join(
        "",
        "{}",
        (
            (format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value),)
            for name, value in shown
            if value is not None and value is not False and value != ""
        ),
    )


@register.simple_tag
def request_number() -> str:
    """`{% request_number %}`: the number that the logs give to this request; empty outside one."""
    return str(structlog.contextvars.get_contextvars().get("request", ""))
