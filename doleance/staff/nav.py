"""What a person finds in the rail: only what their roles can open."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from doleance.accounts.rules import Actor, Permission, may

FILES = (Permission.READ_TEAM_FILES, Permission.READ_ALL_FILES)


@dataclass(frozen=True, slots=True)
class Place:
    """One destination: its URL name, its words, its icon, the key after G, and who may open it (one right is enough).

    `under` is the path below which the place is the current one. A phone's bottom bar shows what is `on_bar`; the rest
    is behind « Plus ».
    """

    name: str
    label: str
    icon: str
    key: str
    under: str
    rights: tuple[Permission, ...] = ()
    group: str = ""
    on_bar: bool = True


PLACES = (
    Place("dossiers", _("Dossiers"), "inbox", "D", "/dossiers/", FILES),
    Place("phone", _("Téléphone"), "phone", "T", "/telephone/", (Permission.HANDLE,)),
    Place("counter", _("Guichet"), "concierge-bell", "C", "/guichet/", (Permission.DEPOSIT,), on_bar=False),
    Place("outbox", _("Envois"), "send", "E", "/envois/", (Permission.SEND,), on_bar=False),
    Place("pairs", _("Doublons"), "copy", "N", "/doublons/", (Permission.HANDLE,), on_bar=False),
    Place("quarantine", _("Quarantaine"), "mail-warning", "Q", "/quarantaine/", (Permission.READ_QUARANTINE,)),
    Place("setup_company", _("Réglages"), "settings", "R", "/reglages/", (Permission.SETTINGS,), _("Encadrer")),
)
COMPONENTS = Place("ui", _("Composants"), "layout-panel-top", "U", "/ui/", (), _("Encadrer"), on_bar=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as the rail shows it to one person; `late` is said in words beside the count, and is a red dot."""

    place: Place
    url: str
    label: str
    current: bool
    count: int | None
    late: int


def entries(
    actor: Actor, path: str, counts: Mapping[str, int], late: int = 0
) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    """The groups of the rail for `actor`, in order, each with its heading (the first has none).

    `counts` gives the number beside a place by its name; `late` the files past their date.
    """
    groups: dict[str, list[Entry]] = {}
    for place in (*PLACES, COMPONENTS) if settings.DEBUG else PLACES:
        if place.rights and not any(may(actor, right) for right in place.rights):
            continue
        entry = Entry(
            place=place,
            url=reverse(place.name),
            label=gettext(place.label),
            current=path.startswith(place.under),
            count=counts.get(place.name),
            late=late if place.name == "dossiers" else 0,
        )
        groups.setdefault(gettext(place.group) if place.group else "", []).append(entry)
    return tuple((title, tuple(found)) for title, found in groups.items())
