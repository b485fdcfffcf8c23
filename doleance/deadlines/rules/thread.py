"""*Le fil*: the thread of a complaint's deadlines, from its reception to its last day, in the reader's words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from doleance.deadlines.rules import words
from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.deadlines.rules.clocks import ORDER, CancelReason, Running
from doleance.kernel.fil import Mark
from doleance.kernel.moments import hour, short_day, short_moment
from doleance.kernel.tongue import Tongue
from doleance.packs.rules import LAST, ClockKind, Pack, StartEvent, Unit

# Beyond that many *jours ouvrés* a last day is said by its term, « 2 mois »: nobody counts thirty-seven days.
_FAR_DAYS = 20


@dataclass(frozen=True, slots=True)
class Step(Mark):
    """One point of the thread. `code` names it for machines; `at` is when it happened, or when it is due (UTC)."""

    code: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """From where the thread is read: the moment, the place, its calendar, the language, and how to find a pack."""

    at: datetime
    zone: str
    calendar: WorkCalendar
    tongue: Tongue
    find: Callable[[str, int], Pack | None]

    @property
    def year(self) -> int:
        """The reader's year, which is not said."""
        return self.at.astimezone(ZoneInfo(self.zone)).year


def thread(
    *, received_at: datetime, clocks: Sequence[Running], expected: Iterable[ClockKind], reader: Reader
) -> list[Step]:
    """The steps of a complaint's life in their order: what is done, what is due, what will not be.

    One step a duty, whatever the number of packs that ask for it: the nearest due date wins, and says so. `expected`:
    the duties that the packs in force ask for; one that never started is shown as such.
    """
    done = [_received(received_at, reader), *_done(clocks, reader)]
    ahead = _ahead(clocks, reader)
    duties = frozenset(expected)
    done.sort(key=lambda step: step.at or received_at)
    if ahead:
        ahead[0] = replace(ahead[0], place="now")
    ends = (ClockKind.ACKNOWLEDGE, ClockKind.FINAL)
    unacknowledged, unanswered = (_void(clocks, kind, duties, reader.tongue) for kind in ends)
    return [*done, *unacknowledged, *ahead, *unanswered]


def _received(received_at: datetime, reader: Reader) -> Step:
    said = short_moment(received_at, reader.zone, reader.tongue, year=reader.year)
    return Step(label=reader.tongue.say("Reçue"), words=said, place="done", code="received", at=received_at)


def _done(clocks: Sequence[Running], reader: Reader) -> list[Step]:
    """Acknowledged, held, answered, reopened: each moment once, however many packs asked for it."""
    steps: dict[tuple[str, datetime], Step] = {}
    say = reader.tongue.say
    for clock in sorted(clocks, key=_nearest):
        if clock.met_at and _tells(clock, clocks):
            kind = ClockKind.FINAL if clock.kind in LAST else clock.kind
            label = say("Réponse") if kind is ClockKind.FINAL else reader.tongue.translate(kind.label)
            why = f"{_why(clock, reader)} {_kept(clock, reader)}"
            steps.setdefault((kind.value, clock.met_at), _past(kind, label, clock.met_at, reader, why))
        if reopened_at := clock.opening.reopened_at:
            steps.setdefault(("reopened", reopened_at), _past("reopened", say("Rouverte"), reopened_at, reader, ""))
    return list(steps.values())


def _tells(met: Running, clocks: Sequence[Running]) -> bool:
    """Whether a met clock is a step of its own: a holding reply that the answer made needless was never written."""
    if met.kind is ClockKind.HOLDING:
        return not any(clock.kind in LAST and clock.met_at == met.met_at for clock in clocks)
    return met.kind is ClockKind.ACKNOWLEDGE or met.kind in LAST


def _past(code: str, label: str, at: datetime, reader: Reader, why: str) -> Step:
    said = short_moment(at, reader.zone, reader.tongue, year=reader.year, weekday=False)
    return Step(label=label, words=said, place="done", why=why, code=str(code), at=at)


def _kept(clock: Running, reader: Reader) -> str:
    """Whether a met clock was met in time, and by how much it was not."""
    if clock.met_at is None or clock.met_at < clock.due.due_at:
        return reader.tongue.say("Échéance tenue.")
    late = reader.calendar.between(clock.due.due_on, words.last_day(clock.met_at, clock.zone))
    if not late:
        return reader.tongue.say("Échéance dépassée.")
    return reader.tongue.say("Échéance dépassée de {length}.", length=words.working_days(late, reader.tongue))


def _ahead(clocks: Sequence[Running], reader: Reader) -> list[Step]:
    shown: dict[ClockKind, Running] = {}
    others: dict[ClockKind, list[Running]] = {}
    for clock in sorted((clock for clock in clocks if clock.is_open and not _is_beside(clock, clocks)), key=_nearest):
        others.setdefault(clock.kind, []).append(clock)
        shown.setdefault(clock.kind, clock)
    due = sorted(shown.values(), key=lambda clock: (clock.due.due_at, ORDER[clock.kind]))
    return [_due(clock, others[clock.kind][1:], reader, current=not position) for position, clock in enumerate(due)]


