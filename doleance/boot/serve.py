"""Sert Doléance : la base, les pages et les tâches de fond, sous un seul processus.

The parent starts no Django: it holds the port, keeps its children alive, and stops all of them, the database last.
"""

import argparse
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from types import FrameType

from doleance.boot import children, config, external, prepare
from doleance.boot.children import Child
from doleance.boot.config import BadSetting, Config
from doleance.boot.postgres import OWNER, Server
from doleance.boot.session import SERVING, Session, refuse_if_served
from doleance.kernel.errors import Refusal

ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "::1"}  # noqa: S104  where to knock when it listens everywhere
GRACE_S = 25.0  # what a page and a job get to finish
TICK_S = 0.2


class PortTaken(Refusal):
    """Another program listens there."""

    code = "port_taken"
    sentence = (
        "L’adresse {listen} est déjà prise par un autre programme. Arrêtez-le, ou choisissez-en une autre : "
        "DOLEANCE_LISTEN=127.0.0.1:8001."
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything else is a setting."""
    parser.add_argument("--listen", metavar="HOTE:PORT", help="où écouter (par défaut : le réglage « listen »)")


def run(options: argparse.Namespace) -> int:
    """Serve until asked to stop (Ctrl-C, SIGTERM)."""
    if options.listen:
        os.environ["DOLEANCE_LISTEN"] = options.listen
    settled = config.load()
    with ExitStack() as stack:
        port = stack.enter_context(take_port(settled)) if options.command != "work" else None
        session = hold_database(settled, options.command)
        if session is not None:
            stack.callback(session.close, wait=False)
        stop = stop_signals()
        supervisor = Supervisor(settled, session.server if session else None, port, with_jobs=options.command != "web")
        stack.callback(supervisor.stop)
        return supervisor.run(stop)


def take_port(settled: Config) -> socket.socket:
    """The port to serve on. Raises `AlreadyServed` when it is we who have it, else what `listen` raises."""
    try:
        return listen(settled)
    except PortTaken:
        refuse_if_served(settled.home)
        raise


def listen(settled: Config) -> socket.socket:
    """Take the port before anything is started, and keep it while the web server restarts. Raises `PortTaken`."""
    host, _, number = settled.listen.rpartition(":")
    if not number.isdigit():
        raise BadSetting(name="listen", source=settled.listen, reason="écrivez hote:port, par exemple 127.0.0.1:8000.")
    host = host.strip("[]")
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, int(number)))
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(listen=settled.listen) from error
        raise BadSetting(name="listen", source=settled.listen, reason=error.strerror) from error
    taken.listen(1024)
    return taken


def stop_signals() -> threading.Event:
    """An event that Ctrl-C, SIGTERM and the end of the terminal set; a second one ends everything at once."""
    stop = threading.Event()

    def ask(_: int, __: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, ask)
    return stop


def hold_database(settled: Config, purpose: str) -> Session | None:
    """Start our own server and prepare it; None when settings name another, which is checked."""
    if settled.database_url:
        external.require_ready(settled, may_migrate=purpose == "serve")
        return None
    session = Session(settled.home, purpose=f"{SERVING}{settled.address}" if purpose == "serve" else purpose)
    if purpose == "serve":
        session.open_alone(on_wait=_say_who_has_it)
    else:
        session.open()
    try:
        prepare.ensure(settled, database_url=session.server.url(), owner_url=session.server.url(OWNER))
    except BaseException:
        session.close(wait=False)
        raise
    return session


def _say_who_has_it(note: str) -> None:
    print(f"Une autre commande utilise la base (« {note} ») : Doléance démarre dès qu’elle a fini.", flush=True)


class Supervisor:
    """The parent of the web server and of the worker, and of the database in embedded mode."""

    def __init__(self, settled: Config, server: Server | None, port: socket.socket | None, *, with_jobs: bool) -> None:
        self.settled = settled
        self.server = server
        self.children: list[Child] = []
        self._counts = TemporaryDirectory(prefix="doleance-nombres-")  # where the pages' processes count together
        shared = external.addresses_of(server) if server else {}
        if port is not None:
            counts = {"PROMETHEUS_MULTIPROC_DIR": self._counts.name}
            environment = children.environment(DOLEANCE_PROCESS="web", **counts, **shared)
            self.children.append(
                Child("pages", gunicorn(settled, port.fileno()), environment, passed=(port.fileno(),))
            )
        if with_jobs:
            environment = children.environment(DOLEANCE_PROCESS="work", **shared)
            self.children.append(Child("tâches de fond", children.command("jobs"), environment))

    def run(self, stop: threading.Event) -> int:
        """Keep all alive until `stop`."""
        for child in self.children:
            child.start()
        announced = False
        while not stop.wait(TICK_S):
            self._tend()
            if not announced and self._is_answering():
                announced = True
                self._announce()
        print("\nDoléance s’arrête…", flush=True)
        return 0

    def stop(self) -> None:
        """Stop the children together; the database is stopped after them, by its session."""
        children.stop_all(self.children, patience_s=GRACE_S)
        self._counts.cleanup()

    def _tend(self) -> None:
        server = self.server
        if server is not None and server.process is not None and server.process.poll() is not None:
            _warn("la base s’est arrêtée ; elle redémarre.")
            server.start()
        for child in self.children:
            code = child.tend()
            if code is not None:
                _warn(f"{child.name} : processus terminé (code {code}) ; il redémarre.")

    def _is_answering(self) -> bool:
        if self.children[0].name != "pages":
            return True
        host, _, number = self.settled.listen.rpartition(":")
        host = ANY.get(host, host.strip("[]"))
        direct = http.client.HTTPConnection(host, int(number), timeout=TICK_S)
        try:
            direct.request("GET", "/healthz", headers={"Host": self.settled.host})
            return direct.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            direct.close()

    def _announce(self) -> None:
        print(f"Doléance est prête : {self.settled.address}", flush=True)
        if not prepare.has_users(self.server.url() if self.server else self.settled.database_url):
            print(f"Premier démarrage : ouvrez {self._first_run_link()}", flush=True)
            print("(ce lien sert une seule fois ; relancer en donne un autre)", flush=True)
        print("Ctrl-C pour arrêter.", flush=True)

    def _first_run_link(self) -> str:
        """A fresh first-run link, from a child that knows the domain."""
        environment = children.environment(**(external.addresses_of(self.server) if self.server else {}))
        command = children.command("first-run")
        made = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        return made.stdout.strip()


def gunicorn(settled: Config, descriptor: int) -> list[str]:
    """The web server's command, on the port that the parent holds."""
    options = {
        "bind": f"fd://{descriptor}",
        "workers": settled.processes,
        "worker-class": "gthread",
        "threads": settled.threads,
        "timeout": 60,
        "graceful-timeout": 15,
        "keep-alive": 5,
        "forwarded-allow-ips": settled.proxy_addresses,
        "log-level": "warning",
    }
    if os.access("/dev/shm", os.W_OK):  # noqa: S108  a heartbeat on a busy disk looks like a dead worker
        options["worker-tmp-dir"] = "/dev/shm"  # noqa: S108
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    # Its control socket would be shared by every installation of the same user.
    return [sys.executable, "-m", "gunicorn", "doleance.boot.wsgi:application", "--no-control-socket", *arguments]


def _warn(text: str) -> None:
    print(f"doleance : {text}", file=sys.stderr, flush=True)
