"""One e-mail with three requests becomes three grievances with three teams, settled by one key each (M07).

The letter is read by the engine and the model that are shipped, in the limited child that a worker starts.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts import actions as accounts
from doleance.audit import verify
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import GrievanceState
from doleance.intake import tasks
from doleance.intake.actions import reading, receiving
from doleance.kernel.ids import uuid7
from doleance.routing.actions import teams
from doleance.understanding import queries
from doleance.understanding.models import Proposal, SavedReading
from doleance.understanding.process import child
from tests import factories
from tests.browser.chromium import violations
from tests.cast import MORNING, PASSWORD, TESTS, Cast

pytestmark = pytest.mark.needs("chromium")
LETTER = (
    "Bonjour,\n\n"
    "Ma commande C-88412, promise le 12 novembre, n’est toujours pas arrivée et je voudrais savoir où elle est.\n\n"
    "Par ailleurs, vous m’avez facturé 186,00 € alors que le devis disait 86 € : je demande le remboursement de la "
    "différence.\n\n"
    "Enfin, votre conseiller m’a parlé sur un ton odieux et m’a raccroché au nez, j’attends des excuses.\n\n"
    "Cordialement,\nHélène Durand\n"
)


@pytest.fixture
def readers() -> Iterator[None]:
    """The children end with the test."""
    yield
    child.readers.close()


def received(cast: Cast) -> Complaint:
    """The letter, by mail; its file is open before anybody reads it."""
    head = f"From: {factories.DURAND}\nSubject: Trois choses\nMessage-ID: <{uuid7()}@courriel.example>\n"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\n\n{LETTER}".encode()
    message = factories.message(cast, raw)
    receiving.receive(message=message, by=TESTS, at=MORNING)
    opened = complaints.of_message(message)
    assert opened is not None
    return opened


def grief(complaint: Complaint, number: int) -> Grievance:
    return complaint.grievances.get(number=number)


def press(page: Page, key: str, *, left: int) -> None:
    """One key, then the page again, with so many griefs that wait."""
    page.keyboard.press(key)
    expect(page.locator(".grievances > li.proposed")).to_have_count(left)


def test_three_requests_three_teams_one_key_each(house, settings, readers, page, address):
    settings.DOLEANCE_READING = True
    names = {"delivery": "Transport", "billing": "Comptabilité", "product": "Technique"}
    made = {
        code: accounts.save_team(team=None, entity=house.entity, name=name, by=TESTS, at=MORNING)
        for code, name in names.items()
    }
    teams.settle_teams(entity=house.entity, wanted=made, by=house.nadia.actor(), at=MORNING)
    complaint = received(house)
    [job] = ProcrastinateJob.objects.filter(task_name=reading.UNDERSTAND)
    tasks.understand(**job.args)

    told = list(Proposal.objects.order_by("grievance__number").select_related("grievance", "team"))
    assert [one.grievance.state for one in told] == [GrievanceState.PROPOSED] * 3
    text = complaint.exchanges.get().text
    for one, words in zip(told, ("C-88412", "186,00 €", "raccroché au nez"), strict=True):
        assert text[one.start : one.end] == one.grievance.quote
        assert words in one.grievance.quote
    branches = [one.category.partition(".")[0] for one in told]
    assert branches == ["delivery", "billing", "customer_service"]
    assert [one.team.name for one in told] == ["Transport", "Comptabilité", "Relation client"]
    assert grief(complaint, 1).facts == {"order": "C-88412"}
    assert SavedReading.objects.get().kind == "complaint"

    page.goto(f"{address}/dossiers/{complaint.reference}/")
    page.get_by_label("Adresse de courriel").fill(house.amelie.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".grievances > li.proposed")).to_have_count(3)
    expect(page.locator("mark.proposed sup")).to_have_count(3)
    assert not violations(page)
    second = told[1].top3[1][0]
    press(page, "o", left=2)  # as it was read
    press(page, "b", left=1)  # the second category that it might be
    press(page, "x", left=0)  # no grief after all
    assert not violations(page)

    rows = [grief(complaint, number) for number in (1, 2, 3)]
    assert [one.state for one in rows] == ["accepted", "accepted", "dropped"]
    assert (rows[0].category_id, rows[0].team.name) == (told[0].category, "Transport")
    assert rows[1].category_id == second
    assert [one.settled_at is not None for one in Proposal.objects.all()] == [True] * 3
    assert sorted(one.fate for one in queries.judged()) == ["accepted", "corrected", "dropped"]
    complaint.refresh_from_db()
    assert complaint.owner == house.amelie
    assert verify.check().findings == []
