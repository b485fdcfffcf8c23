"""`/pouls` over HTTP: 204 or fragments, the sign-in page for who left, nothing for who may not read."""

from datetime import timedelta

import pytest

from doleance.complaints.actions import dossiers as complaints
from doleance.kernel.clock import now
from tests.factories import complaint
from tests.staff.reading import text

pytestmark = pytest.mark.django_db


def since(client, query=""):
    return str(client.get(f"/dossiers/{query}").context["seen"])


def test_a_list_learns_what_comes_and_what_changes(cast, amelie, file):
    seen = since(amelie)
    assert amelie.get("/pouls", {"depuis": seen}).status_code == 204
    came = complaint(cast, received_at=now())
    complaints.take(complaint=file, by=cast.bruno.actor(), at=now())
    response = amelie.get("/pouls", {"depuis": seen})
    page = text(response)
    assert response.status_code == 200
    assert "1 nouvelle réclamation" in page
    assert f'id="r-{came.reference}"' in page
    assert f'id="r-{file.reference}"' in page
    assert "Bruno Keller" in page
    again = str(response.context["news"].seen)
    assert amelie.get("/pouls", {"depuis": again}).status_code == 204


def test_what_was_closed_to_its_reader_leaves_an_open_list(cast, amelie, chloe, file):
    other = complaint(cast)
    seen, shown = since(amelie), f"{file.reference},{other.reference},R26-XXXX-X,<b>"
    told = {"depuis": seen, "lignes": shown}
    assert amelie.get("/pouls", told).status_code == 204
    complaints.assign(complaint=file, owner=None, team=cast.logistics, by=cast.bruno.actor(), at=now())
    page = text(amelie.get("/pouls", told))
    assert f'<tr id="r-{file.reference}" data-version="gone">' in page
    assert "Vous ne pouvez plus lire ce dossier" in page
    assert file.title not in page
    assert other.reference not in page
    assert chloe.get("/pouls", {"depuis": seen, "lignes": other.reference}).status_code == 200


def test_what_comes_elsewhere_than_in_this_list_is_not_announced(cast, amelie, file):
    seen = since(amelie, "?canal=courriel")
    complaint(cast, received_at=now())
    page = text(amelie.get("/pouls", {"depuis": seen, "canal": "courriel"}))
    assert "nouvelle" not in page


def test_a_file_learns_of_a_change(cast, amelie, chloe, file):
    rank = amelie.get(f"/dossiers/{file.reference}/").context["file"].last_seq
    told = {"dossier": file.reference, "depuis": rank}
    assert amelie.get("/pouls", told).status_code == 204
    complaints.take(complaint=file, by=cast.bruno.actor(), at=now())
    page = text(amelie.get("/pouls", told))
    assert "Ce dossier vient de changer" in page
    assert f'href="/dossiers/{file.reference}/"' in page
    assert chloe.get("/pouls", told).status_code == 404


@pytest.mark.parametrize("told", [{}, {"depuis": "x"}, {"depuis": "9" * 40}, {"depuis": "2026-01-01~1~"}])
def test_what_means_nothing_says_nothing(amelie, file, told):
    assert amelie.get("/pouls", told).status_code == 204
    assert amelie.get("/pouls", told | {"dossier": file.reference}).status_code in {200, 204}
    assert amelie.get("/pouls", told | {"dossier": "R26-\x00"}).status_code == 404


def test_a_moment_to_come_says_nothing(amelie, file):
    seen = f"{(now() + timedelta(days=1)).isoformat()}~0~x"
    assert amelie.get("/pouls", {"depuis": seen}).status_code == 204


def test_both_pages_say_where_to_ask(amelie, file):
    assert 'data-pulse="/pouls" data-asked="?vue=moi"' in text(amelie.get("/dossiers/?vue=moi"))
    page = text(amelie.get(f"/dossiers/{file.reference}/"))
    assert f'data-asked="?dossier={file.reference}"' in page
