"""Packs are strict data: what a file means, and what it may not say."""

from datetime import date

import pytest

from doleance.packs import loader
from doleance.packs.rules import (
    ClockKind,
    ClockRule,
    Letter,
    Nature,
    StartEvent,
    Term,
    Unit,
    effective_hash,
)

GOOD = """
code = "XX-TEST"
version = 1
label = "Essai"
nature = "statute"
certainty = "V"
valid_from = 2020-02-01
checked_on = 2026-11-21
source = ["Un texte, art. 1"]
audience = []

[[clocks]]
kind = "final"
count = 15
unit = "jo"
start = "sent_at"
statutory = true
why = "Le texte le dit."
"""


def edited(*changes, text=GOOD):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_file_becomes_a_pack():
    pack = loader.parse("XX-TEST.toml", GOOD)
    assert (pack.code, pack.version, pack.nature) == ("XX-TEST", 1, Nature.STATUTE)
    assert (pack.valid_from, pack.valid_to) == (date(2020, 2, 1), None)
    assert pack.clocks == (
        ClockRule(
            ClockKind.FINAL, Term(15, Unit.WORKING_DAY), StartEvent.SENT, statutory=True, why="Le texte le dit."
        ),
    )
    assert pack.clock(ClockKind.FINAL) is pack.clocks[0]
    assert pack.clock(ClockKind.PROGRESS) is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('label = "Essai"\n', "", "label: missing"),
        ('label = "Essai"', 'label = " "', "label: ' ' is no text"),
        ("version = 1", 'version = "1"', "version: '1' is no int"),
        ("version = 1", "version = true", "version: True is no int"),
        ("version = 1", "version = 0", "version: at least 1"),
        ("valid_from = 2020-02-01", "valid_from = 2020-02-01T00:00:00Z", "is no date"),
        ("valid_from = 2020-02-01", "valid_from = 2020-02-01\nvalid_to = 2020-01-31", "valid_to: before valid_from"),
        ('code = "XX-TEST"', 'code = "xx test"', "code: 'xx test' is no code"),
        ('nature = "statute"', 'nature = "law"', "nature: 'law' is not one of"),
        ('certainty = "V"', 'certainty = "sure"', "certainty: 'sure' is not one of M, S, V"),
        ('source = ["Un texte, art. 1"]', "source = []", "source: at least one, in words"),
        ('source = ["Un texte, art. 1"]', 'source = [" "]', "source: at least one, in words"),
        ("audience = []", 'audience = ["martian"]', "audience: 'martian' is not one of"),
        ("audience = []", "audience = [[1]]", "audience: [1] is not one of"),
        ("audience = []", "audience = []\ncolour = 3", "colour: unknown"),
        ('unit = "jo"', 'unit = "jours"', "clocks[0].unit: 'jours' is not one of bd, cd, h, jo, m, w"),
        ('start = "sent_at"', 'start = "reopened"', "clocks[0].start: 'reopened' is not one of"),
        ('kind = "final"', 'kind = "callback"', "clocks[0].kind: 'callback' is not one of"),
        ("count = 15", "count = 0", "clocks[0].count: between 1 and 1000"),
        ("count = 15", "count = 1001", "clocks[0].count: between 1 and 1000"),
        ("count = 15", "count = 15\nroll_over = true", "clocks[0].roll_over"),
        ("count = 15", "count = 15\nrepeats = true", "clocks[0].repeats: only a progress clock starts again"),
        ("count = 15", "count = 15\nreason = 1", "clocks[0].reason: unknown"),
        ('nature = "statute"', 'nature = "practice_not_statute"', "clocks[0].statutory: only a duty that a statute"),
        ('kind = "final"', 'kind = "internal"', "clocks[0].statutory: only a duty that a statute"),
        ('why = "Le texte le dit."\n', "", "clocks[0].why: missing"),
        ("[[clocks]]", '[[must]]\ncode = "x"\nlabel = "X"\nletters = []\n[[clocks]]', "must[0].letters: at least one"),
        ("[[clocks]]", '[[must]]\ncode = "x"\nletters = ["final"]\n[[clocks]]', "must[0].label: missing"),
        ("version = 1", "version = 2", "a file of that name cannot hold version 2 of 'XX-TEST'"),
        ('code = "XX-TEST"', 'code = "XX-OTHER"', "a file of that name cannot hold version 1 of 'XX-OTHER'"),
        ("version = 1", "version =", "XX-TEST.toml: "),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(old, new, problem):
    with pytest.raises(loader.PackError) as caught:
        loader.parse("XX-TEST.toml", edited((old, new)))
    assert problem in str(caught.value)
    assert all(line.startswith("XX-TEST.toml: ") for line in str(caught.value).splitlines())


def test_every_problem_is_told_at_once():
    text = edited(("version = 1", "version = 0"), ("count = 15", "count = 0"), ('label = "Essai"\n', ""))
    with pytest.raises(loader.PackError) as caught:
        loader.parse("XX-TEST.toml", text)
    assert len(caught.value.problems) == 3


