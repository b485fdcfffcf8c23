"""Homes of installations that live for one test, out of reach of the run's own database."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from doleance.boot import children
from tests.house.source import ROOT

OURS = ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_OWNER_URL", "PG_BIN", "NOTIFY_SOCKET")


def environment(home: Path, **changes: str) -> dict[str, str]:
    """What a process of the installation in `home` sees: nothing of this run's own database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOLEANCE_") and name not in OURS}
    return kept | {"DOLEANCE_HOME": str(home), "PYTHONPATH": str(ROOT)} | changes


def doleance(home: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        children.command(*arguments),
        env=environment(home, **changes),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> object:
    """The first true answer; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
    return found


def is_alive(pid: int) -> bool:
    """Whether the process lives; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def processes_of(home: Path) -> list[int]:
    """Every living process that was started for `home`: it is named in their command or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                if str(home).encode() in told and is_alive(int(entry.name)):
                    found.append(int(entry.name))
    return found


def new_home() -> Path:
    """A place that root's server, which runs as somebody else, can come into."""
    folder = Path(tempfile.mkdtemp(prefix="doleance-home-", dir="/tmp"))
    folder.chmod(0o711)
    return folder / "home"


def remove(home: Path) -> None:
    """End what runs there and remove it."""
    for pid in processes_of(home):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(home.parent, ignore_errors=True)


@pytest.fixture
def empty() -> Iterator[Path]:
    """Where an installation of the test's own will be; nothing is there yet."""
    place = new_home()
    yield place
    remove(place)


@pytest.fixture(scope="session")
def installed() -> Iterator[Path]:
    """An installation that was prepared once; tests take `copy_of` it."""
    place = new_home()
    made = doleance(place, "init")
    assert made.returncode == 0, made.stdout + made.stderr
    yield place
    remove(place)


@pytest.fixture
def ready(installed: Path, empty: Path) -> Path:
    """A prepared installation of the test's own."""
    subprocess.run(["cp", "-a", installed, empty], check=True)  # -a keeps the server's account
    return empty


@pytest.fixture
def start(empty: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a process of the installation, ended with the test whatever happens."""
    started: list[subprocess.Popen[str]] = []

    def run(*command: str, **changes: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=environment(empty, **changes),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
