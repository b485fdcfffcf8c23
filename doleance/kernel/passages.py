"""Passages of a text that are griefs: found in what the complainant wrote, which is never altered.

Pure. A text becomes paragraphs of segments; a segment inside a grief carries its number, so that screens can
underline it, and `ends` on the last piece, where the number is shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """Words quoted from a text, the number of their grief, and whether a person has accepted it."""

    number: int
    quote: str
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text, inside one passage or none; `ends` is true on the last run of its passage."""

    text: str
    passage: Passage | None = None
    ends: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    passage: Passage


_BLANK_LINE = re.compile(r"\n[ \t\u00a0]*\n\s*")


def paragraphs(text: str, passages: Sequence[Passage] = ()) -> list[list[Segment]]:
    """Cut `text` at its blank lines, and each paragraph at the passages found in it.

    A passage is sought as it was quoted, whatever the spaces and line ends; one that is not there, or overlaps an
    earlier one, is left out. The segments joined give each paragraph as it was written.
    """
    spans = _spans(text, passages)
    found: list[list[Segment]] = []
    start = 0
    for gap in [*_BLANK_LINE.finditer(text), None]:
        end = gap.start() if gap else len(text)
        if text[start:end].strip():
            found.append(_segments(text, start, end, spans))
        start = gap.end() if gap else end
    return found


def _spans(text: str, passages: Sequence[Passage]) -> list[_Span]:
    spans: list[_Span] = []
    for passage in passages:
        words = passage.quote.split()
        if not words:
            continue
        pattern = re.compile(r"\s+".join(re.escape(word) for word in words))
        for match in pattern.finditer(text):
            if all(match.end() <= span.start or match.start() >= span.end for span in spans):
                spans.append(_Span(match.start(), match.end(), passage))
                break
    return sorted(spans, key=lambda span: span.start)


def _segments(text: str, start: int, end: int, spans: list[_Span]) -> list[Segment]:
    segments: list[Segment] = []
    position = start
    for span in spans:
        first, last = max(span.start, start), min(span.end, end)
        if first >= last:
            continue
        if position < first:
            segments.append(Segment(text[position:first]))
        segments.append(Segment(text[first:last], span.passage, ends=span.end <= end))
        position = last
    if position < end:
        segments.append(Segment(text[position:end]))
    return segments
