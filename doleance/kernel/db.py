"""The only door to a transaction: `@write`.

The outermost write opens a transaction; a write called inside another joins it, without a savepoint, so that a
failure anywhere undoes all. While it runs, PostgreSQL lets business tables be written (a trigger refuses a write made
outside, see `doleance/audit/sql/guard_v1.sql`), and at its end a write that changed rows without leaving an event on
the journal is refused.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from doleance.kernel import crashes

P = ParamSpec("P")
R = TypeVar("R")

_WRITES = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+"?doleance_', re.IGNORECASE)


class Pending(Protocol):
    """What an outermost write gathers while it runs, to do it together before its end."""

    def finish(self) -> None:
        """Do what was gathered. Called once, inside the transaction, unless the write failed."""


G = TypeVar("G", bound=Pending)
M = TypeVar("M", bound=Model)


class Unjournalled(Exception):
    """An action changed rows and left no event on the journal: a bug, and nothing was kept."""


@dataclass
class _Scope:
    """One outermost write: its name, whether it changed rows, how many events it left, what it does at its end."""

    action: str
    quiet: bool
    wrote: bool = False
    events: int = 0
    pending: dict[object, Pending] = field(default_factory=dict)
    fresh: dict[type[Model], dict[int, Model]] = field(
        default_factory=dict
    )  # rows to insert, by their place in memory
    changed: dict[type[Model], dict[int, Model]] = field(default_factory=dict)  # rows to write anew, whole

    def watch(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        for model in [*self.fresh, *self.changed]:
            if model._meta.db_table in sql:  # whoever names a table sees it with all that was written
                self.send(model)
        if not self.wrote and _WRITES.match(sql):
            self.wrote = True
        return execute(sql, params, many, context)

    def send(self, model: type[Model]) -> None:
        """Write the rows of a table that wait, together."""
        fresh, changed = self.fresh.pop(model, {}), self.changed.pop(model, {})
        table: QuerySet[Model] = QuerySet(model)
        if fresh:
            table.bulk_create(list(fresh.values()))
        if changed:
            columns = [
                column.name for column in model._meta.concrete_fields if not (column.primary_key or column.generated)
            ]
            table.bulk_create(
                list(changed.values()), update_conflicts=True, unique_fields=["pk"], update_fields=columns
            )

    def finish(self) -> None:
        """Finish what was gathered, the latest first: it may still ask for what was there before it. Then the rows."""
        while self.pending:
            _, latest = self.pending.popitem()
            latest.finish()
        for model in [*self.fresh, *self.changed]:
            self.send(model)


_scope: ContextVar[_Scope | None] = ContextVar("doleance_write", default=None)


@overload
def write(action: Callable[P, R]) -> Callable[P, R]: ...
@overload
def write(*, quiet: str) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def write(
    action: Callable[P, R] | None = None, *, quiet: str = ""
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Run an action in one transaction, or in its caller's when there is one.

    `quiet` gives the reason why an outermost call may leave no event (a lease taken, a counter kept); the journal is
    for business facts. A call that changes no row needs none. Raises `Unjournalled` when rows changed, no event was
    left and no reason was given.
    """
    if action is None:
        return lambda function: _wrap(function, bool(quiet))
    return _wrap(action, False)


def _wrap(action: Callable[P, R], quiet: bool) -> Callable[P, R]:
    name = f"{action.__module__.removeprefix('doleance.')}.{action.__qualname__}"

    @wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _scope.get() is not None:
            with transaction.atomic(savepoint=False):
                return action(*args, **kwargs)
        return _outermost(name, quiet, lambda: action(*args, **kwargs))

    run.__doleance_write__ = True  # type: ignore[attr-defined]  # house tests recognise actions by it
    return run


def _outermost(name: str, quiet: bool, call: Callable[[], R]) -> R:
    scope = _Scope(action=name, quiet=quiet)
    nested_in_foreign = connection.in_atomic_block  # a test's own transaction: the setting must not outlive the action
    token = _scope.set(scope)
    try:
        with transaction.atomic():
            _announce(name)
            with connection.execute_wrapper(scope.watch):
                result = call()
                scope.finish()
            if scope.wrote and not scope.events and not quiet:
                raise Unjournalled(name)
            if nested_in_foreign:
                _announce("")
            crashes.point("write.before_commit")
        crashes.point("write.committed")
        return result
    finally:
        _scope.reset(token)


@contextmanager
def snapshot() -> Iterator[None]:
    """Read one unchanging state of the whole database: what others commit meanwhile is not seen, nothing is written.

    Inside a transaction that is already open, what it sees is read.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _announce(name: str) -> None:
    """Tell PostgreSQL which action is running, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', %s, true)", [name])


def hold(name: str) -> None:
    """Wait for, then hold until the end of the transaction, the lock of that name (a transaction advisory lock).

    Two names share a lock once in 2^64 pairs: they then wait for each other, nothing worse.
    """
    hold_all([name])


def hold_all(names: Iterable[str]) -> None:
    """Hold several names, in one order, so that two who hold several do not wait for each other in a circle."""
    if wanted := sorted(set(names)):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(one, 0)) FROM unnest(%s::text[]) one", [wanted]
            )


def note_event() -> None:
    """Count one journal event of the running write. Raises RuntimeError outside one."""
    _running("an event is recorded").events += 1


def pending(kind: type[G]) -> G:
    """The one `kind` of the running outermost write, made when it is first asked for.

    It lives as long as that write, and finishes before the commit. Raises RuntimeError outside a write.
    """
    scope = _running(f"{kind.__name__} is gathered")
    if kind not in scope.pending:
        scope.pending[kind] = kind()
    return cast(G, scope.pending[kind])


def insert(row: M) -> M:
    """Insert a new row, together with others of its table: at the latest when a statement names that table.

    So every query sees it, and many rows made in one write cost one statement. What is changed on this instance
    meanwhile is inserted with it: it needs no `save` while it waits (`is_waiting`). Constraints speak when it is sent.
    """
    _running("a row is inserted").fresh.setdefault(type(row), {})[id(row)] = row
    row._state.adding = False  # noqa: SLF001  a `save` meanwhile sends it first, then updates it
    return row


def rewrite(row: Model) -> None:
    """Write every column of a row anew, together with others of its table, as `insert` does.

    Only for a row that this write holds (`select_for_update`) or made: it overwrites all.
    """
    scope = _running("a row is written")
    if id(row) not in scope.fresh.get(type(row), {}):
        scope.changed.setdefault(type(row), {})[id(row)] = row


def is_waiting(row: Model) -> bool:
    """Whether a row made in this write still waits to be inserted: this instance is then all there is of it.

    Nobody else can hold it, and no row of another table was found by it yet.
    """
    scope = _scope.get()
    return scope is not None and id(row) in scope.fresh.get(type(row), {})


def _running(what: str) -> _Scope:
    scope = _scope.get()
    if scope is None:
        raise RuntimeError(f"{what} inside a write only")
    return scope


def writing() -> str:
    """The name of the running outermost action, or an empty text."""
    scope = _scope.get()
    return scope.action if scope else ""
