"""Keys, links and codes in the database: given, found, spent, closed; and what a stranger learns, which is nothing."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doleance.accounts.rules import complainant
from doleance.audit import queries as audit
from doleance.complainants import actions as complainants
from doleance.complaints import access, queries
from doleance.complaints.access import Entry, TooManyCodes, Use
from doleance.complaints.actions import access as accesses
from doleance.complaints.actions import dossiers
from doleance.complaints.models import FollowCode, FollowLink, TrackingKey
from doleance.complaints.rules import LinkUse, MoveRefused, State
from doleance.kernel.errors import NotAllowed
from tests import factories
from tests.cast import MORNING, TESTS

DURAND = "helene.durand@courriel.example"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def file(cast, calendars):
    return factories.complaint(cast)


def secret(use, subject):
    return access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=use, subject=subject)


def digits(asked):
    return access.code_for(key=settings.DOLEANCE_FOLLOW_KEY, subject=asked.pk)


def mailed(reference, contact=DURAND, at=MORNING):
    """A code whose mail is in the outbox."""
    asked = accesses.ask_code(reference=reference, contact=contact, at=at)
    accesses.note_mailed(asked=asked.pk, at=at)
    return asked


def test_a_key_opens_its_file_and_no_other(cast, file):
    key = secret(Use.KEY, file.pk)
    accesses.give_key(complaint=file, secret=key, by=TESTS, at=MORNING)
    other = factories.complaint(cast)
    written = access.written_key(key).lower()
    assert queries.find_by_key(reference=file.reference.lower(), key=written) == file
    assert queries.find_by_key(reference=other.reference, key=written) is None
    assert queries.find_by_key(reference=file.reference, key=secret(Use.KEY, other.pk)) is None
    assert queries.find_by_key(reference=file.reference, key="") is None


def test_a_key_is_given_once_and_its_digest_alone_is_kept(file):
    key = secret(Use.KEY, file.pk)
    one = accesses.give_key(complaint=file, secret=key, by=TESTS, at=MORNING)
    assert accesses.give_key(complaint=file, secret=key, by=TESTS, at=MORNING) == one
    kept = TrackingKey.objects.get()
    assert bytes(kept.digest) == access.digest(Use.KEY, key)
    assert key.encode() not in bytes(kept.digest)


def test_a_link_lives_ninety_days_and_is_bound_to_its_use(file):
    token = secret(Use.MAIL, uuid4())
    accesses.give_link(complaint=file, purpose=LinkUse.MAIL, secret=token, by=TESTS, at=MORNING)
    assert queries.find_by_link(token=token, at=MORNING + 90 * DAY - MINUTE) == file
    assert queries.find_by_link(token=token, at=MORNING + 90 * DAY) is None
    assert queries.find_by_link(token=token, at=MORNING, purposes=[Use.RECEIPT]) is None
    assert queries.find_by_key(reference=file.reference, key=token) is None


@pytest.mark.parametrize("token", ["", "a", "a" * 22, "a" * 23, "../../" + "a" * 16, "é" * 22, "a" * 5_000])
def test_a_forged_link_opens_nothing(file, token):
    accesses.give_link(complaint=file, purpose=LinkUse.MAIL, secret=secret(Use.MAIL, uuid4()), by=TESTS, at=MORNING)
    assert queries.find_by_link(token=token, at=MORNING) is None


def test_a_link_given_again_lives_longer_and_is_one_row(file):
    token, notice = secret(Use.MAIL, uuid4()), uuid4()
    told = {"complaint": file, "purpose": LinkUse.MAIL, "secret": token, "notice_id": notice, "by": TESTS}
    accesses.give_link(**told, at=MORNING)
    accesses.give_link(**told, at=MORNING + 3 * DAY)
    assert FollowLink.objects.get().expires_at == MORNING + 93 * DAY


def test_what_was_closed_stays_closed(cast, file):
    token = secret(Use.MAIL, uuid4())
    told = {"complaint": file, "purpose": LinkUse.MAIL, "secret": token, "by": TESTS}
    accesses.give_link(**told, at=MORNING)
    accesses.give_key(complaint=file, secret=secret(Use.KEY, file.pk), by=TESTS, at=MORNING)
    assert accesses.revoke(complaint=file, by=cast.amelie.actor(), at=MORNING + DAY) == 2
    assert queries.find_by_link(token=token, at=MORNING + DAY) is None
    assert queries.find_by_key(reference=file.reference, key=secret(Use.KEY, file.pk)) is None
    accesses.give_link(**told, at=MORNING + 2 * DAY)
    assert queries.find_by_link(token=token, at=MORNING + 2 * DAY) is None
    assert queries.revoked_since(file.pk, MORNING)
    assert not queries.revoked_since(file.pk, MORNING + 2 * DAY)


def test_who_does_not_handle_the_file_closes_nothing(cast, file):
    for by in (cast.chloe.actor(), cast.ines.actor(), complainant(file.pk)):
        with pytest.raises(NotAllowed):
            accesses.revoke(complaint=file, by=by, at=MORNING)


def test_a_visit_begun_by_a_code_ends_too_where_there_is_neither_key_nor_link(cast, file):
    asked = mailed(file.reference)
    assert accesses.revoke(complaint=file, by=cast.amelie.actor(), at=MORNING + MINUTE) == 0
    assert queries.revoked_since(file.pk, MORNING)
    assert accesses.spend_code(asked=asked.pk, code=digits(asked), at=MORNING + 2 * MINUTE) is None
    assert [event.code for event in audit.history(file.journal_stream)].count("access_revoked") == 1


def test_a_code_whose_mail_never_left_opens_nothing(file):
    """A million numbers are not many: what nobody was sent is nobody's."""
    asked = accesses.ask_code(reference=file.reference, contact=DURAND, at=MORNING)
    assert accesses.spend_code(asked=asked.pk, code=digits(asked), at=MORNING + MINUTE) is None


