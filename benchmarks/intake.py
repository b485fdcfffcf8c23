"""How fast mails become files, beside the least that could be done with them, and how reading grows with its bytes.

    python -m benchmarks.intake --count 10000 --seed 1

On a durable database of its own it generates mails, imports them with the real command, compares its figures with
those the generator foresaw, and imports them once more. The bare contender reads each mail in the same limited child,
inserts its bytes and commits: no ledger, no journal, no seal, no file.

The exit status is 1 when a figure is not the foreseen one, or when twice the bytes cost more than two and a half times
the reading.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import mails, scratch
from doleance.boot.postgres import OWNER, Server
from doleance.channels.email import addresses, bodies, headers, mime
from doleance.channels.email.child import Limits, Readers

RATIO = 2.5
# Pieces that made a reader of mail quadratic somewhere, and what reads them.
HOSTILE: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "encoded words that never end": (b"=?a?q?", headers.text),
    "encoded words": (b"=?utf-8?q?=C3=A9?= ", headers.text),
    "parameters whose quotes never end": (b';a="', headers.parameters),
    "parameters in pieces": (b";a*0*=''%C3", headers.parameters),
    "identifiers that never end": (b"<a@b(", headers.identifiers),
    "comments in comments": (b"(", addresses.people),
    "groups in groups": (b"(a):", addresses.people),
    "quotes that never end": (b'"\\', addresses.people),
    "boundaries": (b"--b\n", lambda raw: mime.cut(b"Content-Type: multipart/mixed; boundary=c\n\n" + raw)),
    "fields that are none": (b"x\n", lambda raw: headers.read_block(raw + b"From: a@b.fr\n\n", strict=False)),
    "flowed lines": (b"a \n", lambda raw: bodies.unflow(raw.decode(), delsp=False)),
    "tags that never end": (b"<", lambda raw: bodies.html_to_text(raw.decode())),
    "tags in tags": (b"<div>", lambda raw: bodies.html_to_text(raw.decode())),
    "paragraphs": (b"<p>a</p>", lambda raw: bodies.html_to_text(raw.decode())),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One run of the command: what it said, what was foreseen, and where its seconds went."""

    said: dict[str, Any]
    expected: dict[str, int]
    stored_per_s: float
    read_per_s: float
    tenths_per_s: list[float]
    cpu_ms_per_mail: float  # processor time of the command and of its children that read
    server_cpu_ms_per_mail: float  # processor time of PostgreSQL

    @property
    def is_right(self) -> bool:
        """Whether every figure is the foreseen one."""
        return {name: self.said[name] for name in self.expected} == self.expected


def command(*arguments: str) -> str:
    """What the real command prints, in a process of its own."""
    line = [sys.executable, "-m", "doleance.boot.cli", *arguments]
    return subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True).stdout


def run_import(folder: Path, server: Server, expected: dict[str, int]) -> Import:
    """Run the real command on a folder, in a process of its own."""
    own, theirs = _cpu_of_children(), _cpu_of_server(server)
    said = json.loads(command("import", str(folder)).splitlines()[-1])
    count = said["received"]
    spent = (_cpu_of_children() - own, _cpu_of_server(server) - theirs)
    with server.connect(database=scratch.NAME) as db:
        return Import(said, expected, *_rates(db), _tenths(db), *(round(1000 * one / count, 2) for one in spent))


