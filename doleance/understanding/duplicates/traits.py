"""What a message or a file is compared by: who, which order, which amounts, which words. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from doleance.kernel.text import fold
from doleance.understanding.duplicates import cues, people, rarity
from doleance.understanding.text.facts import amounts, dates, references

NEVER = datetime(1900, 1, 1, tzinfo=UTC)  # when something was written of which nobody knows when
LINE = 9  # the last digits of a number, the same with and without its country
_GAP = r"[ .\-()/\u00a0\u202f]{0,2}"
_PHONE = re.compile(rf"(?<![\w-])(?:\+\d{{2,3}}(?:{_GAP}\d){{8,12}}|0(?:{_GAP}\d){{9,12}})(?![\w-])")
# A reference has a digit, five signs at least, and is no date, hour or amount. Groups of digits are read together.
_REFERENCE = re.compile(
    r"(?<![\w.,/-])(?:[A-Z]{1,5}[ -]|[A-Za-z]{1,5}-?)?\d[A-Za-z0-9]*(?:[ ./-]\d[A-Za-z0-9]*)*(?![\w€%])"
)
_BEFORE = re.compile(r"^[A-Za-z]+ ")
_MONEY = re.compile(r"(?<![\w.,])\d[\d \u00a0\u202f.,]{0,20}\s?(?:€|eur\b|euros?\b|\$|£)", re.IGNORECASE)
_DATE = re.compile(r"\d{1,2}[/. -]\d{1,2}(?:[/. -]\d{2,4})?|\d{4}-\d\d-\d\d|(?:19|20)\d\d")
_CAPITAL = re.compile(r"\b[A-ZÀ-ÖØ-Þ][^\W\d_]{3,}")
_LONG = re.compile(r"[^\W\d_]{4,}")
# Where somebody lives is no matter: « 11 impasse du Lavoir ».
_STREET = re.compile(
    r"(?<![\w-])(\d{1,4}(?: ?(?:bis|ter|quater|[a-d]\b))?),? (?:rue|avenue|av|bd|boulevard|place|chemin|impasse|"
    r"allee|route|quai|cours|square|passage|lotissement|residence|cite|faubourg|sentier|venelle|villa|street|road|"
    r"lane|close|way) "
    r"([^,;:.!?()\d]{2,40})"
)
# What text recognition and hurried hands confuse in a reference.
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_MOST = 60  # of a kind that are compared: a longer list is a machine's


@dataclass(frozen=True, slots=True)
class Traits:
    """One message or file. `phones` are the last digits, `emails` normal, `orders` without spaces, `words` stems.

    `says_again` and `says_other`: what it says of messages before it (`cues`).
    """

    id: str
    at: datetime
    party: str = ""  # whom we know them to be; the same identifier is the same person
    names: tuple[str, ...] = ()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()  # names on social networks, lower case
    marks: frozenset[str] = frozenset()  # numbers that many people may name: a lot, a train
    dates: frozenset[str] = frozenset()
    streets: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    says_again: bool = False
    says_other: bool = False
    heard: frozenset[str] = frozenset()  # how the words sound that may be the name of who signs, or is spoken of


def line_of(number: str) -> str:
    """The digits by which two spellings of a number are one; empty for what is too short to be one."""
    digits = re.sub(r"\D", "", number.replace("(0)", ""))
    return digits[-LINE:] if len(digits) >= LINE else ""


def phones_in(text: str) -> frozenset[str]:
    """The telephone numbers that a text names."""
    return frozenset(line for one in _PHONE.findall(text) if (line := line_of(one)))


def plain(reference: str) -> str:
    """A reference as two are compared: no sign between its letters and digits, what looks alike is one."""
    return re.sub(r"[^A-Z0-9]", "", reference.upper()).translate(_ALIKE)


def orders_in(text: str) -> frozenset[str]:
    """The references of orders, invoices, parcels and files that a text names, without spaces and dashes."""
    found = (re.sub(r"[^A-Z0-9]", "", one.upper()) for one in references.references(text)[:_MOST])
    return frozenset(one for one in found if len(one) >= 5 and sum(sign.isdigit() for sign in one) >= 2)


def marks_in(text: str) -> frozenset[str]:
    """Whatever else is written as a reference: a lot, a train, a flight, which many people may name."""
    bare = _MONEY.sub(" ; ", _PHONE.sub(" ; ", text))
    found = set()
    for one in _REFERENCE.findall(bare)[:_MOST]:
        signs = plain(one)
        digits = sum(sign.isdigit() for sign in one)
        if len(signs) >= 4 and digits >= 3 and not _DATE.fullmatch(_BEFORE.sub("", one.strip())):
            found.add(signs)
    return frozenset(found)


def amounts_in(text: str) -> frozenset[str]:
    """The amounts that a text names, as `129.00`; the currency is told by the house."""
    return frozenset(f"{Decimal(one.value):.2f}" for one in amounts.amounts(text)[:_MOST])


def dates_in(text: str, at: datetime, language: str = "") -> frozenset[str]:
    """The days that a text names, but the one on which it was written."""
    return frozenset(day.isoformat() for day in dates.dates(text, at.date(), language)[:_MOST] if day != at.date())


def streets_in(text: str) -> frozenset[str]:
    """The streets that a text names with a number, each by its number and the stems of its words."""
    found = _STREET.findall(fold(text.replace("\n", " , ")))
    return frozenset(f"{number} {' '.join(sorted(rarity.stems(name)))}" for number, name in found)


def words_in(text: str) -> frozenset[str]:
    """The words that may tell one matter from another, by their stems (`rarity`)."""
    return frozenset(one for one in rarity.stems(text) if rarity.rarity(one) >= rarity.TELLING)


def heard_in(text: str) -> frozenset[str]:
    """How the words sound that may be somebody's name: those with a capital, and those that no example knows."""
    known = {fold(one) for one in _CAPITAL.findall(text)}
    strange = {one for one in _LONG.findall(fold(text)) if rarity.rarity(rarity.stem(one)) == 1}
    return frozenset(people.sounds(one) for one in known | strange)


