"""Donne un lien par lequel une personne choisit un nouveau mot de passe, quand aucun courriel ne peut le porter."""

import argparse
import sys

from django.conf import settings
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.rules import machine
from doleance.entry import actions as entry
from doleance.kernel.clock import now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose link."""
    parser.add_argument("email", metavar="ADRESSE", help="l’adresse de courriel de la personne")
    parser.add_argument(
        "--retirer-second-facteur",
        action="store_true",
        dest="removes",
        help="retire aussi ses seconds facteurs perdus",
    )


def run(options: argparse.Namespace) -> int:
    """Print a fresh link; earlier ones stop working. The person's chain says that the server's keeper made it."""
    user = queries.user_by_email(options.email)
    if user is None:
        sys.stderr.write("Personne n’a cette adresse.\n")
        return 1
    secret = accounts.invite(user=user, by=machine("access-link"), at=now())
    if options.removes:
        entry.remove_factors(user=user, by=machine("access-link"), at=now())
    print(f"{settings.DOLEANCE_URL}{reverse('invitation', args=[secret])}")
    return 0
