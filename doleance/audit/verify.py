"""Relit le journal : les entrées entre elles, les textes scellés, les lignes des tables ; ou bien un export.

Exit code 0: intact; 1: broken, and what is wrong is named; 2: what was asked for cannot be read.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from tqdm import tqdm

from doleance.audit import offline, queries, rules
from doleance.audit.models import AuditEvent
from doleance.audit.offline import Chain, Finding
from doleance.audit.reconcile import Reconciliation
from doleance.audit.texts import Reader
from doleance.kernel.db import snapshot
from doleance.kernel.kinds import gettext_noop

PAGE = 2_000  # events read at a time
NAMED = 1_000  # findings kept and named; beyond, they are counted

SENTENCES: Mapping[str, str] = offline.SENTENCES | {
    "text_removed": gettext_noop("Les textes scellés de cette entrée ont été retirés."),
    "text_added": gettext_noop("Des textes scellés ont été ajoutés à cette entrée, qui n’en avait pas."),
    "text_edited": gettext_noop("Les textes scellés de cette entrée ont été modifiés."),
    "key_lost": gettext_noop("La clé des textes de cette entrée a disparu, sans effacement au journal."),
    "row_changed": gettext_noop("{row} ne dit pas ce que dit le journal : {columns}."),
    "row_deleted": gettext_noop("{row} est au journal et n’est plus dans la base."),
    "row_inserted": gettext_noop("{row} est dans la base et n’est pas au journal."),
    "row_moved": gettext_noop("{row} est au journal de ce flux, et se dit maintenant du flux {own}."),
    "protection": gettext_noop("Une protection de la base manque : {name}."),
}


@dataclass
class Report:
    """What a walk over the database found."""

    events: int = 0
    streams: int = 0
    rows: int = 0
    texts_read: int = 0
    texts_erased: int = 0
    texts_unread: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.found

    def add(self, *findings: Finding | None) -> None:
        """Count what is wrong; keep the first ones to name them."""
        for finding in findings:
            if finding is not None:
                self.found += 1
                if len(self.findings) < NAMED:
                    self.findings.append(finding)


class Walk:
    """One walk over the whole journal, a page at a time; it keeps the rows of the stream at hand and no more."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._chain = Chain()
        self._reader = Reader(queries.erased_subjects())
        self._rows = Reconciliation()
        self._stream = ""
        self._told: list[rules.Told] = []

    def page(self, events: list[AuditEvent]) -> None:
        """Check a page of events, in order."""
        contents = self._reader.page(events)
        for event in events:
            self._report.add(self._chain.follow(event.bare()))
            content = next(contents)
            self._report.add(content.finding)
            if event.stream != self._stream:
                self._close_stream()
                self._stream = event.stream
            self._told.append(rules.told_by(event.seq, event.facts, content.rows))

    def finish(self) -> None:
        """Compare what waits with the live rows, and say how much was read."""
        self._close_stream()
        self._report.add(*self._rows.finish())
        self._report.events, self._report.streams = self._chain.events, self._chain.streams
        self._report.rows = self._rows.rows
        self._report.texts_read = self._reader.read
        self._report.texts_erased = self._reader.erased
        self._report.texts_unread = self._reader.unread

    def _close_stream(self) -> None:
        self._report.add(*self._rows.take(self._stream, rules.fold(self._told)))
        self._told = []


def check(progress: Callable[[int], object] | None = None) -> Report:
    """Walk the journal of the database as it is at this moment; `progress` is told how many events each page had."""
    report = Report()
    with snapshot():
        report.add(*protections())
        walk = Walk(report)
        for page in queries.pages(PAGE):
            walk.page(page)
            if progress is not None:
                progress(len(page))
        walk.finish()
        report.notes += _notes(report)
    return report


def protections() -> list[Finding]:
    """What the database should have to protect the journal and the business tables, and has not."""
    models = apps.get_app_config("doleance").get_models(include_auto_created=True)
    missing = queries.missing_protections(model._meta.db_table for model in models)
    return [Finding("protection", facts={"name": name}) for name in missing]


def _notes(report: Report) -> list[str]:
    """What a reader of the result must know, and which is no fault."""
    found = []
    if report.texts_unread:
        found.append(
            gettext("{count} textes scellés n’ont pas été relus : la clé maîtresse n’est pas lisible ici.").format(
                count=_number(report.texts_unread)
            )
        )
    if queries.is_owner():
        found.append(
            gettext("Ce compte possède les tables : contre lui, seuls les déclencheurs protègent le journal.")
        )
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `doleance verify`."""
    parser.add_argument(
        "export", nargs="?", type=Path, metavar="EXPORT", help="un export à vérifier, au lieu de la base"
    )
    parser.add_argument("--json", action="store_true", help="écrit le résultat en JSON, sur une ligne")


def run(options: argparse.Namespace) -> int:
    """Verify the database, or the export that `options.export` names; the exit code."""
    if options.export is not None:
        return offline.main([str(options.export), *(["--json"] if options.json else [])])
    started = time.monotonic()
    with tqdm(total=queries.about() or None, unit=" " + gettext("entrées"), disable=None, leave=False) as bar:
        report = check(bar.update)
    seconds = time.monotonic() - started
    sys.stdout.write(_as_json(report, seconds) if options.json else _as_text(report))
    return 0 if report.intact else 1


def sentence(finding: Finding) -> str:
    """What is wrong, in the reader's language."""
    return gettext(SENTENCES[finding.code]).format(**finding.facts)


def _as_json(report: Report, seconds: float) -> str:
    findings: list[dict[str, Any]] = [
        {"code": one.code, "stream": one.stream, "seq": one.seq, **one.facts, "sentence": sentence(one)}
        for one in report.findings
    ]
    told = {
        "intact": report.intact,
        "events": report.events,
        "streams": report.streams,
        "rows": report.rows,
        "texts": {"read": report.texts_read, "erased": report.texts_erased, "unread": report.texts_unread},
        "found": report.found,
        "findings": findings,
        "notes": report.notes,
        "seconds": round(seconds, 3),
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def _as_text(report: Report) -> str:
    lines = [f"✗ {one.place} — {sentence(one)}" if one.place else f"✗ {sentence(one)}" for one in report.findings]
    if report.found > len(report.findings):
        others = _number(report.found - len(report.findings))
        lines.append(gettext("… et {count} de plus.").format(count=others))
    lines += report.notes
    counted = gettext(
        "{events} entrées lues, {streams} flux ; {texts} textes relus, {erased} effacés ; {rows} lignes comparées."
    ).format(
        events=_number(report.events),
        streams=_number(report.streams),
        texts=_number(report.texts_read),
        erased=_number(report.texts_erased),
        rows=_number(report.rows),
    )
    verdict = gettext("Chaîne intacte.")
    if report.found:
        broken = ngettext("Journal rompu : {count} anomalie.", "Journal rompu : {count} anomalies.", report.found)
        verdict = broken.format(count=_number(report.found))
    return "\n".join([*lines, f"{verdict} {counted}"]) + "\n"


def _number(count: int) -> str:
    return str(number_format(count, use_l10n=True, force_grouping=True))
