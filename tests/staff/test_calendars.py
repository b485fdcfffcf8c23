"""Calendars in the settings: choosing one, its year, and what a change does to open files, told before it is made."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from doleance.accounts.models import User
from doleance.audit.models import AuditEvent
from doleance.complaints.models import Complaint
from doleance.deadlines import actions, queries
from doleance.deadlines.models import Holiday
from doleance.deadlines.queries import Effect
from doleance.kernel.text import NARROW, NO_BREAK
from tests import factories
from tests.cast import TESTS, Cast
from tests.deadlines.places import paris

Enter = Callable[[User], Client]
PAGE = "/reglages/calendriers/?calendrier=FR&annee=2026"
RECEIVED = paris(2026, 11, 12, 8, 47)


def read(response) -> str:
    return response.content.decode().replace(NO_BREAK, " ").replace(NARROW, " ").replace("&nbsp;", " ")


def journal() -> list[str]:
    return [row.code for row in AuditEvent.objects.filter(stream="settings").order_by("seq")]


@pytest.fixture
def complaint(cast: Cast, calendars: None) -> Complaint:
    """Mme Durand's complaint of Thursday 12 November 2026: news of us by the 26th."""
    complaint = factories.complaint(cast, received_at=RECEIVED)
    actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    return complaint


@pytest.fixture
def nadia(cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("doleance.kernel.clock.now", lambda: RECEIVED)
    monkeypatch.setattr("doleance.staff.views.calendars.now", lambda: RECEIVED)
    return enter(cast.nadia)


def test_it_opens_on_the_company_and_this_year(nadia: Client, calendars: None) -> None:
    said = read(nadia.get("/reglages/calendriers/"))
    assert "France, 2026" in said
    assert "vendredi 25 décembre 2026" in said
    assert "votre entreprise, à l’heure de Europe/Paris" in said


def test_another_place_and_year_are_chosen(nadia: Client, calendars: None) -> None:
    said = read(nadia.get("/reglages/calendriers/?calendrier=FR-974&annee=2027"))
    assert "La Réunion, 2027" in said
    assert "Abolition de l’esclavage" in said
    assert nadia.get("/reglages/calendriers/?calendrier=XX").status_code == 404
    last = read(nadia.get("/reglages/calendriers/?annee=9999"))
    assert "France, 2031" in last


def test_a_day_is_added_once_its_effect_is_read(nadia: Client, complaint: Complaint) -> None:
    told = nadia.post(PAGE, {"day": "2026-11-20", "name": "Pont"})
    assert told.status_code == 200
    assert "1 dossier ouvert change d’échéance" in read(told)
    assert "26 nov. → 27 nov." in read(told).replace(" 2026", "")
    assert not Holiday.objects.filter(calendar="FR", day=date(2026, 11, 20)).exists()
    done = nadia.post(PAGE, {"day": "2026-11-20", "name": "Pont", "confirmer": "oui"})
    assert done.status_code == 302
    assert Holiday.objects.get(calendar="FR", day=date(2026, 11, 20)).name == "Pont"
    assert journal().count("holiday_set") == 1
    assert "1 dossier ouvert change d’échéance" in read(nadia.get(done["Location"]))


def test_a_day_that_moves_nothing_is_added_at_once(nadia: Client, complaint: Complaint) -> None:
    done = nadia.post(PAGE, {"day": "2026-05-15", "name": "Pont de l’Ascension"}, follow=True)
    assert "Aucun dossier ouvert ne change d’échéance." in read(done)
    assert Holiday.objects.filter(calendar="FR", day=date(2026, 5, 15)).exists()


def test_a_day_is_renamed_without_asking(nadia: Client, complaint: Complaint) -> None:
    opened = f"{PAGE}&jour=2026-12-25"
    assert 'value="Noël"' in read(nadia.get(opened))
    assert nadia.post(opened, {"day": "2026-12-25", "name": "Nativité"}).status_code == 302
    assert Holiday.objects.get(calendar="FR", day=date(2026, 12, 25)).name == "Nativité"


def test_a_day_is_removed_after_its_page_told_what_that_does(nadia: Client, cast: Cast, calendars: None) -> None:
    received = paris(2026, 11, 4)  # a Wednesday: the Armistice is on the way to the tenth day
    actions.start(complaint=factories.complaint(cast, received_at=received), by=TESTS, at=received)
    opened = f"{PAGE}&jour=2026-11-11"
    assert "1 dossier ouvert change d’échéance" in read(nadia.get(opened))
    done = nadia.post(opened, {"retirer": "oui"}, follow=True)
    assert "Mercredi 11 novembre 2026 compte de nouveau." in read(done)
    assert not Holiday.objects.filter(calendar="FR", day=date(2026, 11, 11)).exists()
    assert nadia.post(opened, {"retirer": "oui"}).status_code == 404


def test_what_becomes_late_is_told(cast: Cast, calendars: None) -> None:
    received = paris(2026, 11, 4)
    actions.start(complaint=factories.complaint(cast, received_at=received), by=TESTS, at=received)
    found = queries.effect(
        calendar=queries.calendar("FR"), day=date(2026, 11, 11), name="", at=paris(2026, 11, 19, 10)
    )
    assert found == Effect(1, 1, (date(2026, 11, 19), date(2026, 11, 18)))


@pytest.mark.parametrize(
    ("day", "name", "sentence"),
    [
        ("2026-11-31", "Rien", "Saisissez une date valide"),
        ("", "Rien", "Ce champ est obligatoire"),
        ("2026-05-15", " ", "Ce champ est obligatoire"),
        ("1999-05-15", "Loin", "Ce calendrier va de 2024 à 2031."),
    ],
)
def test_a_wrong_day_is_refused_and_kept(nadia: Client, calendars: None, day: str, name: str, sentence: str) -> None:
    refused = nadia.post(PAGE, {"day": day, "name": name})
    assert refused.status_code == 422
    assert sentence in read(refused)
    assert "holiday_set" not in journal()
