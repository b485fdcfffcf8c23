"""Keys, links and codes: their rules without a database (the actions are in test_access_actions)."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.complaints import access, following
from doleance.complaints.access import Asked, Mailed, TooManyCodes, Use
from doleance.kernel import ids
from doleance.kernel.tongue import FRENCH

KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SUBJECT = UUID("018f3b1e-0000-7000-8000-000000000001")


@given(st.uuids(), st.sampled_from(Use))
def test_a_secret_is_22_signs_and_always_the_same(subject, use):
    secret = access.secret_for(key=KEY, purpose=use, subject=subject)
    assert access.is_secret(secret)
    assert len(secret) == access.SECRET_SIGNS
    assert secret == access.secret_for(key=KEY, purpose=use, subject=subject)


@given(st.uuids(), st.uuids(), st.sampled_from(Use), st.sampled_from(Use))
def test_another_subject_use_or_key_is_another_secret(one, other, use, other_use):
    secret = access.secret_for(key=KEY, purpose=use, subject=one)
    if (one, use) != (other, other_use):
        assert secret != access.secret_for(key=KEY, purpose=other_use, subject=other)
    assert secret != access.secret_for(key=b"j" * 32, purpose=use, subject=one)


def test_a_secret_is_worked_out_by_hand():
    """HMAC-SHA256 of the use and the subject, its first 128 bits in base64url: by another road than the product's."""
    inner = bytes(byte ^ 0x36 for byte in KEY.ljust(64, b"\0"))
    outer = bytes(byte ^ 0x5C for byte in KEY.ljust(64, b"\0"))
    message = b"doleance.follow\0mail\0" + SUBJECT.bytes
    mac = hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).digest()
    assert access.secret_for(key=KEY, purpose=Use.MAIL, subject=SUBJECT) == (
        base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")
    )


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="128 bits"):
        access.secret_for(key=b"short", purpose=Use.KEY, subject=SUBJECT)


@given(st.sampled_from(Use), st.sampled_from(Use), st.uuids())
def test_a_digest_is_bound_to_its_use(one, other, subject):
    secret = access.secret_for(key=KEY, purpose=one, subject=subject)
    assert (access.digest(one, secret) == access.digest(other, secret)) == (one is other)


@given(st.uuids())
def test_a_written_key_is_read_back_however_it_is_typed(subject):
    secret = access.secret_for(key=KEY, purpose=Use.KEY, subject=subject)
    written = access.written_key(secret)
    assert set(written) <= set(ids.ALPHABET) | {"-"}
    assert len(written.replace("-", "")) == 26
    spellings = (written, written.lower(), written.replace("-", " "), f"  {written.replace('-', '')}\n", secret)
    assert {access.read_key(one) for one in (*spellings, f" {secret[:11]} {secret[11:]} ")} == {secret}
    assert access.read_key(written.replace("-", "\u2011")) == secret


@given(st.text(max_size=60))
def test_reading_never_fails_and_gives_a_key_or_nothing(text):
    read = access.read_key(text)
    assert read == "" or access.is_secret(read)
    code = access.read_code(text)
    assert code == "" or (len(code) == 6 and code.isdigit())
    assert len(access.read_reference(text)) <= 60


@given(st.text(alphabet=ids.ALPHABET, min_size=26, max_size=26))
def test_a_key_has_one_spelling_apart_from_its_dashes(signs):
    """Two written keys never lead to one secret: the two empty bits are checked."""
    read = access.read_key(signs)
    assert read == "" or access.written_key(read).replace("-", "") == signs


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("R26-7K4M-W", "R26-7K4M-W"),
        (" r26 7k4m w ", "R26-7K4M-W"),
        ("r267k4mw", "R26-7K4M-W"),
        ("R26\u20137K4M\u2013W", "R26-7K4M-W"),
        ("bonjour", "BONJOUR"),
    ],
)
def test_a_reference_is_read_however_it_is_typed(typed, read):
    assert access.read_reference(typed) == read


@given(st.uuids())
def test_a_code_has_six_digits_and_hangs_on_its_request(subject):
    code = access.code_for(key=KEY, subject=subject)
    assert access.read_code(f"{code[:3]} {code[3:]}") == code
    digest = access.code_digest(key=KEY, subject=subject, code=code)
    assert digest != access.code_digest(key=KEY, subject=uuid4(), code=code)
    assert digest != access.code_digest(key=b"j" * 32, subject=subject, code=code)


