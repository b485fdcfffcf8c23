"""Whether a start has something to prepare, and the preparation in a process of its own (`preparation`).

Asked before anything is served and before each command that needs the tables. Costs no Django: a second start asks,
finds that nothing changed, and goes on.
"""

import hashlib
import importlib.metadata
import subprocess
from pathlib import Path

import psycopg

from doleance.boot import children, config, readiness
from doleance.boot.config import Config
from doleance.kernel.errors import Refusal

PAGES = " pages"  # marks a preparation that left the database to others
PACKAGE = Path(__file__).resolve().parents[1]


class PreparationFailed(Refusal):
    """The preparation stopped; its own words are above."""

    code = "preparation_failed"
    sentence = "La préparation de la base ou des pages a échoué (voir ci-dessus) : rien n’est servi."


class NotPrepared(Refusal):
    """The schema is not this version's, and this process may not change it."""

    code = "not_prepared"
    sentence = "La base n’est pas à jour pour cette version. Lancez d’abord « doleance migrate »."


def fingerprint() -> str:
    """What the preparation depends on: versions, migrations, SQL, static files, catalogues, this package."""
    found = hashlib.sha256()
    for name in sorted(f"{one.name} {one.version}" for one in importlib.metadata.distributions()):
        found.update(name.encode() + b"\0")
    sources = [*PACKAGE.glob("migrations/*.py"), *PACKAGE.glob("*/sql/*"), *PACKAGE.glob("locale/*/LC_MESSAGES/*.po")]
    sources += [path for folder in PACKAGE.glob("*/static") for path in folder.rglob("*")]
    sources += [*PACKAGE.glob("*/*.toml"), *PACKAGE.glob("boot/*.py"), PACKAGE / "kernel" / "assets.py"]
    for path in sorted(sources):
        if path.is_file():
            stamp = path.stat()
            found.update(f"{path}:{stamp.st_size}:{stamp.st_mtime_ns}\0".encode())
    return found.hexdigest()


def is_current(home: Path, database_url: str) -> bool:
    """Whether this home and this database were prepared by this very code."""
    return _noted(home) == fingerprint() and has_schema(database_url)


def has_pages(home: Path) -> bool:
    """Whether static files and catalogues of this home are this very code's."""
    return _noted(home).removesuffix(PAGES) == fingerprint()


def has_schema(database_url: str) -> bool:
    """Whether every migration of Doléance was applied to the database."""
    with psycopg.connect(database_url, connect_timeout=10, autocommit=True) as direct:
        return readiness.has_schema(lambda query: direct.execute(query.encode()).fetchall())


def has_users(database_url: str) -> bool:
    """Whether somebody can sign in; a prepared database only."""
    with psycopg.connect(database_url, connect_timeout=10) as direct:
        return direct.execute("SELECT 1 FROM doleance_user LIMIT 1").fetchone() is not None


def _noted(home: Path) -> str:
    stamp = home / "prepared"
    return stamp.read_text("ascii") if stamp.is_file() else ""


def note(home: Path, *, only_pages: bool) -> None:
    """Remember that all, or only the pages, is prepared."""
    (home / "prepared").write_text(fingerprint() + (PAGES if only_pages else ""), "ascii")


def forget(home: Path) -> None:
    """Prepare again at the next start: after a restore the database is an older one."""
    (home / "prepared").unlink(missing_ok=True)


def ensure(settled: Config, *, database_url: str, owner_url: str) -> None:
    """Prepare in a child process when something changed. Raises `PreparationFailed`."""
    config.write_example(settled)
    if not is_current(settled.home, database_url):
        _prepare(owner_url)


def ensure_pages(settled: Config) -> None:
    """Prepare what this machine needs to serve pages, on a database that is ready. Raises `PreparationFailed`."""
    if not has_pages(settled.home):
        _prepare(settled.database_url, "--pages")


def _prepare(url: str, *arguments: str) -> None:
    addresses = dict.fromkeys(("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_OWNER_URL"), url)
    environment = children.environment(**addresses, DOLEANCE_PROCESS="command")
    command = children.command("prepare", *arguments)
    done = subprocess.run(command, env=environment, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise PreparationFailed
