"""Templates: each is used, each compiles, none carries code, every word of ours can be translated."""

import ast
import re
from functools import cache
from pathlib import Path

import allauth
import pytest
from django.template import engines

from tests.house.source import ROOT, at, dotted, findings, product, told
from tests.house.source import Source as Code

PACKAGE = ROOT / "doleance"
# Asked for by Django's handlers, and by the rate limits of allauth.
DJANGO_NAMES = {"400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"}
# Where text becomes HTML without escaping: each is a door for what a complainant writes.
TRUSTED = {
    "doleance/kernel/templatetags/ui.py": "an icon of the lucide package, attributes already escaped",
    "doleance/kernel/fragments.py": "what templates wrote, and what is told later, escaped",
    "doleance/kernel/templatetags/marks.py": "marks escape each passage themselves",
}


class Page:
    """One template: its name as Django asks for it, its path and its text."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.name = path.split("/templates/", 1)[-1]
        self.is_html = path.endswith(".html")
        self.is_specimen = self.name.startswith("staff/ui/")  # the catalogue of components, for developers


@cache
def pages() -> tuple[Page, ...]:
    found = sorted(path for path in PACKAGE.rglob("templates/**/*") if path.is_file())
    return tuple(Page(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in found)


def over_pages(rule):
    return [f"{page.path}: {found}" for page in pages() for found in rule(page)]


def asked_names(sources: tuple[Code, ...], templates: tuple[Page, ...]) -> list[re.Pattern[str]]:
    """Patterns of the names that code and templates ask for; the hole of an f-string stands for anything."""
    found = []
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.escape(node.value.partition("#")[0]))
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(one.value)) if isinstance(one, ast.Constant) else r"[\w-]+" for one in node.values
                ]
                found.append("".join(parts))
    for page in templates:
        found += [
            re.escape(name.partition("#")[0])
            for name in re.findall(r"{%\s*(?:include|extends|written)\s+['\"]([^'\"]+)", page.text)
        ]
    return [re.compile(rf"(?:.*/)?{pattern}") for pattern in set(found) if re.search(r"(html|txt)$", pattern)]


def unused(templates: tuple[Page, ...], sources: tuple[Code, ...]) -> list[str]:
    """Templates that nobody asks for and that replace none of allauth's."""
    asked = asked_names(sources, templates)
    theirs = Path(allauth.__file__).parent / "templates"
    return [
        page.path
        for page in templates
        if page.name not in DJANGO_NAMES and not (theirs / page.name).exists()
        if not any(pattern.fullmatch(page.name) for pattern in asked)
    ]


def test_each_template_is_used():
    found = unused(pages(), product())
    assert not found, told(found, "Delete it: what is not shown is not kept.")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_each_template_compiles(page):
    engines["django"].from_string(page.text)


def code_inside(page: Page) -> list[str]:
    """Scripts, styles and handlers written in the page: the security policy forbids them all."""
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", page.text, flags=re.DOTALL)
    found = []
    if re.search(r"<script\b(?![^>]*\bsrc=)", text):
        found.append("a script without src")
    if re.search(r"<style\b", text):
        found.append("a <style>")
    if re.search(r"<[^>]*\sstyle=", text):
        found.append("a style attribute")
    if handler := re.search(r"<[^>]*\s(on[a-z]+|hx-on[\w:-]*)=", text):
        found.append(f"a handler, {handler[1]}")
    if re.search(r"javascript:", text):
        found.append("a javascript: address")
    if re.search(r"(?:src|href)=[\"'](?:https?:)?//", text) and 'rel="noreferrer"' not in text:
        found.append("something fetched from elsewhere")
    return found if page.is_html else []


