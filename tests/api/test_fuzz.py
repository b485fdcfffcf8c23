"""What a stranger's program may send: every operation, with data of the described shape and of others.

No server error, no answer that the document does not describe; what has not the shape is refused. A few examples
here; `HYPOTHESIS_PROFILE=long` sends many.
"""

from typing import Any

import pytest
import schemathesis
from django.test.client import ClientHandler
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from doleance.api import description
from doleance.api.api import PREFIX, api
from doleance.channels.models import Attachment
from doleance.keys import rules
from tests import factories
from tests.staff.conftest import PHOTO

pytestmark = pytest.mark.django_db
CONFORMS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    "createComplaint",
    "listComplaints",
    "readComplaint",
    "listMessages",
    "addMessage",
    "readAttachment",
    "listCategories",
]
# What has a shape of its own to break. A form is all text, and its shape is broken by tests/api/test_messages.py.
SHAPED = ["createComplaint", "listComplaints"]
EXAMPLES = max(10, settings().max_examples // 4)


HANDLER = ClientHandler()


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Doléance as a WSGI application that keeps the test's own connection, as Django's test client does."""
    response = HANDLER(environ)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


def operations() -> dict[str, Any]:
    """Every operation of the document, by its name."""
    schema = schemathesis.openapi.from_dict(description.document(api, prefix=PREFIX))
    schema.app = application
    found = [one.ok() for one in schema.get_all_operations()]
    return {one.definition.raw["operationId"]: one for one in found}


def test_every_operation_is_fuzzed():
    assert sorted(operations()) == sorted(OPERATIONS)


def fuzz(name, program, mode, checks, where):
    """Send examples of one operation, and check each answer."""
    operation = operations()[name]
    known = {one: where[one] for one in where if f"{{{one}}}" in operation.path}

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=known))
    def send(case: Any) -> None:
        case.validate_response(case.call(headers={"Authorization": f"Bearer {program.secret}"}), checks=checks)

    send()


@pytest.fixture
def where(cast):
    """A file that is there, and its attachment."""
    file = factories.complaint(cast, message=factories.incoming(cast, files=[PHOTO]))
    return {"reference": file.reference, "attachment_id": str(Attachment.objects.get().pk)}


@pytest.fixture
def patient(program):
    """A program whose share is not spent here."""
    return program(per_minute=rules.MOST_PER_MINUTE, per_day=rules.MOST_PER_DAY)


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_has_the_shape_is_answered_as_described(name, patient, where):
    fuzz(name, patient, GenerationMode.POSITIVE, CONFORMS, where)


@pytest.mark.parametrize("name", ["readComplaint", "readAttachment"])
def test_any_path_is_answered_as_described(name, patient):
    fuzz(name, patient, GenerationMode.POSITIVE, CONFORMS, {})


@pytest.mark.parametrize("name", SHAPED)
def test_what_has_not_the_shape_is_refused(name, patient, where):
    fuzz(name, patient, GenerationMode.NEGATIVE, [*CONFORMS, negative_data_rejection], where)
