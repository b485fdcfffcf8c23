"""What a deposit says of people we knew: an agent's own call completes them, the rest waits for a press."""

from dataclasses import replace
from uuid import uuid4

import pytest

from doleance.accounts.rules import machine
from doleance.audit.models import AuditEvent
from doleance.complainants import queries as complainants
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.complaints.models import Complaint
from doleance.intake.actions import adopting, deposits, drafts
from doleance.intake.actions.adopting import Item, said
from doleance.intake.deposits import Contact, Deposit, DepositWay, Representative
from doleance.kernel.errors import NotAllowed
from tests import factories
from tests.cast import MORNING

pytestmark = pytest.mark.django_db
TOLD = Contact(
    name="H. Durand",
    title="Maître",
    email="helene.durand@courriel.example",
    phone="06 12 34 56 78",
    postal="3 rue des Lilas\n69003 Lyon",
    preferred=AddressChannel.PHONE,
    reach_when="le matin",
    adaptations="gros caractères",
    status=PartyStatus.CONSUMER,
    is_customer=True,
)
ALL_ITEMS = {one for one in Item if one is not Item.EMAIL}


def deposit(contact=TOLD, **more):
    return Deposit(branch="delivery", text="Mon colis n’est pas là.", contact=contact, **more)


def typed(cast, told=None):
    draft = drafts.begin(entity=cast.entity, language="fr", at=MORNING)
    return deposits.submit(draft=draft, deposit=told or deposit(), by=machine("portal"), at=MORNING).complaint


def called(cast, told=None, way=DepositWay.PHONE, who=None):
    where = {"entity": cast.entity, "team": cast.team, "received_at": MORNING, "once": uuid4()}
    return deposits.record(deposit=told or deposit(), way=way, **where, by=(who or cast.amelie).actor(), at=MORNING)


def items(complaint):
    return {one.item for one in said(Complaint.objects.get(pk=complaint.pk))}


def codes(party):
    return [one.code for one in AuditEvent.objects.filter(stream=party.journal_stream).order_by("seq")]


def ways(party):
    return {(one.channel, one.value) for one in complainants.addresses(party)}


def test_what_a_form_says_of_somebody_known_is_told_apart_and_changes_nothing(cast):
    complaint = typed(cast)
    assert complaint.party == cast.durand
    assert items(complaint) == ALL_ITEMS
    cast.durand.refresh_from_db()
    assert (cast.durand.preferred, cast.durand.title) == ("", "")


def test_of_somebody_new_there_is_nothing_to_tell_apart(cast):
    assert items(typed(cast, deposit(replace(TOLD, email="neuf@courriel.example")))) == set()


def test_a_file_that_nobody_typed_has_nothing_to_say(cast):
    assert said(factories.complaint(cast)) == ()


def test_one_thing_is_taken_up_and_the_others_wait(cast):
    complaint = typed(cast)
    adopting.adopt(complaint=complaint, code="party-reach_when", by=cast.amelie.actor(), at=MORNING)
    cast.durand.refresh_from_db()
    assert (cast.durand.reach_when, cast.durand.adaptations) == ("le matin", "")
    assert items(complaint) == ALL_ITEMS - {Item.REACH_WHEN}
    assert codes(cast.durand)[-1] == "party_completed"


def test_all_of_it_is_taken_up_but_the_name_in_one_event_and_once(cast):
    complaint = typed(cast)
    before = codes(cast.durand)
    for _ in range(2):
        adopting.adopt(complaint=complaint, by=cast.amelie.actor(), at=MORNING)
    cast.durand.refresh_from_db()
    assert cast.durand.name == "Hélène Durand"
    assert (cast.durand.title, cast.durand.preferred) == ("Maître", "phone")
    assert (cast.durand.status, cast.durand.is_customer) == ("consumer", True)
    assert (AddressChannel.PHONE, "06 12 34 56 78") in ways(cast.durand)
    assert items(complaint) == {Item.NAME}
    assert codes(cast.durand) == [*before, "party_completed"]


def test_who_does_not_handle_files_takes_up_nothing(cast):
    complaint = typed(cast)
    with pytest.raises(NotAllowed):
        adopting.adopt(complaint=complaint, by=cast.ines.actor(), at=MORNING)


def test_what_a_representative_says_of_themselves_is_theirs(cast):
    told = deposit(Contact(name="Yvonne Durand"), representative=Representative(TOLD, "sa fille"))
    complaint = typed(cast, told)
    assert complaint.representative == cast.durand
    assert {one.code for one in said(complaint)} >= {"representative-phone", "representative-reach_when"}
    adopting.adopt(complaint=complaint, code="representative-reach_when", by=cast.amelie.actor(), at=MORNING)
    cast.durand.refresh_from_db()
    assert cast.durand.reach_when == "le matin"


@pytest.mark.parametrize("way", [*DepositWay])
def test_what_an_agent_heard_completes_somebody_known(cast, way):
    complaint = called(cast, way=way)
    cast.durand.refresh_from_db()
    assert (cast.durand.preferred, cast.durand.reach_when) == ("phone", "le matin")
    assert cast.durand.adaptations == "gros caractères"
    assert (AddressChannel.PHONE, "06 12 34 56 78") in ways(cast.durand)
    assert items(complaint) == {Item.NAME}


def test_what_contradicts_what_we_know_waits_for_somebody_to_say(cast):
    called(cast)
    other = replace(TOLD, phone="+33 6 99 99 99 99", preferred=AddressChannel.EMAIL, reach_when="", name="")
    complaint = called(cast, deposit(other))
    cast.durand.refresh_from_db()
    assert cast.durand.preferred == "phone"
    assert items(complaint) == {Item.PHONE, Item.PREFERRED}


def test_one_number_written_with_its_country_is_the_same_one(cast):
    called(cast)
    assert Item.PHONE not in items(called(cast, deposit(replace(TOLD, phone="+33 6 12 34 56 78"))))
