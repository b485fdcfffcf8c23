"""One request to a model, bounded, to the address of the settings and no other."""

import socket

import pytest

from doleance.drafting import endpoint
from doleance.drafting.endpoint import Endpoint
from doleance.drafting.rules import BadAnswer, Failure
from tests.servers.model import Answer, open_model, spoken


@pytest.fixture
def model():
    with open_model() as found:
        yield found


def ask(model, **told):
    return endpoint.ask(Endpoint(f"{model.url}/chat/completions", "m", "clef"), {"model": "m"}, **told)


def refused(model, **told):
    with pytest.raises(BadAnswer) as failed:
        ask(model, **told)
    return failed.value.failure


def test_it_is_told_once_with_its_key(model):
    assert ask(model) == spoken("Bonjour,\n\nNous regardons.")
    assert model.heard == [{"model": "m"}]
    assert model.keys == ["Bearer clef"]
    assert model.paths == ["/v1/chat/completions"]


def test_without_a_key_none_is_shown(model):
    endpoint.ask(Endpoint(model.url, "m"), {})
    assert model.keys == [""]


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, Failure.REFUSED),
        (404, Failure.REFUSED),
        (429, Failure.BUSY),
        (500, Failure.SERVER),
        (503, Failure.BUSY),
        (204, Failure.SERVER),
    ],
)
def test_a_refusal_is_told_apart(model, status, failure):
    model.answers.append(Answer(status=status))
    assert refused(model) is failure


def test_no_redirection_is_followed(model):
    with open_model() as other:
        model.answers.append(Answer(status=307, headers={"Location": f"{other.url}/chat/completions"}))
        assert refused(model) is Failure.SERVER
        assert other.heard == []


def test_no_proxy_of_the_surroundings_is_used(model, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask(model)


def test_a_flood_is_cut(model):
    model.answers.append(Answer(b"a" * (endpoint.LARGEST + 1)))
    assert refused(model) is Failure.TOO_LARGE


def test_who_drips_for_ever_is_cut(model):
    model.answers.append(Answer(drips=True))
    assert refused(model, limit_s=0.2) is Failure.SLOW


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(BadAnswer) as failed:
        endpoint.ask(Endpoint(f"http://127.0.0.1:{port}/", "m"), {})
    assert failed.value.failure is Failure.UNREACHABLE
