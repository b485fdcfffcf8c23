"""The second half of docs/glossaire.md, made from the code: `python -m tests.house.glossary` rewrites it."""

import importlib
import os
from collections.abc import Iterator

import django

from doleance.kernel.kinds import Kind
from tests.house.source import ROOT, product

PATH = ROOT / "docs/glossaire.md"
TITLE = "## Les listes fermées"
INTRODUCTION = (
    "Chaque mot de machine et ce que les gens lisent. Cette partie vient du code : `python -m tests.house.glossary`."
)


def kinds() -> list[type[Kind]]:
    """Every closed list of the product, by the step it lies on and its name."""
    for source in product():
        if source.role not in {"__main__", "settings"} and "/migrations/" not in source.path:
            importlib.import_module(source.module)
    found = {kind for kind in _below(Kind) if kind.__module__.startswith("doleance.")}
    return sorted(found, key=lambda kind: (package(kind), kind.__name__))


def _below(kind: type[Kind]) -> Iterator[type[Kind]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def package(kind: type) -> str:
    """The package where a class lives."""
    return kind.__module__.split(".")[1]


def lists(found: list[type[Kind]]) -> str:
    """The closed lists as the glossary prints them."""
    parts = [TITLE, "", INTRODUCTION, ""]
    for kind in found:
        parts += [f"### `{kind.__name__}` ({package(kind)})", "", "| Code | Français |", "|---|---|"]
        parts += [f"| `{member.value}` | {member.label} |" for member in kind if member.value]
        parts.append("")
    return "\n".join(parts)


def rewrite() -> None:
    """Put the lists of today at the end of the glossary."""
    words = PATH.read_text("utf-8").partition(TITLE)[0]
    PATH.write_text(words + lists(kinds()), "utf-8")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doleance.boot.settings")
    django.setup()
    rewrite()
