"""`python -m benchmarks.due --cases 100000 --seed 4`: what `doleance due` answers, beside a slow second opinion.

Each case goes through the very function that the command prints, for a shipped pack or for a pack made for the case
with any unit; the oracle (`benchmarks.due_oracle`) shares no line with it. Prints the seed, how many cases of each
kind there were, and `N passed, N failed`; exit status 1 when one failed.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

from benchmarks import due_oracle as oracle
from doleance.boot import due as command
from doleance.deadlines.rules.places import PLACES
from doleance.kernel.tongue import FRENCH
from doleance.packs import loader
from doleance.packs.rules import PACK_EVENTS, ClockKind, ClockRule, Pack, StartEvent, Term, Unit, version_on

FIRST, LAST = 1990, 2099
KINDS = ("any", "daylight", "leap", "feast", "month_end", "region", "abroad", "pack")
# The longest terms tried, in their units; in the last years, what still ends in the years that calendars know.
_LONGEST = {"h": 1_000, "cd": 400, "w": 60, "m": 36, "bd": 60, "jo": 60}
_LONGEST_LATE = {"h": 1_000, "cd": 150, "w": 20, "m": 6, "bd": 50, "jo": 50}
_ZONES = [
    "Africa/Casablanca",
    "America/Havana",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
]


@dataclass(frozen=True, slots=True)
class Case:
    """One question: from when, where, and which terms (clock, count, unit) of which pack."""

    kind: str
    pack: Pack
    terms: tuple[tuple[str, int, str, bool], ...]
    start: datetime
    place: str
    zone: str


def cases(how_many: int, seed: int) -> Iterator[Case]:
    """So many cases, the same for the same seed, every kind in turn."""
    chance = random.Random(seed)
    for number in range(how_many):
        yield _case(KINDS[number % len(KINDS)], chance)


def _case(kind: str, chance: random.Random) -> Case:
    place = _place(kind, chance)
    zone = PLACES[place].zone if chance.random() < 0.9 else chance.choice(_ZONES)
    day = _day(kind, place, chance)
    start = _moment(kind, day, chance)
    if kind == "pack":
        code = chance.choice(sorted(oracle.PACKS))
        pack = version_on(loader.shipped()[code], day - timedelta(days=2))
        if pack is None:  # before the pack: a later day of the same calendar
            day = day.replace(year=max(day.year, chance.randint(2024, LAST)), day=min(day.day, 28))
            start, pack = _moment(kind, day, chance), loader.shipped()[code][-1]
        return Case(kind, pack, tuple((*term, False) for term in oracle.PACKS[code]), start, place, zone)
    term = _term(kind, day, chance)
    return Case(kind, _pack_of(term), (term,), start, place, zone)


def _place(kind: str, chance: random.Random) -> str:
    if kind == "region":
        return chance.choice(oracle.OVERSEAS)
    if kind == "abroad":
        return chance.choice(oracle.ABROAD)
    return "FR" if chance.random() < 0.5 else chance.choice(oracle.PLACES)


def _day(kind: str, place: str, chance: random.Random) -> date:
    """A day from which that kind of trouble is near."""
    year = chance.randint(max(FIRST, oracle.SINCE.get(place, FIRST)), LAST)
    if kind == "daylight":  # the last Sundays of March and October, and those around them
        return date(year, chance.choice([3, 10]), 31) - timedelta(days=chance.randint(0, 40))
    if kind == "leap":
        year -= chance.choice([0, 0, year % 4])
        return date(max(year, FIRST), 2, 28) + timedelta(days=chance.choice([-60, -30, -1, 0, 0, 1, 1]))
    if kind == "feast":
        around = [
            oracle.easter(year) - timedelta(days=chance.randint(-50, 60)),
            date(year, 12, chance.randint(10, 31)),
        ]
        return chance.choice([*around, date(year, 5, chance.randint(1, 15)), date(year, 11, chance.randint(1, 11))])
    if kind == "month_end":
        first = date(year, chance.randint(1, 12), 1)
        return first - timedelta(days=chance.randint(1, 4)) if first.year > FIRST else date(year, 1, 31)
    return date(year, 1, 1) + timedelta(days=chance.randint(0, 364))


def _moment(kind: str, day: date, chance: random.Random) -> datetime:
    """A moment of that day, written with an offset that need not be the place's; near midnight and 2 a.m. at times."""
    hour = chance.choice([0, 1, 2, 3, 22, 23]) if kind == "daylight" else chance.randint(0, 23)
    offset = timezone(timedelta(minutes=chance.choice([0, 60, 120, -240, -180, 240, 345, 660, -600])))
    return datetime(day.year, day.month, day.day, hour, chance.randint(0, 59), chance.randint(0, 59), tzinfo=offset)


