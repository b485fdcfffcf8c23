"""Every French sentence of ours is set as French is printed; `./run fix` sets those that are not."""

import difflib

import pytest

from doleance.kernel.text import NARROW, NO_BREAK
from tests import typography


@pytest.mark.parametrize(
    "path", [*typography.sources(), *typography.pages()], ids=lambda path: path.relative_to(typography.ROOT).as_posix()
)
def test_our_sentences_are_set_in_french(path):
    written, wanted = path.read_text("utf-8"), typography.set_source(path)
    wrong = [line for line in difflib.unified_diff(written.splitlines(), wanted.splitlines(), n=0) if line[0] == "-"][
        1:
    ]
    assert not wrong, "./run fix"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("<p>Vraiment ?</p>", f"<p>Vraiment{NARROW}?</p>"),
        ("<p><b>Nom</b> : {{ x }} ; fin</p>", f"<p><b>Nom</b>{NO_BREAK}: {{{{ x }}}}{NARROW}; fin</p>"),
        ("« {{ x }} »", f"«{NO_BREAK}{{{{ x }}}}{NO_BREAK}»"),
        ('{% translate "Rien n\'est perdu" %}', '{% translate "Rien n’est perdu" %}'),
        ('<a title="Que faire ?" href="/a?b ;c">x</a>', f'<a title="Que faire{NARROW}?" href="/a?b ;c">x</a>'),
        (
            "{% blocktranslate %}Un : deux{% endblocktranslate %}",
            f"{{% blocktranslate %}}Un{NO_BREAK}: deux{{% endblocktranslate %}}",
        ),
        ('{% url "a:b" %}{% load i18n %}{# l\'un ? #}', None),
        ("<svg><path d='M1 2 ;3'/></svg><pre>a ?</pre>", None),
        ("a &amp; b", None),
    ],
)
def test_a_template(written, wanted):
    assert typography.set_template(written) == (written if wanted is None else wanted)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ('x = gettext("Vraiment ?")', f'x = gettext("Vraiment{NARROW}?")'),
        ('class No(R):\n    sentence = "C\'est non."', 'class No(R):\n    sentence = "C’est non."'),
        ('class K(Kind):\n    A = "a", "Un : deux"', f'class K(Kind):\n    A = "a", "Un{NO_BREAK}: deux"'),
        ('y = _("et : a"), _("bien ?")', f'y = _("et{NO_BREAK}: a"), _("bien{NARROW}?")'),
        ('path("a ?")', None),
        ('gettext("déjà\\u202f!")', None),
    ],
)
def test_a_module(written, wanted):
    assert typography.set_python(written) == (written if wanted is None else wanted)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("Un mot : oui ; non", f"Un mot{NO_BREAK}: oui{NARROW}; non"),
        ("`url` : l'adresse", f"`url`{NO_BREAK}: l’adresse"),
        ("[Pourquoi ?](a?b ;c)", f"[Pourquoi{NARROW}?](a?b ;c)"),
        ("    x : y ;\n`a ; b`\n```\nc : d\n```\n| --: | :-- |\nhttps://a.example/x;y?z", None),
    ],
)
def test_a_page_of_documentation(written, wanted):
    assert typography.set_markdown(written) == (written if wanted is None else wanted)
