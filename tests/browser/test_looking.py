"""What looks at the pages sees what it is there for: words cut off, what moves, and nothing where nothing is."""

from tests.browser.looking import DOUBLED, SPACED, clipped, moving, styled

BOX = '<p style="font: 1rem/1.2 sans-serif; inline-size: {width}; block-size: 1.3em; overflow: {way}">{words}</p>'


def shown(page, *, width="20rem", way="hidden", words="Votre référence"):
    page.set_content(BOX.format(width=width, way=way, words=words))
    return page


def test_words_that_fit_are_whole(page):
    assert clipped(shown(page)) == []


def test_words_cut_off_are_found(page):
    assert len(clipped(shown(page, width="3rem"))) == 1


def test_words_that_overflow_in_sight_are_not_cut(page):
    assert clipped(shown(page, width="3rem", way="visible")) == []


def test_a_reader_s_own_style_is_what_cuts_and_is_taken_away(page):
    shown(page)
    with styled(page, SPACED):
        assert len(clipped(page)) == 1
    assert clipped(page) == []


def test_doubled_text_is_twice_as_large(page):
    shown(page)
    with styled(page, DOUBLED):
        assert page.locator("p").evaluate("one => getComputedStyle(one).fontSize") == "32px"


def test_what_moves_is_found(page):
    shown(page)
    assert moving(page) == []
    with styled(page, "p { transition: opacity .2s }"):
        assert len(moving(page)) == 1
