"""The database server that Doléance starts for itself, over the programs of `binaries`.

`Server` is one server on one data directory: first start (initdb, roles), start, clean stop, recovery after a crash.
Who starts it and who attaches to it is the matter of `session`. Nobody listens on the network: one Unix socket, in a
folder of the server's account, and the operating system tells PostgreSQL who is calling (peer), so that no password
exists and no other user comes in.
"""

import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from doleance.boot import binaries
from doleance.kernel.errors import Refusal
from doleance.kernel.sql import script

DATABASE = "doleance"
SUPERUSER = "postgres"
OWNER, APP, AUDITOR = "doleance_owner", "doleance_app", "doleance_auditor"
PATIENCE_S = 600.0  # a server that recovers after a crash may need minutes
_SOCKET_LIMIT = 107 - len("/.s.PGSQL.5432")  # sun_path, less its final zero


class OtherMajor(Refusal):
    """The data directory was written by another major version of PostgreSQL, which cannot be read in place."""

    code = "other_major"
    sentence = (
        "Les données de {data} sont au format de PostgreSQL {found}, et Doléance démarre PostgreSQL {major}. Rien n’a "
        "été modifié. Pour continuer : 1. installez PostgreSQL {found} et sauvegardez avec lui, "
        "PG_BIN=/usr/lib/postgresql/{found}/bin doleance backup (ou prenez la dernière sauvegarde automatique) ; "
        "2. écartez le dossier {data} ; 3. remettez la sauvegarde avec « doleance restore »."
    )


class NotDurable(Refusal):
    """The server could lose or silently damage what it said was kept."""

    code = "not_durable"
    sentence = (
        "La base pourrait perdre des réclamations après une panne : {faults}. Corrigez sa configuration "
        "(fichiers postgresql.conf et postgresql.auto.conf de {data}), puis relancez."
    )


class NotOurs(Refusal):
    """The data directory belongs to somebody else."""

    code = "data_not_ours"
    sentence = (
        "Le dossier {data} appartient au compte « {account} ». Lancez Doléance sous ce compte ou en root, ou "
        "donnez un autre dossier dans DOLEANCE_HOME."
    )


class ServerFailed(Refusal):
    """The server did not start; its own words follow."""

    code = "server_failed"
    sentence = "La base de données ne démarre pas. PostgreSQL dit : {reason}"


def die_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """What a child runs before exec so that the kernel sends it `signum` when its parent dies. Linux only.

    The kernel watches the parent's *thread*, so start such children from the main thread. Elsewhere it does nothing:
    there, only an orderly stop of the parent stops the child.
    """
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def arm() -> None:
        if prctl is not None:
            prctl(1, int(signum), 0, 0, 0)  # PR_SET_PDEATHSIG
            if os.getppid() != parent:  # it died in between: nobody would ever tell us
                os._exit(1)

    return arm


