"""A language, handed to pure rules so that they say whole sentences without Django and without a catalogue.

Sentences are written in French where they are said, `tongue.say("depuis {day}", day=…)`, and a catalogue may replace
them; dates and numbers are set by the language's own habits (`moments`, `amounts`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from doleance.kernel import text


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language says what we write in French. `code` is its ISO 639-1 code.

    `translate` and `translate_plural` are gettext and ngettext, which give the French back when they know nothing.
    """

    code: str
    translate: Callable[[str], str]
    translate_plural: Callable[[str, str, int], str]

    def say(self, sentence: str, **facts: object) -> str:
        """A sentence with its facts, named in braces."""
        return self.translate(sentence).format(**facts)

    def plural(self, one: str, many: str, n: int, **facts: object) -> str:
        """The same where the number `n` decides the form; the sentence may name it `{n}`."""
        return self.translate_plural(one, many, n).format(n=n, **facts)

    def typeset(self, sentence: str) -> str:
        """A sentence of ours, already in this language, with the spaces and apostrophes of its printing."""
        return text.french(sentence) if self.code == "fr" else sentence


def _in_french(one: str, many: str, n: int) -> str:
    return one if abs(n) < 2 else many


FRENCH = Tongue("fr", str, _in_french)
