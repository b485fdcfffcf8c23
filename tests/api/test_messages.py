"""What a complainant told another program joins their file as their writing, once."""

import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doleance.channels import queries as channels
from doleance.channels.models import Attachment, Message
from doleance.channels.rules import Source
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import State
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.keys.rules import Scope
from doleance.resolution import actions as resolution
from tests import factories
from tests.api.conftest import COMPLAINTS, TOLD
from tests.cast import MORNING, TESTS

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def file(cast):
    return factories.complaint(cast)


def where(file):
    return f"{COMPLAINTS}/{file.reference}/messages"


def photo(name="photo.png", data=PNG):
    return SimpleUploadedFile(name, data, content_type="text/html")


def test_words_join_the_file(shop, file):
    added = shop.send(where(file), {"text": "La notice manque aussi."})
    assert added.status_code == 201, added.content
    message = Message.objects.get(pk=added.json()["id"])
    assert (message.channel, message.source) == ("api", Source.API)
    exchange = Exchange.objects.get(message=message)
    assert (exchange.complaint, exchange.kind, exchange.text) == (file, "inbound", "La notice manque aussi.")
    assert json.loads(channels.raw_of(message))["told"]["text"] == "La notice manque aussi."


def test_a_form_without_files_is_read_too(shop, file):
    added = shop.client.post(
        where(file),
        "text=Un+mot",
        content_type="application/x-www-form-urlencoded",
        headers=shop.headers(**{"Idempotency-Key": "a"}),
    )
    assert added.status_code == 201, added.content


def test_files_join_it_under_the_type_that_their_bytes_show(shop, file):
    added = shop.send(where(file), {"files": [photo(), photo("../../x.html", b"<script>")]})
    assert added.status_code == 201, added.content
    rows = Attachment.objects.order_by("position")
    assert (rows[0].name, rows[0].media_type) == ("photo.png", "image/png")
    assert "/" not in rows[1].name
    assert rows[1].media_type == "application/octet-stream"
    assert channels.content_of(rows[0]) == PNG
    raw = json.loads(channels.raw_of(Message.objects.get(pk=added.json()["id"])))
    assert raw["told"]["files"][0]["sha256"] == hashlib.sha256(PNG).hexdigest()


def test_the_same_call_adds_one_message(shop, file):
    first = shop.send(where(file), {"text": "Un mot", "files": [photo()]}, once="a")
    again = shop.send(where(file), {"text": "Un mot", "files": [photo()]}, once="a")
    assert first.content == again.content
    assert Message.objects.filter(channel="api").count() == 1
    for other in ({"text": "Un autre mot", "files": [photo()]}, {"text": "Un mot", "files": [photo(data=PNG[:-1])]}):
        refused = shop.send(where(file), other, once="a")
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_mismatch")


def test_one_name_is_for_one_file_and_for_one_kind_of_call(shop, file, cast):
    shop.send(where(file), {"text": "Un mot"}, once="a")
    other = shop.send(where(factories.complaint(cast)), {"text": "Un mot"}, once="a")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert shop.post(COMPLAINTS, TOLD, once="a").json()["code"] == "idempotency_mismatch"


def test_a_settled_file_is_reopened_with_its_clocks(shop, file):
    deadlines.start(complaint=file, by=TESTS, at=MORNING)
    resolution.withdraw(complaint=file, reason="elle l’a dit", by=TESTS, at=MORNING)
    assert not Clock.objects.filter(complaint=file, met_at=None, cancelled_at=None).exists()
    assert shop.send(where(file), {"text": "Finalement si."}).status_code == 201
    assert Complaint.objects.get(pk=file.pk).state == State.REOPENED
    assert Clock.objects.filter(complaint=file, met_at=None, cancelled_at=None).exists()


def test_a_file_that_waited_for_them_goes_back_to_work(shop, file):
    for state in (State.ASSESSMENT, State.WAITING):
        complaints.move(complaint=file, to=state, by=TESTS, at=MORNING)
    shop.send(where(file), {"text": "Voici la facture."})
    assert Complaint.objects.get(pk=file.pk).state == State.INVESTIGATION


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"text": " "}, 409, "nothing_added"),
        ({"text": "", "files": [photo(data=b"")]}, 409, "file_empty"),
        ({"text": "a" * 20_001}, 422, "invalid"),
        ({"text": "a", "files": [photo(f"{number}.png") for number in range(11)]}, 422, "invalid"),
        ({"text": "a", "files": [photo(data=b"a" * (10 * 1024 * 1024 + 1))]}, 409, "file_too_large"),
    ],
)
def test_what_is_refused_adds_nothing(shop, file, fields, status, code):
    refused = shop.send(where(file), fields)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert not Message.objects.filter(channel="api").exists()


@pytest.mark.parametrize("field", ["kind", "channel", "author", "at", "received_at", "reference", "state"])
def test_nothing_else_is_written(shop, file, field):
    refused = shop.send(where(file), {"text": "Un mot", field: "note"})
    assert refused.status_code == 422
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [(f"/{field}", "extra_forbidden")]


def test_who_may_add_need_not_be_able_to_read(program, file):
    relay = program(Scope.MESSAGE)
    assert relay.send(where(file), {"text": "Un mot"}).status_code == 201
    assert relay.get(where(file)).status_code == 404
