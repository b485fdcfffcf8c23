"""How fast mails become files, beside the least that could be done with them, and how reading grows with its bytes.

    python -m benchmarks.intake --count 10000 --seed 1
    python -m benchmarks.intake --count 2000 --fill 100000        # the same rate with a hundred thousand files?
    python -m benchmarks.intake --count 2000 --workers 2          # two at once: nothing twice

On a durable database of its own it generates mails of the last day, imports them with the real command, compares its
figures with those the generator foresaw, and imports them once more. The bare contender takes the same mails in the
same run: it reads each in the same limited child, inserts its bytes and commits; no ledger, no journal, no seal, no
file. It runs once before and once after. `ratio` is what one worker does end to end (stored, read, decided) over it.

`--fill` first opens so many files by the product's own actions. `--workers 2` cuts the mails in two folders and runs
two commands at once; `ratio` is then that of both together, over the one bare contender.

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
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import mails, scratch
from doleance.boot.postgres import OWNER, Server
from doleance.channels.email import addresses, bodies, headers, mime
from doleance.channels.email.child import Readers

RATIO = 2.5
FILLED_AT_ONCE = 20_000  # files, by one process
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
    """One run of the commands: what they said, what was foreseen, and where their seconds went."""

    said: dict[str, Any]
    expected: dict[str, int]
    per_s: float  # mails stored, read and decided about, in a second
    tenths_per_s: list[float]
    cpu_ms_per_mail: float  # processor time of the command and of its children that read
    server_cpu_ms_per_mail: float  # processor time of PostgreSQL

    @property
    def is_right(self) -> bool:
        """Whether every figure is the foreseen one."""
        added_up = self.said["received"] == sum(self.said[name] for name in ("linked", "quarantined", "duplicate"))
        return added_up and {name: self.said[name] for name in self.expected} == self.expected


def command(*arguments: str) -> str:
    """What the real command prints, in a process of its own."""
    return told(start(*arguments))


def start(*arguments: str) -> "subprocess.Popen[str]":
    """The real command, in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "doleance.boot.cli", *arguments], stdout=subprocess.PIPE, text=True)


def told(process: "subprocess.Popen[str]") -> str:
    """What a command printed, once it ended well."""
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
    return said


def run_import(folders: Sequence[Path], server: Server, expected: dict[str, int]) -> Import:
    """Run the real command on each folder, all at once."""
    own, theirs = _cpu_of_children(), _cpu_of_server(server)
    running = [start("import", str(folder)) for folder in folders]
    said = Counter[str]()
    for process in running:
        said.update(json.loads(told(process).splitlines()[-1]))
    count = said["received"]
    spent = (_cpu_of_children() - own, _cpu_of_server(server) - theirs)
    with server.connect(database=scratch.NAME) as db:
        rate = _rate(db, len(folders))
        return Import(dict(said), expected, rate, _tenths(db), *(round(1000 * one / count, 2) for one in spent))


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


def _rate(db: "psycopg.Connection[Any]", runs: int) -> float:
    """Mails that the last so many imports, all at once, stored, read and decided about in a second."""
    row = db.execute(
        "SELECT sum((SELECT count(*) FROM doleance_importline WHERE run_id = last.id)),"
        " extract(epoch FROM max(finished_at) - min(started_at))"
        " FROM (SELECT * FROM doleance_importrun ORDER BY id DESC LIMIT %s) AS last",
        [runs],
    ).fetchone()
    assert row is not None
    return round(float(row[0]) / float(row[1]), 1)


def _tenths(db: "psycopg.Connection[Any]") -> list[float]:
    """Mails read in a second in each tenth of the reading: flat, or slower as the tables fill."""
    rows = db.execute(
        "SELECT read_at FROM doleance_message WHERE read_at IS NOT NULL AND source = 'import' ORDER BY 1"
    )
    moments = [row[0] for row in rows]
    marks = [moments[min(len(moments) - 1, len(moments) * tenth // 10)] for tenth in range(11)]
    size = len(moments) / 10
    return [round(size / max((after - before).total_seconds(), 0.001), 1) for before, after in pairwise(marks)]


def bare(raws: list[bytes], server: Server) -> float:
    """Mails a second that are read in the same child, inserted and committed one by one, and nothing else."""
    readers = Readers(1)
    with psycopg.connect(server.url(OWNER, scratch.NAME)) as db:
        db.execute(
            "CREATE TABLE IF NOT EXISTS bare_mail (id bigserial PRIMARY KEY, raw bytea, subject text, body text)"
        )
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


def fill(count: int) -> None:
    """Open so many files, each with its person, its clocks and its journal, by the product's own actions."""
    done = 0
    while done < count:
        step = min(FILLED_AT_ONCE, count - done)
        subprocess.run([sys.executable, "-m", "benchmarks.filling", str(step), str(done)], check=True)
        done += step


def measure(options: argparse.Namespace, server: Server, scratchpad: Path) -> dict[str, Any]:
    """The bare contender, the import, the import again, the bare contender again."""
    command("migrate")
    fill(options.fill)
    folder, now = scratchpad / "courriels", datetime.now(UTC)
    expected = mails.write(options.count, folder, seed=options.seed, mbox=False, until=now)
    files = sorted(folder.rglob("*.eml"))
    raws = [path.read_bytes() for path in files[: options.bare]]
    folders = [folder]
    if options.workers > 1:
        folders = [scratchpad / f"part{number}" for number in range(options.workers)]
        for number, path in enumerate(files):
            part = folders[number % options.workers]
            part.mkdir(exist_ok=True)
            path.rename(part / path.name)
    before = bare(raws, server)
    first = run_import(folders, server, expected)
    after = bare(raws, server)
    again = {"received": options.count, "linked": 0, "quarantined": 0, "duplicate": options.count, "complaints": 0}
    second = run_import(folders, server, again)
    mean = 2 / (1 / before + 1 / after)  # the same mails twice: harmonic, as seconds add up
    return {"bare_per_s": [before, after], "ratio": round(first.per_s / mean, 3), "first": first, "second": second}


def main() -> int:
    """Measure and print; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="how many mails")
    parser.add_argument("--seed", type=int, default=1, help="the same seed writes the same mails")
    parser.add_argument("--fill", type=int, default=0, help="how many files there are before")
    parser.add_argument("--workers", type=int, default=1, help="how many commands import at once")
    parser.add_argument("--bare", type=int, default=2_000, help="how many of the mails the bare contender takes")
    parser.add_argument("--only-rate", action="store_true", help="leave out the hostile pieces")
    options = parser.parse_args()
    found: dict[str, Any] = {key: getattr(options, key) for key in ("seed", "count", "fill", "workers")}
    found["ratios"] = {} if options.only_rate else ratios()
    with scratch.installation(durable=True) as server, tempfile.TemporaryDirectory() as scratchpad:
        found |= measure(options, server, Path(scratchpad))
    first, second = found["first"], found["second"]
    found |= {"first": asdict(first), "second": asdict(second), "load": os.getloadavg()}
    for name, ratio in found["ratios"].items():
        sys.stdout.write(f"{name:<36} × {ratio}\n")
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.write(f"ratio = {found['ratio']:.1%}\n")
    is_linear = all(ratio <= RATIO for ratio in found["ratios"].values())
    return 0 if first.is_right and second.is_right and is_linear else 1


if __name__ == "__main__":
    sys.exit(main())
