"""What is compared with what people wrote: a reading that is right, one that is wrong."""

import json

import pytest

from doleance.understanding import evaluate
from doleance.understanding.measures import ALL, Cell
from doleance.understanding.model import shipped
from doleance.understanding.perturb import Perturbation
from doleance.understanding.records import BadLine

LATE = "Mon colis devait arriver le 3 mars et je n'ai toujours rien reçu."
TWICE = "Par ailleurs, l'acompte de 380 € a été prélevé deux fois sur ma carte."
BODY = (
    f"Bonjour,\n\n{LATE} {TWICE}\n\nCordialement,\nLéa\n\nLe lun. 2 mars 2026 à 10:00, Boutique a écrit :\n> Bonjour"
)


def line(**gold):
    whole = {
        "language": "fr",
        "kind": "complaint",
        "clean_text": f"Bonjour,\n\n{LATE} {TWICE}\n\nCordialement,\nLéa",
        "removed": {"quote": ["> Bonjour"], "signature": []},
        "grievances": [
            {"quote": LATE, "category": "delivery", "sub": "late", "wanted_remedy": []},
            {"quote": TWICE, "category": "billing", "sub": "wrong_amount", "wanted_remedy": []},
        ],
        "order_refs": [],
        "amounts": [{"value": "380", "currency": "EUR"}],
        "dates": ["2026-03-03"],
        "urgency": "normal",
        "signals": [],
    }
    record = {"id": "1", "channel": "email", "subject": "Colis", "body": BODY, "date": "2026-03-17T09:00:00+01:00"}
    return json.dumps({**record, "gold": {**whole, **gold}})


def measured(*lines, perturbations=(Perturbation.CLEAN,)):
    cases = [evaluate.case(one, number) for number, one in enumerate(lines, 1)]
    report = evaluate.evaluate(cases, shipped.shipped(), perturbations)
    return lambda item, how="clean": report.tallies[Cell(item, ALL, how)]


def test_a_right_reading_is_right():
    of = measured(line())
    for item in ("language", "kind", "category", "category: top 3"):
        assert of(item).accuracy == 1, item
    for item in ("amounts", "dates", "boundaries", "grievances", "quote gone"):
        assert of(item).f1 == 1, item
    assert of("body kept").recall == 1


def test_a_wrong_gold_makes_it_wrong():
    """The same reading against other gold: no figure is a constant."""
    of = measured(
        line(
            language="de",
            kind="praise",
            amounts=[{"value": "1", "currency": "EUR"}],
            dates=[],
            signals=[{"code": "legal_threat", "quote": "x"}],
            removed={"quote": ["Bonjour,"], "signature": ["Cordialement,"]},
            grievances=[{"quote": LATE, "category": "digital", "sub": "slow", "wanted_remedy": ["refund"]}],
        )
    )
    for item in ("language", "kind", "category", "single requests not split"):
        assert of(item).accuracy == 0, item
    assert of("amounts").right == of("signals").right == of("grievances").right == 0
    assert of("signature gone").accuracy == 0
    assert of("dates").precision == 0


def test_a_perturbed_message_is_read_again():
    of = measured(line(), perturbations=tuple(Perturbation))
    assert {how.value: of("category", how.value).count for how in Perturbation} == dict.fromkeys(
        [how.value for how in Perturbation], 2
    )


@pytest.mark.parametrize("given", ["{}", '{"body": "x"}', '{"body": "x", "gold": 3}', "no"])
def test_a_line_without_gold_is_refused(given):
    with pytest.raises(BadLine):
        evaluate.case(given, 1)


def test_pairs_by_the_largest_overlap():
    paired = evaluate.paired([(0, 10), (10, 40)], [(0, 12), (12, 40), (50, 60)])
    assert sorted(paired) == [(0, 0), (1, 1)]
    assert evaluate.paired([(0, 10)], [(8, 40)]) == []
    assert evaluate.paired([(-1, 10)], [(0, 10)]) == []


def test_a_text_alone_is_one_request_of_which_only_what_was_said_is_counted():
    said = {"text": LATE, "language": "fr"}
    cases = [{**said, "category": "delivery", "sub": "late"}, {**said, "kind": "praise"}, said]
    report = evaluate.evaluate(
        [evaluate.case(json.dumps(one), number) for number, one in enumerate(cases, 1)],
        shipped.shipped(),
        (Perturbation.CLEAN,),
    )
    counted = {cell.item: tally for cell, tally in report.tallies.items() if cell.language == ALL}
    assert counted["language"].count == 3
    assert (counted["kind"].exact, counted["kind"].count) == (1, 2)
    assert counted["category"].accuracy == counted["single requests not split"].accuracy == 1
    assert not {"signals", "amounts", "urgency", "remedies", "quote gone", "body kept"} & set(counted)
