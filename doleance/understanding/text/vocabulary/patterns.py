"""The small language in which packs write what they look for, and its reader. Pure; linear by construction.

A pattern is words on folded text (no case, no accent). ` ` any short gap · `~` up to five words · `'` an apostrophe, a
space or nothing · `*` the rest of a word · `#` digits · `(a|b)` one of · `?` the letter or group before it may be
missing · `{name}` a macro of the pack. It begins by a word, or by a group of words: that is how it is found again.
Nothing in it repeats without bound, so that no text makes it slow.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_GAP = r"[\s,'\"*_/-]{1,5}"
# Up to five words, an elided one counting as one; words and what parts them share no sign, so that there is one way
# only to read « d'a'a'a'a ».
_SOME_WORDS = r"(?:[^\w.!?\n-]{1,4}+[\w-]{1,20}+){0,5}[^\w.!?\n]{1,4}"
_SIGNS = {
    " ": _GAP,
    "'": r"['\s]?",
    "*": r"\w{0,15}",
    "#": r"\d{1,9}",
    "(": "(?:",
    ")": ")",
    "|": "|",
    "?": "?",
    ".": r"\.",
    "+": r"\+",
    "&": "&",
    "€": "€",
    "/": "/",
    "°": "°",
    "%": "%",
    "-": "[ -]?",
    ",": r"\s{0,2},",
    ":": r"\s{0,2}:",
}
_MACRO = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"\w+")
_KEY = 3  # letters by which a pattern is found again


class PatternUnreadable(ValueError):
    """A pack holds a pattern that this language does not have."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a pattern was found in the folded text, and the name under which it stands in its pack."""

    start: int
    end: int
    name: str


def compiled(pattern: str, macros: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern as a regular expression. Raises PatternUnreadable."""
    try:
        return re.compile(rf"{_translated(_spread(pattern, macros))}(?!\w)")
    except re.error as error:
        raise PatternUnreadable(f"{pattern}: {error}") from error


def _spread(pattern: str, macros: Mapping[str, str]) -> str:
    def put(found: re.Match[str]) -> str:
        if found[1] not in macros:
            raise PatternUnreadable(f"{pattern}: no macro {found[1]}")
        return f"({macros[found[1]]})"

    return _MACRO.sub(put, _MACRO.sub(put, pattern))


def _translated(pattern: str) -> str:
    bare = re.sub(r" ?~ ?", "~", pattern)
    pieces: list[str] = []
    for sign, after in zip(bare, f"{bare[1:]}.", strict=True):
        if sign == " " and after == "?":
            pieces.append(f"(?:{_GAP})")  # the gap itself may be missing, not only be short
        elif sign == "~":
            pieces.append(_SOME_WORDS)
        elif sign in _SIGNS:
            pieces.append(_SIGNS[sign])
        elif sign.isalnum():
            pieces.append(sign)
        else:
            raise PatternUnreadable(f"{pattern}: the sign {sign}")
    return "".join(pieces).replace("oe", "(?:oe|œ)").replace("ae", "(?:ae|æ)")


def keys(pattern: str, macros: Mapping[str, str]) -> set[str]:
    """The beginnings of words at which a pattern may stand: three letters, or a shorter whole word."""
    spread = _spread(pattern, macros)
    found: set[str] = set()
    for head in _heads(spread):
        if not head:
            raise PatternUnreadable(f"{pattern}: it begins by no word")
        found |= _keys_of(head)
    return found


def _heads(spread: str) -> list[str]:
    """The beginnings of a pattern, its leading groups opened one level after the other."""
    if not spread.startswith("("):
        return [spread]
    depth, start, options = 0, 1, []
    for at, sign in enumerate(spread):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 1 and sign == "|":
            options.append(spread[start:at])
            start = at + 1
        if depth == 0:
            options.append(spread[start:at])
            rest = spread[at + 1 :]
            break
    else:
        raise PatternUnreadable(f"{spread}: a group without its end")
    if rest.startswith("?"):
        return [head for option in options for head in _heads(option + rest[1:])] + _heads(rest[1:].lstrip(" "))
    return [head for option in options for head in _heads(option + rest)]


def _keys_of(head: str) -> set[str]:
    """The keys of a beginning without leading group: its first letters, with and without what may be missing."""
    options = {""}
    for sign in head:
        if sign.isalnum():
            options = {one + sign for one in options}
        elif sign == "#":
            return {"#"}
        elif sign == "?":
            options |= {one[:-1] for one in options}
        elif sign in "'-":
            return _cut(options) | _glued(options, head.partition(sign)[2])
        elif sign in "*(":
            if any(len(one) < _KEY for one in options):
                raise PatternUnreadable(f"{head}: fewer than three letters before {sign}")
            break
        else:
            break
    return _cut(options)


def _cut(options: set[str]) -> set[str]:
    """The first letters of words, their ligatures tied and untied: « coeur », « cœur »."""
    tied = {one.replace("oe", "œ").replace("ae", "æ") for one in options}
    return {one[:_KEY] for one in options | tied if one}


def _glued(options: set[str], rest: str) -> set[str]:
    """« jai »: the keys when an apostrophe or a hyphen was left out."""
    after = _heads(rest) if rest else []
    return {(one + key)[:_KEY] for one in options for head_ in after for key in _letters(head_)}


def _letters(head: str) -> set[str]:
    found = re.match(r"\w+", head)
    return {found[0]} if found else set()


class Lexicon:
    """Patterns by the beginning of their first word: one pass over the words of a text finds them all."""

    def __init__(self, entries: Iterable[tuple[str, str]], macros: Mapping[str, str]) -> None:
        self._by_key: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        self.names: set[str] = set()
        for name, pattern in entries:
            expression = compiled(pattern, macros)
            self.names.add(name)
            for key in sorted(keys(pattern, macros)):
                self._by_key.setdefault(key, []).append((expression, name))

    def find(self, folded: str) -> list[Hit]:
        """Every pattern found, by its place; the longest match of each name at each place."""
        best: dict[tuple[int, str], int] = {}
        for word in _WORD.finditer(folded):
            start = word.start()
            for expression, name in self._candidates(word[0]):
                found = expression.match(folded, start)
                if found and found.end() > best.get((start, name), -1):
                    best[start, name] = found.end()
        return [Hit(start, end, name) for (start, name), end in sorted(best.items())]

    def _candidates(self, word: str) -> list[tuple[re.Pattern[str], str]]:
        known = self._by_key.get(word[:_KEY], [])
        return known + self._by_key.get("#", []) if word[:1].isdigit() else known
