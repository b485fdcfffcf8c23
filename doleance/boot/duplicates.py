"""Propose les paires de messages qui sont peut-être une seule réclamation. Sans base de données.

Un message JSON par ligne, comme pour « doleance read » ; une ligne JSON par paire proposée, dès que son second message
est lu : {"a", "b", "score", "relation", "why"}. Une ligne illisible donne une ligne d’erreur et la lecture continue.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from doleance.boot import read
from doleance.kernel.errors import Refusal
from doleance.understanding import records
from doleance.understanding.duplicates.candidates import Compared
from doleance.understanding.duplicates.portraits import portrait
from doleance.understanding.duplicates.score import Because, Match, Reason
from doleance.understanding.model.learned import Model

_HOUR, _DAY = 60, 24 * 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the messages are, which model reads them."""
    parser.add_argument("file", nargs="?", metavar="FICHIER", help="messages à comparer (l’entrée standard)")
    parser.add_argument("--model", type=Path, metavar="FICHIER", help="un autre modèle que celui qui est livré")
    parser.add_argument("--language", default="", metavar="CODE", help="la langue en cas de doute (celle de la boîte)")


def run(options: argparse.Namespace) -> int:
    """Compare each message with those before it; 0 when all went well, 1 when a line was refused."""
    model = read.chosen(options.model)
    failed = 0
    with read.opened(options.file) as stream:
        for told in pairs(stream, model, language=options.language):
            failed += "error" in told
            read.put(told)
    return 1 if failed else 0


def pairs(lines: Iterable[str], model: Model, *, language: str = "") -> Iterator[dict[str, Any]]:
    """What is proposed, in the order of the second messages, then of the first; and `{"error", "line"}` lines."""
    pile, names = Compared(), list[object]()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identity: object = None
        try:
            record = records.parse(line)
            identity = record.get("id")
            drawn = portrait(records.incoming(record), model, language=language)
        except Refusal as refusal:
            known = {"id": identity} if isinstance(identity, str | int) else {}
            yield {**known, "error": str(refusal), "line": number}
            continue
        for place, match in pile.add(drawn):
            yield _told(names[place], identity, match)
        names.append(identity)


def _told(a: object, b: object, match: Match) -> dict[str, Any]:
    return {
        "a": a,
        "b": b,
        "score": match.score,
        "relation": match.relation.value,
        "why": [said(one) for one in match.why],
    }


def said(one: Because) -> str:
    """« même téléphone », « mêmes mots (7) », « 11 min d’écart »."""
    if one.reason is Reason.APART:
        return f"{_apart(one.number)} {one.reason.label}"
    if one.reason is Reason.MEANING:
        return f"{one.reason.label} ({one.number} %)"
    return f"{one.reason.label} ({one.number})" if one.number else one.reason.label


def _apart(minutes: int) -> str:
    if minutes < 2 * _HOUR:
        return f"{minutes} min"
    return f"{round(minutes / _HOUR)} h" if minutes < 2 * _DAY else f"{round(minutes / _DAY)} j"
