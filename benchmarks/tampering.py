"""Tamper with the journal as a superuser, one way at a time, and see whether `doleance verify` finds and names it.

Each way of tampering (`WAYS`) damages the database through a superuser's connection, triggers off and on again as such
a person would, and says what the verifier must answer: a code, a stream and, in a chain, a rank. Then the damage is
undone from a pristine copy.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from doleance.audit import rules, verify
from doleance.audit.offline import Event, event_hash

EVENTS, SEALED, SUBJECTS = "doleance_auditevent", "doleance_sealedkey", "doleance_subjectkey"
TABLES = (EVENTS, SEALED, SUBJECTS, "doleance_complaint", "doleance_exchange", "doleance_grievance")
COLUMNS = ("stream", "seq", "prev_hash", "facts", "payload", "commitment", "hash")
ROWS = frozenset({"row_changed", "row_deleted", "row_inserted"})


@dataclass(frozen=True)
class Expected:
    """What the verifier must say: one of these codes, for this stream, and at this rank when one is given."""

    stream: str
    codes: frozenset[str]
    seq: int | None = None

    def met_by(self, report: verify.Report) -> bool:
        """Whether one finding says so."""
        return any(
            one.stream == self.stream and one.code in self.codes and self.seq in {None, one.seq}
            for one in report.findings
        )


@dataclass(frozen=True)
class Sealed(Event):
    """An event with its sealed texts."""

    payload: bytes | None


def _expect(event: Event, *codes: str, seq: int | None = None) -> Expected:
    return Expected(event.stream, frozenset(codes), event.seq if seq is None else seq)


class Scene:
    """The database under attack: a superuser's connection, chance, and the journal as it was."""

    def __init__(self, superuser: psycopg.Connection, random: Random) -> None:
        self.superuser, self.random = superuser, random
        self.streams: dict[str, list[Sealed]] = {}
        rows = superuser.execute("SELECT * FROM doleance_auditevent ORDER BY stream, seq").fetchall()
        for stream, seq, prev_hash, facts, payload, commitment, own in map(_in_order(superuser), rows):
            event = Sealed(stream, seq, prev_hash, facts, commitment, own, payload)
            self.streams.setdefault(stream, []).append(event)
        superuser.execute("CREATE SCHEMA IF NOT EXISTS pristine")
        for table in TABLES:
            superuser.execute(_sql("DROP TABLE IF EXISTS pristine.{0}", table))
            superuser.execute(_sql("CREATE TABLE pristine.{0} AS TABLE public.{0}", table))

    def stream(self, *, least: int, complaint: bool = False) -> list[Sealed]:
        """The events of a stream that has at least so many; of a complaint when asked."""
        kind = "complaint:" if complaint else ""
        fit = [name for name, events in self.streams.items() if len(events) >= least and name.startswith(kind)]
        return self.streams[self.random.choice(sorted(fit))]

    def event(self, where: Callable[[Sealed], bool] = bool) -> Sealed:
        """Any event that fits."""
        return self.random.choice([event for events in self.streams.values() for event in events if where(event)])

    def execute(self, statement: str, *values: Any) -> None:
        """Run a statement as the superuser; it must change something."""
        done = self.superuser.execute(statement.encode(), values)
        if done.rowcount == 0:
            raise RuntimeError(f"this changed nothing: {statement}")

    def set(self, event: Event, **columns: Any) -> None:
        """Write over columns of one event."""
        names = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns)
        statement = sql.SQL("UPDATE doleance_auditevent SET {} WHERE stream = %s AND seq = %s").format(names)
        self.superuser.execute(statement, [*map(_value, columns.values()), event.stream, event.seq])

    def insert(self, event: Sealed) -> None:
        """Add a row to the journal."""
        values = [_value(getattr(event, name)) for name in COLUMNS]
        self.execute(f"INSERT INTO doleance_auditevent ({', '.join(COLUMNS)}) VALUES (%s,%s,%s,%s,%s,%s,%s)", *values)

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """One transaction with every trigger off, and on again at its end."""
        with self.superuser.transaction():
            for table in TABLES:
                self.superuser.execute(_sql("ALTER TABLE {0} DISABLE TRIGGER ALL", table))
            yield
            for table in TABLES:
                self.superuser.execute(_sql("ALTER TABLE {0} ENABLE TRIGGER ALL", table))
            self.superuser.execute("ALTER TABLE doleance_auditevent ENABLE ALWAYS TRIGGER doleance_append_only")

    def restore(self) -> None:
        """Put everything back as it was."""
        with self.unguarded():
            for table in TABLES:
                self.superuser.execute(_sql("DELETE FROM {0}", table))
                self.superuser.execute(_copy(self.superuser, table))
            self.superuser.execute(
                "ALTER TABLE doleance_auditevent DROP CONSTRAINT IF EXISTS doleance_auditevent_pkey,"
                " DROP CONSTRAINT IF EXISTS auditevent_no_fork, ADD PRIMARY KEY (stream, seq),"
                " ADD CONSTRAINT auditevent_no_fork UNIQUE (stream, prev_hash)"
            )


