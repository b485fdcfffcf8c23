"""The HTML rendering says what the text says, and is read by anybody: by ear, in the dark, offline."""

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email.bodies import html_to_text
from doleance.channels.email.html_part import html_part
from doleance.kernel.text import NARROW, NO_BREAK

LETTER = f"""Bonjour,

Nous avons reçu votre réclamation le{NO_BREAK}lundi{NO_BREAK}23. Elle porte la référence R26-7K4M-W{NARROW}!

Ce qui se passe maintenant{NO_BREAK}:

- Une personne lit votre message.
- Réponse visée{NO_BREAK}: le{NO_BREAK}7{NO_BREAK}décembre.

Médiateur du commerce (exemple)
77 rue de Lourmel, 75015 Paris
https://www.mediateur.example/saisir?a=1&b=2, contact@mediateur.example

--{" "}
Maison Lavergne
Ce courriel est parti tout seul."""

WITHOUT_CLOSING = {"meta", "br", "hr"}


class Page(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, its words, and whether it is well made."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in WITHOUT_CLOSING:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"title", "h1"} & set(self.open):
            self.words.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return "".join(self.words)


def page(text: str, title: str = "Votre réclamation", language: str = "fr") -> Page:
    return Page(html_part(text, title=title, language=language))


def bare(text: str) -> list[str]:
    """The words of a text, without the marks of lists and of the signature."""
    lines = [re.sub(r"^\s*(?:[-–•*]|--)(?: |$)", "", line) for line in text.split("\n")]
    return " ".join(lines).replace(NO_BREAK, " ").split()


def test_it_says_what_the_text_says():
    assert bare(html_to_text(html_part(LETTER, title="Objet", language="fr"))) == ["Objet", *bare(LETTER)]


def test_paragraphs_lists_and_the_signature_are_what_they_look_like():
    found = page(LETTER)
    assert [name for name, _ in found.elements if name in {"p", "ul", "li", "hr"}] == [
        *["p"] * 3,
        *["ul", "li", "li"],
        "p",
        "hr",
        "p",
    ]


def test_what_a_screen_reader_needs_is_there():
    """The rules of axe that concern such a page: language, title, zoom, lists that hold items, links with words."""
    html = html_part(LETTER, title="Votre réclamation R26", language="en")
    found = Page(html)
    assert html.startswith("<!DOCTYPE html>")
    assert found.all("html") == [{"lang": "en"}]
    (article,) = found.all("div")
    assert (article["role"], article["lang"], article["dir"]) == ("main", "en", "ltr")
    assert article["aria-label"] == "Votre réclamation R26"
    assert "<title>Votre réclamation R26</title>" in html
    (viewport,) = [one for one in found.all("meta") if one.get("name") == "viewport"]
    assert "user-scalable" not in viewport["content"]
    assert "maximum-scale" not in viewport["content"]
    assert [name for name, _ in found.elements if re.fullmatch(r"h[1-6]", name)] == ["h1"]
    main = html.partition('role="main"')[2].partition("</div>")[0]
    assert ">Votre réclamation R26</h1>" in main
    assert bare(Page(f"<div {main}</div>").text) == bare(found.text)  # nothing is said outside of the landmark
    assert all(
        re.search(rf'href="{re.escape(a["href"].replace("&", "&amp;"))}">[^<]+</a>', html) for a in found.all("a")
    )


def test_the_reader_s_own_light_or_dark_stays():
    found = page(LETTER)
    assert {"name": "color-scheme", "content": "light dark"} in found.all("meta")
    styles = [attributes["style"] for _, attributes in found.elements if "style" in attributes]
    assert styles
    assert not re.search(r"color|background|url", " ".join(styles))


def test_nothing_is_fetched_and_nothing_tells_on_the_reader():
    found = page(LETTER)
    names = {name for name, _ in found.elements}
    assert names <= {"html", "head", "meta", "title", "body", "div", "h1", "p", "br", "ul", "li", "hr", "a"}
    attributes = {attribute for _, held in found.elements for attribute in held}
    assert attributes <= {"lang", "charset", "name", "content", "role", "aria-label", "dir", "style", "href"}


def test_links_of_the_web_and_of_mail_are_links_and_no_others():
    text = (
        "Voir https://exemple.fr/a_(b)?c=1&d=«2» (ou http://exemple.fr/x). "
        "Écrire à aide@exemple.fr, mailto:a?cc=b@exemple.fr ; pas javascript:alert(1), ftp://exemple.fr, data:x, a@b."
    )
    assert [one["href"] for one in page(text).all("a")] == [
        "https://exemple.fr/a_(b)?c=1&d=",
        "http://exemple.fr/x",
        "mailto:aide@exemple.fr",
        "mailto:a%3Fcc%3Db@exemple.fr",
    ]


def test_the_punctuation_that_follows_a_link_is_no_part_of_it():
    found = page("Allez sur https://exemple.fr/ici. Ou là\u202f: https://exemple.fr/la\u202f! Fin.")
    assert [one["href"] for one in found.all("a")] == ["https://exemple.fr/ici", "https://exemple.fr/la"]


def test_a_site_written_without_its_scheme_is_a_link_too():
    found = page("Voir www.mediateur.example/saisir, www.a.fr. Pas www., www.x, awww.x.fr ni www.a.fr@exemple.fr.")
    assert [one["href"] for one in found.all("a")] == [
        "https://www.mediateur.example/saisir",
        "https://www.a.fr",
        "mailto:www.a.fr@exemple.fr",
    ]


def test_french_spaces_are_kept_as_signs():
    html = html_part(LETTER, title="x", language="fr")
    assert f"maintenant{NO_BREAK}:" in html
    assert f"W{NARROW}!" in html
    assert "&nbsp;" not in html


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", '"><img src=x onerror=a>', "&lt;b&gt;", "</div></body>", "]]>", "<!--"],
)
def test_nothing_written_becomes_markup(hostile):
    found = Page(html_part(f"a {hostile} b\n- {hostile}", title=hostile, language='fr"><b>'))
    assert {name for name, _ in found.elements} <= {
        *("html", "head", "meta", "title", "body", "div", "h1", "p", "ul", "li", "br")
    }
    assert hostile in found.text


def test_an_indented_line_goes_on_with_its_item():
    html = html_part("- un\n  suite\n- deux", title="x", language="fr")
    assert "<li>un<br>\nsuite</li>\n<li>deux</li>" in html


def test_the_width_of_a_run_of_spaces_is_kept():
    assert f"<p>a{NO_BREAK}{NO_BREAK} b</p>" in html_part("a   b", title="x", language="fr")


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")) | st.sampled_from(" \n-"), max_size=300)
)
def test_every_sign_is_said_once_and_in_order(text):
    """Only the marks of lists and signatures are drawn instead of said."""
    found = page(text)
    assert re.sub(r"[\s–•-]", "", found.text) == re.sub(r"[\s–•-]", "", unicodedata.normalize("NFC", text))
