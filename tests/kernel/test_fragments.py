"""Pieces of pages that are written once: the same telling is the same text, and what differs is told later."""

import pytest
from django.template import engines
from django.test import RequestFactory, override_settings
from django.utils.translation import override

from doleance.kernel import fragments

PIECES = {
    "piece.html": "{% load i18n %}<a href='{{ back }}'>{{ name }}</a>{% translate 'Suivant' %}{{ stranger }}",
    "form.html": "{% csrf_token %}",
    "page.html": "{% load ui %}{% written 'piece.html' name=name %}",
    "formed.html": "{% load ui %}{% written 'form.html' %}",
}
_ENGINE = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "OPTIONS": {
        "loaders": [("django.template.loaders.locmem.Loader", PIECES)],
        "libraries": {"ui": "doleance.kernel.templatetags.ui"},
    },
}


@pytest.fixture(autouse=True)
def pieces():
    fragments._written.cache_clear()
    with override_settings(TEMPLATES=[_ENGINE]):
        yield
    fragments._written.cache_clear()


def piece(name, back):
    return fragments.written("piece.html", {"name": name}, {"back": back})


def test_what_is_told_later_is_put_in_escaped():
    assert piece("<b>", "?q='\"<i>") == "<a href='?q=&#x27;&quot;&lt;i&gt;'>&lt;b&gt;</a>Suivant"


def test_the_same_is_written_once_whatever_is_told_later():
    assert [piece("Amélie", back)[:13] for back in ("/un/", "/deux/")] == ["<a href='/un/", "<a href='/deu"]
    assert fragments._written.cache_info().misses == 1
    assert "Bruno" in piece("Bruno", "/un/")
    assert fragments._written.cache_info().misses == 2


def test_each_language_has_its_own():
    piece("Amélie", "/")
    with override("en"):
        assert piece("Amélie", "/").endswith("Next")
    assert piece("Amélie", "/").endswith("Suivant")


def test_a_piece_sees_nothing_of_its_page():
    told = {"name": "Amélie", "stranger": "not told"}
    assert "not told" not in engines["django"].get_template("page.html").render(told)


def test_each_form_has_the_token_of_its_own_page():
    page, pages = engines["django"].get_template("formed.html"), RequestFactory()
    tokens = {page.render({}, pages.get("/")) for _ in range(3)}
    assert len(tokens) == 3
    assert all('name="csrfmiddlewaretoken" value="' in one and "\x00" not in one for one in tokens)
    assert fragments._written.cache_info().misses == 1


def test_a_telling_that_could_change_is_refused():
    with pytest.raises(TypeError, match="unhashable"):
        fragments.written("piece.html", {"name": ["Amélie"]})