def test_codes_are_spread():
    """Ten thousand codes: no leading digit is rare, and few are the same (about fifty pairs among a million)."""
    codes = [access.code_for(key=KEY, subject=UUID(int=number)) for number in range(10_000)]
    assert all(850 < sum(code[0] == digit for code in codes) < 1150 for digit in "0123456789")
    assert len(set(codes)) > 9_900


@pytest.mark.parametrize(("ago", "may"), [((), True), ((5, 10), True), ((5, 10, 20), False), ((5, 10, 61), True)])
def test_three_codes_an_hour_for_a_pair(ago, may):
    asked = Asked(by_pair=[NOW - timedelta(minutes=minutes) for minutes in ago])
    if may:
        access.may_ask(asked, at=NOW)
    else:
        with pytest.raises(TooManyCodes):
            access.may_ask(asked, at=NOW)


def test_six_codes_a_day_for_a_pair_and_more_for_a_network():
    hours = [NOW - timedelta(hours=hours) for hours in range(2, 8)]
    with pytest.raises(TooManyCodes):
        access.may_ask(Asked(by_pair=hours), at=NOW)
    access.may_ask(Asked(by_pair=hours[:5], by_origin=hours), at=NOW)
    with pytest.raises(TooManyCodes):
        access.may_ask(Asked(by_origin=[NOW - timedelta(minutes=1)] * access.ORIGIN_PER_HOUR), at=NOW)


@pytest.mark.parametrize(
    ("tries", "late", "used", "may"),
    [(0, 0, False, True), (4, 9, False, True), (5, 0, False, False), (0, 10, False, False), (0, 0, True, False)],
)
def test_a_code_serves_ten_minutes_five_tries_once(tries, late, used, may):
    at = NOW + timedelta(minutes=late)
    told = {"expires_at": NOW + access.CODE_LIFE, "tries": tries, "used_at": NOW if used else None}
    assert access.may_try(**told, at=at) is may


@pytest.mark.parametrize(
    ("value", "masked"),
    [("06 12 34 56 78", "06 12 •• •• 78"), ("+33612345678", "+3361•••••78"), ("112", "•••")],
)
def test_a_telephone_is_masked(value, masked):
    assert access.masked_phone(value) == masked


def test_an_address_is_masked():
    assert access.masked_email("helene.durand@courriel.example") == "h•••@courriel.example"
    assert access.masked_email("") == "•••"


@given(st.text(max_size=200))
def test_no_link_is_left_in_a_text(text):
    token = access.secret_for(key=KEY, purpose=Use.MAIL, subject=SUBJECT)
    masked = following.mask_links(f"{text} https://maison.example/suivi/l/{token}/ et /recu/{token}/ {text}")
    assert token not in masked


def test_a_correction_is_told_in_words():
    [title, *_] = following.points_of("billing")
    assert following.in_words(2, {title: "Une facture en double"}, tongue=FRENCH).splitlines() == [
        "Correction du point 2",
        "Ce dont vous vous plaignez\u00a0: Une facture en double",
    ]


def test_an_unknown_point_is_refused():
    with pytest.raises(following.NoSuchPoint):
        following.changes("billing", {"reasons": "x"}, {})


FILE, OTHER = uuid4(), uuid4()


def mailed(file, *ago, is_typed=False):
    return [Mailed(file, is_typed, NOW - timedelta(minutes=one)) for one in ago]


@pytest.mark.parametrize(
    ("sent", "is_typed", "is_verified", "leaves"),
    [
        ([], False, False, True),
        (mailed(OTHER, 59), False, False, False),  # nobody proved this mailbox: all files together
        (mailed(OTHER, 61), True, False, True),
        (mailed(OTHER, 61, 180, 300, is_typed=True), False, False, False),
        (mailed(FILE, 1, 2, 3), False, True, False),
        (mailed(OTHER, 1, 2, 3), False, True, False),
        (mailed(OTHER, *range(40), is_typed=True), False, True, True),  # strangers spend nothing of one's own
        (mailed(OTHER, 1, 2, 3, is_typed=True), True, True, True),  # nor of another file's
        (mailed(FILE, 1, 2, 3, is_typed=True), True, True, False),
        (mailed(OTHER, 1, 2, 3, 4, 5, 6, is_typed=True), True, True, False),  # and flood nobody
        (mailed(FILE, 1, 2, 3), True, True, True),
    ],
)
def test_a_mailbox_has_its_shares_of_codes(sent, is_typed, is_verified, leaves):
    assert access.may_mail(sent, file=FILE, is_typed=is_typed, is_verified=is_verified, at=NOW) is leaves
