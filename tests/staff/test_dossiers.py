"""The list of files: who sees what, views, orders, pages, search, and the words when there is nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doleance.accounts import actions as accounts
from doleance.accounts.rules import PERMISSIONS, Role, machine
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.rules import State
from doleance.deadlines import actions as deadlines
from doleance.desk.queries import worklist
from doleance.kernel.clock import now
from tests.cast import TESTS, colleague
from tests.factories import complaint
from tests.staff.reading import text

pytestmark = pytest.mark.django_db
ROBOT = machine("test")


@pytest.mark.parametrize(
    ("who", "sees"), [("amelie", True), ("bruno", True), ("chloe", False), ("ines", True), ("paul", True)]
)
def test_who_reads_files_sees_those_that_are_theirs(cast, enter, file, who, sees):
    response = enter(getattr(cast, who)).get("/dossiers/")
    assert response.status_code == 200
    assert (file.reference in text(response)) is sees


def test_a_team_that_is_left_takes_its_files_out_of_the_very_next_list(cast, enter, file):
    chloe = enter(cast.chloe)
    for teams, sees in (([cast.team], True), ([], False), ([cast.team], True), ([], False)):
        accounts.change_user(
            user=cast.chloe,
            name=cast.chloe.name,
            roles={Role.AGENT},
            teams=teams,
            is_active=True,
            is_away=False,
            by=cast.nadia.actor(),
            at=now(),
        )
        page = chloe.get("/dossiers/")
        assert (file.reference in text(page)) is sees, "statements are kept by the rights they hold"
        assert page.context["total"].number == int(sees)


@pytest.mark.parametrize("who", ["nadia", "karim"])
def test_who_reads_no_file_has_no_list(cast, enter, file, who):
    assert enter(getattr(cast, who)).get("/dossiers/").status_code == 404


def test_somebody_who_has_not_signed_in_is_asked_to(client, db):
    response = client.get("/dossiers/")
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/")


@pytest.mark.parametrize(
    ("who", "leads_to"), [("amelie", "/dossiers/"), ("paul", "/dossiers/"), ("nadia", "/reglages/")]
)
def test_the_first_page_is_one_that_opens(cast, enter, who, leads_to):
    assert enter(getattr(cast, who)).get("/")["Location"] == leads_to


def test_who_can_open_nothing_is_told_so(cast, enter, monkeypatch):
    monkeypatch.setitem(PERMISSIONS, Role.EXPERT, frozenset())
    response = enter(cast.karim).get("/")
    assert response.status_code == 200
    assert "Rien ne vous attend ici" in text(response)


def test_a_row_says_what_one_needs_to_choose(amelie, cast, file):
    complaints.take(complaint=file, by=cast.amelie.actor(), at=now())
    # Far enough to be told in working days whatever the day of the week.
    complaints.note_next(complaint=file, due_at=now() + timedelta(days=10), kind="final")
    page = text(amelie.get("/dossiers/"))
    for said in (file.title, file.reference, "Hélène Durand", "En cours", "aucun grief", "courriel", "Vous", "ouvré"):
        assert said in page, said
    assert 'class="minifil' in page


def references(response) -> list[str]:
    return [row.reference for row in response.context["page"].rows]


@pytest.fixture
def six(cast, file):
    """Six files in six situations, by the name of what they are."""
    at = now()
    made = {
        name: complaint(cast, title=name, received_at=at) for name in ("mine", "late", "waiting", "closed", "plain")
    }
    complaints.take(complaint=made["mine"], by=cast.amelie.actor(), at=at)
    complaints.take(complaint=made["waiting"], by=cast.bruno.actor(), at=at)
    complaints.move(complaint=made["waiting"], to=State.WAITING, by=ROBOT, at=at)
    complaints.move(complaint=made["closed"], to=State.WITHDRAWN, by=ROBOT, at=at)
    complaints.note_next(complaint=made["late"], due_at=at - timedelta(hours=1), kind="final")
    return {name: one.reference for name, one in made.items()} | {"first": file.reference}


@pytest.mark.parametrize(
    ("view", "shows"),
    [
        ("", {"mine", "late", "waiting", "plain", "first"}),
        ("ouverts", {"mine", "late", "waiting", "plain", "first"}),
        ("moi", {"mine"}),
        ("libres", {"late", "plain", "first"}),
        ("retard", {"late"}),
        ("attente", {"waiting"}),
        ("clos", {"closed"}),
        ("tous", {"mine", "late", "waiting", "closed", "plain", "first"}),
        ("nonsense", {"mine", "late", "waiting", "plain", "first"}),
    ],
)
def test_each_view_shows_its_files_and_counts_them(amelie, six, view, shows):
    response = amelie.get("/dossiers/", {"vue": view} if view else {})
    assert set(references(response)) == {six[name] for name in shows}
    current = next(one for one in response.context["views"] if one.current)
    assert current.count.number == len(shows)


def test_what_is_due_first_comes_first_and_what_is_not_due_last(amelie, six):
    assert references(amelie.get("/dossiers/"))[:2] == [six["late"], six["first"]]


def test_the_latest_received_comes_first_when_asked(amelie, six):
    assert references(amelie.get("/dossiers/?tri=recu"))[-1] == six["first"]


def test_late_is_red_and_said(amelie, six):
    assert '<span class="due late">depuis' in text(amelie.get("/dossiers/?vue=retard"))


def test_pages_of_fifty_neither_skip_nor_repeat(amelie, cast, monkeypatch):
    monkeypatch.setattr(worklist, "PAGE", 2)
    at = now()
    made = [complaint(cast, received_at=at - timedelta(minutes=minute // 2)) for minute in range(5)]
    for number, one in enumerate(made[:3]):
        complaints.note_next(complaint=one, due_at=at + timedelta(days=number // 2), kind="final")
    for sort in ("echeance", "recu"):
        seen: list[str] = []
        address = f"/dossiers/?tri={sort}"
        shown = []
        while address:
            response = amelie.get(address)
            seen += references(response)
            shown.append(response.context["shown"])
            address = f"/dossiers/{response.context['next']}" if response.context["next"] else ""
        assert sorted(seen) == sorted(one.reference for one in made)
        assert shown == [2, 4, 5]
    assert "2 sur 5, par échéance" in text(amelie.get("/dossiers/"))
    assert "Afficher 50 de plus" in text(amelie.get("/dossiers/"))


@pytest.mark.parametrize(
    "cursor", ["x", "1~~~", "1~~2026-01-01~0", "-1~~2026-01-01T00:00:00+00:00~" + "0" * 32, "~" * 9]
)
def test_a_cursor_that_means_nothing_shows_the_beginning(amelie, file, cursor):
    response = amelie.get("/dossiers/", {"apres": cursor})
    assert references(response) == [file.reference]


@pytest.mark.parametrize(
    "words", ["{ref}", "{ref_low}", "durand", "helene.durand@courriel", "bouilloire", "bouilloire durand", "CASSÉE"]
)
def test_the_search_finds_by_reference_name_address_and_title(amelie, file, words):
    told = words.format(ref=file.reference, ref_low=file.reference.lower())
    assert references(amelie.get("/dossiers/", {"q": told})) == [file.reference]


def test_the_search_wants_every_word_and_never_shows_another_team_s_file(amelie, chloe, file):
    assert references(amelie.get("/dossiers/", {"q": "bouilloire perdue"})) == []
    assert references(chloe.get("/dossiers/", {"q": file.reference})) == []
    assert references(amelie.get("/dossiers/", {"q": "\x00%_\\ "})) == []


def test_never_anything(chloe, file):
    page = text(chloe.get("/dossiers/"))
    assert "Aucune réclamation pour l’instant" in page
    assert "Voir la quarantaine" in page


def test_a_filter_too_narrow(amelie, file):
    page = text(amelie.get("/dossiers/", {"q": "<b>perceuse"}))
    assert "Aucun dossier de la vue Ouverts ne répond à « &lt;b&gt;perceuse »" in page
    assert "Effacer la recherche" in page


@pytest.mark.parametrize(
    ("view", "said"),
    [("retard", "Rien n’est en retard"), ("moi", "Vous n’avez plus rien à traiter"), ("clos", "Aucun dossier clos")],
)
def test_all_done(amelie, file, view, said):
    page = text(amelie.get("/dossiers/", {"vue": view}))
    assert said in page
    assert "Voir tous les dossiers" in page


def test_the_number_of_queries_does_not_grow_with_the_list(amelie, cast, file):
    complaint(cast, received_at=now())  # what came lately is counted by a query of its own
    amelie.get("/dossiers/")
    with CaptureQueriesContext(connection) as one:
        amelie.get("/dossiers/")
    others = [colleague(f"Agent {number}", {Role.AGENT}, [cast.team]) for number in range(3)]
    for number in range(12):
        made = complaint(cast, received_at=now())
        deadlines.start(complaint=made, by=TESTS, at=now())
        complaints.take(complaint=made, by=others[number % 3].actor(), at=now())
    with CaptureQueriesContext(connection) as many:
        amelie.get("/dossiers/")
    assert len(many) == len(one) <= 26


def test_a_count_stops_at_a_thousand(amelie, cast, file, monkeypatch):
    monkeypatch.setattr(worklist, "COUNTED", 1)
    complaint(cast)
    page = text(amelie.get("/dossiers/"))
    assert "plus de 1 000" in page


def test_the_rail_says_how_many_files_are_open(amelie, six):
    page = text(amelie.get("/dossiers/"))
    assert 'class="n">5' in page
    assert "dont 1 en retard" in page


def test_a_link_keeps_the_list_it_came_from(amelie, file):
    page = text(amelie.get("/dossiers/", {"vue": "libres", "tri": "recu"}))
    assert f'/dossiers/{file.reference}/?vue=libres&amp;tri=recu"' in page
    page = text(amelie.get("/dossiers/", {"vue": "libres", "tri": "echeance", "q": "durand"}))
    assert f'/dossiers/{file.reference}/?vue=libres&amp;tri=echeance&amp;q=durand"' in page
    assert '<input type="hidden" name="tri" value="echeance">' in page


def test_what_is_found_is_shown_newest_first(amelie, cast, file):
    older = complaint(cast, received_at=file.received_at - timedelta(days=3))
    deadlines.start(complaint=older, by=TESTS, at=older.received_at)
    assert references(amelie.get("/dossiers/")) == [older.reference, file.reference]
    found = amelie.get("/dossiers/", {"q": "bouilloire"})
    assert references(found) == [file.reference, older.reference]
    assert f'/dossiers/{file.reference}/?q=bouilloire"' in text(found)


def test_a_line_leads_back_to_the_list_that_shows_it(amelie, cast, file):
    """Its words are written once for several lists; the way back is each list's own."""
    for address in ("/dossiers/?vue=tous", "/dossiers/?vue=tous&q=bouilloire", "/dossiers/?vue=tous"):
        page = text(amelie.get(address))
        keep = address.removeprefix("/dossiers/").replace("&", "&amp;")
        assert f'href="/dossiers/{file.reference}/{keep}"' in page
        assert "\x00" not in page


def test_a_line_says_what_is_so_now(amelie, cast, file):
    assert file.title in text(amelie.get("/dossiers/"))
    complaints.rename(complaint=file, title="Un autre objet", by=TESTS, at=now())
    assert "Un autre objet" in text(amelie.get("/dossiers/"))
    complaints.take(complaint=file, by=cast.bruno.actor(), at=now())
    assert "Bruno Keller" in text(amelie.get("/dossiers/"))
