"""Papers come out whatever people wrote, tagged and in our typefaces; nobody waits for one for ever."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doleance.kernel import pdf
from doleance.kernel.pdf import LIMITS, PdfError, Typesetters
from tests.papers import Paper

WORDS = "«\u00a0Reçu\u00a0»\u202f: l’œuvre\u202f; 186,00\u00a0€\u202f!"
TEMPLATE = """
#import "house.typ": *
#show: paper.with(
  title: facts.title, author: "Maison Lavergne", language: facts.language, made: "2026-11-12", foot: "R", of: " sur ",
)
= #facts.title
#facts.text
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of templates with the house's own head and foot, and one that says what it is told."""
    made = tmp_path_factory.mktemp("papers")
    (made / "house.typ").write_bytes((pdf.TEMPLATES / "house.typ").read_bytes())
    (made / "told.typ").write_text(TEMPLATE, "utf-8")
    return made


@pytest.fixture(scope="module")
def typesetters() -> Iterator[Typesetters]:
    """Children of our own, so that what a test does to them harms nobody."""
    ours = Typesetters(count=1)
    yield ours
    ours.close()


def told(folder: Path, text: str, **facts: str) -> tuple[Path, dict[str, Any]]:
    """The template and what it is told."""
    return folder / "told.typ", {"title": "Votre reçu", "language": "fr", "text": text, **facts}


def test_a_paper_claims_both_standards_its_title_and_its_language(typesetters: Typesetters, folder: Path) -> None:
    paper = Paper(typesetters.render(*told(folder, WORDS)))
    assert paper.pages == 1
    assert b"/Lang(fr)" in paper.catalog
    assert b"/StructTreeRoot" in paper.catalog
    assert b"/DisplayDocTitle true" in paper.catalog
    assert b"/Marked true" in paper.catalog
    assert "<pdfuaid:part>1<" in paper.metadata
    assert "<pdfaid:part>2<" in paper.metadata
    assert "<pdfaid:conformance>A<" in paper.metadata
    assert ">Votre reçu<" in paper.metadata
    assert {"Document", "H1", "P"} <= paper.tags
    assert "�" not in paper.words


def test_our_typefaces_are_held_by_the_file(typesetters: Typesetters, folder: Path) -> None:
    faces = Paper(typesetters.render(*told(folder, WORDS))).typefaces
    assert {"SourceSansPro-Regular", "SourceSerifPro-Regular"} <= faces.keys()
    assert all(faces.values())


def test_the_same_words_make_the_same_bytes(typesetters: Typesetters, folder: Path) -> None:
    assert typesetters.render(*told(folder, WORDS)) == typesetters.render(*told(folder, WORDS))


def test_narrow_spaces_and_guillemets_stay_as_they_are(typesetters: Typesetters, folder: Path) -> None:
    assert WORDS in Paper(typesetters.render(*told(folder, WORDS))).text.replace("\n", "")


def test_words_are_hyphenated_as_their_language_does(typesetters: Typesetters, folder: Path) -> None:
    text = "anticonstitutionnellement " * 40
    french = Paper(typesetters.render(*told(folder, text)))
    english = Paper(typesetters.render(*told(folder, text, language="en")))
    assert "\u00ad" in french.text  # a hyphen that only a line wants: read aloud, the word is whole
    assert french.words.count("anticonstitutionnellement") == 40
    assert french.text != english.text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('#panic() = $x$ `a` *b* _c_ @x <y> \\ #import "/etc/passwd" // c', id="markup"),
        pytest.param("\\u{1F600} #sys.inputs", id="escapes"),
    ],
)
def test_what_people_wrote_is_never_markup(typesetters: Typesetters, folder: Path, text: str) -> None:
    assert text in Paper(typesetters.render(*told(folder, text))).text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("مرحبا بالعالم", id="arabic"),
        pytest.param("Šimůnek Ĳ ǅ ﬁ Ž", id="latin"),
        pytest.param("Z̷̛͎a̸" * 2_000, id="heaps of marks"),
        pytest.param("a\x00b\x07c\ud800\uffff\ufdd0", id="no signs"),
        pytest.param("x" * 10_000, id="one endless word"),
        pytest.param("très long " * 1_000, id="10,000 signs"),
        pytest.param("", id="nothing"),
    ],
)
def test_most_texts_keep_both_standards(typesetters: Typesetters, folder: Path, text: str) -> None:
    paper = Paper(typesetters.render(*told(folder, text)))
    assert "pdfuaid:part" in paper.metadata
    assert len(paper.data) < 400_000


