"""A house at work: forms that come in at a steady pace while agents read.

    python -m benchmarks.load --forms 30 --agents 20 --seconds 600     # L2: none lost, p99 at most 2 s
    python -m benchmarks.load --forms 0 --agents 200 --seconds 300     # L4: p95 beside 800 ms

`doleance web` as it is installed, on a durable database that holds `--files` complaints, behind connections that are
kept as a proxy keeps them. Each form is one press of « Envoyer », answered once it is on disk; it comes from a network
of its own, and the house has said that so many an hour are ordinary to it. Each agent asks for a page every `--pause`
seconds in the mean: the list half of the time, a file four times in ten, a search otherwise; and the page that they
left open asks by itself what is new, as it does.

Nothing waits for what came before: a request that is due while others are late counts from the moment it was due.
Prints the times of each kind and what became of the forms; the exit status is 1 when one was lost or made two files,
when a page failed, or when a limit was passed (`--form-p99`, `--page-p95`, in milliseconds).
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from random import Random
from typing import Any

import django

from benchmarks import scratch, visitor
from benchmarks.forms import web
from benchmarks.intake import command
from benchmarks.visitor import Answer, Form, NoAnswer, Visitor
from doleance.boot.postgres import SUPERUSER, Server
from tests.servers.dovecot import free_port

CONNECTIONS = 32  # that a proxy holds open; more requests than that wait, and their wait is counted
WARM = 8  # forms that are sent before, and not counted
EVERY = 10  # seconds between two questions of an open page
AN_HOUR = "1000000"  # forms that are ordinary to this house: no work is asked of anybody


@dataclass(frozen=True, slots=True)
class Task:
    """One request: when it is due, in seconds from the beginning, what it is, and how it is made."""

    due: float
    kind: str
    make: Callable[[Visitor], str]  # what went wrong; empty when nothing did


@dataclass
class Heard:
    """What the requests of a run were answered."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    minutes: dict[int, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )  # of forms, by when they are due

    def note(self, task: Task, took: float, fault: str) -> None:
        """Keep what one request was answered, and after how long."""
        self.seconds[task.kind].append(took)
        if task.kind == "form":
            self.minutes[int(task.due // 60)].append(took)
        self.wrong += [fault] if fault else []

    def told(self) -> dict[str, dict[str, float]]:
        """For each kind: how many, and the median, 95th, 99th percentile and slowest in milliseconds."""
        return {kind: _times(sorted(found)) for kind, found in sorted(self.seconds.items())}


def _times(seconds: Sequence[float]) -> dict[str, float]:
    def at(share: float) -> float:
        return round(1_000 * seconds[min(len(seconds) - 1, int(len(seconds) * share))], 1)

    median = round(1_000 * statistics.median(seconds), 1)
    return {"count": len(seconds), "median": median, "p95": at(0.95), "p99": at(0.99), "most": at(1)}


def run(tasks: Sequence[Task], port: int) -> Heard:
    """Make each request when it is due, by as many connections as a proxy holds."""
    heard, waiting, lock = Heard(), SimpleQueue[Task | None](), threading.Lock()
    began = time.monotonic()

    def work() -> None:
        person = Visitor(port)
        while (task := waiting.get()) is not None:
            try:
                fault = task.make(person)
            except NoAnswer as error:
                fault = f"{task.kind}: {error}"
            took = time.monotonic() - began - task.due
            with lock:
                heard.note(task, took, fault)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for task in sorted(tasks, key=lambda one: one.due):
        time.sleep(max(0.0, began + task.due - time.monotonic()))
        waiting.put(task)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return heard


def forms(devices: Sequence[Any], first: Visitor, form: Form, every: float) -> list[Task]:
    """One press after the other, `every` so many seconds, each by the device that wrote the form."""

    def press(number: int, device: Any) -> Callable[[Visitor], str]:
        def make(person: Visitor) -> str:
            person.cookies = first.cookies | {"reclamation": device.cookie}
            person.network = f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}"
            answer = person.press(replace(form, fields=form.fields | device.held))
            return "" if visitor.is_receipt(answer) else f"form: {answer.status} {answer.place}"

        return make

    return [Task(number * every, "form", press(number, device)) for number, device in enumerate(devices)]


def pages(agents: Sequence[Any], asked: Any, seconds: int, pause: float, chance: Random) -> list[Task]:
    """What agents ask for: each by itself, at moments of chance."""

    def ask(cookies: dict[str, str], path: str) -> Callable[[Visitor], str]:
        def make(person: Visitor) -> str:
            person.cookies, person.network = dict(cookies), ""
            answer: Answer = person.ask("GET", path)
            return "" if answer.status == 200 else f"{path}: {answer.status} {answer.place}"

        return make

    tasks = []
    for agent in agents:
        due = chance.expovariate(1 / pause)
        while due < seconds:
            kind = chance.choices(["list", "file", "search"], [5, 4, 1])[0]
            tasks.append(Task(due, kind, ask(agent.cookies, asked.address(kind, agent))))
            due += chance.expovariate(1 / pause)
    return tasks


def pulses(agents: Sequence[Any], asked: Any, seconds: int, chance: Random) -> list[Task]:
    """What the open page of each agent asks by itself, each ten seconds: mostly nothing is new."""

    def ask(cookies: dict[str, str], path: str) -> Callable[[Visitor], str]:
        def make(person: Visitor) -> str:
            person.cookies, person.network = dict(cookies), ""
            answer: Answer = person.ask("GET", path)
            return "" if answer.status in {200, 204} else f"{path}: {answer.status} {answer.place}"

        return make

    tasks = []
    for agent in agents:
        due = chance.uniform(0, EVERY)
        while due < seconds:
            tasks.append(Task(due, "pulse", ask(agent.cookies, asked.address("pulse", agent))))
            due += EVERY
    return tasks


def _fill(server: Server, files: int) -> None:
    url = server.url(SUPERUSER, scratch.NAME)
    line = [sys.executable, "-m", "benchmarks.generating", f"--count={files}", "--seed=1"]
    subprocess.run(line, env=os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url}, check=True)


