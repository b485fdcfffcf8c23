"""A complaint about a payment: fifteen jours ouvrables, a holding reply in time, thirty-five in all (M18, FR-PSD2).

Received on Thursday 12 November 2026. Sundays do not count, Saturdays do, and no holiday falls before Christmas: the
fifteenth jour ouvrable is Monday 30 November, the thirty-fifth Wednesday 23 December.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.deadlines.rules.clocks import CancelReason
from doleance.desk.queries import follow
from doleance.desk.queries.follow import Followed
from doleance.kernel import languages
from doleance.notifications import queries as outbox
from doleance.notifications.actions import carrying
from doleance.notifications.actions.flights import OUTBOX
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose
from doleance.packs.rules import ClockKind
from doleance.resolution import actions as resolution
from doleance.staff.views import dossier as page_view
from doleance.staff.views import dossier_acts as acts_view
from tests import factories
from tests.cast import TESTS
from tests.deadlines.places import paris
from tests.staff.pressing import press
from tests.staff.reading import main_of

RECEIVED = paris(2026, 11, 12, 8, 47)
WRITTEN = paris(2026, 11, 26, 15)
ANSWERED = paris(2026, 12, 21, 11)
REASONS = "La banque du bénéficiaire, à l’étranger, ne nous a pas encore rendu les fonds."
OFFER = "Réponse d’attente"


@pytest.fixture
def hour(monkeypatch):
    """Sets what time it is at the agent's desk."""

    def set_to(at: datetime) -> datetime:
        for view in (page_view, acts_view):
            monkeypatch.setattr(view, "now", lambda: at)
        return at

    return set_to


def plain(page) -> str:
    return main_of(page).replace("\u00a0", " ").replace("\u202f", " ")


def carry(complaint: Complaint, at: datetime) -> None:
    """What waits leaves, as a worker would carry it."""
    for waiting in outbox.free_to_leave(complaint.pk):
        notice = carrying.claim(notice_id=waiting.pk, by=OUTBOX, at=at)
        assert notice is not None
        mail = b"Subject: Votre reclamation\r\n\r\n"
        told: dict[str, Any] = {"notice_id": notice.pk, "attempt": notice.attempts, "mail": mail, "accepted_as": "ok"}
        carrying.mark_sent(**told, by=OUTBOX, at=at)


def last_days(complaint: Complaint) -> dict[str, date]:
    kinds = [ClockKind.FINAL, ClockKind.HOLDING, ClockKind.EXTENDED]
    rows = Clock.objects.running().filter(complaint=complaint, pack="FR-PSD2", kind__in=kinds)
    return {clock.kind: clock.due_on for clock in rows.order_by("id")}


def followed_at(complaint: Complaint, at: datetime) -> Followed:
    """What its complainant reads at that hour, its spaces as ordinary ones."""
    found = follow.followed(complaint=complaint, tongue=languages.tongue("fr"), at=at)
    return replace(found, title=" ".join(found.title.split()), unanswered=" ".join(found.unanswered.split()))


def test_a_payment_is_answered_in_fifteen_days_or_put_off_once_to_thirty_five(cast, calendars, enter, hour):
    accounts.change_entity(
        entity=cast.entity,
        name="Maison",
        time_zone="Europe/Paris",
        calendar="FR",
        mediator="Le médiateur\nwww.mediateur.example",
        by=TESTS,
        at=RECEIVED,
    )
    chosen = ["GENERAL", "EU-PSD2", "FR-PSD2"]
    settled = enter(cast.nadia).post(reverse("setup_packs"), {"packs": chosen})
    assert settled.status_code == 302
    cast.entity.refresh_from_db()
    factories.mailbox(cast, smtp_host="smtp.example")
    complaint = factories.complaint(cast, received_at=RECEIVED, title="Virement jamais arrivé")
    assert complaint.regimes == ["FR-PSD2", "EU-PSD2", "GENERAL"]
    deadlines.start(complaint=complaint, by=TESTS, at=RECEIVED)
    first, last = date(2026, 11, 30), date(2026, 12, 23)
    assert last_days(complaint) == {"final": first, "holding": first}

    hour(WRITTEN)
    client, address = enter(cast.amelie), reverse("dossier", args=[complaint.reference])
    page = client.get(address)
    assert OFFER in plain(page)
    assert "partie avant la fin du 30 novembre 2026, elle porte la réponse au 23 décembre 2026" in plain(page)
    assert "Les raisons du retard, extérieures à la maison" in plain(page)

    empty = press(client, page, "Relire et envoyer", kind="attente", text=" ")
    assert empty.status_code == 422
    assert not Notice.objects.exists()
    review = press(client, page, "Relire et envoyer", kind="attente", text=REASONS)
    assert "Réponse d’attente, telle qu’elle partira" in plain(review)
    assert "Notre réponse vous parviendra au plus tard le mercredi 23 décembre 2026." in plain(review)
    sent = press(client, review, "Envoyer")
    assert sent.status_code == 302
    notice = Notice.objects.get()
    assert (notice.purpose, notice.state) == (Purpose.HOLDING, NoticeState.QUEUED)
    assert last_days(complaint) == {"final": first, "holding": first}

    carry(complaint, WRITTEN + timedelta(seconds=20))
    assert last_days(complaint) == {"final_max": last}
    gone = Clock.objects.get(complaint=complaint, pack="FR-PSD2", kind=ClockKind.FINAL)
    assert gone.cancel_reason == CancelReason.EXTENDED
    assert "mercredi 23 décembre 2026" in followed_at(complaint, WRITTEN + timedelta(minutes=1)).unanswered
    late = followed_at(complaint, ANSWERED + timedelta(days=5)).title
    assert "en retard" in late, "the day that the holding reply promised is over"
    assert "23 décembre 2026" in late
    page = client.get(address)
    assert "elle porte la réponse au" not in plain(page)
    again = press(client, page, "Relire et envoyer", kind="attente", text=REASONS)
    assert again.status_code == 422
    assert again.headers["X-Refusal"] == "nothing_to_put_off"
    assert REASONS in plain(again)

    hour(ANSWERED)
    who: dict[str, Any] = {"by": cast.amelie.actor(), "at": ANSWERED}
    one = factories.grievance(complaint, title="Virement jamais arrivé", category="billing", **who)
    resolution.decide(grievance=one, outcome=Outcome.UPHELD, reasons="", cause="Compte clos", **who)
    page = client.get(address)
    review = press(client, page, "Relire et envoyer", kind="finale", text="Les fonds sont revenus : les voici.")
    assert "www.mediateur.example" in plain(review)
    assert press(client, review, "Envoyer").status_code == 302
    carry(complaint, ANSWERED + timedelta(seconds=20))
    assert Complaint.objects.get().state == State.ANSWERED
    met = Clock.objects.get(complaint=complaint, pack="FR-PSD2", kind=ClockKind.EXTENDED)
    assert met.met_at is not None
    assert met.met_at < met.due_at


def test_a_house_that_follows_no_such_pack_is_offered_no_holding_reply(cast, calendars, enter, hour):
    hour(WRITTEN)
    complaint = factories.complaint(cast, received_at=RECEIVED)
    deadlines.start(complaint=complaint, by=TESTS, at=RECEIVED)
    page = enter(cast.amelie).get(reverse("dossier", args=[complaint.reference]))
    assert OFFER not in plain(page)
    assert "Message d’étape" in plain(page)
