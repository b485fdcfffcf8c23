"""Fait chercher par PostgreSQL les dossiers qui disent presque la même chose, si son extension « vector » est là.

Sans elle, Doléance compare lui-même, parmi les dossiers des trois derniers mois. Relancez cette commande après avoir
remis une sauvegarde en place : elle n’y est pas.
"""

import argparse
import sys

import psycopg
from psycopg import sql

from doleance.boot import config, external
from doleance.boot.postgres import DATABASE, SUPERUSER, Server
from doleance.boot.session import data_of
from doleance.kernel import clock
from doleance.kernel.errors import Refusal
from doleance.kernel.sql import script
from doleance.understanding.duplicates.candidates import LIKE_WINDOW

_BATCH = 1_000
_MEMORY = "512MB"  # to build the index of a hundred thousand files at once
_INDEX = (
    "CREATE INDEX IF NOT EXISTS near_said ON doleance_vectors.near"
    " USING hnsw (said doleance_vectors.halfvec_ip_ops) WITH (m = 16, ef_construction = 64)"
)
# What a database's administrator types when our account may not; no sentence, so that nothing sets its spaces.
_AS_SUPERUSER = (
    "CREATE SCHEMA doleance_vectors; CREATE EXTENSION vector SCHEMA doleance_vectors; "
    'GRANT USAGE, CREATE ON SCHEMA doleance_vectors TO "{account}";'
)


class NoVectors(Refusal):
    """The server does not have the extension."""

    code = "no_vectors"
    sentence = (
        "Ce serveur PostgreSQL n’a pas l’extension « vector » (paquet postgresql-NN-pgvector). Rien n’a été changé : "
        "Doléance compare lui-même."
    )


class MayNotExtend(Refusal):
    """The account may not create the extension."""

    code = "may_not_extend"
    sentence = (
        "Ce compte ne peut pas installer l’extension. Faites exécuter ceci par l’administrateur de la base, puis "
        "relancez cette commande\u00a0: {statements}"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to take it away."""
    parser.add_argument("--remove", action="store_true", help="retire l’index : Doléance compare lui-même")


def run(options: argparse.Namespace) -> int:
    """Make or remove the index; says how many files it holds."""
    settled = config.load()
    url = (
        Server(data_of(settled.home)).url(SUPERUSER, DATABASE) if settled.is_embedded else external.owner_url(settled)
    )
    if options.remove:
        remove(url)
        sys.stdout.write("Index retiré.\n")
        return 0
    sys.stdout.write(f"Index prêt : {install(url)} dossiers.\n")
    return 0


def install(url: str) -> int:
    """Make the extension, the table and its index, and fill it; how many files it holds.

    Raises NoVectors, MayNotExtend.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        _extend(connection)
        connection.execute(script("doleance.matching", "vectors.sql").encode())
        count = _fill(connection)
        connection.execute(f"SET maintenance_work_mem = '{_MEMORY}'".encode())
        connection.execute(_INDEX.encode())
        connection.execute("ANALYZE doleance_vectors.near")
        return count


def remove(url: str) -> None:
    """Take away all that `install` made."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        connection.execute("DROP SCHEMA IF EXISTS doleance_vectors CASCADE")


def _extend(connection: psycopg.Connection) -> None:
    known = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    if known is None:
        raise NoVectors
    try:
        connection.execute("CREATE SCHEMA IF NOT EXISTS doleance_vectors")
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA doleance_vectors")
    except psycopg.errors.InsufficientPrivilege as error:
        granted = _AS_SUPERUSER.format(account=connection.info.user)
        raise MayNotExtend(statements=granted) from error


def _fill(connection: psycopg.Connection) -> int:
    """Note every file of the last months that has a vector, some at a time; others are dropped."""
    since = clock.now() - LIKE_WINDOW
    connection.execute("SELECT doleance_vectors.keep_since(%s)", [since])
    connection.execute(
        "DELETE FROM doleance_vectors.near n WHERE NOT EXISTS ("
        "SELECT FROM public.doleance_traits t WHERE t.complaint_id = n.complaint_id AND t.vector IS NOT NULL)"
    )
    wanted = "SELECT complaint_id FROM public.doleance_traits WHERE vector IS NOT NULL AND received_at >= %s"
    found = connection.execute(wanted, [since]).fetchall()
    noted = sql.SQL("SELECT doleance_vectors.note(one, %s) FROM unnest(%s::uuid[]) AS one")
    for start in range(0, len(found), _BATCH):
        connection.execute(noted, [since, [pk for (pk,) in found[start : start + _BATCH]]])
    row = connection.execute("SELECT count(*) FROM doleance_vectors.near").fetchone()
    return int(row[0]) if row else 0
