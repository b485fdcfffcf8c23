"""Numbers, money and sizes as French readers write them; pure."""

from decimal import Decimal

from doleance.kernel.text import NARROW, NO_BREAK


def number(value: int) -> str:
    """« 48 210 »: thousands apart by a narrow space."""
    return f"{value:,}".replace(",", NARROW)


def money(amount: Decimal, currency: str = "EUR") -> str:
    """« 1 186,00 € »: two decimals, the sign after; another currency keeps its ISO 4217 code."""
    whole, cents = f"{amount:,.2f}".split(".")
    return f"{whole.replace(',', NARROW)},{cents}{NO_BREAK}{'€' if currency == 'EUR' else currency}"


def size(octets: int) -> str:
    """The size of a file: « 814 o », « 212 ko », « 1,4 Mo », in powers of ten as systems show it in French."""
    if octets < 1000:
        return f"{octets}{NO_BREAK}o"
    if octets < 1_000_000:
        return f"{octets // 1000}{NO_BREAK}ko"
    return f"{octets / 1_000_000:.1f}{NO_BREAK}Mo".replace(".", ",")