def traits(
    *,
    pk: str,
    at: datetime,
    text: str,
    party: str = "",
    names: Sequence[str] = (),
    emails: Collection[str] = (),
    phones: Collection[str] = (),
    orders: Collection[str] = (),
    handles: Collection[str] = (),
    language: str = "",
) -> Traits:
    """What is compared of a message: what is known of its sender, and what its words say besides."""
    named = frozenset(re.sub(r"[^A-Z0-9]", "", one.upper()) for one in orders if one) | orders_in(text)
    return Traits(
        id=pk,
        at=at,
        party=party,
        names=tuple(dict.fromkeys(one for one in names if one.strip())),
        emails=frozenset(one.strip().lower() for one in emails if one),
        phones=frozenset(line for one in phones if (line := line_of(one))) | phones_in(text),
        orders=named,
        amounts=amounts_in(text),
        handles=frozenset(one.strip().lstrip("@").lower() for one in handles if one.strip("@ ")),
        marks=marks_in(text) - {plain(one) for one in named},
        dates=dates_in(text, at, language),
        streets=streets_in(text),
        says_again=cues.says_again(text),
        says_other=cues.says_other(text),
        words=words_in(text),
        heard=heard_in(text),
    )


def keys_of(one: Traits) -> list[str]:
    """The keys that two files of one person or one order share, at least one; what an index finds candidates by.

    A name has a key by how each of its words sounds, for the rarer half of what people are called: its longest word.
    """
    keys = {f"p:{one.party}"} if one.party else set()
    keys |= {f"m:{mail}"[:80] for mail in one.emails}
    for mail in one.emails:
        local = re.sub(r"[._-]|\+.*", "", mail.rpartition("@")[0])
        keys |= {f"l:{local}"[:80]} if len(local) >= 6 else set()
    keys |= {f"t:{line}" for line in one.phones}
    keys |= {f"h:{handle}"[:80] for handle in one.handles}
    keys |= {f"o:{reference}"[:80] for reference in {plain(order) for order in one.orders} | one.marks}
    for name in one.names:
        keys |= {f"n:{people.sounds(word)}"[:80] for word in people.words_of(name) if len(word) >= 4}
    return sorted(keys)
