"""The words of a text that another one has too, for who reads both side by side. Pure."""

import re
from collections.abc import Collection

from doleance.understanding.duplicates.traits import words_in

_WORD = re.compile(r"[^\W_]+")


def marked(text: str, shared: Collection[str]) -> list[tuple[str, bool]]:
    """A text in runs, each with whether it is a word that both have: what a screen underlines. Nothing is altered."""
    runs: list[tuple[str, bool]] = []
    end = 0
    for found in _WORD.finditer(text):
        if words_in(found[0]) & set(shared):
            runs += [(text[end : found.start()], False), (found[0], True)]
            end = found.end()
    return [(run, same) for run, same in [*runs, (text[end:], False)] if run]