def test_who_asks_at_once_for_one_pair_waits_for_the_other(file):
    with CaptureQueriesContext(connection) as caught:
        accesses.ask_code(reference=file.reference, contact=DURAND, origin="n", at=MORNING)
    said = [one["sql"] for one in caught.captured_queries]
    held = next(place for place, sql in enumerate(said) if "pg_advisory_xact_lock" in sql)
    counted = next(place for place, sql in enumerate(said) if "doleance_followcode" in sql)
    assert held < counted


def test_requests_for_codes_are_forgotten_after_two_days(file):
    accesses.ask_code(reference=file.reference, contact=DURAND, at=MORNING)
    later = accesses.ask_code(reference=file.reference, contact=DURAND, at=MORNING + DAY)
    assert accesses.forget_codes(at=MORNING + 2 * DAY + MINUTE) == 1
    assert FollowCode.objects.get() == later


def test_a_code_opens_once(file):
    asked = mailed(file.reference)
    assert accesses.spend_code(asked=asked.pk, code=digits(asked), at=MORNING + MINUTE) == file
    assert accesses.spend_code(asked=asked.pk, code=digits(asked), at=MORNING + MINUTE) is None


def test_a_code_is_over_after_ten_minutes(file):
    asked = mailed(file.reference)
    assert accesses.spend_code(asked=asked.pk, code=digits(asked), at=MORNING + 10 * MINUTE) is None


def test_a_code_is_over_after_five_tries(file):
    asked = mailed(file.reference)
    wrong = "000000" if digits(asked) != "000000" else "111111"
    for _ in range(5):
        assert accesses.spend_code(asked=asked.pk, code=wrong, at=MORNING) is None
    assert accesses.spend_code(asked=asked.pk, code=digits(asked), at=MORNING) is None


def test_a_code_of_another_request_is_wrong(file):
    one, other = mailed(file.reference), mailed(file.reference)
    assert accesses.spend_code(asked=one.pk, code=digits(other), at=MORNING) is None


def test_the_right_code_of_a_pair_that_leads_nowhere_opens_nothing(file):
    asked = mailed(file.reference, "autre@courriel.example")
    assert asked.complaint_id is None
    assert accesses.spend_code(asked=asked.pk, code=digits(asked), at=MORNING) is None


