"""What a passage already answers of the questions asked about its type, so that only the rest is asked. Pure.

The questions are those of the form (`complaints.questions`), in one place for pages, programs and this reading.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from doleance.complaints import questions
from doleance.complaints.questions import Question
from doleance.understanding.rules import Amount, SignalCode
from doleance.understanding.text.facts import amounts, dates, references
from doleance.understanding.text.lines import fold

_LONGEST = 200  # signs of an answer that is quoted
_SINCE = re.compile(r"(?<!\w)(?:depuis|since|seit|desde|sinds|da) (?!que )[^.!?;,\n()]{2,60}")
_PROMISED = re.compile(
    r"(?:promis\w*|prevu\w*|annonc\w+|devai\w+|attendu\w*|estim\w+|due|promised|expected|scheduled|"
    r"should have)[^.!?\n]{0,40}$"
)
_BILLED = re.compile(
    r"(?:factur\w*|preleve\w*|debite\w*|reclam\w+|demand\w+|compt\w+|charged|billed|taken|debited)[^.!?\n]{0,40}$"
)
_EXPECTED = re.compile(
    r"(?:au lieu d\w{1,3}|alors que|convenu\w*|signe\w*|annonc\w+|devis|contre|instead of|agreed|quoted|"
    r"should have been|prevu\w*)[^.!?\n]{0,30}$"
)
_PAID = re.compile(
    r"(?<!\w)(?:preleve\w*|debite\w*|j'ai (?:deja |tout )?(?:paye|regle|verse)|(?:deja|ete) (?:paye|regle)|"
    r"encaisse\w*|paid|debited|taken from|charged my)"
)
_UNPAID = re.compile(
    r"(?<!\w)(?:(?:pas|refuse de|jamais) (?:encore )?(?:payer|paye|regler|regle)|not paid|refuse to pay|haven't paid)"
)
_NOTHING = re.compile(
    r"(?<!\w)(?:(?:rien|jamais|pas|toujours pas|tjs pas|tjrs pas) (?:ete |encore )?(?:recu|livre|arrive|eu)\w*|"
    r"n'est (?:pas|jamais) arrive\w*|jamais arrive\w*|never (?:arrived|came|received|delivered)|not (?:arrived|"
    r"received|been delivered)|perdu\w*)"
)
_MEANS = (
    (
        "phone",
        (
            r"telephone|appel\w*|hotline|standard|raccroche\w*|au bout du fil|plateforme|phone|called|call cent\w+|"
            r"hung up|on hold"
        ),
    ),
    (
        "place",
        (
            r"magasin|guichet|agence|boutique|accueil|caisse|comptoir|sur place|restaurant|hotel|reception|shop|store|"
            r"branch|counter|desk"
        ),
    ),
    (
        "home",
        (
            r"chez (?:moi|nous)|a (?:mon |notre )?domicile|technicien\w*|intervention|at (?:my|our) (?:home|house|flat)|"  # noqa: E501
            r"technician|engineer"
        ),
    ),
    ("writing", r"e?-?mails?|courriels?|courriers?|lettres?|sms|chat|messages?|ecrit\w*|wrote|letter"),
)
_DEVICE = re.compile(
    r"(?<!\w)(?:iphone|ipad|android|samsung|galaxy|huawei|xiaomi|smartphone|telephone portable|mobile|tablette|tablet|"
    r"pc|mac(?:book)?|ordinateur|laptop|computer|windows|linux)(?: (?:\d{1,2}|pro|air|portable|[a-z]\d{1,3}))?"
)
_ERROR = re.compile(
    r"(?<!\w)(?:erreur|error)(?: (?:technique|interne|http|code|n°|no)){0,2}[ :]{1,3}[a-z]{0,4}-?\d{2,5}|"
    r"[\"]([^\"\n]{4,80})[\"]"
)
_PAGE = re.compile(
    r"(?<!\w)(?:espace (?:client|personnel|adherent|abonne|pro|famille|locataire)|page (?:de |"
    r"d')?[a-z]{3,15}(?: (?:de|du) [a-z]{3,15})?|formulaire[^.!?,;\n]{0,40}|application mobile|(?:votre |"
    r"l')?appli(?:cation)?|"
    r"site(?: internet| web)?|panier|checkout|account page|login page|website|app)(?!\w)"
)
_MEANT: Mapping[str, str] = MappingProxyType(
    {"lost": "no", "late": "no", "damaged_in_transit": "damaged", "wrong_item": "wrong"}
)


@dataclass(frozen=True, slots=True)
class Told:
    """A passage and what is known beside it: the message's day, its language, its references, the signals raised."""

    text: str
    sub: str
    sent: date
    language: str = ""
    order_refs: Sequence[str] = ()
    signals: frozenset[SignalCode] = frozenset()


