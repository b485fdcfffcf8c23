"""What the screens say, as translators need it: the msgids of code, templates, kinds and refusals.

`python -m tests.catalogue` brings `doleance/locale/*/LC_MESSAGES/django.po` up to date: new sentences join untranslated,
those no longer said are dropped. msgids are French; `fr` holds plurals only (Django's own rule without a catalogue says
« 0 réclamations », wrong in French), `en` holds everything.
"""

import importlib
import io
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

import doleance
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind

ROOT = Path(doleance.__file__).parent
LANGUAGES = ("fr", "en")
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
Key = str | tuple[str, str]


def path_of(language: str) -> Path:
    """The catalogue of a language."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def found() -> Catalog:
    """Every sentence of the product, with the files that say it (no line numbers: they would change every day)."""
    catalog = Catalog(domain="django", charset="utf-8")
    for path in sorted(ROOT.rglob("*.py")):
        if "migrations" not in path.parts:
            _add(catalog, path, path.read_text("utf-8"))
    for path in sorted(path for path in ROOT.rglob("templates/**/*") if path.suffix in {".html", ".txt"}):
        _add(catalog, path, templatize(path.read_text("utf-8"), origin=str(path)))
    for msgid, module in _declared():
        catalog.add(msgid, locations=[(module.replace(".", "/"), None)])
    return catalog


def _add(catalog: Catalog, path: Path, code: str) -> None:
    source = io.BytesIO(code.encode())
    for _, said, comments, context in extract("python", source, _KEYWORDS, comment_tags=("Translators:",)):
        where = [(str(path.relative_to(ROOT.parent)), None)]
        catalog.add(said, locations=where, auto_comments=comments, context=context)


def _declared() -> Iterator[tuple[str, str]]:
    """Labels of kinds and sentences of refusals: declared as plain text, translated by the surfaces."""
    for module in pkgutil.walk_packages(doleance.__path__, "doleance."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    for kind in sorted(_below(Kind), key=lambda kind: kind.__qualname__):
        yield from ((member.label, kind.__module__) for member in kind if member.label != member.value)
    for refusal in sorted({Refusal, *_below(Refusal)}, key=lambda refusal: refusal.__qualname__):
        yield refusal.sentence, refusal.__module__


def _below(kind: type) -> set[type]:
    mine = {one for one in kind.__subclasses__() if one.__module__.startswith("doleance.")}
    return mine.union(*(_below(one) for one in mine)) if mine else mine


def kept(language: str) -> Catalog:
    """The catalogue as it is on disk."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, domain="django", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="django")


def wanted(language: str) -> Catalog:
    """The catalogue as it should be: what is said today, with the translations that are known."""
    known, today = kept(language), found()
    fresh = Catalog(locale=language, domain="django", charset="utf-8", fuzzy=False)
    for message in today:
        if not message.id or (language == "fr" and not message.pluralizable):
            continue
        old = known.get(_single(message.id), context=message.context)
        string = old.string if old is not None and bool(old.pluralizable) == bool(message.pluralizable) else ""
        if language == "fr":
            string = tuple(message.id)
        fresh.add(
            message.id,
            string=string,
            locations=[(name, None) for name in sorted({name for name, _ in message.locations})],
            auto_comments=message.auto_comments,
            context=message.context,
        )
    return fresh


def _single(key: Key) -> str:
    return key if isinstance(key, str) else key[0]


def missing(catalog: Catalog) -> list[Message]:
    """The messages without a translation."""
    return [one for one in catalog if one.id and not (all(one.string) if one.pluralizable else one.string)]


def write(language: str) -> Catalog:
    """Bring a catalogue up to date on disk."""
    catalog = wanted(language)
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, sort_output=True, width=0, omit_header=False, include_lineno=False)
    return catalog


def main() -> None:
    """Bring every catalogue up to date and say what waits for a translator."""
    django.setup()
    for language in LANGUAGES:
        catalog = write(language)
        print(f"{language}: {len(catalog)} messages, {len(missing(catalog))} to translate")


if __name__ == "__main__":
    main()