@pytest.mark.parametrize("text", ["😀 👩‍👩‍👧", "\ue000", "\U0010fffd"])
def test_a_sign_of_no_typeface_costs_the_claim_and_never_the_paper(
    typesetters: Typesetters, folder: Path, text: str
) -> None:
    paper = Paper(typesetters.render(*told(folder, f"avant {text} après")))
    assert b"/StructTreeRoot" in paper.catalog
    assert "avant" in paper.words
    assert "après" in paper.words


def test_an_endless_word_stays_on_the_page(typesetters: Typesetters, folder: Path) -> None:
    paper = Paper(typesetters.render(*told(folder, "x" * 10_000)))
    assert paper.words.count("x") == 10_000
    assert paper.pages > 1


def test_controls_and_halves_of_signs_are_left_out(typesetters: Typesetters, folder: Path) -> None:
    words = Paper(typesetters.render(*told(folder, "a\x00b \ud800 c\x85d\te"))).words
    assert "ab" in words
    assert "c d e" in words


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
def test_any_text_makes_a_paper(typesetters: Typesetters, folder: Path, text: str) -> None:
    assert Paper(typesetters.render(*told(folder, text))).pages >= 1


def test_a_template_opens_nothing_outside_its_folder(typesetters: Typesetters, folder: Path) -> None:
    (folder / "thief.typ").write_text('#read("../../../../../../../../etc/passwd")', "utf-8")
    with pytest.raises(PdfError):
        typesetters.render(folder / "thief.typ", {})


def test_a_template_that_is_wrong_says_so_without_peoples_words(typesetters: Typesetters, folder: Path) -> None:
    (folder / "wrong.typ").write_text("#panic(sys.inputs.data)", "utf-8")
    with pytest.raises(PdfError) as told_error:
        typesetters.render(folder / "wrong.typ", {"text": "secret"})
    assert "secret" not in str(told_error.value)


def test_too_much_to_say_is_refused(typesetters: Typesetters, folder: Path) -> None:
    with pytest.raises(PdfError):
        typesetters.render(*told(folder, "x" * 3_000_000))


def test_a_paper_that_never_ends_is_given_up(folder: Path) -> None:
    (folder / "endless.typ").write_text("#let f(n) = { let k = 0; while true { k = k + 1 } }\n#f(1)", "utf-8")
    (folder / "deep.typ").write_text('#for n in range(9000000) { str(n) + "x" * 90 }', "utf-8")
    ours = Typesetters(count=1, limits=replace(LIMITS, cpu_seconds=1, wall_seconds=3.0))
    try:
        for name in ("endless.typ", "deep.typ"):
            with pytest.raises(PdfError):
                ours.render(folder / name, {})
        assert Paper(ours.render(*told(folder, WORDS))).pages == 1  # the next one is served all the same
    finally:
        ours.close()


def test_who_waits_too_long_for_a_turn_is_told(folder: Path) -> None:
    ours = Typesetters(count=1, limits=replace(LIMITS, turn_seconds=0.05))
    started, free = threading.Event(), threading.Event()

    def hold() -> None:
        child = ours._pool._idle.get()
        started.set()
        free.wait(10)
        ours._pool._idle.put(child)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert started.wait(10)
        with pytest.raises(PdfError, match="busy"):
            ours.render(*told(folder, WORDS))
    finally:
        free.set()
        holder.join()
        ours.close()


def test_a_typesetter_that_was_killed_is_replaced(folder: Path) -> None:
    ours = Typesetters(count=1)
    try:
        ours.render(*told(folder, WORDS))
        child = ours._pool._idle.queue[-1]
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        child._process.wait(5)
        assert Paper(ours.render(*told(folder, WORDS))).pages == 1
    finally:
        ours.close()


def test_a_typesetter_is_replaced_after_its_share(folder: Path) -> None:
    ours = Typesetters(count=1, limits=replace(LIMITS, share=1))
    try:
        first = ours.render(*told(folder, WORDS))
        assert ours._pool._idle.queue[-1] is None
        assert ours.render(*told(folder, WORDS)) == first
    finally:
        ours.close()


def test_no_template_fetches_a_package() -> None:
    sources = sorted(pdf.TEMPLATES.glob("*.typ"))
    assert sources
    assert not [one.name for one in sources if "@" in one.read_text("utf-8")]
