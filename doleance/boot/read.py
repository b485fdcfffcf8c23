"""Lit des messages : langue, nature, griefs, faits, urgence et signaux. Sans base de données.

Un objet JSON par ligne, en entrée comme en sortie, dans le même ordre. Une ligne illisible donne une ligne d’erreur et
la lecture continue. Sans --time, deux lectures des mêmes messages sont identiques à l’octet près.
"""

import argparse
import io
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from doleance.kernel.errors import Refusal
from doleance.understanding import engine, records
from doleance.understanding.model import shipped
from doleance.understanding.model.learned import Model
from doleance.understanding.model.store import BadModel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the messages are, which model reads them."""
    parser.add_argument("file", nargs="?", metavar="FICHIER", help="messages à lire (l’entrée standard)")
    parser.add_argument("--model", type=Path, metavar="FICHIER", help="un autre modèle que celui qui est livré")
    parser.add_argument("--language", default="", metavar="CODE", help="la langue en cas de doute (celle de la boîte)")
    parser.add_argument("--time", action="store_true", help="ajoute la durée de chaque lecture, en millisecondes")


def run(options: argparse.Namespace) -> int:
    """Read each line; 0 when all went well, 1 when a line was refused."""
    model = chosen(options.model)
    failed = 0
    with opened(options.file) as stream:
        for told in read_lines(stream, model, language=options.language, is_timed=options.time):
            failed += "error" in told
            put(told)
    return 1 if failed else 0


def chosen(path: Path | None) -> Model:
    """The model of a file, or the shipped one. Raises BadModel."""
    if path is None:
        return shipped.shipped()
    try:
        return shipped.from_file(path)
    except OSError as error:
        raise BadModel(why=error.strerror or "illisible") from error


def opened(path: str | None) -> TextIO:
    """The lines of a file or of the standard input, as UTF-8; a byte that is none becomes a replacement sign."""
    if path is None or path == "-":
        return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace", newline="\n")
    return Path(path).open(encoding="utf-8", errors="replace", newline="\n")


def put(told: dict[str, Any]) -> None:
    """One line of JSON on the standard output, as UTF-8 whatever the terminal says."""
    sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def read_lines(
    lines: Iterable[str], model: Model, *, language: str = "", is_timed: bool = False
) -> Iterator[dict[str, Any]]:
    """What each line that is not blank gives: its reading, or `{"error", "line"}` (and its id when it has one)."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _read_line(line, number, model, language=language, is_timed=is_timed)


def _read_line(line: str, number: int, model: Model, *, language: str, is_timed: bool) -> dict[str, Any]:
    identity: object = None
    try:
        record = records.parse(line)
        identity = record.get("id")
        message = records.incoming(record)
        started = time.perf_counter()
        reading = engine.read(message, model, language=language)
        told = records.outgoing(reading, identity=identity)
    except Refusal as refusal:
        known = {"id": identity} if isinstance(identity, str | int) else {}
        return {**known, "error": str(refusal), "line": number}
    if is_timed:
        told["ms"] = round((time.perf_counter() - started) * 1000, 2)
    return told
