"""Donne le lien du premier démarrage : il sert une fois, et seule son empreinte est gardée."""

import argparse

from django.conf import settings
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts.rules import machine
from doleance.kernel.clock import now


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It takes no argument."""


def run(_: argparse.Namespace) -> int:
    """Print a fresh link; earlier ones stop working. Refused once somebody can sign in."""
    secret = accounts.new_setup_link(by=machine("first-run"), at=now())
    print(f"{settings.DOLEANCE_URL}{reverse('first_run', args=[secret])}")
    return 0
