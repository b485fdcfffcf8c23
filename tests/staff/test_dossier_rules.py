"""The rules of one file: chosen, told before they are confirmed, and where they are seen."""

from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.complaints.models import Complaint
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.kernel.clock import now
from tests import factories
from tests.cast import TESTS
from tests.staff.pressing import press
from tests.staff.reading import main_of

WHY = "Une bouilloire n’est pas une donnée personnelle."


def kettle(cast, *packs: str, is_oral: bool = False) -> Complaint:
    at = now()
    accounts.choose_packs(entity=cast.entity, packs=packs or ["EU-GDPR", "GENERAL"], by=cast.nadia.actor(), at=at)
    cast.entity.refresh_from_db()
    complaint = factories.complaint(cast, received_at=at, is_oral=is_oral)
    deadlines.start(complaint=complaint, by=TESTS, at=at)
    return complaint


def page_of(client, complaint, query=""):
    return client.get(reverse("dossier", args=[complaint.reference]) + query)


def test_what_becomes_of_the_deadlines_is_read_then_confirmed(cast, calendars, enter):
    complaint, amelie = kettle(cast), enter(cast.amelie)
    assert "ouvrir=regles" in main_of(page_of(amelie, complaint))
    page = page_of(amelie, complaint, "?ouvrir=regles")
    assert 'value="EU-GDPR"' in main_of(page)
    told = press(amelie, page, "Voir ce qui change", packs=["GENERAL"], reason=WHY)
    assert told.status_code == 200
    words = main_of(told)
    assert "Disparaît" in words
    assert "(EU-GDPR)" in words
    assert Clock.objects.running().filter(complaint=complaint, pack="EU-GDPR").count() == 2  # nothing yet
    assert press(amelie, told, "Suivre ces règles").status_code == 302
    assert Complaint.objects.get(pk=complaint.pk).regimes == ["GENERAL"]
    assert not Clock.objects.running().filter(complaint=complaint, pack="EU-GDPR").exists()
    after = main_of(page_of(amelie, complaint)).replace("\u00a0", " ")
    assert "Règles du dossier : EU-GDPR, GENERAL → GENERAL" in after
    assert WHY in after


def test_none_at_all_is_refused_in_place_with_what_was_typed(cast, calendars, enter):
    complaint, amelie = kettle(cast), enter(cast.amelie)
    page = press(amelie, page_of(amelie, complaint, "?ouvrir=regles"), "Voir ce qui change", packs=[], reason=WHY)
    assert (page.status_code, page.headers["X-Refusal"]) == (422, "no_pack_left")
    assert WHY in main_of(page)


def test_a_day_that_moves_is_told_as_such_and_one_may_go_back_to_the_choice(cast, calendars, enter):
    complaint, amelie = kettle(cast, "FR-PSD2", "EU-PSD2", "GENERAL"), enter(cast.amelie)
    page = page_of(amelie, complaint, "?ouvrir=regles")
    told = press(amelie, page, "Voir ce qui change", packs=["EU-PSD2", "GENERAL"], reason=WHY)
    assert "(FR-PSD2) →" in main_of(told)
    assert "<dt>Change de date</dt>" in main_of(told)
    back = press(amelie, told, "Revenir au choix")
    assert WHY in main_of(back)
    assert press(amelie, back, "Voir ce qui change").status_code == 200
    assert Complaint.objects.get(pk=complaint.pk).regimes == ["FR-PSD2", "EU-PSD2", "GENERAL"]


def test_a_file_that_nothing_would_be_due_on_says_so(cast, calendars, enter):
    complaint, amelie = kettle(cast, "FR-ACPR", "GENERAL", is_oral=True), enter(cast.amelie)
    page = page_of(amelie, complaint, "?ouvrir=regles")
    told = press(amelie, page, "Voir ce qui change", packs=["FR-ACPR"], reason=WHY)
    assert "Ce dossier n’aurait plus aucune échéance." in main_of(told)


def test_the_same_day_under_another_rule_is_told_as_such(cast, calendars, enter):
    complaint, amelie = kettle(cast, "FR-CONSO", "GENERAL"), enter(cast.amelie)
    deadlines.follow(complaint=complaint, packs=["FR-CONSO"], reason=WHY, by=cast.amelie.actor(), at=now())
    page = page_of(amelie, complaint, "?ouvrir=regles")
    told = press(amelie, page, "Voir ce qui change", packs=["GENERAL"], reason=WHY)
    assert "<dt>Même date, autre règle</dt>" in main_of(told)
