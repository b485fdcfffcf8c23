"""Where sentences begin and end, in mails, letters and telephone messages, punctuated or not. Pure, linear."""

import re
from collections.abc import Iterator

from doleance.understanding.rules import Span
from doleance.understanding.text import courtesies
from doleance.understanding.text.lines import Line, fold, split

# What opens an item of a list: a bullet, a number, a letter.
ITEM = re.compile(
    r"[ \t]{0,12}(?:[-*•·–—▪►➢→>+‣◦]+[ \t]|\(?\d{1,2}[).°/:-][ \t)]?(?!\d)|\(?[a-hA-H]\)[ \t]|(?:[1-9]|"
    r"[IVX]{1,4})[.)][ \t])"
)
_INLINE_ITEM = re.compile(
    r"(?<=[\s,;:.])\(?(\d)\s?(?:[)°/]|\)\s?:|\.\s?(?=[^\W\d]))\s?(?=\S)|(?<=[\s,;:.])\(?([a-e])\)\s?(?=\S)"
)
_END = re.compile(
    r"(?P<mark>[.!?…]{1,8}[\"»”')\]]{0,3})(?P<gap>[ \t\u00a0\u202f]{1,4})(?=\S)"
    r"|(?<=[!?…])(?=[^\W\d_])|(?<=[^\W\d_]{2}\.)(?=[A-ZÀ-ÖØ-Ý][^\W\d_])"
)
_MONTH = re.compile(
    r"(?:jan|f[ée]v|feb|mar|m[äa]r|avr|apr|ma[iy]|jui|jun|jul|ao[uû]|aug|sep|oct|okt|nov|d[ée]c|dez|gen|giu|lug|ago|"
    r"set|ott|dic)",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"[\w.'’°-]{1,20}$")
# Points that end no sentence.
_SHORT = frozenset(
    [
        "m",
        "mm",
        "mr",
        "mrs",
        "ms",
        "dr",
        "pr",
        "me",
        "st",
        "ste",
        "mme",
        "mlle",
        "mgr",
        "art",
        "ref",
        "réf",
        "no",
        "n°",
        "n",
        "tel",
        "tél",
        "env",
        "av",
        "bd",
        "bld",
        "etc",
        "ex",
        "cf",
        "p",
        "pp",
        "vol",
        "fig",
        "min",
        "max",
        "approx",
        "nb",
        "al",
        "inc",
        "ltd",
        "co",
        "corp",
        "vs",
        "dept",
        "adr",
        "apt",
        "bat",
        "bât",
        "esc",
        "etg",
        "resp",
        "dir",
        "soc",
        "sté",
        "ets",
        "fg",
        "ch",
        "cial",
        "tva",
        "ttc",
        "ht",
        "h",
        "min",
        "sec",
        "kg",
        "jan",
        "janv",
        "fév",
        "fevr",
        "févr",
        "feb",
        "avr",
        "apr",
        "juil",
        "jul",
        "sept",
        "sep",
        "oct",
        "nov",
        "déc",
        "dec",
        "lun",
        "mar",
        "mer",
        "jeu",
        "ven",
        "sam",
        "dim",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "bzw",
        "ca",
        "nr",
        "str",
        "z.b",
        "d.h",
        "u.a",
        "evtl",
        "ggf",
        "usw",
        "tlf",
        "sr",
        "sra",
        "srta",
        "ud",
        "uds",
        "núm",
        "pág",
        "avda",
        "sig",
        "dott",
        "ing",
        "egr",
        "spett",
        "dhr",
        "mevr",
        "bv",
        "nl",
        "o.a",
        "i.p.v",
        "sra",
        "ex.mo",
        "exmo",
        "dra",
        "rua",
        "i.e",
        "e.g",
        "c.à.d",
        "c.-à-d",
    ]
)
# Short words that a sentence may end with all the same, when a capital follows: « 567,00 € HT. Aussi, … ».
_LAST_OF_A_SENTENCE = frozenset(["etc", "h", "ht", "ttc", "tva", "kg", "sec"])
_ENDED = (".", "!", "?", "…", ":", ";", ")", "»", '"', ",")


