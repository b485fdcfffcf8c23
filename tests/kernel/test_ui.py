"""The pieces of every page, as HTML: what is escaped, what is tied to what, what says its state in words."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import lucide
import pytest
from django import forms
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from doleance.kernel.fil import Mark
from doleance.kernel.passages import Passage
from doleance.kernel.text import NARROW, NO_BREAK

NOW = datetime(2026, 11, 23, 8, 12, tzinfo=UTC)
NASTY = '<script>alert("1")</script>'


def drawn(source, **context):
    """What a page shows of this template."""
    told = Context({"now": NOW, "zone": "Europe/Paris"} | context)
    return Template("{% load ui marks %}" + source).render(told).replace(NO_BREAK, " ")


class Reader(HTMLParser):
    """Every element with its attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def one(self, tag):
        found = [attributes for name, attributes in self.elements if name == tag]
        assert len(found) == 1, (tag, found)
        return found[0]


class Form(forms.Form):
    name = forms.CharField(label="Nom", help_text="Tel qu'on vous appelle")
    order = forms.CharField(label="Commande", required=False)
    mood = forms.ChoiceField(label="Humeur ?", choices=[("a", "Calme"), ("b", NASTY)], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="D'accord", required=False)

    def clean(self):
        if self.data.get("order") == "x":
            raise forms.ValidationError("Rien ne va.")
        return self.cleaned_data


@pytest.mark.parametrize(
    "source",
    [
        "{% icon 'mail' label=x %}",
        "{% state x %}",
        "{% verdict x %}",
        "{% ref x %}",
        "{% due words=x %}",
        "{% avatar x %}",
        "{% kbd x %}",
        "{% button label=x value=x %}{{ x }}{% endbutton %}",
        "{% button href=x %}{{ x }}{% endbutton %}",
        "{% panel x data_a=x %}{{ x }}{% endpanel %}",
        "{% banner x id=x %}{{ x }}{% endbanner %}",
        "{% dialog 'a' title=x %}{{ x }}{% enddialog %}",
        "{% menu x %}{{ x }}{% endmenu %}",
        "{% empty x %}{{ x }}{% endempty %}",
        "{% scroll x %}{{ x }}{% endscroll %}",
        "{% event who=x how=x id=x %}{{ x }}{% endevent %}",
        "{% toast undo=x label=x %}{{ x }}{% endtoast %}",
        "{% gauge 1 2 x x %}",
        "{% progress_of 1 2 x %}",
        "{% fil marks x %}",
        "{% voice x %}",
        "{{ x|paragraphed }}",
        "{{ x|french }}",
        "{% typeset %}{{ x }}{% endtypeset %}",
        "{% error_summary message=x %}",
    ],
)
def test_what_people_wrote_is_always_escaped(source):
    html = drawn(source, x=NASTY, marks=[Mark(NASTY, NASTY, why=NASTY)])
    assert "<script" not in html.lower()
    assert "script" in html


@pytest.mark.parametrize("source", ["{{ x|french }}", "{% typeset %}{{ x }}{% endtypeset %}"])
def test_our_typography_leaves_markup_and_entities_alone(source):
    assert drawn(source, x="A & B : « c » ; d ?") == f"A &amp; B : « c »{NARROW}; d{NARROW}?"


def test_typography_over_markup_changes_words_and_no_tag():
    html = drawn("{% typeset %}<a href='/a?b=c;d' title='x'>Rien n'est perdu ?</a>{% endtypeset %}")
    assert html == f"<a href='/a?b=c;d' title='x'>Rien n’est perdu{NARROW}?</a>"


@given(st.text(max_size=80))
def test_the_complainants_words_are_shown_as_written(words):
    shown = "".join(Reader(drawn("{% voice x %}", x=words)).words)
    assert "".join(shown.split()) == "".join(words.split())


