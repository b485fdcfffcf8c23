"""The author's own words: what is quoted, forwarded, signed or printed small is set apart, places kept. Pure."""

from bisect import bisect_right
from dataclasses import dataclass

from doleance.channels.email.forwarded import is_forward
from doleance.understanding.rules import BodyType, Sender, Span
from doleance.understanding.text import html, lines, replies, signatures
from doleance.understanding.text.replies import Part


@dataclass(frozen=True, slots=True)
class Removed:
    """A run of the laid-out body that is not in the clean text: `laid[start:end]`, and what it is."""

    kind: Part
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Signs kept together: `length` of the clean text from `start`, `wide` signs of the body from `origin`."""

    start: int
    length: int
    origin: int
    wide: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The clean text, what was set apart, and the way back.

    `laid` is the body itself, or the words of an HTML body: `removed` lies in it. `has_places` says whether positions
    lead back to the body as it was given (never for HTML). `author`: who wrote the mail that this one forwards.
    """

    text: str
    removed: tuple[Removed, ...]
    runs: tuple[_Run, ...]
    laid: str
    has_places: bool
    author: Sender | None = None

    def body_span(self, span: Span) -> Span | None:
        """Where the signs of the clean text lie in the body, from the first to the last; None without places."""
        if not self.has_places or not 0 <= span.start < span.end <= len(self.text):
            return None
        return Span(self._origin(span.start), self._origin(span.end - 1, past=True))

    def _origin(self, place: int, *, past: bool = False) -> int:
        run = self.runs[bisect_right(self.runs, place, key=lambda one: one.start) - 1]
        if run.length != run.wide:
            return run.origin + (run.wide if past else 0)
        return run.origin + place - run.start + (1 if past else 0)

    def set_apart(self, *kinds: Part) -> str:
        """The words of these kinds, one run a line: a signature names its author."""
        return "\n".join(self.laid[one.start : one.end] for one in self.removed if one.kind in kinds)


def clean(body: str, body_type: BodyType = BodyType.TEXT, *, subject: str = "") -> Cleaned:
    """What the author wrote. `subject` tells a forwarded mail from an answer. Bears any text."""
    laid = html.to_text(body, is_forward=is_forward(subject[:400])) if body_type is BodyType.HTML else body
    cut = lines.split(laid)
    marked = replies.mark(cut, subject)
    ends = [*marked.segments[1:], len(cut)]
    for start, end in zip(marked.segments, ends, strict=True):
        signatures.mark(cut, marked.parts, start, end)
    runs, text = _joined(laid, cut, marked)
    return Cleaned(text, _removed(cut, marked.parts), runs, laid, body_type is BodyType.TEXT, marked.author)


def _removed(cut: list[lines.Line], parts: list[Part | None]) -> tuple[Removed, ...]:
    found: list[Removed] = []
    for line, part in zip(cut, parts, strict=True):
        if part is None:
            continue
        if found and found[-1].kind is part and found[-1].end == line.start:
            found[-1] = Removed(part, found[-1].start, line.next)
        else:
            found.append(Removed(part, line.start, line.next))
    return tuple(found)


def _joined(laid: str, cut: list[lines.Line], marked: replies.Marked) -> tuple[tuple[_Run, ...], str]:
    """The own lines put together: line ends as LF, one empty line at most, no blank at either end."""
    pieces: list[tuple[str, int, int]] = []  # signs, their origin, how many signs of the body they stand for
    waiting: list[tuple[str, int, int]] = []
    for number, line in enumerate(cut):
        if marked.parts[number] is not None:
            continue
        start = line.start + marked.prefixes.get(number, 0)
        end = line.start + len(line.text.rstrip())
        if end > start:
            if pieces:
                pieces += waiting[:2]
            pieces += _composed(laid, start, end)
            waiting = []
        waiting.append(("\n", end if end > start else line.end, max(line.next - end, 0)))
    return _runs(pieces)


def _composed(laid: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """One line, its letters in one piece (NFC)."""
    found: list[tuple[str, int, int]] = []
    line = laid[start:end]
    at = 0
    for first, last, letters in lines.composed(line):
        if first > at:
            found.append((line[at:first], start + at, first - at))
        found.append((letters, start + first, last - first))
        at = last
    if at < len(line):
        found.append((line[at:], start + at, len(line) - at))
    return found


def _runs(pieces: list[tuple[str, int, int]]) -> tuple[tuple[_Run, ...], str]:
    runs: list[_Run] = []
    place = 0
    for signs, origin, wide in pieces:
        last = runs[-1] if runs else None
        if last and last.length == last.wide and len(signs) == wide and last.origin + last.wide == origin:
            runs[-1] = _Run(last.start, last.length + wide, last.origin, last.wide + wide)
        else:
            runs.append(_Run(place, len(signs), origin, wide))
        place += len(signs)
    return tuple(runs), "".join(signs for signs, _, _ in pieces)
