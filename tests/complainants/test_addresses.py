"""How a party is reached: what proves an address, what says that it no longer works, and who mends it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.audit import queries as audit
from doleance.complainants import actions, queries, rules
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.kernel.errors import NotAllowed
from tests.cast import MORNING, TESTS

HOUR = timedelta(hours=1)
DURAND = "helene.durand@courriel.example"


@pytest.fixture
def address(cast) -> Address:
    return cast.durand.addresses.get()


@pytest.fixture
def invalid(address) -> Address:
    assert actions.mark_invalid(address=address, because="5.1.1 no such user", by=TESTS, at=MORNING)
    address.refresh_from_db()
    return address


def codes(address):
    return [event.code for event in audit.history(address.journal_stream)]


@pytest.mark.parametrize(
    ("channel", "value", "normal"),
    [
        (AddressChannel.EMAIL, " H.Durand@X.example ", "h.durand@x.example"),
        (AddressChannel.PHONE, "+33 (0)6 12-34-56-78", "+330612345678"),
        (AddressChannel.PHONE, "06 12 34 56 78", "0612345678"),
        (AddressChannel.PHONE, "3631", "3631"),
        (AddressChannel.PHONE, "12", ""),
        (AddressChannel.PHONE, "1" * 16, ""),
        (AddressChannel.PHONE, "rappelez-moi", ""),
        (AddressChannel.POST, "3, rue des Lilas\n44000  NANTES", "3, rue des lilas 44000 nantes"),
        (AddressChannel.POST, " \n", ""),
    ],
)
def test_two_spellings_of_one_contact_are_one(channel, value, normal):
    assert rules.normal_contact(channel, value) == normal


@given(st.sampled_from(AddressChannel), st.text(max_size=400))
def test_the_normal_form_of_a_contact_is_its_own(channel, value):
    normal = rules.normal_contact(channel, value)
    again = rules.normal_contact(channel, normal)
    assert again == normal or len(normal) == 320


@pytest.mark.parametrize(
    ("invalid_at", "written_at", "works"),
    [
        (None, MORNING, False),
        (MORNING, None, False),
        (MORNING, MORNING, False),
        (MORNING, MORNING - HOUR, False),
        (MORNING, MORNING + HOUR, True),
    ],
)
def test_only_a_mail_written_since_shows_that_an_address_works(invalid_at, written_at, works):
    assert rules.works_again(invalid_at=invalid_at, written_at=written_at) is works


def test_a_proved_mail_verifies_an_address_once(address):
    for _ in range(2):
        actions.heard_from(address=address, proved=True, written_at=MORNING, by=TESTS, at=MORNING)
        address.refresh_from_db()
    assert address.verified
    assert codes(address).count("address_verified") == 1
    actions.heard_from(address=address, proved=False, written_at=MORNING, by=TESTS, at=MORNING)
    assert Address.objects.get(pk=address.pk).verified


def test_an_address_that_refuses_gets_no_letter_any_more(cast, invalid):
    assert (invalid.invalid_at, invalid.invalid_because) == (MORNING, "5.1.1 no such user")
    assert queries.email_of(cast.durand) == ""
    assert queries.bounced_of(cast.durand) == invalid
    assert queries.is_invalid(DURAND.upper())
    assert list(queries.bounced()) == [invalid]
    assert codes(invalid)[-1] == "address_invalid"


def test_a_second_refusal_is_no_news(invalid):
    assert not actions.mark_invalid(address=invalid, because="5.2.2 full", by=TESTS, at=MORNING + HOUR)
    assert Address.objects.get(pk=invalid.pk).invalid_because == "5.1.1 no such user"


def test_who_has_another_address_is_reached_there_and_is_no_task(cast, invalid):
    new, agent = "h.durand@bureau.example", cast.amelie.actor()
    actions.add_address(party=cast.durand, channel=AddressChannel.EMAIL, value=new, by=agent, at=MORNING)
    assert queries.email_of(cast.durand) == "h.durand@bureau.example"
    assert queries.bounced_of(cast.durand) is None
    assert not queries.bounced().exists()


def test_a_mail_from_it_shows_that_it_works(cast, invalid):
    actions.heard_from(address=invalid, proved=True, written_at=MORNING + HOUR, by=TESTS, at=MORNING + HOUR)
    invalid.refresh_from_db()
    assert (invalid.invalid_at, invalid.invalid_because, invalid.verified) == (None, "", True)
    assert codes(invalid)[-1] == "address_works"


def test_an_address_is_corrected_and_nothing_of_the_old_one_stays_but_the_journal(cast, invalid):
    actions.heard_from(address=invalid, proved=True, written_at=None, by=TESTS, at=MORNING)
    agent = cast.amelie.actor()
    mended = actions.correct_address(address=invalid, value=" H.Durand@courriel.example", by=agent, at=MORNING)
    assert (mended.value, mended.normal) == ("H.Durand@courriel.example", "h.durand@courriel.example")
    assert (mended.verified, mended.invalid_at, mended.invalid_because) == (False, None, "")
    assert not queries.writes_from(cast.durand, DURAND)
    assert codes(invalid)[-1] == "address_corrected"


def test_an_address_is_trusted_again(cast, invalid):
    for _ in range(2):
        actions.trust_address(address=invalid, by=cast.amelie.actor(), at=MORNING)
    assert queries.email_of(cast.durand) == DURAND
    assert codes(invalid).count("address_works") == 1


@pytest.mark.parametrize("value", ["", "helene", "helene@", "a b@x.example", "h@x..example", f"{'h' * 330}@x.example"])
def test_a_mail_address_that_leads_to_nobody_is_refused(cast, invalid, value):
    with pytest.raises(rules.ContactUnreadable):
        actions.correct_address(address=invalid, value=value, by=cast.amelie.actor(), at=MORNING)


def test_the_address_of_another_party_is_refused_and_does_not_say_whose(cast, invalid):
    with pytest.raises(rules.AddressOfAnother) as refused:
        actions.correct_address(
            address=invalid, value="Marc.Petit@courriel.example", by=cast.amelie.actor(), at=MORNING
        )
    assert "Petit" not in str(refused.value)


def test_an_address_that_the_party_has_already_is_refused(cast, invalid):
    agent = cast.amelie.actor()
    with pytest.raises(rules.AddressKnown):
        actions.add_address(party=cast.durand, channel=AddressChannel.EMAIL, value=DURAND, by=agent, at=MORNING)
    same = actions.correct_address(address=invalid, value="Helene.Durand@courriel.example", by=agent, at=MORNING)
    assert same.invalid_at is None  # its own spelling is no other address


def test_a_household_shares_a_letter_box_and_a_telephone(cast):
    agent = cast.amelie.actor()
    for party in (cast.durand, cast.petit):
        for channel, value in (
            (AddressChannel.POST, "3, rue des Lilas\n44000 Nantes"),
            (AddressChannel.PHONE, "3631"),
        ):
            actions.add_address(party=party, channel=channel, value=value, by=agent, at=MORNING)
    assert queries.postal_of(cast.petit) == "3, rue des Lilas\n44000 Nantes"
    assert [one.channel for one in queries.addresses(cast.petit)] == ["email", "phone", "post"]
    with pytest.raises(rules.AddressKnown):
        actions.add_address(party=cast.petit, channel=AddressChannel.PHONE, value="36 31", by=agent, at=MORNING)


@pytest.mark.parametrize("person", ["ines", "paul", "nadia", "karim"])
def test_only_who_handles_files_mends_addresses(cast, invalid, person):
    actor = getattr(cast, person).actor()
    told: dict[str, Any] = {"channel": AddressChannel.PHONE, "value": "3631"}
    for mend in (
        lambda: actions.correct_address(address=invalid, value="h@x.example", by=actor, at=MORNING),
        lambda: actions.trust_address(address=invalid, by=actor, at=MORNING),
        lambda: actions.add_address(party=cast.durand, **told, by=actor, at=MORNING),
    ):
        with pytest.raises(NotAllowed):
            mend()
    assert Address.objects.get(pk=invalid.pk).invalid_at == MORNING


def test_every_event_of_a_party_has_its_sentence(cast, invalid):
    actions.trust_address(address=invalid, by=cast.amelie.actor(), at=MORNING)
    assert set(codes(invalid)) <= set(queries.journal_codes())
