"""Kill an installation at work, again and again, and see whether it kept what it promised.

    python -m benchmarks.kill --kills 200 --seed 7
    python -m benchmarks.kill --sabotage all

A throwaway installation serves its pages, does its jobs and keeps its database, with a real Dovecot and an SMTP server
that keeps its own account. Under a steady load each kill takes one process (-9) at a named point or at a moment of
chance; the installation must work again within 60 seconds without a person (I12), and a checker compares it with what
was promised outside (I1 to I9). Prints the seed, each failure, and `N passed, N failed` last; the exit code is 1 when
one failed.

A sabotage works one fault into the product's processes, and the run must then fail, by the invariant it breaks.
`--sabotage all` runs each and fails when one was not caught.
"""

import argparse
import importlib
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NoReturn

import django

from benchmarks import kill_sabotage
from benchmarks.kill_house import RECOVERS_S, House, Lost
from doleance.boot.session import usual_url

# Where a process can be asked to die: (process, point, the largest number of passes that is waited for, weight).
POINTS: tuple[tuple[str, str, int, int], ...] = (
    ("web", "write.before_commit", 3, 2),
    ("web", "write.committed", 3, 3),
    ("web", "deposit.kept", 2, 3),
    ("web", "deposit.filed", 2, 3),
    ("web", "deposit.waits", 2, 2),
    ("work", "deposit.filed", 1, 1),
    ("work", "write.before_commit", 12, 3),
    ("work", "write.committed", 12, 3),
    ("work", "intake.before_store", 2, 2),
    ("work", "intake.before_flag", 2, 4),
    ("work", "intake.after_flag", 2, 2),
    ("work", "outbox.before_claim", 2, 1),
    ("work", "outbox.claimed", 2, 3),
    ("work", "outbox.handed_over", 2, 4),
)
AT_RANDOM: tuple[tuple[str, int], ...] = (
    ("web", 2),  # the parent of the pages
    ("page", 3),  # one of its processes
    ("work", 5),
    ("database", 4),  # the postmaster: all of it
    ("backend", 3),  # one connection's process; PostgreSQL then starts itself again
    ("import", 2),
)
PASSES_S = 25.0  # how long a point is given to be passed
REST_S = 150.0  # how long the end is given to become quiet: the lease of a send, a silent worker, and a minute

SABOTAGED_REST_S = 15.0  # what is lost does not come back


@dataclass
class Tally:
    """What became of the kills."""

    passed: int = 0
    failed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The last line."""
        return f"{self.passed} passed, {self.failed} failed"


def say(line: str) -> None:
    """Print at once: a run is long."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Fire:
    """One run: a load, a chance, an account, and the kills."""

    def __init__(self, house: House, seed: int) -> None:
        # They have models: Django must stand first.
        self.checks: Any = importlib.import_module("benchmarks.kill_checks")
        self.loads: Any = importlib.import_module("benchmarks.kill_load")
        self.house = house
        self.chance = random.Random(seed)
        self.account = self.loads.Account()
        self.load = self.loads.Load(house, self.account, seed)
        self.tally = Tally()

    def run(self, kills: int) -> Tally:
        """Furnish the house, work it under fire, let it rest, judge; a sabotage is caught once is enough."""
        self.loads.furnish(self.house)
        self.load.start()
        self.house.wait(lambda: self.house.sink.received, RECOVERS_S, "the first mail out")
        for number in range(1, kills + 1):
            kind = self.strike()
            faults = self.survive()
            self.note(number, kind, faults)
            if self.house.sabotage and self.is_caught:
                return self.tally
        self.rest()
        return self.tally

    @property
    def is_caught(self) -> bool:
        """Whether each invariant that a sabotage breaks was found broken."""
        found = {fault.split(" ")[0] for fault in self.tally.faults}
        return found >= {kill_sabotage.BREAKS[name] for name in self.house.sabotage.split(",")}

    def strike(self) -> str:
        """Kill one process; what and where."""
        time.sleep(self.chance.uniform(0, 2))
        if self.house.sabotage:
            process, point = kill_sabotage.AIMED[self.house.sabotage.split(",")[0]]
            if self.at_point(process, point, 1):
                return f"{process} at {point}"
        if self.chance.random() < 0.6:
            process, point, most, _ = self.chance.choices(POINTS, [one[3] for one in POINTS])[0]
            if self.at_point(process, point, self.chance.randint(1, most)):
                return f"{process} at {point}"
        while True:
            name = self.chance.choices([one for one, _ in AT_RANDOM], [weight for _, weight in AT_RANDOM])[0]
            if self.house.kill(self.victim(name)):
                return f"{name} at random"
            time.sleep(0.2)

    def at_point(self, process: str, point: str, times: int) -> bool:
        """Let a process die at a point; False when none passed it in time."""
        self.house.arm(process, point, times)
        ends = time.monotonic() + PASSES_S
        while time.monotonic() < ends:
            if self.house.has_died(process, point):
                return True
            time.sleep(0.05)
        return not self.house.disarm(process, point) and self.house.has_died(process, point)

    def victim(self, name: str) -> int:
        """A living process of that kind, 0 when there is none now."""
        if name == "import":
            return int(self.load.importing)
        if name in {"page", "backend"}:
            found = self.house.children(self.house.pid("web")) if name == "page" else self.house.backends()
            return self.chance.choice(found) if found else 0
        return self.house.pid(name)

    def survive(self) -> list[str]:
        """Wait until it works again (I12), then check everything."""
        try:
            took = self.house.wait(self.house.is_answering, RECOVERS_S, "I12 the pages")
            took += self.house.wait(self.reads_a_mail(), RECOVERS_S - took, "I12 a mail delivered after the kill")
        except Lost as lost:
            return [str(lost), *self.check(at_rest=False)]
        self.tally.recoveries.append(took)
        return self.check(at_rest=False)

    def reads_a_mail(self) -> Any:
        """Deliver a mail; whether it has become a file."""
        messages = importlib.import_module("doleance.channels.models").Message
        one = self.load.deliver(self.chance, kind="opens")
        place = {"mailbox__address": one.box, "uidvalidity": one.uidvalidity, "uid": one.uid}

        def is_read() -> bool:
            return bool(self.asked(lambda: messages.objects.filter(**place).exclude(state="stored").exists()))

        return is_read

    def asked(self, question: Any) -> Any:
        """The answer of a database that may be away; None then."""
        db = importlib.import_module("django.db")
        try:
            return question()
        except (db.OperationalError, db.InterfaceError):
            db.connection.close()
            return None

    def check(self, *, at_rest: bool) -> list[str]:
        """What is broken; a database that goes away while it is read is asked again."""
        judge = self.checks.at_rest if at_rest else self.checks.while_working
        ends = time.monotonic() + RECOVERS_S
        while True:
            found = self.asked(lambda: judge(self.house, self.account))
            if found is not None:
                break
            if time.monotonic() > ends:
                found = ["I12 the database does not stay"]
                break
            time.sleep(0.5)
        trouble, self.load.trouble = self.load.trouble, []
        return [*found, *trouble]

    def note(self, number: int, kind: str, faults: list[str]) -> None:
        """Count one kill."""
        self.tally.kinds[kind] += 1
        self.tally.faults += faults
        self.tally.failed += bool(faults)
        self.tally.passed += not faults
        if faults:
            say(f"kill {number}, {kind}: FAILED")
        for fault in faults[:20]:
            say(f"  {fault}")

    def rest(self) -> None:
        """Stop the load, wait until all is quiet, and ask for everything that was promised."""
        self.load.stop()
        quiet = self.checks.is_quiet(self.account)
        faults = []
        try:
            patience = SABOTAGED_REST_S if self.house.sabotage else REST_S
            self.house.wait(lambda: self.asked(quiet), patience, "I8 all becomes quiet")
        except Lost as lost:
            faults.append(str(lost))
        faults += self.check(at_rest=True)
        self.tally.faults += faults
        self.tally.failed += bool(faults)
        if faults:
            say("at rest: FAILED")
        for fault in faults[:40]:
            say(f"  {fault}")


