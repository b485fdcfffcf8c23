"""Reads the packs that are shipped, and refuses a file that does not say exactly what it must.

`<CODE>.toml` is the first version of a pack, `<CODE>.<version>.toml` a later one: a shipped version never changes.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, TypeVar

from doleance.packs.rules import (
    BINDING,
    COUNTED,
    PACK_EVENTS,
    Audience,
    Certainty,
    ClockKind,
    ClockRule,
    Letter,
    Must,
    Nature,
    Oral,
    Pack,
    StartEvent,
    Term,
    Unit,
    effective,
    ordered,
    version_on,
)

E = TypeVar("E", bound=StrEnum)
V = TypeVar("V")

_CODE = re.compile(r"[A-Z]{2,}(?:-[A-Z0-9]+)*")
_BLOCK = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST = 1_000


class UnknownPack(LookupError):
    """A company follows a pack that is not shipped: a setting is wrong, or an older Doléance was put back."""


class PackError(ValueError):
    """A pack file is wrong. `problems` says all that is, each with its place in the file."""

    def __init__(self, name: str, problems: Iterable[str]) -> None:
        self.name, self.problems = name, tuple(problems)
        super().__init__("\n".join(f"{name}: {problem}" for problem in self.problems))


class _Reader:
    """Takes the keys of one TOML table; what is missing, of another type or left over becomes a problem."""

    def __init__(self, table: object, problems: list[str], place: str = "") -> None:
        self.problems, self.place = problems, place
        self.rest: dict[str, Any] = dict(table) if isinstance(table, Mapping) else {}
        if not isinstance(table, Mapping):
            self.blame("", f"a table is wanted, not {table!r}")

    def blame(self, key: str, what: str) -> None:
        self.problems.append(f"{self.place}{key or 'here'}: {what}")

    def take(self, key: str, kind: type[V], default: V, *, required: bool = True) -> V:
        if key not in self.rest:
            if required:
                self.blame(key, "missing")
            return default
        value = self.rest.pop(key)
        if type(value) is not kind:  # a TOML date-time is a date in Python, and a boolean an integer
            self.blame(key, f"{value!r} is no {kind.__name__}")
            return default
        return value

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        present, value = key in self.rest, self.take(key, str, "?")
        if present and (not value.strip() or (pattern and not pattern.fullmatch(value))):
            self.blame(key, f"{value!r} is no {'code' if pattern else 'text'}")
        return value

    def member(self, key: str, kinds: type[E] | frozenset[E], fallback: E) -> E:
        value, allowed = self.take(key, str, ""), {kind.value: kind for kind in kinds}
        if value and value not in allowed:
            self.blame(key, f"{value!r} is not one of {', '.join(sorted(allowed))}")
        return allowed.get(value, fallback)

    def members(self, key: str, kinds: type[E]) -> frozenset[E]:
        allowed = {kind.value: kind for kind in kinds}
        values = self.take(key, list, [])
        for value in values:
            if not isinstance(value, str) or value not in allowed:
                self.blame(key, f"{value!r} is not one of {', '.join(sorted(allowed))}")
        return frozenset(allowed[value] for value in values if isinstance(value, str) and value in allowed)

    def codes(self, key: str, pattern: re.Pattern[str]) -> frozenset[str]:
        """A list of codes that may be left out."""
        values = [str(value) for value in self.take(key, list, [], required=False)]
        for value in values:
            if not pattern.fullmatch(value):
                self.blame(key, f"{value!r} is no code")
        return frozenset(values)

    def tables(self, key: str) -> list["_Reader"]:
        items = self.take(key, list, [], required=False)
        return [_Reader(item, self.problems, f"{self.place}{key}[{number}].") for number, item in enumerate(items)]

    def close(self) -> None:
        for key in self.rest:
            self.blame(key, "unknown")


def parse(name: str, text: str) -> Pack:
    """The pack that the file `name` states. Raises PackError with every problem found."""
    problems: list[str] = []
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PackError(name, [str(error)]) from error
    pack = _pack(_Reader(table, problems), problems)
    expected = {f"{pack.code}.{pack.version}.toml"} | ({f"{pack.code}.toml"} if pack.version == 1 else set())
    if not problems and name not in expected:
        problems.append(f"a file of that name cannot hold version {pack.version} of {pack.code!r}")
    if problems:
        raise PackError(name, problems)
    return pack


def _pack(reader: _Reader, problems: list[str]) -> Pack:
    nature = reader.member("nature", Nature, Nature.PROMISE)
    pack = Pack(
        code=reader.text("code", _CODE),
        version=reader.take("version", int, 0),
        label=reader.text("label"),
        nature=nature,
        certainty=reader.member("certainty", Certainty, Certainty.MEMORY),
        valid_from=reader.take("valid_from", date, date.min),
        valid_to=reader.take("valid_to", date, date.max, required=False) if "valid_to" in reader.rest else None,
        checked_on=reader.take("checked_on", date, date.min),
        source=tuple(str(line) for line in reader.take("source", list, [])),
        audience=reader.members("audience", Audience),
        clocks=tuple(_clock(table, nature) for table in reader.tables("clocks")),
        must=tuple(_must(table) for table in reader.tables("must")),
        replaces=reader.codes("replaces", _CODE),
        oral=reader.member("oral", Oral, Oral.INVITE) if "oral" in reader.rest else None,
    )
    reader.close()
    if pack.version < 1:
        problems.append("version: at least 1")
    if not pack.source or not all(line.strip() for line in pack.source):
        problems.append("source: at least one, in words")
    if pack.valid_to is not None and pack.valid_to < pack.valid_from:
        problems.append("valid_to: before valid_from")
    if not pack.clocks and not pack.must:
        problems.append("here: neither a clock nor a required block")
    if ClockKind.EXTENDED in (kinds := {rule.kind for rule in pack.clocks}) and ClockKind.FINAL not in kinds:
        problems.append("clocks: final_max prolongs a final, and there is none")
    if pack.code in pack.replaces:
        problems.append("replaces: a pack cannot stand for itself")
    _once("clocks", [rule.kind.value for rule in pack.clocks], problems)
    _once("must", [must.code for must in pack.must], problems)
    return pack


def _clock(reader: _Reader, nature: Nature) -> ClockRule:
    term = Term(
        count=reader.take("count", int, 1),
        unit=reader.member("unit", Unit, Unit.CALENDAR_DAY),
        roll_over=reader.take("roll_over", bool, False, required=False),
    )
    rule = ClockRule(
        kind=reader.member("kind", ClockKind, ClockKind.INTERNAL),
        term=term,
        start=reader.member("start", PACK_EVENTS, StartEvent.RECEIVED),
        statutory=reader.take("statutory", bool, False, required=False),
        repeats=reader.take("repeats", bool, False, required=False),
        unless_final=reader.take("unless_final", bool, False, required=False),
        why=reader.text("why"),
    )
    reader.close()
    if not 1 <= term.count <= _LONGEST:
        reader.blame("count", f"between 1 and {_LONGEST}")
    if term.roll_over and term.unit in COUNTED | {Unit.HOUR}:
        reader.blame("roll_over", f"a term in {term.unit.value} never ends on a day of rest, or has an hour")
    if rule.repeats and rule.kind is not ClockKind.PROGRESS:
        reader.blame("repeats", "only a progress clock starts again")
    if rule.unless_final and rule.kind is not ClockKind.ACKNOWLEDGE:
        reader.blame("unless_final", "only an acknowledgement is spared by the answer")
    if rule.statutory and (nature not in BINDING or rule.kind is ClockKind.INTERNAL):
        reader.blame("statutory", "only a duty that a statute or a supervisor sets")
    return rule


def _must(reader: _Reader) -> Must:
    must = Must(
        code=reader.text("code", _BLOCK),
        label=reader.text("label"),
        letters=reader.members("letters", Letter),
        if_refused=reader.take("if_refused", bool, False, required=False),
    )
    reader.close()
    if not must.letters:
        reader.blame("letters", "at least one")
    return must


def _once(key: str, codes: list[str], problems: list[str]) -> None:
    problems += [f"{key}: {code} stands twice" for code in sorted(set(codes)) if codes.count(code) > 1]


def gather(files: Mapping[str, str]) -> dict[str, tuple[Pack, ...]]:
    """The packs of a set of files, each code with its versions in date order. Raises PackError.

    Versions of one pack must begin on different days, in the order of their numbers.
    """
    packs: dict[str, list[Pack]] = {}
    for name in sorted(files):
        pack = parse(name, files[name])
        packs.setdefault(pack.code, []).append(pack)
    for code, versions in packs.items():
        versions.sort(key=lambda pack: pack.version)
        if any(a.version == b.version or b.valid_from <= a.valid_from for a, b in pairwise(versions)):
            raise PackError(code, ["versions do not follow each other: number and valid_from must both grow"])
    return {code: tuple(versions) for code, versions in packs.items()}


@cache
def shipped() -> Mapping[str, tuple[Pack, ...]]:
    """The packs in this folder. Raises PackError; a test reads them all, so a release cannot ship a wrong one."""
    folder = resources.files(__package__)
    return gather({file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".toml")})


def in_force(codes: Iterable[str], day: date) -> list[Pack]:
    """The usable packs in force on `day` among `codes`, in their order, less those that another of them replaces.

    Raises UnknownPack on a code not shipped.
    """
    found = [version_on(_versions(code), day) for code in codes]
    return effective(pack for pack in found if pack is not None and pack.is_usable)


def usable(day: date) -> list[Pack]:
    """Every pack that may be followed on `day`, in the version then in force, the most specific first."""
    found = [version_on(versions, day) for versions in shipped().values()]
    return ordered(pack for pack in found if pack is not None and pack.is_usable)


def _versions(code: str) -> tuple[Pack, ...]:
    try:
        return shipped()[code]
    except KeyError as error:
        raise UnknownPack(code) from error


def version(code: str, number: int) -> Pack | None:
    """One version of a pack, when it is still shipped."""
    return next((pack for pack in shipped().get(code, ()) if pack.version == number), None)


def musts(code: str, day: date, letter: Letter = Letter.FINAL, *, refused: bool = False) -> tuple[Must, ...]:
    """The blocks that `letter` must hold under a pack, as it is in force on `day`.

    `refused`: the letter refuses what was asked, which some packs want explained further.
    """
    return tuple(
        must
        for pack in in_force([code], day)
        for must in pack.must
        if letter in must.letters and (refused or not must.if_refused)
    )
