"""How many complaints a second the public form takes in, each on disk before it is answered; and what a flood does.

    python -m benchmarks.forms --count 400 --clients 8        # the rate, beside the machine's own commits
    python -m benchmarks.forms --victims 10000 --seed 1       # ten thousand forms that name one address

The rate is that of the last press: the whole request with its CSRF token, answered by the receipt, through the web
process as it is installed (`doleance web`: gunicorn, its processes and threads), by clients that keep connections. The
pages before it are made ready and not counted. The same forms are then sent by the action alone, in one process.
Beside them, before and after, on the same server and with the same durability: rows inserted and committed one by one,
by one connection and by as many as there are clients. Each form comes from a network of its own, behind a proxy; a
form that is asked for work does it before the clock starts, as a browser does while one reads the page.

`--victims` is `tests/stories/flood.py` at its full size: a simulated clock, the action, the jobs and the outbox.

The exit status is 1 when a form was not answered by its receipt, or has not one file; or when the victim was sent too
much.
"""

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count as count_from
from typing import Any

import django
import psycopg

from benchmarks import scratch, visitor
from benchmarks.intake import command
from benchmarks.visitor import Form, NoAnswer, Visitor
from doleance.boot.postgres import OWNER, Server, die_with_parent
from tests.servers.dovecot import free_port

ROUND = 200  # forms made ready, then sent: the work that is asked of one grows while others are sent
COMMITS = 1_000
_NETWORKS = count_from()  # each form comes from the next one


