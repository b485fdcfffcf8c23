"""A due date in French words: why it is that day, and how far it is, said in days that count.

Pure, so that lists say `next_due_at` in the very words of *le fil*.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.deadlines.rules.due import Explanation
from doleance.kernel.delays import Due, since
from doleance.kernel.moments import WEEKDAYS, hour, short_day
from doleance.kernel.text import NO_BREAK, french
from doleance.packs.rules import COUNTED, ClockRule, Pack, StartEvent, Term, Unit

_SINGULAR = {
    Unit.HOUR: "heure",
    Unit.CALENDAR_DAY: "jour",
    Unit.WEEK: "semaine",
    Unit.MONTH: "mois",
    Unit.BUSINESS_DAY: "jour ouvré",
    Unit.WORKING_DAY: "jour ouvrable",
}
_RESTS = {Unit.BUSINESS_DAY: "les samedis et dimanches", Unit.WORKING_DAY: "les dimanches"}
_REST_WEEKDAYS = {Unit.BUSINESS_DAY: frozenset({5, 6}), Unit.WORKING_DAY: frozenset({6})}


def length(term: Term) -> str:
    """« 2 mois », « 1 jour ouvré », « 10 jours ouvrables »."""
    words = _SINGULAR[term.unit] if term.count == 1 else term.unit.label
    return f"{term.count} {words}".replace(" ", NO_BREAK)


def working_days(count: int, unit: Unit = Unit.BUSINESS_DAY) -> str:
    """« 3 j ouvrés », « 1 j ouvrable »: the short form of lists. All but *jours ouvrables* is said in *ouvrés*."""
    word = "ouvrable" if unit is Unit.WORKING_DAY else "ouvré"
    return f"{count} j {word}{'' if count < 2 else 's'}".replace(" ", NO_BREAK)


def said(*, due_at: datetime, at: datetime, zone: str, calendar: WorkCalendar, unit: Unit = Unit.BUSINESS_DAY) -> Due:
    """How a due moment is said at `at`, and its tone: `late`, `soon` (today) or none.

    « dans 3 j ouvrés » · « demain », « dans 2 jours » when only days of rest are left · « aujourd’hui »,
    « aujourd’hui, 14 h 30 » · « depuis 42 min », « depuis hier », « depuis vendredi », « depuis 8 j ouvrés ». A due
    moment at midnight is the end of the day before, and has no hour. Terms in other units are said in *jours ouvrés*.
    """
    unit = unit if unit in COUNTED else Unit.BUSINESS_DAY
    whole_day = is_midnight(due_at, zone)
    last = due_at - timedelta(microseconds=1) if whole_day else due_at
    on, today = _day(last, zone), _day(at, zone)
    if at >= due_at:
        return Due(_late(last, at, zone, calendar.between(on, today, unit), unit), "late")
    if on == today:
        return Due("aujourd’hui" if whole_day else f"aujourd’hui, {hour(due_at, zone)}", "soon")
    if not whole_day and (on - today).days == 1:
        return Due(f"demain, {hour(due_at, zone)}")
    return Due(_ahead((on - today).days, calendar.between(today, on, unit), unit))


def is_midnight(moment: datetime, zone: str) -> bool:
    """Whether `moment` is the first of a day in `zone`: the end of a whole day, so that no hour is said."""
    return _day(moment - timedelta(microseconds=1), zone) != _day(moment, zone)


def last_day(due_at: datetime, zone: str) -> date:
    """The day in `zone` at whose end, or in which, something is due."""
    return _day(due_at - timedelta(microseconds=1), zone)


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _late(last: datetime, at: datetime, zone: str, counted: int, unit: Unit) -> str:
    if counted and (_day(at, zone) - _day(last, zone)).days >= 7:
        return f"depuis {working_days(counted, unit)}"
    return since(last, zone, at)


def _ahead(gap: int, counted: int, unit: Unit) -> str:
    if counted:
        return f"dans {working_days(counted, unit)}"
    return "demain" if gap == 1 else f"dans {gap}{NO_BREAK}jours"


def why(explanation: Explanation, term: Term, calendar: WorkCalendar, *, hours: str = "") -> str:
    """The computation as one sentence: « 2 mois à compter du 12 nov. 2026 → 12 janv. 2027. »

    A term in days that count names what did not: « 10 jours ouvrés à compter du 11 déc. 2026 → 28 déc. 2026 ; ne
    comptent ni les samedis et dimanches, ni le 25 déc. (Noël). » `hours`: the due hour, for a term in hours.
    """
    head = f"{length(term)} à compter du {short_day(explanation.from_on)} → {short_day(explanation.due_on)}"
    if hours:
        head = f"{head}, {hours}"
    return french(" ; ".join([head, *_remarks(explanation, term, calendar)]) + ".")


def _remarks(explanation: Explanation, term: Term, calendar: WorkCalendar) -> list[str]:
    remarks = []
    if term.unit in COUNTED:
        remarks.append(_uncounted(explanation, term.unit, calendar))
    if explanation.shortened:
        remarks.append(f"ce mois n’a pas de {explanation.from_on.day}, le délai finit avec lui")
    if explanation.rolled_from:
        remarks.append(f"{_rest_day(explanation.rolled_from, calendar)}, l’échéance passe au jour ouvré suivant")
    elif explanation.rest:
        remarks.append(f"{_rest_day(explanation.due_on, calendar)}, l’échéance ne bouge pas")
    return [remark for remark in remarks if remark]


def _uncounted(explanation: Explanation, unit: Unit, calendar: WorkCalendar) -> str:
    """What did not count between the two days, with the name of each holiday."""
    holidays = [f"le {short_day(day, year=day.year)} ({calendar.name(day)})" for day in explanation.skipped]
    rests = _RESTS[unit] if _crosses_rest(explanation, unit) else ""
    if not holidays:
        return f"{rests} ne comptent pas" if rests else ""
    if len(holidays) == 1 and not rests:
        return f"{holidays[0]} ne compte pas"
    return "ne comptent ni " + ", ni ".join([rests, *holidays] if rests else holidays)


def _crosses_rest(explanation: Explanation, unit: Unit) -> bool:
    """Whether a weekly day of rest lies after day 0 and before the due day."""
    gap = (explanation.due_on - explanation.from_on).days
    on_the_way = (explanation.from_on + timedelta(days=day) for day in range(1, min(gap, 8)))
    return any(day.weekday() in _REST_WEEKDAYS[unit] for day in on_the_way)


def _rest_day(day: date, calendar: WorkCalendar) -> str:
    """« le 25 déc. (Noël) est férié », « le 13 mars est un samedi »."""
    said_day = f"le {short_day(day, year=day.year)}"
    if day in calendar.names:
        return f"{said_day} ({calendar.name(day)}) est férié"
    return f"{said_day} est un {WEEKDAYS[day.weekday()]}"


def origin(event: StartEvent, code: str, pack: Pack | None, rule: ClockRule | None) -> str:
    """What a term runs from and which rule asks for it, as sentences.

    « Départ : première réclamation écrite. Règle FR-CONSO (usage, et non délai de loi) : après deux mois sans réponse,
    le médiateur de la consommation peut être saisi. » A pack that is shipped no more leaves its code.
    """
    start = f"Départ : {event.label}."
    if pack is None or rule is None:
        return french(f"{start} Règle {code}.")
    return french(f"{start} Règle {code} ({_lower(pack.nature.label)}) : {_lower(rule.why)}")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