def run(kills: int, seed: int, sabotage: str) -> Tally:
    """One installation, from its making to its end."""
    with House(sabotage=sabotage) as house:
        os.environ |= {"DOLEANCE_HOME": str(house.home), "DJANGO_SETTINGS_MODULE": "doleance.boot.settings"}
        os.environ["DATABASE_URL"] = usual_url(house.home)
        django.setup()
        fire = Fire(house, seed)
        try:
            fire.run(kills)
        except SystemExit:
            fire.tally.failed += 1  # what was not tried is not proved
            say("stopped before the end")
        except Exception:  # noqa: BLE001  whatever stopped the harness, it is told and counted
            fire.tally.failed += 1
            say(traceback.format_exc())
            say(house.said())
        told = fire.account
        say(
            f"{len(told.delivered)} mails delivered, {len(told.imported)} imported, {len(told.said)} notes and replies"
            f" accepted, {len(told.refused)} refused, {len(told.edits)} titles given,"
            f" {len(house.sink.received)} mails left"
        )
        kept = sum(one.is_kept for one in told.forms)
        say(f"{len(told.forms)} forms answered, of which {kept} were told to wait; {len(told.pressed)} were sent")
        for kind, count in sorted(fire.tally.kinds.items()):
            say(f"  {count:>3} × {kind}")
        if fire.tally.recoveries:
            say(f"slowest recovery: {max(fire.tally.recoveries):.1f} s")
        return fire.tally


def try_all(kills: int, seed: int) -> Tally:
    """Run each sabotage in a process of its own; passed: it was caught by the invariant it breaks."""
    tally = Tally()
    for name, invariant in kill_sabotage.BREAKS.items():
        line = [
            sys.executable,
            "-m",
            "benchmarks.kill",
            "--sabotage",
            name,
            "--kills",
            str(kills),
            "--seed",
            str(seed),
        ]
        ran = subprocess.run(line, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False)
        faults = [fault for fault in ran.stdout.splitlines() if fault.startswith(f"  {invariant} ")]
        caught = ran.returncode == 1 and bool(faults)
        tally.passed += caught
        tally.failed += not caught
        say(f"{name}: {'caught:' + faults[0] if caught else 'NOT CAUGHT'}")
        if not caught:
            say(ran.stdout)
    return tally


def _leave(signum: int, _: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + signum)  # what was started is stopped on the way out


def main() -> int:
    """Run the harness."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="how many kills")
    parser.add_argument("--seed", type=int, default=None, help="the seed of chance (drawn when not given)")
    names = ", ".join([*kill_sabotage.NAMES, "all"])
    parser.add_argument("--sabotage", default="", help=f"faults that must be caught, joined by commas: {names}")
    options = parser.parse_args()
    if not set(options.sabotage.split(",")) <= {"", "all", *kill_sabotage.NAMES}:
        parser.error(f"no such sabotage: {options.sabotage}")
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    say(f"seed {seed}")
    signal.signal(signal.SIGTERM, _leave)
    began = time.monotonic()
    tally = (
        try_all(min(options.kills, 4), seed)
        if options.sabotage == "all"
        else run(options.kills, seed, options.sabotage)
    )
    say(f"{time.monotonic() - began:.0f} s")
    say(tally.summary)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
