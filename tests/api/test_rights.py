"""Who a key lets in, by a table written by hand: every operation, every scope, every file it is not for."""

import dataclasses
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts.rules import Role
from doleance.api.api import api, patterns
from doleance.channels.models import Attachment, Message
from doleance.complaints import queries
from doleance.complaints.actions import circles
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.kernel.clock import now
from doleance.keys import actions as keys
from doleance.keys.models import KeyUse
from doleance.keys.rules import Scope
from tests import factories
from tests.api.conftest import COMPLAINTS, TOLD
from tests.cast import MORNING, TESTS, colleague
from tests.staff.conftest import PHOTO

pytestmark = pytest.mark.django_db
ALL = {"read", "create", "message"}
# Each operation by its name in OpenAPI: the scopes by which a key may, on a file that is for it.
TABLE: dict[str, set[str]] = {
    "createComplaint": {"create"},
    "listComplaints": {"read"},
    "readComplaint": {"read"},
    "listMessages": {"read"},
    "addMessage": {"message"},
    "readAttachment": {"read"},
    "listCategories": ALL,
}
ON_A_FILE = {"readComplaint", "listMessages", "addMessage", "readAttachment"}


@pytest.fixture
def file(cast):
    return factories.complaint(cast, message=factories.incoming(cast, files=[PHOTO]))


def call(name, program, file):
    """Make a call of the right shape."""
    path = f"{COMPLAINTS}/{file.reference}"
    match name:
        case "createComplaint":
            return program.post(COMPLAINTS, TOLD)
        case "listComplaints":
            return program.get(COMPLAINTS)
        case "readComplaint":
            return program.get(path)
        case "listMessages":
            return program.get(f"{path}/messages")
        case "addMessage":
            return program.send(f"{path}/messages", {"text": "Un mot"})
        case "readAttachment":
            one = Attachment.objects.get(message__exchange__complaint=file)
            return program.get(f"{path}/attachments/{one.pk}")
        case "listCategories":
            return program.get("/api/v1/categories")
    raise AssertionError(name)


def test_each_operation_has_its_row():
    written = api.get_openapi_schema(path_prefix="api/v1")["paths"]
    found = [operation["operationId"] for one in written.values() for operation in one.values()]
    assert sorted(found) == sorted(TABLE) == sorted(AFTER)
    assert len(patterns()) == len(found)


def test_each_scope_opens_what_the_table_says_and_nothing_else(program, file):
    refused = set()
    for scope in Scope:
        holder = program(scope, name=scope.value)
        for name, scopes in TABLE.items():
            answer = call(name, holder, file)
            assert (answer.status_code < 300) == (scope.value in scopes), (scope, name, answer.content)
            if answer.status_code >= 300:
                refused.add((answer.status_code, answer["Content-Type"], answer.content))
    assert len(refused) == 1, "what a key is not for, and what is not there, are one answer"
    [(status, kind, content)] = refused
    absent = program(name="d").get(f"{COMPLAINTS}/{uuid4()}")
    assert (status, kind, content) == (404, "application/problem+json", absent.content)


# The same operations when something happened: who made the key was suspended (a key is its entity's: the shop goes on
# selling), the key was revoked, the file was closed around people. What each answers to a key of every scope.
AFTER: dict[str, dict[str, int]] = {
    "createComplaint": {"owner suspended": 201, "revoked": 401, "closed circle": 201},
    "listComplaints": {"owner suspended": 200, "revoked": 401, "closed circle": 200},
    "readComplaint": {"owner suspended": 200, "revoked": 401, "closed circle": 404},
    "listMessages": {"owner suspended": 200, "revoked": 401, "closed circle": 404},
    "addMessage": {"owner suspended": 201, "revoked": 401, "closed circle": 404},
    "readAttachment": {"owner suspended": 200, "revoked": 401, "closed circle": 404},
    "listCategories": {"owner suspended": 200, "revoked": 401, "closed circle": 200},
}


