"""Every page in English: what we say is translated; what people wrote, and only that, stays as they wrote it.

Somebody walks through the example company by its links, page after page, once in French and once in English. A piece
of text that is the same in both is either stored (a name, a letter), or a word that both languages share, or was
forgotten.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.db.models import CharField, TextField
from django.test import Client

from doleance.accounts.models import User
from doleance.boot import demo, preparation
from doleance.channels.mailboxes import PROVIDERS
from doleance.kernel.clock import now
from tests.house.test_catalogues import SHARED

SPOKEN = ("title", "alt", "aria-label", "placeholder", "data-key-words", "data-next", "data-previous", "data-help")
SILENT = {"script", "style", "pre", "code", "mark", "cite"}  # a mark holds words of a complainant, a cite names a law
ADDRESS = re.compile(r"https?://\S+|[\w-]+(\.[\w-]+)+(/\S*)?")  # nobody's language
# How many pages each finds at least: a walk that goes nowhere proves nothing.
PAGES = {"lead": 30, "administrator": 10, "auditor": 25, "expert": 1}
# Words of the computer's, or of nobody's language.
FIRMS = {firm for one in PROVIDERS for firm in (*one.name.split(", "), one.imap_host, one.smtp_host)}
NAMES = {"English", "Français", "OpenAPI 3.1", *FIRMS} | {name.replace("_", " ") for name in available_timezones()}


class Words(HTMLParser):
    """The pieces of text of a page, and where its links go."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: set[str] = set()
        self.misprints: set[str] = set()
        self.links: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        told = dict(attrs)
        self.pieces |= {" ".join((told[name] or "").split()) for name in SPOKEN if name in told}
        if tag == "a" and told.get("href"):
            self.links.append(str(told["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.add(" ".join(data.split()))
            if re.search(r"\s[:;!?](\s|$)|[«»]", data):
                self.misprints.add(" ".join(data.split()))


def walk(client: Client) -> Iterator[tuple[str, Words, Words]]:
    """The pages that can be reached from the home page: their address, in French, in English."""
    waiting, seen = ["/"], set()
    while waiting:
        address = waiting.pop(0)
        if kind(address) in seen:
            continue
        seen.add(kind(address))
        french, english = (
            client.get(address, headers={"accept-language": code}, follow=True) for code in ("fr", "en")
        )
        is_ours = "sandbox" not in french.get("Content-Security-Policy", "")  # else a mail's own look, in its words
        if french.status_code == 200 and french["Content-Type"].startswith("text/html") and is_ours:
            assert (french["Content-Language"], english["Content-Language"]) == ("fr", "en")
            read = Words(french.content.decode())
            yield address, read, Words(english.content.decode())
            links = (urldefrag(urljoin(french.request["PATH_INFO"], href)).url for href in read.links)
            waiting += [link for link in links if link.startswith("/")]


def kind(address: str) -> str:
    """What one page stands for: every file and person, each view of the list, each form that opens, once."""
    path, _, query = address.partition("?")
    asked = {part for part in query.split("&") if part and not part.startswith("tri=")}
    opened = {part for part in asked if not part.startswith(("vue=", "grief="))}
    if path.startswith("/dossiers/") and path != "/dossiers/":
        return f"a file: {sorted(opened)}" if opened else path
    return f"{path} {sorted(asked)}"


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in (text, *text.splitlines())]


class Stored:
    """What people wrote: every text of the tables, whole and line by line."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        for model in apps.get_app_config("doleance").get_models():
            columns = [field.name for field in model._meta.fields if isinstance(field, CharField | TextField)]
            for row in model.objects.order_by("pk").values_list(*columns):
                self.values |= {line for value in row for line in _lines(str(value))}
        self.whole = "\n".join(self.values)

    def __contains__(self, piece: str) -> bool:
        """A short piece must be a whole line: a word of ours stands in many letters."""
        return piece.strip("()") in self.values or (len(piece.split()) > 3 and piece in self.whole)


def same(french: Words, english: Words, stored: Stored) -> set[str]:
    """The pieces that were not translated and should have been; a list of names is taken name by name."""
    alike = {piece for piece in french.pieces & english.pieces if piece not in stored}
    parts = {part for piece in alike for part in re.split(r", | ?[·—] ?", piece) if re.search(r"[^\W\d_]{3}", part)}
    said = {part for part in parts if not ADDRESS.fullmatch(part)}
    return {part for part in said if part not in stored and part not in SHARED | NAMES}


def misprinted(english: Words, stored: Stored) -> set[str]:
    """The pieces of an English page that are set as French is: spaces before signs, and guillemets."""
    return {one for one in english.misprints if one not in stored}


@pytest.mark.django_db
@pytest.mark.parametrize("who", PAGES)
def test_each_page_has_an_english_face(enter, settings, tmp_path, who):
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path
    preparation.furnish()
    demo.load(at=now())
    person = next(user for user in User.objects.order_by("email") if who in user.roles)
    client, stored = enter(person), Stored()
    pages = list(walk(client))
    forgotten = {
        address: same(french, english, stored) | misprinted(english, stored) for address, french, english in pages
    }
    assert len(pages) >= PAGES[who]
    assert not {address: left for address, left in forgotten.items() if left}
