"""Amounts of money as people write them: « 1 250,00 € », "49€90", "deux cents euros", “£15”, “CHF 40.–”. Pure."""

import re
from collections.abc import Iterator
from decimal import Decimal

from doleance.understanding.rules import Amount
from doleance.understanding.text.facts import numbers
from doleance.understanding.text.lines import Places, fold

_SIGNS = {
    "EUR": r"€|euros?\b|eur\b|€uros?\b|balles\b|boules\b",
    "GBP": r"£|gbp\b|pounds?(?: sterling)?\b|quid\b|livres? sterling\b",
    "USD": r"\$|us\$|usd\b|dollars?\b|bucks\b",
    "CHF": r"chf\b|francs? suisses?\b|sfr\.?(?=\s?\d|\W|$)|swiss francs?\b",
    "CAD": r"cad\b|dollars? canadiens?\b",
    "XPF": r"xpf\b|francs? (?:cfp|pacifique)\b",
    "MAD": r"mad\b|dirhams?\b",
}
_AFTER = "|".join(f"(?P<{code}>{signs})" for code, signs in _SIGNS.items())
_NUMBER = r"\d{1,3}(?:[ .,']\d{3}){1,4}(?![\d])(?:[.,]\d{1,2}(?!\d))?|\d{1,9}(?:[.,]\d{1,2}(?![\d]))?"
_BEFORE = re.compile(
    rf"(?:(?P<EUR>€|\beur)|(?P<GBP>£|\bgbp)|(?P<USD>us\$|\$|\busd)|(?P<CHF>\bchf|\bsfr\.?)|"
    rf"(?P<CAD>\bcad)) ?(?P<number>{_NUMBER})"
    r"(?P<scale> ?k\b)?"
)
_BEHIND = re.compile(
    rf"(?<![\d.,/-])(?P<number>{_NUMBER})(?P<dash>[.,] ?--?)?(?P<scale> ?k| mille| thousand| millions?(?: d'|"
    rf" de)?)? ?(?:d'|of )?(?:{_AFTER})"
    r"(?P<cents> ?\d{2}(?!\d|[.,/]\d| ?(?:€|euro|%|[a-z]{3})))?"
)
_CENTS = re.compile(
    r"(?<![\d.,/])(?P<euros>(?:\d{1,9}) ?(?:€|euros?) (?:et )?)?(?P<cents>\d{1,2}) ?(?:centimes?|cts?|cents|pence)\b"
)
_BARE_E = re.compile(
    r"(?<![\d.,/-])(?P<number>\d{1,3}(?: \d{3})+|\d{1,6}(?:[.,]\d{1,2})?) ?e(?=$|[\s,.!?;:)])(?! ?(?:fois|mails?|jour|"
    r"relance|etage|message|appel|"
    r"arrondissement|rue|courrier|lettre|semaine|anniversaire|siecle|rappel|reclamation|rang|position|tentative|"
    r"demande|ticket))"
)
_MONEY_BEFORE = re.compile(
    r"(?:pay\w*|rembours\w*|prix|coute?\w*|factur\w*|prelev\w*|debit\w*|montant|somme|total|paye\w*|frais|verse\w*|"
    r"rend\w*|mes|mon|de|pour|a|"
    r"au lieu de|caution|avoir|bon|chq|cheque|virement|vir)\W{1,3}$"
)
# One sign for two sums: « entre 40 et 50 € », « 89 au lieu de 59 euros ».
_PAIR = r"(?: ?(?:et|ou|a|au lieu de|au lieu des|contre|and|or|to|instead of|puis|plutot que|vs|pas|-|/|\+|,) ?(?:de |les |mes |des |environ )?)"  # noqa: E501
_SHARES_AFTER = re.compile(rf"(?<![\d.,/:-])(?<!\dh)(?<!\dh )(?<!\d h )(?P<number>{_NUMBER}){_PAIR}$")
_SHARES_BEFORE = re.compile(
    rf"(?: ttc| ht)? (?:au lieu de|au lieu des|contre|instead of|et non|et pas|plutot que|not|pas|vs) (?:de |les |"
    rf"des )?(?P<number>{_NUMBER})(?!\d|[.,]\d)"
    r"(?! ?(?:%|jours?|mois|ans?|h\b|heures?|fois|days?|weeks?|months?|€|euro|eur\b|£|\$|[a-z]))(?! ?/)"
)
_DECIMAL = re.compile(
    r"(?<![\d.,/:-])(?P<number>\d{1,3}(?:[ .]\d{3}){0,2}[.,]\d{2})(?![\d/:h%]|[.,]\d| ?(?:%|kg|km|m\b|cm|l\b|go|mo|"
    r"kwh|m3|h\b))"
)
_PAID = re.compile(
    r"\b(?:paie|payes?|paye|payons|payez|paient|payais|payait|pay|pays|paid|coute|coutait|"
    r"costs?) (?P<number>\d{2,5})(?=[.;!?)]|,(?!\d)|$| au lieu| a la place| instead)"
)
_MONEY_NEAR = re.compile(
    r"(?:pay\w*|paie\w*|rembours\w*|prix|tarif\w*|coute?\w*|factur\w*|prelev\w*|debit\w*|montant\w*|somme|total\w*|"
    r"au lieu d\w+|instead of|charged|paid|refund\w*|price|cost\w*|"
    r"amount|bill\w*|invoice\w*|trop|solde)[^.!?\n]{0,30}$"
)