def happen(event, cast, key, file):
    """One of the things of that table."""
    match event:
        case "owner suspended":
            told = {"name": cast.nadia.name, "roles": {Role.ADMINISTRATOR}, "teams": [], "is_away": False}
            accounts.change_user(user=cast.nadia, is_active=False, **told, by=TESTS, at=MORNING)
        case "revoked":
            keys.revoke_key(key=key, by=TESTS, at=now())
        case "closed circle":
            told = {"inside": [cast.bruno], "concerned": [cast.chloe], "reason": "Plainte contre Chloé."}
            circles.restrict(complaint=file, **told, by=cast.bruno.actor(), at=now())


@pytest.mark.parametrize("event", ["owner suspended", "revoked", "closed circle"])
def test_what_happens_is_in_force_at_the_next_call(program, cast, file, event):
    colleague("Noé Faure", {Role.ADMINISTRATOR})  # somebody is left to run the house
    key, secret = keys.make_key(entity=cast.entity, name="Caisse", scopes=set(Scope), by=cast.nadia.actor(), at=now())
    holder = dataclasses.replace(program(name="autre"), key=key, secret=secret)
    assert {name: call(name, holder, file).status_code < 300 for name in TABLE} == dict.fromkeys(TABLE, True)
    happen(event, cast, key, file)
    assert {name: call(name, holder, file).status_code for name in TABLE} == {
        name: answers[event] for name, answers in AFTER.items()
    }
    listed = holder.get(COMPLAINTS).json().get("items", [])
    assert (file.reference in {one["reference"] for one in listed}) is (event == "owner suspended")


def test_a_closed_file_is_answered_as_one_that_is_not_there(program, cast, file):
    holder = program()
    happen("closed circle", cast, holder.key, file)
    absent = holder.get(f"{COMPLAINTS}/R26-XXXX-X")
    for name in ON_A_FILE:
        answer = call(name, holder, file)
        assert (answer.status_code, answer.content) == (404, absent.content), name
        assert sorted(answer.headers) == sorted(absent.headers)


def test_a_call_made_again_after_its_file_was_closed_tells_nothing_new(program, cast):
    """What made the file is answered as it was the first time: the program knows that already."""
    shop, once = program(), str(uuid4())
    first = shop.post(COMPLAINTS, TOLD, once=once)
    complaint = Complaint.objects.get(reference=first.json()["reference"])
    happen("closed circle", cast, shop.key, complaint)
    again = shop.post(COMPLAINTS, TOLD, once=once)
    assert (again.status_code, again.content) == (201, first.content)
    assert shop.get(f"{COMPLAINTS}/{complaint.reference}").status_code == 404


def test_a_file_of_another_team_or_entity_is_not_there(program, file, cast):
    holder = program(teams=[cast.logistics])
    absent = holder.get(f"{COMPLAINTS}/R26-XXXX-X")
    for name in ON_A_FILE:
        answer = call(name, holder, file)
        assert (answer.status_code, answer.content) == (404, absent.content), name
    assert call("listComplaints", holder, file).json()["items"] == []
    assert not Message.objects.filter(channel="api").exists()
    theirs = factories.complaint(cast, team=cast.logistics)
    assert holder.get(f"{COMPLAINTS}/{theirs.reference}").status_code == 200
    assert [one["reference"] for one in call("listComplaints", holder, file).json()["items"]] == [theirs.reference]


def test_a_key_of_another_entity_reads_nothing_here(program, file, cast):
    """The same scopes, another house: its own files only."""
    holder = program()
    actor = dataclasses.replace(holder.key.actor(), entity_id=uuid4())
    assert list(queries.visible_to(holder.key.actor())) == [file]
    assert not queries.visible_to(actor).exists()
    assert not queries.within(actor).exists()
    assert not queries.within(cast.bruno.actor()).exists(), "people are not programs"


def test_a_file_that_goes_to_another_team_is_gone_at_once(program, file, cast):
    holder = program(teams=[cast.team])
    assert call("readComplaint", holder, file).status_code == 200
    complaints.assign(complaint=file, team=cast.logistics, owner=None, by=TESTS, at=MORNING)
    assert call("readComplaint", holder, file).status_code == 404


