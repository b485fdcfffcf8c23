"""What a pack decides: whom it protects, which version holds, what its hash follows."""

from datetime import date

from doleance.packs import loader
from doleance.packs.rules import Audience, effective_hash, ordered, protects, replaced_by, version_on
from tests.packs.test_loader import GOOD, SECOND, edited, versions


def test_the_version_in_force_is_the_last_one_begun():
    both = versions(GOOD, SECOND)
    on = {day: version_on(both, day) for day in (date(2020, 1, 31), date(2020, 2, 1), date(2023, 12, 31))}
    assert [pack and pack.version for pack in on.values()] == [None, 1, 1]
    assert version_on(both, date(2024, 1, 1)) is both[1]


def test_a_pack_that_ended_is_in_force_no_more():
    ended = versions(edited(("valid_from = 2020-02-01", "valid_from = 2020-02-01\nvalid_to = 2020-12-31")))
    assert version_on(ended, date(2020, 12, 31)) is ended[0]
    assert version_on(ended, date(2021, 1, 1)) is None


def test_the_hash_follows_what_decides_and_nothing_else():
    before = effective_hash(loader.parse("XX-TEST.toml", GOOD))
    reworded = edited(("Essai", "Autre nom"), ("2026-11-21", "2027-01-01"), ("Un texte", "Le texte"))
    assert effective_hash(loader.parse("XX-TEST.toml", reworded)) == before
    for change in [
        ("count = 15", "count = 14"),
        ('"jo"', '"bd"'),
        ('"sent_at"', '"received_at"'),
        ('"XX-TEST"', '"XX"'),
    ]:
        text = edited(change)
        name = "XX.toml" if change[1] == '"XX"' else "XX-TEST.toml"
        assert effective_hash(loader.parse(name, text)) != before


def test_a_pack_protects_its_audience_and_those_we_do_not_know():
    conso, general = loader.in_force(["FR-CONSO", "GENERAL"], date(2026, 11, 12))
    assert conso.audience == {Audience.CONSUMER}
    assert [protects(conso, status) for status in ("consumer", "unknown", "professional")] == [True, True, False]
    assert all(protects(general, status) for status in ("consumer", "unknown", "professional", "association"))


def test_packs_stand_from_the_law_to_the_promise_and_a_country_before_the_union():
    every = loader.usable(date(2026, 11, 12))
    assert [pack.code for pack in every] == ["FR-PSD2", "EU-GDPR", "EU-PSD2", "FR-ACPR", "FR-CONSO", "GENERAL"]
    assert ordered(reversed(every)) == every


def test_a_pack_that_another_takes_the_place_of_is_named():
    french, union = loader.in_force(["FR-PSD2"], date(2026, 11, 12)) + loader.in_force(["EU-PSD2"], date(2026, 11, 12))
    assert replaced_by(union, [french, union]) == "FR-PSD2"
    assert replaced_by(french, [french, union]) == ""
    assert replaced_by(union, [union]) == ""


def test_a_pack_that_has_not_begun_is_not_offered():
    assert [pack.code for pack in loader.usable(date(2016, 6, 1))] == ["FR-CONSO", "GENERAL"]
