"""The house's own public pages: whose they are, in which language, what they wear, what they may not do."""

import io
import re

import pytest
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import Entity
from doleance.channels import queries as channels
from doleance.kernel.db import write
from tests import factories
from tests.cast import MORNING, TESTS, Cast

pytestmark = pytest.mark.django_db
PAGES = ("/confidentialite/", "/accessibilite/")


@write(quiet="a test makes what no page makes yet: another house, another language")
def saved(*, entity: Entity) -> None:
    entity.save()


def text(response) -> str:
    return response.content.decode()


def second(cast: Cast) -> Entity:
    """Another house of the same installation; both have an address."""
    other = Entity(name="Brûlerie du Port")
    saved(entity=other)
    accounts.name_addresses(by=TESTS, at=MORNING)
    cast.entity.refresh_from_db()
    other.refresh_from_db()
    return other


def drawing(size=(300, 100), ink=(0, 0, 0, 255), kind="PNG") -> bytes:
    """A transparent picture with a band of `ink`."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste(ink, (0, 0, size[0], size[1] // 2))
    kept = io.BytesIO()
    (image if kind != "JPEG" else image.convert("RGB")).save(kept, kind)
    return kept.getvalue()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_no_account_and_asks_not_to_be_indexed(cast: Cast, path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 200
    assert '<html lang="fr"' in text(response)
    assert '<meta name="robots" content="noindex, nofollow">' in text(response)
    assert cast.entity.name in text(response)
    assert re.search(r"<title>[^<]+ — Mon entreprise</title>", text(response))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_nothing_inline_and_calls_nobody(cast: Cast, path: str) -> None:
    response = Client().get(path)
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", text(response))
    assert not re.search(
        r'(src|href)="(https?:)?//(?!www\.cnil\.fr|formulaire\.defenseurdesdroits\.fr)', text(response)
    )


def test_the_only_house_needs_no_name(cast: Cast) -> None:
    assert "Mon entreprise" in text(Client().get("/confidentialite/"))


def test_among_several_one_is_asked_which(cast: Cast) -> None:
    other = second(cast)
    asked = text(Client().get("/confidentialite/"))
    assert "Qui est concerné" in asked
    assert f'href="/confidentialite/?chez={other.slug}"' in asked
    assert f'href="/confidentialite/?chez={cast.entity.slug}"' in asked


def test_the_device_keeps_the_house_it_came_for(cast: Cast) -> None:
    other = second(cast)
    browser = Client()
    assert other.name in text(browser.get("/confidentialite/", {"chez": other.slug}))
    kept = browser.cookies["maison"]
    assert kept["httponly"]
    assert kept["samesite"] == "Lax"
    assert other.slug != kept.value, "signed"
    assert other.name in text(browser.get("/accessibilite/"))
    assert cast.entity.name in text(browser.get("/accessibilite/", {"chez": cast.entity.slug}))


def test_a_forged_or_unknown_name_chooses_nothing(cast: Cast) -> None:
    other = second(cast)
    browser = Client()
    browser.cookies["maison"] = other.slug
    assert "Qui est concerné" in text(browser.get("/confidentialite/"))
    assert "Qui est concerné" in text(browser.get("/confidentialite/", {"chez": "inconnue"}))
    assert "maison" not in browser.get("/confidentialite/", {"chez": "inconnue"}).cookies


def test_a_page_that_knows_its_house_leads_to_pages_of_that_house(cast: Cast) -> None:
    other = second(cast)
    asked = RequestFactory().get("/recu/abc/")
    shown = render_to_string("portal/which.html", {"doors": [], "entity": other, "messages": []}, asked)
    assert f'href="/confidentialite/?chez={other.slug}"' in shown
    assert f'href="/accessibilite/?chez={other.slug}"' in shown
    known = RequestFactory().get("/recu/abc/", {"chez": other.slug})
    shown = render_to_string("portal/which.html", {"doors": [], "entity": other, "messages": []}, known)
    assert 'href="/confidentialite/"' in shown


def test_the_question_leads_nowhere_else(cast: Cast) -> None:
    second(cast)
    asked = text(Client().get("/maison/", {"suite": "https://ailleurs.example/"}))
    assert not re.search(r'href="[^"]*ailleurs', asked)
    assert not re.search(r'href="[^"]*ailleurs', text(Client().get("/maison/", {"suite": "//ailleurs.example/"})))
    assert 'href="/suivi/?x=1&amp;chez=' in text(Client().get("/maison/", {"suite": "/suivi/?x=1"}))


@pytest.mark.parametrize(
    ("house", "browser", "cookie", "shown"),
    [
        ("fr", "", "", "fr"),
        ("en", "", "", "en"),
        ("en", "de-DE,de;q=0.9", "", "en"),
        ("fr", "de-DE,*;q=0.5", "", "fr"),
        ("fr", "en-GB,en;q=0.9", "", "en"),
        ("en", "fr-CA", "", "fr"),
        ("fr", "fr", "en", "en"),
        ("en", "", "fr", "fr"),
        ("en", "", "klingon", "en"),
        ("pl", "", "", "fr"),
    ],
)
def test_the_language_is_the_readers_then_the_houses(
    cast: Cast, house: str, browser: str, cookie: str, shown: str
) -> None:
    cast.entity.language = house
    saved(entity=cast.entity)
    reader = Client(headers={"accept-language": browser} if browser else {})
    if cookie:
        reader.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    page = reader.get("/confidentialite/")
    assert f'<html lang="{shown}"' in text(page)
    assert page["Content-Language"] == shown


def test_the_language_is_switched_without_a_script(cast: Cast) -> None:
    reader = Client(enforce_csrf_checks=True)
    page = text(reader.get("/confidentialite/?x=1"))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    told = {"language": "en", "next": "/confidentialite/?x=1", "csrfmiddlewaretoken": token[1]}
    answer = reader.post("/langue/", told)
    assert (answer.status_code, answer["Location"]) == (302, "/confidentialite/?x=1")
    assert '<html lang="en"' in text(reader.get("/confidentialite/"))
    assert reader.post("/langue/", {"language": "fr"}).status_code == 403


def test_the_switch_leads_nowhere_else_and_knows_two_languages(cast: Cast) -> None:
    answer = Client().post("/langue/", {"language": "pl", "next": "https://ailleurs.example/"})
    assert answer["Location"] == "/reclamer/"
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies
    assert Client().get("/langue/").status_code == 405


def test_the_privacy_page_says_what_the_house_says(cast: Cast) -> None:
    accounts.change_form(
        entity=cast.entity, slug="maison", privacy="DPO : Mme Roy <b>\n\ndpo@maison.example", by=TESTS, at=MORNING
    )
    shown = text(Client().get("/confidentialite/"))
    assert "Mme Roy &lt;b&gt;" in shown
    assert "<p>dpo@maison.example</p>" in shown


def test_without_words_nor_address_the_privacy_page_promises_only_what_is_there(cast: Cast) -> None:
    assert "répondez à l’un de nos courriels" in text(Client().get("/confidentialite/"))
    factories.mailbox(cast, address="sav@maison.example")
    shown = text(Client().get("/confidentialite/"))
    assert "sav@maison.example" in shown
    assert "à ces coordonnées" in shown


def test_a_house_without_a_theme_wears_ours(cast: Cast) -> None:
    assert "/apparence/" not in text(Client().get("/confidentialite/"))


def test_the_colour_is_a_sheet_kept_for_ever(cast: Cast) -> None:
    accounts.change_colour(entity=cast.entity, colour="#7A1FA2", by=TESTS, at=MORNING)
    found = re.search(
        r'<link rel="stylesheet" href="(/apparence/[^"]+\.css)">', text(Client().get("/confidentialite/"))
    )
    assert found
    sheet = Client().get(found[1])
    assert sheet["Content-Type"] == "text/css; charset=utf-8"
    assert sheet["Cache-Control"] == "public, max-age=31536000, immutable"
    assert sheet["X-Content-Type-Options"] == "nosniff"
    assert "--act: light-dark(#7a1fa2" in text(sheet)
    accounts.change_colour(entity=cast.entity, colour="#0033a0", by=TESTS, at=MORNING)
    assert Client().get(found[1]).status_code == 404, "another colour has another address"
    assert found[1] not in text(Client().get("/confidentialite/"))
    accounts.change_colour(entity=cast.entity, colour="", by=TESTS, at=MORNING)
    assert "/apparence/" not in text(Client().get("/confidentialite/"))


@pytest.mark.parametrize(
    ("ink", "classes"),
    [((0, 0, 0, 255), "logo dark-ink"), ((255, 255, 255, 255), "logo light-ink"), ((180, 40, 60, 255), "logo")],
)
def test_the_logo_is_drawn_anew_and_kept_for_ever(cast: Cast, ink, classes: str) -> None:
    given = drawing(ink=ink)
    accounts.change_logo(entity=cast.entity, logo=channels.logo_of(given), by=TESTS, at=MORNING)
    found = re.search(
        r'<img class="([^"]+)" src="(/apparence/[^"]+\.png)" alt="Mon entreprise" width="300" height="100">',
        text(Client().get("/confidentialite/")),
    )
    assert found
    assert found[1] == classes
    shown = Client().get(found[2])
    assert shown["Content-Type"] == "image/png"
    assert shown["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown.content != given
    with Image.open(io.BytesIO(shown.content)) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (300, 100))
        assert image.getpixel((10, 90))[3] == 0, "what was transparent still is"
    accounts.change_logo(entity=cast.entity, logo=None, by=TESTS, at=MORNING)
    assert Client().get(found[2]).status_code == 404


@pytest.mark.parametrize("name", ["portal_sheet", "portal_logo"])
def test_a_look_that_is_not_there_is_not_found(cast: Cast, name: str) -> None:
    assert Client().get(reverse(name, args=[cast.entity.pk, "0" * 16])).status_code == 404
    assert Client().get(reverse(name, args=[cast.durand.pk, "0" * 16])).status_code == 404


def test_a_page_of_a_house_makes_two_queries_however_many_there_are(cast: Cast) -> None:
    accounts.change_logo(entity=cast.entity, logo=channels.logo_of(drawing()), by=TESTS, at=MORNING)
    for number in range(5):
        saved(entity=Entity(name=f"Maison {number}"))
    accounts.name_addresses(by=TESTS, at=MORNING)
    slug = queries.house_by_slug("mon-entreprise")
    assert slug is not None
    with CaptureQueriesContext(connection) as captured:
        assert Client().get("/confidentialite/?chez=mon-entreprise").status_code == 200
    assert len(captured) == 2, [query["sql"] for query in captured]
    assert not any('"logo"' in query["sql"] for query in captured), "its drawing is not read to show its address"
