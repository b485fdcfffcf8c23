"""Identifiers: ordered, readable aloud, unguessable."""

import itertools
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.kernel.ids import ALPHABET, check_letter, is_reference, new_reference, new_secret, secret_digest, uuid7

bodies = st.text(ALPHABET, min_size=4, max_size=8)


def test_uuid7_is_one():
    """RFC 9562: version 7, variant 10, 48 bits of milliseconds first."""
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after


def test_uuid7_sorts_by_creation():
    made = [uuid7() for _ in range(10_000)]  # several in one millisecond: their order is that of their making
    assert made == sorted(made)


def test_uuid7_does_not_repeat():
    assert len({uuid7() for _ in range(10_000)}) == 10_000


def test_the_alphabet_has_no_lookalike():
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert not set("01IO") & set(ALPHABET)


@given(bodies, st.data())
def test_one_wrong_sign_is_found(body, data):
    place = data.draw(st.integers(0, len(body) - 1))
    wrong = data.draw(st.sampled_from(ALPHABET.replace(body[place], "")))
    assert check_letter(body[:place] + wrong + body[place + 1 :]) != check_letter(body)


@given(bodies, st.data())
def test_two_swapped_neighbours_are_found(body, data):
    place = data.draw(st.integers(0, len(body) - 2))
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    assert swapped == body or check_letter(swapped) != check_letter(body)


def test_check_letters_of_all_short_bodies_are_spread():
    counts = dict.fromkeys(ALPHABET, 0)
    for pair in itertools.product(ALPHABET, repeat=2):
        counts[check_letter("".join(pair))] += 1
    assert set(counts.values()) == {32}


def test_a_sign_outside_the_alphabet_is_refused():
    with pytest.raises(ValueError, match="substring not found"):
        check_letter("7K0M")


@given(st.integers(2000, 2099), st.integers(4, 8))
def test_a_new_reference_is_one(year, size):
    reference = new_reference(year, size)
    assert is_reference(reference)
    assert reference.startswith(f"R{year % 100:02d}-")
    assert len(reference) == 4 + size + 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "R26",
        "R26-7K4M",
        "R26-7K4M-",
        "X26-7K4M-W",
        "R2A-7K4M-W",
        "R²6-7K4M-W",
        "R26-7K4-W",
        "R26-7K4MMMMMM-W",
        "R26-7K0M-W",
        "r26-7K4M-W",
        "R26-7K4M-W-W",
        " R26-7K4M-W",
    ],
)
def test_what_is_not_a_reference(text):
    assert not is_reference(text)


def test_a_reference_with_the_wrong_check_letter_is_not_one():
    body = "7K4M"
    right = check_letter(body)
    assert is_reference(f"R26-{body}-{right}")
    assert not any(is_reference(f"R26-{body}-{letter}") for letter in ALPHABET if letter != right)


def test_secrets_are_long_and_stored_as_their_digest():
    secret = new_secret()
    assert len(secret) == 22  # 128 bits, URL-safe
    assert len({new_secret() for _ in range(1_000)}) == 1_000
    assert len(secret_digest(secret)) == 32
    assert secret_digest(secret) == secret_digest(secret) != secret_digest(new_secret())
