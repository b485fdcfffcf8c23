"""`doleance serve` as a person runs it: real processes, real signals."""

import http.client
import os
import re
import select
import signal
import socket
import stat
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from doleance.boot import children
from doleance.boot.children import Child
from tests.boot.conftest import doleance, is_alive, processes_of, wait_for

COUNTED = re.compile(r'^doleance_requests_total{method="GET",route="connexion/",status="200"} (\S+)$', re.MULTILINE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Said:
    """What a process prints, read without waiting for its end."""

    def __init__(self, process) -> None:
        self.process = process
        self.text = ""

    def until(self, pattern: str, seconds: float = 90.0) -> re.Match[str]:
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < deadline, self.text
            assert self.process.poll() is None, self.text
            if select.select([self.process.stdout], [], [], 0.1)[0]:
                self.text += os.read(self.process.stdout.fileno(), 65536).decode()
        return found


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        line.close()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def served(ready, start, port):
    """A prepared installation being served; gives its process, what it says and its port."""
    process = start("-m", "doleance.boot.cli", "serve", DOLEANCE_LISTEN=f"127.0.0.1:{port}", DOLEANCE_PROCESSES="2")
    said = Said(process)
    said.until("Ctrl-C pour arrêter")
    return process, said


def test_a_first_run_from_nothing_to_the_first_page_and_back_to_nothing(empty, start, port):
    process = start("-m", "doleance.boot.cli", "serve", DOLEANCE_LISTEN=f"127.0.0.1:{port}", DOLEANCE_PROCESSES="1")
    said = Said(process)
    link = said.until(rf"http://127.0.0.1:{port}(/bienvenue/\S+/)")[1]
    status, headers, page = get(port, link)
    assert status == 200
    assert "<form" in page
    assert headers["content-security-policy"].count("'unsafe") == 0
    assert get(port, "/bienvenue/" + "x" * 22 + "/")[0] in {200, 404}
    assert get(port, "/connexion/")[0] == 200
    assert get(port, "/")[0] == 302  # closed until somebody signs in
    assert [get(port, path)[2] for path in ("/healthz", "/readyz")] == ["ok", "ok"]
    assert get(port, "/connexion/", Host="attaque.example")[0] == 400
    with socket.create_connection(("127.0.0.1", port)) as rude:  # what the web server itself refuses, and tells of
        rude.sendall(b"GET /Canari?nom=Canari\r\nX Canari\r\n\r\n")
        rude.recv(100)
    wait_for(lambda: "\ndoleance_workers 1.0\n" in get(port, "/metrics")[2])
    started = processes_of(empty)
    assert len(started) >= 5  # the parent, the base, the pages and who serves them, the jobs
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert "canari" not in (said.text + process.stdout.read()).lower()
    wait_for(lambda: not processes_of(empty))
    assert not [pid for pid in started if is_alive(pid)]
    assert "database system is shut down" in (empty / "postgres.log").read_text()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (empty / "secrets").iterdir()} == {0o600}
    assert "doleance.toml" in {path.name for path in empty.iterdir()}


def test_a_second_start_is_quick_and_others_attach_to_it(served, ready, port):
    process, said = served
    assert "Préparation" not in said.text
    for listen in (port, free_port()):
        again = doleance(ready, "serve", DOLEANCE_LISTEN=f"127.0.0.1:{listen}")
        assert again.returncode == 2
        assert f"Doléance tourne déjà ici : http://127.0.0.1:{port}" in again.stderr
    for _ in range(12):
        get(port, "/connexion/")
    counted = {COUNTED.search(get(port, "/metrics")[2])[1] for _ in range(6)}
    assert counted == {"12.0"}, "whichever process is asked, it tells for all"
    asked = doleance(ready, "db", "-At", "-c", "SELECT current_user")
    assert asked.stdout == "doleance_auditor\n"
    refused = doleance(ready, "restore", str(ready / "doleance.toml"))
    assert refused.returncode == 2
    assert get(port, "/readyz")[0] == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    wait_for(lambda: not processes_of(ready))


def test_each_part_that_dies_comes_back_and_a_killed_parent_leaves_nobody(served, ready, port):
    process, said = served
    server = int((ready / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGKILL)
    said.until("la base s’est arrêtée")
    wait_for(lambda: answer(port) == 200)
    for name, pattern in (("pages", b"gunicorn"), ("tâches de fond", b"jobs")):
        wait_for(partial(part, ready, pattern, process.pid))  # the end of the database may have ended it too
        os.kill(part(ready, pattern, process.pid), signal.SIGKILL)
        said.until(f"{name} : processus terminé")
    wait_for(lambda: answer(port) == 200)
    assert process.poll() is None
    process.kill()
    process.wait()
    wait_for(lambda: not processes_of(ready))
    assert (ready / "postgres.log").read_text().rstrip().endswith("database system is shut down")


def part(home: Path, pattern: bytes, parent: int) -> int:
    """The process of that command directly under `parent`; 0 while there is none."""
    return next((pid for pid in processes_of(home) if pattern in _command(pid) and _parent(pid) == parent), 0)


def answer(port: int) -> int | None:
    try:
        return get(port, "/readyz")[0]
    except OSError:
        return None


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_a_port_that_is_taken_is_said_in_french_before_anything_starts(empty):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1]
        refused = doleance(empty, "serve", DOLEANCE_LISTEN=f"127.0.0.1:{number}")
    assert refused.returncode == 2
    assert f"127.0.0.1:{number} est déjà prise" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (empty / "postgres").exists()


def ended(child: Child) -> None:
    """Wait for the end of what it started."""
    assert child.process is not None
    child.process.wait()


def test_a_child_that_keeps_dying_is_started_less_and_less_often(monkeypatch):
    moment = 1000.0
    monkeypatch.setattr("doleance.boot.children.time", SimpleNamespace(monotonic=lambda: moment))
    child = Child("fragile", ["/bin/false"], {})
    child.start()
    waits = []
    for _ in range(9):
        ended(child)
        assert child.tend() == 1
        began = moment
        while child.process is None:
            moment += 0.25
            child.tend()
        waits.append(moment - began)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    moment += 3600  # it held for an hour: an accident, not a habit
    ended(child)
    child.tend()
    moment += 0.5
    child.tend()
    ended(child)


def test_the_end_of_a_child_is_the_end_of_its_children(tmp_path):
    script = "sleep 300 & echo $! > child; trap '' TERM; while :; do sleep 0.05; done"
    child = Child("sourd", ["/bin/sh", "-c", f"cd {tmp_path}; {script}"], {"PATH": os.environ["PATH"]})
    child.start()
    wait_for(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip())
    grandchild = int((tmp_path / "child").read_text())
    children.stop_all([child], patience_s=0.2)
    assert child.process is None
    wait_for(lambda: not is_alive(grandchild))
