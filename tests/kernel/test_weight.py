"""What a browser fetches stays light, and nothing in it needs another host or a build."""

import gzip
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "doleance"
STATIC = PACKAGE / "kernel" / "static" / "doleance"
KILO = 1000
TEMPLATES = {
    str(path.relative_to(folder)): path.read_text("utf-8")
    for folder in PACKAGE.glob("*/templates")
    for path in folder.rglob("*.html")
}
SHEETS = {
    str(path.relative_to(folder)): len(gzip.compress(path.read_bytes(), 9))
    for folder in PACKAGE.glob("*/static")
    for path in folder.rglob("*.css")
}


def packed(pattern):
    """Octets on the wire of these files, each compressed apart as a server sends them."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in STATIC.glob(pattern))


def sheets_of(name):
    """The style sheets that a page asks for, those of what it extends included."""
    text = TEMPLATES[name]
    own = set(re.findall(r"""static '([^']+\.css)'""", text))
    parent = re.search(r"""\{% extends "([^"]+)" %\}""", text)
    return own | (sheets_of(parent[1]) if parent and parent[1] in TEMPLATES else set())


@pytest.mark.parametrize("name", [name for name, text in sorted(TEMPLATES.items()) if ".css'" in text])
def test_what_a_page_is_dressed_in_is_light(name):
    """ux.md §6, 32: at most 20 kB, whatever the page (docs/decisions/0040)."""
    asked = sheets_of(name)
    assert asked <= set(SHEETS)
    assert 0 < sum(SHEETS[sheet] for sheet in asked) <= 20 * KILO


def test_our_own_javascript_is_light():
    assert 0 < packed("js/*.js") <= 8 * KILO


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.[cj]s*")), ids=lambda path: path.name)
def test_a_file_stays_readable_and_asks_nothing_elsewhere(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 200
    assert not re.search(r"https?://", text)
    assert "@import" not in text
    assert not re.search(r"(?m)^\s*(?:import|export)\b", text), "modules import nothing: their names bear a hash"
    assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML", text)


def test_every_layer_is_declared_in_order():
    order = re.search(r"@layer ([^;{]+);", (STATIC / "css" / "tokens.css").read_text("utf-8"))[1].split(", ")
    used = {
        name for path in STATIC.glob("css/*.css") for name in re.findall(r"@layer (\w+) \{", path.read_text("utf-8"))
    }
    assert used <= set(order)
    assert order == ["reset", "tokens", "base", "layout", "parts", "page", "util"]


def test_red_amber_and_green_are_used_by_name_only():
    """A colour outside the tokens would escape its law, and the dark theme."""
    for path in STATIC.glob("css/*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        if path.name == "tokens.css":
            continue
        loose = re.findall(r"(?:#[0-9a-f]{3,8}\b|(?<!-)\b(?:red|orange|green|yellow)\b|rgb\()", text)
        assert not [found for found in loose if found != "#fff"], path.name
