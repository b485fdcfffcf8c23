"""Dit ce qui reste à régler avant d’ouvrir Doléance aux gens.

What keeps it from starting was said on the way in (`external.require_ready`); this is what it would start badly with.
"""

import argparse
from collections.abc import Iterator

import psycopg
from django.conf import settings
from django.core import checks

from doleance.boot import config, queries
from doleance.boot.config import Config
from doleance.boot.postgres import durability_faults
from doleance.boot.session import usual_url
from doleance.channels import queries as channels

SILENT_S = 30.0  # as `schedule` takes a worker for dead


def add_arguments(_: argparse.ArgumentParser) -> None:
    """None: everything is looked at."""


def run(_: argparse.Namespace) -> int:
    """Say what is wrong, a line each; 1 when something is."""
    settled = config.load()
    found = [*of_settings(settled), *of_keys(settled), *of_database(settled), *of_house(settled)]
    for line in found:
        print(f"- {line}")
    if not found:
        print("Rien à redire.")
    return 1 if found else 0


def of_settings(settled: Config) -> Iterator[str]:
    """What people would be exposed to; Django's own deployment checks, in its own words, once HTTPS is meant."""
    if not settled.is_https and not settled.is_loopback:
        yield f"On vient en clair à {settled.address} : mettez devant un serveur mandataire en https."
    if settled.is_https and not settled.proxies:
        yield "« proxies » vaut 0 : derrière un serveur mandataire, tous les visiteurs semblent venir du même réseau."
    if settled.debug:
        yield "« debug » est allumé : une panne montre le programme à tout le monde."
    if settled.is_https:
        for one in checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True):
            if not one.is_silenced():
                yield f"{one.id} : {one.msg}"


def of_keys(settled: Config) -> Iterator[str]:
    """Secrets that somebody else of this machine may read."""
    for name in config.SECRETS:
        path = settled.path_of(name)
        if path.is_file() and path.stat().st_mode & 0o077:
            yield f"D’autres comptes peuvent lire {path} : chmod 600."


def of_database(settled: Config) -> Iterator[str]:
    """What could lose rows, or let the journal be rewritten."""
    with psycopg.connect(settled.direct_url or usual_url(settled.home), connect_timeout=10, autocommit=True) as direct:
        if faults := durability_faults(direct):
            yield f"Une panne pourrait perdre des réclamations : {', '.join(faults)}."
    if queries.owns_tables():
        yield (
            "Les pages vont à la base sous le rôle qui possède les tables : le journal n’est protégé que par ses "
            "déclencheurs. Donnez « database_owner_url » et servez sous doleance_app."
        )
    if not settled.is_embedded and not settled.database_owner_url:
        yield "« database_owner_url » est vide ici : la base se met à jour et se sauvegarde d’une autre machine."


def of_house(settled: Config) -> Iterator[str]:
    """What would stay undone."""
    if not queries.jobs(silent_s=SILENT_S).workers:
        yield "Aucune tâche de fond ne tourne : lancez « doleance serve » ou « doleance work »."
    boxes = [box for box in channels.mailboxes() if box.is_active]
    if not settled.smtp_url and not any(box.smtp_host for box in boxes) and not settings.DOLEANCE_SINK:
        yield "Aucun serveur d’envoi n’est réglé : les réponses attendront."
