"""Which lines are an older message quoted below, between or above the new one; and whose mail is being forwarded.

Pure, linear in the number of lines. What nobody would miss is set apart; when nothing else is left, it stays.
"""

import re
from dataclasses import dataclass, field
from enum import Enum

from doleance.channels.email.forwarded import is_forward
from doleance.understanding.rules import Sender
from doleance.understanding.text import headers
from doleance.understanding.text.lines import Line, fold

_QUOTED = re.compile(r"[ \t]{0,3}(?:(?:[>|] ?)+|[A-Z]{1,3}>)")
_SIGNS = re.compile(r"[ \t]{0,3}(?:> ?)+")
# « > 3 semaines », "> 50 €": more than, or a bullet; no program writes it so.
_MORE_THAN = re.compile(r"[ \t]{0,3}>+ ?\d")
_FEW_WORDS, _SOME_WORDS = 14, 45
_HANDED_OVER = 60  # lines above a forward that are looked at
_HANDS_OVER = re.compile(
    r"transf|transmet|faire suivre|fais suivre|ci-dessous|pour (?:info|suite|traitement|attribution|action)|a traiter|"
    r"fyi|forward|pass(?:ing)? (?:this )?on|see below|below|"
    r"weiterleit|leite|reenvi|inoltr|doorstur|reencaminh"
)
_EMOTICON = re.compile(r"[ \t]{0,3}>[:.;_<(]")


class Part(Enum):
    """What a line is when it is not the author's own words."""

    QUOTE = "quote"
    HEADER = "header"  # above a forwarded message: its fields go, its words stay
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"


@dataclass(slots=True)
class Marked:
    """What each line is (None: own words), how many signs at its beginning are quoting signs, where segments begin."""

    parts: list[Part | None]
    prefixes: dict[int, int] = field(default_factory=dict)
    segments: list[int] = field(default_factory=lambda: [0])
    author: Sender | None = None
    announced: set[int] = field(default_factory=set)  # lines of announcements, which never come back
    has_own: bool = False  # own words since the last segment began


def mark(lines: list[Line], subject: str = "") -> Marked:
    """What is quoted. `subject` tells a forward (« TR : ») from an answer."""
    folded = [fold(line.text) for line in lines]
    found = Marked([None] * len(lines))
    forwards = is_forward(subject[:400])
    number = 0
    while number < len(lines):
        if _is_quoted(lines[number].text):
            number = _take_signs(lines, folded, number, found, forwards=forwards)
            continue
        block = headers.block_at(lines, folded, number)
        if block is None or (block.is_weak and not found.has_own):
            found.has_own = found.has_own or not lines[number].is_blank
            number += 1
        else:
            number = _take_block(lines, block, found, forwards=forwards)
    if not any(part is None and not line.is_blank for line, part in zip(lines, found.parts, strict=True)):
        _give_back(lines, found)
    return found


def _is_quoted(text: str) -> bool:
    return text.lstrip(" \t")[:1] == ">" and not _EMOTICON.match(text) and not _MORE_THAN.match(text)


def _take_block(lines: list[Line], block: headers.Block, found: Marked, *, forwards: bool) -> int:
    """An announcement: what it announces is a forward's own text, or set apart. The line where to go on."""
    found.announced.update(range(block.first, block.last))
    begins = found.segments[-1]
    is_first = not found.has_own
    below = _next_words(lines, block.last)
    is_signed = below < len(lines) and _is_quoted(lines[below].text)
    passed_on = block.is_forward or (forwards and len(found.segments) == 1 and not block.is_inline)
    if (passed_on and _passes_on(lines, found, begins, block.first)) or (is_first and not is_signed):
        _set(found, block.first, block.last, Part.HEADER)
        found.author = block.author if block.author != Sender() else found.author
        _begin(found, block.last)
        if block.last > block.first + 1 and _is_quoted(lines[block.last - 1].text):  # Apple signs the whole forward
            return _bare(lines, found, block.last, _end_of_signs(lines, block.last))
        return block.last
    _set(found, block.first, block.last, Part.QUOTE)
    if block.is_inline and is_signed:
        return block.last
    _set(found, block.last, len(lines), Part.QUOTE)
    return len(lines)


