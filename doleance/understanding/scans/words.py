"""From the words that tesseract found on a page, with their places and confidence, to a text. Pure.

Its TSV has one line a word (level 5): level, page, block, paragraph, line, word, left, top, width, height, confidence
(hundredths, -1 where there is none), text.
"""

import re
from dataclasses import dataclass
from itertools import groupby

_COLUMNS, _WORD_LEVEL = 12, "5"
_LETTERS = re.compile(r"[^\W\d_]{2,}")
# A page with fewer sure words bears none: the grain of a photo looks like letters here and there.
_FEWEST, _SURE, _LEAST = 3, 50.0, 25


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word: its block, paragraph and line, and how sure it is, in hundredths."""

    block: int
    paragraph: int
    line: int
    confidence: float
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a page, how sure it is in hundredths, and how many letters this is said of."""

    text: str
    confidence: int
    weight: int


NOTHING = Page("", 0, 0)


def words(tsv: str) -> list[Word]:
    """The words of a page. A line that is none is left out."""
    found = []
    for line in tsv.split("\n"):
        cells = line.rstrip("\r").split("\t", _COLUMNS - 1)
        if len(cells) < _COLUMNS or cells[0] != _WORD_LEVEL or not cells[-1].strip():
            continue
        try:
            block, paragraph, row, confidence = int(cells[2]), int(cells[3]), int(cells[4]), float(cells[10])
        except ValueError:
            continue
        if confidence >= 0:
            found.append(Word(block, paragraph, row, confidence, cells[-1].strip()))
    return found


def page(found: list[Word]) -> Page:
    """The text of a page, a line a line and an empty line between paragraphs; nothing where no word is sure."""
    sure = sum(1 for one in found if one.confidence >= _SURE and _LETTERS.search(one.text))
    weight = sum(len(one.text) for one in found)
    if sure < _FEWEST:
        return NOTHING
    confidence = round(sum(one.confidence * len(one.text) for one in found) / weight)
    if confidence < _LEAST:
        return NOTHING
    paragraphs = (
        "\n".join(" ".join(one.text for one in line) for _, line in groupby(run, key=lambda one: one.line))
        for _, run in groupby(found, key=lambda one: (one.block, one.paragraph))
    )
    return Page("\n\n".join(paragraphs), min(100, confidence), weight)


def together(pages: list[Page]) -> int:
    """How sure several pages are, in hundredths: each counts by its letters."""
    weight = sum(one.weight for one in pages)
    return round(sum(one.confidence * one.weight for one in pages) / weight) if weight else 0
