"""The frame of every page: what each role finds in the rail, and the catalogue of pieces, for developers only."""

import pytest
from django.urls import reverse

from doleance.accounts.rules import Actor, Role
from doleance.staff import nav, samples


def found(role, counts=None, late=0, path="/"):
    """What this role has in its rail, by name."""
    groups = nav.entries(Actor("user:1", "A", frozenset({role})), path, counts or {}, late)
    return {entry.place.name: entry for _, entries in groups for entry in entries}


@pytest.mark.parametrize(
    ("role", "places"),
    [
        (Role.AGENT, {"dossiers", "phone", "counter", "quarantine", "outbox", "pairs"}),
        (Role.LEAD, {"dossiers", "phone", "counter", "quarantine", "outbox", "pairs"}),
        (Role.QUALITY, {"dossiers", "counter", "quarantine"}),
        (Role.AUDITOR, {"dossiers", "quarantine"}),
        (Role.ADMINISTRATOR, {"counter", "setup_company"}),
        (Role.EXPERT, {"counter"}),
    ],
)
def test_a_role_sees_only_what_it_can_open(role, places):
    assert found(role).keys() == places


def test_every_place_exists_and_lies_under_its_path():
    for place in (*nav.PLACES, nav.COMPONENTS):
        assert reverse(place.name).startswith(place.under)


def test_the_keys_of_places_are_all_different():
    keys = [place.key for place in (*nav.PLACES, nav.COMPONENTS)]
    assert len(set(keys)) == len(keys)


def test_the_current_place_is_told_on_every_page_below_it():
    here = found(Role.AGENT, path="/dossiers/R26-7K4M-W/")
    assert here["dossiers"].current
    assert not here["quarantine"].current


def test_numbers_stand_beside_their_place_and_lateness_beside_files():
    here = found(Role.AGENT, counts={"dossiers": 42}, late=2)
    assert (here["dossiers"].count, here["dossiers"].late) == (42, 2)
    assert (here["quarantine"].count, here["quarantine"].late) == (None, 0)


def test_pieces_are_shown_to_developers_only(client, settings):
    settings.DEBUG = False
    assert client.get("/ui/").status_code == 404
    assert "ui" not in found(Role.AGENT)
    settings.DEBUG = True
    assert "ui" in found(Role.AGENT)
    for slug in ("", *(f"{slug}/" for slug, _ in samples.PAGES)):
        assert client.get(f"/ui/{slug}").status_code == 200
    assert client.get("/ui/autre/").status_code == 404


def test_the_bottom_bar_holds_what_a_thumb_needs(client, settings):
    """WCAG: the same destinations at every width; what has no place on the bar is behind « Plus »."""
    settings.DEBUG = True
    page = client.get("/ui/").content.decode()
    bar, _, menu = page.partition('<div class="menu-box">')
    for entry in found(Role.LEAD).values():
        assert f'href="{entry.url}"' in (bar if entry.place.on_bar else menu)
