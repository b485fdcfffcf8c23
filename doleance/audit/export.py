"""Écrit le journal entier pour un tiers, en lignes de JSON ; aucun texte scellé n’en sort."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext
from tqdm import tqdm

from doleance.audit import actions, queries, rules
from doleance.audit.offline import Footer, header_line, line_of
from doleance.kernel.db import snapshot

PAGE = 5_000
EXPORTER = "machine:export-journal"


def lines(footer: Footer) -> Iterator[str]:
    """Header, events by stream and rank, last line; `footer` counts them. Inside `snapshot` only."""
    yield header_line(rules.moment(queries.moment()))
    for page in queries.pages(PAGE):
        for event in page:
            bare = event.bare()
            footer.add(bare)
            yield line_of(bare)
    yield footer.line()


def write_export(path: Path) -> Footer:
    """Write the export and leave its event. Raises FileExistsError: an export is evidence, never written over."""
    footer = Footer()
    draft = path.with_name(f".{path.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file, snapshot():
            at = queries.moment()
            for line in tqdm(lines(footer), total=queries.about() or None, unit=" lignes", disable=None, leave=False):
                file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename, it refuses a file that is there
    finally:
        draft.unlink(missing_ok=True)
    actions.exported(events=footer.events, streams=footer.streams, digest=footer.digest, by=EXPORTER, at=at)
    return footer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `doleance export-journal`."""
    parser.add_argument(
        "path",
        type=Path,
        metavar="FICHIER",
        help="le fichier à écrire (JSON par lignes) ; il ne doit pas exister",
    )


def run(options: argparse.Namespace) -> int:
    """Export the journal of the database; the exit code: 0 done, 2 the file cannot be written."""
    try:
        footer = write_export(options.path)
    except OSError as error:
        sys.stderr.write(
            gettext("Le fichier {path} ne peut pas être écrit : {reason}.").format(
                path=options.path, reason=error.strerror
            )
            + "\n"
        )
        return 2
    told = gettext("{events} entrées de {streams} flux écrites dans {path}.")
    sys.stdout.write(told.format(events=footer.events, streams=footer.streams, path=options.path) + "\n")
    return 0
