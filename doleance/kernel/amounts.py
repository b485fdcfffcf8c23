"""Numbers, money and sizes as readers of each language write them; pure."""

from decimal import Decimal

from doleance.kernel.text import NARROW, NO_BREAK
from doleance.kernel.tongue import Tongue

_SIGNS = {"EUR": "€", "GBP": "£"}


def number(value: int, tongue: Tongue) -> str:
    """« 48 210 », “48,210”: thousands apart, in French by a narrow space."""
    return _set(f"{value:,}", tongue)


def money(amount: Decimal, tongue: Tongue, currency: str = "EUR") -> str:
    """« 1 186,00 € », “€1,186.00”: two decimals; a currency without a known sign keeps its ISO 4217 code."""
    sign = _SIGNS.get(currency)
    if tongue.code == "fr":
        return f"{_set(f'{amount:,.2f}', tongue)}{NO_BREAK}{sign or currency}"
    written = f"{sign or currency + NO_BREAK}{abs(amount):,.2f}"
    return f"-{written}" if amount < 0 else written


def size(octets: int, tongue: Tongue) -> str:
    """The size of a file: « 814 o », « 212 ko », « 1,4 Mo »; “814 B”, “212 kB”, “1.4 MB”; in powers of ten."""
    unit = "o" if tongue.code == "fr" else "B"
    if octets < 1000:
        return f"{octets}{NO_BREAK}{unit}"
    if octets < 1_000_000:
        return f"{octets // 1000}{NO_BREAK}k{unit}"
    return f"{_set(f'{octets / 1_000_000:.1f}', tongue)}{NO_BREAK}M{unit}"


def _set(written: str, tongue: Tongue) -> str:
    """A number as Python writes it, with the separators of the language."""
    return written.replace(",", NARROW).replace(".", ",") if tongue.code == "fr" else written
