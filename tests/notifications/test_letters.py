"""Letters: every fact given, French printing, nothing escaped, both languages alike."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from doleance.kernel.text import NO_BREAK, french
from doleance.notifications import letters

FOLDER = Path(letters.__file__).parent / "templates" / "letters" / "default"
FACTS: dict[str, Any] = {
    "reference": "R26-7K4M-W",
    "received": "le lundi 23 novembre 2026",
    "target": "le lundi 7 décembre 2026",
    "final": "le samedi 23 janvier 2027",
    "final_day": "le samedi 23 janvier 2027",
    "postal": "12 rue des Forges\n45000 Orléans",
    "phone": "02 38 00 00 00",
    "counted": "Un jour ouvré va du lundi au vendredi, sans les jours fériés.",
    "mediator": "Médiateur & Cie <exemple>",
    "court": True,
    "invite": True,
    "follow": "https://reclamations.maison.example/suivi/",
    "entity": "Maison d'Été & Fils",
    "count": "2",
}
FACTS_OF: dict[str, dict[str, Any]] = {
    "acknowledgement": FACTS,
    "acknowledgement_post": FACTS,
    "acknowledgement_grouped": FACTS | {"complaints": [FACTS, FACTS]},
}
EVERY = [(code, language) for code in FACTS_OF for language in letters.LANGUAGES]


def test_every_letter_is_there_in_every_language_and_none_more():
    # Read by tests/notifications/test_following.py and test_entering.py; the pointer by tests/matching.
    others = [
        (code, language) for code in ("code", "invitation", "password", "pointer") for language in letters.LANGUAGES
    ]
    assert {path.name for path in FOLDER.iterdir()} == {f"{code}.{language}.txt" for code, language in others + EVERY}


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_a_letter_names_its_facts_unescaped(code, language):
    letter = letters.write(code, language=language, facts=FACTS_OF[code])
    assert "\n" not in letter.subject
    assert "R26-7K4M-W" in letter.text
    assert "& Cie <exemple>" in letter.text
    assert not re.search(r"[{}]|&amp;|&#", letter.subject + letter.text)
    assert "\n\n\n" not in letter.text


@pytest.mark.parametrize("code", ["acknowledgement", "acknowledgement_post"])
def test_the_date_that_opens_the_way_to_the_ombudsman_is_said_again(code):
    said = letters.write(code, language="fr", facts=FACTS).text
    assert "Sans réponse le samedi 23 janvier 2027 au plus tard" in said
    assert "à cette date" not in said


@pytest.mark.parametrize("language", letters.LANGUAGES)
def test_a_posted_acknowledgement_says_where_to_write(language):
    said = letters.write("acknowledgement_post", language=language, facts=FACTS).text
    assert said.endswith("Maison d’Été & Fils\n12 rue des Forges\n45000 Orléans\n02 38 00 00 00") or language == "en"
    assert "12 rue des Forges\n45000 Orléans\n02 38 00 00 00" in said
    assert "https://reclamations.maison.example/suivi/" in said
    assert ("à l’adresse ci-dessous" if language == "fr" else "at the address below") in said


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_a_letter_without_its_options_has_no_hole(code, language):
    empty = dict.fromkeys(("target", "final", "final_day", "counted", "mediator", "postal", "phone"), "")
    bare = FACTS_OF[code] | empty | {"court": False, "invite": False}
    if "complaints" in bare:
        bare = bare | {"complaints": [bare, bare]}
    letter = letters.write(code, language=language, facts=bare)
    assert "\n\n\n" not in letter.text
    assert " :" not in letter.text
    assert ": ." not in letter.text


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_whoever_has_no_mediator_is_told_of_the_second_review(code, language):
    """ux.md §7.3: a business sees its own recourse; a mediator is named beside the second review, never after it."""
    second = "second examen" if language == "fr" else "second review"
    free, court = ("gratuitement", "justice") if language == "fr" else ("free of charge", "court")
    named = letters.write(code, language=language, facts=FACTS_OF[code]).text
    assert named.index(free) < named.index(second) < named.index("& Cie <exemple>")
    assert court in named
    bare = letters.write(code, language=language, facts=FACTS_OF[code] | {"mediator": "", "court": False}).text
    assert second in bare
    assert free not in bare
    assert court not in bare


@pytest.mark.parametrize(("code", "language"), EVERY)
@pytest.mark.parametrize("mediator", ["", "Médiateur"])
def test_a_second_review_is_one_of_an_answer(code, language, mediator):
    """Before it the table of moves refuses one: who waits is told to ask again, or of the mediator."""
    said = letters.write(code, language=language, facts=FACTS_OF[code] | {"mediator": mediator}).text
    second, late = (
        ("second examen", r"Sans réponse|à temps") if language == "fr" else ("second review", r"Without|in time")
    )
    sentences = re.split(r"(?<=[.:])\s", said)
    assert [one for one in sentences if second in one]
    assert not [one for one in sentences if second in one and re.search(late, one)]
    assert [one for one in sentences if re.search(late, one)]


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_who_only_spoke_is_invited_to_write_where_a_clock_waits_for_it(code, language):
    told = "Écrivez-nous aussi" if language == "fr" else "Write to us too"
    assert told in letters.write(code, language=language, facts=FACTS_OF[code]).text
    spared = FACTS | {"invite": False}
    facts = spared | {"complaints": [spared]} if "complaints" in FACTS_OF[code] else spared
    assert told not in letters.write(code, language=language, facts=facts).text


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_nobody_is_asked_to_repeat_what_they_said(code, language):
    said = letters.write(code, language=language, facts=FACTS_OF[code]).text
    assert ("rien à répéter" if language == "fr" else "do not have to repeat") in said


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_a_missing_fact_stops_the_letter(code, language):
    for name in ("reference", "entity"):
        facts = {key: value for key, value in FACTS_OF[code].items() if key != name}
        if "complaints" in facts:
            facts["complaints"] = [facts, facts]
        with pytest.raises(letters.LetterError):
            letters.write(code, language=language, facts=facts)


@pytest.mark.parametrize("code", FACTS_OF)
def test_french_letters_are_printed_as_french_is(code):
    letter = letters.write(code, language="fr", facts=FACTS_OF[code])
    whole = f"{letter.subject}\n{letter.text}"
    assert french(whole) == whole
    assert "'" not in whole
    assert f"{NO_BREAK}:" in whole
    assert not re.search(r"[^\u00a0\u202f\n][:;!?](\s|$)", whole)


@pytest.mark.parametrize("code", FACTS_OF)
def test_no_letter_pleads(code):
    """ux.md, Tone: no « veuillez », no « nous mettons tout en œuvre », no exclamation mark."""
    text = letters.write(code, language="fr", facts=FACTS_OF[code]).text.lower()
    assert not re.search(r"veuillez|tout en œuvre|malheureusement|!", text)


def test_no_letter_sends_to_the_platform_that_closed():
    """The European platform for online disputes closed on 20 July 2025 (Regulation (EU) 2024/3228)."""
    for path in FOLDER.iterdir():
        assert "ec.europa.eu" not in path.read_text("utf-8")


def test_days_are_said_in_words_and_never_break():
    assert letters.day_in_words(date(2027, 1, 1), "fr") == "le vendredi 1er janvier 2027".replace(" ", NO_BREAK)
    assert letters.day_in_words(date(2026, 11, 26), "en") == "on Thursday 26 November 2026".replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [(("en", "fr"), "en"), (("en-GB",), "en"), (("de", "en"), "en"), (("de",), "fr"), (("", ""), "fr"), ((), "fr")],
)
def test_the_language_of_a_letter(wanted, chosen):
    assert letters.language_for(*wanted) == chosen
