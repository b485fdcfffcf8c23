"""Mesure la lecture sur des messages annotés : exactitude, précision, rappel et F1. Sans base de données.

Chaque ligne du fichier est un message avec son objet « gold ». Les mesures
sont données par élément, par langue et par perturbation (sans accents, CAPITALES, SMS, politesses, fautes de frappe).
Un fichier de groupes (« messages » et « pairs ») mesure les paires que propose « doleance duplicates ».
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from doleance.boot import groups, read
from doleance.understanding import evaluate, records
from doleance.understanding.duplicates import measures
from doleance.understanding.measures import ALL, Cell, Report, Tally
from doleance.understanding.model.learned import Model
from doleance.understanding.perturb import Perturbation

_LABELS = {
    Perturbation.CLEAN: "tel quel",
    Perturbation.NO_ACCENTS: "sans accents",
    Perturbation.CAPITALS: "EN CAPITALES",
    Perturbation.SMS: "style SMS",
    Perturbation.POLITE: "politesses",
    Perturbation.NOISE: "fautes de frappe",
}
# A language of fewer messages is in the totals, and in the JSON: a share of three says nothing.
ENOUGH = 5
_HEAD = ("élément", "langue", "perturbation", "n", "exact", "précision", "rappel", "F1")
_FIGURES = ("accuracy", "precision", "recall", "f1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured, with which model, and how it is printed."""
    parser.add_argument("file", metavar="FICHIER", help="messages annotés, un objet JSON par ligne")
    parser.add_argument("--model", type=Path, metavar="FICHIER", help="un autre modèle que celui qui est livré")
    parser.add_argument("--json", action="store_true", help="un seul objet JSON au lieu d’un tableau")
    parser.add_argument(
        "--perturbation",
        action="append",
        choices=[one.value for one in Perturbation],
        help="seulement celle-ci (se répète)",
    )


def run(options: argparse.Namespace) -> int:
    """Measure and print. Refuses a line that is no message with its gold."""
    model = read.chosen(options.model)
    if (piles := _groups(options.file)) is not None:
        return _say_groups(piles, model, is_json=options.json)
    with read.opened(options.file) as stream:
        cases = [evaluate.case(line, number) for number, line in enumerate(stream, 1) if line.strip()]
    wanted = tuple(Perturbation(one) for one in options.perturbation or Perturbation)
    report = evaluate.evaluate(cases, model, wanted)
    if options.json:
        read.put({"model": model.id, "messages": len(cases), **as_json(report)})
    else:
        sys.stdout.write("\n".join([f"Modèle : {model.id}", f"Messages : {len(cases)}", "", *as_table(report)]) + "\n")
    return 0


def _groups(path: str) -> list[measures.Group] | None:
    """The groups of a file; None when its first line is a message."""
    with read.opened(path) as stream:
        lines = (line for line in stream if line.strip())
        first = next(lines, "")
        if not first or not measures.is_group(records.parse(first)):
            return None
        return [measures.group(records.parse(line)) for line in (first, *lines)]


def _say_groups(piles: Sequence[measures.Group], model: Model, *, is_json: bool) -> int:
    if is_json:
        read.put(groups.as_json(piles, model))
    else:
        sys.stdout.write("\n".join(groups.as_table(piles, model)) + "\n")
    return 0


def as_json(report: Report) -> dict[str, Any]:
    """Every figure, and what was taken for what."""
    return {
        "figures": [
            {"item": cell.item, "language": cell.language, "perturbation": cell.perturbation, **_figures(tally)}
            for cell, tally in _ordered(report)
        ],
        "confusions": {
            item: [{"wanted": a, "given": b, "count": n} for (a, b), n in sorted(pairs.items())]
            for item, pairs in sorted(report.labels.items())
        },
    }


def _figures(tally: Tally) -> dict[str, Any]:
    shown = {name: _rounded(getattr(tally, name)) for name in _FIGURES}
    return {"count": tally.count, **shown}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _ordered(report: Report) -> list[tuple[Cell, Tally]]:
    """Items in the order they are counted; for each, perturbations in theirs, all languages first."""
    items = list(dict.fromkeys(cell.item for cell in report.tallies))
    hows = [one.value for one in Perturbation]

    def rank(cell: Cell) -> tuple[int, int, bool, str]:
        return items.index(cell.item), hows.index(cell.perturbation), cell.language != ALL, cell.language

    return sorted(report.tallies.items(), key=lambda one: rank(one[0]))


def as_table(report: Report) -> list[str]:
    """What is read in all languages, then in each that has messages enough, then kinds and categories one by one.

    One line a cell: what, in which language, changed how, over how many, and the four figures.
    """
    cells = _ordered(report)
    parts = {
        "Toutes langues": [one for one in cells if one[0].language == ALL],
        "Par langue": [one for one in cells if one[0].language != ALL and one[1].count >= ENOUGH],
    }
    rows = {title: [_row(cell, tally) for cell, tally in part] for title, part in parts.items() if part}
    widths = [
        max(len(row[column]) for part in rows.values() for row in (_HEAD, *part)) for column in range(len(_HEAD))
    ]
    lines: list[str] = []
    for title, part in rows.items():
        lines += [title, *(_line(row, widths) for row in (_HEAD, *part)), ""]
    for item in ("kind", "category"):
        if known := report.by_label(item):
            lines += [f"{item} :", *(_label_line(name, tally) for name, tally in known.items()), ""]
    return lines[:-1]


def _row(cell: Cell, tally: Tally) -> tuple[str, ...]:
    return (
        cell.item,
        "toutes" if cell.language == ALL else cell.language,
        _LABELS[Perturbation(cell.perturbation)],
        str(tally.count),
        *(_said(getattr(tally, name)) for name in _FIGURES),
    )


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    words = [row[column].ljust(widths[column]) for column in range(3)]
    numbers = [row[column].rjust(widths[column]) for column in range(3, len(row))]
    return "  ".join([*words, *numbers]).rstrip()


def _label_line(name: str, tally: Tally) -> str:
    told = f"précision {_said(tally.precision)}  rappel {_said(tally.recall)}"
    return f"  {name:<18} {told}  ({tally.right} sur {tally.wanted})"


def _said(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".lstrip("0") if value < 1 else "1.000"
