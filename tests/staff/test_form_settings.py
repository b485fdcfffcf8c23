"""Settings of the public pages: address, colour seen before it is kept, logo, words on personal data."""

import io
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from doleance.accounts import queries
from doleance.accounts.models import User
from doleance.audit.models import AuditEvent
from tests.cast import Cast

Enter = Callable[[User], Client]
PAGE = "/reglages/formulaire/"


@pytest.fixture
def nadia(cast: Cast, enter: Enter) -> Client:
    return enter(cast.nadia)


def codes() -> list[str]:
    return [event.code for event in AuditEvent.objects.filter(stream="settings").order_by("seq")]


def png(size: tuple[int, int] = (60, 20)) -> bytes:
    kept = io.BytesIO()
    Image.new("RGBA", size, (0, 0, 0, 0)).save(kept, "PNG")
    return kept.getvalue()


def sent(data: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_all_is_kept_and_journalled_at_once(nadia: Client) -> None:
    told = {
        "slug": " Maison-Lavergne ",
        "colour": "7A1FA2",
        "privacy": "DPO : dpo@maison.example",
        "logo": sent(png()),
    }
    before = len(codes())
    assert nadia.post(PAGE, told).status_code == 302
    entity = queries.entity()
    worn = queries.theme_of(entity.pk)
    assert worn is not None
    assert (entity.slug, entity.privacy) == ("maison-lavergne", "DPO : dpo@maison.example")
    assert (worn.colour, worn.logo_type, worn.logo_width, worn.logo_height) == ("#7a1fa2", "image/png", 60, 20)
    assert codes()[before:] == ["form_changed", "theme_changed", "theme_changed"]
    page = nadia.get(PAGE).content.decode()
    assert "http://localhost:8000/reclamer/?chez=maison-lavergne" in page.replace("127.0.0.1", "localhost")
    assert 'class="logo' in page


def test_what_did_not_change_is_not_journalled(nadia: Client) -> None:
    nadia.post(PAGE, {"slug": "maison", "colour": "#7a1fa2"})
    before = len(codes())
    nadia.post(PAGE, {"slug": "maison", "colour": "#7a1fa2"})
    assert codes()[before:] == ["form_changed"]


def test_a_logo_is_kept_until_it_is_dropped(nadia: Client) -> None:
    nadia.post(PAGE, {"slug": "maison", "logo": sent(png())})
    nadia.post(PAGE, {"slug": "maison"})
    kept = queries.theme_of(queries.entity().pk)
    assert kept is not None
    assert kept.logo_sha256
    nadia.post(PAGE, {"slug": "maison", "drops_logo": "on"})
    dropped = queries.theme_of(queries.entity().pk)
    assert dropped is not None
    assert (dropped.logo, dropped.logo_sha256, dropped.logo_width) == (None, "", 0)


@pytest.mark.parametrize(
    ("told", "code", "sentence"),
    [
        ({"slug": "maison lavergne"}, "bad_slug", "en minuscules, sans accent ni espace"),
        ({"slug": "maison", "colour": "rouge"}, "bad_colour", "par exemple #005f69"),
        ({"slug": "maison", "logo": sent(b"<svg/>", "logo.svg")}, "logo_is_drawing", "Un logo SVG est un programme"),
        ({"slug": "maison", "logo": sent(b"GIF89a...")}, "logo_unreadable", "pas une image lisible"),
        ({"slug": "maison", "logo": sent(b"")}, "logo_unreadable", "pas une image lisible"),
        ({"slug": "maison", "logo": sent(png()[:40])}, "logo_unreadable", "pas une image lisible"),
        ({"slug": "maison", "logo": sent(bytes(512 * 1024 + 1))}, "logo_too_heavy", "512"),
    ],
)
def test_a_refusal_says_what_to_do_and_keeps_what_was_typed(nadia: Client, told, code: str, sentence: str) -> None:
    if "logo" in told:
        told["logo"].seek(0)
    page = nadia.post(PAGE, told | {"privacy": "Mes mots à garder"})
    shown = page.content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert (page.status_code, page["X-Refusal"]) == (422, code)
    assert sentence in shown
    assert "Mes mots à garder" in shown
    assert queries.entity().privacy == "", "nothing was kept"
    assert queries.theme_of(queries.entity().pk) is None


def test_an_empty_name_is_asked_for(nadia: Client) -> None:
    page = nadia.post(PAGE, {"slug": "", "privacy": "Mes mots"})
    assert page.status_code == 422
    assert "par exemple maison-lavergne" in page.content.decode()


def test_a_colour_is_seen_before_it_is_kept(nadia: Client) -> None:
    page = nadia.post(PAGE, {"slug": "maison", "colour": "#fff59d", "privacy": "Mes mots", "faire": "voir"})
    shown = page.content.decode()
    assert page.status_code == 200
    assert "Mes mots" in shown
    assert "#fff59d se lirait mal" in shown
    assert "#fff59d, telle quelle" in shown, "on black it can be read"
    assert '<link rel="stylesheet" href="/reglages/formulaire/apercu/fff59d.css">' in shown
    assert queries.entity().slug == ""
    refused = nadia.post(PAGE, {"slug": "maison", "colour": "jaune", "faire": "voir"})
    assert refused["X-Refusal"] == "bad_colour"


def test_the_preview_follows_what_is_typed(nadia: Client) -> None:
    shown = nadia.get(f"{PAGE}apercu/", {"colour": "#e30613"}).content.decode()
    assert re.search(r"Contraste des liens\s: \d+,\d pour 1", shown)
    assert "le rouge qui dit" in shown
    assert "<html" not in shown
    assert nadia.get(f"{PAGE}apercu/", {"colour": "#e306"}).status_code == 204
    assert "#005c69, telle quelle" in nadia.get(f"{PAGE}apercu/", {"colour": ""}).content.decode()


def test_the_specimens_have_a_sheet_of_their_own(nadia: Client) -> None:
    sheet = nadia.get(f"{PAGE}apercu/e30613.css")
    assert sheet["Content-Type"] == "text/css; charset=utf-8"
    assert ".specimen {" in sheet.content.decode()
    assert ":root" not in sheet.content.decode()
    assert nadia.get(f"{PAGE}apercu/rouge.css").status_code == 404


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}apercu/", f"{PAGE}apercu/e30613.css"])
def test_only_who_settles_the_house_comes_in(cast: Cast, enter: Enter, path: str) -> None:
    for person in (cast.amelie, cast.bruno, cast.ines, cast.paul, cast.karim):
        assert enter(person).get(path).status_code == 404
    assert Client().get(path).status_code == 302
