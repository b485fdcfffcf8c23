"""Prépare l’installation et dit où tout se trouve."""

import argparse

from doleance.boot import config


def add_arguments(_: argparse.ArgumentParser) -> None:
    """The preparation itself was done on the way in."""


def run(options: argparse.Namespace) -> int:
    """Say where things are."""
    if options.command == "migrate":
        print("La base est à jour.")
        return 0
    settled = config.load()
    print(f"Adresse      {settled.address}")
    print(f"Réglages     {settled.home / config.FILE}")
    print(f"Secrets      {settled.home / 'secrets'}")
    print(f"Base         {'tenue par Doléance, dans ' + str(settled.home) if settled.is_embedded else 'la vôtre'}")
    return 0
