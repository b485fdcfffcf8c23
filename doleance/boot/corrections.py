"""Écrit ce que les personnes ont confirmé ou corrigé de la lecture, un objet JSON par ligne, pour « doleance learn ».

Rien de ce qui a été effacé n’y figure. Ces textes sont ceux des réclamants : gardez le fichier comme eux.
"""

import argparse
import json
import sys

from doleance.understanding import queries


def add_arguments(_: argparse.ArgumentParser) -> None:
    """All of them, or none."""


def run(_: argparse.Namespace) -> int:
    """Write each correction that a model can learn from; one under a branch alone names no sub-category to learn."""
    for one in queries.corrections():
        if one.kind or one.sub:
            sys.stdout.write(json.dumps(one.told(), ensure_ascii=False) + "\n")
    return 0
