"""Catalogues: complete, up to date, with the same facts on both sides, set as each language is printed."""

import ast
import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from django.utils.translation import ngettext, override

from doleance.kernel.text import NARROW, NO_BREAK, french
from tests import catalogue
from tests.house.source import Source, at, findings, product, snippet, told

UPDATE = "python -m tests.catalogue, then translate what waits in locale/en."
# What English and French write alike.
SHARED = {
    "API",
    "Source",
    "%(purpose)s, %(words)s",
    "point %(number)s",
    "Association",
    "Associations",
    "Cause",
    "Code",
    "Doléance",
    "HTML",
    "Import",
    "Invitation",
    "Journal",
    "Message",
    "Organisation",
    "Port",
    "Possible",
    "Question",
    "Protection",
    "Secret",
    "{minutes} min",
}


@cache
def kept(language: str) -> Catalog:
    return catalogue.kept(language)


@cache
def said() -> frozenset[str]:
    """Every French sentence of the product that a catalogue may translate, set in French."""
    return frozenset(french(one) for message in catalogue.found() for one in forms(message.id))


def forms(said: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A sentence, or its singular and its plural."""
    return (said,) if isinstance(said, str) else tuple(said or ())


def messages(language: str) -> list[Message]:
    return [message for message in kept(language) if message.id]


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_a_catalogue_says_what_the_product_says(language):
    wanted = catalogue.wanted(language)
    new = {one.id for one in wanted} - {one.id for one in kept(language)}
    gone = {one.id for one in kept(language)} - {one.id for one in wanted}
    assert (new, gone) == (set(), set()), UPDATE
    assert catalogue.path_of(language).read_bytes() == catalogue.written(wanted), UPDATE


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_nothing_waits_for_a_translator(language):
    assert len(kept(language)) > 10
    assert not [message.id for message in catalogue.missing(kept(language))]
    assert not [message.id for message in messages(language) if message.fuzzy]


def test_the_header_names_nobody_and_no_day():
    for language in catalogue.LANGUAGES:
        header = catalogue.path_of(language).read_text("utf-8").partition("\n\n")[0]
        assert f'"Language: {language}\\n"' in header
        assert not re.search(r"Date|Translator|Team|Generated|Project|Report", header)


def differences(message: Message) -> list[str]:
    """Facts or marks that one side has and the other has not. A singular may say its number in words."""
    french_forms, others = forms(message.id), forms(message.string)
    wanted, found = [[_holes(one) for one in side] for side in (french_forms, others)]
    if found[-1] != wanted[-1]:
        return [f"{french_forms[-1]!r}: {sorted(wanted[-1] ^ found[-1])}"]
    more = [(one, sorted(holes - wanted[-1])) for one, holes in zip(others, found, strict=True)]
    return [f"{one!r}: {holes}" for one, holes in more if holes]


def _holes(sentence: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%[sd]|{\w*}|</?\w+[^>]*>", sentence))


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_both_sides_name_the_same_facts(language):
    found = [one for message in messages(language) for one in differences(message)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("msgid", "string"),
    [
        ("Bonjour %(name)s", "Hello"),
        ("Bonjour {name}", "Hello {nom}"),
        ("<b>Oui</b>", "Yes"),
        (("%(n)s grief", "%(n)s griefs"), ("one", "griefs")),
        (("%(n)s grief", "%(n)s griefs"), ("%(m)s", "%(n)s griefs")),
    ],
)
def test_a_lost_fact_is_seen(msgid, string):
    assert differences(Message(msgid, string))


def test_a_singular_may_be_in_words():
    assert not differences(Message(("%(n)s fois", "%(n)s fois"), ("once", "%(n)s times")))


@pytest.mark.parametrize(("n", "words"), [(0, "0 grief"), (1, "1 grief"), (2, "2 griefs")])
def test_zero_is_singular_in_french(n, words):
    with override("fr"):
        assert ngettext("%(n)s grief", "%(n)s griefs", n) % {"n": n} == words


@pytest.mark.parametrize(("n", "words"), [(0, "0 grievances"), (1, "1 grievance"), (2, "2 grievances")])
def test_and_plural_in_english(n, words):
    with override("en"):
        assert ngettext("%(n)s grief", "%(n)s griefs", n) % {"n": n} == words


def test_french_is_set_as_french_is_printed():
    """What the catalogue holds is what pages show, also where nothing sets it on the way (mails, jobs, JSON)."""
    found = [one for message in messages("en") for one in forms(message.id) if french(one) != one]
    assert not found, told(found, "./run fix, then python -m tests.catalogue")


def misprints(english: str) -> list[str]:
    """What French printing left in an English sentence."""
    found = []
    if re.search(rf"[{NO_BREAK}{NARROW} ][:;!?]|{NARROW}|[«»]", english):
        found.append("French spaces or quotation marks")
    if re.search(r"\w'|'\w|\"", re.sub(r"<[^>]*>", "", english)):
        found.append("typewriter quotation marks")
    # `Authorization` is the header's own name (RFC 9110).
    if re.search(r"\be-mail|\b(?!Authorization header)\w+iz(?:e|ed|ing|ation)\b(?<!size)(?<!prize)", english):
        found.append("another English than that of the house: email, -ise")
    return found


def test_english_is_set_as_english_is_printed():
    found = [
        f"{one!r}: {wrong}" for message in messages("en") for one in forms(message.string) for wrong in misprints(one)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("wrong", ["Why ?", f"Reason{NO_BREAK}: x", "« Yes »", "don't", "an e-mail", "organization"])
def test_a_misprint_is_seen(wrong):
    assert misprints(wrong)


def test_a_translation_is_not_a_copy():
    found = [message.id for message in messages("en") if message.string == message.id and message.id not in SHARED]
    assert not found


# Sentences that reach gettext by another way than a call that one can read: each must be marked where it is written.
FRENCH = re.compile(rf"[éèêëàâçùûîïôœÉÈÊÀÇŒ’«»{NO_BREAK}{NARROW}]")
# Where French is not for a catalogue.
UNTOLD = {
    "doleance/audit/offline.py": "stands alone, without Django: it speaks French to a third party",
    "doleance/channels/email/calendars.py": "kept with the message's own text, for every reader, in one language",
    "doleance/channels/email/forwarded.py": "what mail programs write above a forwarded mail",
    "doleance/channels/email/reports.py": "what mail servers write when they give up",
    "doleance/complaints/rules.py": "what mail programs write before a quotation",
    "doleance/deadlines/rules/places.py": "names of places, as they are stored",
    "doleance/deadlines/seeds.py": "names of holidays, as they are stored",
    "doleance/drafting/masks.py": "words that mails hold",
    "doleance/drafting/prompts.py": "what a machine is told",
    "doleance/intake/imports.py": "a command: it speaks French",
    "doleance/kernel/text.py": "French typography itself",
    "doleance/staff/samples.py": "the catalogue of components, for developers",
    "doleance/understanding/duplicates/measures.py": "what a command says of a line: it speaks French",
    "doleance/understanding/duplicates/people.py": "words that mails hold",
    "doleance/understanding/duplicates/traits.py": "letters that a pattern looks for",
    "doleance/understanding/learning.py": "what a command says of a line: it speaks French",
    "doleance/understanding/model/store.py": "what a command says of a file: it speaks French",
    "doleance/understanding/perturb.py": "politenesses put around an example",
    "doleance/understanding/records.py": "what a command says of a line: it speaks French",
    "doleance/understanding/scans/told.py": "letters that a pattern looks for",
    "doleance/understanding/text/facts/form.py": "signs that a pattern looks for",
    "doleance/understanding/text/facts/people.py": "words that mails hold",
    "doleance/understanding/text/facts/references.py": "words that mails hold",
    "doleance/understanding/text/kinds.py": "what mail programs write before a subject",
    "doleance/understanding/text/lines.py": "signs that are one for a reader",
    "doleance/understanding/text/pieces.py": "letters that a pattern looks for",
    "doleance/understanding/text/requests.py": "letters that a pattern looks for",
    "doleance/understanding/text/turns.py": "letters that a pattern looks for",
    "doleance/understanding/text/sentences.py": "abbreviations that end no sentence",
    "doleance/understanding/text/vocabulary/patterns.py": "spellings that are one for a reader",
}
NAMES = {"Doléance", "Français", "Hélène Durand", "Ma bouilloire est arrivée cassée."}  # the last: examples


def unmarked(source: Source) -> list[str]:
    """French sentences of a module that no catalogue knows: `gettext(words)` would leave them in French."""
    if source.path in UNTOLD or source.package == "boot" or "/migrations/" in source.path:
        return []
    apart = set(_apart(source))
    return [
        at(source, node, repr(node.value))
        for node in source.walk(ast.Constant)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart
        if len(node.value) > 2 and FRENCH.search(node.value) and node.value not in NAMES
        if french(node.value) not in said()
    ]


def _apart(source: Source) -> list[int]:
    """Strings that nobody translates: docstrings, names of tables, what the command line says of its options."""
    nodes: list[ast.AST | None] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) or (isinstance(node, ast.Assign) and _names_a_table(node)):
            nodes.append(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"add_argument", "ArgumentParser"}:
            nodes += [one for keyword in node.keywords for one in ast.walk(keyword)]
    return [id(node) for node in nodes]


def _names_a_table(node: ast.Assign) -> bool:
    return getattr(node.targets[0], "id", "").startswith("verbose_name")


def test_each_sentence_can_be_found_by_translators():
    found = findings(unmarked)
    assert not found, told(found, "Mark it where it is written: gettext_noop of kernel.kinds, tongue.say, a Kind.")


@pytest.mark.parametrize(
    "text",
    [
        'WORDS = {"late": "Déjà trop tard"}',
        'def said():\n    return f"réglé le {day}"',
        'raise Refused(why="c’est trop tôt")',
    ],
)
def test_a_hidden_sentence_is_seen(text):
    assert unmarked(snippet(text))


@pytest.mark.parametrize(
    "text",
    [
        '"""Une réclamation."""',
        'class Meta:\n    verbose_name = "réclamation fictive"',
        'parser.add_argument("--x", help="à éviter")',
        'NAME = "Doléance"',
    ],
)
def test_what_is_not_a_sentence_passes(text):
    assert not unmarked(snippet(text))


@pytest.mark.parametrize("path", UNTOLD)
def test_each_exception_is_needed(path):
    source = next(one for one in product() if one.path == path)
    assert unmarked(Source("doleance/elsewhere/x.py", source.text))
