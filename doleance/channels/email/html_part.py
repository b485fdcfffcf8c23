"""The HTML rendering of what we write: the same words as the plain text, made from it, for whoever reads mail there.

It is read without style sheet, by a screen reader, in the dark, offline: paragraphs, lists and links, no colour, no
image, nothing that is fetched, nothing that tells us when it was read.
"""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from urllib.parse import quote

from doleance.channels.email.addresses import is_address
from doleance.kernel.text import NO_BREAK, normalise

# Only shape, no colour: the reader's own light or dark stays whole.
_STYLE = "font-family: sans-serif; font-size: 1em; line-height: 1.5; max-width: 40em; margin: 0 auto; padding: 1em"
_HEADING = "font-size: 1.125em; line-height: 1.3; margin: 0 0 1em"
_SIGNATURE = "-- "
_BULLETS = ("- ", "– ", "• ")
_GUILLEMETS = chr(0xAB) + chr(0xBB)
_SIGN = rf"[^\s<>()\[\],;:\\\"@{_GUILLEMETS}]"  # of an address
_LINK = re.compile(
    rf"(?P<web>https?://[^\s<>\"{_GUILLEMETS}]{{1,2000}})"
    rf"|(?P<bare>(?<![\w.@-])www\.(?!\S{{0,300}}@)[^\s<>\"{_GUILLEMETS}@]{{1,2000}})"
    rf"|(?P<scheme>mailto:)?(?P<address>{_SIGN}{{1,64}}@{_SIGN}{{1,253}})",
    re.IGNORECASE,
)
# A site as people write it: www, then at least two names.
_BARE = re.compile(r"www(?:\.[\w-]{1,63}){2,}(?:[:/?#]|$)", re.IGNORECASE)
# What ends a sentence rather than a link. A closing bracket stays when the link opened one.
_AFTER_LINK = ".,;:!?'*_" + chr(0x2026) + chr(0x2019)  # an ellipsis, a curved apostrophe
_SPACES = re.compile(r"^ | (?= )")


def html_part(text: str, *, title: str, language: str) -> str:
    """`text` as one HTML document in `language` whose title is `title`. Deterministic; holds every word of the text.

    A line that begins by a dash is an item of a list, an empty line ends a paragraph, the signature mark is a rule.
    """
    body = "\n".join(_blocks(normalise(text).rstrip().replace("\t", "    ")))
    spoken, tongue = escape(" ".join(normalise(title).split())), escape(language)
    # The wrapper says the language again: webmail programs take <html> away, and its attributes with it.
    return (
        f'<!DOCTYPE html>\n<html lang="{tongue}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{spoken}</title>\n</head>\n<body>\n'
        f'<div role="main" aria-label="{spoken}" lang="{tongue}" dir="ltr" style="{_STYLE}">\n'
        f'<h1 style="{_HEADING}">{spoken}</h1>\n{body}\n</div>\n</body>\n</html>\n'
    )


def _blocks(text: str) -> Iterator[str]:
    """The paragraphs, lists and rules of a text, in their order."""
    for kind, lines in groupby(_kinds(text.split("\n")), key=lambda one: one[0]):
        said = [line for _, line in lines]
        match kind:
            case "rule":
                yield "<hr>"
            case "item":
                items = "\n".join(f"<li>{_inline(one)}</li>" for one in said)
                yield f"<ul>\n{items}\n</ul>"
            case "line":
                yield "<p>" + "<br>\n".join(_inline(one) for one in said) + "</p>"


def _kinds(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Each line with what it is; an indented line goes on with the item above it."""
    waiting = ""
    for line in lines:
        if waiting and line.startswith(" ") and line.strip():
            waiting += "\n" + line.strip(" ")
            continue
        if waiting:
            yield "item", waiting
            waiting = ""
        if line.startswith(_BULLETS) and line[2:].strip() and line != _SIGNATURE:
            waiting = line[2:].strip(" ")
        elif line == _SIGNATURE:
            yield "rule", ""
        else:
            yield ("line", line) if line.strip() else ("gap", "")
    if waiting:
        yield "item", waiting


def _inline(text: str) -> str:
    """Words with their links; a run of spaces keeps its width."""
    kept = "\n".join(_SPACES.sub(NO_BREAK, line.rstrip(" ")) for line in text.split("\n"))
    pieces: list[str] = []
    end = 0
    for found in _LINK.finditer(kept):
        label, href = _target(found)
        if href:
            pieces += [escape(kept[end : found.start()]), f'<a href="{escape(href)}">{escape(label)}</a>']
            end = found.start() + len(label)
    return "".join([*pieces, escape(kept[end:])]).replace("\n", "<br>\n")


def _target(found: re.Match[str]) -> tuple[str, str]:
    """The words of a link without the punctuation that follows it, and where it leads; nowhere when it is none."""
    label = _trimmed(found[0])
    if found["web"]:
        return label, label if label.partition("//")[2] else ""
    if found["bare"]:
        return label, f"https://{label}" if _BARE.match(label) else ""
    address = label[len(found["scheme"] or "") :]
    href = f"mailto:{quote(address, safe='@+!$*_')}"  # a question mark would begin a subject or a copy (RFC 6068)
    return label, href if is_address(address) and "." in address.rpartition("@")[2] else ""


def _trimmed(link: str) -> str:
    while link and (link[-1] in _AFTER_LINK or (link[-1] in ")]" and not _is_balanced(link))):
        link = link[:-1]
    return link


def _is_balanced(link: str) -> bool:
    opening = {")": "(", "]": "["}[link[-1]]
    return link.count(opening) >= link.count(link[-1])
