"""Finding files by words: what was typed, read as words, phrases, references and numbers; the newest that hold it all.

The words of each file are kept beside it (`complaints/sql/search_v1.sql`). Every word must be there. Where more than a
thousand files of a view match, the newest thousand are found, and the view counts « plus de 1 000 »: what a search
costs does not grow with the house (docs/decisions/0082).
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from doleance.complainants.rules import SAME_LINE
from doleance.complaints import access
from doleance.complaints.models import Complaint
from doleance.kernel import ids, sql, text

MOST = 1_001  # files of one view: one more than is counted exactly
LENGTH = 200  # signs that are read of what was typed
TERMS = 12  # words and phrases that are looked for; those after them are passed over
# Files of a view that are looked at one by one, the newest first, before the index of words is asked for all it has:
# a few to see how common the words are, then as many as hold a thousand matches where one in twenty matches.
NEAR, FAR, COMMON = 1_000, 40_000, 50
SPARSE = 10  # where one in a hundred matches, those registered last are read first; below, the index has few

_SQL = sql.queries("doleance.desk", "search.sql")
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


class Sought:
    """What somebody looks for, and the files that hold it. Asked of several views, it is looked for once."""

    def __init__(self, typed: str) -> None:
        self.is_empty = not typed.strip()
        self._terms = read(typed)
        self._known: dict[str, list[UUID]] = {}

    def among(self, files: QuerySet[Complaint]) -> QuerySet[Complaint]:
        """Those of `files` (of one view, that somebody may see) that hold all of it, the newest `MOST` at most."""
        return files if self.is_empty else files.filter(pk__in=_rows("these", self.found_in(files)))

    def found_in(self, files: QuerySet[Complaint]) -> list[UUID]:
        """The identifiers of the newest `MOST` of `files` that hold it; where it is rare, of all that hold it,
        whosever they are.
        """
        return self._few if self._few is not None else self._newest_of(files)

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
        with connection.cursor() as cursor:
            cursor.execute(_SQL["first"], [COMMON, MOST, NEAR, typed, marks])
            query, found = cursor.fetchone()
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
            if len(_column(_SQL["latest_few"], [query, FAR, MOST])) == MOST:
                return None
            found = _column(_SQL["found"], [query, MOST])
        return found if len(found) < MOST else None

    def _newest_of(self, files: QuerySet[Complaint]) -> list[UUID]:
        """The same list asked again is not looked through again."""
        try:
            asked = str(files.order_by().query)
        except EmptyResultSet:
            return []
        if asked not in self._known:
            self._known[asked] = self._newest(files)
        return self._known[asked]

    def _newest(self, files: QuerySet[Complaint]) -> list[UUID]:
        """The newest `MOST` of `files` that hold words which many files hold."""
        ordered = files.order_by("-received_at", "-id")
        try:
            seen, found = self._near(ordered)
            if seen < NEAR:  # the view is no longer than that
                return found
            if len(found) >= COMMON:
                found = self._walk(ordered)
                if len(found) == MOST or files.order_by()[: FAR + 1].count() <= FAR:  # all of the view was seen
                    return found
            elif len(found) >= SPARSE and _is_most_of_the_house(found):
                # In what was registered last, as far as it should take and half as far again.
                walked = self._latest(files, 3 * MOST * NEAR // (2 * len(found)))
                if len(walked) == MOST:
                    return list(dict.fromkeys([*found, *walked]))[:MOST]
            holding = files.filter(pk__in=_rows("all_found", self._query)).order_by("-received_at", "-id")
            return list(holding.values_list("pk", flat=True)[:MOST])
        except EmptyResultSet:
            return []

    def _latest(self, files: QuerySet[Complaint], looked: int) -> list[UUID]:
        """Those of `files` that hold it among the `looked` files of the house registered last: `MOST` at most."""
        inner, given = files.order_by().values("pk").query.sql_with_params()
        return _column(_SQL["latest_of"].format(files=inner), [self._query, looked, *given, MOST])

    def _near(self, ordered: QuerySet[Complaint]) -> tuple[int, list[UUID]]:
        """How many of the newest `NEAR` files there are, and those of them that hold it."""
        inner, given = ordered.values("pk")[:NEAR].query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(_SQL["near"].format(files=inner), [self._query, *given])
            seen, found = cursor.fetchone()
        return seen, found

    def _walk(self, ordered: QuerySet[Complaint]) -> list[UUID]:
        """Those that hold it among the newest `FAR`, until there are `MOST`."""
        inner, given = ordered.values("pk")[:FAR].query.sql_with_params()
        return _column(_SQL["walk"].format(files=inner), [*given, self._query, MOST])


def _is_most_of_the_house(found: Collection[UUID]) -> bool:
    """Whether the files of a view that hold it are as near to each other as if the view were at least half of all.

    For a small view among many files a walk along all of them would be long, and find little.
    """
    return len(_column(_SQL["since"], [min(found), 2 * NEAR + 1])) <= 2 * NEAR


def _rows(name: str, *given: object) -> RawSQL:
    """A statement of ours with its values, as rows to choose from."""
    return RawSQL(_SQL[name], given)  # noqa: S611  the statement stands in a file of ours; values are bound


def _column(statement: str, given: Sequence[Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [row[0] for row in cursor.fetchall()]
