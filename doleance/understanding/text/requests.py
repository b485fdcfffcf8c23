"""Where a message turns from one request to another: lists, words that announce it, changes of matter. Pure.

A proposal: a person accepts it or mends it, and nothing is split silently. Two requests are distinct when another team
or another decision would answer them; cause and consequence, or the symptoms of one fault, are one.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from doleance.understanding.rules import Span
from doleance.understanding.text import courtesies, turns
from doleance.understanding.text.pieces import WORDS_NEEDED, Piece, Probabilities, pieces
from doleance.understanding.text.vocabulary.packs import Found

_REMEMBERED = 15  # sentences of a request that are looked back at
_LOOKED_AT = 4  # sentences after one, for two that tell
_PREAMBLE = 14  # words of an opening that names no matter, at most; a longer sentence tells something
_MOST_PREAMBLES = 3
_MOST_BETWEEN = 6  # sentences from an item to the next of one list
_WORDS_OF_AN_ITEM = 5  # of a list that is announced as one of several matters
_TIMELINE = re.compile(
    r"\s{0,12}[-*•·–—▪►➢→>+(]{0,3}\s{0,3}(?:le |on |the |am |el |il |op )?(?:\d{1,2}[/.]\d{1,2}|\d{1,2}(?:er|st|nd|rd|"
    r"th)? "
    r"(?:jan|fev|mar|avr|mai|jui|aou|sep|oct|nov|dec|apr|may|jun|jul|aug)|(?:lundi|mardi|mercredi|jeudi|vendredi|"
    r"samedi|dimanche|monday|"
    r"tuesday|wednesday|thursday|friday|saturday|sunday|hier|yesterday)\b)"
)


_SIGNED = re.compile(r"(?:[^\W\d_a-zß-ÿ][\w’'-]{0,24}\.?[ ,]{0,2}){2,4}")


def boundaries(
    text: str, sentences: Sequence[Span], found: Found, categories: Sequence[Probabilities] | None = None
) -> list[int]:
    """The sentences that begin a new request, by their number: never the first one that tells.

    `categories` gives, for each sentence, the probability of each `category.sub`; without, form alone decides.
    `found` is what the packs found in the same text.
    """
    return cuts(pieces(text, sentences, found, categories))[1:]


def requests(
    text: str, sentences: Sequence[Span], found: Found, categories: Sequence[Probabilities] | None = None
) -> list[Span]:
    """The passages that carry a request each, without the greetings, closings, titles and labels around them."""
    read = pieces(text, sentences, found, categories)
    spans: list[Span] = []
    for start, end in pairwise([*cuts(read), len(read)]):
        told = [piece for piece in read[start:end] if not piece.is_empty]
        if end == len(read):
            told = _unsigned(told, text)
        saying = [piece for piece in told if not _only_opens(piece) and not piece.is_label] or told
        if saying:
            spans.append(Span(_past_greeting(saying[0]), saying[-1].span.end))
    return spans


def _unsigned(told: list[Piece], text: str) -> list[Piece]:
    """The last sentences of a message without the names that sign it; one that says nothing else keeps them."""
    kept = list(told)
    while len(kept) > 1 and _SIGNED.fullmatch(kept[-1].span.of(text).strip()):
        kept.pop()
    return kept


def cuts(read: Sequence[Piece]) -> list[int]:
    """Where each request begins, the first one included."""
    first = beginning(read)
    if first >= len(read):
        return [0] if read else []
    listed = {at: is_cut for items in lists(read) for at, is_cut in _items(read, items).items()}
    cut = [first]
    for at in range(first + 1, len(read)):
        told = told_before(read, cut[-1], at)
        if not told or not (listed[at] if at in listed else _turns(told, read, at)):
            continue
        if cut == [first] and _only_leads(told, read, at):
            cut = [at]
        else:
            cut.append(at)
    return cut


def _only_leads(told: Sequence[Piece], read: Sequence[Piece], at: int) -> bool:
    """Whether what stands before the first turn is no request: « deux choses, et je reste calme : »."""
    if read[at].strong or told[0].is_item:
        return False  # « Par ailleurs » : something was told before
    return read[at - 1].folded.endswith(":") or turns.opens(told) < turns.TELLS


def _turns(told: Sequence[Piece], read: Sequence[Piece], at: int) -> bool:
    return may_turn(read[at]) and turns.turns(told, read[at], told_after(read, at)) > turns.TURNS


def may_turn(piece: Piece) -> bool:
    """Whether a sentence says enough to begin a request."""
    return not piece.is_empty and piece.words >= WORDS_NEEDED


def told_before(read: Sequence[Piece], start: int, at: int) -> list[Piece]:
    """What tells of the request that began at `start`, before the sentence `at`."""
    return [one for one in read[max(start, at - _REMEMBERED) : at] if one.tells]


def told_after(read: Sequence[Piece], at: int) -> list[Piece]:
    """The next sentences that tell something: two at most."""
    return [one for one in read[at + 1 : at + _LOOKED_AT] if one.tells][:2]


def beginning(read: Sequence[Piece]) -> int:
    """The first sentence that tells of a matter: what leads to it (« Je vous relance. ») is no request of its own."""
    saying = [at for at, piece in enumerate(read) if _says(piece)]
    for before, at in enumerate(saying[: _MOST_PREAMBLES + 1]):
        if before and read[at].strong:
            break  # « Par ailleurs » : something was told before
        if _names_a_matter(read[at]):
            return at
    return saying[0] if saying else len(read)


def _names_a_matter(piece: Piece) -> bool:
    if piece.topics or piece.is_item:
        return True
    return not piece.is_circumstance and piece.words > _PREAMBLE


def _past_greeting(piece: Piece) -> int:
    return piece.span.start + courtesies.opens_with_greeting(piece.folded[:120])


def _says(piece: Piece) -> bool:
    """Whether something is told: an opening such as « Je vous écris pour deux raisons » tells nothing yet."""
    return not piece.is_empty and piece.words >= WORDS_NEEDED and not _only_opens(piece)


def _only_opens(piece: Piece) -> bool:
    return piece.opens_several and not piece.topics and piece.words <= 25


def lists(read: Sequence[Piece]) -> list[list[int]]:
    """The items of each list of two or more, by their numbers; sentences may go on with an item."""
    runs: list[list[int]] = [[]]
    for at, piece in enumerate(read):
        items = runs[-1]
        if piece.is_empty or (items and at - items[-1] > _MOST_BETWEEN):
            runs.append([])
        if piece.is_item and not piece.is_empty:
            runs[-1].append(at)
    return [items for items in runs if len(items) > 1]


def _items(read: Sequence[Piece], items: Sequence[int]) -> dict[int, bool]:
    """Whether each item of a list begins a request: all do or none, for a list is about several matters or about one.

    Not where it is announced as one thing's parts, nor where it tells a story day by day.
    """
    lead = read[items[0] - 1] if items[0] else None
    several = lead is not None and lead.opens_several
    is_story = sum(_TIMELINE.match(read[at].folded) is not None for at in items) * 2 >= len(items)
    if is_story or (lead is not None and lead.opens_single and not several):
        return dict.fromkeys(items, False)
    if several and all(read[at].words >= _WORDS_OF_AN_ITEM for at in items):
        return dict.fromkeys(items, True)
    found = [
        turns.turns(told, read[at], told_after(read, at))
        for before, at in pairwise(items)
        if (told := told_before(read, before, at))
    ]
    return dict.fromkeys(items, bool(found) and sum(found) / len(found) > turns.TURNS)