def test_a_duty_stands_once():
    with pytest.raises(loader.PackError, match="clocks: final stands twice"):
        loader.parse("XX-TEST.toml", GOOD + GOOD[GOOD.index("[[clocks]]") :])


def test_a_pack_without_anything_to_do_is_refused():
    with pytest.raises(loader.PackError, match="neither a clock nor a required block"):
        loader.parse("XX-TEST.toml", GOOD[: GOOD.index("[[clocks]]")])


def test_clocks_must_be_tables():
    with pytest.raises(loader.PackError, match=r"clocks\[0\]\.here: a table is wanted"):
        loader.parse("XX-TEST.toml", GOOD[: GOOD.index("[[clocks]]")] + "clocks = [3]\n")


def versions(*texts):
    return loader.gather({f"XX-TEST.{number}.toml": text for number, text in enumerate(texts, start=1)})["XX-TEST"]


SECOND = edited(("version = 1", "version = 2"), ("2020-02-01", "2024-01-01"), ("count = 15", "count = 10"))


@pytest.mark.parametrize(
    "second",
    [
        edited(("2024-01-01", "2020-02-01"), text=SECOND),
        edited(("2024-01-01", "2019-01-01"), text=SECOND),
    ],
)
def test_versions_follow_each_other(second):
    with pytest.raises(loader.PackError, match="do not follow each other"):
        versions(GOOD, second)


def test_one_version_in_two_files_is_refused():
    with pytest.raises(loader.PackError, match="do not follow each other"):
        loader.gather({"XX-TEST.toml": GOOD, "XX-TEST.1.toml": GOOD})


def test_an_unverified_pack_is_never_switched_on(monkeypatch):
    memory = loader.gather({"XX-TEST.toml": edited(('certainty = "V"', 'certainty = "M"'))})
    monkeypatch.setattr(loader, "shipped", lambda: memory)
    assert loader.in_force(["XX-TEST"], date(2026, 1, 1)) == []


def test_a_code_nobody_ships_is_told():
    with pytest.raises(loader.UnknownPack, match="FR-NOPE"):
        loader.in_force(["FR-NOPE"], date(2026, 1, 1))
    assert loader.version("FR-NOPE", 1) is None
    assert loader.version("GENERAL", 99) is None


# A shipped version never changes: clocks carry its hash. A new rule is a new file, `<CODE>.<version>.toml`.
SHIPPED = {
    ("EU-GDPR", 1): "aa42a03d4d332073ac83e6e5fa2692c8070d0bfef187cc84a392c3923b4cbdf8",
    ("EU-PSD2", 1): "9d2d7bb5720efebf23e988af5a20e76fa2a96a98ab557acebaf6a0a5a0dd0954",
    ("FR-ACPR", 1): "ffe1f1fa1b68ccff86334ca79fc29573dd9ec140bc8b712a7867ba8d4b7e90a0",
    ("FR-CONSO", 1): "1798665b4f06022e9e87faf8bc4e2ad4badf5a638fb2888cbd8f98651359c469",
    ("FR-PSD2", 1): "f438713ca7ea997d26a43baed15fe0aef7c6de9edd058924d3f5d511f41c6b73",
    ("GENERAL", 1): "723fbb9e5bf657d1417e71afa9a0109bc26167dbad55a5245c8b0b13d3eee79f",
}


def test_shipped_versions_are_what_they_were():
    found = {(pack.code, pack.version): effective_hash(pack) for all_ in loader.shipped().values() for pack in all_}
    assert found == SHIPPED


def test_what_fr_conso_says():
    (pack,) = loader.in_force(["FR-CONSO"], date(2026, 11, 12))
    assert pack.nature is Nature.PRACTICE
    assert [(rule.kind, rule.term, rule.start, rule.statutory) for rule in pack.clocks] == [
        (ClockKind.FINAL, Term(2, Unit.MONTH), StartEvent.FIRST_WRITTEN, False)
    ]
    assert [must.code for must in loader.musts("FR-CONSO", date(2026, 11, 12))] == ["mediateur_coordonnees_site"]
    assert loader.musts("FR-CONSO", date(2026, 11, 12), Letter.ACKNOWLEDGEMENT) == ()
    assert loader.in_force(["FR-CONSO"], date(2015, 12, 31)) == []


def test_what_general_promises():
    (pack,) = loader.in_force(["GENERAL"], date(2026, 11, 12))
    assert [(rule.kind, rule.term, rule.start, rule.repeats) for rule in pack.clocks] == [
        (ClockKind.ACKNOWLEDGE, Term(1, Unit.BUSINESS_DAY), StartEvent.RECEIVED, False),
        (ClockKind.PROGRESS, Term(10, Unit.BUSINESS_DAY), StartEvent.RECEIVED, True),
        (ClockKind.INTERNAL, Term(10, Unit.BUSINESS_DAY), StartEvent.RECEIVED, False),
        (ClockKind.FINAL, Term(2, Unit.MONTH), StartEvent.RECEIVED, False),
    ]
    assert loader.musts("GENERAL", date(2026, 11, 12)) == ()
