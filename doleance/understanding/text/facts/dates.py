"""Calendar dates that a text names, absolute or told from the day it was sent: « mardi dernier », “3 weeks ago”. Pure.

Durations (« depuis trois semaines »), months and years alone are no dates. A day without its year is the nearest past
one, unless the words around it look ahead.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from doleance.understanding.text.facts import words_of_time as words
from doleance.understanding.text.facts.words_of_time import Tongue
from doleance.understanding.text.lines import Places, fold

_ISO = re.compile(r"(?<![\w-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\w/-])")
_FIGURES = re.compile(r"(?<![\w/.,-])(\d{1,2}) ?([/.-]) ?(\d{1,2}) ?\2 ?(\d{4}|\d{2})(?![\w/]|[.,-]\d)")
_SHORT_FIGURES = re.compile(
    r"(?<![\w/.,-])(\d{1,2})/(\d{1,2})(?![\w/%]|[.,]\d| ?(?:eme|e\b|%|pieces?|colis|articles?|points?|h\b|personnes?))"
)
_DOTTED = re.compile(
    r"\b(?:le|du|au|am|vom|bis|on|el|il) (\d{1,2})\.(\d{1,2})\.?(?![\w%]|[.,]?\d)(?! ?(?:€|euro|eur\b|%|kg|km|m\b))"
)
_AHEAD = re.compile(
    r"\b(?:prevue?s?|avant|d'ici|jusqu\w{0,3}|a partir|plus tard|prochaine?s?|rendez-vous|rdv|rendez vous|pars|"
    r"partons|part\b|partirai|mariage|anniversaire|"
    r"echeance|repouss\w+|report\w+|fixee?|convoqu\w+|aura|sera|serai|serons|seront|viendra|passera|passer|revient|"
    r"livrera|demenage\w*|pour le|rappel\w+-?moi|dois|doit|"
    r"prend\w* effet|compter du|expire\w*|fin du bail|due|by|until|before|next|scheduled|appointment|expected|will|"
    r"moving|leaving|wedding|deadline|starting|"
    r"si|dispo\w*|pourr\w+|\w{2,12}(?:erai?|erez|eront|erons|erait|irai?|drai?|drait|drez|viendr\w+|prendr\w+)|if|"
    r"available|can you|"
    r"bis|nachste\w*|antes|proxim\w+|entro|prossim\w+|voor|volgende|ate)\b[^.!?\n]{0,34}$"
)
_WAS = re.compile(
    r"\b(?:etait|etaient|devait|devaient|aurait|auraient|avait|avaient|ete|was|were|should have|had|supposed|war|era|"
    r"estaba|doveva)\b[^.!?\n]{0,44}$"
)
_NO_DAY = re.compile(
    r"\b(?:compos\w{1,3}|appel\w{1,3}|faites|le numero|au numero|taille|diametre|pointure)[ :]*(?:le|du|au)?\s*$"
)
# « la communion est dimanche », « il vient jeudi »: what is told in the present is to come.
_PRESENT = re.compile(
    r"\b(?:est|sont|vient|viennent|arrive|arrivent|tombe|commence|a lieu|passe|passent|ouvre|prenez|venez|"
    r"is|are|comes|arrives|starts|ist|kommt|es|viene|komt)(?: (?:le|ce|des|pour|on|am|el))? $"
)


_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)  # a clock that is wrong tells days that are none
_NEAR_DAYS = 120  # how far ahead words that look ahead may reach into this year


def dates(text: str, sent: date, language: str = "") -> list[date]:
    """The dates of `text`, sorted, each once; `sent` is the day from which relative ones are told."""
    return sorted({day for _, day in placed(text, sent, language)})


def placed(text: str, sent: date, language: str = "") -> list[tuple[int, date]]:
    """The same, in the order of the text, with their places."""
    folded = fold(text).replace("\n", " ")
    sent = min(max(sent, _FIRST), _LAST)
    taken = Places(len(folded))
    found: list[tuple[int, date]] = []
    for tongue in words.tongues(language):
        for start, end, day in _all(folded, sent, tongue):
            if day is not None and not taken.overlaps(start, end):
                taken.take(start, end)
                found.append((start, day))
    return sorted(found)


def _all(folded: str, sent: date, tongue: Tongue) -> Iterator[tuple[int, int, date | None]]:
    yield from _in_figures(folded, sent, tongue)
    yield from _named(folded, sent, tongue)
    yield from _relative(folded, sent, tongue)
    yield from _weekdays(folded, sent, tongue)
    yield from _feasts(folded, sent, tongue)
    named = [*_in_figures(folded, sent, tongue), *_named(folded, sent, tongue)]
    yield from _bare_days(folded, sent, tongue, sorted((at, day) for at, _, day in named if day is not None))


def _feasts(folded: str, sent: date, tongue: Tongue) -> Iterator[tuple[int, int, date | None]]:
    """« le soir de Noël », “on Christmas Day”."""
    for pattern, (month, day) in tongue.feasts:
        for match in pattern.finditer(folded):
            yield *match.span(), _nearest(folded, match.start(), day, month, sent)


def _bare_days(
    folded: str, sent: date, tongue: Tongue, named: Sequence[tuple[int, date]]
) -> Iterator[tuple[int, int, date | None]]:
    """« passé le 14 », « demandée le 2, reçue le 9 »: the last such day, or the next when the words look ahead.

    After a day that has its month (`named`, with their places), the next such day from there: a story goes forward.
    """
    for match in tongue.bare_day.finditer(folded):
        number = int(match["d1"])
        if not 1 <= number <= 31 or _NO_DAY.search(folded, max(0, match.start() - 24), match.start()):
            continue
        before = next((day for at, day in reversed(named) if at < match.start()), None)
        told = _after(before, number, sent) if before is not None else None
        if told is None:
            steps = range(62) if _looks_ahead(folded, match.start()) else range(0, -62, -1)
            told = next((day for day in (sent + timedelta(days=step) for step in steps) if day.day == number), None)
        yield *match.span(), told


def _after(named: date, number: int, sent: date) -> date | None:
    """The first day of that number from a day on; nothing where a story of the past would go beyond its telling."""
    found = next((day for day in (named + timedelta(days=step) for step in range(31)) if day.day == number), None)
    return None if found is not None and named <= sent < found else found


def _in_figures(folded: str, sent: date, tongue: Tongue) -> Iterator[tuple[int, int, date | None]]:
    for match in _ISO.finditer(folded):
        yield *match.span(), _made(int(match[1]), int(match[2]), int(match[3]))
    for match in _FIGURES.finditer(folded):
        year = int(match[4]) if len(match[4]) == 4 else 2000 + int(match[4])
        yield *match.span(), _either(int(match[1]), int(match[3]), year, tongue)
    for pattern in (_SHORT_FIGURES, _DOTTED):
        for match in pattern.finditer(folded):
            day, month = int(match[1]), int(match[2])
            if not (1 <= day <= 31 and 1 <= month <= 12) and not (1 <= month <= 31 and 1 <= day <= 12):
                continue
            if pattern is _SHORT_FIGURES and _is_fraction(folded, match):
                continue
            if month > 12:
                day, month = month, day
            yield *match.span(), _nearest(folded, match.start(), day, month, sent)


def _is_fraction(folded: str, match: re.Match[str]) -> bool:
    """« 2/3 du colis », « 24/7 », « 1/2 journée »: not a day, unless words before it say so."""
    before = folded[max(0, match.start() - 12) : match.start()]
    if re.search(
        r"\b(?:le|du|au|des|les|depuis|on|since|and|et|am|vom|el|del|il|dal|op|em|dia|date|ce|avant) $|[(:] ?$", before
    ):
        return False
    return not (len(match[0]) == 5 and (match[1].startswith("0") or match[2].startswith("0") or int(match[1]) > 12))


def _either(first: int, second: int, year: int, tongue: Tongue) -> date | None:
    """Day before month, as all our languages but American English write; the other way when it must be."""
    return _made(year, second, first) or (_made(year, first, second) if tongue.code == "en" or second > 12 else None)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1900 <= year <= 2100 else None
    except ValueError:
        return None


def _nearest(folded: str, at: int, day: int, month: int, sent: date) -> date | None:
    """A day without its year: the last one, or the next one when the words before it look ahead."""
    candidates = [one for year in (sent.year - 1, sent.year, sent.year + 1) if (one := _made(year, month, day))]
    if not candidates:
        return _made(sent.year - sent.year % 4, month, day)
    ahead = _looks_ahead(folded, at)
    coming = [one for one in candidates if one >= sent]
    if ahead and coming and (coming[0] - sent).days <= _NEAR_DAYS * 2:
        return coming[0]
    past = [one for one in candidates if one <= sent]
    if coming and (not past or ((sent - past[-1]).days > 270 and (coming[0] - sent).days <= 45)):
        return coming[0]
    return past[-1]


def _looks_ahead(folded: str, at: int) -> bool:
    before = folded[max(0, at - 60) : at]
    ahead = _AHEAD.search(before)
    if ahead is None:
        return False
    return _WAS.search(before) is None


def _named(folded: str, sent: date, tongue: Tongue) -> Iterator[tuple[int, int, date | None]]:
    """« le 3 mars », « les 3 et 4 mars 2026 », “March 3rd, 2026”."""
    for match in tongue.day_month.finditer(folded):
        month = tongue.month(match["month"])
        for place, name in enumerate(("d1", "d2", "d3")):
            said = match.groupdict().get(name)
            if said:
                day = tongue.day(said)
                start = match.start() if place == 0 else match.start(name)
                end = match.end() if place == 0 and not match.groupdict().get("d2") else match.end(name)
                yield start, end, _with_year(folded, start, day, month, match["year"], sent)
    if tongue.month_day is not None:
        for match in tongue.month_day.finditer(folded):
            day = tongue.day(match["d1"])
            yield (
                *match.span(),
                _with_year(folded, match.start(), day, tongue.month(match["month"]), match["year"], sent),
            )


def _with_year(folded: str, at: int, day: int, month: int, year: str | None, sent: date) -> date | None:
    if year:
        return _made(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    return _nearest(folded, at, day, month, sent)


def _relative(folded: str, sent: date, tongue: Tongue) -> Iterator[tuple[int, int, date | None]]:
    for pattern, days in tongue.fixed:
        for match in pattern.finditer(folded):
            yield *match.span(), sent + timedelta(days=days)
    for pattern, sign in tongue.spans:
        for match in pattern.finditer(folded):
            number = tongue.number(match["n"])
            if number is not None:
                yield *match.span(), _moved(sent, sign * number, tongue.unit(match["unit"]))


def _moved(sent: date, number: int, unit: str) -> date | None:
    """The day so many days, weeks, months or years away; the month's last day where it has no such day."""
    if abs(number) > 1000:
        return None
    if unit in {"day", "week"}:
        return sent + timedelta(days=number * (7 if unit == "week" else 1))
    months = number * (12 if unit == "year" else 1)
    total = sent.year * 12 + sent.month - 1 + months
    for day in range(sent.day, 27, -1):
        made = _made(total // 12, total % 12 + 1, day)
        if made:
            return made
    return _made(total // 12, total % 12 + 1, min(sent.day, 28))


def _weekdays(folded: str, sent: date, tongue: Tongue) -> Iterator[tuple[int, int, date | None]]:
    """« mardi dernier », « lundi prochain », « devait venir jeudi », « vendredi 13 »."""
    for match in tongue.weekday.finditer(folded):
        groups: Mapping[str, str | None] = match.groupdict()
        weekday = tongue.weekdays[match["day"][: tongue.short]]
        if groups.get("number"):
            yield *match.span(), _numbered(folded, match.start(), int(match["number"]), weekday, sent)
            continue
        if groups.get("habit"):
            continue
        yield *match.span(), _on(folded, match, weekday, sent)


def _on(folded: str, match: re.Match[str], weekday: int, sent: date) -> date:
    groups = match.groupdict()
    back = (sent.weekday() - weekday) % 7
    if groups.get("next") or groups.get("next_before"):
        return sent + timedelta(days=(weekday - sent.weekday()) % 7 or 7)
    if groups.get("last") or groups.get("last_before"):
        return sent - timedelta(days=back or 7)
    if groups.get("eight"):
        return sent + timedelta(days=((weekday - sent.weekday()) % 7 or 7) + 7)
    if _looks_ahead(folded, match.start()) or _PRESENT.search(folded, max(0, match.start() - 16), match.start()):
        return sent + timedelta(days=(weekday - sent.weekday()) % 7 or 7)
    return sent - timedelta(days=back or 7)


def _numbered(folded: str, at: int, number: int, weekday: int, sent: date) -> date | None:
    """« vendredi 13 »: the nearest such day, within seven months, before; or after, when the words look ahead."""
    steps = range(1, 215) if _looks_ahead(folded, at) else range(0, -215, -1)
    for step in steps:
        day = sent + timedelta(days=step)
        if day.day == number and day.weekday() == weekday:
            return day
    return None
