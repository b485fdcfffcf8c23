"""A due date in words: why it is that day, and how far it is, said in days that count.

Pure, so that lists say `next_due_at` in the very words of *le fil*. What is written here is French; the reader's
tongue may say it in another language.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.deadlines.rules.due import Explanation
from doleance.kernel import delays
from doleance.kernel.delays import Due
from doleance.kernel.kinds import gettext_noop, ngettext_noop
from doleance.kernel.moments import hour, short_day, weekday_of
from doleance.kernel.text import NO_BREAK, french
from doleance.kernel.tongue import Tongue
from doleance.packs.rules import COUNTED, ClockRule, Pack, StartEvent, Term, Unit

_LENGTHS = {
    Unit.HOUR: ngettext_noop("{n} heure", "{n} heures"),
    Unit.CALENDAR_DAY: ngettext_noop("{n} jour", "{n} jours"),
    Unit.WEEK: ngettext_noop("{n} semaine", "{n} semaines"),
    Unit.MONTH: ngettext_noop("{n} mois", "{n} mois"),
    Unit.BUSINESS_DAY: ngettext_noop("{n} jour ouvré", "{n} jours ouvrés"),
    Unit.WORKING_DAY: ngettext_noop("{n} jour ouvrable", "{n} jours ouvrables"),
}
_RESTS = {
    Unit.BUSINESS_DAY: gettext_noop("les samedis et dimanches"),
    Unit.WORKING_DAY: gettext_noop("les dimanches"),
}
_REST_WEEKDAYS = {Unit.BUSINESS_DAY: frozenset({5, 6}), Unit.WORKING_DAY: frozenset({6})}


def length(term: Term, tongue: Tongue) -> str:
    """« 2 mois », « 1 jour ouvré », « 10 jours ouvrables »."""
    return tongue.plural(*_LENGTHS[term.unit], term.count).replace(" ", NO_BREAK)


def working_days(count: int, tongue: Tongue, unit: Unit = Unit.BUSINESS_DAY) -> str:
    """« 3 j ouvrés », « 1 j ouvrable »: the short form of lists. All but *jours ouvrables* is said in *ouvrés*."""
    if unit is not Unit.WORKING_DAY:
        return delays.business_days(count, tongue)
    return tongue.plural("{n} j ouvrable", "{n} j ouvrables", count).replace(" ", NO_BREAK)


def said(
    *,
    due_at: datetime,
    at: datetime,
    zone: str,
    calendar: WorkCalendar,
    tongue: Tongue,
    unit: Unit = Unit.BUSINESS_DAY,
) -> Due:
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
        return Due(_late(last, at, zone, calendar.between(on, today, unit), unit, tongue), "late")
    clock_time = "" if whole_day else hour(due_at, zone, tongue)
    if on == today:
        return Due(delays.today_at(clock_time, tongue), "soon")
    if clock_time and (on - today).days == 1:
        return Due(tongue.say("demain, {hour}", hour=clock_time))
    return Due(_ahead((on - today).days, calendar.between(today, on, unit), unit, tongue))


def is_midnight(moment: datetime, zone: str) -> bool:
    """Whether `moment` is the first of a day in `zone`: the end of a whole day, so that no hour is said."""
    return _day(moment - timedelta(microseconds=1), zone) != _day(moment, zone)


def last_day(due_at: datetime, zone: str) -> date:
    """The day in `zone` at whose end, or in which, something is due."""
    return _day(due_at - timedelta(microseconds=1), zone)


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _late(last: datetime, at: datetime, zone: str, counted: int, unit: Unit, tongue: Tongue) -> str:
    if counted and (_day(at, zone) - _day(last, zone)).days >= 7:
        return delays.overdue(working_days(counted, tongue, unit), tongue)
    return delays.since(last, zone, at, tongue)


def _ahead(gap: int, counted: int, unit: Unit, tongue: Tongue) -> str:
    if counted:
        return delays.ahead(working_days(counted, tongue, unit), tongue)
    if gap == 1:
        return tongue.say("demain")
    return delays.ahead(length(Term(gap, Unit.CALENDAR_DAY), tongue), tongue)


def why(explanation: Explanation, term: Term, calendar: WorkCalendar, tongue: Tongue, *, hours: str = "") -> str:
    """The computation as one sentence: « 2 mois à compter du 12 nov. 2026 → 12 janv. 2027. »

    A term in days that count names what did not: « 10 jours ouvrés à compter du 11 déc. 2026 → 28 déc. 2026 ; ne
    comptent ni les samedis et dimanches, ni le 25 déc. (Noël). » `hours`: the due hour, for a term in hours.
    """
    head = tongue.say(
        "{length} à compter du {start} → {end}",
        length=length(term, tongue),
        start=short_day(explanation.from_on, tongue),
        end=short_day(explanation.due_on, tongue),
    )
    if hours:
        head = f"{head}, {hours}"
    remarks = _Remarks(explanation, calendar, tongue).of(term)
    return reduce(lambda told, more: tongue.say("{told} ; {more}", told=told, more=more), remarks, head) + "."


@dataclass(frozen=True, slots=True)
class _Remarks:
    """What a computation met on its way, as clauses."""

    explanation: Explanation
    calendar: WorkCalendar
    tongue: Tongue

    def of(self, term: Term) -> list[str]:
        say, explanation = self.tongue.say, self.explanation
        remarks = [self._uncounted(term.unit)] if term.unit in COUNTED else []
        if explanation.shortened:
            remarks.append(say("ce mois n’a pas de {day}, le délai finit avec lui", day=explanation.from_on.day))
        if explanation.rolled_from:
            reason = self._rest_day(explanation.rolled_from)
            remarks.append(say("{reason}, l’échéance passe au jour ouvré suivant", reason=reason))
        elif explanation.rest:
            remarks.append(say("{reason}, l’échéance ne bouge pas", reason=self._rest_day(explanation.due_on)))
        return [remark for remark in remarks if remark]

    def _uncounted(self, unit: Unit) -> str:
        """What did not count between the two days, with the name of each holiday."""
        say = self.tongue.say
        days = [self._holiday(day) for day in self.explanation.skipped]
        rests = say(_RESTS[unit]) if _crosses_rest(self.explanation, unit) else ""
        if not days:
            return say("{days} ne comptent pas", days=rests) if rests else ""
        if len(days) == 1 and not rests:
            return say("{day} ne compte pas", day=days[0])
        listed = reduce(lambda told, day: say("{days}, ni {day}", days=told, day=day), filter(None, (rests, *days)))
        return say("ne comptent ni {days}", days=listed)

    def _rest_day(self, day: date) -> str:
        """« le 25 déc. (Noël) est férié », « le 13 mars est un samedi »."""
        if day in self.calendar.names:
            return self.tongue.say("{day} est férié", day=self._holiday(day))
        said_day, weekday = short_day(day, self.tongue, year=day.year), weekday_of(day, self.tongue)
        return self.tongue.say("le {day} est un {weekday}", day=said_day, weekday=weekday)

    def _holiday(self, day: date) -> str:
        said_day, name = short_day(day, self.tongue, year=day.year), french(self.calendar.name(day))
        return self.tongue.say("le {day} ({name})", day=said_day, name=name or self.tongue.say("jour férié"))


def _crosses_rest(explanation: Explanation, unit: Unit) -> bool:
    """Whether a weekly day of rest lies after day 0 and before the due day."""
    gap = (explanation.due_on - explanation.from_on).days
    on_the_way = (explanation.from_on + timedelta(days=day) for day in range(1, min(gap, 8)))
    return any(day.weekday() in _REST_WEEKDAYS[unit] for day in on_the_way)


def origin(event: StartEvent, code: str, pack: Pack | None, rule: ClockRule | None, tongue: Tongue) -> str:
    """What a term runs from and which rule asks for it, as sentences.

    « Départ : première réclamation écrite. Règle FR-CONSO (usage, et non délai de loi) : après deux mois sans réponse,
    le médiateur de la consommation peut être saisi. » A pack that is shipped no more leaves its code.
    """
    start = tongue.say("Départ : {event}.", event=tongue.translate(event.label))
    if pack is None or rule is None:
        asked = tongue.say("Règle {code}.", code=code)
    else:
        nature, reason = (_lower(tongue.translate(told)) for told in (pack.nature.label, rule.why))
        asked = tongue.say("Règle {code} ({nature}) : {reason}", code=code, nature=nature, reason=reason)
    return f"{start} {asked}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
