"""Forms that are sent under pressure: what is counted, what waits, what is kept of where they came from."""

import dataclasses
from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.audit.models import AuditEvent
from doleance.intake import pressure, queries, tasks, weighing
from doleance.intake.actions import alarms as watching
from doleance.intake.actions import deposits, drafts, waiting
from doleance.intake.deposits import Contact, Deposit, DraftGone, DraftSent, Representative
from doleance.intake.models import Draft
from doleance.intake.pressure import NotYet
from tests.cast import MORNING, TESTS
from tests.intake.test_imports import attempt

pytestmark = pytest.mark.usefixtures("calendars")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HELENE = "helene.durand@courriel.example"
HOME, SCHOOL = "203.0.113.7", "198.51.100.4"


@pytest.fixture
def send(cast):
    """Sends one more form; its draft."""

    def one(*, email=HELENE, network=HOME, at=MORNING, told=None):
        draft = drafts.begin(entity=cast.entity, language="fr", at=at)
        deposit = told or Deposit(branch="other", text="On ne me répond pas.", contact=Contact(email=email))
        deposits.submit(draft=draft, deposit=deposit, network=network, by=TESTS, at=at)
        return draft

    return one


def asked(cast, *, email="", network="", at=MORNING):
    """How hard one more form would be pressed."""
    draft = drafts.begin(entity=cast.entity, language="fr", at=at)
    return weighing.demand(draft=draft.id, email=email, network=network, at=at).level


def test_forms_that_name_one_box_are_counted_however_it_is_spelled(cast, send):
    for email in (HELENE, "Helene.Durand@courriel.example", "helene.durand+colis@courriel.example"):
        assert asked(cast, email=HELENE) == 0
        send(email=email)
    assert asked(cast, email=HELENE.upper()) == 1
    assert asked(cast, email="autre@courriel.example", network=HOME) == 0
    assert asked(cast) == 0


def test_who_writes_for_somebody_is_who_is_named(cast, send):
    contact = Contact(name="Hélène Durand")
    daughter = Representative(Contact(name="Léa Durand", email=HELENE), "sa fille")
    for _ in range(3):
        send(told=Deposit(branch="other", text="On ne lui répond pas.", contact=contact, representative=daughter))
    assert asked(cast, email=HELENE) == 1


def test_windows_slide_over_midnight(cast, send):
    late = MORNING.replace(hour=23, minute=30)
    for _ in range(3):
        send(at=late)
    assert asked(cast, email=HELENE, at=late + timedelta(minutes=59)) == 1
    assert asked(cast, email=HELENE, at=late + timedelta(minutes=61)) == 0


def test_networks_are_counted_apart_and_nobody_is_nowhere(cast, send, monkeypatch):
    narrow = (dataclasses.replace(pressure.BUDGETS[2], free=2), dataclasses.replace(pressure.BUDGETS[3], free=2))
    monkeypatch.setattr(weighing, "BUDGETS", narrow)
    for number in range(2):
        send(email=f"eleve{number}@ecole.example", network=SCHOOL)
        send(email=f"perdu{number}@ailleurs.example", network="")
    assert asked(cast, network=SCHOOL) == 1
    assert asked(cast, network=HOME) == 0
    assert asked(cast, network="") == 0


def test_all_forms_of_a_large_house_are_counted_once_a_second(cast, send, monkeypatch):
    """From so many on nobody counts them for each form: a number may be a second old."""
    monkeypatch.setattr(queries, "EXACT", 0)
    monkeypatch.setattr(weighing, "BUDGETS", (dataclasses.replace(pressure.BUDGETS[-1], free=2), pressure.BUDGETS[0]))
    queries._pressed.cache_clear()
    later = MORNING + timedelta(seconds=1)
    assert asked(cast) == 0
    for number in range(4):
        send(email=f"client{number}@courriel.example", network=f"203.0.113.{number}")
    assert asked(cast) == 0, "as it was counted in this second"
    assert asked(cast, at=later) == 2
    queries._pressed.cache_clear()


