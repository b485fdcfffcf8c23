"""The journal and the keys of its sealed texts. No foreign key: the journal outlives what it tells."""

from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Protocol, cast, runtime_checkable

from django.db import models

from doleance.audit import rules
from doleance.audit.offline import Event


class AuditEvent(models.Model):
    """One thing that happened. Rows are inserted and read, never changed: the database refuses (sql/journal_v1.sql).

    `facts` stands in clear and holds codes, identifiers and moments only; texts are sealed in `payload`, which begins
    with the identifier of its key (16 bytes).
    """

    pk = models.CompositePrimaryKey("stream", "seq")
    stream = models.CharField(max_length=64, db_collation="C")  # "C": one order everywhere, the order of an export
    seq = models.PositiveIntegerField()
    prev_hash = models.BinaryField(max_length=32)
    facts = models.JSONField()
    payload = models.BinaryField(null=True)
    commitment = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = "entrée du journal"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "prev_hash"], name="auditevent_no_fork"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="auditevent_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} n° {self.seq}"

    @property
    def code(self) -> str:
        """What happened, in the past participle: `complaint_opened`."""
        return str(self.facts["code"])

    @property
    def by(self) -> str:
        """The identifier of who acted."""
        return str(self.facts["by"])

    @property
    def at(self) -> datetime:
        """When it happened, in UTC."""
        return rules.read_moment(self.facts["at"])

    def bare(self) -> Event:
        """This event as the verifier knows it, without its sealed texts."""
        prev_hash, commitment, own = bytes(self.prev_hash), bytes(self.commitment), bytes(self.hash)
        return Event(self.stream, self.seq, prev_hash, self.facts, commitment, own)


class SubjectKey(models.Model):
    """The key of one person (or of one file while nobody is known), wrapped by the master key. Erasure deletes it."""

    subject = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField()
    master = models.BinaryField(max_length=8)  # which master key: the beginning of its digest

    class Meta:
        verbose_name = "clé d’une personne"

    def __str__(self) -> str:
        return str(self.subject)


class SealedKey(models.Model):
    """The key of one sealed object, wrapped by its subject's key. Null once destroyed: that it existed remains."""

    object_id = models.UUIDField(primary_key=True)
    subject = models.UUIDField(db_index=True)
    wrapped = models.BinaryField(null=True)

    class Meta:
        verbose_name = "clé d’un objet scellé"

    def __str__(self) -> str:
        return str(self.object_id)


@runtime_checkable
class Journalled(Protocol):
    """What a model declares so that its rows can be compared with the journal.

    `journal_columns` hold codes, identifiers, moments, and stand in clear; `journal_texts` hold free text or identity
    and are sealed. `journal_stream` is the one stream that tells the life of this row.
    """

    journal_columns: ClassVar[tuple[str, ...]]
    journal_texts: ClassVar[tuple[str, ...]]

    @property
    def journal_stream(self) -> str: ...


def journalled_models(every: list[type[models.Model]]) -> list[type[models.Model]]:
    """Those of `every` model whose rows the journal tells, by name."""
    found = [model for model in every if hasattr(model, "journal_columns")]
    return sorted(found, key=lambda model: str(model._meta.model_name))


def value_of(row: models.Model, name: str) -> rules.Json:
    """A column as the journal writes it; links to many rows as their sorted identifiers."""
    attribute, is_many = _attribute(type(row), name)
    if is_many:
        return rules.plain({str(linked.pk) for linked in getattr(row, attribute).all()})
    return rules.plain(getattr(row, attribute))


@cache
def _attribute(model: type[models.Model], name: str) -> tuple[str, bool]:
    """Where a row keeps a column, and whether it is a link to many rows."""
    column = model._meta.get_field(name)
    if column.many_to_many:
        return column.name, True
    return cast("models.Field[Any, Any]", column).attname, False
