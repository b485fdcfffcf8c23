"""What a program reads: files by pages and filters, one file, its conversation, its attachments. It is journalled."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doleance.audit.models import AuditEvent
from doleance.channels.models import Attachment
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.kernel.ids import new_reference
from doleance.keys.rules import Scope
from doleance.resolution import actions as resolution
from tests import factories
from tests.api.conftest import COMPLAINTS
from tests.cast import MORNING, TESTS
from tests.staff.conftest import PHOTO

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(cast):
    """A file of Mme Durand with a mail, a picture and a note of the house."""
    message = factories.incoming(cast, files=[PHOTO])
    opened = factories.complaint(cast, message=message)
    complaints.note(complaint=opened, text="À ne dire à personne.", by=cast.amelie.actor(), at=MORNING)
    return opened


def listed(program, **filters):
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    page = program.get(f"{COMPLAINTS}?{query}" if query else COMPLAINTS)
    assert page.status_code == 200, page.content
    return page.json()


def references(page):
    return [one["reference"] for one in page["items"]]


def read_events(program):
    rows = AuditEvent.objects.filter(stream=f"reader:{program.key.pk}").order_by("seq")
    return [(one.code, one.by, one.facts["what"]) for one in rows]


def test_one_file(shop, file):
    factories.grievance(file, wanted="Un remboursement")
    told = shop.get(f"{COMPLAINTS}/{file.reference.lower()}").json()
    assert (told["reference"], told["state"], told["title"]) == (file.reference, "assessment", file.title)
    assert told["complainant"]["name"] == "Hélène Durand"
    assert told["complainant"]["ways"] == [
        {"channel": "email", "value": "helene.durand@courriel.example", "is_verified": False, "is_invalid": False}
    ]
    [grievance] = told["grievances"]
    assert (grievance["category"], grievance["wanted"], grievance["outcome"]) == (
        "product.damaged",
        "Un remboursement",
        None,
    )
    assert "personne" not in str(told)
    assert read_events(shop) == [("viewed", f"key:{shop.key.pk}", f"complaint:{file.pk}")]


def test_an_outcome_is_told_once_the_answer_left(shop, file, cast):
    grievance = factories.grievance(file)
    resolution.decide(grievance=grievance, outcome=Outcome.UPHELD, reasons="x", cause="y", by=TESTS, at=MORNING)
    path = f"{COMPLAINTS}/{file.reference}"
    assert shop.get(path).json()["grievances"][0]["outcome"] is None
    complaints.move(complaint=Complaint.objects.get(pk=file.pk), to=State.ANSWERED, by=TESTS, at=MORNING)
    told = shop.get(path).json()
    assert told["grievances"][0]["outcome"] == "upheld"
    assert "reasons" not in told["grievances"][0]


def test_the_conversation_without_the_notes(shop, file):
    told = shop.get(f"{COMPLAINTS}/{file.reference}/messages").json()
    [message] = told["items"]
    assert (message["kind"], message["channel"], message["text"]) == ("inbound", "email", factories.LETTER)
    [attached] = message["attachments"]
    assert (attached["name"], attached["media_type"], attached["size"]) == ("photo.jpg", "image/jpeg", len(PHOTO.data))
    assert told["next"] is None
    data = shop.get(attached["url"].partition("127.0.0.1:8000")[2] or attached["url"])
    assert (data.status_code, data.content) == (200, PHOTO.data)
    assert data["Content-Type"] == "application/octet-stream"
    assert data["Content-Disposition"].startswith('attachment; filename="piece-')
    assert data["X-Content-Type-Options"] == "nosniff"
    assert [what.partition(":")[0] for _, _, what in read_events(shop)] == ["complaint", "attachment"]


def test_the_conversation_by_pages(shop, cast):
    file = factories.complaint(cast)
    for number in range(4):
        message = factories.incoming(cast, f"Mot {number}", at=MORNING + timedelta(hours=number))
        complaints.add_exchange(
            complaint=file, message=message, text=f"Mot {number}", rule="by_hand", by=TESTS, at=MORNING
        )
    seen: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        told = shop.get(f"{COMPLAINTS}/{file.reference}/messages?limit=2{cursor and '&cursor=' + cursor}").json()
        seen += [one["text"] for one in told["items"]]
        cursor, pages = told["next"], pages + 1
    assert seen[1:] == [f"Mot {number}" for number in range(4)]
    assert pages == 3


def test_links_that_open_a_file_are_not_told(shop, cast):
    secret = "a" * 22
    file = factories.complaint(cast, text=f"Je cite : https://maison.example/suivi/l/{secret}")
    text = shop.get(f"{COMPLAINTS}/{file.reference}/messages").json()["items"][0]["text"]
    assert secret not in text


def test_files_by_pages_lose_none_and_repeat_none(shop, cast):
    """Some received at the same moment: the identifier decides; one that comes meanwhile moves nothing."""
    made = [factories.complaint(cast, received_at=MORNING + timedelta(hours=number // 2)) for number in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = listed(shop, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += references(page)
        cursor = page["next"]
        factories.complaint(cast, received_at=MORNING + timedelta(days=1))
    assert cursor is None
    expected = sorted(made, key=lambda one: (one.received_at, one.pk), reverse=True)
    assert seen == [one.reference for one in expected]
    assert set(read_events(shop)) == {("viewed", f"key:{shop.key.pk}", "complaints")}


def test_filters_add_up(shop, cast):
    old = factories.complaint(cast, received_at=MORNING - timedelta(days=300))
    new = factories.complaint(cast, received_at=MORNING)
    factories.grievance(old)
    deadlines.start(complaint=old, by=TESTS, at=MORNING - timedelta(days=300))
    closed = factories.complaint(cast, received_at=MORNING)
    complaints.move(complaint=closed, to=State.WITHDRAWN, by=TESTS, at=MORNING, reason="elle l’a dit")
    every = {old.reference, new.reference, closed.reference}
    moment = (MORNING - timedelta(days=1)).isoformat().replace("+", "%2B")
    assert set(references(listed(shop))) == every
    assert references(listed(shop, state="withdrawn")) == [closed.reference]
    assert set(references(listed(shop, open="true"))) == {old.reference, new.reference}
    assert references(listed(shop, open="false")) == [closed.reference]
    assert references(listed(shop, category="product")) == [old.reference]
    assert references(listed(shop, category="product.damaged")) == [old.reference]
    assert references(listed(shop, category="prod")) == []
    assert references(listed(shop, received_before=moment)) == [old.reference]
    assert set(references(listed(shop, received_from=moment))) == every - {old.reference}
    assert references(listed(shop, received_from=moment, open="true")) == [new.reference]
    late = references(listed(shop, late="true"))
    assert set(late) | set(references(listed(shop, late="false"))) == every
    assert late == [old.reference]
    page = shop.get(f"{COMPLAINTS}?state=received&state=withdrawn").json()
    assert set(references(page)) >= {closed.reference, new.reference}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("etat=received", "/etat"),
        ("state=lost", "/state/0"),
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=null", "/limit"),
        ("cursor=x", "/cursor"),
        ("cursor=MDAwMS0wMS0wMVQwMDowMDowMCAx", "/cursor"),
        ("cursor=%00", "/cursor"),
        ("received_from=2026-11-23", "/received_from"),
        ("open=maybe", "/open"),
    ],
)
def test_a_filter_that_is_not_understood_is_refused(shop, query, pointer):
    refused = shop.get(f"{COMPLAINTS}?{query}")
    assert refused.status_code == 422, refused.content
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert refused.json()["errors"][0]["place"] == "query"


def test_the_taxonomy_and_its_questions(shop):
    told = shop.get("/api/v1/categories").json()["items"]
    rows = {one["code"]: one for one in told}
    assert rows["delivery"]["is_told"]
    assert not rows["product.damaged"]["is_told"]
    asked = {one["code"]: one for one in rows["delivery"]["questions"]}
    assert asked["received"]["kind"] == "choice"
    assert "damaged" in [one["code"] for one in asked["received"]["choices"]]
    assert asked["order"]["label"] == "Quel est le numéro de commande\u202f?"
    english = shop.get("/api/v1/categories", **{"Accept-Language": "en"}).json()["items"]
    assert english != told


def test_what_is_not_there_is_told_in_one_way(shop, file):
    """Never heard of, no reference at all, no attachment: the same status and the same bytes."""
    paths = [
        f"{COMPLAINTS}/{new_reference(26)}",
        f"{COMPLAINTS}/n-importe-quoi",
        f"{COMPLAINTS}/R26-%00000-A",
        f"{COMPLAINTS}/{file.reference}/attachments/{uuid4()}",
        "/api/v1/nulle-part",
        "/api/v1/complaints/",
    ]
    answers = {(found.status_code, found.content) for path in paths for found in [shop.get(path)]}
    assert len(answers) == 1
    assert {status for status, _ in answers} == {404}
    assert not read_events(shop)


def test_an_attachment_of_another_file_is_not_there(shop, file, cast):
    other = factories.complaint(cast)
    one = Attachment.objects.get()
    assert shop.get(f"{COMPLAINTS}/{other.reference}/attachments/{one.pk}").status_code == 404


def test_a_method_that_is_not_known_says_which_ones_are(shop):
    refused = shop.client.delete(COMPLAINTS, headers=shop.headers())
    assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
    assert set(refused["Allow"].split(", ")) == {"GET", "POST"}


def test_reading_one_page_makes_as_many_queries_for_many_files(program, cast):
    reader = program(Scope.READ)
    for _ in range(3):
        factories.complaint(cast)
    listed(reader)
    with CaptureQueriesContext(connection) as few:
        listed(reader)
    for _ in range(9):
        factories.complaint(cast)
    with CaptureQueriesContext(connection) as many:
        listed(reader)
    assert len(few) == len(many)