@dataclass
class Client:
    """A connection that is kept, as a proxy keeps it for one person after the other, and the forms it will send."""

    person: Visitor
    ready: list[tuple[dict[str, str], str, Form]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def send_all(self) -> None:
        """Press « Envoyer » on each."""
        for cookies, network, form in self.ready:
            self.person.cookies, self.person.network = cookies, network
            began = time.monotonic()
            try:
                answer = self.person.press(form)
            except NoAnswer as error:
                self.wrong.append(str(error))
                continue
            self.seconds.append(time.monotonic() - began)
            if not visitor.is_receipt(answer):
                self.wrong.append(f"{answer.status} {answer.place}")
        self.ready = []


@contextmanager
def web(port: int) -> Iterator[None]:
    """The web process as it is installed, behind a proxy that says where each client comes from."""
    told = os.environ | {"DOLEANCE_LISTEN": f"127.0.0.1:{port}", "DOLEANCE_PROXIES": "1"}
    line, armed = [sys.executable, "-m", "doleance.boot.cli", "web"], die_with_parent(signal.SIGTERM)
    process = subprocess.Popen(line, env=told, stdin=subprocess.DEVNULL, preexec_fn=armed)  # noqa: PLW1509
    try:
        for _ in range(600):
            with suppress(NoAnswer), Visitor(port) as knocking:
                if knocking.ask("GET", "/readyz").status == 200:
                    break
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(60)


def commits(server: Server, connections: int, count: int) -> float:
    """Rows a second that so many connections insert and commit one by one; nothing else is done."""
    with psycopg.connect(server.url(OWNER, scratch.NAME), autocommit=True) as db:
        db.execute("CREATE TABLE IF NOT EXISTS bare_row (id bigserial PRIMARY KEY, told text)")

    def insert(many: int) -> None:
        with psycopg.connect(server.url(OWNER, scratch.NAME), autocommit=True) as db:
            for number in range(many):
                db.execute("INSERT INTO bare_row (told) VALUES (%s)", (f"réclamation {number}",))

    threads = [threading.Thread(target=insert, args=[count // connections]) for _ in range(connections)]
    return _together(threads, count // connections * connections)


def _together(threads: Sequence[threading.Thread], count: int) -> float:
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(count / (time.monotonic() - began), 1)


def through_the_web(count: int, clients: int, port: int, work: Any) -> dict[str, Any]:
    """Send `count` forms by so many clients at once, in rounds; only the presses are counted."""
    browsers = [Client(Visitor(port)) for _ in range(clients)]
    spent, sent = 0.0, 0
    while sent < count:
        step = min(ROUND, count - sent)
        for number in range(step):
            _make_ready(browsers[number % clients], work.begin(sent + number), _network(next(_NETWORKS)))
        began = time.monotonic()
        _together([threading.Thread(target=one.send_all) for one in browsers], step)
        spent += time.monotonic() - began
        sent += step
    seconds = sorted(second for one in browsers for second in one.seconds)
    return {
        "per_s": round(count / spent, 1),
        "median_ms": round(1000 * seconds[len(seconds) // 2], 1),
        "p95_ms": round(1000 * seconds[len(seconds) * 95 // 100], 1),
        "wrong": [fault for one in browsers for fault in one.wrong],
    }


def _network(number: int) -> str:
    return f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}"


def _make_ready(client: Client, cookies: dict[str, str], network: str) -> None:
    client.person.cookies, client.person.network = cookies, network
    form = visitor.question_of(client.person.get(visitor.SUMMARY))
    if form.data:
        form.fields["effort"] = visitor.worked(form.data)
    client.ready.append((dict(client.person.cookies), network, form))


def rate(options: argparse.Namespace) -> int:
    """Measure and print; the last line but one is a JSON object."""
    with scratch.installation(durable=True) as server:
        command("migrate")
        django.setup()
        work: Any = importlib.import_module("benchmarks.forms_work")  # it has models: Django must stand first
        work.furnish()
        port = free_port()
        load = os.getloadavg()
        before = [commits(server, one, COMMITS) for one in (1, options.clients)]
        with web(port):
            through_the_web(options.clients * 4, options.clients, port, work)  # each process has met its first
            taken = through_the_web(options.count, options.clients, port, work)
        alone = work.by_the_action(options.count)
        after = [commits(server, one, COMMITS) for one in (1, options.clients)]
        files = work.files()
    one, many = (round(2 / (1 / first + 1 / second), 1) for first, second in zip(before, after, strict=True))
    right = not taken["wrong"] and files == {"drafts": files["sent"], "sent": files["sent"], "files": files["sent"]}
    found = {
        "clients": options.clients,
        "count": options.count,
        "web": taken,
        "action_per_s": alone,
        "commits_per_s": {"1": one, str(options.clients): many, "before": before, "after": after},
        "files": files,
        "load": [load, os.getloadavg()],
    }
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.write(
        f"{taken['per_s']} forms/s through the web, {alone} by the action alone, {one} commits/s by one connection,"
        f" {many} by {options.clients}: ratios {taken['per_s'] / many:.3f} and {alone / one:.3f}\n"
    )
    return 0 if right else 1


def victims(options: argparse.Namespace) -> int:
    """The flood, on a database of its own."""
    with scratch.installation(durable=False):
        command("migrate")
        django.setup()
        flood: Any = importlib.import_module("tests.stories.flood")
        began = time.monotonic()
        outcome = flood.at_full_size(options.victims, options.seed, sys.stdout.write)
        sys.stdout.write(f"seed {options.seed}, {time.monotonic() - began:.0f} s\n{outcome.summary}\n")
        for fault in outcome.faults[:40]:
            sys.stdout.write(f"  {fault}\n")
        return 1 if outcome.faults else 0


def main() -> int:
    """Measure the rate, or see what a flood does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", action="store_true", help="measure the rate (what is done when nothing is said)")
    parser.add_argument("--count", type=int, default=400, help="how many forms are sent")
    parser.add_argument("--clients", type=int, default=8, help="how many send at once")
    parser.add_argument("--victims", type=int, default=0, help="how many forms name one address")
    parser.add_argument("--seed", type=int, default=1, help="the seed of chance")
    options = parser.parse_args()
    return victims(options) if options.victims else rate(options)


if __name__ == "__main__":
    sys.exit(main())