KEYLESS = {
    "nothing": {},
    "no bearer": {"Authorization": "Basic abc"},
    "an empty one": {"Authorization": "Bearer "},
    "one never made": {"Authorization": "Bearer dol_" + "a" * 22},
    "one of another shape": {"Authorization": "Bearer \x7f"},
    "a key elsewhere": {"X-Api-Key": "dol_" + "a" * 22},
}


@pytest.mark.parametrize("headers", KEYLESS.values(), ids=KEYLESS)
def test_without_a_key_nothing_is_told(file, headers):
    paths = [COMPLAINTS, f"{COMPLAINTS}/{file.reference}", "/api/v1/categories"]
    answers = [Client().get(path, headers=headers) for path in paths]
    answers.append(Client().post(COMPLAINTS, b"{", content_type="application/json", headers=headers))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert all(answer["WWW-Authenticate"].startswith("Bearer") for answer in answers)
    assert all(answer.json()["code"] == "unauthorized" for answer in answers)


def test_a_session_is_no_key(cast, enter, file):
    """Neither a signed-in person nor a key in the address: a link in a mail could carry both."""
    client = enter(cast.bruno)
    assert client.get(COMPLAINTS).status_code == 401
    assert client.get(f"{COMPLAINTS}?key=dol_{'a' * 22}").status_code == 401


def test_a_revoked_key_is_none_at_once(shop):
    assert shop.get(COMPLAINTS).status_code == 200
    keys.revoke_key(key=shop.key, by=TESTS, at=now())
    refused = shop.get(COMPLAINTS)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")


def test_over_its_share_a_key_is_told_how_long_to_wait(program, monkeypatch):
    monkeypatch.setattr("doleance.api.security.now", lambda: MORNING)
    hasty = program(per_minute=2)
    assert [hasty.get("/api/v1/categories").status_code for _ in range(3)] == [200, 200, 429]
    refused = hasty.get("/api/v1/categories")
    assert refused["Retry-After"] == "60"
    assert (refused.json()["code"], refused.json()["status"]) == ("too_many_calls", 429)
    assert "60" in refused.json()["detail"]
    assert KeyUse.objects.get().in_day == 2
    monkeypatch.setattr("doleance.api.security.now", lambda: MORNING + timedelta(seconds=60))
    assert hasty.get("/api/v1/categories").status_code == 200


def test_a_day_has_its_share_too(program):
    slow = program(per_day=1)
    assert slow.get("/api/v1/categories").status_code == 200
    refused = slow.get("/api/v1/categories")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 86_400


def test_what_is_said_is_said_in_french_or_in_english(shop):
    paths = {"fr": "Rien n’est là, ou votre clé n’y donne pas accès.", "en": "Nothing is there, or your key"}
    for language, words in paths.items():
        told = shop.get(f"{COMPLAINTS}/x", **{"Accept-Language": language})
        assert told.json()["detail"].startswith(words)
        assert told.json()["type"].endswith("/api/v1/#not_found")
        wrong = TOLD | {"complainant": {"email": "zoe@"}}
        told = shop.post(COMPLAINTS, wrong, **{"Accept-Language": language}).json()
        assert ("se lit" in told["detail"]) == (language == "fr")


def test_an_error_of_ours_is_a_problem_too(shop, monkeypatch):
    def broken(**_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("doleance.desk.queries.programs.files", broken)
    shop.client.raise_request_exception = False
    told = shop.get(COMPLAINTS)
    assert (told.status_code, told.json()["code"]) == (500, "internal")
    assert b"a bug" not in told.content


def test_the_page_and_the_document_are_open_to_all():
    page = Client().get(reverse("api_page")).content.decode()
    assert "<script" not in page.replace('<script type="module" src="/statique/', "")
    assert all(name in page for name in ("/api/v1/complaints", "Idempotency-Key", 'id="not_found"'))
    assert Client().get(reverse("api_document")).json()["openapi"] == "3.1.0"


def test_a_key_opens_no_page_of_staff(shop, file):
    answer = shop.get(reverse("dossier", args=[file.reference]))
    assert answer.status_code == 302
