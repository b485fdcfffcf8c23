"""How the processes of a throwaway installation start under fire: the product's own, with shorter waits.

`python -m benchmarks.kill_process serve` is `doleance serve`; its children start through here too. Three things
differ, all set before the product runs: waits are shorter (`hasten`); a crash point kills once when the harness has
armed it (a file, so that a process that already runs can be told); a sabotage may be worked in.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

CONTROL, SABOTAGE = "KILL_CONTROL", "KILL_SABOTAGE"
# Seconds. The product's own are 30 (a silent worker), 600 (a lost send), 60 (a lost job), 15 (undo), 60 (an import),
# 10 between two beats, a minute between two rounds of what is periodic, a minute or more before another try.
SILENT_S, LEASE_S, GRACE_S, UNDO_S, RESCUE_S = 5.0, 15.0, 5.0, 1, 5
BEAT_S = 1.0
AGAIN_S = 2.0
CRON = "* * * * * */3"
PROCESSES = {"pages": "web", "tâches de fond": "work"}


def control() -> Path:
    """Where the harness and these processes leave word to each other."""
    return Path(os.environ[CONTROL])


def arm() -> None:
    """Make the crash points of this process look for the harness's word: the file `armed-<process>-<point>`."""
    crashes: Any = importlib.import_module("doleance.kernel.crashes")
    process, passed = os.environ.get("DOLEANCE_PROCESS", "command"), dict[str, int]()
    folder = control()

    def point(name: str) -> None:
        word = folder / f"armed-{process}-{name}"
        if not word.exists():
            return
        passed[name] = passed.get(name, 0) + 1
        with suppress(OSError, ValueError):  # another process of the same kind was faster
            if passed[name] >= int(word.read_text()):
                word.unlink()
                folder.joinpath(f"died-{process}-{name}").write_text(str(os.getpid()))
                os.kill(os.getpid(), signal.SIGKILL)

    crashes.point = point


def hasten() -> None:
    """Shorten every wait that only makes the harness slow; what is done, and in which order, is the product's."""
    from_name: Callable[[str], Any] = importlib.import_module
    rules = from_name("doleance.notifications.rules")
    timedelta = from_name("datetime").timedelta
    rules.UNDO_SECONDS, rules.LEASE, rules.GRACE = UNDO_S, timedelta(seconds=LEASE_S), timedelta(seconds=GRACE_S)
    rules._BACK_OFF = ((timedelta(days=5), timedelta(seconds=AGAIN_S)),)  # noqa: SLF001
    from_name("doleance.intake.actions.importing").RESCUE_SECONDS = RESCUE_S
    pressure = from_name("doleance.intake.pressure")
    pressure.FIRST_BITS, pressure.FIRST_DELAY, pressure.LONGEST_DELAY = 10, timedelta(seconds=1), timedelta(seconds=6)
    from_name("doleance.notifications.breakers").MAILBOX_PER_HOUR = 100_000  # an hour's budget is spent in minutes
    from_name("doleance.boot.schedule").SILENT_S = SILENT_S
    registry = from_name("procrastinate.contrib.django").app.periodic_registry
    for key, task in list(registry.periodic_tasks.items()):
        if task.cron.startswith("* * * * *"):
            registry.periodic_tasks[key] = from_name("attr").evolve(task, cron=CRON)
    _beat_faster(from_name("procrastinate.worker").Worker)


def _beat_faster(worker: Any) -> None:
    begin = worker.__init__

    def init(self: Any, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        self.update_heartbeat_interval = BEAT_S

    worker.__init__ = init


def prepare() -> None:
    """Ready Django in this process, armed, hastened, sabotaged."""
    arm()
    importlib.import_module("django").setup()
    hasten()
    if name := os.environ.get(SABOTAGE):
        importlib.import_module("benchmarks.kill_sabotage").work_in(name)


def pages() -> Callable[..., Any]:
    """The web application; gunicorn calls it in each of its processes."""
    prepare()
    found: Callable[..., Any] = importlib.import_module("doleance.boot.wsgi").application
    return found


def _serve() -> None:
    """Let the supervisor start its children through here, say which they are, and lose no time between deaths."""
    children: Any = importlib.import_module("doleance.boot.children")
    serve: Any = importlib.import_module("doleance.boot.serve")
    children.FIRST_WAIT_S, children.LONGEST_WAIT_S = 0.2, 0.5
    start, gunicorn, command = children.Child.start, serve.gunicorn, children.command

    def started(self: Any) -> None:
        start(self)
        note = control() / f"pid-{PROCESSES[self.name]}"
        note.with_suffix(".new").write_text(str(self.process.pid))
        note.with_suffix(".new").rename(note)

    def ours(*arguments: Any) -> list[str]:
        web = "doleance.boot.wsgi:application"
        return ["benchmarks.kill_process:pages()" if one == web else one for one in gunicorn(*arguments)]

    def through_here(*arguments: str) -> list[str]:
        line: list[str] = command(*arguments)
        return [__spec__.name if one == "doleance.boot.cli" else one for one in line]

    children.Child.start, serve.gunicorn, children.command = started, ours, through_here


def main() -> int:
    """Run one command of the product, as the harness wants it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doleance.boot.settings")
    name = sys.argv[1]
    if name == "serve":
        _serve()
    elif name == "jobs":
        prepare()
    code: int = importlib.import_module("doleance.boot.cli").main(sys.argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(main())