def _in_order(superuser: psycopg.Connection) -> Callable[[Sequence[Any]], list[Any]]:
    """Columns by `COLUMNS`, whatever the order of the table's."""
    found = superuser.execute("SELECT * FROM doleance_auditevent LIMIT 0").description or []
    places = [[column.name for column in found].index(name) for name in COLUMNS]
    return lambda row: [row[place] for place in places]


def _sql(text: str, table: str) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier(table))


def _copy(superuser: psycopg.Connection, table: str) -> sql.Composed:
    """Columns by name, without those that the database computes."""
    found = superuser.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
    return sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM pristine.{0}").format(sql.Identifier(table), names)


def _value(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value


def _fresh(event: Sealed, **changed: Any) -> Sealed:
    """The event changed, with the hash that its new content gives."""
    new = replace(event, **changed)
    own = event_hash(
        stream=new.stream, seq=new.seq, prev_hash=new.prev_hash, facts=new.facts, commitment=new.commitment
    )
    return replace(new, hash=own)


def _after(events: Sequence[Sealed]) -> Sealed:
    """A copy of some earlier event, in the place after the last."""
    return replace(events[0], seq=len(events) + 1, prev_hash=events[-1].hash)


def _changed_facts(scene: Scene, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with one added, removed or changed, anywhere in them."""
    new: dict[str, Any] = json.loads(json.dumps(facts))
    place: dict[str, Any] = new
    while scene.random.random() < 0.6 and (inner := [item for item in place.values() if isinstance(item, dict)]):
        place = scene.random.choice(inner)
    name = scene.random.choice(sorted(place))
    match scene.random.randrange(3):
        case 0:
            place[f"x{scene.random.randrange(1000)}"] = scene.random.randrange(1000)
        case 1:
            del place[name]
        case _:
            place[name] = "forged" if place[name] != "forged" else None
    return new


def edit_facts(scene: Scene) -> Expected:
    """Change what an event says."""
    event = scene.event()
    scene.set(event, facts=_changed_facts(scene, event.facts))
    return _expect(event, "edited")


def edit_hash(scene: Scene) -> Expected:
    """Change the hash of an event."""
    event = scene.event()
    scene.set(event, hash=scene.random.randbytes(32))
    return _expect(event, "edited")


def edit_prev_hash(scene: Scene) -> Expected:
    """Change what an event points back to."""
    event = scene.event()
    scene.set(event, prev_hash=scene.random.randbytes(32))
    return _expect(event, "link")


def edit_commitment(scene: Scene) -> Expected:
    """Change what an event commits to."""
    event = scene.event()
    scene.set(event, commitment=scene.random.randbytes(32))
    return _expect(event, "edited")


def edit_rank(scene: Scene) -> Expected:
    """Push an event far away in its stream."""
    events = scene.stream(least=2)
    event = scene.random.choice(events)
    scene.set(event, seq=event.seq + 1_000)
    return _expect(event, "gap", seq=event.seq + 1 if event.seq < len(events) else event.seq + 1_000)


def edit_stream(scene: Scene) -> Expected:
    """Give an event to another stream, at its end."""
    event = scene.event()
    others = scene.random.choice([events for name, events in sorted(scene.streams.items()) if name != event.stream])
    scene.set(event, stream=others[0].stream, seq=len(others) + 1)
    return _expect(others[0], "link", seq=len(others) + 1)


def rewrite_one(scene: Scene) -> Expected:
    """Change an event and compute its hash anew, but not those after it."""
    events = scene.stream(least=2)
    event = scene.random.choice(events[:-1])
    new = _fresh(event, facts=_changed_facts(scene, event.facts))
    scene.set(event, facts=new.facts, hash=new.hash)
    return _expect(event, "link", seq=event.seq + 1)


def edit_text(scene: Scene) -> Expected:
    """Change one byte of sealed texts, after the identifier of their key."""
    event = scene.event(lambda one: one.payload is not None)
    payload = bytearray(event.payload or b"")
    payload[scene.random.randrange(16, len(payload))] ^= 1 << scene.random.randrange(8)
    scene.set(event, payload=bytes(payload))
    return _expect(event, "text_edited")


def remove_text(scene: Scene) -> Expected:
    """Take sealed texts away."""
    event = scene.event(lambda one: one.payload is not None)
    scene.set(event, payload=None)
    return _expect(event, "text_removed")


def add_text(scene: Scene) -> Expected:
    """Add sealed texts to an event that had none."""
    event = scene.event(lambda one: one.payload is None)
    scene.set(event, payload=scene.event(lambda one: one.payload is not None).payload)
    return _expect(event, "text_added")


def delete_one(scene: Scene) -> Expected:
    """Delete an event that is not the last of its stream."""
    event = scene.random.choice(scene.stream(least=2)[:-1])
    scene.execute("DELETE FROM doleance_auditevent WHERE stream = %s AND seq = %s", event.stream, event.seq)
    return _expect(event, "gap", seq=event.seq + 1)


def cut_tail(scene: Scene) -> Expected:
    """Delete the last events of a complaint: the chain still fits, the live rows know better."""
    events = scene.stream(least=2, complaint=True)
    first = scene.random.choice(events[1:])
    scene.execute("DELETE FROM doleance_auditevent WHERE stream = %s AND seq >= %s", first.stream, first.seq)
    return Expected(first.stream, ROWS)


def insert_forged(scene: Scene) -> Expected:
    """Add an event whose hash is made up."""
    new = replace(_after(scene.stream(least=1)), hash=scene.random.randbytes(32))
    scene.insert(new)
    return _expect(new, "edited")


def insert_far(scene: Scene) -> Expected:
    """Add an event with the right hash of its content, some ranks too far."""
    events = scene.stream(least=1)
    new = _fresh(_after(events), seq=len(events) + 2 + scene.random.randrange(9))
    scene.insert(new)
    return _expect(new, "gap")


def insert_twin(scene: Scene) -> Expected:
    """Take the constraints away, and let two events stand at one rank."""
    event = scene.event()
    scene.superuser.execute("ALTER TABLE doleance_auditevent DROP CONSTRAINT doleance_auditevent_pkey")
    scene.superuser.execute("ALTER TABLE doleance_auditevent DROP CONSTRAINT auditevent_no_fork")
    scene.insert(_fresh(event, facts=_changed_facts(scene, event.facts)))
    return _expect(event, "fork")


def insert_claim(scene: Scene) -> Expected:
    """Add a perfectly chained event that tells a change of a complaint which never happened."""
    events = scene.stream(least=1, complaint=True)
    key = events[0].stream
    facts = {**events[-1].facts, "code": "owner_set", "rows": {key: {"owner_id": None, "version": 1_000}}}
    scene.insert(_fresh(_after(events), facts=facts, commitment=rules.NO_TEXTS, payload=None))
    return Expected(key, frozenset({"row_changed"}))


def swap_events(scene: Scene) -> Expected:
    """Let two events of a stream change places, hashes and all."""
    one, other = _two(scene)
    content = ("prev_hash", "facts", "payload", "commitment", "hash")
    scene.set(one, prev_hash=os.urandom(32))  # no two rows of a stream may share one, even for a moment
    scene.set(other, **{name: getattr(one, name) for name in content})
    scene.set(one, **{name: getattr(other, name) for name in content})
    return _expect(one, "link")


def swap_facts(scene: Scene) -> Expected:
    """Exchange what two events of a stream say."""
    one, other = _two(scene)
    scene.set(one, facts=other.facts)
    scene.set(other, facts=one.facts)
    return _expect(one, "edited")


def swap_texts(scene: Scene) -> Expected:
    """Exchange the sealed texts of two events."""
    one = scene.event(lambda event: event.payload is not None)
    other = scene.event(lambda event: event.payload not in {None, one.payload})
    scene.set(one, payload=other.payload)
    scene.set(other, payload=one.payload)
    return _expect(one, "text_edited")


def _two(scene: Scene) -> list[Sealed]:
    return sorted(scene.random.sample(scene.stream(least=2), 2), key=lambda event: event.seq)


def reuse_at_end(scene: Scene) -> Expected:
    """Add an event of a stream a second time, at its end."""
    events = scene.stream(least=1)
    new = replace(scene.random.choice(events), seq=len(events) + 1, prev_hash=events[-1].hash)
    scene.insert(new)
    return _expect(new, "edited")


def reuse_instead(scene: Scene) -> Expected:
    """Put an event of a stream in the place of another, whose hash stays."""
    source, target = scene.random.sample(scene.stream(least=2), 2)
    scene.set(target, facts=source.facts, payload=source.payload, commitment=source.commitment)
    return _expect(target, "edited")


def lose_key(scene: Scene) -> Expected:
    """Take the key of sealed texts away."""
    event = scene.event(lambda one: one.payload is not None)
    scene.execute("DELETE FROM doleance_sealedkey WHERE object_id = %s", _key_of(event))
    return _expect(event, "key_lost")


def blank_key(scene: Scene) -> Expected:
    """Destroy the key of sealed texts as an erasure does, without its event."""
    event = scene.event(lambda one: one.payload is not None)
    scene.execute("UPDATE doleance_sealedkey SET wrapped = NULL WHERE object_id = %s", _key_of(event))
    return _expect(event, "key_lost")


def _key_of(event: Sealed) -> str:
    return bytes(event.payload or b"")[:16].hex()


def edit_row(scene: Scene) -> Expected:
    """Change a live row behind the actions' back: in clear or in its texts."""
    statement = scene.random.choice(
        [
            "UPDATE doleance_complaint SET state = 'merged' WHERE id = %s",
            "UPDATE doleance_complaint SET title = title || ' bis' WHERE id = %s",
            "UPDATE doleance_exchange SET text = 'Tout va bien.' WHERE complaint_id = %s",
            "UPDATE doleance_grievance SET reasons = reasons || '!' WHERE complaint_id = %s",
        ]
    )
    stream = scene.stream(least=1, complaint=True)[0].stream
    scene.execute(statement, stream.partition(":")[2])
    return Expected(stream, frozenset({"row_changed"}))


def delete_row(scene: Scene) -> Expected:
    """Delete live rows behind the actions' back."""
    table = scene.random.choice(["doleance_exchange", "doleance_grievance"])
    stream = scene.stream(least=1, complaint=True)[0].stream
    scene.execute(f"DELETE FROM {table} WHERE complaint_id = %s", stream.partition(":")[2])
    return Expected(stream, frozenset({"row_deleted"}))


def insert_row(scene: Scene) -> Expected:
    """Add a live row behind the actions' back."""
    stream = scene.stream(least=1, complaint=True)[0].stream
    scene.execute(
        "INSERT INTO doleance_exchange (id, complaint_id, kind, text, at, rule)"
        " VALUES (gen_random_uuid(), %s, 'note', 'Il a tout reconnu.', now(), '')",
        stream.partition(":")[2],
    )
    return Expected(stream, frozenset({"row_inserted"}))


Way = Callable[[Scene], Expected]
WAYS: tuple[Way, ...] = (
    *(edit_facts, edit_hash, edit_prev_hash, edit_commitment, edit_rank, edit_stream, rewrite_one),
    *(edit_text, remove_text, add_text, delete_one, cut_tail),
    *(insert_forged, insert_far, insert_twin, insert_claim),
    *(swap_events, swap_facts, swap_texts, reuse_at_end, reuse_instead),
    *(lose_key, blank_key, edit_row, delete_row, insert_row),
)


@dataclass
class Tally:
    """How many tampers were found and named, and the sentences about those that were not."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The last line of a harness."""
        return f"{self.passed} passed, {len(self.failures)} failed"


def run(superuser: psycopg.Connection, *, count: int, seed: int, ways: Sequence[Way] = WAYS) -> Tally:
    """Tamper `count` times with the journal of the database, each way in turn, and verify after each.

    `superuser` is in autocommit; Django's connection reads the same database. Raises RuntimeError when the untouched
    journal does not verify.
    """
    scene, tally = Scene(superuser, Random(seed)), Tally()
    _require_intact("before")
    for number in range(count):
        _try(scene, tally, number, ways[number % len(ways)])
    _require_intact("after")
    return tally


def _try(scene: Scene, tally: Tally, number: int, way: Way) -> None:
    with scene.unguarded():
        expected = way(scene)
    try:
        report = verify.check()
    finally:
        scene.restore()
    if expected.met_by(report):
        tally.passed += 1
        return
    said = ", ".join(_words(report.findings)) or "nothing"
    wanted = f"{'|'.join(sorted(expected.codes))} at {expected.stream} n° {expected.seq}"
    tally.failures.append(f"{number} {way.__name__}: wanted {wanted}, found {said}")


def _words(findings: Iterable[Any]) -> Iterator[str]:
    return (f"{one.code} at {one.place}" for one in list(findings)[:5])


def _require_intact(when: str) -> None:
    report = verify.check()
    if not report.intact:
        raise RuntimeError(f"{when} the tampering the journal does not verify: {', '.join(_words(report.findings))}")
