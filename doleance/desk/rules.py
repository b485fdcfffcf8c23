"""What a list can be narrowed by, and how an address says it in words that people can read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from doleance.accounts.rules import Actor, Role
from doleance.complaints.rules import State
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind, gettext_noop
from doleance.kernel.text import fold

MINE, NOBODY = "moi", "aucun"  # of those who answer for files, besides their names
MOST_VALUES = 20  # of one condition; the others are passed over


class Condition(Kind):
    """One thing a list can be narrowed by; its code stands in the address."""

    STATE = "etat", "État"
    CHANNEL = "canal", "Canal"
    DUE = "echeance", "Échéance"
    OWNER = "responsable", "Responsable"
    TEAM = "equipe", "Équipe"
    CATEGORY = "categorie", "Catégorie"
    RECEIVED = "recu", "Date de réception"
    SAFETY = "danger", "Danger signalé"
    ENTITY = "entreprise", "Entreprise"


# How the sentence above a list says each condition, before its words.
LEADS = {
    Condition.STATE: gettext_noop("l’état est"),
    Condition.CHANNEL: gettext_noop("le canal est"),
    Condition.DUE: gettext_noop("l’échéance est"),
    Condition.OWNER: gettext_noop("le responsable est"),
    Condition.TEAM: gettext_noop("l’équipe est"),
    Condition.CATEGORY: gettext_noop("la catégorie est"),
    Condition.RECEIVED: gettext_noop("la réception est"),
    Condition.SAFETY: gettext_noop("un danger est"),
    Condition.ENTITY: gettext_noop("l’entreprise est"),
}


class By(Kind):
    """How the complainant wrote or spoke; the code stands in the address."""

    EMAIL = "courriel", "courriel"
    FORM = "formulaire", "formulaire"
    PHONE = "telephone", "téléphone"
    COUNTER = "guichet", "guichet"


# The channel of messages (`channels.registry`) that each one means.
CHANNELS = {By.EMAIL: "email", By.FORM: "web", By.PHONE: "phone", By.COUNTER: "counter"}


class Within(Kind):
    """When the next due moment is. What is late is due before the others, so it is within each of them."""

    LATE = "retard", "dépassée"
    TODAY = "aujourdhui", "aujourd’hui ou avant"
    THREE = "3j", "sous 3 jours"
    TEN = "10j", "sous 10 jours"
    THIRTY = "30j", "sous 30 jours"
    NONE = "sans", "sans date"


_DAYS = {Within.TODAY: 0, Within.THREE: 3, Within.TEN: 10, Within.THIRTY: 30}


def end_of(within: Within, at: datetime, zone: str) -> datetime:
    """The moment before which a file is due: the end of a day in `zone`, or now for LATE. NONE has no such moment."""
    if within is Within.LATE:
        return at
    place = ZoneInfo(zone)
    day = at.astimezone(place).date() + timedelta(days=_DAYS[within] + 1)
    return datetime.combine(day, time(), place)


def slug(words: str) -> str:
    """Words as an address says them: « Relation client » gives `relation-client`.

    >>> slug("À prendre")
    'a-prendre'
    """
    return "-".join(re.findall(r"[a-z0-9]+", fold(words)))


STATES = {slug(state.label): state for state in State}
_SLUGS = {state: name for name, state in STATES.items()}


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something a list can be narrowed to: how an address says it, its words, its key in the database."""

    slug: str
    label: str
    key: Any