def answers(category: str, told: Told) -> dict[str, str]:
    """What a passage of `category` (main code) answers, as the form keeps it: only what it says, no guess."""
    folded = fold(told.text)
    found: dict[str, str] = {}
    for question in questions.questions_of(category):
        finder = _FINDERS.get(question.code)
        said = finder(told, folded) if finder else ""
        if said:
            found[question.code] = said[:_LONGEST]
    return questions.accept(category, found)


def missing(category: str, told: Told) -> tuple[Question, ...]:
    """The questions that the passage leaves open, in the order of the form."""
    return questions.missing(category, answers(category, told))


def _reference(told: Told, _: str) -> str:
    own = references.references(told.text)
    if own:
        return own[0]
    return told.order_refs[0] if len(told.order_refs) == 1 else ""


def _day_after(pattern: re.Pattern[str]) -> Callable[[Told, str], str]:
    def find(told: Told, folded: str) -> str:
        placed = dates.placed(told.text, told.sent, told.language)
        return next(
            (day.isoformat() for start, day in placed if pattern.search(folded, max(0, start - 60), start)), ""
        )

    return find


def _only_day(told: Told, _: str) -> str:
    days = dates.dates(told.text, told.sent, told.language)
    return days[0].isoformat() if len(days) == 1 else ""


def _sum_after(pattern: re.Pattern[str], *, lone: bool) -> Callable[[Told, str], str]:
    def find(told: Told, folded: str) -> str:
        placed = [(start, one) for start, one in amounts.placed(told.text) if one.currency == "EUR"]
        for start, one in placed:
            if pattern.search(folded, max(0, start - 60), start):
                return _euros(one)
        return _euros(placed[0][1]) if lone and len(placed) == 1 else ""

    return find


def _euros(amount: Amount) -> str:
    whole, _, part = amount.value.partition(".")
    return f"{whole},{part[:2].ljust(2, '0')}" if len(whole) <= 9 else ""


def _quoted(pattern: re.Pattern[str]) -> Callable[[Told, str], str]:
    def find(told: Told, folded: str) -> str:
        match = pattern.search(folded)
        return told.text[match.start() : match.end()].strip(' "«»“”') if match else ""

    return find


def _means(_: Told, folded: str) -> str:
    named = [code for code, words in _MEANS if re.search(rf"(?<!\w)(?:{words})(?!\w)", folded)]
    return named[0] if named else ""


def _received(told: Told, folded: str) -> str:
    meant = _MEANT.get(told.sub, "")
    return meant or ("no" if _NOTHING.search(folded) else "")


def _paid(_: Told, folded: str) -> str:
    if _UNPAID.search(folded):
        return "no"
    return "yes" if _PAID.search(folded) else ""


def _dangerous(told: Told, _: str) -> str:
    return "yes" if SignalCode.SAFETY_RISK in told.signals else ""


def _said(told: Told, _: str) -> str:
    return told.text.strip()


_FINDERS: Mapping[str, Callable[[Told, str], str]] = MappingProxyType(
    {
        "order": _reference,
        "invoice": _reference,
        "promised": _day_after(_PROMISED),
        "received": _received,
        "charged": _sum_after(_BILLED, lone=True),
        "expected": _sum_after(_EXPECTED, lone=False),
        "paid": _paid,
        "since": _quoted(_SINCE),
        "dangerous": _dangerous,
        "when": _only_day,
        "means": _means,
        "said": _said,
        "page": _quoted(_PAGE),
        "device": _quoted(_DEVICE),
        "error": _quoted(_ERROR),
    }
)
