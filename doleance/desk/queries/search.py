"""Finding files by words: what was typed, read as words, phrases, references and numbers; the newest that hold it all.

The words of each file are kept beside it (`complaints/sql/search_v1.sql`). Every word must be there. Where more than a
thousand files of a view match, the newest thousand are found, and the view counts « plus de 1 000 »: what a search
costs does not grow with the house (docs/decisions/0082).
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from doleance.complainants.rules import SAME_LINE
from doleance.complaints import access
from doleance.complaints.models import Complaint
from doleance.kernel import ids, kept, sql, text
from doleance.kernel.kept import Statement

MOST = 1_001  # files of one view: one more than is counted exactly
LENGTH = 200  # signs that are read of what was typed
TERMS = 12  # words and phrases that are looked for; those after them are passed over
# Files of a view that are looked at one by one, the newest first, before the index of words is asked for all it has:
# a few to see how common the words are, then as many as hold a thousand matches where one in twenty matches.
NEAR, FAR, COMMON = 1_000, 40_000, 50
SPARSE = 10  # where one in a hundred matches, those registered last are read first; below, the index has few

_SQL = sql.queries("doleance.desk", "search.sql")
_FIRST = kept.bound(_SQL["first"], [COMMON, MOST, NEAR, kept.SOME_KEY, kept.SOME_KEY])
_QUOTED = re.compile(r'"([^"]*)"|\u00ab([^\u00bb]*)\u00bb|“([^”]*)”')  # straight, French, English
_REFERENCE = re.compile(r"\bR\d\d[\s-]?[2-9A-HJ-NP-Z]{4,8}[\s-]?[2-9A-HJ-NP-Z]\b", re.ASCII | re.IGNORECASE)
_BETWEEN = r"[\s.\-()/]{0,2}"
_NUMBER = re.compile(rf"(?<!\w)(?:0[1-9](?:{_BETWEEN}\d){{8}}|(?:\+|00?)\d(?:{_BETWEEN}\d){{7,13}})(?!\d)")
_DIGITS = re.compile(r"[\d.\-/]+")
_SHORTEST_NUMBER = 3


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase as typed, and the mark under which a reference or a number is kept; mostly empty."""

    typed: str
    mark: str = ""


def read(typed: str) -> list[Term]:
    """What somebody typed, as terms. Nothing that can be typed is an error: signs that mean nothing are spaces.

    >>> [term.mark for term in read("durand 06.12 34 56 78")]
    ['t612345678', '']
    """
    rest = _cut(" ".join(text.normalise(typed).split())).replace("(0)", "")
    found = [Term(phrase, _mark_of(phrase)) for phrase in _quoted(rest)]
    rest = _QUOTED.sub(" ", rest)
    for pattern in (_REFERENCE, _NUMBER):
        for match in pattern.finditer(rest):
            if mark := _mark_of(match[0]):
                found.append(Term(match[0], mark))
                rest = rest.replace(match[0], " ", 1)
    found += [Term(word, _mark_of(word)) for word in rest.split() if _says_something(word)]
    return list(dict.fromkeys(found))[:TERMS]


def _cut(typed: str) -> str:
    """At most `LENGTH` signs, and no half of a word."""
    return typed if len(typed) <= LENGTH else typed[: LENGTH + 1].rpartition(" ")[0] or typed[:LENGTH]


def _quoted(typed: str) -> Iterator[str]:
    for match in _QUOTED.finditer(typed):
        phrase = " ".join((match[1] or match[2] or match[3] or "").split())
        if _says_something(phrase):
            yield phrase


def _says_something(typed: str) -> bool:
    return any(sign.isalnum() for sign in typed)


def _mark_of(typed: str) -> str:
    """Under what a reference or a number is kept, however it is spelt; empty for anything else."""
    reference = access.read_reference(typed)
    if ids.is_reference(reference):
        return reference.replace("-", "").lower()
    digits = "".join(sign for sign in typed if sign.isascii() and sign.isdigit())
    if len(digits) >= _SHORTEST_NUMBER and (_NUMBER.fullmatch(typed) or _DIGITS.fullmatch(typed)):
        return f"t{digits[-SAME_LINE:]}"
    return ""


class Within:
    """The files that words are looked for in, as statements of their identifiers, each written when it is needed."""

    def __init__(self, files: QuerySet[Complaint]) -> None:
        self._files = files.order_by()

    @cached_property
    def each(self) -> Statement:
        """In any order."""
        return kept.written(self._files.values("pk"))

    @cached_property
    def newest(self) -> Statement:
        """The newest first."""
        return kept.written(self._files.order_by("-received_at", "-id").values("pk"))

    @cached_property
    def holding(self) -> Statement:
        """Of all that the index of words gives, the newest."""
        given = RawSQL(_SQL["all_found"], (kept.SOME_KEY,))  # noqa: S611  the statement stands in a file of ours
        rows = self._files.filter(pk__in=given).order_by("-received_at", "-id")
        return kept.written(rows.values("pk")[:MOST])