def test_a_representative_may_ask_too(cast, file):
    file.representative = cast.petit
    asked = "marc.petit@courriel.example"
    assert queries.followed_by(reference=file.reference, normal=asked) is None
    represented = factories.complaint(cast, representative=cast.petit, capacity="son avocat")
    assert queries.followed_by(reference=represented.reference, normal=asked) == represented.pk


def test_an_address_of_the_house_follows_nothing(cast):
    party = complainants.recognise(name="Amélie", address=cast.amelie.email, by=TESTS, at=MORNING)
    file = factories.complaint(cast, party=party)
    assert queries.followed_by(reference=file.reference, normal=cast.amelie.email) is None


def shape(statement):
    """A statement without its values."""
    bare = re.sub(r"'(?:[^']|'')*'(?:::\w+)?", "?", statement)
    return re.sub(r"\b\d+\b|\bNULL\b|\bs\d+_x\d+\b", "?", bare)


def test_a_pair_that_exists_and_one_that_does_not_do_the_same_work(cast, file):
    """Not their time, which a test cannot hold: the statements, in their order, without their values."""
    pairs = [(file.reference, DURAND), (file.reference, "autre@courriel.example"), ("R26-2222-2", DURAND)]
    done = []
    for reference, contact in pairs:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            accesses.ask_code(reference=reference, contact=contact, origin="n", at=MORNING)
        done.append([shape(one["sql"]) for one in caught.captured_queries])
    assert len(done[0]) >= 4
    assert done[0] == done[1] == done[2]
    assert FollowCode.objects.count() == 3


def test_a_wrong_code_does_the_same_work_whatever_it_was_asked_for(file):
    rows = [
        accesses.ask_code(reference=file.reference, contact=contact, at=MORNING)
        for contact in (DURAND, "autre@courriel.example")
    ]
    done = []
    for asked in rows:
        wrong = "000000" if digits(asked) != "000000" else "111111"
        with CaptureQueriesContext(connection) as caught:
            assert accesses.spend_code(asked=asked.pk, code=wrong, at=MORNING) is None
        done.append([shape(one["sql"]) for one in caught.captured_queries])
    assert done[0] == done[1]


@pytest.mark.parametrize("contact", [DURAND, "autre@courriel.example"])
def test_a_pair_has_its_share_whether_it_exists_or_not(file, contact):
    for _ in range(3):
        accesses.ask_code(reference=file.reference, contact=contact, at=MORNING)
    with pytest.raises(TooManyCodes):
        accesses.ask_code(reference=file.reference, contact=contact, at=MORNING)
    accesses.ask_code(reference=file.reference, contact=contact, at=MORNING + timedelta(minutes=61))


def test_nothing_typed_is_kept(file):
    asked = accesses.ask_code(reference=file.reference, contact=DURAND, origin="n", at=MORNING)
    row = FollowCode.objects.filter(pk=asked.pk).values_list().get()
    assert not any(word in str(row) for word in (DURAND, file.reference, digits(asked)))


def test_a_visit_is_in_the_visitors_own_stream(file):
    accesses.enter(complaint=file, entry=Entry.LINK, by=complainant(file.pk), at=MORNING)
    [event] = audit.history(f"reader:{file.pk}")
    assert (event.code, event.by, event.facts["entry"]) == ("visit_begun", f"complainant:{file.pk}", "link")


def test_a_complainant_sees_one_file(cast, file):
    other = factories.complaint(cast)
    assert list(queries.visible_to(complainant(file.pk))) == [file]
    with pytest.raises(NotAllowed):
        dossiers.locked(other, by=complainant(file.pk))


@pytest.mark.parametrize("to", [State.ASSESSMENT, State.DECIDED, State.CLOSED])
def test_a_complainant_does_not_do_our_work(file, to):
    with pytest.raises((NotAllowed, MoveRefused)):
        dossiers.move(complaint=file, to=to, by=complainant(file.pk), at=MORNING)
