"""The command `doleance`: one sub-command, one module.

A module gives `add_arguments(parser)` and `run(options) -> int`. What a command needs is said in the table; the cheap
ones start no Django and no database.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from types import FrameType
from typing import NoReturn

import django

from doleance.boot import arguments as french
from doleance.boot import config, external, prepare
from doleance.boot.config import Config
from doleance.boot.postgres import OWNER
from doleance.boot.session import session
from doleance.kernel.errors import Refusal


class Needs(Flag):
    """What must be there before a command runs."""

    NOTHING = 0
    DJANGO = auto()
    DATABASE = auto()  # prepared: tables, the house
    ALL = DJANGO | DATABASE


@dataclass(frozen=True, slots=True)
class Command:
    """One sub-command: where it is written, what it needs, its line in the help (none: not for people)."""

    module: str
    needs: Needs
    help: str = ""


COMMANDS = {
    "serve": Command("doleance.boot.serve", Needs.NOTHING, "tout en un : base, pages, tâches de fond"),
    "web": Command("doleance.boot.serve", Needs.NOTHING, "les pages seules"),
    "work": Command("doleance.boot.serve", Needs.NOTHING, "les tâches de fond seules"),
    "init": Command("doleance.boot.init", Needs.DATABASE, "prépare tout sans rien servir, et dit où tout se trouve"),
    "check": Command("doleance.boot.check", Needs.ALL, "dit ce qui reste à régler avant d’ouvrir aux gens"),
    "access-link": Command(
        "doleance.boot.access_link", Needs.ALL, "donne à une personne un lien pour un mot de passe"
    ),
    "first-run": Command("doleance.boot.first_run", Needs.ALL, "donne le lien qui crée la première personne"),
    "migrate": Command("doleance.boot.init", Needs.DATABASE, "met la base à jour pour cette version"),
    "import": Command("doleance.intake.imports", Needs.ALL, "importe des courriels (mbox, eml, Maildir, dossier)"),
    "due": Command("doleance.boot.due", Needs.NOTHING, "calcule les échéances d’un référentiel, sans base"),
    "read": Command("doleance.boot.read", Needs.NOTHING, "lit des messages (JSON), sans base"),
    "duplicates": Command(
        "doleance.boot.duplicates", Needs.NOTHING, "propose les messages qui sont une même réclamation, sans base"
    ),
    "evaluate": Command("doleance.boot.evaluate", Needs.NOTHING, "mesure la lecture sur des messages annotés"),
    "learn": Command(
        "doleance.boot.learn", Needs.NOTHING, "apprend des corrections, compare, installe si c’est mieux"
    ),
    "corrections": Command(
        "doleance.boot.corrections", Needs.ALL, "écrit ce que vous avez corrigé de la lecture, pour learn"
    ),
    "verify": Command("doleance.audit.verify", Needs.ALL, "vérifie le journal, dans la base ou dans un export"),
    "export-journal": Command("doleance.audit.export", Needs.ALL, "écrit le journal pour un tiers"),
    "backup": Command("doleance.boot.backup", Needs.DATABASE, "sauvegarde la base, et les clés à part"),
    "restore": Command("doleance.boot.restore", Needs.NOTHING, "remet une sauvegarde en place"),
    "db": Command("doleance.boot.shells", Needs.DATABASE, "ouvre psql sur la base"),
    "shell": Command("doleance.boot.shells", Needs.ALL, "ouvre Python avec Doléance chargée"),
    "demo": Command("doleance.boot.demo", Needs.ALL, "charge l’entreprise d’exemple (voir ./run --demo)"),
    "vectors": Command(
        "doleance.boot.vectors", Needs.DATABASE, "fait chercher par PostgreSQL ce qui se ressemble (extension vector)"
    ),
    "prepare": Command("doleance.boot.preparation", Needs.DJANGO),
    "jobs": Command("doleance.boot.worker", Needs.DJANGO),
}


MIGRATING = frozenset({"init", "migrate"})


def main(arguments: list[str] | None = None) -> int:
    """Run one command. A refusal is said in one French sentence; its exit code is 2."""
    given = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doleance.boot.settings")
    # Before numpy is loaded, here and in every child: threads of several workers cost five times the processor.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        return _run(given)
    except Refusal as refusal:
        print(f"doleance : {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(signum: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signum)  # lets go of the database on the way out


def _run(given: list[str]) -> int:
    if not given or given[0] not in COMMANDS:
        return _help(given)
    name, rest = given[0], given[1:]
    command = COMMANDS[name]
    settled = config.load()
    if command.needs & Needs.DJANGO:
        django.setup()
    module = importlib.import_module(command.module)
    parser = french.parser(prog=f"doleance {name}", description=(module.__doc__ or "").splitlines()[0])
    parser.set_defaults(command=name)
    module.add_arguments(parser)
    options, extra = parser.parse_known_args(rest)
    if extra and not getattr(options, "passes_on", False):
        parser.error(f"argument inconnu : {extra[0]}")
    options.extra = extra
    if not command.needs & Needs.DATABASE:
        return int(module.run(options))
    return _with_database(settled, name, lambda: int(module.run(options)))


def _with_database(settled: Config, name: str, run: Callable[[], int]) -> int:
    """Run with a prepared database: the installation's own, started or shared, or the one that settings name."""
    if settled.database_url:
        external.require_ready(settled, may_migrate=name in MIGRATING)
        return run()
    with session(settled.home, purpose=name) as held:
        os.environ |= external.addresses_of(held.server)
        prepare.ensure(settled, database_url=held.server.url(), owner_url=held.server.url(OWNER))
        return run()


def _help(given: list[str]) -> int:
    """The list of commands; an unknown one is an error."""
    known = not given or given[0] in {"help", "-h", "--help"}
    stream = sys.stdout if known else sys.stderr
    if not known:
        print(f"doleance : « {given[0]} » n’est pas une commande.", file=stream)
    print("doleance COMMANDE [--help]\n", file=stream)
    for name, command in COMMANDS.items():
        if command.help:
            print(f"  {name:<15} {command.help}", file=stream)
    return 0 if known else 2


if __name__ == "__main__":
    sys.exit(main())