def test_what_waits_is_counted_at_once_and_is_frozen(cast, send):
    for _ in range(3):
        send()
    draft = drafts.begin(entity=cast.entity, language="fr", at=MORNING)
    first = Deposit(branch="other", text="Le premier texte.", contact=Contact(email=HELENE))
    other = dataclasses.replace(first, text="Un autre texte.")
    with pytest.raises(NotYet) as told:
        deposits.submit(draft=draft, deposit=first, by=TESTS, at=MORNING)
    later = MORNING + timedelta(seconds=5)
    with pytest.raises(NotYet) as again:
        deposits.submit(draft=draft, deposit=other, by=TESTS, at=later)
    assert again.value.until == told.value.until == MORNING + timedelta(seconds=20)
    assert again.value.facts == {"seconds": 15}
    with pytest.raises(DraftSent):
        drafts.keep(draft=draft, page="story", answers={"text": "encore"}, at=later)
    for _ in range(2):
        with pytest.raises(NotYet):
            send()
    assert asked(cast, email=HELENE) == 2  # three that are files and three that wait

    made = deposits.submit(draft=draft, deposit=other, by=TESTS, at=told.value.until)
    assert made.is_new
    assert made.complaint.received_at == MORNING
    assert made.complaint.exchanges.get().text == "Le premier texte."


def test_a_form_that_was_erased_does_not_wait(cast, send):
    for _ in range(3):
        send()
    draft = drafts.begin(entity=cast.entity, language="fr", at=MORNING)
    told = Deposit(branch="other", text="Rien.", contact=Contact(email=HELENE))
    drafts.erase(draft=draft)
    with pytest.raises(DraftGone):
        deposits.submit(draft=draft, deposit=told, by=TESTS, at=MORNING)


def test_neither_address_nor_network_is_kept_on_a_draft(send):
    draft = Draft.objects.get(pk=send().pk)
    assert len(draft.origin) == len(draft.named) == 64
    row = " ".join(str(getattr(draft, field.attname)) for field in Draft._meta.concrete_fields)
    assert HOME not in row
    assert HELENE not in row


def test_the_address_that_is_named_is_where_the_acknowledgement_goes():
    contact, other = Contact(email="a@x.example"), Contact(email="b@x.example")
    assert waiting.named(Deposit(branch="other", text="x", contact=contact)) == "a@x.example"
    told = Deposit(branch="other", text="x", contact=contact, representative=Representative(other, "son fils"))
    assert waiting.named(told) == "b@x.example"
    silent = Representative(Contact(name="Paul"), "son fils")
    assert waiting.named(dataclasses.replace(told, representative=silent)) == "a@x.example"


def test_a_form_that_cannot_become_a_file_is_told_once_and_stays_in_sight(
    cast, monkeypatch, settings, tmp_path, enter
):
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path
    draft = drafts.begin(entity=cast.entity, language="fr", at=MORNING)
    told = Deposit(branch="other", text="On ne me répond pas.", contact=Contact(email=HELENE))
    demand = pressure.Demand(1)
    until = waiting.wait(draft=draft, deposit=told, network=HOME, demand=demand, at=MORNING)

    assert until is not None

    def broken(**_):
        raise ValueError(told.text)

    monkeypatch.setattr(deposits, "send", broken)
    for number in (0, 3, 3):
        with pytest.raises(ValueError, match="répond"):
            tasks.send_pressed(attempt(number), draft_id=str(draft.pk))
    [event] = AuditEvent.objects.filter(stream="settings", facts__code="form_stuck")
    assert (event.facts["form"], event.facts["error"]) == (str(draft.pk), "ValueError")
    [job] = ProcrastinateJob.objects.filter(task_name=watching.TELL_STUCK)
    assert job.args["user_id"] == str(cast.nadia.pk)
    tasks.tell_of_form(**job.args)
    [written] = tmp_path.glob("*.eml")
    assert str(draft.pk) in written.read_text()
    assert "ne me" not in written.read_text(), "nothing of what was written leaves"
    monkeypatch.setattr("doleance.kernel.clock.now", lambda: until + weighing.STUCK + DAY)
    client = enter(cast.nadia)
    assert "attend sans dossier" in client.get("/reglages/personnes/").content.decode()
