"""Somebody who fills in the public form, page after page, with a browser that has no scripts. Django is not needed.

One connection is kept between requests; cookies are kept as a browser keeps them.
"""

import hashlib
import http.client
import itertools
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit
from uuid import uuid4

ENTRY, RECEIPT = "/reclamer/", "/reclamer/recu/"
SUMMARY = "/reclamer/recapitulatif/"
_MOST_PAGES = 20
IDLE_S = 3.0  # a connection that slept longer is not used again: the server lets go of it after five


class NoAnswer(Exception):
    """The page did not answer, or failed: nobody knows what became of the request."""


class Lost(Exception):
    """The form led somewhere else than a person expects."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to join."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody says in the form, by the names of its fields."""

    answers: Mapping[str, str]
    files: Sequence[File] = ()


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, and what it holds before anybody touches it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    data: dict[str, str] = field(default_factory=dict)  # data-… of what it holds: the work that is asked


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, or where to go instead."""

    status: int
    path: str
    page: str
    place: str
    refresh: str = ""  # seconds after which a browser asks again by itself


class Visitor:
    """A browser without scripts. A context: its connection is closed at the end."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", network: str = "") -> None:
        self._direct = http.client.HTTPConnection(host, port, timeout=60)
        self._site = f"http://{host}:{port}"
        self._used = 0.0
        self.network = network  # what a proxy in front would say of where it comes from
        self.cookies: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._direct.close()

    def get(self, path: str) -> Answer:
        """A page, redirections followed. Raises NoAnswer."""
        try:
            answer = self.ask("GET", path)
        except NoAnswer:  # the server lets go of a connection that was idle: a browser asks again
            answer = self.ask("GET", path)
        for _ in range(5):
            if answer.status not in {301, 302, 303}:
                return answer
            answer = self.ask("GET", answer.place)
        raise Lost(f"{path} goes round in a circle")

    def ask(self, method: str, path: str, body: bytes = b"", media_type: str = "") -> Answer:
        """One request. Raises NoAnswer."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.network:
            headers["X-Forwarded-For"] = self.network
        if method == "POST":
            headers |= {"Content-Type": media_type, "Referer": self._site + path, "Origin": self._site}
        if time.monotonic() - self._used > IDLE_S:
            self._direct.close()
        try:
            self._direct.request(method, path, body, headers)
            told = self._direct.getresponse()
            page = told.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            self._direct.close()
            raise NoAnswer(type(error).__name__) from error
        self._used = time.monotonic()
        for header in told.headers.get_all("Set-Cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        if told.status >= 500:
            raise NoAnswer(str(told.status))
        place = urlsplit(urljoin(path, told.headers.get("Location", "")))
        onward = place.path + (f"?{place.query}" if place.query else "")
        return Answer(told.status, path, page, onward, told.headers.get("Refresh", ""))

    def fill(self, told: Told) -> Answer:
        """Answer page after page, from where one had stopped; the summary, ready to be sent. Raises NoAnswer, Lost."""
        answer = self.get(SUMMARY)
        if answer.status == 410:  # this device holds no form
            answer = self.get(ENTRY)
        for _ in range(_MOST_PAGES):
            if answer.path.startswith(SUMMARY):
                return answer
            answer = self._go_on(answer, told)
        raise Lost(f"no end: {answer.path}")

    def _go_on(self, answer: Answer, told: Told) -> Answer:
        form = question_of(answer)
        wanted = form.fields | {name: value for name, value in told.answers.items() if name in form.names}
        files = told.files if "text" in form.names and "files" in form.names else ()
        body, media_type = multipart(wanted, files)
        sent = self.ask("POST", form.action, body, media_type)
        if sent.status not in {302, 303}:
            raise Lost(f"{form.action}: {sent.status}")
        return self.get(sent.place)

    def press(self, form: Form, *, work: bool = False) -> Answer:
        """« Envoyer »: one request, nothing followed. Raises NoAnswer."""
        wanted = dict(form.fields)
        if work and form.data:
            wanted["effort"] = worked(form.data)
        return self.ask("POST", form.action, urlencode(wanted).encode(), "application/x-www-form-urlencoded")


class _Reader(HTMLParser):
    """The forms of a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._path = path
        self._open: Form | None = None
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urlsplit(urljoin(self._path, told.get("action", "") or self._path))
            place = action.path + (f"?{action.query}" if action.query else "")
            self._open = Form(place, told.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None:
            self._note(self._open, tag, told)

    def _note(self, form: Form, tag: str, told: dict[str, str]) -> None:
        if "data-challenge" in told:
            form.data = {name.removeprefix("data-"): value for name, value in told.items() if name != "class"}
        name = told.get("name", "")
        if tag not in {"input", "textarea", "select"} or not name:
            return
        form.names.add(name)
        kind = told.get("type", "text")
        if tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "input" and kind not in {"file", "submit", "button", "radio", "checkbox"}:
            form.fields[name] = told.get("value", "")
        elif kind in {"radio", "checkbox"} and "checked" in told:
            form.fields[name] = told.get("value", "on")

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area:
            self._open.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = ""


def forms(answer: Answer) -> list[Form]:
    """The forms of a page that change something."""
    reader = _Reader(answer.path)
    reader.feed(answer.page)
    return [form for form in reader.forms if form.method == "post"]


def question_of(answer: Answer) -> Form:
    """The form of a page of questions, or of the summary: the one that goes where the page is. Raises Lost."""
    here = answer.path.partition("?")[0]
    found = [form for form in forms(answer) if form.action.partition("?")[0] == here]
    if not found:
        found = [form for form in forms(answer) if form.action.startswith(ENTRY) and "branch" in form.names]
    if not found:
        raise Lost(f"{answer.path}: {answer.status}, no question")
    return found[0]


def multipart(fields: Mapping[str, str], files: Sequence[File]) -> tuple[bytes, str]:
    """A form with its files, as a browser sends it (RFC 7578)."""
    mark = uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{one.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + one.data
        + b"\r\n"
        for one in files
    ]
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def worked(asked: Mapping[str, str]) -> str:
    """The work that a page asks for, done: what its script would post."""
    begun, bits = hashlib.sha256(f"{asked['challenge']}:".encode()), int(asked["bits"])
    for number in itertools.count():
        tried = begun.copy()
        tried.update(str(number).encode())
        if int.from_bytes(tried.digest()) >> (256 - bits) == 0:
            return f"{asked['hour']}.{bits}.{number}"
    raise AssertionError("numbers do not end")


def is_receipt(answer: Answer) -> bool:
    """Whether the form was received: its receipt comes next."""
    return answer.status in {302, 303} and re.match(RECEIPT, answer.place) is not None
