"""The forms of a page, filled and pressed as a browser does: with what the page holds, and nothing that it lacks."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from tests.staff.reading import text

_UNSENT = {"submit", "button", "image", "reset", "file"}


@dataclass
class Button:
    """A button of a form, by the words one reads and hears, and what it sends."""

    words: str
    sends: dict[str, str]


@dataclass
class Form:
    """One form as it stands on the page."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects forms; a form ends where its mark does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._said: list[str] | None = None
        self._area = self._select = ""
        self._first = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(told.get("action", ""), told.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is not None and "disabled" not in told:
            self._control(tag, told)

    def _control(self, tag: str, told: dict[str, str]) -> None:
        assert self._form
        name, kind = told.get("name", ""), told.get("type", "submit" if tag == "button" else "text")
        if tag == "button" and kind == "submit":
            self._said = []
            self._form.buttons.append(Button("", {name: told.get("value", "")} if name else {}))
        elif tag == "input" and name and kind not in _UNSENT:
            if kind not in {"checkbox", "radio"} or "checked" in told:
                self._keep(name, told.get("value", "on" if kind in {"checkbox", "radio"} else ""))
        elif tag == "textarea":
            self._area, self._said = name, []
        elif tag == "select":
            self._select, self._first = name, True
        elif tag == "option" and self._select and (self._first or "selected" in told):
            self._form.fields[self._select] = [told.get("value", "")]
            self._first = False

    def _keep(self, name: str, value: str) -> None:
        assert self._form
        self._form.fields.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        if self._said is not None:
            self._said.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._said is not None and self._form:
            self._form.buttons[-1].words = " ".join("".join(self._said).split())
            self._said = None
        elif tag == "textarea" and self._area:
            self._keep(self._area, "".join(self._said or []).removeprefix("\n"))
            self._area, self._said = "", None
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._form = None


def forms_of(page: Any) -> list[Form]:
    """Every form of a page, in their order."""
    reader = _Reader()
    reader.feed(text(page))
    return reader.forms


def form_with(page: Any, words: str) -> tuple[Form, Button]:
    """The form of the first button that says these words, and the button."""
    found = [(form, one) for form in forms_of(page) for one in form.buttons if words in one.words]
    assert found, f"no button says {words}"
    return found[0]


def press(client: Client, page: Any, words: str, **typed: Any) -> Any:
    """Press the button that says these words, after `typed` took the place of what its form held."""
    form, button = form_with(page, words)
    assert form.method == "post", f"« {words} » is no form that writes"
    told = {**form.fields, **button.sends, **typed}
    return client.post(form.action.partition("#")[0], told)
