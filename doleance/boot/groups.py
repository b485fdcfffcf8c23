"""The measures of pairs, as `doleance evaluate` prints them for a file of groups."""

from collections.abc import Sequence
from typing import Any

from doleance.understanding.duplicates.measures import Found, Group, measure
from doleance.understanding.measures import Tally
from doleance.understanding.model.learned import Model

_FIGURES = ("precision", "recall", "f1")
_WIDTHS = {"precision": 9, "recall": 6, "f1": 5}
_ITEMS = (
    ("duplicates", "même réclamation"),
    ("evident", "dont personne ou commande"),
    ("related", "même affaire"),
    ("proposals", "toutes les paires proposées"),
)


def as_json(groups: Sequence[Group], model: Model) -> dict[str, Any]:
    """Every figure: what was right, found and wanted, and the share of false friends."""
    found = measure(groups, model)
    figures = {name: _figures(getattr(found, name)) for name, _ in _ITEMS}
    friends = {"count": found.friends.count, "taken": found.friends.count - found.friends.exact}
    return {
        "model": model.id,
        "groups": len(groups),
        "messages": found.messages,
        "pairs": figures,
        "false_friends": {**friends, "share": _rounded(found.false_friends)},
    }


def _figures(tally: Tally) -> dict[str, Any]:
    counts = {"right": tally.right, "found": tally.found, "wanted": tally.wanted}
    return {**counts, **{name: _rounded(getattr(tally, name)) for name in _FIGURES}}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def as_table(groups: Sequence[Group], model: Model) -> list[str]:
    """One line an item, then the false friends."""
    found = measure(groups, model)
    lines = [f"Modèle : {model.id}", f"Groupes : {len(groups)}, messages : {found.messages}", ""]
    lines.append(f"{'paires':<28}  {'justes':>6}  {'proposées':>9}  {'à trouver':>9}  précision  rappel     F1")
    for name, label in _ITEMS:
        tally: Tally = getattr(found, name)
        told = "  ".join(f"{_said(getattr(tally, figure)):>{width}}" for figure, width in _WIDTHS.items())
        lines.append(f"{label:<28}  {tally.right:>6}  {tally.found:>9}  {tally.wanted:>9}  {told}")
    return [*lines, "", _friends(found)]


def _friends(found: Found) -> str:
    taken = found.friends.count - found.friends.exact
    share = _said(found.false_friends)
    return f"Faux amis : {taken} sur {found.friends.count} paires différentes d’un même groupe ({share})"


def _said(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".lstrip("0") if value < 1 else "1.000"
