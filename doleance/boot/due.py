"""Donne les échéances d’un référentiel : leurs dates, et le calcul en toutes lettres. Sans base de données."""

import argparse
import gettext
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from doleance.deadlines import seeds
from doleance.deadlines.rules import words
from doleance.deadlines.rules.calendar import FIRST_YEAR, LAST_YEAR, OutsideCalendar, UnknownCalendar, WorkCalendar
from doleance.deadlines.rules.due import DueDate, compute
from doleance.deadlines.rules.places import PLACES
from doleance.kernel.errors import Refusal
from doleance.kernel.moments import hour, long_day
from doleance.kernel.tongue import FRENCH, Tongue
from doleance.packs import loader
from doleance.packs.rules import PACK_EVENTS, ClockRule, Pack, Unit, version_on


class NoSuchPack(Refusal):
    """Nobody ships a pack of that code."""

    code = "unknown_pack"
    sentence = "Le référentiel « {pack} » n’existe pas. Référentiels livrés : {known}."


class NotInForce(Refusal):
    """The pack had not begun, or was over."""

    code = "pack_not_in_force"
    sentence = "Le référentiel {pack} n’était pas en vigueur le {day}."


class BadMoment(Refusal):
    """A moment that says neither when nor where."""

    code = "bad_moment"
    sentence = "« {moment} » n’est pas un moment. Écrivez-le ainsi : 2026-11-12T08:47+01:00."


class NaiveMoment(Refusal):
    """A time of day without its offset is a different moment in each place."""

    code = "naive_moment"
    sentence = "« {moment} » ne dit pas son décalage avec l’heure universelle. Ajoutez-le : 2026-11-12T08:47+01:00."


class UnknownEvent(Refusal):
    """No term runs from such an event."""

    code = "unknown_event"
    sentence = "« {event} » n’est pas un événement. Événements connus : {known}."


class UnknownZone(Refusal):
    """No clock shows such a time."""

    code = "unknown_zone"
    sentence = "Le fuseau horaire « {zone} » n’existe pas. Donnez un nom tel que Europe/Paris."


@dataclass(frozen=True, slots=True)
class Answer:
    """One clock as it is printed, field by field, in this order. The event has not happened: no date."""

    pack: str
    version: int
    clock: str
    start: str | None
    due_on: str | None
    due_at: str | None
    unit: str
    count: int
    calendar: str
    explanation: str
    source: str


KEYS = tuple(field.name for field in fields(Answer))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which packs, from when, where, and for whom it is printed."""
    parser.add_argument("packs", nargs="+", metavar="PACK", help="un référentiel, ou plusieurs l’un après l’autre")
    parser.add_argument("--start", required=True, metavar="MOMENT", help="début, tel que 2026-11-12T08:47+01:00")
    parser.add_argument(
        "--event",
        action="append",
        default=[],
        metavar="NOM=MOMENT",
        help="un événement qui n’est pas du début ; sans moment, il n’a pas eu lieu",
    )
    parser.add_argument("--calendar", default="FR", metavar="CODE", help="les jours fériés de ce lieu (FR)")
    parser.add_argument("--zone", default="", metavar="FUSEAU", help="l’heure de ce lieu (celle du calendrier)")
    parser.add_argument("--language", choices=["fr", "en"], default="fr", help="la langue des explications (fr)")
    parser.add_argument("--json", action="store_true", help="un objet JSON par ligne")


def run(options: argparse.Namespace) -> int:
    """Print what is due; a refusal is one sentence, with its code for machines under --json, and exit status 2."""
    tongue = tongue_of(options.language)
    try:
        told = [(pack, list(_asked(pack, options, tongue))) for pack in _packs(options)]
    except Refusal as refusal:
        return _refused(refusal, is_json=options.json)
    for position, (pack, answers) in enumerate(told):
        lines = _as_json(answers) if options.json else _as_table(pack, answers, tongue)
        print("\n".join(["", *lines] if position and not options.json else lines))
    return 0


def _refused(refusal: Refusal, *, is_json: bool) -> int:
    if not is_json:
        raise refusal  # said by the command line as any other
    print(json.dumps({"error": refusal.code, "message": str(refusal)}, ensure_ascii=False), file=sys.stderr)
    return 2


def _packs(options: argparse.Namespace) -> list[Pack]:
    """The packs asked for, each in the version in force on the local day of the start."""
    day = moment(options.start).astimezone(ZoneInfo(_zone(options))).date()
    return [_pack(code, day=day) for code in options.packs]


def _pack(code: str, *, day: date) -> Pack:
    versions = loader.shipped().get(code)
    if versions is None:
        raise NoSuchPack(pack=code, known=", ".join(sorted(loader.shipped())))
    found = version_on(versions, day)
    if found is None:
        raise NotInForce(pack=code, day=f"{day:%d/%m/%Y}")
    return found


def _zone(options: argparse.Namespace) -> str:
    if options.calendar not in PLACES:
        raise UnknownCalendar(calendar=options.calendar)
    zone = str(options.zone or PLACES[options.calendar].zone)
    if zone not in available_timezones():
        raise UnknownZone(zone=zone)
    return zone


def moment(written: str) -> datetime:
    """The moment that a person wrote in ISO 8601. Refuses anything else, and one without its offset."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadMoment(moment=written) from error
    if found.tzinfo is None:
        raise NaiveMoment(moment=written)
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise OutsideCalendar(first_year=FIRST_YEAR, last_year=LAST_YEAR)
    return found