def loaded(options: argparse.Namespace, asked: Any) -> tuple[Heard, int]:
    """Load a house that is filled; what it answered, and how many forms were pressed."""
    chance, port = Random(options.seed), free_port()
    warm, devices = asked.devices(WARM), asked.devices(int(options.forms * options.seconds))
    agents = asked.agents(options.agents)
    with web(port):
        first = Visitor(port)
        first.cookies = {"reclamation": warm[0].cookie}
        form = visitor.question_of(first.get(visitor.SUMMARY))
        run(forms(warm, first, form, 0.1) + pages(agents[:4], asked, 2, 0.5, chance), port)  # each has met its first
        tasks = forms(devices, first, form, 1 / options.forms) if devices else []
        tasks += pulses(agents, asked, options.seconds, chance)
        return run(tasks + pages(agents, asked, options.seconds, options.pause, chance), port), len(devices)


def tell(options: argparse.Namespace, heard: Heard, pressed: int, kept: int) -> bool:
    """Print what was heard; whether all that was asked of it holds."""
    told = heard.told()
    paged = sorted(took for kind in ("list", "file", "search") for took in heard.seconds[kind])
    told |= {"pages": _times(paged)} if paged else {}
    for kind, times in told.items():
        sys.stdout.write(f"{kind:<7} {json.dumps(times)}\n")
    for minute, found in sorted(heard.minutes.items()):
        times = _times(sorted(found))
        sys.stdout.write(f"minute {minute + 1}: median {times['median']}, p95 {times['p95']}, p99 {times['p99']}\n")
    for fault in heard.wrong[:20]:
        sys.stdout.write(f"  {fault}\n")
    sys.stdout.write(f"{pressed} forms, {kept} files, {pressed - kept} lost, {len(heard.wrong)} wrong\n")
    limits = (("form", "p99", options.form_p99), ("pages", "p95", options.page_p95))
    slow = [kind for kind, name, most in limits if kind in told and told[kind][name] > most]
    sys.stdout.write(f"too slow: {', '.join(slow) or 'none'}; load {os.getloadavg()[0]:.1f}\n")
    return pressed == kept and not heard.wrong and not slow


def main() -> int:
    """Fill a house, load it, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--forms", type=float, default=30, help="forms a second")
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--pause", type=float, default=10, help="seconds between two pages of an agent, in the mean")
    parser.add_argument("--files", type=int, default=2_000, help="complaints that are there before")
    parser.add_argument("--form-p99", type=float, default=2_000)
    parser.add_argument("--page-p95", type=float, default=800)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["DOLEANCE_FORMS_PER_HOUR"] = AN_HOUR
    with scratch.installation(durable=True) as server:
        command("migrate")
        _fill(server, options.files)
        django.setup()
        asked: Any = importlib.import_module("benchmarks.load_asked").Asked(options.seed)  # models: Django first
        sys.stdout.write(f"seed {options.seed}, load {os.getloadavg()[0]:.1f}\n")
        heard, pressed = loaded(options, asked)
        return 0 if tell(options, heard, pressed, asked.kept() - WARM) else 1


if __name__ == "__main__":
    sys.exit(main())
