"""What the pages of files say of states: `{% load files %}`."""

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext

from doleance.complaints.rules import GrievanceState, State
from doleance.desk.queries.worklist import Count
from doleance.kernel import amounts, languages
from doleance.kernel.kinds import Kind, gettext_noop
from doleance.kernel.templatetags.marks import french
from doleance.notifications.queries import OutboxRow
from doleance.notifications.watch import BreakerRow

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