def _term(kind: str, day: date, chance: random.Random) -> tuple[str, int, str, bool]:
    units = {"feast": ["bd", "jo", "bd", "jo", "m"], "month_end": ["m"], "leap": ["m", "m", "cd", "w", "bd", "jo"]}
    units |= {"region": ["bd", "jo", "m"], "abroad": ["bd", "jo", "m"], "daylight": ["h", "cd", "w", "bd", "jo", "m"]}
    unit = chance.choice(units.get(kind, ["h", "cd", "w", "m", "bd", "jo"]))
    longest = (_LONGEST if day.year < 2096 else _LONGEST_LATE)[unit]
    count = chance.randint(1, longest if chance.random() < 0.5 else min(15, longest))
    return "final", count, unit, unit in {"cd", "w", "m"} and chance.random() < 0.4


def _pack_of(term: tuple[str, int, str, bool]) -> Pack:
    """A pack made for one case: GENERAL with one clock, of any unit."""
    _, count, unit, roll_over = term
    rule = ClockRule(ClockKind.FINAL, Term(count, Unit(unit), roll_over), StartEvent.RECEIVED, why="Pour voir.")
    return replace(loader.shipped()["GENERAL"][-1], code="XX-CASE", clocks=(rule,))


def failure(case: Case) -> str:
    """What the command says otherwise than the oracle; empty when they agree."""
    moments: dict[str, datetime | None] = {event.value: case.start for event in PACK_EVENTS}
    told = list(command.answers(case.pack, moments=moments, calendar=case.place, zone=case.zone, tongue=FRENCH))
    if [(one.clock, one.count, one.unit) for one in told] != [term[:3] for term in case.terms]:
        return f"{case}: other clocks"
    for one, (clock, count, unit, roll_over) in zip(told, case.terms, strict=True):
        day, end = oracle.due(case.start, count, unit, case.place, case.zone, roll_over=roll_over)
        said = datetime.fromisoformat(one.due_at or "").astimezone(UTC)
        begun = datetime.fromisoformat(one.start or "")
        if (one.due_on, said, begun, one.calendar) != (day.isoformat(), end, case.start, case.place):
            where = f"{case.place}, {case.zone}, from {case.start.isoformat()}, {count} {unit}, roll over {roll_over}"
            return f"{clock} in {where}: told {one.due_on} {said.isoformat()}, the oracle {day} {end.isoformat()}"
    return ""


def check(how_many: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How many cases of each kind and unit were tried, and what failed."""
    kinds: Counter[str] = Counter()
    failures = []
    for case in cases(how_many, seed):
        kinds[case.kind] += 1
        kinds.update({f"unit {term[2]}" for term in case.terms})
        if wrong := failure(case):
            failures.append(wrong)
    return kinds, failures


def main() -> int:
    """Run, print, and say by the exit status whether all agreed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}, {options.cases} cases, years {FIRST} to {LAST}\n")
    sys.stdout.flush()
    kinds, failures = check(options.cases, options.seed)
    for kind, count in sorted(kinds.items()):
        sys.stdout.write(f"  {kind:<10} {count}\n")
    for wrong in failures[:20]:
        sys.stdout.write(f"  {wrong}\n")
    sys.stdout.write(f"{options.cases - len(failures)} passed, {len(failures)} failed\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
