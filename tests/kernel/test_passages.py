"""What a complainant wrote is cut to be underlined, and never changed."""

from hypothesis import given
from hypothesis import strategies as st

from doleance.kernel.passages import Passage, paragraphs

TEXT = "J’ai appelé deux fois : on m’a raccroché\nau nez.\n\n  \nEt une facture de 186 € pour rien.\n"


def marked(text, *quotes):
    """Each paragraph, its passages between brackets with their number at their end."""
    told = [Passage(number, quote) for number, quote in enumerate(quotes, 1)]
    return [
        "".join(
            f"[{piece.text}{piece.passage.number if piece.ends else ''}]" if piece.passage else piece.text
            for piece in segments
        )
        for segments in paragraphs(text, told)
    ]


def test_paragraphs_are_cut_at_blank_lines_alone():
    assert marked(TEXT) == [
        "J’ai appelé deux fois : on m’a raccroché\nau nez.",
        "Et une facture de 186 € pour rien.\n",
    ]


def test_a_passage_is_found_across_line_ends():
    assert marked(TEXT, "on m’a raccroché au nez")[0] == "J’ai appelé deux fois : [on m’a raccroché\nau nez1]."


def test_passages_keep_their_numbers_whatever_their_order():
    assert marked("a b c d", "c", "a") == ["[a2] b [c1] d"]


def test_a_passage_over_two_paragraphs_shows_its_number_once():
    assert marked("un deux\n\ntrois quatre", "deux trois") == ["un [deux]", "[trois1] quatre"]


def test_what_is_absent_empty_or_overlapping_is_left_out():
    assert marked("un deux trois", "quatre", "  ", "deux trois", "un deux") == ["un [deux trois3]"]


def test_words_are_not_patterns():
    assert marked("Combien ? (186 €) *vite*", "(186 €) *vite*") == ["Combien ? [(186 €) *vite*1]"]


def test_the_second_occurrence_serves_when_the_first_is_taken():
    assert marked("trop cher, trop cher", "trop cher, trop", "cher", "trop") == ["[trop cher, trop1] [cher2]"]


@given(st.text(alphabet="ab \n«é€", max_size=60), st.lists(st.text(alphabet="ab \n", max_size=8), max_size=4))
def test_nothing_of_the_text_is_lost_or_changed(text, quotes):
    told = [Passage(number, quote) for number, quote in enumerate(quotes, 1)]
    written = ["".join(piece.text for piece in segments) for segments in paragraphs(text, told)]
    assert [part.split() for part in written] == [
        part.split() for part in ["".join(p.text for p in s) for s in paragraphs(text)]
    ]
    assert "".join("".join(written).split()) == "".join(text.split())
    assert all(part in text for part in written)