def test_griefs_are_underlined_and_numbered_for_eyes_and_ears():
    told = [Passage(1, "raccroché au nez"), Passage(4, "186 €", proposed=True)]
    html = drawn("{% voice x told %}", x="On m’a raccroché au nez, et facturé 186 €.", told=told)
    assert '<mark class="g1">' in html
    assert '<mark class="gn proposed">' in html
    assert '<span class="vh">Grief 1</span><span aria-hidden="true">1</span>' in html
    assert Reader(html).words.count("Grief 4") == 1


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("moment", "jeu. 12 nov., 8 h 47"),
        ("short", "12 nov., 8 h 47"),
        ("hour", "8 h 47"),
        ("day", "jeu. 12 nov."),
        ("age", "le 12 nov."),
        ("since", "depuis le 12 nov."),
    ],
)
def test_a_moment_says_its_iso_form_too(style, words):
    html = drawn("{% when at style=style zone=zone %}", at=datetime(2026, 11, 12, 7, 47, tzinfo=UTC), style=style)
    reader = Reader(html)
    assert reader.one("time")["datetime"] == "2026-11-12T08:47:00+01:00"
    assert reader.one("time")["title"] == "jeudi 12 novembre 2026, 8 h 47"
    assert "".join(reader.words) == words


def test_without_a_zone_the_current_one_serves(settings):
    settings.TIME_ZONE = "Indian/Reunion"
    assert "11 h 47" in drawn("{% when at style='hour' %}", at=datetime(2026, 11, 12, 7, 47, tzinfo=UTC))


def test_a_page_without_a_moment_of_its_own_reads_the_clock():
    html = Template("{% load marks %}{% countdown at %}").render(
        Context({"at": datetime.now(UTC) + timedelta(hours=3)})
    )
    assert html.startswith("dans")


def test_a_button_a_link_and_their_key():
    button = Reader(
        drawn("{% button 'primary' key='R' hx_post='/a/' disabled=True data_x=None %}Répondre{% endbutton %}")
    )
    assert button.one("button") == {
        "class": "button primary",
        "type": "submit",
        "data-key": "R",
        "aria-keyshortcuts": "R",
        "hx-post": "/a/",
        "disabled": None,
    }
    link = Reader(drawn("{% button href='/a/' icon='reply' %}Répondre{% endbutton %}"))
    assert link.one("a")["href"] == "/a/"
    square = Reader(drawn("{% button 'square' icon='x' label='Fermer' key='Q' %}{% endbutton %}"))
    assert square.one("button")["aria-label"] == "Fermer"
    assert square.one("button")["title"] == "Fermer (Q)"


def test_an_icon_that_does_not_exist_is_an_error():
    with pytest.raises(lucide.IconDoesNotExist):
        drawn("{% icon 'aucune' %}")


def test_icons_are_hidden_unless_they_stand_alone():
    assert Reader(drawn("{% icon 'mail' %}")).one("svg")["aria-hidden"] == "true"
    assert '<span class="vh">courriel</span>' in drawn("{% icon 'mail' label='courriel' %}")


@pytest.mark.parametrize(("part", "x"), [(-1, "5.0"), (0, "5.0"), (0.5, "36.4"), (1, "67.7"), (9, "67.7")])
def test_the_thread_in_a_row_stays_inside_its_box(part, x):
    assert Reader(drawn("{% minifil part 'late' %}", part=part)).one("circle")["cx"] == x


def test_the_thread_says_where_it_is_and_how_it_counts():
    marks = [Mark("Reçue", "hier", "done"), Mark("Réponse", "demain", "now", "soon", True, why="Deux mois.")]
    reader = Reader(drawn("{% fil marks %}", marks=marks))
    items = [attributes for tag, attributes in reader.elements if tag == "li"]
    assert items[0] == {"class": "done"}
    assert items[1] == {"class": "now soon law", "aria-current": "step"}
    assert "Comment c’est compté" in "".join(reader.words)
    assert "Comment" not in drawn("{% fil marks %}", marks=marks[:1])
    assert "vfil" in drawn("{% vfil marks %}", marks=marks)


