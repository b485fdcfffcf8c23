"""The packs, read once each, and what they find in a text. Pure but for reading the files that are shipped."""

import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from doleance.understanding.text.lines import fold
from doleance.understanding.text.vocabulary.patterns import Hit, Lexicon

SPOKEN = ("fr", "en", "de", "es", "it", "nl", "pt")
_UNKNOWN = ("fr", "en")  # what is tried where the language is in doubt


@dataclass(frozen=True, slots=True)
class Pack:
    """The vocabulary of one language; `version` changes with its patterns, for readings name what read them."""

    language: str
    version: int
    lexicon: Lexicon


@dataclass(frozen=True, slots=True)
class Found:
    """What the packs found in a text: `folded` has its length, `hits` are in the order of the text."""

    folded: str
    hits: tuple[Hit, ...]

    def of(self, prefix: str) -> list[Hit]:
        """The hits whose name is `prefix`, or begins by it and a point."""
        return [hit for hit in self.hits if hit.name == prefix or hit.name.startswith(f"{prefix}.")]

    def within(self, start: int, end: int) -> list[Hit]:
        """The hits that begin in a run of the text."""
        first, last = (bisect_left(self.hits, place, key=_start) for place in (start, end))
        return list(self.hits[first:last])


def _start(hit: Hit) -> int:
    return hit.start


@cache
def pack(language: str) -> Pack:
    """The pack of a language of `SPOKEN`. Raises PatternUnreadable for a pack that was badly written."""
    text = resources.files("doleance.understanding.text.vocabulary").joinpath(f"{language}.toml").read_text("utf-8")
    table = tomllib.loads(text)
    macros = {name: fold(words) for name, words in table.pop("macros", {}).items()}
    version = int(table.pop("version"))
    return Pack(language, version, Lexicon(_entries(table, ""), macros))


def _entries(table: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        path = f"{name}.{key}" if name else key
        if isinstance(value, dict):
            yield from _entries(value, path)
        else:
            yield from ((path, fold(pattern)) for pattern in value)


def languages(language: str) -> tuple[str, ...]:
    """The packs that read a text in `language`; French and English where it is unknown or none of ours."""
    return (language,) if language in SPOKEN else _UNKNOWN


def find(text: str, language: str = "") -> Found:
    """All that the packs of a language find in `text`."""
    folded = fold(text)
    hits = {hit for spoken in languages(language) for hit in pack(spoken).lexicon.find(folded)}
    return Found(folded, tuple(sorted(hits, key=lambda hit: (hit.start, hit.end, hit.name))))
