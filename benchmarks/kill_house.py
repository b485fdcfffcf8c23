"""A whole installation under fire: `doleance serve` with its pages, its jobs and its database, and real mail servers.

Processes are known by what they say of themselves in the control folder and by who their parent is; nothing else is
ever killed.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.kill_process import CONTROL, SABOTAGE
from doleance.boot.postgres import die_with_parent
from tests.servers.dovecot import Dovecot, free_port, open_dovecot
from tests.servers.smtp import Sink

RECOVERS_S = 60.0  # I12
FIRST_START_S = 300.0  # the tables are made, the pages prepared
VERIFYING = 0.2  # the share of a run that may go to reading all chains anew
CODE = Path(__file__).resolve().parents[1]


class Lost(Exception):
    """What should have come back did not."""


@dataclass
class House:
    """One installation and the servers around it. A context: it starts them, and leaves nothing behind."""

    sabotage: str = ""
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="doleance-kill-", dir="/tmp")))
    port: int = field(default_factory=free_port)
    sink: Sink = field(default_factory=Sink)
    dovecot: Dovecot | None = None
    _process: "subprocess.Popen[bytes] | None" = None
    _closing: list[Callable[[], object]] = field(default_factory=list)
    _verified: tuple[float, float] = (0.0, 0.0)  # when all chains were last read, and how long it took: seconds

    @property
    def home(self) -> Path:
        """Where the installation lives."""
        return self.folder / "home"

    @property
    def control(self) -> Path:
        """Where its processes and the harness leave word."""
        return self.folder / "control"

    @property
    def environment(self) -> dict[str, str]:
        """What a process of the installation sees; nothing of any other installation."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOLEANCE_", "DATABASE_"))}
        return kept | {
            "DOLEANCE_HOME": str(self.home),
            "DOLEANCE_LISTEN": f"127.0.0.1:{self.port}",
            "DOLEANCE_MAIL_NETWORKS": "127.0.0.0/8",  # its mail servers are here
            "PYTHONPATH": str(CODE),
            "DJANGO_SETTINGS_MODULE": "doleance.boot.settings",
            CONTROL: str(self.control),
            SABOTAGE: self.sabotage,
        }

    def __enter__(self) -> Self:
        self.folder.chmod(0o711)  # the database's account passes through
        self.control.mkdir()
        self.sink.__enter__()
        self._closing.append(lambda: self.sink.__exit__(None, None, None))
        servers = open_dovecot()
        self.dovecot = servers.__enter__()
        self._closing.append(lambda: servers.__exit__(None, None, None))
        self.serve()
        self.wait(self.is_answering, FIRST_START_S, "the first start")
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for close in reversed(self._closing):
            close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def serve(self) -> None:
        """Start `doleance serve`."""
        with (self.folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.kill_process", "serve"],
                env=self.environment,
                cwd=CODE,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  a harness that is killed leaves nobody
            )

    def said(self) -> str:
        """The last words of the supervisor and its children."""
        return (self.folder / "serve.log").read_text("utf-8", "replace")[-4_000:]

    def is_answering(self) -> bool:
        """Whether pages and database answer."""
        if self._process is not None and self._process.poll() is not None:
            raise Lost(f"doleance serve ended: {self.said()}")
        direct = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            direct.request("GET", "/readyz")
            return direct.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            direct.close()

    def wait(self, condition: Callable[[], object], seconds: float, what: str) -> float:
        """Wait until `condition`; how long it took, in seconds. Raises Lost."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > seconds:
                raise Lost(f"{what}: not after {seconds:.0f} s")
            time.sleep(0.1)
        return time.monotonic() - began

    def command(self, *arguments: str) -> "subprocess.Popen[str]":
        """A command of the product, started."""
        line = [sys.executable, "-m", "doleance.boot.cli", *arguments]
        return subprocess.Popen(
            line,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def is_to_verify(self) -> bool:
        """Whether all chains are read again now. They only grow: a house that is large is not read after each kill,
        and loses nothing by it, for what is broken in a chain stays broken.
        """
        ended, took = self._verified
        return time.monotonic() - ended >= took / VERIFYING

    def verify(self) -> list[str]:
        """What `doleance verify` finds wrong, in a process of its own: one line each."""
        began = time.monotonic()
        verifying = self.command("verify", "--json")
        out, error = verifying.communicate(timeout=600)
        self._verified = time.monotonic(), time.monotonic() - began
        if verifying.returncode == 2 or not out.strip():
            return [f"verify could not read: {error.strip()[-300:]}"]
        told = json.loads(out.strip().splitlines()[-1])
        return [f"{one['code']} {one['stream']}:{one['seq']} {one['sentence']}" for one in told["findings"]]

    def pid(self, name: str) -> int:
        """The pages' parent (`web`), the jobs (`work`), the database's parent (`database`); 0 when there is none."""
        with suppress(OSError, ValueError, IndexError):
            if name == "database":
                return int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
            return int((self.control / f"pid-{name}").read_text())
        return 0

    def children(self, pid: int) -> list[int]:
        """The living processes that `pid` started."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[1]) == pid and fields[0] != "Z":
                    found.append(int(stat.parent.name))
        return sorted(found)

    def backends(self) -> list[int]:
        """Database processes that serve somebody."""
        found = []
        for pid in self.children(self.pid("database")):
            with suppress(OSError):
                if b"doleance_app" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found

    def kill(self, pid: int) -> bool:
        """Kill -9 one of ours; whether it was there."""
        if pid <= 1:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def arm(self, process: str, point: str, times: int) -> None:
        """Ask the next process of that kind that passes a crash point for the nth time to die there."""
        (self.control / f"armed-{process}-{point}").write_text(str(times))

    def has_died(self, process: str, point: str) -> bool:
        """Whether one did, since it was asked."""
        word = self.control / f"died-{process}-{point}"
        if word.exists():
            word.unlink()
            return True
        return False

    def disarm(self, process: str, point: str) -> bool:
        """Take the word back; False when a process died of it meanwhile."""
        with suppress(FileNotFoundError):
            (self.control / f"armed-{process}-{point}").unlink()
            return True
        return False
