"""What the logs say, and what they never do (I10: nothing personal)."""

import io
import json
import logging
import logging.config

import psycopg
import pytest
import structlog
from django.test import RequestFactory

from doleance.boot import logs

SECRET = "durand@exemple.fr"


@pytest.fixture
def written():
    """A logger as production configures it, and what it wrote."""
    stream = io.StringIO()
    settings = logs.configuration("json")
    settings["handlers"]["stderr"]["stream"] = stream
    settings["root"]["level"] = "DEBUG"
    before = logging.getLogger().handlers[:], logging.getLogger().level
    kept = structlog.get_config()
    logging.config.dictConfig(settings)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)
    structlog.configure(**kept)


def test_an_error_is_its_type_and_its_places_never_its_words(written):
    def insert() -> None:
        raise psycopg.errors.UniqueViolation(f"Key (email)=({SECRET}) already exists")

    try:
        insert()
    except psycopg.Error:
        logging.getLogger("django.request").exception("Internal Server Error")
        structlog.get_logger("doleance").exception("import_failed", message="0198")
    first, second = written()
    assert first["error"] == second["error"] == "psycopg.errors.UniqueViolation"
    assert "test_logs.py" in first["places"]
    assert ":insert" in second["places"]
    assert second["event"] == "import_failed"
    assert SECRET not in json.dumps([first, second])


def test_a_chain_of_errors_tells_no_words_either(written):
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as inner:
            raise RuntimeError(SECRET) from inner
    except RuntimeError:
        logging.getLogger("x").exception("failed")
    assert SECRET not in json.dumps(written())


def test_of_a_request_the_route_is_kept_not_the_address(written):
    request = RequestFactory().get("/bienvenue/secret-de-128-bits/?q=Durand")
    extra = {"status_code": 404, "request": request}
    logging.getLogger("django.request").warning("Not Found: %s", request.path, extra=extra)
    (line,) = written()
    assert (line["event"], line["status"], line["method"]) == ("request", 404, "GET")
    assert "secret-de-128-bits" not in json.dumps(line)
    assert "Durand" not in json.dumps(line)


def test_the_web_servers_own_words_about_a_request_are_left_out(written):
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("gunicorn.error").exception("Error handling request %s", "/bienvenue/secret-de-128-bits/")
    logging.getLogger("gunicorn.error").warning("Worker (pid:%s) was sent SIGKILL!", 12)
    first, second = written()
    assert (first["event"], first["error"]) == ("request_failed", "builtins.ValueError")
    assert "secret-de-128-bits" not in json.dumps(first)
    assert SECRET not in json.dumps(first)
    assert second["event"] == "Worker (pid:12) was sent SIGKILL!"


def test_a_line_of_text_is_one_line(written):
    structlog.get_logger("doleance").info("job_taken_up_again", job=3, note="a\nb")
    (line,) = written()
    assert line["job"] == 3
    assert line["level"] == "info"