def amounts(text: str) -> list[Amount]:
    """The amounts of `text`, sorted, each once: `49.90` as it was said, not rounded, with its ISO 4217 currency."""
    return sorted(
        {amount for _, amount in placed(text)}, key=lambda one: (Decimal(one.value), one.value, one.currency)
    )


def placed(text: str) -> list[tuple[int, Amount]]:
    """The same, in the order of the text, with their places."""
    folded = fold(text).replace("\n", " ")
    return sorted((start, Amount(value, currency)) for start, value, currency in _all(folded) if value)


def _all(folded: str) -> Iterator[tuple[int, str, str]]:
    taken = Places(len(folded))
    currency = "EUR"
    for match in _BEHIND.finditer(folded):
        currency = _currency(match)
        taken.take(*match.span())
        yield match.start(), _scaled(match), currency
        yield from _shared(folded, match, currency)
    for match in _BEFORE.finditer(folded):
        if not taken.overlaps(match.start("number"), match.end("number")):
            taken.take(*match.span())
            yield match.start(), _scaled(match), _currency(match)
    yield from _said(folded, taken, currency)


def _said(folded: str, taken: Places, currency: str) -> Iterator[tuple[int, str, str]]:
    """What has no sign beside its figures: words, centimes, « 30e », « 49,90 au lieu de 39,90 »."""
    for start, end, value, code in numbers.money_in_words(folded):
        if not taken.overlaps(start, end):
            taken.take(start, end)
            yield start, value, code
    for match in _CENTS.finditer(folded):
        if match["euros"] is None:
            yield match.start(), f"0.{int(match['cents']):02d}", currency
    for match in _BARE_E.finditer(folded):
        if not taken.overlaps(*match.span()) and _is_money(folded, match):
            yield match.start(), _value(match["number"]), "EUR"
    yield from _bare(folded, taken, currency)


def _is_money(folded: str, match: re.Match[str]) -> bool:
    """« 4,35e », « remboursez mes 30e », and not « ma 2e relance »."""
    before = folded[max(0, match.start() - 24) : match.start()]
    return re.search(r"[.,]\d{2}$", match["number"]) is not None or _MONEY_BEFORE.search(before) is not None


def _bare(folded: str, taken: Places, currency: str) -> Iterator[tuple[int, str, str]]:
    """Figures whose only sign of money is the verb before them: « paie 58 », « facturé 49.90 »."""
    for match in _PAID.finditer(folded):
        if not taken.overlaps(*match.span("number")):
            yield match.start("number"), _value(match["number"]), currency
    for match in _DECIMAL.finditer(folded):
        before = folded[max(0, match.start() - 60) : match.start()]
        if not taken.overlaps(*match.span()) and _MONEY_NEAR.search(before) and not _is_date(match["number"]):
            yield match.start(), _value(match["number"]), currency


def _is_date(number: str) -> bool:
    """« 12.03 » may be a day of March: only a comma, or figures that no calendar has, say money."""
    whole, _, part = number.partition(".")
    return "," not in number and whole.isdigit() and int(whole) <= 31 and part.isdigit() and 1 <= int(part) <= 12


def _shared(folded: str, match: re.Match[str], currency: str) -> Iterator[tuple[int, str, str]]:
    head = folded[max(0, match.start() - 48) : match.start()]
    before = _SHARES_AFTER.search(head)
    if before and not re.search(r"(?:/|\ble|\bdu|\bau|article|lot|commande|n°|no) ?$", head[: before.start()]):
        yield match.start() - len(head) + before.start(), _value(before["number"]), currency
    after = _SHARES_BEFORE.match(folded, match.end())
    if after:
        yield after.start("number"), _value(after["number"]), currency


def _currency(match: re.Match[str]) -> str:
    return next(code for code in _SIGNS if code in match.re.groupindex and match[code] is not None)


def _scaled(match: re.Match[str]) -> str:
    groups = match.groupdict()
    value = _value(match["number"])
    scale = (groups.get("scale") or "").strip()
    if scale:
        return numbers.times(value, 1_000_000 if scale.startswith("million") else 1_000)
    if groups.get("cents") and "." not in value:
        return f"{value}.{match['cents'].strip()}"
    return value


def _value(number: str) -> str:
    """Figures as a decimal string: a point or comma before three last figures parts thousands."""
    bare = number.replace(" ", "").replace("'", "")
    mark = max(bare.rfind("."), bare.rfind(","))
    if mark < 0:
        return str(int(bare))
    whole, part = bare[:mark], bare[mark + 1 :]
    if len(part) == 3:
        return str(int(whole.replace(".", "").replace(",", "") + part))
    return f"{int(whole.replace('.', '').replace(',', '') or '0')}.{part}"
