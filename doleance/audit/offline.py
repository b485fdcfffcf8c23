"""Verify an export of the journal on a machine without Doléance: `python offline.py export.jsonl`.

Standard library only, on purpose: a third party copies this one file, reads it, and runs it. The canonical form, the
hash of an event and the checks of a chain live here and nowhere else; Doléance itself imports them.
The reference is docs/reference/journal.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

FORMAT = "doleance-journal"
VERSION = 1
LARGEST = 2**53 - 1  # RFC 8785 numbers are IEEE doubles: beyond, two readers could disagree
_HEX = re.compile(r"[0-9a-f]{64}")


def gettext_noop(message: str) -> str:
    """Mark a French sentence for translation; not the kernel's, since this file runs alone."""
    return message


class NotCanonical(ValueError):
    """A value has no canonical form: a float, a number beyond 2^53 - 1, a lone surrogate, two keys that are one."""


def canonical(value: object, *, exact: bool = False) -> bytes:
    """The one form in bytes of a value made of None, bool, int, str, lists and dicts.

    RFC 8785 over restricted types: keys in the order of their UTF-16 code units, no space, shortest escapes, UTF-8;
    texts are brought to Unicode NFC, or refused when they are not and `exact` is asked (a verifier must not repair
    what it checks). Raises NotCanonical.
    """
    try:
        return json.dumps(_normal(value, exact), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("a lone surrogate") from error


def _normal(value: object, exact: bool) -> object:
    if isinstance(value, str):
        return _normal_text(value, exact)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return _normal_dict(value, exact)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise NotCanonical("a number beyond 2^53 - 1")
        return int(value)
    if isinstance(value, list | tuple):
        return [_normal(item, exact) for item in value]
    raise NotCanonical(f"a value of type {type(value).__name__}")


def _normal_text(text: str, exact: bool) -> str:
    if text.isascii():
        return str(text)
    normal = unicodedata.normalize("NFC", str(text))
    if exact and normal != text:
        raise NotCanonical("a text that is not in NFC")
    return normal


def _normal_dict(value: dict[Any, Any], exact: bool) -> dict[str, object]:
    if not all(isinstance(key, str) for key in value):
        raise NotCanonical("a key that is not a text")
    if "".join(value).isascii():  # then the order of code points is that of UTF-16 code units
        return {str(key): _normal(value[key], exact) for key in sorted(value)}
    found: dict[str, object] = {}
    for key, item in value.items():
        name = _normal_text(key, exact)
        if name in found:
            raise NotCanonical("two keys that are one in NFC")
        found[name] = _normal(item, exact)
    return dict(sorted(found.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass")))


@dataclass(frozen=True)
class Event:
    """One line of the journal, without its sealed texts. Hashes are 32 bytes."""

    stream: str
    seq: int
    prev_hash: bytes
    facts: Any
    commitment: bytes
    hash: bytes


def genesis(stream: str) -> bytes:
    """What the first event of a stream points back to: bound to the name, so that no chain fits another stream."""
    return hashlib.sha256(canonical({"format": FORMAT, "v": VERSION, "genesis": stream})).digest()


def event_hash(*, stream: str, seq: int, prev_hash: bytes, facts: object, commitment: bytes) -> bytes:
    """SHA-256 of the canonical form of an event without its hash. Raises NotCanonical."""
    body = {
        "v": VERSION,
        "stream": stream,
        "seq": seq,
        "prev_hash": prev_hash.hex(),
        "facts": facts,
        "commitment": commitment.hex(),
    }
    return hashlib.sha256(canonical(body, exact=True)).digest()


SENTENCES: dict[str, str] = {
    "gap": gettext_noop("Des entrées manquent avant celle-ci ({missing}) : la suite passe de {after} à {seq}."),
    "fork": gettext_noop("Deux entrées portent le même rang ou suivent la même entrée : le journal bifurque ici."),
    "link": gettext_noop("Cette entrée ne suit pas la précédente : elle n’en cite pas l’empreinte."),
    "edited": gettext_noop("Cette entrée a été modifiée : son contenu ne donne pas son empreinte."),
    "disorder": gettext_noop("Les entrées de ce flux ne se suivent pas dans le fichier."),
    "unreadable": gettext_noop("La ligne {line} du fichier n’est pas une entrée du journal : {reason}."),
    "header": gettext_noop("La première ligne du fichier n’annonce pas un export du journal de Doléance."),
    "footer": gettext_noop("Le fichier est tronqué : sa dernière ligne, qui compte les entrées, manque."),
    "count": gettext_noop(
        "La dernière ligne annonce {told} entrées et {told_streams} flux ; le fichier en a {events} et {streams}."
    ),
    "digest": gettext_noop(
        "L’empreinte de l’ensemble, donnée par la dernière ligne, n’est pas celle des entrées du fichier."
    ),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where: `seq` is 0 when it concerns no single entry."""

    code: str
    stream: str = ""
    seq: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where, for people: `complaint:… n° 12`, or the stream alone, or nothing."""
        return f"{self.stream} n° {self.seq}" if self.seq else self.stream


@dataclass(frozen=True)
class Step:
    """An event, the one before it in its stream, the hashes it may cite, and the hash its content gives."""

    event: Event
    last: Event | None
    tips: frozenset[bytes]
    computed: bytes


class Chain:
    """Walks events sorted by stream, then by rank, and yields what is wrong; keeps nothing but the last one."""

    def __init__(self) -> None:
        self.events = 0
        self.streams = 0
        self._last: Event | None = None
        self._tips: frozenset[bytes] = frozenset()

    def follow(self, event: Event) -> Finding | None:
        """Check one more event; the first thing wrong with it, by order of weight, or None."""
        last = self._last
        found = None
        if last is None or event.stream != last.stream:
            found = self._opens(event, last)
            last = None
        step = Step(event, last, self._tips, _computed(event))
        for check in CHECKS:
            found = found or check(step)
        self.events += 1
        self._last = event
        self._tips = _tips(step, found)
        return found

    def _opens(self, event: Event, last: Event | None) -> Finding | None:
        self.streams += 1
        self._tips = frozenset((genesis(event.stream),))
        if last is not None and event.stream < last.stream:
            return Finding("disorder", event.stream, event.seq)
        return None


def _tips(step: Step, found: Finding | None) -> frozenset[bytes]:
    """The hashes that the next event may cite, so that it is not blamed for what is wrong with this one."""
    if found and found.code == "edited":
        return frozenset((step.event.hash, step.computed))
    if found and found.code == "fork" and step.last:
        return frozenset((step.event.hash, step.last.hash))
    return frozenset((step.event.hash,))


def _computed(event: Event) -> bytes:
    try:
        return event_hash(
            stream=event.stream,
            seq=event.seq,
            prev_hash=event.prev_hash,
            facts=event.facts,
            commitment=event.commitment,
        )
    except NotCanonical:
        return b""


def check_rank(step: Step) -> Finding | None:
    """Ranks start at 1 and follow each other: a missing one is a gap, a repeated one a fork."""
    event, after = step.event, step.last.seq if step.last else 0
    if event.seq == after + 1:
        return None
    if event.seq <= after:
        return Finding("fork", event.stream, event.seq)
    missing = event.seq - after - 1
    return Finding("gap", event.stream, event.seq, {"missing": missing, "after": after, "seq": event.seq})


def check_link(step: Step) -> Finding | None:
    """An event cites the hash of the one before it, or the genesis of its stream."""
    event = step.event
    if event.prev_hash in step.tips:
        return None
    if step.last is not None and event.prev_hash == step.last.prev_hash:
        return Finding("fork", event.stream, event.seq)
    return Finding("link", event.stream, event.seq)


def check_hash(step: Step) -> Finding | None:
    """The content gives the hash."""
    return None if step.event.hash == step.computed else Finding("edited", step.event.stream, step.event.seq)


CHECKS: list[Callable[[Step], Finding | None]] = [check_rank, check_link, check_hash]


def line_of(event: Event) -> str:
    """An event as a line of an export."""
    return json.dumps(
        {
            "v": VERSION,
            "stream": event.stream,
            "seq": event.seq,
            "prev_hash": event.prev_hash.hex(),
            "facts": event.facts,
            "commitment": event.commitment.hex(),
            "hash": event.hash.hex(),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


class Footer:
    """Counts what an export holds, for its last line."""

    def __init__(self) -> None:
        self.events = 0
        self.streams = 0
        self._stream: str | None = None
        self._digest = hashlib.sha256()

    def add(self, event: Event) -> None:
        """Count one more event."""
        self.events += 1
        if event.stream != self._stream:
            self.streams += 1
            self._stream = event.stream
        self._digest.update(event.hash)

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the hashes of the events in the order of the file."""
        return self._digest.hexdigest()

    def line(self) -> str:
        """The last line of an export."""
        told = {"events": self.events, "streams": self.streams, "digest": self.digest}
        return json.dumps(told, separators=(",", ":"))


def header_line(moment: str) -> str:
    """The first line of an export; `moment` is when the journal was read."""
    return json.dumps({"format": FORMAT, "v": VERSION, "exported_at": moment}, separators=(",", ":"))


@dataclass
class Result:
    """What a walk over an export found."""

    events: int = 0
    streams: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(lines: Iterable[str]) -> Result:
    """Walk the lines of an export and name everything that is wrong."""
    result = Result()
    chain, footer = Chain(), Footer()
    source = enumerate(lines, start=1)
    if not _is_header(next(source, (1, ""))[1]):
        result.findings.append(Finding("header"))
        return result
    closed = False
    for number, line in source:
        parsed = _parse(line)
        if closed or isinstance(parsed, str):
            reason = parsed if isinstance(parsed, str) else "elle suit la dernière ligne"
            result.findings.append(Finding("unreadable", facts={"line": number, "reason": reason}))
        elif isinstance(parsed, Event):
            footer.add(parsed)
            found = chain.follow(parsed)
            result.findings.extend([found] if found else [])
        else:
            closed = True
            result.findings.extend(_close(parsed, footer))
    if not closed:
        result.findings.append(Finding("footer"))
    result.events, result.streams = footer.events, footer.streams
    return result


def _is_header(line: str) -> bool:
    try:
        told = _loads(line)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("format") == FORMAT and told.get("v") == VERSION


def _close(told: dict[str, Any], footer: Footer) -> Iterator[Finding]:
    if (told["events"], told["streams"]) != (footer.events, footer.streams):
        facts = {"told": told["events"], "told_streams": told["streams"]}
        yield Finding("count", facts={**facts, "events": footer.events, "streams": footer.streams})
    elif told["digest"] != footer.digest:
        yield Finding("digest")


def _parse(line: str) -> Event | dict[str, Any] | str:
    """An event, the last line, or in French the reason why it is neither."""
    try:
        told = _loads(line)
    except ValueError as error:
        return str(error)
    if not isinstance(told, dict):
        return "ce n’est pas un objet JSON"
    if set(told) == {"events", "streams", "digest"}:
        return told
    if set(told) != {"v", "stream", "seq", "prev_hash", "facts", "commitment", "hash"}:
        return "ses champs ne sont pas ceux d’une entrée"
    if told["v"] != VERSION:
        return "sa version est inconnue"
    return _event(told)


def _event(told: dict[str, Any]) -> Event | str:
    hashes = [told["prev_hash"], told["commitment"], told["hash"]]
    if not all(isinstance(text, str) and _HEX.fullmatch(text) for text in hashes):
        return "une empreinte n’a pas la forme attendue"
    if not isinstance(told["stream"], str) or type(told["seq"]) is not int:
        return "le flux ou le rang n’a pas la forme attendue"
    prev_hash, commitment, own = (bytes.fromhex(text) for text in hashes)
    return Event(told["stream"], told["seq"], prev_hash, told["facts"], commitment, own)


def _loads(line: str) -> Any:
    """JSON without repeated keys: two readers must see the same thing. Raises ValueError, in French."""
    try:
        return json.loads(line, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ValueError("ce n’est pas du JSON") from error
    except RecursionError as error:
        raise ValueError("trop de niveaux") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("une clé est répétée")
    return found


def told(finding: Finding) -> dict[str, Any]:
    """A finding for machines."""
    sentence = SENTENCES[finding.code].format(**finding.facts)
    return {"code": finding.code, "stream": finding.stream, "seq": finding.seq, "sentence": sentence}


def report(result: Result, out: TextIO, *, as_json: bool) -> int:
    """Write what was found; the exit code: 0 when intact, 1 when broken."""
    findings = [told(finding) for finding in result.findings]
    if as_json:
        head = {"intact": result.intact, "events": result.events, "streams": result.streams}
        print(json.dumps({**head, "findings": findings}, ensure_ascii=False), file=out)
        return 0 if result.intact else 1
    for finding, line in zip(result.findings, findings, strict=True):
        print(f"✗ {finding.place} — {line['sentence']}" if finding.place else f"✗ {line['sentence']}", file=out)
    count = len(findings)
    verdict = f"Journal rompu : {count} anomalie{'s' if count > 1 else ''}" if count else "Chaîne intacte"
    print(f"{verdict}. {result.events} entrées lues, {result.streams} flux.", file=out)
    return 0 if result.intact else 1


def main(arguments: list[str] | None = None) -> int:
    """The command of this file. Exit code 0: intact, 1: broken, 2: the file cannot be read."""
    parser = argparse.ArgumentParser(description="Vérifie un export du journal de Doléance, sans Doléance.")
    told = "le fichier produit par « doleance export-journal »"
    parser.add_argument("export", type=Path, metavar="EXPORT", help=told)
    parser.add_argument("--json", action="store_true", help="écrit le résultat en JSON")
    options = parser.parse_args(arguments)
    try:
        with options.export.open(encoding="utf-8", errors="replace") as lines:
            return report(verify(lines), sys.stdout, as_json=options.json)
    except OSError as error:
        sys.stderr.write(f"Le fichier {options.export} ne peut pas être lu : {error.strerror}.\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
