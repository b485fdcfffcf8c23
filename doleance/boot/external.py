"""A database that is not ours to run: what we ask of it, and how children are told of any database."""

import sys

import psycopg

from doleance.boot import prepare
from doleance.boot.binaries import MINIMUM
from doleance.boot.config import Config
from doleance.boot.postgres import OWNER, Server, durability_faults
from doleance.kernel.errors import Refusal


class Unreachable(Refusal):
    """The database that settings name does not answer."""

    code = "database_unreachable"
    sentence = "La base donnée par DATABASE_URL ne répond pas : {reason}"


class TooOld(Refusal):
    """The server is older than what the schema needs."""

    code = "database_too_old"
    sentence = "Ce serveur est PostgreSQL {found} ; Doléance demande au moins la version {wanted}."


def addresses_of(server: Server) -> dict[str, str]:
    """How a child process is told of our own server."""
    return {"DATABASE_URL": server.url(), "DATABASE_OWNER_URL": server.url(OWNER), "DOLEANCE_EMBEDDED": "1"}


def owner_url(settled: Config) -> str:
    """The address under which the schema is changed: the application's own when no other was given."""
    return settled.database_owner_url or settled.database_url


def require_ready(settled: Config, *, may_migrate: bool) -> None:
    """Check the database that settings name, and prepare it when the command may change its schema.

    Raises `Unreachable`, `TooOld`, `NotPrepared`, `PreparationFailed`. What could lose rows is said aloud and not
    refused: the server is somebody else's.
    """
    check_server(settled.database_url)
    if may_migrate:
        prepare.ensure(settled, database_url=settled.database_url, owner_url=owner_url(settled))
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