class Sought:
    """What somebody looks for, and the files that hold it. Asked of several views, it is looked for once."""

    def __init__(self, typed: str) -> None:
        self.is_empty = not typed.strip()
        self._terms = read(typed)
        self._known: dict[Statement, list[UUID]] = {}

    def among(self, files: QuerySet[Complaint]) -> QuerySet[Complaint]:
        """Those of `files` (of one view, that somebody may see) that hold all of it, the newest `MOST` at most."""
        return files if self.is_empty else among(files, self.found_in(Within(files)))

    def found_in(self, files: Within, *, at: datetime | None = None) -> list[UUID]:
        """The identifiers of the newest `MOST` of `files` that hold it; where it is rare, of all that hold it,
        whosever they are. `at` is the moment of the page, where `files` wait for it.
        """
        if self._few is not None:
            return self._few
        if files.each not in self._known:  # the same list asked again is not looked through again
            self._known[files.each] = _Walk(self._query, at).newest(files)
        return self._known[files.each]

    @property
    def is_common(self) -> bool:
        """Whether more files hold it than are found: then each view costs a search of its own."""
        return not self.is_empty and self._few is None

    @property
    def _query(self) -> str:
        """What is looked for as PostgreSQL writes it; empty when nothing that was typed is a word."""
        return self._first[0]

    @cached_property
    def _first(self) -> tuple[str, list[UUID] | None]:
        """What is looked for, and every file that holds it, up to `MOST`; None where many of the newest hold it."""
        if not self._terms:
            return "", []
        typed, marks = [one.typed for one in self._terms], [one.mark for one in self._terms]
        statement = Statement(_FIRST.text, (typed, marks))
        [(query, found)] = kept.ask(statement)
        return query, found

    @cached_property
    def _few(self) -> list[UUID] | None:
        """Every file that holds it, whosever it is; None when they are more than `MOST`, less one.

        What many of the newest hold is looked for among those: the index would gather all of them first.
        """
        query, found = self._first
        if not query:
            return []
        if found is None:
            if len(_column(_statement("latest_few", kept.SOME_KEY, FAR, MOST), query)) == MOST:
                return None
            found = _column(_statement("found", kept.SOME_KEY, MOST), query)
        return found if len(found) < MOST else None


@dataclass(frozen=True, slots=True)
class _Walk:
    """A search of words that many files hold, at the moment of a page."""

    query: str
    at: datetime | None

    def newest(self, files: Within) -> list[UUID]:
        """The newest `MOST` of `files` that hold it."""
        if files.each is kept.NOTHING:
            return []
        seen, found = self._near(files)
        if seen < NEAR:  # the view is no longer than that
            return found
        if len(found) >= COMMON:
            found = self._walk(files)
            if len(found) == MOST or self._is_seen_whole(files):
                return found
        elif len(found) >= SPARSE and _is_most_of_the_house(found):
            # In what was registered last, as far as it should take and half as far again.
            walked = self._latest(files, 3 * MOST * NEAR // (2 * len(found)))
            if len(walked) == MOST:
                return list(dict.fromkeys([*found, *walked]))[:MOST]
        return self._ask(files.holding)

    def _latest(self, files: Within, looked: int) -> list[UUID]:
        """Those of `files` that hold it among the `looked` files of the house registered last: `MOST` at most."""
        return self._ask(_around("latest_of", files.each, before=(kept.SOME_KEY, looked), after=(MOST,)))

    def _near(self, files: Within) -> tuple[int, list[UUID]]:
        """How many of the newest `NEAR` files there are, and those of them that hold it."""
        near = _around("near", _first(files.newest, NEAR), before=(kept.SOME_KEY,))
        [(seen, found)] = kept.ask(near, key=self.query, at=self.at)
        return seen, found

    def _walk(self, files: Within) -> list[UUID]:
        """Those that hold it among the newest `FAR`, until there are `MOST`."""
        return self._ask(_around("walk", _first(files.newest, FAR), after=(kept.SOME_KEY, MOST)))

    def _is_seen_whole(self, files: Within) -> bool:
        """Whether there are no more files than were walked along."""
        beyond = _first(files.each, FAR + 1)
        counted = Statement(f"SELECT count(*) FROM ({beyond.text}) AS files", beyond.given)  # noqa: S608  Django wrote it
        return bool(kept.ask(counted, at=self.at)[0][0] <= FAR)

    def _ask(self, statement: Statement) -> list[UUID]:
        return [one for (one,) in kept.ask(statement, key=self.query, at=self.at)]


def _is_most_of_the_house(found: Collection[UUID]) -> bool:
    """Whether the files of a view that hold it are as near to each other as if the view were at least half of all.

    For a small view among many files a walk along all of them would be long, and find little.
    """
    return len(kept.ask(_statement("since", min(found), 2 * NEAR + 1))) <= 2 * NEAR


def among(files: QuerySet[Complaint], found: object) -> QuerySet[Complaint]:
    """Those of `files` whose identifier was found: a list of them, or `kept.SOME_LIST`."""
    these = RawSQL(_SQL["these"], (found,))  # noqa: S611  the statement stands in a file of ours; values are bound
    return files.filter(pk__in=these)


def _statement(name: str, *given: Any) -> Statement:
    return kept.bound(_SQL[name], given)


def _first(files: Statement, number: int) -> Statement:
    return Statement(f"{files.text} LIMIT {number}", files.given)


def _around(name: str, files: Statement, *, before: Sequence[Any] = (), after: Sequence[Any] = ()) -> Statement:
    """A statement of ours around one that tells files."""
    head, _, tail = _SQL[name].partition("{files}")
    first, last = kept.bound(head, before), kept.bound(tail, after)
    return Statement(f"{first.text}{files.text}{last.text}", (*first.given, *files.given, *last.given))


def _column(statement: Statement, query: str) -> list[UUID]:
    return [one for (one,) in kept.ask(statement, key=query)]
