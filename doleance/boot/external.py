"""A database that is not ours to run: what we ask of it, and how children are told of any database."""

import sys

import psycopg

from doleance.boot import prepare, readiness
from doleance.boot.binaries import MINIMUM
from doleance.boot.config import Config
from doleance.boot.postgres import OWNER, Server, durability_faults
from doleance.boot.prepare import NotPrepared
from doleance.boot.readiness import Fault
from doleance.kernel.errors import Refusal


class Unreachable(Refusal):
    """The database that settings name does not answer."""

    code = "database_unreachable"
    sentence = "La base donnée par DATABASE_URL ne répond pas : {reason}"


class TooOld(Refusal):
    """The server is older than what the schema needs."""

    code = "database_too_old"
    sentence = "Ce serveur est PostgreSQL {found} ; Doléance demande au moins la version {wanted}."


class OtherKeys(Refusal):
    """The database was filled under other keys than those of this machine, which would seal what nobody else opens."""

    code = "other_keys"
    sentence = (
        "Les clés de cette machine ne sont pas celles sous lesquelles cette base est scellée. Rien n’a été fait. "
        "Copiez ici, dans {folder}, le dossier « secrets » d’une machine qui sert déjà cette base."
    )


def addresses_of(server: Server) -> dict[str, str]:
    """How a child process is told of our own server."""
    return {"DATABASE_URL": server.url(), "DATABASE_OWNER_URL": server.url(OWNER), "DOLEANCE_EMBEDDED": "1"}


def owner_url(settled: Config) -> str:
    """The address under which the schema is changed: the application's own when no other was given."""
    return settled.database_owner_url or settled.direct_url


def require_ready(settled: Config, *, may_migrate: bool) -> None:
    """Check the database that settings name, and prepare it when the command may change its schema.

    Raises `Unreachable`, `TooOld`, `OtherKeys`, `NotPrepared`, `PreparationFailed`. What could lose rows is said aloud
    and not refused: the server is somebody else's.
    """
    check_server(settled.database_url)
    found = readiness.fault_at(settled.database_url, settled)
    if found is Fault.KEYS:
        raise OtherKeys(folder=settled.home / "secrets")
    if may_migrate:
        prepare.ensure(settled, database_url=settled.database_url, owner_url=owner_url(settled))
    elif found is Fault.MIGRATIONS:
        raise NotPrepared
    else:
        prepare.ensure_pages(settled)


def check_server(url: str) -> None:
    """Refuse a server that is away or too old; warn of one that could lose what it said was kept."""
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            major = connection.info.server_version // 10_000
            faults = durability_faults(connection)
    except psycopg.OperationalError as error:
        raise Unreachable(reason=str(error).strip()) from error
    if major < MINIMUM:
        raise TooOld(found=major, wanted=MINIMUM)
    if faults:
        text = f"Attention : cette base pourrait perdre des réclamations après une panne ({', '.join(faults)})."
        print(text, file=sys.stderr)
