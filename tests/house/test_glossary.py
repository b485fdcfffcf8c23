"""docs/glossaire.md binds every code word to its French word."""

import re

import pytest
from django.apps import apps

from doleance.kernel.kinds import Kind
from doleance.kernel.text import french
from tests.house import glossary


def unbound(names: list[str], text: str) -> list[str]:
    """Names which no row of the glossary binds to a French word."""
    return [name for name in names if not re.search(rf"^\| `{name}` \| \S.* \| \S", text, re.MULTILINE)]


def test_every_table_has_its_french_word():
    names = [model.__name__ for model in apps.get_app_config("doleance").get_models()]
    missing = unbound(names, glossary.PATH.read_text("utf-8"))
    assert not missing, f"add a row to docs/glossaire.md for {missing}"


def test_no_row_outlives_its_table():
    """Rows in backquotes name classes of the product; the rest of the glossary is prose."""
    text = glossary.PATH.read_text("utf-8").partition(glossary.TITLE)[0]
    rows = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    models = {model.__name__ for model in apps.get_app_config("doleance").get_models()}
    known = models | {"Actor", "Step", "Pack"}
    assert len(rows) == len(set(rows))
    assert not set(rows) - known


def test_the_closed_lists_are_those_of_the_code():
    text = glossary.PATH.read_text("utf-8")
    now = glossary.lists(glossary.kinds())
    assert text.endswith(now), "run: python -m tests.house.glossary"


def test_every_label_is_printed_in_french():
    found = [
        f"{kind.__name__}.{member.name}: {french(member.label)!r}"
        for kind in glossary.kinds()
        for member in kind
        if french(member.label) != member.label
    ]
    assert not found, "\n".join(found)


def test_every_word_has_a_label():
    found = [
        f"{kind.__name__}.{member.name}"
        for kind in glossary.kinds()
        for member in kind
        if member.value and not member.label
    ]
    assert not found


@pytest.mark.parametrize("text", ["", "| `Complaint` |", "| `Complaint` | | |", "`Complaint` réclamation"])
def test_an_unbound_name_is_seen(text):
    assert unbound(["Complaint"], text) == ["Complaint"]


def test_a_bound_name_passes():
    assert not unbound(["Complaint"], "| `Complaint` | réclamation | Une affaire. |")


def test_a_list_is_printed_with_its_words():
    class Side(Kind):
        LEFT = "left", "Gauche"

    Side.__module__ = "doleance.sample.rules"
    printed = glossary.lists([Side])
    Side.__module__ = __name__
    assert "### `Side` (sample)" in printed
    assert "| `left` | Gauche |" in printed
