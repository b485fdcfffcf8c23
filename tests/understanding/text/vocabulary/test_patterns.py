"""The language of patterns: what it finds, what it refuses, and that every pack is written in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.rules import SignalCode, WantedRemedy
from doleance.understanding.text.lines import fold
from doleance.understanding.text.vocabulary import packs
from doleance.understanding.text.vocabulary.patterns import Lexicon, PatternUnreadable

MACROS = {"many": "deux|trois|plusieurs"}


def finds(pattern, text):
    folded = fold(text)
    return [folded[hit.start : hit.end] for hit in Lexicon([("x", pattern)], MACROS).find(folded)]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("mise en demeure", "MISE-EN-DEMEURE immédiate", ["mise-en-demeure"]),
        ("j'ai", "jai j'ai j ai jaime", ["jai", "j'ai", "j ai"]),
        ("avocat*", "mes avocats, un avocat", ["avocats", "avocat"]),
        ("colis?", "coli colis colisse", ["coli", "colis"]),
        ("({many}) fois", "trois fois et plusieurs fois", ["trois fois", "plusieurs fois"]),
        ("pris ~ feu", "pris très vite feu", ["pris tres vite feu"]),
        ("pris ~ feu", "pris froid. Le feu", []),
        ("# fois", "12 fois", ["12 fois"]),
        ("coeur", "cœur et coeur", ["cœur", "coeur"]),
        ("(tres )?mal", "très mal, mal", ["tres mal", "mal", "mal"]),
        ("week-end", "week-end weekend week end", ["week-end", "weekend", "week end"]),
        ("sans reponse", "sans, réponse", ["sans, reponse"]),
        ("plainte", "complainte", []),
    ],
)
def test_what_a_pattern_finds(pattern, text, expected):
    assert finds(pattern, text) == expected


@pytest.mark.parametrize("pattern", ["a*", "{none} fois", "(a|b", "a[bc]", "", "(|b)"])
def test_what_is_no_pattern(pattern):
    with pytest.raises((PatternUnreadable, ValueError)):
        Lexicon([("x", pattern)], MACROS)


@pytest.mark.parametrize("language", packs.SPOKEN)
def test_every_pack_reads_and_names_what_the_rules_ask(language):
    pack = packs.pack(language)
    assert pack.version >= 1
    names = pack.lexicon.names
    assert {f"signals.{code.value}.any" for code in SignalCode} <= names
    assert {f"remedies.{one.value}" for one in WantedRemedy} <= names
    assert {"cues.strong", "cues.medium", "cues.ask", "cues.several", "cues.single"} <= names
    assert {
        f"topics.{one}" for one in ("product", "delivery", "billing", "customer_service", "digital", "other")
    } <= names
    assert {"urgent.near", "urgent.cut", "urgent.essential", "kinds.spam", "follow.answer", "follow.remind"} <= names


@given(st.text(alphabet="avocat tribunal n'est pas.\n", max_size=200))
def test_hits_lie_in_the_text_in_order(text):
    found = packs.find(text, "fr")
    assert all(0 <= hit.start < hit.end <= len(text) for hit in found.hits)
    assert list(found.hits) == sorted(found.hits, key=lambda hit: (hit.start, hit.end, hit.name))


def test_hits_by_name_and_place():
    found = packs.find("Mon avocat saisira le tribunal.", "fr")
    assert {hit.name for hit in found.of("signals")} == {"signals.legal_threat.any"}
    assert found.of("signal") == []
    assert all(hit.start < 10 for hit in found.within(0, 10))
