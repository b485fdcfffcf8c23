"""Days and amounts as people spell them, brought to the one spelling that `complaints.questions` reads. Pure."""

import re
import unicodedata

from doleance.complaints import questions
from doleance.complaints.questions import AnswerKind, Question

# By their beginnings, without accents: « février », « fév. », “February”.
_MONTHS = (
    ("janv", "jan"),
    ("fevr", "fev", "feb"),
    ("mars", "mar"),
    ("avr", "apr"),
    ("mai", "may"),
    ("juin", "jun"),
    ("juil", "jul"),
    ("aou", "aug"),
    ("sep",),
    ("oct",),
    ("nov",),
    ("dec",),
)
_WEEKDAY = re.compile(
    r"^(?:le\s+|on\s+)?(?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+(?=\d|1er)"
)
_NAMED = re.compile(r"(?:le\s+)?(\d{1,2})(?:er|st|nd|rd|th)?\s+([a-z]{3,9})\.?,?\s+(\d{4})")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?")
_EURO_INSIDE = re.compile(r"(\d+)\s*(?:€|eur(?:os?)?)\s*(\d{2})(?:\s*(?:c|ct|cts|centimes?))?", re.IGNORECASE)
_CURRENCY = re.compile(r"€|eur(?:os?)?\b", re.IGNORECASE)


def read(question: Question, said: str) -> str:
    """The answer as it is kept, whatever its spelling. Raises FactUnreadable."""
    match question.kind:
        case AnswerKind.DAY:
            return questions.read(question, day(said))
        case AnswerKind.MONEY:
            return questions.read(question, amount(said))
        case _:
            return questions.read(question, said)


def day(said: str) -> str:
    """« jeudi 12 novembre 2026 », « 1er mars 2026 », “12 Nov 2026” as 12/11/2026; anything else as it was said."""
    bare = _WEEKDAY.sub("", _plain(said))
    bare = re.sub(r"^le\s+", "", bare)
    found = _NAMED.fullmatch(bare)
    if not found:
        return bare if bare[:1].isdigit() else said
    number = next((n for n, starts in enumerate(_MONTHS, 1) if _is_month(found[2], starts)), 0)
    return f"{found[1]}/{number}/{found[3]}" if number else said


def _is_month(word: str, starts: tuple[str, ...]) -> bool:
    return any(word.startswith(start) for start in starts)


def _plain(said: str) -> str:
    letters = unicodedata.normalize("NFKD", said.casefold())
    return " ".join("".join(sign for sign in letters if not unicodedata.combining(sign)).split())


def amount(said: str) -> str:
    """« 1 186,00 € », « 1.186,00 », “€1,186.00”, « 186 € 50 », « 186'000 » without what groups the thousands."""
    bare = "".join(sign for sign in said if not sign.isspace() and sign not in "'’")
    bare = bare.rstrip(".;")
    if inside := _EURO_INSIDE.fullmatch(bare):
        return f"{inside[1]},{inside[2]}"
    bare = _CURRENCY.sub("", bare).removesuffix(",-").removesuffix(".-")
    if not _GROUPED.fullmatch(bare):
        return bare
    last = max(bare.rfind(","), bare.rfind("."))
    decimals = bare[last + 1 :]
    whole = re.sub(r"[.,]", "", bare if len(decimals) == 3 else bare[:last])
    return whole if len(decimals) == 3 else f"{whole},{decimals}"


def typed(question: Question, value: str, language: str) -> str:
    """What is kept, as it is typed: `2026-11-12` is 12/11/2026, `186.00` is 186,00 in French."""
    if question.kind is AnswerKind.DAY and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return f"{value[8:]}/{value[5:7]}/{value[:4]}"
    if question.kind is AnswerKind.MONEY and language == "fr":
        return value.replace(".", ",")
    return value