def _moments(options: argparse.Namespace) -> dict[str, datetime | None]:
    """Every event happens at the start, less those that are said to be at another moment, or never."""
    known = sorted(event.value for event in PACK_EVENTS)
    moments: dict[str, datetime | None] = dict.fromkeys(known, moment(options.start))
    for given in options.event:
        name, equals, written = given.partition("=")
        if name not in moments or not equals:
            raise UnknownEvent(event=given, known=", ".join(known))
        moments[name] = moment(written) if written else None
    return moments


def _asked(pack: Pack, options: argparse.Namespace, tongue: Tongue) -> Iterator[Answer]:
    return answers(pack, moments=_moments(options), calendar=options.calendar, zone=_zone(options), tongue=tongue)


def answers(
    pack: Pack, *, moments: Mapping[str, datetime | None], calendar: str, zone: str, tongue: Tongue
) -> Iterator[Answer]:
    """What each clock of a pack gives, in the pack's order, by that calendar and in that time zone.

    `moments` says when each event happened (aware), None where it has not. The limit that a holding reply opens is
    told too: its words say when it holds. Refuses what lies outside the years that calendars know.
    """
    place = place_of(calendar)
    for rule in pack.clocks:
        yield _answer(pack, rule, moments[rule.start.value], place, zone, tongue)


def _answer(
    pack: Pack, rule: ClockRule, start: datetime | None, place: WorkCalendar, zone: str, tongue: Tongue
) -> Answer:
    due = None if start is None else _due(rule, start, place, zone)
    local = ZoneInfo(zone)
    return Answer(
        pack=pack.code,
        version=pack.version,
        clock=rule.kind.value,
        start=start.astimezone(local).isoformat() if start else None,
        due_on=due.due_on.isoformat() if due else None,
        due_at=due.due_at.astimezone(local).isoformat() if due else None,
        unit=rule.term.unit.value,
        count=rule.term.count,
        calendar=place.code,
        explanation=_explanation(pack, rule, due, place, zone, tongue),
        source=" ; ".join(pack.source),
    )


def _due(rule: ClockRule, start: datetime, place: WorkCalendar, zone: str) -> DueDate:
    due = compute(start_at=start, term=rule.term, zone=zone, calendar=place)
    if due.due_on.year > LAST_YEAR:  # counted through years whose holidays nobody knows
        raise OutsideCalendar(first_year=FIRST_YEAR, last_year=LAST_YEAR)
    return due


def _explanation(
    pack: Pack, rule: ClockRule, due: DueDate | None, place: WorkCalendar, zone: str, tongue: Tongue
) -> str:
    origin = words.origin(rule.start, pack.code, pack, rule, tongue)
    if due is None:
        return f"{tongue.say('L’événement dont ce délai part n’a pas eu lieu.')} {origin}"
    hours = hour(due.due_at, zone, tongue) if rule.term.unit is Unit.HOUR else ""
    return f"{words.why(due.explanation, rule.term, place, tongue, hours=hours)} {origin}"


@cache
def place_of(code: str) -> WorkCalendar:
    """A shipped calendar with all the years it knows, as nobody has edited it. Refuses an unknown one."""
    days = seeds.holidays_of(code, range(FIRST_YEAR, LAST_YEAR + 1))
    return WorkCalendar.of(code, days, first_year=FIRST_YEAR, last_year=LAST_YEAR)


@cache
def tongue_of(language: str) -> Tongue:
    """The reader's language, read from the catalogue of the screens without starting them."""
    if language == FRENCH.code:
        return FRENCH
    with resources.as_file(resources.files("doleance") / "locale") as folder:
        catalogue = gettext.translation("django", str(folder), languages=[language])
    return Tongue(language, catalogue.gettext, catalogue.ngettext)


def _as_json(told: Sequence[Answer]) -> list[str]:
    return [json.dumps(asdict(answer), ensure_ascii=False) for answer in told]


def _as_table(pack: Pack, told: Sequence[Answer], tongue: Tongue) -> list[str]:
    """The clocks one under the other: name, length, date, then how it is counted."""
    nature = tongue.translate(pack.nature.label)
    heading = f"{pack.code} · {pack.label} · version {pack.version} · {nature}"
    rows = [
        (tongue.translate(rule.kind.label), words.length(rule.term, tongue), _said(answer, tongue))
        for rule, answer in zip(pack.clocks, told, strict=True)
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [heading, tongue.say("Source : {source}.", source=" ; ".join(pack.source))]
    for (name, length, last), answer in zip(rows, told, strict=True):
        lines += ["", f"{name:<{widths[0]}}  {length:<{widths[1]}}  {last}", f"  {answer.explanation}"]
    return lines


def _said(answer: Answer, tongue: Tongue) -> str:
    if answer.due_on is None or answer.due_at is None:
        return tongue.say("non démarré")
    end = datetime.fromisoformat(answer.due_at)
    day = long_day(datetime.fromisoformat(answer.due_on).date(), tongue)
    if answer.unit != Unit.HOUR:
        return tongue.say("{day}, avant minuit", day=day)
    return f"{day}, {end:%H:%M}"
