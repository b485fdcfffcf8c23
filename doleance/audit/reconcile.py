"""Compare what the journal tells of the rows with the rows themselves.

A chain proves that the log was not edited, not that it is complete: the tail of a complaint can be cut and the chain
still fits. Folding a complaint's events gives its live columns; what differs is named. Models are found through
Django's registry, since this package knows none of those above it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Field, Model

from doleance.audit import queries, rules
from doleance.audit.models import Journalled, journalled_models, value_of
from doleance.audit.offline import Finding, NotCanonical, canonical

BATCH = 1_000  # rows compared at a time


class Reconciliation:
    """Takes the folded rows of one stream after the other; `rows` counts those compared."""

    def __init__(self) -> None:
        self.rows = 0
        self._models = {str(model._meta.model_name): model for model in journalled_models(apps.get_models())}
        self._seen: Counter[str] = Counter()
        self._waiting: list[tuple[str, str, rules.Row]] = []

    def take(self, stream: str, rows: Mapping[str, rules.Row]) -> Iterator[Finding]:
        """Queue the rows that a stream tells; what is wrong with a full batch comes out."""
        self._waiting += [(stream, key, row) for key, row in rows.items()]
        if len(self._waiting) >= BATCH:
            yield from self._compare()

    def finish(self) -> Iterator[Finding]:
        """Compare what waits, then name the rows that no event tells."""
        yield from self._compare()
        for name, model in self._models.items():
            # Each row found was told once: more rows in the table than found are rows that nobody journalled.
            if model._base_manager.count() != self._seen[name]:
                yield from _untold(model)

    def _compare(self) -> Iterator[Finding]:
        waiting, self._waiting = self._waiting, []
        live = self._live(key for _, key, _ in waiting)
        for stream, key, told in waiting:
            name = key.partition(":")[0]
            if name not in self._models:
                continue  # a kind of row that this version no longer has
            self.rows += 1
            row = live.get(key)
            if row is None:
                yield Finding("row_deleted", stream, told.seq, {"row": key})
                continue
            self._seen[name] += 1
            yield from _differences(stream, key, told, row)

    def _live(self, keys: Iterable[str]) -> dict[str, Model]:
        """The live rows of these keys, with one query a model (and one for each link to many)."""
        wanted: dict[str, list[str]] = {}
        for key in keys:
            name, _, pk = key.partition(":")
            if name in self._models and _may_be_key(self._models[name], pk):
                wanted.setdefault(name, []).append(pk)
        found: dict[str, Model] = {}
        for name, pks in wanted.items():
            model = self._models[name]
            rows = model._base_manager.filter(pk__in=pks).prefetch_related(*_many_to_many(model))
            found |= {rules.row_key(name, row.pk): row for row in rows}
        return found


def _may_be_key(model: type[Model], pk: str) -> bool:
    """Whether the table could hold such a key: a tampered event may tell anything."""
    try:
        model._meta.pk.to_python(pk)
    except ValidationError:
        return False
    return True


def _many_to_many(model: type[Model]) -> list[str]:
    names = cast(type[Journalled], model).journal_columns
    return [name for name in names if model._meta.get_field(name).many_to_many]


def _differences(stream: str, key: str, told: rules.Row, row: Model) -> Iterator[Finding]:
    own = cast(Journalled, row).journal_stream
    if own != stream:
        yield Finding("row_moved", stream, told.seq, {"row": key, "own": own})
        return
    kind = cast(type[Journalled], type(row))
    wrong = [name for name in kind.journal_columns if _differs(row, name, told.columns)]
    # A text that this version no longer tells, or whose column is gone, is not compared.
    texts = [name for name in kind.journal_texts if name in told.texts or not told.unknown]
    wrong += [name for name in texts if _differs(row, name, told.texts)]
    if wrong:
        yield Finding("row_changed", stream, told.seq, {"row": key, "columns": ", ".join(wrong)})


def _differs(row: Model, name: str, told: rules.Columns) -> bool:
    """Whether a live column is not what was told. One never told was added since: it must hold its default."""
    expected = told[name] if name in told else _default(row, name)
    try:
        return canonical(value_of(row, name)) != canonical(expected)
    except NotCanonical:  # nothing that `record` wrote
        return True


def _default(row: Model, name: str) -> rules.Json:
    column = row._meta.get_field(name)
    return [] if column.many_to_many else rules.plain(cast("Field[Any, Any]", column).get_default())


def _untold(model: type[Model]) -> Iterator[Finding]:
    """The live rows of a model that no event of their stream tells."""
    name = str(model._meta.model_name)
    batch: list[Model] = []
    for row in model._base_manager.order_by("pk").iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            yield from _untold_among(name, batch)
            batch = []
    yield from _untold_among(name, batch)


def _untold_among(name: str, batch: list[Model]) -> Iterator[Finding]:
    streams = {rules.row_key(name, row.pk): cast(Journalled, row).journal_stream for row in batch}
    told = queries.rows_told(set(streams.values()))
    for key, stream in streams.items():
        if key not in told.get(stream, frozenset()):
            yield Finding("row_inserted", stream, 0, {"row": key})
