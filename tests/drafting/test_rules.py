"""Where a model may be, what it is told, and which answers are kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.drafting import rules
from doleance.drafting.rules import BadAddress, BadAnswer, Failure, Said, Task
from tests.servers.model import spoken

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://modele.example/v1", "https://modele.example/v1/chat/completions"),
        ("https://modele.example/v1/", "https://modele.example/v1/chat/completions"),
        ("https://modele.example/a/chat/completions", "https://modele.example/a/chat/completions"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1/chat/completions"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions"),
        ("http://192.168.1.20/v1", "http://192.168.1.20/v1/chat/completions"),
    ],
)
def test_over_https_or_within_the_house(url, asked):
    assert rules.endpoint(url) == asked


@pytest.mark.parametrize(
    "url",
    [
        "http://modele.example/v1",
        "http://8.8.8.8/v1",
        "http://169.254.169.254/v1",
        "http://0.0.0.0/v1",
        "ftp://modele.example",
        "modele.example/v1",
        "https://cle:secret@modele.example/v1",
        "https://modele.example/v1?cle=secret",
        "https://",
        "",
    ],
)
def test_conversations_go_nowhere_else(url):
    with pytest.raises(BadAddress, match=r"[a-zé]+.*\.$"):
        rules.endpoint(url)


def asked(said=(), grievances=()):
    body = rules.request(Task.REPLY, said=said, grievances=grievances, language="fr", model="m")
    return body, json.loads(body["messages"][1]["content"])


def test_who_said_what_is_told_in_its_order():
    body, told = asked([Said(True, "Cassée"), Said(False, "Nous regardons")], ["Bouilloire"])
    assert told == {
        "griefs": ["Bouilloire"],
        "messages": [{"de": "réclamant", "texte": "Cassée"}, {"de": "maison", "texte": "Nous regardons"}],
    }
    assert (body["model"], body["temperature"]) == ("m", 0)
    assert body["response_format"]["json_schema"]["strict"] is True


@given(st.lists(st.tuples(st.booleans(), st.text(max_size=9_000)), max_size=8))
def test_what_is_told_is_bounded_and_the_newest_is_kept(said):
    _, told = asked([Said(is_theirs, text) for is_theirs, text in said])
    kept = [one["texte"] for one in told["messages"]]
    assert sum(map(len, kept)) <= rules.LONGEST_ASKED
    if said:
        assert kept[-1] == said[-1][1][: rules.LONGEST_ASKED]
        assert [text for _, text in said][-len(kept) + 1 :] == kept[1:] or len(kept) == 1


def test_a_right_answer_is_its_text():
    assert rules.answer(spoken("  Bonjour,\n\nNous regardons.\n")) == "Bonjour,\n\nNous regardons."


@pytest.mark.parametrize(
    ("content", "failure"),
    [
        (b"", Failure.NOT_JSON),
        (b"<html>", Failure.NOT_JSON),
        (b"[]", Failure.NOT_JSON),
        (b'{"choices": []}', Failure.NOT_JSON),
        (b'{"choices": [{"message": {"content": null}}]}', Failure.NOT_JSON),
        (b'{"choices": [{"message": {"content": "Bonjour"}}]}', Failure.NOT_JSON),
        (b'{"choices": [{"message": {"content": "{\\"text\\": \\"a\\", \\"more\\": 1}"}}]}', Failure.NOT_JSON),
        (b'{"choices": [{"message": {"content": "{\\"text\\": [\\"a\\"]}"}}]}', Failure.NOT_JSON),
        (b"[" * 100_000, Failure.NOT_JSON),
        (spoken("  \n "), Failure.NOT_JSON),
        (spoken("a" * 6_001), Failure.TOO_LARGE),
        (spoken("Voyez https://ailleurs.example/payer"), Failure.UNFIT),
        (spoken("Voyez www.ailleurs.example"), Failure.UNFIT),
        (spoken("Écrivez à aide@ailleurs.example"), Failure.UNFIT),
    ],
)
def test_a_wrong_answer_is_refused(content, failure):
    with pytest.raises(BadAnswer) as refused:
        rules.answer(content)
    assert refused.value.failure is failure


@given(JSON | st.binary(max_size=60))
def test_whatever_comes_back_is_a_text_or_is_refused(told):
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    with pytest.raises(BadAnswer):
        rules.answer(content)


@given(st.text(max_size=300))
def test_what_is_kept_can_be_shown(text):
    try:
        kept = rules.answer(spoken(text))
    except BadAnswer:
        return
    assert kept
    assert all(sign.isprintable() or sign == "\n" for sign in kept)