def _is_beside(clock: Running, clocks: Sequence[Running]) -> bool:
    """Whether a holding reply is due with the answer that it would put off: one step, which says both."""
    if clock.kind is not ClockKind.HOLDING:
        return False
    return any(
        last.is_open and last.kind in LAST and last.opening.pack == clock.opening.pack and last.due == clock.due
        for last in clocks
    )


def _due(clock: Running, others: Sequence[Running], reader: Reader, *, current: bool) -> Step:
    opening, due = clock.opening, clock.due
    said = words.said(
        due_at=due.due_at,
        at=reader.at,
        zone=clock.zone,
        calendar=reader.calendar,
        tongue=reader.tongue,
        unit=opening.term.unit,
    )
    day = short_day(due.due_on, reader.tongue, year=reader.year)
    if said.tone == "soon":
        whole_day = words.is_midnight(due.due_at, clock.zone)
        text = reader.tongue.say("{day}, avant minuit", day=said.words) if whole_day else said.words
    elif clock.kind in LAST and not current and _is_far(clock, reader):
        text = f"{day}, {words.length(opening.term, reader.tongue)}"
    else:
        text = f"{day}, {said.words}"
    return Step(
        label=reader.tongue.translate(clock.kind.label),
        words=text,
        tone=said.tone,
        legal=clock.kind in LAST,
        why=" ".join([_why(clock, reader), *_extendable(clock, reader), *_losing(others, clock, reader.tongue)]),
        code=clock.kind.value,
        at=due.due_at,
    )


def _is_far(clock: Running, reader: Reader) -> bool:
    return reader.calendar.between(words.last_day(reader.at, clock.zone), clock.due.due_on) > _FAR_DAYS


def _why(clock: Running, reader: Reader) -> str:
    """The computation, then where it comes from."""
    opening = clock.opening
    hours = hour(clock.due.due_at, clock.zone, reader.tongue) if opening.term.unit is Unit.HOUR else ""
    computed = words.why(clock.due.explanation, opening.term, reader.calendar, reader.tongue, hours=hours)
    pack = reader.find(opening.pack, opening.pack_version)
    rule = pack.clock(opening.kind) if pack else None
    return f"{computed} {words.origin(opening.start_event, opening.pack, pack, rule, reader.tongue)}"


def _extendable(clock: Running, reader: Reader) -> list[str]:
    """What may still put a last day off: a holding reply that leaves before it is past."""
    opening = clock.opening
    if (
        clock.kind is not ClockKind.FINAL
        or opening.start_event is StartEvent.REOPENED
        or reader.at >= clock.due.due_at
    ):
        return []
    pack = reader.find(opening.pack, opening.pack_version)
    rule = pack.clock(ClockKind.EXTENDED) if pack else None
    if rule is None:
        return []
    length = words.length(rule.term, reader.tongue)
    return [
        reader.tongue.say(
            "Une réponse d’attente motivée, partie avant cette échéance, la porte à {length}.", length=length
        )
    ]


def _losing(others: Sequence[Running], winner: Running, tongue: Tongue) -> list[str]:
    """The same duty under other packs, when it is due later: the nearest date is the one to keep."""
    return [
        tongue.say(
            "L’échéance de {pack}, le {day}, vient après.",
            pack=clock.opening.pack,
            day=short_day(clock.due.due_on, tongue),
        )
        for clock in others
        if clock.due.due_on != winner.due.due_on
    ]


def _void(clocks: Sequence[Running], kind: ClockKind, expected: frozenset[ClockKind], tongue: Tongue) -> list[Step]:
    """A duty that will not be: ended without being met, or asked for by a pack and its event has not happened."""
    own = [clock for clock in clocks if clock.kind is kind or {kind, clock.kind} <= LAST]
    if any(clock.is_open or clock.met_at for clock in own):
        return []
    if own:
        reason = tongue.translate(CancelReason(own[-1].cancel_reason).label)
        why = tongue.say("{reason} : cette échéance n’a plus d’objet.", reason=reason)
        return [_nothing(kind, tongue.say("sans objet"), why, tongue)]
    why = tongue.say("L’événement dont ce délai part n’a pas eu lieu.")
    return [_nothing(kind, tongue.say("non démarré"), why, tongue)] if kind in expected else []


def _nothing(kind: ClockKind, said: str, why: str, tongue: Tongue) -> Step:
    label = tongue.translate(kind.label)
    return Step(label=label, words=said, place="void", legal=kind is ClockKind.FINAL, why=why, code=kind.value)


def _nearest(clock: Running) -> tuple[datetime, bool, str]:
    """Of two packs that ask for one duty the nearest due date wins; at the same date, the law."""
    return clock.due.due_at, not clock.opening.is_statutory, clock.opening.pack
