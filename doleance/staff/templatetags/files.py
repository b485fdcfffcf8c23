"""What the pages of files say of states: `{% load files %}`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import get_language, gettext

from doleance.complaints.rules import GrievanceState, State
from doleance.desk.queries.lines import Row
from doleance.desk.queries.worklist import Count, Sort
from doleance.kernel import amounts, delays, fragments, languages
from doleance.kernel.kinds import Kind, gettext_noop
from doleance.kernel.templatetags.marks import french, page_now
from doleance.notifications.queries import OutboxRow
from doleance.notifications.watch import BreakerRow
from doleance.staff.forms.views import ViewForm
from doleance.staff.listing import address_of

register = template.Library()

# How full the dot of a state is: empty (to take), half (at work), paused, green (settled).
_FILLS: dict[Kind, str] = {
    State.RECEIVED: "",
    State.ASSESSMENT: "half",
    State.INVESTIGATION: "half",
    State.WAITING: "wait",
    State.DECIDED: "ok",
    State.ANSWERED: "ok",
    State.CONTESTED: "half",
    State.FOLLOW_UP: "ok",
    State.CLOSED: "full",
    State.REOPENED: "",
    State.WITHDRAWN: "full",
    State.FORWARDED: "full",
    State.MERGED: "full",
    GrievanceState.PROPOSED: "",
    GrievanceState.ACCEPTED: "",
    GrievanceState.IN_PROGRESS: "half",
    GrievanceState.DECIDED: "ok",
    GrievanceState.WITHDRAWN: "full",
    GrievanceState.DROPPED: "full",
}
# The channels of messages: their icon and their word.
_CHANNELS = {
    "email": ("mail", gettext_noop("courriel")),
    "web": ("globe", gettext_noop("formulaire")),
    "phone": ("phone", gettext_noop("téléphone")),
    "counter": ("concierge-bell", gettext_noop("guichet")),
    "api": ("plug", gettext_noop("autre programme")),
}
_ALOUD = {"-": gettext_noop("tiret")}


ROWS_KEPT = 2_000  # lines of lists, some 3 kB each


@register.simple_tag(takes_context=True)
def file_rows(context: Context, rows: Sequence[Row]) -> str:
    """`{% file_rows page.rows %}`: files as lines of the list, for `staff/dossiers/list.html` and its news.

    What a line shows is in its row and in a few words of the page: the same again is written once. Lines are half of
    what a list costs, and a list is loaded again all day. Only where it leads back to differs from list to list.
    """
    by_change, may_batch = context["asked"].sort is Sort.CHANGED, bool(context["may_batch"])
    now, tongue, language = page_now(context), languages.reader(), get_language() or ""
    lines = [
        _line(
            row,
            delays.age(row.changed_at if by_change else row.received_at, row.zone, now, tongue),
            by_change,
            may_batch,
            language,
        )
        for row in rows
    ]
    return fragments.put("".join(lines), {"keep": context["keep"]})


@lru_cache(maxsize=ROWS_KEPT)
def _line(row: Row, age: str, by_change: bool, may_batch: bool, language: str) -> str:  # noqa: ARG001
    """The line, where a sign stands for the list that it leads back to."""
    told = {"row": row, "age": age, "by_change": by_change, "keep": fragments.sign("keep"), "may_batch": may_batch}
    return render_to_string("staff/dossiers/_row.html", told)


@register.simple_tag(takes_context=True)
def chips(context: Context) -> str:
    """The views above the list, and the small form that names one more; written once, whatever is looked for."""
    shown = {name: context[name] for name in ("views", "saved")}
    signed = {
        name: tuple(replace(one, address=fragments.sign(f"{name}{at}")) for at, one in enumerate(found))
        for name, found in shown.items()
    }
    later = {f"{name}{at}": one.address for name, found in shown.items() for at, one in enumerate(found)}
    later |= {"query": address_of(context["asked"])[1:], "csrf_token": context.get("csrf_token", "")}
    return fragments.written("staff/dossiers/_chips.html", signed | {"teams": context["teams"]}, later)


@register.simple_tag(takes_context=True)
def conditions(context: Context) -> str:
    """The sentence of what narrows the list; without any, it is written once, whatever is looked for."""
    added: Sequence[tuple[str, str]] = context["to_add"]
    told = {
        "sentence": context["sentence"],
        "to_add": tuple((label, fragments.sign(f"add{at}")) for at, (label, _) in enumerate(added)),
    }
    later = {f"add{at}": address for at, (_, address) in enumerate(added)}
    return fragments.written("staff/dossiers/_sentence.html", told, later)


@register.simple_tag
def view_form(teams: Iterable[tuple[UUID, str]], query: str) -> ViewForm:
    """`{% view_form teams query as form %}`: the form that names a list."""
    return ViewForm(teams=teams, initial={"query": query})


@register.filter
def label(kind: Kind) -> str:
    """`{{ row.state|label }}`: what people call it."""
    return french(gettext(kind.label)) if kind.label else ""


@register.filter
def counted(count: Count) -> str:
    """`{{ place.total|counted }}`: « 480 », « plus de 1 000 » where counting stopped."""
    return gettext("plus de 1 000") if count.is_more else amounts.number(count.number, languages.reader())


@register.filter
def number(value: int) -> str:
    """`{{ total|number }}`: a count as it is printed, « 10 000 »."""
    return amounts.number(value, languages.reader())


@register.simple_tag
def about(reference: str) -> str:
    """`{% about row.reference %}`: what a button of many is about, for those who hear them one by one."""
    return format_html('<span class="vh"> {}</span>', reference)


@register.filter
def fill(kind: Kind) -> str:
    """`{% state row.state|label row.state|fill %}`: how full its dot is."""
    return _FILLS[kind]


@register.filter
def channel_icon(channel: str) -> str:
    """The icon of a channel."""
    return _CHANNELS.get(channel, ("message-square", channel))[0]


@register.filter
def channel_word(channel: str) -> str:
    """The word for a channel."""
    return gettext(_CHANNELS.get(channel, ("message-square", channel))[1])


@register.filter
def spelled(reference: str) -> str:
    """A reference as one reads it aloud, sign by sign: « R, 2, 6, tiret, 7… »."""
    return ", ".join(gettext(_ALOUD[sign]) if sign in _ALOUD else sign for sign in reference)


@register.filter
def said(row: OutboxRow | BreakerRow) -> str:
    """Where an outgoing mail stands, or why machines are silent, in words."""
    return french(gettext(row.words).format(**row.facts))
