"""Where a house's form is, what it wears and says: who may settle it, what is refused, what the journal keeps."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.accounts import actions, queries, rules
from doleance.accounts.models import Entity, Theme
from doleance.accounts.rules import ADDRESS_NAME_LENGTH, address_name, check_address_name
from doleance.accounts.theme import BadColour, DrawnLogo, LogoInk
from doleance.audit import queries as audit
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed
from tests.cast import MORNING, TESTS, Cast

LOGO = DrawnLogo(b"\x89PNG", 300, 100, LogoInk.DARK)


@write(quiet="a test makes another house")
def another(*, name: str) -> Entity:
    return Entity.objects.create(name=name)


def last():
    return list(audit.history("settings"))[-1].facts


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Maison Éloïse & fils", "maison-eloise-fils"),
        ("  L’Œuvre d’Ægir  ", "l-oeuvre-d-aegir"),
        ("3 Suisses", "3-suisses"),
        ("株式会社", "maison"),
        ("", "maison"),
        ("A" * 80, "a" * 40),
        ("a" * 39 + " bc", "a" * 39),
    ],
)
def test_a_name_becomes_one_for_an_address(name, said):
    assert address_name(name) == said


@given(st.text(max_size=200))
def test_whatever_the_name_it_stands_in_an_address(name):
    made = address_name(name)
    assert check_address_name(made) == made
    assert len(made) <= ADDRESS_NAME_LENGTH


@pytest.mark.parametrize(
    "text", ["", " ", "Éloïse", "a b", "a--b", "-a", "a-", "a/b", "a?b", "a" * 41, "a\nb", "../a"]
)
def test_what_no_address_can_hold_is_refused(text):
    with pytest.raises(rules.BadAddressName):
        check_address_name(text)


@pytest.mark.django_db
def test_the_first_run_names_the_address():
    secret = actions.new_setup_link(by=TESTS, at=MORNING)
    told = {"company": "Maison Éloïse", "name": "Nadia", "email": "nadia@maison.example"}
    actions.set_up(secret=secret, **told, password="une bouilloire neuve et un café", by=TESTS, at=MORNING)
    assert queries.entity().slug == "maison-eloise"


def test_each_house_gets_a_name_and_keeps_it(cast: Cast):
    other = another(name="Mon Entreprise !")
    actions.name_addresses(by=TESTS, at=MORNING)
    named = {house.pk: house.slug for house in queries.houses()}
    assert set(named.values()) == {"mon-entreprise", "mon-entreprise-2"}
    before = len(list(audit.history("settings")))
    actions.name_addresses(by=TESTS, at=MORNING)
    assert {house.pk: house.slug for house in queries.houses()} == named
    assert len(list(audit.history("settings"))) == before
    assert other.pk in named


def test_two_houses_do_not_share_an_address(cast: Cast):
    other = another(name="Brûlerie")
    actions.change_form(entity=other, slug="maison", privacy="", by=TESTS, at=MORNING)
    with pytest.raises(rules.AddressNameTaken):
        actions.change_form(entity=cast.entity, slug="maison", privacy="", by=TESTS, at=MORNING)
    actions.change_form(entity=other, slug="maison", privacy="Mme Roy", by=TESTS, at=MORNING)
    assert queries.house_by_slug("maison") == other


def test_only_who_settles_the_house_may(cast: Cast):
    for person in (cast.amelie, cast.bruno, cast.ines, cast.paul):
        by = person.actor()
        with pytest.raises(NotAllowed):
            actions.change_form(entity=cast.entity, slug="maison", privacy="", by=by, at=MORNING)
        with pytest.raises(NotAllowed):
            actions.change_colour(entity=cast.entity, colour="#005f69", by=by, at=MORNING)
        with pytest.raises(NotAllowed):
            actions.change_logo(entity=cast.entity, logo=LOGO, by=by, at=MORNING)
    actions.change_colour(entity=cast.entity, colour="#005f69", by=cast.nadia.actor(), at=MORNING)


def test_the_journal_says_the_colour_and_the_logo_by_its_digest(cast: Cast):
    actions.change_colour(entity=cast.entity, colour=" 06F ", by=TESTS, at=MORNING)
    assert last()["code"] == "theme_changed"
    [columns] = last()["rows"].values()
    assert columns["colour"] == "#0066ff"
    actions.change_logo(entity=cast.entity, logo=LOGO, by=TESTS, at=MORNING)
    [columns] = last()["rows"].values()
    assert re.fullmatch(r"[0-9a-f]{64}", columns["logo_sha256"])
    assert columns["logo_ink"] == "dark"
    kept = Theme.objects.get()
    assert (kept.colour, bytes(kept.logo or b""), kept.logo_width) == ("#0066ff", b"\x89PNG", 300)


def test_all_or_nothing(cast: Cast):
    with pytest.raises(BadColour):
        actions.change_public_pages(
            entity=cast.entity, slug="maison", privacy="Mme Roy", colour="rouge", logo=LOGO, drops_logo=False,
            by=TESTS, at=MORNING,
        )  # fmt: skip
    assert queries.entity().slug == ""
    assert not Theme.objects.exists()
