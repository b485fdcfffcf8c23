"""Numbers written in words, French and English: « quatre-vingt-dix-neuf », "two hundred and fifty". Pure."""

import re
from collections.abc import Iterator
from decimal import Decimal

_FRENCH = {
    "zero": 0, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,  # noqa: E501
    "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "vingts": 20,  # noqa: E501
    "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80, "octante": 80,
    "nonante": 90, "cent": 100, "cents": 100, "mille": 1000,
    "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1000,
}  # fmt: skip
_ENGLISH = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,  # noqa: E501
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
}  # fmt: skip
_WORDS = {**_ENGLISH, **_FRENCH}
_LINKS = {"et", "and"}
_LONGEST = 12  # words of a number
_UNITS = {
    "euro": "EUR", "euros": "EUR", "balles": "EUR", "eur": "EUR", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
    "dollar": "USD", "dollars": "USD", "bucks": "USD",
}  # fmt: skip
_UNIT = re.compile(
    rf"(?<!\w)(?:d')?(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})(?!\w)(?P<suisse> suisses?)?"
)
_CENTS = re.compile(
    r" (?:et )?(?P<cents>[a-z-]{2,20}(?:[ -][a-z]{2,12}){0,2}?)(?: centimes?| cents| pence)?(?=$|[\s,.!?;:)])"
)
_WORD = re.compile(r"[a-z]+")


def value(words: list[str]) -> int | None:
    """What number words say, in French or English; None when they say none."""
    if not words or all(word in _LINKS for word in words):
        return None
    total, current = 0, 0
    for word in words:
        if word in _LINKS:
            continue
        number = _WORDS.get(word)
        if number is None:
            return None
        if number == 1000:
            total, current = total + (current or 1) * 1000, 0
        elif number == 100:
            current = (current or 1) * 100 if current < 100 else current + 100
        elif number == 20 and current % 100 == 4 and word.startswith("vingt"):
            current += 76
        else:
            current += number
    return total + current


def times(number: str, factor: int) -> str:
    """A decimal string multiplied, without needless zeros."""
    product = Decimal(number) * factor
    return str(product.quantize(Decimal(1)) if product == product.to_integral() else product.normalize())


def money_in_words(folded: str) -> Iterator[tuple[int, int, str, str]]:
    """Sums whose number is in words: start, end, value, currency."""
    for unit in _UNIT.finditer(folded):
        head = folded[max(0, unit.start() - 90) : unit.start()]
        words, start = _number_before(head)
        number = value(words)
        if number is None or (words in (["un"], ["a"], ["une"], ["one"]) and number == 1 and unit["unit"] != "euro"):
            continue
        cents, end = _cents_behind(folded, unit.end())
        code = "CHF" if unit["suisse"] else _UNITS[unit["unit"]]
        yield unit.start() - len(head) + start, end, f"{number}.{cents:02d}" if cents else str(number), code


def _number_before(head: str) -> tuple[list[str], int]:
    """The run of number words that ends `head`, and where it begins."""
    taken: list[re.Match[str]] = []
    end = len(head)
    for word in reversed(list(_WORD.finditer(head))[-_LONGEST:]):
        between = head[word.end() : end].strip(" -'")
        if between or word[0] not in _WORDS | dict.fromkeys(_LINKS, 0):
            break
        taken.append(word)
        end = word.start()
    while taken and taken[-1][0] in _LINKS:
        taken.pop()
    taken.reverse()
    return [word[0] for word in taken], taken[0].start() if taken else len(head)


def _cents_behind(folded: str, end: int) -> tuple[int, int]:
    """« douze euros cinquante »: the hundredths said after the unit."""
    words: list[str] = []
    at = end
    for word in _WORD.finditer(folded, end, min(end + 40, len(folded))):
        if folded[at : word.start()].strip(" -") or (word[0] not in _WORDS and word[0] not in _LINKS):
            break
        words.append(word[0])
        at = word.end()
    while words and words[-1] in _LINKS:
        words.pop()
    number = value(words)
    is_hundredths = number is not None and 10 <= number < 100 and words[0] not in {"a", "une", "un"}
    return (number or 0, at) if is_hundredths else (0, end)
