"""The raw form of what is typed: the same words give the same bytes, and any bytes are borne."""

import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels import media, registry
from doleance.channels.email.addresses import is_address
from doleance.channels.rules import Problem
from doleance.channels.typed import form

FORM = UUID("01a2020e-4783-72c2-9fdd-c59e0ea5f5f2")
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
    max_leaves=8,
)


@given(st.dictionaries(WORDS, JSON))
def test_what_was_told_comes_back(told):
    raw = form.written(form=FORM, told=told)
    assert form.told(raw) == told
    assert raw == form.written(form=FORM, told=dict(reversed(told.items())))


@given(st.dictionaries(WORDS, JSON))
def test_two_forms_are_never_the_same_bytes(told):
    assert form.written(form=FORM, told=told) != form.written(form=uuid4(), told=told)


def test_it_says_what_it_is():
    read = json.loads(form.written(form=FORM, told={"text": "é"}))
    assert read == {"format": "doleance-deposit", "version": 1, "form": str(FORM), "told": {"text": "é"}}


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_borne(raw):
    assert form.forms.parse(raw).problem == Problem.NOT_A_MESSAGE
    assert form.forms.html(raw) is None


@given(
    st.dictionaries(st.sampled_from(["contact", "representative", "text"]), JSON | st.just({"email": "a@b.example"}))
)
def test_whatever_was_told_reads_as_a_message(told):
    parsed = form.forms.parse(form.written(form=FORM, told=told))
    assert parsed.problem == Problem.NONE
    assert parsed.sender.address == "" or is_address(parsed.sender.address)
    assert "\x00" not in parsed.text + parsed.sender.name


def test_a_version_that_we_do_not_know_is_not_guessed_at():
    raw = json.dumps({"format": form.FORMAT, "version": 2, "told": {"text": "a"}}).encode()
    assert form.told(raw) is None


def test_who_writes_for_somebody_is_the_sender():
    told = {"contact": {"name": "A", "email": "a@b.example"}, "text": "t"}
    assert form.sender(told).name == "A"
    told["representative"] = {"contact": {"name": "B", "email": "b@b.example"}, "capacity": "sa fille"}
    assert (form.sender(told).name, form.sender(told).address) == ("B", "b@b.example")


@pytest.mark.parametrize("channel", ["web", "phone", "counter"])
def test_each_of_the_three_has_its_reader(channel):
    assert registry.CHANNELS[channel] is form.forms


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x89PNG\r\n\x1a\nx", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"RIFF....AVI ", media.OCTETS),
        (b"....ftypheic", "image/heic"),
        (b"....ftypisom", "video/mp4"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<html><script>", media.OCTETS),
        (b"<svg xmlns=", media.OCTETS),
        (b"", media.OCTETS),
    ],
)
def test_a_file_is_what_its_first_bytes_show(data, said):
    assert media.sniffed(data) == said


@given(st.binary())
def test_nothing_that_a_browser_would_run_is_ever_said(data):
    assert not media.sniffed(data).startswith(("text/", "image/svg", "application/x"))