def unescaped(page: Page) -> list[str]:
    """Text shown as HTML without escaping."""
    return [
        f"{found}" for found in re.findall(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off", page.text) if page.is_html
    ]


def whole(text: str, depth: int = 3) -> str:
    """A piece of template with the text of what it includes."""
    texts = {page.name: page.text for page in pages()}
    for _ in range(depth):
        text = re.sub(r"{%\s*include\s+\"([^\"]+)\"[^%]*%}", lambda found: texts.get(found[1], ""), text)
    return text


def unprotected_forms(page: Page) -> list[str]:
    """Forms that change something, without their token."""
    forms = re.findall(r"<form\b[^>]*method=[\"']post[\"'].*?</form>", page.text, re.DOTALL | re.IGNORECASE)
    bare = [form for form in forms if not re.search("csrf_token|csrfmiddlewaretoken", whole(form))]
    return ["a form without csrf_token"] if bare and not page.is_specimen else []


def untranslated(page: Page) -> list[str]:
    """Words of ours that a catalogue could not translate."""
    if not page.is_html or page.is_specimen:
        return []
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", "", page.text, flags=re.DOTALL)
    text = re.sub(r"{% block app %}.*?{% endblock %}", "", text)  # names of classes
    text = re.sub(r"{%\s*blocktranslate.*?endblocktranslate\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", "\x00", text, flags=re.DOTALL)
    text = re.sub(r"<pre><code>.*?</code></pre>", "", text, flags=re.DOTALL)  # what a machine sends
    text = re.sub(r"<(svg|script)\b.*?</\1>|<!--.*?-->|<!doctype[^>]*>", "", text, flags=re.DOTALL | re.IGNORECASE)
    told_aloud = re.findall(r"\b(?:title|alt|aria-label|placeholder)=\"([^\"\x00]+)\"", text)
    outside = re.sub(r"<[^>]*>|[\w:-]+=(?:'[^']*'|\"[^\"]*\")", "\x00", text).split("\x00")
    words = [found for part in outside + told_aloud for found in re.findall(r"[^\W\d_]{2,}", part)]
    ours = [word for word in dict.fromkeys(words) if word not in NAMES]
    return [f"not translatable: {' '.join(ours[:12])}"] if ours else []


def borrowed_colours(page: Page) -> list[str]:
    """Red or amber where a page says no delay: they come with a `tone` that the clocks give, never by name."""
    by_name = r'{%\s*banner\s+"(?:late|soon)"|class="[^"{]*(?<![\w-])(?:late|soon)(?![\w-])'
    return [found[0] for found in re.finditer(by_name, page.text)] if not page.is_specimen else []


# Words that are the same in every language.
NAMES = {"Doléance"}
RULES = {
    code_inside: "Put it in kernel/static; a page carries data attributes only.",
    unescaped: "Let Django escape; build safe HTML with format_html in a template tag.",
    unprotected_forms: "Add {% csrf_token %}.",
    untranslated: "Wrap it in {% translate %} or {% blocktranslate %}.",
    borrowed_colours: 'Say it in ink (banner "stop", <b>): red is for what is late, amber for what is due today.',
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_templates_keep_the_rule(rule):
    found = over_pages(rule)
    assert not found, told(found, RULES[rule])


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (code_inside, "<script>alert(1)</script>"),
        (code_inside, "<style>a {}</style>"),
        (code_inside, '<p class="a" style="color: red">'),
        (code_inside, '<button onclick="go()">'),
        (code_inside, '<button hx-on:click="go()">'),
        (code_inside, '<a href="javascript:go()">'),
        (code_inside, '<img src="https://example.org/a.png">'),
        (unescaped, "{{ name|safe }}"),
        (unescaped, "{% autoescape off %}{{ name }}{% endautoescape %}"),
        (unprotected_forms, '<form method="post"><button></button></form>'),
        (untranslated, "<p>Bonjour</p>"),
        (untranslated, '<p title="Bonjour">{{ name }}</p>'),
        (untranslated, "{% if a %}oui{% endif %}"),
        (borrowed_colours, '{% banner "late" icon="mail-warning" %}{% endbanner %}'),
        (borrowed_colours, '<p class="due soon">{{ words }}</p>'),
    ],
)
def test_a_broken_rule_is_seen(rule, text):
    assert rule(Page("doleance/staff/templates/staff/a.html", text))


@pytest.mark.parametrize(
    "text",
    [
        '<script src="{% static "a.js" %}" defer></script>',
        '<form method="post">{% csrf_token %}</form>',
        '<form method="get"></form>',
        '<p title="{% translate "Bonjour" %}">{% translate "Bonjour" %} : {{ name }}, 3 %</p>',
        "{% blocktranslate %}Bonjour {{ name }}{% endblocktranslate %}{# a comment #}",
        "{# <script>alert(1)</script> #}",
        '<span class="is-late">{{ told.late }}</span><span class="lateness"></span><b class="due {{ due.tone }}"></b>',
    ],
)
def test_good_pages_pass(text):
    page = Page("doleance/staff/templates/staff/a.html", text)
    assert not [found for rule in RULES for found in rule(page)]


def test_an_unused_template_is_seen():
    page = Page("doleance/staff/templates/staff/old.html", "")
    elsewhere = Page("doleance/staff/templates/staff/new.html", '{% include "staff/old.html#rows" %}')
    asked = Code("doleance/staff/views/a.py", 'render(request, "staff/old.html#rows")')
    built = Code("doleance/staff/views/a.py", 'render(request, f"staff/{name}.html")')
    assert unused((page,), ()) == [page.path]
    assert not unused((page,), (asked,))
    assert not unused((page,), (built,))
    assert unused((page, elsewhere), ()) == [elsewhere.path]
    kept = Page("doleance/staff/templates/staff/new.html", '{% written "staff/old.html" name=name %}')
    assert unused((page, kept), ()) == [kept.path]


def trusting(source: Code) -> list[str]:
    """Python that declares a text to be safe HTML."""
    if source.path in TRUSTED:
        return []
    vouchers = {"mark_safe", "SafeString", "SafeText", "html_safe"}
    calls = [node for node in source.walk(ast.Call) if dotted(node).split(".")[-1] in vouchers]
    return [at(source, node, f"{dotted(node)}(…)") for node in calls]


def test_text_is_trusted_in_few_places():
    found = findings(trusting)
    assert not found, told(found, "format_html escapes its arguments; only an engine of ours may vouch for HTML.")


def test_trust_is_seen():
    assert trusting(Code("doleance/staff/views/a.py", "shown = mark_safe(name)"))
    assert trusting(Code("doleance/staff/views/a.py", "shown = safestring.SafeString(name)"))
    assert not trusting(Code("doleance/staff/views/a.py", "is_ours = isinstance(name, SafeString)"))
