"""What somebody types becomes one file: the words kept as they are, the people recognised, the clocks started."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from doleance.accounts.rules import machine
from doleance.audit import verify
from doleance.audit.models import AuditEvent
from doleance.channels import queries as channels
from doleance.channels import registry
from doleance.channels.models import Attachment, Blob, Message
from doleance.channels.rules import MessageState, ParsedFile, ReceivedFrom, Source
from doleance.complainants import actions as acting
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address, Party
from doleance.complainants.rules import AddressChannel, ContactUnreadable, PartyStatus
from doleance.complaints import access, questions
from doleance.complaints import queries as complaint_queries
from doleance.complaints.access import Use
from doleance.complaints.models import Complaint, Exchange, FollowLink, Grievance, TrackingKey
from doleance.complaints.rules import State, UnknownCategory
from doleance.deadlines.models import Clock
from doleance.intake import deposits as rules
from doleance.intake import drafts
from doleance.intake.actions import deposits, filing
from doleance.intake.actions import drafts as drafting
from doleance.intake.deposits import Contact, Deposit, DepositWay, Representative, Wish
from doleance.intake.models import Draft, DraftFile
from doleance.kernel.errors import NotAllowed
from doleance.notifications import telling
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose, Way
from doleance.packs.rules import ClockKind
from tests import factories
from tests.cast import MORNING

pytestmark = pytest.mark.django_db
PUBLIC = machine("portal")
HOUR = timedelta(hours=1)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
WORDS = "Ma bouilloire est arrivée cassée.\nPersonne ne me répond."
HELENE = Contact(name="Hélène Durand", title="Madame", email="helene.durand@courriel.example", phone="06 12 34 56 78")
NEW = Contact(
    name="Zoé Martin",
    title="Madame",
    email="zoe.martin@courriel.example",
    phone="06 98 76 54 32",
    postal="3 rue des Lilas\n69003 Lyon",
    preferred=AddressChannel.PHONE,
    reach_when="le matin",
    adaptations="gros caractères",
    status=PartyStatus.CONSUMER,
    is_customer=False,
)
DELIVERY = Deposit(
    branch="delivery",
    text=WORDS,
    contact=NEW,
    expected="Un colis entier, le 12",
    facts={"order": "A-4711", "received": "damaged", "promised": "2026-11-12", "place": "?"},
    wishes=(Wish.REPAIR, Wish.OTHER),
    wanted="un bon d’achat",
    earlier="oui, en octobre",
)


def begun(cast, at=MORNING):
    return drafting.begin(entity=cast.entity, language="fr", at=at)


def sent(cast, deposit=DELIVERY, at=MORNING, draft=None):
    return deposits.submit(draft=draft or begun(cast), deposit=deposit, by=PUBLIC, at=at).complaint


def told(cast, deposit=DELIVERY, *, way=DepositWay.PHONE, who=None, once=None, received_at=MORNING, **changes):
    who = (who or cast.amelie).actor()
    known = {"entity": cast.entity, "team": cast.team, "received_at": received_at, "once": once or uuid4()}
    return deposits.record(deposit=deposit, way=way, **(known | changes), by=who, at=MORNING)


def grievance_of(complaint):
    return Grievance.objects.get(complaint=complaint)


def test_a_form_opens_a_file_that_says_what_was_told(cast):
    complaint = sent(cast)
    assert (complaint.state, complaint.team, complaint.entity) == (State.RECEIVED, cast.team, cast.entity)
    assert complaint.title == "Ma bouilloire est arrivée cassée. Personne ne me répond."
    assert complaint.earlier == "oui, en octobre"
    moments = (complaint.received_at, complaint.sent_at, complaint.first_written_at, complaint.registered_at)
    assert set(moments) == {MORNING}
    point = grievance_of(complaint)
    assert (point.number, point.category_id, point.quote) == (1, "delivery", WORDS)
    assert (point.expected, point.owner_id) == ("Un colis entier, le 12", None)
    assert point.wanted == "Que ce soit réparé ou remplacé\nun bon d’achat"
    assert point.facts == dict(DELIVERY.facts)
    assert [one.code for one in questions.missing(point.category_id, point.facts)] == []
    first = Exchange.objects.get(complaint=complaint)
    assert (first.text, point.exchange) == (WORDS, first)


def test_what_was_typed_is_in_the_ledger_byte_for_byte_before_anything_is_made_of_it(cast):
    draft = begun(cast)
    complaint = sent(cast, draft=draft)
    message = Message.objects.get()
    assert (message.id, message.channel, message.source) == (draft.id, "web", Source.FORM)
    assert (message.state, message.received_at, message.received_from) == (
        MessageState.LINKED,
        MORNING,
        ReceivedFrom.FORM,
    )
    assert (message.from_name, message.from_address, message.text) == (NEW.name, NEW.email, WORDS)
    raw = json.loads(channels.raw_of(message))
    assert (raw["format"], raw["version"], raw["form"]) == ("doleance-deposit", 1, str(draft.id))
    assert raw["told"]["contact"]["phone"] == NEW.phone
    codes = [one.code for one in AuditEvent.objects.filter(stream=message.journal_stream).order_by("seq")]
    assert codes == ["message_stored", "message_linked"]
    assert complaint.exchanges.get().message == message


def test_the_ledger_reads_again_what_was_typed(cast):
    sent(cast)
    message = Message.objects.get()
    read = registry.channel_of(message).parse(channels.raw_of(message))
    assert (read.sender.name, read.sender.address, read.text) == (NEW.name, NEW.email, WORDS)
    assert channels.html_of(message) is None


def test_what_was_told_comes_back_whole(cast):
    assert drafts.told(sent(cast)) == DELIVERY
    assert drafts.told(factories.complaint(cast)) is None


def test_two_people_who_write_the_same_words_write_two_messages(cast):
    silent = Deposit(branch="other", text="Bonjour")
    assert sent(cast, silent) != sent(cast, silent)
    assert Message.objects.count() == Complaint.objects.count() == 2


def test_a_draft_sent_twice_leads_to_the_same_file(cast):
    draft = begun(cast)
    first = deposits.submit(draft=draft, deposit=DELIVERY, by=PUBLIC, at=MORNING)
    again = deposits.submit(draft=draft, deposit=DELIVERY, by=PUBLIC, at=MORNING + HOUR)
    assert (first.is_new, again.is_new, again.complaint) == (True, False, first.complaint)
    assert (Complaint.objects.count(), Message.objects.count(), Notice.objects.count()) == (1, 1, 1)


def test_a_sent_draft_names_its_file_and_keeps_nothing_else(cast):
    draft = begun(cast)
    drafting.keep(draft=draft, page="tell", answers={"text": WORDS}, at=MORNING)
    drafting.add_file(draft=draft, name="photo.png", media_type="image/png", data=PNG, at=MORNING)
    complaint = sent(cast, draft=draft)
    kept = drafts.draft(draft.id, at=MORNING + timedelta(days=400))
    assert (kept.complaint, kept.answers, kept.submitted_at, kept.pressed) == (complaint, {}, MORNING, None)
    assert not DraftFile.objects.exists()
    with pytest.raises(rules.DraftSent):
        drafting.keep(draft=draft, page="tell", answers={}, at=MORNING)
    with pytest.raises(rules.DraftSent):
        drafting.erase(draft=draft)


def test_its_files_become_those_of_the_message(cast):
    draft = begun(cast)
    drafting.add_file(draft=draft, name="photo.png", media_type="image/png", data=PNG, at=MORNING)
    beside = ParsedFile("note.txt", "text/plain", "", False, b"deux")
    twin = ParsedFile("photo.png", "image/png", "", False, PNG)
    sent(cast, Deposit(branch="other", text="Voir photo", files=(beside, twin)), draft=draft)
    files = list(Attachment.objects.order_by("position"))
    assert [(one.name, one.media_type, channels.content_of(one)) for one in files] == [
        ("photo.png", "image/png", PNG),
        ("note.txt", "text/plain", b"deux"),
    ]
    raw = json.loads(channels.raw_of(Message.objects.get()))
    assert [one["sha256"] for one in raw["told"]["files"]] == [one.blob.sha256 for one in files]
    assert Blob.objects.count() == 1 + len(files)


def test_a_draft_that_was_erased_is_refused(cast):
    draft = begun(cast)
    drafting.erase(draft=draft)
    with pytest.raises(rules.DraftGone):
        sent(cast, draft=draft)


def test_a_draft_pressed_after_its_seven_days_is_received_all_the_same(cast):
    assert sent(cast, draft=begun(cast), at=MORNING + timedelta(days=8)).received_at == MORNING + timedelta(days=8)


# People


def test_somebody_new_is_made_known_with_all_that_they_said(cast):
    party = sent(cast).party
    assert (party.name, party.title, party.status, party.is_customer) == ("Zoé Martin", "Madame", "consumer", False)
    assert (party.preferred, party.reach_when, party.adaptations) == ("phone", "le matin", "gros caractères")
    ways = {(one.channel, one.value, one.verified) for one in complainants.addresses(party)}
    assert ways == {
        ("email", NEW.email, False),
        ("phone", NEW.phone, False),
        ("post", "Zoé Martin\n3 rue des Lilas\n69003 Lyon", False),
    }


def test_an_address_typed_in_a_form_recognises_and_changes_nothing_of_who_is_known(cast):
    before = {one.pk: (one.value, one.verified) for one in Address.objects.order_by("id")}
    liar = Contact(name="Quelqu’un d’autre", email=" Helene.Durand@Courriel.example", phone="0600000000")
    complaint = sent(cast, Deposit(branch="other", text="Bonjour", contact=liar))
    assert complaint.party == cast.durand
    cast.durand.refresh_from_db()
    assert (cast.durand.name, cast.durand.title) == ("Hélène Durand", "")
    assert {one.pk: (one.value, one.verified) for one in Address.objects.order_by("id")} == before
    assert drafts.told(complaint).contact.phone == "0600000000"


def test_without_an_address_two_homonyms_are_two_people(cast):
    contact = Contact(name="Jean Dupont", phone="01 02 03 04 05")
    one, other = (sent(cast, Deposit(branch="other", text="Bonjour", contact=contact)).party for _ in range(2))
    assert one != other
    assert one.name == other.name == "Jean Dupont"


def test_no_contact_at_all_is_received(cast):
    complaint = sent(cast, Deposit(branch="other", text="Bonjour"))
    assert complaint.party is None
    assert not Notice.objects.exists()
    assert Clock.objects.filter(complaint=complaint, met_at=None).exists()
    receipted = Clock.objects.get(complaint=complaint, kind=ClockKind.ACKNOWLEDGE)
    assert receipted.met_at == complaint.received_at, "the receipt was before their eyes"
    assert TrackingKey.objects.filter(complaint=complaint).exists()


def test_who_writes_for_somebody_is_a_second_person(cast):
    on_behalf = Representative(HELENE, "sa fille")
    complaint = sent(cast, Deposit(branch="other", text="Pour maman", contact=NEW, representative=on_behalf))
    assert (complaint.party.name, complaint.representative, complaint.capacity) == (
        "Zoé Martin",
        cast.durand,
        "sa fille",
    )
    assert complaint.mandate_at is None
    assert Notice.objects.get().to_address == HELENE.email


def test_an_address_that_both_give_is_that_of_who_writes(cast):
    mother = Contact(name="Simone Durand", email=HELENE.email.upper())
    on_behalf = Representative(HELENE, "sa fille")
    complaint = sent(cast, Deposit(branch="other", text="Pour maman", contact=mother, representative=on_behalf))
    assert (complaint.party.name, complaint.representative) == ("Simone Durand", cast.durand)
    assert complainants.addresses(complaint.party) == []


def test_danger_is_noted_on_the_file(cast):
    facts = {"item": "Bouilloire", "dangerous": "yes"}
    assert sent(cast, Deposit(branch="product", text="Elle brûle", facts=facts)).is_safety
    assert not sent(cast, Deposit(branch="product", text="Elle fuit", facts={"dangerous": "no"})).is_safety


# What is refused, with nothing changed


@pytest.mark.parametrize(
    ("deposit", "refusal"),
    [
        (Deposit(branch="other", text=" \n\0 "), rules.NothingTold),
        (Deposit(branch="other", text="a" * 50_001), rules.TextTooLong),
        (Deposit(branch="nowhere", text="Bonjour"), UnknownCategory),
        (Deposit(branch="delivery", text="Bonjour", facts={"promised": "hier"}), questions.FactUnreadable),
        (Deposit(branch="other", text="Bonjour", contact=Contact(email="zoé(at)courriel")), ContactUnreadable),
        (Deposit(branch="other", text="Bonjour", contact=Contact(phone="12")), ContactUnreadable),
        (Deposit(branch="other", text="Bonjour", contact=Contact(postal="r" * 400)), ContactUnreadable),
        (Deposit(branch="other", text="B", representative=Representative(HELENE, " ")), rules.CapacityMissing),
        (Deposit(branch="other", text="B", files=(ParsedFile("a", "a/b", "", False, b""),)), rules.FileEmpty),
    ],
)
def test_what_cannot_be_filed_is_refused_and_the_draft_stays(cast, deposit, refusal):
    draft = begun(cast)
    drafting.keep(draft=draft, page="tell", answers={"text": "ce qui était écrit"}, at=MORNING)
    with pytest.raises(refusal):
        sent(cast, deposit, draft=draft)
    assert drafts.draft(draft.id, at=MORNING).answers == {"tell": {"text": "ce qui était écrit"}}
    assert not Message.objects.exists()
    assert not Complaint.objects.exists()


# The acknowledgement


def test_the_acknowledgement_says_nothing_that_the_form_said(cast):
    factories.mailbox(cast)
    complaint = sent(cast)
    notice = Notice.objects.get()
    assert (notice.purpose, notice.to_address, notice.is_automatic) == (Purpose.ACKNOWLEDGEMENT, NEW.email, True)
    assert complaint.reference in notice.text
    for said in (WORDS, "bouilloire", "Zoé", "Martin", "un bon d’achat", "4711"):
        assert said not in notice.subject + notice.text


def test_somebody_reached_by_post_gets_a_letter_to_print(cast):
    factories.mailbox(cast)
    contact = Contact(name="Jean Dupont", postal="3 rue des Lilas\n69003 Lyon")
    sent(cast, Deposit(branch="other", text="Bonjour", contact=contact))
    letter = Notice.objects.get()
    assert (letter.way, letter.to_postal) == (Way.POST, "Jean Dupont\n3 rue des Lilas\n69003 Lyon")


def test_a_postal_address_that_nobody_could_deliver_to_keeps_nothing_from_being_received(cast):
    sent(cast, Deposit(branch="other", text="Bonjour", contact=Contact(postal="Lyon")))
    assert Complaint.objects.count() == 1
    assert not Notice.objects.exists()


@pytest.mark.parametrize("address", ["reclamations@maison.example", "no-reply@ailleurs.example"])
def test_no_machine_writes_to_an_address_of_ours_or_that_nobody_reads(cast, address):
    factories.mailbox(cast)
    complaint = sent(cast, Deposit(branch="other", text="Bonjour", contact=Contact(email=address)))
    assert not Notice.objects.exists()
    codes = {one.code for one in AuditEvent.objects.filter(stream=complaint.journal_stream).order_by("seq")}
    assert "acknowledgement_withheld" in codes


# Ways back


def test_the_key_and_the_receipt_s_address_come_from_the_draft_and_are_kept_nowhere(cast, settings):
    draft = begun(cast)
    complaint = sent(cast, draft=draft)
    secrets = {
        use: access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=use, subject=draft.id)
        for use in (Use.KEY, Use.RECEIPT)
    }
    assert bytes(TrackingKey.objects.get(complaint=complaint).digest) == access.digest(Use.KEY, secrets[Use.KEY])
    link = FollowLink.objects.get(complaint=complaint)
    assert bytes(link.digest) == access.digest(Use.RECEIPT, secrets[Use.RECEIPT])


# By a member of staff


def test_a_call_is_a_complaint_and_starts_nothing_that_counts_from_writing(cast):
    complaint = told(cast, received_at=MORNING - HOUR)
    assert (complaint.first_written_at, complaint.sent_at) == (None, None)
    assert (complaint.received_at, complaint.registered_at) == (MORNING - HOUR, MORNING)
    message = Message.objects.get()
    assert (message.channel, message.source, message.received_from) == ("phone", Source.STAFF, ReceivedFrom.STAFF)
    assert message.received_at == MORNING - HOUR
    assert AuditEvent.objects.get(stream=complaint.journal_stream, seq=1).by == f"user:{cast.amelie.id}"


def test_a_paper_handed_over_at_the_counter_starts_it_and_words_there_do_not(cast):
    assert told(cast, way=DepositWay.COUNTER).first_written_at == MORNING
    assert told(cast, way=DepositWay.COUNTER, is_written=False).first_written_at is None
    assert told(cast, way=DepositWay.PHONE, is_written=True).first_written_at == MORNING


def test_the_first_writing_on_a_file_that_was_only_told_is_noted_and_starts_what_counts_from_it(cast):
    complaint, later = told(cast, Deposit(branch="other", text="Allô", contact=HELENE)), MORNING + HOUR
    before = Clock.objects.filter(complaint=complaint).count()
    filing.attach(factories.incoming(cast, at=later), complaint, "by_hand", (), by=PUBLIC, at=later)
    complaint.refresh_from_db()
    assert (complaint.first_written_at, complaint.sent_at) == (later, later)
    assert Clock.objects.filter(complaint=complaint).count() >= before
    again = factories.incoming(cast, "Encore", at=later + HOUR)
    filing.attach(again, complaint, "by_hand", (), by=PUBLIC, at=later + HOUR)
    complaint.refresh_from_db()
    assert complaint.first_written_at == later
    assert verify.check().intact


def test_a_form_of_staff_sent_twice_makes_one_file(cast):
    once = uuid4()
    assert told(cast, once=once) == told(cast, Deposit(branch="other", text="Autre"), once=once)
    assert Complaint.objects.count() == Message.objects.count() == 1


def test_the_identifier_of_another_message_opens_nothing(cast):
    mail = factories.incoming(cast)
    with pytest.raises(NotAllowed):
        told(cast, once=mail.id)


def test_any_member_of_staff_deposits_and_the_auditor_does_not(cast):
    for person in (cast.amelie, cast.bruno, cast.chloe, cast.ines, cast.nadia, cast.karim):
        assert told(cast, who=person).pk
    with pytest.raises(NotAllowed):
        told(cast, who=cast.paul)


def test_nothing_is_received_later_than_now(cast):
    with pytest.raises(rules.ReceivedLater):
        told(cast, received_at=MORNING + HOUR)
    assert not Message.objects.exists()


# The journal


def test_the_journal_is_intact_and_says_what_the_rows_say(cast):
    factories.mailbox(cast)
    draft = begun(cast)
    drafting.add_file(draft=draft, name="photo.png", media_type="image/png", data=PNG, at=MORNING)
    on_behalf = Representative(HELENE, "sa fille")
    whole = Deposit(
        branch="delivery", text=WORDS, contact=NEW, representative=on_behalf, facts=DELIVERY.facts, earlier="oui"
    )
    sent(cast, whole, draft=draft)
    told(cast)
    sent(cast, Deposit(branch="other", text="Bonjour"))
    report = verify.check()
    assert report.intact, report.findings
    assert Party.objects.filter(name="Zoé Martin").count() == 1
    assert Draft.objects.filter(complaint__isnull=False).count() == 2


def test_who_types_the_address_of_another_learns_nothing_of_their_status(cast, calendars):
    """The recourse on a receipt, and the clocks, would tell that somebody is a professional."""
    acting.describe(
        party=cast.durand, status=PartyStatus.PROFESSIONAL, is_customer=None, by=cast.amelie.actor(), at=MORNING
    )
    cast.durand.refresh_from_db()
    typed = sent(cast, replace(DELIVERY, contact=HELENE))
    stranger = sent(cast, replace(DELIVERY, contact=replace(NEW, status=PartyStatus.UNKNOWN)))
    assert (typed.party, typed.names_known, typed.declared_status) == (cast.durand, True, "unknown")
    assert not stranger.names_known
    assert complaint_queries.known_status(typed) == PartyStatus.UNKNOWN
    shown = [(telling.recourse_of(one), sorted(clocks_of(one))) for one in (typed, stranger)]
    assert shown[0] == shown[1]
    assert complaint_queries.known_status(factories.complaint(cast)) == PartyStatus.PROFESSIONAL  # a mail of theirs


def test_who_made_somebody_known_is_treated_as_staff_corrected(cast, calendars):
    complaint = sent(cast)
    assert (complaint.names_known, complaint.declared_status) == (False, "consumer")
    acting.describe(
        party=complaint.party, status=PartyStatus.ASSOCIATION, is_customer=None, by=cast.amelie.actor(), at=MORNING
    )
    complaint.party.refresh_from_db()
    assert complaint_queries.known_status(complaint) == PartyStatus.ASSOCIATION


def test_a_representative_whom_we_knew_is_named_too(cast, calendars):
    spoken = replace(DELIVERY, representative=Representative(contact=HELENE, capacity="sa fille"))
    assert sent(cast, spoken).names_known


def clocks_of(complaint):
    return Clock.objects.filter(complaint=complaint).values_list("pack", "kind", "due_at")
