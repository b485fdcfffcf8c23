"""The canonical form and the hashes that rest on it: what was written on the first day must give them for ever."""

import hashlib
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.audit import offline, rules
from doleance.audit.offline import LARGEST, NotCanonical, canonical

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-LARGEST, LARGEST)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text("abcdé€😀ﬁ", max_size=4), inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize("case", GOLDEN["canonical"], ids=lambda case: case["why"])
def test_golden_canonical_forms(case):
    assert canonical(json.loads(case["json"])) == case["bytes"].encode()


@pytest.mark.parametrize("case", GOLDEN["refused"], ids=lambda case: case["why"])
def test_golden_refusals(case):
    with pytest.raises(NotCanonical):
        canonical(json.loads(case["json"]))


@pytest.mark.parametrize("case", GOLDEN["genesis"], ids=lambda case: case["stream"])
def test_golden_genesis(case):
    assert offline.genesis(case["stream"]).hex() == case["hash"]


@pytest.mark.parametrize("case", GOLDEN["events"], ids=lambda case: case["why"])
def test_golden_event_hashes(case):
    line = case["line"]
    own = offline.event_hash(
        stream=line["stream"],
        seq=line["seq"],
        prev_hash=bytes.fromhex(line["prev_hash"]),
        facts=line["facts"],
        commitment=bytes.fromhex(line["commitment"]),
    )
    assert own.hex() == line["hash"]


@pytest.mark.parametrize("case", GOLDEN["events"], ids=lambda case: case["why"])
def test_the_hash_is_that_of_the_line_without_it(case):
    """What docs/reference/journal.md tells a third party to recompute, by nothing of ours."""
    line = {key: value for key, value in case["line"].items() if key != "hash"}
    ascii_keys_sorted = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(ascii_keys_sorted).hexdigest() == case["line"]["hash"]


@pytest.mark.parametrize("case", GOLDEN["commitments"], ids=lambda case: case["why"])
def test_golden_commitments(case):
    assert rules.commitment(bytes.fromhex(case["salt"]), case["content"].encode()).hex() == case["commitment"]


@given(values)
def test_canonical_reads_back_as_the_same_value(value):
    assert canonical(json.loads(canonical(value))) == canonical(value)
    assert canonical(json.loads(canonical(value)), exact=True) == canonical(value)


@given(st.dictionaries(texts, numbers, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_count(value, random):
    if len({unicodedata.normalize("NFC", key) for key in value}) < len(value):
        with pytest.raises(NotCanonical):
            canonical(value)
        return
    shuffled = list(value.items())
    random.shuffle(shuffled)
    assert canonical(dict(shuffled)) == canonical(value)


@given(values, values)
def test_two_values_with_one_form_are_one_value(one, other):
    assert (canonical(one) == canonical(other)) == (
        json.loads(canonical(one)) == json.loads(canonical(other)) and _types(one) == _types(other)
    )


def _types(value):
    """True == 1 in Python, and not in JSON."""
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", key): _types(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_types(item) for item in value]
    return type(value)


@given(texts)
def test_texts_are_one_in_nfc(text):
    decomposed = unicodedata.normalize("NFD", text)
    assert canonical(text) == canonical(decomposed)


def test_exact_refuses_to_repair_what_it_checks():
    """The Kelvin sign is a K in NFC: a verifier that normalised would not see the one put for the other."""
    assert canonical({"unit": "\u212a"}) == canonical({"unit": "K"})
    with pytest.raises(NotCanonical):
        canonical({"unit": "\u212a"}, exact=True)


@pytest.mark.parametrize("value", [1.0, b"x", {1: "a"}, {"a": object()}, LARGEST + 1, -LARGEST - 1, "\ud800"])
def test_what_has_no_exact_form_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical(value)
