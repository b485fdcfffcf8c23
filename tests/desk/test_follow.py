"""What a page that follows a file says of the ways to reach somebody: those that were given there, and no others."""

import pytest

from doleance.accounts.rules import machine
from doleance.audit import actions as audit
from doleance.complainants.rules import AddressChannel
from doleance.desk.queries.follow import followed
from doleance.intake.actions import deposits, drafts
from doleance.intake.deposits import Contact, Deposit
from doleance.kernel.languages import tongue
from tests import factories
from tests.cast import MORNING, TESTS

pytestmark = pytest.mark.django_db
EMAIL = "zoe.martin@courriel.example"


def typed(cast, contact):
    draft = drafts.begin(entity=cast.entity, language="fr", at=MORNING)
    deposit = Deposit(branch="other", text="Bonjour", contact=contact)
    return deposits.submit(draft=draft, deposit=deposit, by=machine("portal"), at=MORNING).complaint


@pytest.fixture
def known(cast):
    """Zoé, who prefers the telephone; the house has its number."""
    zoe = Contact(name="Zoé Martin", email=EMAIL, phone="06 12 34 56 78", preferred=AddressChannel.PHONE)
    return typed(cast, zoe).party


def reach(complaint):
    return followed(complaint=complaint, tongue=tongue("fr"), at=MORNING).reach


def test_who_types_the_address_of_another_learns_nothing_of_their_telephone(cast, calendars, known):
    complaint = typed(cast, Contact(email=EMAIL, phone="07 00 00 00 00"))
    assert complaint.party == known
    assert reach(complaint) == "Nous vous répondons par courriel, à z•••@courriel.example."


def test_who_gives_a_telephone_is_told_of_it(cast, calendars, known):
    assert "06 12 •• •• 78" in reach(typed(cast, Contact(email=EMAIL, phone="06 12 34 56 78")))
    assert "01 02 •• •• 05" in reach(typed(cast, Contact(name="Zoé", phone="01 02 03 04 05")))
    assert reach(typed(cast, Contact())) == ""


def test_who_wrote_by_mail_is_told_of_the_ways_we_know(cast, calendars, known):
    assert "06 12 •• •• 78" in reach(factories.complaint(cast, party=known))


def test_what_was_erased_tells_nothing(cast, calendars, known):
    complaint = typed(cast, Contact(email=EMAIL))
    audit.erase(subject=known.id, authority="rgpd", article="17", by=TESTS.id, at=MORNING)
    assert reach(complaint) == ""
