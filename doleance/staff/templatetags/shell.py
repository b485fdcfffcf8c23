"""The frame of staff pages: the rail and the reader's own menu, for `staff/shell.html` alone (`{% load shell %}`)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import Context
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from doleance.accounts import queries as accounts
from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, Role, may
from doleance.channels import queries as channels
from doleance.desk.queries import rail as waits
from doleance.desk.queries import worklist
from doleance.intake import alarms as bulletins
from doleance.intake import weighing
from doleance.kernel import fragments, languages
from doleance.kernel import preferences as kept
from doleance.kernel.templatetags.marks import page_now
from doleance.staff import nav, pages

register = template.Library()

# The words of each choice, in the order of its values.
WORDS = {
    "theme": (_("Comme l’appareil"), _("Clair"), _("Sombre")),
    "density": (_("Aérée"), _("Serrée")),
    "keys": (_("Actives"), _("Coupées")),
    "language": (_("Celle du navigateur"), "Français", "English"),  # each in its own words
}
TITLES = {"theme": _("Apparence"), "density": _("Densité"), "keys": _("Touches d’une lettre"), "language": _("Langue")}


@register.simple_tag(takes_context=True)
def rail(context: Context) -> str:
    """The rail of whoever is signed in, with the numbers of their files.

    A page that has counted gives them as `rail_numbers`. `/ui/` gives `rail_person`, an invented one, since nobody is
    signed in there, and its `rail_counts` and `rail_late`.
    """
    request: HttpRequest = context["request"]
    person: User = context.get("rail_person") or cast(User, request.user)
    roles = [Role(role) for role in person.roles]
    actor = pages.actor_of(request) if person is request.user else Actor("", person.name, frozenset(roles))
    counts, late = context.get("rail_counts") or {}, context.get("rail_late") or 0
    seeks = any(may(actor, right) for right in nav.FILES)
    if person is request.user and seeks:
        numbers = context.get("rail_numbers") or worklist.rail(actor=actor, at=page_now(context))
        counts, late = {"dossiers": numbers.open.number}, numbers.late.number
        counts |= waits.waiting(actor, at=page_now(context))
    told = {
        "groups": nav.entries(actor, request.path, counts, late),
        "seeks": seeks,
        "name": person.name,
        "initials": person.initials,
        "role": gettext(roles[0].label) if roles else "",
        "choices": _choices(tuple(kept.chosen(request.COOKIES, name) for name in kept.CHOICES), get_language() or ""),
    }
    later = {"back": request.get_full_path(), "csrf_token": context.get("csrf_token", "")}
    return fragments.written("staff/_rail.html", told, later)


@register.inclusion_tag("staff/_alarms.html", takes_context=True)
def alarms(context: Context) -> dict[str, Any]:
    """What needs somebody who can mend it: mailboxes, and forms that cannot go; for them and for leads, two queries.

    A lead cannot open the settings: they are told whom to call.
    """
    request: HttpRequest = context["request"]
    if context.get("rail_person") or not request.user.is_authenticated:
        return {"ailing": [], "stuck": 0}
    actor, at, say = pages.actor_of(request), page_now(context), languages.reader()
    may_mend = may(actor, Permission.SETTINGS)
    if not (may_mend or Role.LEAD in actor.roles):
        return {"ailing": [], "stuck": 0}
    own = getattr(context.get("mailbox"), "pk", None)  # on its own page, a mailbox's state is told below
    watched = [mailbox for mailbox in channels.watched() if mailbox.pk != own]
    told = [(mailbox, bulletins.told(mailbox, at=at, say=say)) for mailbox in watched]
    ailing = [{"mailbox": mailbox, "sentence": sentence} for mailbox, sentence in told if sentence]
    stuck = weighing.stuck(at=at)
    whom = [] if may_mend or not (ailing or stuck) else [one.name for one in accounts.holders(Permission.SETTINGS)]
    return {"ailing": ailing, "stuck": stuck, "may_mend": may_mend, "whom": whom}


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a preference, in words."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One preference of the reader's own screen: theme, density, shortcuts, language; each is a small form."""

    name: str
    title: str
    options: tuple[Option, ...]


@lru_cache(maxsize=500)
def _choices(chosen: tuple[str, ...], language: str) -> tuple[Choice, ...]:  # noqa: ARG001  gettext reads it
    own = dict(settings.LANGUAGES)  # a language is named in its own words
    return tuple(
        Choice(
            name,
            gettext(TITLES[name]),
            tuple(
                Option(value, own.get(value) or gettext(words), value == current)
                for value, words in zip(values, WORDS[name], strict=True)
            ),
        )
        for (name, values), current in zip(kept.CHOICES.items(), chosen, strict=True)
    )
