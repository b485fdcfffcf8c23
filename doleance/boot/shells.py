"""Ouvre psql, ou Python, sur la base de Doléance."""

import argparse
import os
import subprocess

from django.core.management import call_command

from doleance.boot import binaries, config
from doleance.boot.postgres import APP, AUDITOR, OWNER, SUPERUSER, Server
from doleance.boot.session import data_of

ROLES = {"auditor": AUDITOR, "app": APP, "owner": OWNER, "superuser": SUPERUSER}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The role that psql takes: it only reads unless another is asked for."""
    if parser.get_default("command") == "db":
        parser.add_argument("--role", choices=ROLES, default="auditor", help="par défaut : lire seulement")
        parser.set_defaults(passes_on=True)
        parser.epilog = "Le reste est donné à psql, par exemple : doleance db -c 'select 1'."


def run(options: argparse.Namespace) -> int:
    """Open the shell; returns its exit code."""
    if options.command == "shell":
        call_command("shell")
        return 0
    settled = config.load()
    address = settled.direct_url
    if settled.is_embedded:
        address = Server(data_of(settled.home)).url(ROLES[options.role])
    psql = str(binaries.bin_dir() / "psql")
    environment = os.environ | {"PSQLRC": os.environ.get("PSQLRC", os.devnull)}
    return subprocess.run([psql, address, *options.extra], check=False, env=environment).returncode