def sentences(text: str) -> list[Span]:
    """The sentences of `text` in their order, without the blanks around them; an item of a list begins one.

    Every sign that is no blank is in exactly one. A wrapped line goes on with its sentence.
    """
    found: list[Span] = []
    for block in _blocks(text):
        for start, end in _pieces(text, block.start, block.end):
            trimmed = _trimmed(text, start, end)
            if trimmed is not None:
                found.append(trimmed)
    return found


def _blocks(text: str) -> Iterator[Span]:
    """Runs of lines that belong together: a paragraph, less its items and its short lines that stand alone."""
    start: int | None = None
    before: Line | None = None
    for line in split(text):
        if line.is_blank:
            if start is not None and before is not None:
                yield Span(start, before.end)
            start, before = None, None
            continue
        if start is None or before is None:
            start = line.start
        elif _begins_anew(before, line):
            yield Span(start, before.end)
            start = line.start
        before = line
    if start is not None and before is not None:
        yield Span(start, before.end)


def _begins_anew(before: Line, line: Line) -> bool:
    """Whether a line begins a sentence although no empty line stands above it."""
    if ITEM.match(line.text):
        return True
    above, first = before.text.rstrip(), line.text.lstrip()[:1]
    if above.endswith((".", "!", "?", "…", ":")):
        return True
    folded = fold(above[:400])
    if (
        courtesies.is_greeting(folded)
        or courtesies.is_closing(folded)
        or courtesies.is_greeting(fold(line.text[:200]))
    ):
        return True
    if first.islower() or above.endswith((",", "(", "-")):
        return False
    # A wrapped line is nearly full; one that stops early was ended by hand.
    return len(above) < 50 and (first.isupper() or first.isdigit() or not first.isalnum())


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A block cut after its full stops, and before the numbers of a list written in one line."""
    cuts = sorted({*_stops(text, start, end), *_inline_items(text, start, end)})
    at = start
    for cut in cuts:
        if cut > at:
            yield at, cut
            at = cut
    yield at, end


def _stops(text: str, start: int, end: int) -> Iterator[int]:
    for stop in _END.finditer(text, start, end):
        if stop["mark"] is None or _ends_sentence(text, start, stop):
            yield stop.end()


def _ends_sentence(text: str, start: int, stop: re.Match[str]) -> bool:
    mark, following = stop["mark"], text[stop.end() : stop.end() + 1]
    if mark[0] in "!?…" or len(mark.rstrip("\"»”')]")) > 1:
        return not (following.islower() and mark[0] in "…." and len(mark) > 1) and following not in ",;:)!?."
    word = _LAST_WORD.search(text, max(start, stop.start() - 20), stop.start())
    last = word[0].lower().lstrip("'’") if word else ""
    if last in _LAST_OF_A_SENTENCE and following.isupper():
        return True
    if last in _SHORT or (len(last) == 1 and last.isalpha()):
        return False
    first = stop.start() - len(last)
    if last.isdigit() and len(last) <= 2 and (_MONTH.match(text, stop.end()) or _stands_first(text, start, first)):
        return False
    return following not in ",;:)"


def _stands_first(text: str, start: int, at: int) -> bool:
    """Whether nothing but blanks stands before a place of its block: « 1. Le colis » is one item."""
    return not text[max(start, at - 12) : at].strip(" \t-*•")


def _inline_items(text: str, start: int, end: int) -> Iterator[int]:
    """« 1) … 2) … » in one line: the places of the numbers, when they count up from one."""
    expected, places = 1, []
    head = ITEM.match(text, start, end)
    if head and head[0].strip(" (").startswith(("1", "a", "A")):
        expected = 2
    for found in _INLINE_ITEM.finditer(text, start, end):
        number = int(found[1]) if found[1] else ord(found[2]) - ord("a") + 1
        if number == expected:
            places.append(found.start())
            expected += 1
    if len(places) >= 2 or (places and expected > 2):
        yield from places


def _trimmed(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None