def _passes_on(lines: list[Line], found: Marked, start: int, end: int) -> bool:
    """Whether the words above a forward only hand it over; a story of their own shows it as a proof, and is the "
    "mail.
    """
    near = range(max(start, end - _HANDED_OVER), end)
    words = [word for at in near if found.parts[at] is None for word in lines[at].text[:2_000].split()]
    if len(words) <= _FEW_WORDS:
        return True
    return len(words) <= _SOME_WORDS and _HANDS_OVER.search(fold(" ".join(words))) is not None


def _begin(found: Marked, number: int) -> None:
    """A segment of its own begins: the words of a forward."""
    found.segments.append(number)
    found.has_own = False


def _next_words(lines: list[Line], number: int) -> int:
    while number < len(lines) and lines[number].is_blank:
        number += 1
    return number


def _set(found: Marked, start: int, end: int, part: Part) -> None:
    found.parts[start:end] = [part] * (end - start)


def _take_signs(lines: list[Line], folded: list[str], number: int, found: Marked, *, forwards: bool) -> int:
    """A run of lines that begin by quoting signs, with the empty lines inside it."""
    end = _end_of_signs(lines, number)
    inner = _inner_block(lines, folded, number, end)
    _set(found, number, end, Part.QUOTE)
    if inner is None:
        return end
    found.announced.update(range(inner.first, inner.last))
    passed_on = inner.is_forward or (forwards and len(found.segments) == 1)
    if passed_on and _passes_on(lines, found, found.segments[-1], number):
        _keep_forwarded(lines, inner, end, found)
        return end
    says_more = any(line.text.strip(" >\t") for line in lines[inner.last : end])
    if not says_more and not inner.is_inline and (found.has_own or len(found.segments) > 1):
        _set(found, end, len(lines), Part.QUOTE)  # Orange writes the signs before its fields only
        return len(lines)
    return end


def _end_of_signs(lines: list[Line], number: int) -> int:
    end = number
    while end < len(lines) and (_is_quoted(lines[end].text) or lines[end].is_blank or _is_wrapped(lines, end)):
        end += 1
    while end > number and lines[end - 1].is_blank:
        end -= 1
    return end


def _is_wrapped(lines: list[Line], at: int) -> bool:
    """Whether a line without signs is the end of a quoted one that a program cut: long above, signs below."""
    if at + 1 >= len(lines) or len(lines[at - 1].text) < 66 or not _is_quoted(lines[at - 1].text):
        return False
    return lines[at].text[:1].islower() and _is_quoted(lines[at + 1].text)


def _inner_block(lines: list[Line], folded: list[str], number: int, end: int) -> headers.Block | None:
    """An announcement written inside quoting signs, among their first lines."""
    for at in range(number, min(number + 4, end)):
        block = headers.block_at(lines, folded, at)
        if block is not None:
            return block
    return None


def _keep_forwarded(lines: list[Line], inner: headers.Block, end: int, found: Marked) -> None:
    """A forward written inside quoting signs: its words stay, without the signs."""
    _set(found, inner.first, min(inner.last, end), Part.HEADER)
    found.author = inner.author if inner.author != Sender() else found.author
    _begin(found, inner.last)
    _bare(lines, found, inner.last, end)


def _bare(lines: list[Line], found: Marked, start: int, end: int) -> int:
    """Take the signs from lines and keep their words. Gives `end`."""
    for at in range(start, end):
        signs = _SIGNS.match(lines[at].text)
        found.parts[at] = None
        found.has_own = found.has_own or not lines[at].is_blank
        if signs and lines[at].text.lstrip()[:1] == ">":
            found.prefixes[at] = signs.end()
    return end


def _give_back(lines: list[Line], found: Marked) -> None:
    """Everything was quoted: the words come back without their signs, rather than nothing."""
    for at, part in enumerate(found.parts):
        if part is Part.QUOTE and at not in found.announced:
            _bare(lines, found, at, at + 1)
