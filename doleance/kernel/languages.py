"""The languages of Doléance, as Django's catalogues know them."""

from functools import cache

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.utils.translation import get_language, gettext, ngettext, override

from doleance.kernel.tongue import Tongue

FRENCH = "fr"


def code() -> str:
    """The reader's language, one of those we have: `fr`, `en`. French where none is chosen, or an unknown one."""
    found = (get_language() or FRENCH).partition("-")[0]
    return found if found in dict(settings.LANGUAGES) else FRENCH


def reader() -> Tongue:
    """What a page speaks: the language chosen for this request."""
    return Tongue(code(), gettext, ngettext)


def named(spoken: str) -> str:
    """The name of a language (ISO 639-1) in the reader's: « allemand », “German”; the code itself if it is unknown."""
    try:
        return Locale.parse(spoken).get_language_name(code()) or spoken
    except (ValueError, UnknownLocaleError):
        return spoken


@cache
def tongue(language: str) -> Tongue:
    """What a letter speaks, whoever has it written: the complainant's language."""

    def translate(sentence: str) -> str:
        with override(language):
            return gettext(sentence)

    def translate_plural(one: str, many: str, n: int) -> str:
        with override(language):
            return ngettext(one, many, n)

    return Tongue(language, translate, translate_plural)
