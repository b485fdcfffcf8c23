"""A complaint told by another program: one file, kept as it came, and the same answer to the same call."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from doleance.api import schemas
from doleance.channels import queries as channels
from doleance.channels.models import Message
from doleance.channels.rules import MessageState, ReceivedFrom, Source
from doleance.complaints import queries as complaints
from doleance.complaints import questions
from doleance.complaints.models import Complaint, Grievance
from doleance.deadlines.models import Clock
from doleance.desk.queries import journal
from doleance.kernel.clock import now
from doleance.keys.models import KeyCall
from doleance.keys.rules import Scope
from doleance.notifications.models import Notice
from tests.api.conftest import COMPLAINTS, TOLD

pytestmark = pytest.mark.django_db


def test_it_opens_one_file_like_a_form_does(shop, cast):
    made = shop.post(COMPLAINTS, TOLD)
    assert made.status_code == 201, made.content
    told = made.json()
    complaint = Complaint.objects.get()
    assert told["reference"] == complaint.reference
    assert told["url"].endswith(f"{COMPLAINTS}/{complaint.reference}")
    assert (complaint.team, complaint.entity) == (cast.team, cast.entity)
    assert complaint.party.name == "Zoé Martin"
    assert complaint.party.addresses.filter(normal="zoe.martin@courriel.example").exists()
    point = Grievance.objects.get()
    assert (point.category_id, point.facts) == ("delivery", TOLD["facts"])
    assert Clock.objects.filter(complaint=complaint).exists()
    assert Notice.objects.get().purpose == "acknowledgement"
    assert complaints.find_by_key(reference=told["reference"], key=told["follow"]["key"]) == complaint


def test_what_was_sent_is_in_the_ledger_sign_for_sign(shop):
    body = json.dumps(TOLD, ensure_ascii=False, indent=3).encode()
    assert shop.post(COMPLAINTS, body).status_code == 201
    message = Message.objects.get()
    assert (message.channel, message.source, message.state) == ("api", Source.API, MessageState.LINKED)
    assert message.received_from == ReceivedFrom.API
    raw = json.loads(channels.raw_of(message))
    assert raw["asked"].encode() == body
    assert raw["told"]["contact"]["phone"] == "06 98 76 54 32"


def test_half_a_pair_of_surrogates_breaks_nothing(shop):
    """JSON takes the last of two equal names: what hides in the first is read by nobody, and kept as it can be."""
    hidden = b'{"text": "\xed\xa0\x80",'
    body = hidden + json.dumps(TOLD, ensure_ascii=False).encode().removeprefix(b"{")
    made = shop.post(COMPLAINTS, body)
    assert made.status_code in {201, 400, 422}, made.content
    assert Complaint.objects.count() == (made.status_code == 201)


def test_what_a_program_tells_proves_of_nobody_who_they_are(shop, cast):
    """A mail address of somebody whom we know recognises them and changes nothing of them."""
    known = TOLD["complainant"] | {"email": "helene.durand@courriel.example", "name": "Une autre"}
    shop.post(COMPLAINTS, TOLD | {"complainant": known})
    complaint = Complaint.objects.get()
    assert complaint.party == cast.durand
    assert complaint.names_known
    cast.durand.refresh_from_db()
    assert cast.durand.name == "Hélène Durand"


def test_it_was_received_when_the_program_says(shop):
    when = (now() - timedelta(days=3)).isoformat()
    told = shop.post(COMPLAINTS, TOLD | {"received_at": when}).json()
    assert told["received_at"][:19] == when[:19]
    assert Complaint.objects.get().received_at.isoformat() == when


def test_what_was_only_said_starts_no_clock_that_counts_from_writing(shop):
    shop.post(COMPLAINTS, TOLD | {"is_oral": True})
    assert Complaint.objects.get().first_written_at is None


def test_a_representative_is_who_is_written_to(shop):
    on_behalf = {"contact": {"name": "Marc Petit", "email": "marc.petit@courriel.example"}, "capacity": "son fils"}
    assert shop.post(COMPLAINTS, TOLD | {"representative": on_behalf}).status_code == 201
    complaint = Complaint.objects.get()
    assert (complaint.representative.name, complaint.capacity) == ("Marc Petit", "son fils")


def test_the_same_call_gives_the_same_answer_and_one_complaint(shop):
    first = shop.post(COMPLAINTS, TOLD, once="commande-4711")
    again = shop.post(COMPLAINTS, json.dumps(dict(reversed(TOLD.items())), indent=1).encode(), once="commande-4711")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert Complaint.objects.count() == 1


def test_the_answer_stays_the_same_when_the_file_has_moved_on(shop, cast):
    first = shop.post(COMPLAINTS, TOLD, once="a")
    reference = first.json()["reference"]
    assert shop.send(f"{COMPLAINTS}/{reference}/messages", {"text": "Et la notice manque."}).status_code == 201
    assert shop.post(COMPLAINTS, TOLD, once="a").content == first.content


def test_the_same_name_for_another_body_is_refused_and_changes_nothing(shop):
    shop.post(COMPLAINTS, TOLD, once="a")
    other = shop.post(COMPLAINTS, TOLD | {"text": "Tout autre chose."}, once="a")
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_mismatch"
    assert Complaint.objects.count() == 1


def test_two_programs_may_give_their_calls_one_name(shop, program):
    other = program(name="Comptoir")
    one, two = shop.post(COMPLAINTS, TOLD, once="a").json(), other.post(COMPLAINTS, TOLD, once="a").json()
    assert one["reference"] != two["reference"]


def test_a_call_that_was_refused_may_be_made_again_once_it_is_mended(shop):
    wrong = TOLD | {"complainant": {"email": "zoe.martin@"}}
    refused = shop.post(COMPLAINTS, wrong, once="a")
    assert (refused.status_code, refused.json()["code"]) == (409, "contact_unreadable")
    assert not KeyCall.objects.exists()
    assert not Message.objects.exists()
    assert shop.post(COMPLAINTS, TOLD, once="a").status_code == 201


@pytest.mark.parametrize("name", [None, "", "deux mots", "é", "x" * 256])
def test_a_call_that_writes_has_a_name(shop, name):
    headers = shop.headers() | ({"Idempotency-Key": name} if name is not None else {})
    made = shop.client.post(COMPLAINTS, json.dumps(TOLD), content_type="application/json", headers=headers)
    assert made.status_code == 422
    assert made.json()["errors"][0]["pointer"] == "/Idempotency-Key"
    assert not Complaint.objects.exists()


# What a complaint has and no program writes, at each place where a body has fields.
UNWRITABLE = [
    "id", "reference", "state", "team", "team_id", "entity", "entity_id", "owner", "party", "party_id", "version",
    "registered_at", "sent_at", "answered_at", "closed_at", "next_due_at", "is_safety", "regimes", "lesson",
    "reviewed_by", "names_known", "declared_status", "mandate_at", "files", "marks", "branch", "title", "key",
]  # fmt: skip


@pytest.mark.parametrize("field", UNWRITABLE)
def test_nothing_else_is_written(shop, field):
    refused = shop.post(COMPLAINTS, TOLD | {field: "closed"})
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["place"], error["pointer"], error["code"]) == ("body", f"/{field}", "extra_forbidden")
    assert not Message.objects.exists()


@pytest.mark.parametrize("field", ["id", "verified", "kind", "language", "created_at"])
def test_nothing_else_of_a_person_is_written(shop, field):
    person = TOLD["complainant"] | {field: "x"}
    refused = shop.post(COMPLAINTS, TOLD | {"complainant": person})
    assert [one["pointer"] for one in refused.json()["errors"]] == [f"/complainant/{field}"]
    nested = {"contact": person, "capacity": "sa fille"}
    refused = shop.post(COMPLAINTS, TOLD | {"representative": nested})
    assert [one["pointer"] for one in refused.json()["errors"]] == [f"/representative/contact/{field}"]


def test_an_answer_to_what_is_not_asked_is_refused(shop):
    refused = shop.post(COMPLAINTS, TOLD | {"facts": {"dangerous": "yes"}})
    assert [one["code"] for one in refused.json()["errors"]] == ["unknown_question"]
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/facts/dangerous"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": "  \n "}, "nothing_told"),
        ({"facts": {"promised": "hier"}}, "fact_unreadable"),
        ({"received_at": "2199-01-01T00:00:00Z"}, "received_later"),
        ({"complainant": {"phone": "abc"}}, "contact_unreadable"),
        ({"representative": {"contact": {}, "capacity": " "}}, "capacity_missing"),
    ],
)
def test_a_rule_refuses_with_its_code(shop, change, code):
    refused = shop.post(COMPLAINTS, TOLD | change)
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert refused["Content-Type"] == "application/problem+json"
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"category": "delivery.late"}, "/category"),
        ({"text": 12}, "/text"),
        ({"text": "\ud800"}, "/text"),
        ({"received_at": 1_700_000_000}, "/received_at"),
        ({"received_at": "2026-11-23T09:47:00"}, "/received_at"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "/received_at"),
        ({"is_oral": "yes"}, "/is_oral"),
        ({"language": "de"}, "/language"),
        ({"facts": {"order": 3}}, "/facts/order"),
        ({"wishes": ["money"]}, "/wishes/0"),
    ],
)
def test_what_is_not_understood_is_shown(shop, change, pointer):
    refused = shop.post(COMPLAINTS, TOLD | change)
    assert refused.status_code == 422, refused.content
    assert pointer in [one["pointer"] for one in refused.json()["errors"]]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe\xfa", b"[" * 100_000, b'{"text": NaN'])
def test_what_is_no_json_is_malformed(shop, body):
    refused = shop.post(COMPLAINTS, body)
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(shop):
    refused = shop.post(COMPLAINTS, TOLD | {"text": "a" * 2_600_000})
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_one_that_is_far_too_large_is_refused_at_the_door(shop, settings):
    settings.DOLEANCE_MAX_BODY = 1_000
    refused = shop.post(COMPLAINTS, TOLD | {"text": "a" * 2_000})
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_json_in_utf_16_is_kept_too(shop):
    assert shop.post(COMPLAINTS, json.dumps(TOLD).encode("utf-16")).status_code == 201


def test_control_signs_do_not_reach_the_database(shop):
    made = shop.post(COMPLAINTS, TOLD | {"text": "a\x00b", "earlier": "\x00", "complainant": {"name": "a\x00"}})
    assert made.status_code == 201
    assert Complaint.objects.get().title == "ab"


def test_the_team_that_a_key_is_kept_to_receives(program, cast):
    program(Scope.CREATE, teams=[cast.logistics]).post(COMPLAINTS, TOLD)
    assert Complaint.objects.get().team == cast.logistics


def test_the_branches_of_the_schema_are_those_of_the_questions():
    assert list(schemas.Branch.__args__) == list(questions.QUESTIONS)


def test_the_journal_names_the_key_and_holds(shop):
    reference = shop.post(COMPLAINTS, TOLD).json()["reference"]
    complaint = Complaint.objects.get(reference=reference)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT facts->>'by' FROM doleance_auditevent WHERE stream = %s", [complaint.journal_stream]
        )
        assert cursor.fetchall() == [(f"key:{shop.key.pk}",)]
    said = journal.lines(complaint, [])
    assert {(one.by, one.is_person) for one in said} == {("Boutique", False)}


@pytest.mark.django_db(transaction=True)
def test_calls_made_at_once_make_one_complaint(shop):
    """Eight at the same moment, each on its own connection: one file, eight same answers."""
    answers: list[tuple[int, bytes]] = []
    ready = threading.Barrier(8)

    def call() -> None:
        try:
            ready.wait(10)
            made = shop.post(COMPLAINTS, TOLD, once="ensemble")
            answers.append((made.status_code, made.content))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert len(answers) == 8
    assert {status for status, _ in answers} == {201}
    assert len(set(answers)) == 1
    assert Complaint.objects.count() == 1
    assert KeyCall.objects.count() == 1