class Server:
    """One PostgreSQL server on one data directory.

    `durable=False` gives up safety for speed: throwaway servers of tests only.
    """

    def __init__(self, data: Path, *, log: Path | None = None, durable: bool = True) -> None:
        self.data = data
        self.log = log or data.with_name(f"{data.name}.log")
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self.account = binaries.account_for(data)
        self._socket: Path | None = None
        self._log_start = 0

    @property
    def socket(self) -> Path:
        """The folder of the server's socket, short whatever the depth of the data directory."""
        if self._socket is None:
            lines = _pid_file(self.data)
            told = lines[4].strip() if len(lines) > 4 and _is_server(int(lines[0]), self.data) else ""
            self._socket = Path(told) if told else _default_socket(self.data)
        return self._socket

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """The address of `database` for `role`, as libpq and Django read it."""
        return f"postgresql://{role}@/{quote(database)}?host={quote(str(self.socket), safe='')}"

    def connect(self, role: str = SUPERUSER, database: str = "postgres") -> psycopg.Connection:
        """A connection of our own, outside Django, each statement by itself."""
        return psycopg.connect(self.url(role, database), autocommit=True, connect_timeout=10)

    def is_ready(self) -> bool:
        """Whether a server says of itself, in this data directory, that it takes connections."""
        lines = _pid_file(self.data)
        return len(lines) > 7 and lines[7].strip() == "ready" and _is_server(int(lines[0]), self.data)

    def start(self) -> None:
        """Start the server, making its data directory first when there is none; returns when it takes connections.

        Raises `OtherMajor`, `NotOurs`, `ServerFailed`, `NotDurable`; RuntimeError outside the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the server would stop with this thread: start it from the main thread")
        programs = binaries.programs_for(self.account)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs)
        self._require_ours(programs)
        self._write_access()
        stop_orphan(self.data)
        self._make_socket_folder()
        self._start_process(programs)
        try:
            self._check_durable()
        except Refusal:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server cleanly: sessions are cut, what was committed is on disk. Does nothing when not running."""
        process, self.process = self.process, None
        if process is None:
            return
        for signum, patience_s in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 20.0), (signal.SIGKILL, None)):
            if process.poll() is None:
                process.send_signal(signum)
            try:
                process.wait(patience_s)
                break
            except subprocess.TimeoutExpired:
                continue  # the next signal is harsher; the log is replayed at the next start
        shutil.rmtree(self.socket, ignore_errors=True)

    def make_database(self, name: str = DATABASE) -> None:
        """Create `name` when it is not there, and the three roles with their rights in it."""
        with self.connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with self.connect(database=name) as connection:
            connection.execute(script("doleance.boot", "roles.sql").encode())

    def _initialise(self, programs: binaries.Programs) -> None:
        """Make the data directory beside its place, then move it there: a first start cut short leaves nothing."""
        half = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700, parents=True)
        os.chown(half, self.account.uid, self.account.gid)
        # French order comes from our own columns; a builtin collation is the same on every machine and never changes.
        locale = ["--locale=C.UTF-8"]
        if programs.major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = binaries.run_as(
            self.account,
            [programs.path("initdb"), "-D", str(half), "-U", SUPERUSER, "-E", "UTF8", *locale, "--data-checksums"]
            + ["--auth-local=peer", "--auth-host=reject", "--no-instructions"]
            + ([] if self.durable else ["--no-sync"]),
        )
        if made.returncode != 0:
            shutil.rmtree(half, ignore_errors=True)
            raise ServerFailed(reason=made.stderr.strip())
        half.rename(self.data)

    def _require_ours(self, programs: binaries.Programs) -> None:
        owner = self.data.stat().st_uid
        if owner != self.account.uid:
            raise NotOurs(data=self.data, account=_account_name(owner))
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(programs.major):
            raise OtherMajor(data=self.data, found=found, major=programs.major)

    def _write_access(self) -> None:
        """Who comes in: the account of this process and root, under any of our roles; nobody else, in no other way."""
        people = {_account_name(os.geteuid()), _account_name(0), self.account.name} - {"nobody"}
        roles = (SUPERUSER, OWNER, APP, AUDITOR)
        self._write("pg_hba.conf", "local all all peer map=doleance\n")
        self._write("pg_ident.conf", "".join(f'doleance "{who}" {role}\n' for who in sorted(people) for role in roles))

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        os.chown(path, self.account.uid, self.account.gid)

    def _make_socket_folder(self) -> None:
        """A folder that is the account's alone. Its name can be guessed: one that somebody else made is refused."""
        self._socket = folder = _default_socket(self.data)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, self.account.uid, self.account.gid)
        there = folder.lstat()
        if folder.is_symlink() or there.st_uid != self.account.uid or there.st_mode & 0o077:
            raise NotOurs(data=folder, account=_account_name(there.st_uid))

    def _start_process(self, programs: binaries.Programs) -> None:
        """Start, and once more while the remains of a killed server still hold its memory."""
        deadline = time.monotonic() + 15.0
        while True:
            self._spawn(programs)
            if self._wait_ready():
                return
            reason = self._last_words()
            if "shared memory block" not in reason or time.monotonic() > deadline:
                raise ServerFailed(reason=reason)
            time.sleep(0.2)

    def _spawn(self, programs: binaries.Programs) -> None:
        if self.log.exists() and self.log.stat().st_size > 5_000_000:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        with self.log.open("ab") as log:
            self.log.chmod(0o600)
            self._log_start = log.tell()
            self.process = subprocess.Popen(
                [programs.path("postgres"), "-D", str(self.data), *_options(self.data, self.socket, self.durable)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=binaries.bare_environment(),
                umask=0o077,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops the server last
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509  before any thread of ours
                **binaries.identity(self.account),
            )

    def _wait_ready(self) -> bool:
        process = self.process
        deadline = time.monotonic() + PATIENCE_S
        while process is not None and time.monotonic() < deadline:
            if process.poll() is not None:
                self.process = None
                return False
            lines = _pid_file(self.data)
            if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.01)
        self.stop()
        return False

    def _last_words(self) -> str:
        """What the server said since it was last started, without moments and process numbers."""
        said = self.log.read_bytes()[self._log_start :].decode("utf-8", "replace").splitlines()
        return " ".join(line.split("] ", 1)[-1].strip() for line in said[-4:]) or "rien"

    def _check_durable(self) -> None:
        if self.durable:
            with self.connect() as connection:
                faults = durability_faults(connection)
            if faults:
                raise NotDurable(faults=", ".join(faults), data=self.data)


def durability_faults(connection: psycopg.Connection) -> list[str]:
    """What in the server's configuration could lose or damage committed rows, as French fragments; empty when safe."""
    faults = []
    for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        value = row[0] if row else ""
        if value == "off" or (name == "synchronous_commit" and value == "local"):
            faults.append(f"{name} = {value}")
    return faults


def _options(data: Path, socket: Path, durable: bool) -> list[str]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "port": "5432",
        "hba_file": str(data / "pg_hba.conf"),
        "ident_file": str(data / "pg_ident.conf"),
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        # A failing statement and its values are personal data: the server's log keeps its own life only.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_checkpoints": "off",
        "jit": "off",  # it compiles for longer than our statements run
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def _default_socket(data: Path) -> Path:
    name = f"doleance-{hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]}"
    folder = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(folder)) > _SOCKET_LIMIT:
        return Path("/tmp") / name  # noqa: S108  its owner and mode are checked
    return folder


def _pid_file(data: Path) -> list[str]:
    """The lines of `postmaster.pid`: 0 process, 4 socket folder, 7 state; empty when there is none."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []
    return lines if lines and lines[0].strip().lstrip("-").isdigit() else []


def _is_server(pid: int, data: Path) -> bool:
    """Whether the process `pid` lives and serves `data`: a process number is given again after a restart."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # somebody else's process cannot serve our data
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
        except OSError:
            return False
    command = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)
    return "postgres" in command.stdout


def stop_orphan(data: Path) -> None:
    """Stop a server whose parent vanished without a word, and clear the mark of one that is long dead.

    Call it only while holding the home's lock: then no living session can own that server.
    """
    lines = _pid_file(data)
    if not lines:
        return
    pid = int(lines[0])
    if not _is_server(pid, data):
        (data / "postmaster.pid").unlink(missing_ok=True)
        return
    deadline = time.monotonic() + 60.0
    while _is_server(pid, data) and time.monotonic() < deadline:
        os.kill(pid, signal.SIGINT)
        time.sleep(0.05)


def _account_name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name
