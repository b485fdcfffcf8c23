"""Numbers, money and sizes, as French and English readers write them."""

from decimal import Decimal

import pytest

from doleance.kernel import amounts
from doleance.kernel.text import NARROW, NO_BREAK
from doleance.kernel.tongue import FRENCH
from tests.tongues import ENGLISH


@pytest.mark.parametrize(("value", "words"), [(0, "0"), (999, "999"), (48_210, "48_210"), (1_000_000, "1_000_000")])
def test_thousands_stand_apart_by_a_narrow_space(value, words):
    assert amounts.number(value, FRENCH) == words.replace("_", NARROW)


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (Decimal(186), "EUR", "186,00~€"),
        (Decimal("1186.5"), "EUR", "1_186,50~€"),
        (Decimal("-45.00"), "EUR", "-45,00~€"),
        (Decimal("80.00"), "CHF", "80,00~CHF"),
    ],
)
def test_money_has_two_decimals_and_its_sign_after(amount, currency, words):
    assert amounts.money(amount, FRENCH, currency) == words.replace("_", NARROW).replace("~", NO_BREAK)


@pytest.mark.parametrize(
    ("octets", "words"),
    [(0, "0~o"), (814, "814~o"), (1_000, "1~ko"), (212_400, "212~ko"), (1_449_000, "1,4~Mo"), (40_000_000, "40,0~Mo")],
)
def test_the_size_of_a_file(octets, words):
    assert amounts.size(octets, FRENCH) == words.replace("~", NO_BREAK)


def test_amounts_in_english():
    assert amounts.number(48_210, ENGLISH) == "48,210"
    assert amounts.money(Decimal("1186.5"), ENGLISH) == "€1,186.50"
    assert amounts.money(Decimal("-45.00"), ENGLISH) == "-€45.00"
    assert amounts.money(Decimal("80.00"), ENGLISH, "CHF") == f"CHF{NO_BREAK}80.00"
    assert amounts.size(814, ENGLISH) == f"814{NO_BREAK}B"
    assert amounts.size(212_400, ENGLISH) == f"212{NO_BREAK}kB"
    assert amounts.size(1_449_000, ENGLISH) == f"1.4{NO_BREAK}MB"
