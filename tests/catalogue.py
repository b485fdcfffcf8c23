"""What the screens say, as translators need it: the msgids of code, templates, kinds, refusals and packs.

`python -m tests.catalogue` brings `doleance/locale/*/LC_MESSAGES/django.po` up to date: new sentences join
untranslated, those no longer said are dropped. msgids are French; `fr` holds plurals only (Django's own rule without a
catalogue says « 0 réclamations », wrong in French), `en` holds everything.
"""

import importlib
import io
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

import doleance
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind
from doleance.kernel.text import french
from doleance.packs import loader

ROOT = Path(doleance.__file__).parent
LANGUAGES = ("fr", "en")
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "ngettext_noop": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    # Of `doleance.kernel.tongue.Tongue`, by which pure rules speak.
    "say": None,
    "plural": (1, 2),
}
# Nothing in it changes by itself: no date, no name of a person or of a program.
_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
Id = str | tuple[str, str]


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
    for msgid, where in _declared():
        catalog.add(msgid, locations=_place(where))
    return catalog


def _place(*where: str) -> list[Any]:
    """Files without line numbers, which would change every day; Babel writes them so, and its types do not say it."""
    return [(name, None) for name in where]


def _add(catalog: Catalog, path: Path, code: str) -> None:
    source = io.BytesIO(code.encode())
    for _, said, comments, context in extract("python", source, _KEYWORDS, comment_tags=("Translators:",)):
        where = str(path.relative_to(ROOT.parent))
        catalog.add(said, locations=_place(where), auto_comments=comments, context=context)


def _declared() -> Iterator[tuple[str, str]]:
    """Labels of kinds, sentences of refusals, words of packs: declared as plain text, translated by the surfaces."""
    for module in pkgutil.walk_packages(doleance.__path__, "doleance."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    for kind in sorted(_below(Kind), key=lambda kind: kind.__qualname__):
        yield from ((member.label, _file_of(kind)) for member in kind if member.label != member.value)
    for refusal in sorted({Refusal, *_below(Refusal)}, key=lambda refusal: refusal.__qualname__):
        yield refusal.sentence, _file_of(refusal)
    for pack in (version for versions in loader.shipped().values() for version in versions):
        words = [pack.label, *(rule.why for rule in pack.clocks), *(must.label for must in pack.must)]
        yield from ((sentence, f"doleance/packs/{pack.code}.toml") for sentence in words)


def _file_of(declared: type) -> str:
    return f"{declared.__module__.replace('.', '/')}.py"


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
    """The catalogue as it should be: what is said today, with the translations that are known.

    A sentence whose French spaces or apostrophes were set since keeps its translation.
    """
    known = {_key(message): message.string for message in kept(language) if message.id}
    fresh = Catalog(locale=language, domain="django", charset="utf-8", fuzzy=False)
    for message in found():
        if not message.id or (language == "fr" and not message.pluralizable):
            continue
        string = tuple(message.id) if language == "fr" else known.get(_key(message), "")
        fresh.add(
            message.id,
            string=string,
            locations=_place(*sorted({name for name, _ in message.locations})),
            auto_comments=message.auto_comments,
            context=message.context,
        )
    return fresh


def _key(message: Message) -> tuple[str, bool, str | None]:
    return french(first(cast(Id, message.id))), message.pluralizable, message.context


def first(msgid: Id) -> str:
    """The sentence itself, or its singular."""
    return msgid if isinstance(msgid, str) else msgid[0]


def missing(catalog: Catalog) -> list[Message]:
    """The messages without a translation."""
    return [one for one in catalog if one.id and not (all(one.string or ()) if one.pluralizable else one.string)]


def written(catalog: Catalog) -> bytes:
    """The file of a catalogue, byte for byte: the same sentences always give the same file."""
    body = io.BytesIO()
    write_po(body, catalog, sort_output=True, width=0, omit_header=True, include_lineno=False)
    header = _HEADER.format(language=catalog.locale_identifier, plurals=catalog.plural_forms)
    return header.encode() + body.getvalue().rstrip(b"\n") + b"\n"


def write(language: str) -> Catalog:
    """Bring a catalogue up to date on disk."""
    catalog, path = wanted(language), path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(catalog))
    return catalog


def main() -> None:
    """Bring every catalogue up to date and say what waits for a translator."""
    django.setup()
    for language in LANGUAGES:
        catalog = write(language)
        sys.stdout.write(f"{language}: {len(catalog)} messages, {len(missing(catalog))} to translate\n")


if __name__ == "__main__":
    main()
