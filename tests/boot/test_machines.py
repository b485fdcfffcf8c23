"""Two machines, each with its pages and its worker, on one PostgreSQL of somebody else's; then behind PgBouncer."""

import http.client
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest

from benchmarks import visitor
from benchmarks.visitor import Told, Visitor
from doleance.boot import children
from doleance.boot.config import SECRETS, Config
from doleance.boot.postgres import APP, OWNER
from tests.boot.conftest import doleance, environment, new_home, processes_of, remove, wait_for
from tests.cast import PASSWORD
from tests.house.source import ROOT
from tests.needs import require
from tests.servers.dovecot import free_port
from tests.servers.postgresql import POOL, External, open_pgbouncer, open_postgresql
from tests.servers.smtp import Sink

AMELIE = "amelie.rousseau@maison.example"
STORY = "Votre affiche de la gare montre ma maison, sans que personne me l’ait demandé."
TOLD = {"branch": "other", "text": STORY, "wishes": "apology", "preferred": "email"}
FURNISH = """
import sys, django
django.setup()
from doleance.channels.rules import Security
from tests import cast, factories
house = cast.assemble()
factories.mailbox(house, smtp_host="127.0.0.1", smtp_port=int(sys.argv[1]), smtp_security=Security.NONE)
"""
# What each job went through, for the test alone: the worker removes what succeeded.
WATCH = """
CREATE TABLE watched (job bigint, task text, stamp text, status text);
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.watched VALUES (NEW.id, NEW.task_name, NEW.args->>'timestamp', NEW.status);
    RETURN NEW;
END $$;
CREATE TRIGGER watch AFTER INSERT OR UPDATE OF status ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION watch();
"""
THREADS = """
import threading, django
django.setup()
from django.db import connection, connections, transaction
from django.contrib.contenttypes.models import ContentType
wrong = []
def work():
    try:
        for _ in range(20):  # often enough for a driver that prepares statements to prepare one
            with transaction.atomic():
                ContentType.objects.filter(app_label="doleance").count()
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
            assert len(list(ContentType.objects.order_by("id").iterator(chunk_size=3))) > 10
    except Exception as error:
        wrong.append(error)
    finally:
        connections.close_all()
threads = [threading.Thread(target=work) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(wrong)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[External]:
    """The database server of the house, empty."""
    folder = new_home().parent / "postgresql"
    folder.mkdir()
    folder.chmod(0o755)
    with open_postgresql(folder) as running:
        yield running
    shutil.rmtree(folder.parent, ignore_errors=True)


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module")
def machines(server: External, sink: Sink) -> Iterator[list[Path]]:
    """Two homes with the same secrets, as the guide says; both change the tables, at the same moment."""
    first, second, third = new_home(), new_home(), new_home()
    told = {"DATABASE_URL": server.url(), "DATABASE_OWNER_URL": server.url(OWNER)}
    early = doleance(first, "web", DATABASE_URL=server.url())
    assert (early.returncode, "doleance migrate" in early.stderr) == (2, True), early.stderr
    for name in SECRETS:
        Config(home=first).secret(name)
    shutil.copytree(first / "secrets", second / "secrets")
    migrating = [start(home, "migrate", **told) for home in (first, second)]
    assert [process.wait(120) for process in migrating] == [0, 0], said(first, "migrate") + said(second, "migrate")
    env = environment(first, DJANGO_SETTINGS_MODULE="doleance.boot.settings", DATABASE_URL=server.url())
    env["DOLEANCE_MAIL_NETWORKS"] = "127.0.0.0/8"
    subprocess.run([sys.executable, "-c", FURNISH, str(sink.port)], env=env, check=True, cwd=ROOT)
    with server.administrator() as admin:
        admin.execute(WATCH)
    stranger = doleance(third, "work", DATABASE_URL=server.url())
    assert (stranger.returncode, "secrets" in stranger.stderr) == (2, True), stranger.stderr
    yield [first, second]
    for home in (first, second, third):
        remove(home)


@pytest.fixture(params=["direct", "pgbouncer"])
def addresses(request: pytest.FixtureRequest, server: External) -> Iterator[dict[str, str]]:
    """How the machines reach the database."""
    if request.param == "direct":
        yield {"DATABASE_URL": server.url()}
        return
    require("pgbouncer")
    folder = server.folder.parent / "bouncer"
    folder.mkdir()
    with open_pgbouncer(folder, server) as port:
        yield {
            "DATABASE_URL": server.url(port=port),
            "DATABASE_DIRECT_URL": server.url(),
            "DOLEANCE_PGBOUNCER": "1",
        }


def start(home: Path, command: str, **told: str) -> "subprocess.Popen[bytes]":
    with (home.parent / f"{command}.log").open("wb") as log:
        return subprocess.Popen(
            children.command(command),
            env=environment(home, **told),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def said(home: Path, command: str) -> str:
    return (home.parent / f"{command}.log").read_text()


def is_ready(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


@pytest.fixture
def ports(machines: list[Path], addresses: dict[str, str], server: External) -> Iterator[list[int]]:
    """Both machines at work; the ports of their pages."""
    found, started = [free_port(), free_port()], []
    told = addresses | {"DOLEANCE_PROCESSES": "1", "DOLEANCE_MAIL_NETWORKS": "127.0.0.0/8"}
    try:
        for home, port in zip(machines, found, strict=True):
            started += [start(home, "web", DOLEANCE_LISTEN=f"127.0.0.1:{port}", **told), start(home, "work", **told)]
        wait_for(lambda: all(map(is_ready, found)) and listening(server) == 2, 90)
        yield found
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        ended = [process.wait(60) for process in started]
    assert ended == [0, 0, 0, 0]
    logged = "".join(said(home, command) for home in machines for command in ("web", "work"))
    assert not [word for word in (STORY, "jean", "passant.example", "amelie") if word.lower() in logged.lower()], (
        logged
    )
    assert not [pid for home in machines for pid in processes_of(home)]


def ask(server: External, query: str) -> list[tuple]:
    with server.administrator() as admin:
        return admin.execute(query).fetchall()


def listening(server: External) -> int:
    """How many workers are told of jobs as they come, over a connection of their own."""
    told = "application_name = 'doleance work' AND query ILIKE 'LISTEN%'"
    return int(ask(server, f"SELECT count(*) FROM pg_stat_activity WHERE {told}")[0][0])


def sign_in(person: Visitor) -> None:
    page = person.get("/connexion/")
    form = visitor.forms(page)[0]
    body = urlencode(form.fields | {"login": AMELIE, "password": PASSWORD}).encode()
    assert person.ask("POST", form.action, body, "application/x-www-form-urlencoded").status == 302


def test_two_machines_do_everything_once(ports: list[int], server: External, sink: Sink, addresses: dict[str, str]):
    already, complainant = len(sink.received), f"jean{ports[0]}@passant.example"
    since = int(time.time())
    with ExitStack() as stack:
        one, other, passer_by = (stack.enter_context(Visitor(port)) for port in (*ports, ports[0]))
        summary = passer_by.fill(Told(TOLD | {"email": complainant}))
        assert visitor.is_receipt(passer_by.press(visitor.question_of(summary), work=True))
        sign_in(one)
        other.cookies = dict(one.cookies)
        assert STORY[:30] in other.get("/dossiers/").page, "a session opened on one machine is one on the other"

    (letter,) = sink.wait_for(already + 1)[already:]
    assert letter.recipients == (complainant,)
    wait_for(lambda: ask(server, f"SELECT 1 FROM watched WHERE task = 'boot.rescue' AND stamp::int > {since}"), 40)
    quiet = "SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name LIKE 'notifications.%'"
    wait_for(lambda: not ask(server, quiet))
    assert len(sink.received) == already + 1, "acknowledged once"
    assert ask(server, "SELECT count(*) FROM procrastinate_workers") == [(2,)]
    twice = "SELECT job FROM watched WHERE status = 'doing' GROUP BY job HAVING count(*) > 1"
    assert ask(server, twice) == [], "no job was done by both"
    planned = (
        "SELECT task, stamp FROM watched WHERE stamp IS NOT NULL GROUP BY task, stamp HAVING count(DISTINCT job) > 1"
    )
    assert ask(server, planned) == [], "each periodic job was asked for once"
    owned = f"SELECT relname FROM pg_class WHERE relowner = '{APP}'::regrole"
    assert ask(server, owned) == [], "the role that serves changes no table"
    if "DATABASE_DIRECT_URL" in addresses:
        shared = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doleance web'"
        assert 0 < ask(server, shared)[0][0] <= POOL, "the pages share the bouncer's few connections"


@pytest.mark.needs("pgbouncer")
@pytest.mark.parametrize("addresses", ["pgbouncer"], indirect=True)
def test_threads_work_when_each_transaction_has_another_connection(machines: list[Path], addresses: dict[str, str]):
    given = addresses | {"DOLEANCE_PROCESS": "web", "DOLEANCE_THREADS": "6"}
    env = environment(machines[0], DJANGO_SETTINGS_MODULE="doleance.boot.settings", **given)
    done = subprocess.run(
        [sys.executable, "-c", THREADS], env=env, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
