"""What a complainant is promised, in their words: from what a term runs, and which days count. Pure."""

from collections.abc import Iterable

from doleance.deadlines.rules import words
from doleance.kernel.kinds import gettext_noop
from doleance.kernel.tongue import Tongue
from doleance.packs.rules import StartEvent, Term, Unit

_FROM = {
    StartEvent.SENT: gettext_noop("{length} à compter de votre envoi"),
    StartEvent.FIRST_WRITTEN: gettext_noop("{length} à compter de votre première réclamation écrite"),
    StartEvent.RECEIVED: gettext_noop("{length} à compter de la réception"),
    StartEvent.REGISTERED: gettext_noop("{length} à compter de l’enregistrement"),
    StartEvent.DECIDED: gettext_noop("{length} à compter de notre décision"),
    StartEvent.LAST_WORD: gettext_noop("{length} à compter de nos dernières nouvelles"),
    StartEvent.REOPENED: gettext_noop("{length} à compter de la réouverture de votre dossier"),
    StartEvent.MERGED: gettext_noop("{length} à compter de votre première réclamation"),
}
_COUNTED = {
    Unit.BUSINESS_DAY: gettext_noop("Un jour ouvré va du lundi au vendredi, sans les jours fériés."),
    Unit.WORKING_DAY: gettext_noop("Un jour ouvrable va du lundi au samedi, sans les jours fériés."),
}


def because(term: Term, start: StartEvent, tongue: Tongue) -> str:
    """« 2 mois à compter de la réception »: what makes a due day; its length alone where it starts with us."""
    length = words.length(term, tongue)
    return tongue.say(_FROM[start], length=length) if start in _FROM else length


def counted(terms: Iterable[Term], tongue: Tongue) -> str:
    """Which days count, for the terms that count some of them only; empty when every day does."""
    units = {term.unit for term in terms}
    return " ".join(tongue.say(sentence) for unit, sentence in _COUNTED.items() if unit in units)
