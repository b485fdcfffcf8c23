"""The letters we write by ourselves: a text file a letter and a language, and the facts it may name.

Nothing that a complainant wrote enters them: anybody can put somebody else's address under a complaint, and a letter
that repeats a subject or a name would carry a stranger's words to them under our own (reliability.md §2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.template import Context, Engine

from doleance.kernel import languages
from doleance.kernel.moments import long_day
from doleance.kernel.text import NO_BREAK

LANGUAGES = ("fr", "en")
_FOLDER = Path(__file__).parent / "templates" / "letters"
_MISSING = "\x00"


class LetterError(Exception):
    """A letter names a fact that it was not given, or holds no subject or no text: a bug, and nothing leaves."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready to leave."""

    subject: str
    text: str


@cache
def _engine() -> Engine:
    """An engine of its own: a letter is plain text, nothing in it is escaped, and an unknown fact shows."""
    return Engine(dirs=[str(_FOLDER)], autoescape=False, string_if_invalid=_MISSING)


def language_for(*wanted: str) -> str:
    """The first of the wanted languages in which letters exist; French when there is none."""
    return next((one[:2] for one in wanted if one[:2] in LANGUAGES), LANGUAGES[0])


def write(code: str, *, language: str, facts: Mapping[str, object]) -> Letter:
    """The letter `code` in `language` (one of LANGUAGES): its first line is the subject.

    Raises LetterError when the letter names a fact that is not given.
    """
    template = _engine().get_template(f"default/{code}.{language}.txt")
    text = template.render(Context(dict(facts), autoescape=False))
    if _MISSING in text:
        raise LetterError(f"{code}.{language}: a fact is missing")
    subject, _, body = languages.tongue(language).typeset(text).partition("\n")
    if not subject.strip() or not body.strip():
        raise LetterError(f"{code}.{language}: no subject or no text")
    return Letter(subject=subject.strip(), text=body.strip("\n"))


def day_in_words(day: date, language: str) -> str:
    """A day as a letter says it: « le jeudi 26 novembre 2026 », “on Thursday 26 November 2026”; it never breaks."""
    return f"{'le' if language == 'fr' else 'on'}{NO_BREAK}{long_day(day, languages.tongue(language))}"