def named(rows: Iterable[tuple[Any, str]]) -> list[Named]:
    """Each row (key, words) with a slug of its own: where two would share one, the end of the key tells them apart."""
    found = [(key, label, slug(label) or "sans-nom") for key, label in rows]
    shared = {one for one in (name for _, _, name in found) if [name for _, _, name in found].count(one) > 1}
    return [Named(f"{name}-{str(key)[-6:]}" if name in shared else name, label, key) for key, label, name in found]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. People, teams and houses stand by their slugs, categories by their codes.

    `since` and `until` are days of receipt, both included. Nothing given: nothing is narrowed.
    """

    states: tuple[State, ...] = ()
    channels: tuple[By, ...] = ()
    due: Within | None = None
    owners: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    safety: bool = False
    entities: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    @classmethod
    def read(cls, told: Mapping[str, Sequence[str]]) -> Self:
        """What an address asks for, by the values of each name; what means nothing is passed over."""

        def words(name: str) -> tuple[str, ...]:
            given = (one for value in told.get(name, ()) for one in value.split(","))
            return tuple(dict.fromkeys(one.strip() for one in given if one.strip() and "\x00" not in one))[
                :MOST_VALUES
            ]

        def member(name: str, kind: type[Within]) -> Within | None:
            return next((kind(one) for one in words(name) if one in set(kind)), None)

        return cls(
            states=tuple(STATES[one] for one in words(Condition.STATE) if one in STATES),
            channels=tuple(By(one) for one in words(Condition.CHANNEL) if one in set(By)),
            due=member(Condition.DUE, Within),
            owners=words(Condition.OWNER),
            teams=words(Condition.TEAM),
            categories=words(Condition.CATEGORY),
            since=_day(words("du")),
            until=_day(words("au")),
            safety="oui" in words(Condition.SAFETY),
            entities=words(Condition.ENTITY),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """How an address says it: `read` gives the same filters back."""
        many: dict[str, Sequence[str]] = {
            Condition.STATE: [_SLUGS[one] for one in self.states],
            Condition.CHANNEL: self.channels,
            Condition.DUE: [self.due] if self.due else [],
            Condition.OWNER: self.owners,
            Condition.TEAM: self.teams,
            Condition.CATEGORY: self.categories,
            "du": [self.since.isoformat()] if self.since else [],
            "au": [self.until.isoformat()] if self.until else [],
            Condition.SAFETY: ["oui"] if self.safety else [],
            Condition.ENTITY: self.entities,
        }
        return [(str(name), str(value)) for name, values in many.items() for value in values]

    def used(self) -> tuple[Condition, ...]:
        """The conditions that narrow something, in the order of the sentence."""
        names = {name for name, _ in self.pairs()}
        return tuple(one for one in Condition if names & set(names_of(one)))

    def without(self, condition: Condition) -> "Filters":
        """The same without one condition."""
        kept: dict[str, list[str]] = {}
        for name, value in self.pairs():
            if name not in names_of(condition):
                kept.setdefault(name, []).append(value)
        return Filters.read(kept)


ALL = Filters()


def names_of(condition: Condition) -> tuple[str, ...]:
    """Under which names an address gives a condition."""
    return ("du", "au") if condition is Condition.RECEIVED else (condition.value,)


def _day(words: Sequence[str]) -> date | None:
    for word in words:
        try:
            return date.fromisoformat(word)
        except ValueError:
            continue
    return None


NAME_LENGTH, QUERY_LENGTH = 60, 2_000
MOST_VIEWS = 12  # of one person: each one shown is one more count on the page


class ViewUnnamed(Refusal):
    """A view is found again by its name."""

    code = "view_unnamed"
    sentence = "Donnez un nom à cette vue."


class TooManyViews(Refusal):
    """Beyond a dozen, nobody finds theirs, and each is counted on every page."""

    code = "too_many_views"
    sentence = "Vous avez déjà {most} vues. Supprimez-en une avant d’en enregistrer une autre."


class ViewTooLong(Refusal):
    """So many conditions that no address would hold them."""

    code = "view_too_long"
    sentence = "Cette vue a trop de conditions pour être enregistrée."


class NotYourTeam(Refusal):
    """One shares with those one works with."""

    code = "not_your_team"
    sentence = "Vous ne partagez une vue qu’avec une équipe dont vous êtes membre."


class NotYourView(Refusal):
    """Whoever saved it decides; a lead too, of what their team is shown."""

    code = "not_your_view"
    sentence = "Cette vue est à {name}, qui peut la changer ou la supprimer."


def view_name(text: str) -> str:
    """A view's name as it is kept. Raises ViewUnnamed."""
    name = " ".join(text.split())[:NAME_LENGTH].strip()
    if not name:
        raise ViewUnnamed
    return name


def may_remove(*, actor: Actor, owner: UUID, owner_name: str, team: UUID | None) -> None:
    """Raise NotYourView unless the view is the actor's, or shown to a team that they lead."""
    leads = team is not None and team in actor.teams and Role.LEAD in actor.roles
    if owner != actor.user_id and not leads:
        raise NotYourView(name=owner_name)


def moved(names: Sequence[UUID], one: UUID, *, up: bool) -> list[UUID]:
    """The same in order with `one` a place higher or lower; at an end it stays where it is."""
    order = list(names)
    here = order.index(one)
    there = min(max(here + (-1 if up else 1), 0), len(order) - 1)
    order[here], order[there] = order[there], order[here]
    return order
