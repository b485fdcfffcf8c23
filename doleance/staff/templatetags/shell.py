"""The frame of staff pages: the rail and the reader's own menu, for `staff/shell.html` alone (`{% load shell %}`)."""

from datetime import datetime
from typing import Any, cast

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import Context
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from doleance.accounts import queries as accounts
from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, Role, may
from doleance.channels import queries as channels
from doleance.desk.queries import worklist
from doleance.intake import alarms as bulletins
from doleance.intake import queries as intake
from doleance.intake import weighing
from doleance.kernel import languages
from doleance.kernel import preferences as kept
from doleance.kernel.templatetags.marks import page_now
from doleance.matching import queries as matching
from doleance.notifications import printing, watch
from doleance.notifications import queries as notifications
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


@register.inclusion_tag("staff/_rail.html", takes_context=True)
def rail(context: Context) -> dict[str, Any]:
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
        if may(actor, Permission.READ_QUARANTINE):
            counts["quarantine"] = intake.count_quarantine(actor)
        if may(actor, Permission.SEND):
            counts["outbox"] = _outbox(actor, page_now(context))
        if may(actor, Permission.HANDLE):
            counts["pairs"] = matching.count_open(actor)
    return {
        "groups": nav.entries(actor, request.path, counts, late),
        "seeks": seeks,
        "person": person,
        "role": gettext(roles[0].label) if roles else "",
        "request": request,
        "csrf_token": context.get("csrf_token", ""),
    }


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


def _outbox(actor: Actor, at: datetime) -> int:
    """What waits for a person's decision in Envois: mails, addresses, breakers, letters."""
    mails = notifications.count_for_people(actor, at=at) + notifications.count_came_back(actor)
    letters = printing.count_letters_to_print(actor)
    return mails + letters + intake.count_invalid_addresses(actor) + watch.count_open_breakers(actor)


@register.inclusion_tag("staff/_preferences.html", takes_context=True)
def preferences(context: Context) -> dict[str, Any]:
    """The reader's choices for their own screen: theme, density, shortcuts; each is a small form."""
    request: HttpRequest = context["request"]
    own = dict(settings.LANGUAGES)  # a language is named in its own words
    choices = [
        {
            "name": name,
            "title": gettext(TITLES[name]),
            "options": [
                {
                    "value": value,
                    "label": own.get(value) or gettext(words),
                    "chosen": kept.chosen(request.COOKIES, name) == value,
                }
                for value, words in zip(values, WORDS[name], strict=True)
            ],
        }
        for name, values in kept.CHOICES.items()
    ]
    return {"choices": choices, "back": request.get_full_path(), "csrf_token": context.get("csrf_token", "")}
