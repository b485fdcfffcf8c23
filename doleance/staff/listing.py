"""How an address asks for a list, and the sentence above it that says what narrows it; each part can be edited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext

from doleance.complaints.rules import State
from doleance.desk import rules
from doleance.desk.queries import filtering
from doleance.desk.queries.filtering import Known
from doleance.desk.queries.worklist import Asked, Count, Sort, View
from doleance.desk.rules import LEADS, MINE, NOBODY, By, Condition, Filters, Within
from doleance.kernel import languages
from doleance.kernel.moments import short_day

OPEN = "ouvrir"  # the condition whose choices are open on the page


def asked_in(told: QueryDict) -> Asked:
    """What the address asks for; an unknown view or order is the usual one."""
    view, sort = told.get("vue", ""), told.get("tri", "")
    words = " ".join(told.get("q", "").replace("\x00", "").split())[:200]
    return Asked(
        view=View(view) if view in set(View) else View.OPEN,
        sort=Sort(sort) if sort in set(Sort) else usual_sort(words),
        words=words,
        filters=Filters.read(dict(told.lists())),
    )


def usual_sort(words: str) -> Sort:
    """What is found is shown newest first; what is to be done, most pressing first."""
    return Sort.RECEIVED if words else Sort.DUE


def searched(asked: Asked, words: str) -> Asked:
    """The same list where other words are looked for; an order that nobody chose follows them."""
    usual = asked.sort is usual_sort(asked.words)
    return replace(asked, words=words, sort=usual_sort(words) if usual else asked.sort)


def pairs_of(asked: Asked) -> list[tuple[str, str]]:
    """What an address says to show that list again; nothing for the usual one."""
    told = {
        "vue": asked.view.value if asked.view is not View.OPEN else "",
        "tri": asked.sort.value if asked.sort is not usual_sort(asked.words) else "",
        "q": asked.words,
    }
    return [(name, value) for name, value in told.items() if value] + asked.filters.pairs()


def address_of(asked: Asked, **more: str) -> str:
    """The end of an address which shows that list again; empty for the usual one."""
    query = urlencode(pairs_of(asked) + [(name, value) for name, value in more.items() if value])
    return f"?{query}" if query else ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A view above the list, as one presses it; `count` is None where it was not counted, `owner` who shares it."""

    label: str
    count: Count | None
    address: str
    current: bool
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a condition can take."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One condition of the sentence: what stands after it, its words, and the form that changes it.

    `keep` is the rest of the list, for the form; `without` the address of the list without this condition.
    """

    condition: Condition
    after: str
    lead: str
    words: str
    choices: tuple[Choice, ...]
    keep: tuple[tuple[str, str], ...]
    without: str
    is_open: bool
    since: str
    until: str

    @property
    def is_single(self) -> bool:
        """Whether it takes one value only."""
        return self.condition in {Condition.DUE, Condition.SAFETY}


def opened_in(told: QueryDict) -> Condition | None:
    """The condition whose choices the address asks to open."""
    name = told.get(OPEN, "")
    return Condition(name) if name in set(Condition) else None


def there_for(asked: Asked, opened: Condition | None = None) -> Known:
    """What the names in a list mean, and what could be chosen where a condition is open; bounded queries."""
    return filtering.known({*asked.filters.used(), *([opened] if opened else [])} & filtering.BY_NAME)


def sentence(asked: Asked, opened: Condition | None, there: Known) -> tuple[Part, ...]:
    """The conditions of a list in order, the one being added last."""
    used = asked.filters.used()
    shown = [*used, *([opened] if opened and opened not in used else [])]
    return tuple(_part(asked, one, _after(index, len(shown)), opened is one, there) for index, one in enumerate(shown))


def to_add(asked: Asked, opened: Condition | None) -> tuple[tuple[str, str], ...]:
    """The conditions that are not there yet: their words, and the address that opens their choices."""
    there = {*asked.filters.used(), opened}
    return tuple((gettext(one.label), address_of(asked, ouvrir=one.value)) for one in Condition if one not in there)


def _after(index: int, whole: int) -> str:
    if index == whole - 1:
        return "."
    return gettext(" et") if index == whole - 2 else ","


def _part(asked: Asked, condition: Condition, after: str, is_open: bool, there: Known) -> Part:
    rest = replace(asked, filters=asked.filters.without(condition))
    choices = _choices(asked.filters, condition, there)
    since, until = asked.filters.since, asked.filters.until
    return Part(
        condition=condition,
        after=after,
        lead=gettext(LEADS[condition]),
        words=_received(since, until)
        if condition is Condition.RECEIVED
        else _joined(asked.filters, condition, choices),
        choices=choices,
        keep=tuple(pairs_of(rest)),
        without=address_of(rest) or ".",
        is_open=is_open,
        since=since.isoformat() if since else "",
        until=until.isoformat() if until else "",
    )


def _choices(filters: Filters, condition: Condition, there: Known) -> tuple[Choice, ...]:
    chosen = {value for name, value in filters.pairs() if name == condition.value}
    found: Iterable[tuple[str, str]]
    match condition:
        case Condition.STATE:
            found = [(slug, gettext(state.label)) for slug, state in rules.STATES.items() if state in _REACHED]
        case Condition.CHANNEL:
            found = [(one.value, gettext(one.label)) for one in By]
        case Condition.DUE:
            found = [(one.value, gettext(one.label)) for one in Within]
        case Condition.SAFETY:
            found = [("oui", gettext("signalé"))]
        case Condition.RECEIVED:
            found = []
        case _:
            found = [(one.slug, one.label) for one in there.get(condition, ())]
    if condition is Condition.OWNER:
        found = [(MINE, gettext("vous")), (NOBODY, gettext("personne")), *found]
    return tuple(Choice(value, label, value in chosen) for value, label in found)


# The states that some action leads to; the others wait for their stories (`complaints.rules.State`).
_REACHED = frozenset(State) - {State.FOLLOW_UP, State.FORWARDED, State.MERGED}


def _joined(filters: Filters, condition: Condition, choices: Sequence[Choice]) -> str:
    """The chosen values in words: « courriel ou guichet »; what is named and nobody knows is said as it is."""
    known = {one.value for one in choices}
    labels = [one.label for one in choices if one.is_chosen]
    if condition is Condition.STATE:
        labels = [label[:1].lower() + label[1:] for label in labels]  # inside a sentence
    labels += [value for name, value in filters.pairs() if name == condition.value and value not in known]
    if not labels:
        return gettext("au choix")
    *first, last = labels
    return gettext("%(first)s ou %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def _received(since: date | None, until: date | None) -> str:
    def said(day: date) -> str:
        return short_day(day, languages.reader(), year=0)

    if since and until:
        return gettext("entre le %(since)s et le %(until)s") % {"since": said(since), "until": said(until)}
    if since:
        return gettext("depuis le %(since)s") % {"since": said(since)}
    return gettext("jusqu’au %(until)s") % {"until": said(until)} if until else gettext("au choix")
