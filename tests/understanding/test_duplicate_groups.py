"""Messages compared with those before them, and the measures of groups: with the engine and the shipped model."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from doleance.understanding.duplicates import candidates, measures, portraits, traits
from doleance.understanding.duplicates.candidates import Compared
from doleance.understanding.duplicates.portraits import Portrait, portrait
from doleance.understanding.duplicates.score import Relation
from doleance.understanding.model import encoder, shipped
from doleance.understanding.rules import Incoming, Sender

DEVELOPMENT = Path(__file__).parents[1] / "gold" / "dev" / "groups.jsonl"
MORNING = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)


def drawn(text="Bonjour", *, pk="a", days=0.0, vector=None, **known):
    told = traits.traits(pk=pk, at=MORNING + timedelta(days=days), text=text, **known)
    return Portrait(
        told, None if vector is None else np.array(vector, np.float32) / np.float32(np.linalg.norm(vector))
    )


def message(body, **told):
    return Incoming(id="1", channel="email", subject=told.pop("subject", ""), body=body, date=MORNING, **told)


def test_what_is_quoted_is_nobodys_own_matter():
    body = (
        "Toujours rien.\n\nLe 3 mars, service@maison.example a écrit :\n> Votre commande C-90227 et son imprimante\n"
    )
    seen = portrait(message(body, sender=Sender(email="ines@courriel.example")), shipped.shipped())
    assert seen.traits.orders == frozenset()
    assert seen.traits.emails == {"ines@courriel.example"}
    assert seen.traits.says_again


def test_a_message_without_a_body_means_its_subject_and_one_without_words_nothing():
    model = shipped.shipped()
    assert portrait(message(""), model).vector is None
    told = portrait(message("", subject="Colis jamais arrivé"), model).vector
    assert told is not None
    assert np.linalg.norm(told) == pytest.approx(1, abs=1e-3)


@pytest.mark.skipif(not encoder.is_available(), reason="its encoder is not there")
def test_one_matter_in_two_languages_is_nearer_than_two_matters_in_one():
    model = shipped.shipped()
    texts = ("My flight was cancelled at the gate.", "Mon avion a été annulé à la porte.", "L’eau coule sous l’évier.")
    first, second, third = (portrait(message(text), model).vector for text in texts)
    alike, apart = portraits.nearness(first, second), portraits.nearness(second, third)
    assert alike is not None
    assert apart is not None
    assert alike > apart + 0.2


def test_a_vector_is_kept_in_half_the_bytes_and_hardly_changed():
    vector = np.linspace(-1, 1, 512, dtype=np.float32)
    vector /= np.linalg.norm(vector)
    kept = portraits.packed(vector)
    assert len(kept) == 1024
    assert float(portraits.unpacked(kept) @ vector) == pytest.approx(1, abs=1e-3)
    assert portraits.nearness(vector, None) is None
    assert portraits.nearness(vector, vector[:5]) is None


def test_who_shares_a_number_is_compared_and_who_wrote_too_long_ago_is_not():
    pile = Compared()
    number = {"phones": ["06 45 67 89 22"]}
    text = "Ma livraison C-90227 est annulée sans prévenir, la poussette manque."
    assert list(pile.add(drawn(text, **number))) == []
    assert [place for place, _ in pile.add(drawn(text, pk="b", days=1, **number))] == [0]
    assert list(pile.add(drawn(text, pk="c", days=candidates.SURE_WINDOW.days + 2, **number))) == []


def test_of_one_key_the_last_are_compared_only(monkeypatch):
    monkeypatch.setattr(candidates, "MOST_OF_A_KEY", 3)
    pile = Compared()
    for place in range(8):
        found = [one for one, _ in pile.add(drawn("Poussette C-90227 perdue", pk=str(place), party="p"))]
        assert found == list(range(max(0, place - 3), place))


def test_the_ring_of_vectors_knows_the_last_ones_by_their_number(monkeypatch):
    monkeypatch.setattr(candidates, "LATELY", 4)
    pile = Compared()
    for place in range(11):
        list(pile.add(drawn("…", pk=str(place), vector=np.eye(16)[place])))
    near = {place: pile._alike(drawn("…", vector=np.eye(16)[place])) for place in range(11)}
    assert near == {place: {place} if place >= 7 else set() for place in range(11)}


def test_a_group_that_is_none_is_refused():
    good = {"messages": [{"id": "a", "body": "x"}, {"id": "b", "body": "y"}], "pairs": [["a", "b", "related"]]}
    assert measures.group(good).pairs == {frozenset("ab"): Relation.RELATED}
    for pairs in ("a", [["a", "b"]], [["a", "b", "alike"]], [["a", "z", "related"]]):
        with pytest.raises(measures.BadGroup):
            measures.group(good | {"pairs": pairs})


@pytest.mark.skipif(not encoder.is_available(), reason="its encoder is not there")
def test_the_development_groups_are_read_as_well_as_they_were():
    lines = DEVELOPMENT.read_text("utf-8").splitlines()
    found = measures.measure([measures.group(json.loads(line)) for line in lines], shipped.shipped())
    assert found.evident.recall is not None
    assert found.evident.recall >= 0.9
    assert found.duplicates.precision is not None
    assert found.duplicates.precision >= 0.9
    assert found.false_friends == pytest.approx(0, abs=0.03)