def test_a_field_ties_its_hint_and_its_error():
    reader = Reader(drawn("{% field form.name autocomplete='name' %}", form=Form({"name": ""})))
    control = reader.one("input")
    assert control["aria-describedby"] == "id_name-hint id_name-error"
    assert control["aria-invalid"] == "true"
    assert control["autocomplete"] == "name"
    ids = {attributes["id"] for _, attributes in reader.elements if "id" in attributes}
    assert {"id_name", "id_name-hint", "id_name-error"} <= ids
    assert reader.one("label")["for"] == "id_name"
    assert "Tel qu’on vous appelle" in "".join(reader.words)


def test_what_is_optional_says_so():
    assert "(facultatif)" in drawn("{% field form.order %}", form=Form())
    assert "(facultatif)" not in drawn("{% field form.name %}", form=Form())
    assert "(facultatif)" not in drawn("{% field form.agree %}", form=Form())


def test_a_group_has_a_legend_and_the_id_that_the_summary_links_to():
    form = Form({"name": "A"})
    reader = Reader(drawn("{% field form.mood look='segmented' %}", form=form))
    assert reader.one("fieldset")["id"] == "id_mood"
    assert reader.one("fieldset")["aria-describedby"] == "id_mood-error"
    assert f"Humeur{NARROW}?" in "".join(reader.words)
    assert 'href="#id_mood"' in drawn("{% error_summary form %}", form=form)


@pytest.mark.parametrize(("look", "shape"), [("", "check"), ("switch", "switch")])
def test_a_box_is_inside_its_label(look, shape):
    reader = Reader(drawn("{% field form.agree look=look %}", form=Form(), look=look))
    assert reader.one("label")["class"] == shape


def test_the_summary_counts_links_and_takes_the_focus():
    html = drawn("{% error_summary form message=said %}", form=Form({"order": "x"}), said="Ce dossier a changé.")
    reader = Reader(html)
    assert {"role": "alert", "autofocus": None}.items() <= reader.elements[0][1].items()
    words = "".join(reader.words)
    assert "2 réponses sont à reprendre." in words
    assert "Ce dossier a changé." in words
    assert "Rien ne va." in words
    assert [attributes["href"] for tag, attributes in reader.elements if tag == "a"] == ["#id_name", "#id_mood"]


def test_a_form_without_error_has_no_summary():
    assert drawn("{% error_summary form %}", form=Form({"name": "A", "mood": "a"})) == ""


def test_a_toast_follows_the_servers_countdown():
    html = drawn("{% toast undo='/a/' seconds=15 until=until %}Partie{% endtoast %}", until=NOW + timedelta(seconds=9))
    reader = Reader(html)
    bar = reader.one("progress")
    assert (bar["max"], bar["value"]) == ("15.0", "9.0")
    assert reader.one("form") == {"method": "post", "action": "/a/"}
    assert Reader(drawn("{% toast %}Fait{% endtoast %}")).elements[0][1]["data-toast"] == "0.0"


def test_waiting_lines_are_hidden_from_readers():
    reader = Reader(drawn("{% skeleton 4 %}"))
    assert reader.one("div")["aria-hidden"] == "true"
    assert len(reader.elements) == 5


def test_a_note_says_that_it_is_internal():
    html = drawn("{% event 'internal' who='Sofia' %}Texte{% endevent %}")
    assert "Note interne" in html
    assert "event internal" in html


@pytest.mark.parametrize(
    ("cookies", "attributes"),
    [
        ({}, ""),
        ({"doleance_theme": "dark", "doleance_density": "compact"}, ' data-theme="dark" data-density="compact"'),
        ({"doleance_theme": "system", "doleance_keys": "off"}, ' data-keys="off"'),
        ({"doleance_theme": '"><script>'}, ""),
    ],
)
def test_the_readers_choices_are_on_the_root_from_the_first_byte(rf, cookies, attributes):
    request = rf.get("/")
    request.COOKIES.update(cookies)
    assert drawn("{% root_attributes %}", request=request) == attributes


def test_the_root_is_drawn_without_a_request():
    assert drawn("{% root_attributes %}") == ""
