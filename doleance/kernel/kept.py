"""Statements that are compiled once: their text is kept, their answer never (docs/decisions/0111).

Django takes about a millisecond of processor to build and compile a queryset, PostgreSQL often a tenth of one to
answer it. What a page asks each time is written once by Django, under an `lru_cache` of the domain that asks it, and
asked again at each page. A mark stands in it for what differs each time: `SOME_MOMENT`, `SOMEBODY`, `SOME_KEY`,
`SOME_LIST`.

PostgreSQL keeps the plan of what a connection asks often (never behind PgBouncer). Identifiers and moments are
therefore given beside the text, and everything else, states above all, stands in it: the plan finds partial indexes,
and all readers with the same rights share it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Model, QuerySet
from psycopg import sql


class _Moment(datetime):
    """The moment of each page; `SOME_MOMENT - timedelta(hours=1)` is an hour before it."""


class _Somebody(UUID):
    """Whoever asks."""


class _Key(str):
    """A text that differs each time."""

    __slots__ = ()


class _List:
    """Several values, for statements written by hand (`= ANY(%s)`)."""


SOME_MOMENT = _Moment(2000, 1, 1, tzinfo=UTC)
SOMEBODY = _Somebody(int=0)
SOME_KEY = _Key("key")
SOME_LIST = _List()
_PLACE = re.compile("%%|%s")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Statement:
    """A text in which each `%s` stands for one of `given`: identifiers, moments and marks."""

    text: str
    given: tuple[Any, ...] = ()


NOTHING = Statement("")


def bound(text: str, given: Iterable[Any] = ()) -> Statement:
    """A statement with its values: what differs from reader to reader or from page to page stays apart."""
    values, apart = iter(given), list[Any]()

    def put(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%%"
        value = next(values)
        if isinstance(value, UUID | datetime | _Key | _List):
            apart.append(value)
            return "%s"
        return sql.Literal(value).as_string(None).replace("%", "%%")

    return Statement(_PLACE.sub(put, text), tuple(apart))


def written(rows: QuerySet[Any, Any]) -> Statement:
    """What Django would ask for these rows; `NOTHING` where it asks nothing, since there can be none."""
    try:
        return bound(*rows.query.sql_with_params())
    except EmptyResultSet:
        return NOTHING


def count_of(rows: QuerySet[Any, Any]) -> Statement:
    """How many rows there are, as one column of a statement. Of rows that are cut (`[:10]`), so many at most."""
    inner = written(rows.values("pk"))
    if inner is NOTHING:
        return Statement("0")
    return Statement(f"(SELECT count(*) FROM ({inner.text}) AS list)", inner.given)  # noqa: S608  Django wrote it


def counting(columns: Iterable[Statement]) -> Statement:
    """One statement of several columns, each of them a `count_of`."""
    told = list(columns)
    return Statement(
        f"SELECT {', '.join(one.text for one in told)}", tuple(each for one in told for each in one.given)
    )


def ask(
    statement: Statement,
    *,
    at: datetime | None = None,
    who: UUID | None = None,
    key: str | None = None,
    among: Sequence[Any] | None = None,
) -> list[tuple[Any, ...]]:
    """What a statement says now: of this moment, this person, this text, these values, where marks stand for them.

    Raises ValueError where a mark has no value: an answer of the year 2000, or of nobody, would be a lie.
    """
    if not statement.text:
        return []
    put = {_Moment: at, _Somebody: who, _Key: key, _List: among}
    given = [_now(value, put) if type(value) in put else value for value in statement.given]
    with connection.cursor() as cursor:
        # Bound by the server, unlike Django's own: only so does PostgreSQL keep its plan (`prepare_threshold`).
        cursor.cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # psycopg’s
        cursor.execute(statement.text, given)
        return list(cursor.fetchall())


def _now(mark: Any, put: Mapping[type[Any], Any]) -> Any:
    found = put[type(mark)]
    if found is None:
        raise ValueError(f"a kept statement waits for its {type(mark).__name__}")
    return found + (mark - SOME_MOMENT) if isinstance(mark, _Moment) else found


def rows_of(model: type[M], statement: Statement, *, also: Sequence[str] = (), **now: Any) -> list[M]:
    """The same as rows of a table: all of its columns in their order, then what the statement tells `also`."""
    names = _columns(model)
    return [_row(model, names, values, also) for values in ask(statement, **now)]


def _row(model: type[M], names: Sequence[str], values: tuple[Any, ...], also: Sequence[str]) -> M:
    row = model.from_db(connection.alias, names, values[: len(names)])
    for name, value in zip(also, values[len(names) :], strict=True):
        setattr(row, name, value)
    return row


@cache
def _columns(model: type[Model]) -> list[str]:
    """What a row is made of. Raises TypeError for a column that Django reads otherwise than the driver does."""
    if wrong := [one.name for one in model._meta.concrete_fields if hasattr(one, "from_db_value")]:
        raise TypeError(f"{model.__name__}: {', '.join(wrong)} would not be as Django reads it")
    return [one.attname for one in model._meta.concrete_fields]