def _cpu_of_children() -> float:
    """Seconds of processor time that our ended children used, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_of_server(server: Server) -> float:
    """Seconds of processor time that PostgreSQL used, with its ended and its living processes (proc(5))."""
    root = server.data.joinpath("postmaster.pid").read_text().split()[0]
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = path.read_text().rpartition(")")[2].split()
        if path.parent.name == root:
            ticks += sum(int(field) for field in fields[11:15])
        elif fields[1] == root:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _rates(db: "psycopg.Connection[Any]") -> tuple[float, float]:
    """Mails stored and mails read in a second by the last import."""
    row = db.execute(
        "SELECT count(*), count(*) FILTER (WHERE NOT repeats), extract(epoch FROM listed_at - started_at),"
        " extract(epoch FROM finished_at - listed_at) FROM doleance_importrun JOIN doleance_importline"
        " ON run_id = doleance_importrun.id GROUP BY doleance_importrun.id ORDER BY doleance_importrun.id DESC"
    ).fetchone()
    assert row is not None
    lines, fresh, storing, reading = row
    return round(lines / float(storing), 1), round(fresh / float(reading), 1)


def _tenths(db: "psycopg.Connection[Any]") -> list[float]:
    """Mails read in a second in each tenth of the reading: flat, or slower as the tables fill."""
    moments = [
        row[0] for row in db.execute("SELECT read_at FROM doleance_message WHERE read_at IS NOT NULL ORDER BY 1")
    ]
    marks = [moments[min(len(moments) - 1, len(moments) * tenth // 10)] for tenth in range(11)]
    size = len(moments) / 10
    return [round(size / max((after - before).total_seconds(), 0.001), 1) for before, after in pairwise(marks)]


def bare(raws: list[bytes], server: Server) -> float:
    """Mails a second that are read in the same child, inserted and committed one by one, and nothing else."""
    readers = Readers(1, Limits())
    with psycopg.connect(server.url(OWNER, scratch.NAME)) as db:
        db.execute("CREATE TABLE bare_mail (id bigserial PRIMARY KEY, raw bytea, subject text, body text)")
        db.commit()
        began = time.monotonic()
        for raw in raws:
            parsed = readers.parse(raw)
            values = (raw, parsed.subject, parsed.text)
            db.execute("INSERT INTO bare_mail (raw, subject, body) VALUES (%s, %s, %s)", values)
            db.commit()
        seconds = time.monotonic() - began
    readers.close()
    return round(len(raws) / seconds, 1)


def ratios() -> dict[str, float]:
    """For each hostile piece, the processor time of twice the bytes over that of once; the least of five tries."""
    return {name: _ratio(piece, read) for name, (piece, read) in HOSTILE.items()}


def _ratio(piece: bytes, read: Callable[[bytes], object]) -> float:
    size = 30_000
    once, twice = (
        min(_seconds(piece * (length // len(piece)), read) for _ in range(5)) for length in (size, 2 * size)
    )
    return round(twice / once, 2)


def _seconds(raw: bytes, read: Callable[[bytes], object]) -> float:
    began = time.process_time()
    for _ in range(20):
        read(raw)
    return time.process_time() - began


def main() -> int:
    """Measure and print; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="how many mails")
    parser.add_argument("--seed", type=int, default=1, help="the same seed writes the same mails")
    options = parser.parse_args()
    found: dict[str, Any] = {"seed": options.seed, "count": options.count, "ratios": ratios()}
    with scratch.installation(durable=True) as server, tempfile.TemporaryDirectory() as scratchpad:
        command("migrate")
        folder = Path(scratchpad) / "courriels"
        expected = mails.write(options.count, folder, seed=options.seed, mbox=False)
        raws = [path.read_bytes() for path in sorted(folder.rglob("*.eml"))[:2_000]]
        found["bare_per_s"] = bare(raws, server)
        first = run_import(folder, server, expected)
        again = {"received": options.count, "linked": 0, "quarantined": 0, "duplicate": options.count, "complaints": 0}
        second = run_import(folder, server, again)
    found |= {"first": asdict(first), "second": asdict(second), "load": os.getloadavg()}
    for name, ratio in found["ratios"].items():
        sys.stdout.write(f"{name:<36} × {ratio}\n")
    sys.stdout.write(json.dumps(found) + "\n")
    is_linear = all(ratio <= RATIO for ratio in found["ratios"].values())
    return 0 if first.is_right and second.is_right and is_linear else 1


if __name__ == "__main__":
    sys.exit(main())
