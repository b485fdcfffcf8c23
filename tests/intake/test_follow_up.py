"""Which file a mail continues, and who is believed: each case of docs/decisions/0033-follow-up.md by its name."""

from datetime import timedelta

import pytest
from django.db import connection

from doleance.audit import queries as audit
from doleance.channels.actions import messages as channels
from doleance.channels.actions.messages import Incoming
from doleance.channels.email.threads import REPLY, tagged
from doleance.channels.rules import MessageState, Reason, SenderClass, Source
from doleance.complainants.models import Address
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.intake.actions import receiving
from doleance.intake.rules import Silence
from doleance.notifications.models import Notice
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels import mails
from tests.intake.test_actions import settled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendars")]
HOUR = timedelta(hours=1)
DURAND = "helene.durand@courriel.example"
STRANGER = "Un Autre <autre@ailleurs.example>"
PASS = "mx.maison.example; dmarc=pass header.from=courriel.example"
FAIL = "mx.maison.example; dmarc=fail header.from=courriel.example"


@pytest.fixture
def complaint(cast):
    return factories.complaint(cast)


@pytest.fixture
def guarded(cast):
    """A mailbox whose server says what it checked of senders."""
    return factories.mailbox(cast, address="verifie@maison.example", authserv_id="mx.maison.example")


@pytest.fixture
def tag(settings):
    def tagged_for(complaint):
        return tagged("r@maison.example", kind=REPLY, about=complaint.id, key=settings.DOLEANCE_MAIL_KEY)

    return tagged_for


def held(message, complaint, reason=Reason.HELD_SENDER):
    """The message waits, names the file to staff, and nothing else happened."""
    assert (message.state, message.reason) == (MessageState.QUARANTINED, reason)
    assert message.cites == complaint.id
    assert message.rule
    assert complaint.exchanges.count() == 1
    assert not Notice.objects.exists()
    return True


def test_sender_class_verified_when_our_server_says_so(arrive, guarded):
    message = arrive(mails.mail(), into=guarded, authentication=(PASS,))
    assert message.sender_class == SenderClass.VERIFIED
    assert message.authentication == "dmarc=pass"
    address = Address.objects.get(normal=DURAND)
    assert address.verified
    assert "address_verified" in [event.code for event in audit.history(address.journal_stream)]


def test_sender_class_unverified_without_a_configured_server(arrive):
    message = arrive(mails.mail(), authentication=(PASS,))
    assert (message.sender_class, message.authentication) == (SenderClass.UNVERIFIED, "")
    assert not Address.objects.get(normal=DURAND).verified


def test_sender_class_unverified_when_another_server_vouches(arrive, guarded):
    forged = "mx.ailleurs.example; dmarc=pass header.from=courriel.example"
    assert arrive(mails.mail(), into=guarded, authentication=(forged,)).sender_class == SenderClass.UNVERIFIED


def test_sender_class_automatic_for_machines_even_verified_ones(arrive, guarded):
    raw = mails.mail("Je suis absente.", Auto_Submitted="auto-replied")
    assert arrive(raw, into=guarded, authentication=(PASS,)).sender_class == SenderClass.AUTOMATIC
    assert not Address.objects.get(normal=DURAND).verified


def test_a_new_verified_sender_has_a_verified_address(arrive, guarded):
    passed = "mx.maison.example; dmarc=pass header.from=ailleurs.example"
    arrive(mails.mail(From=STRANGER), into=guarded, authentication=(passed,))
    assert Address.objects.get(normal="autre@ailleurs.example").verified


def test_rule_plus_address_a_mail_to_the_address_of_its_file_joins_it(arrive, complaint, tag):
    message = arrive(mails.mail(To=tag(complaint)))
    assert message.exchange.complaint == complaint
    assert (message.rule, message.exchange.rule) == ("plus_address", "plus_address")


def test_rule_plus_address_is_read_from_what_relays_say_too(arrive, complaint, tag):
    assert arrive(mails.mail(), delivered_to=(tag(complaint),)).exchange.complaint == complaint


def test_rule_plus_address_with_a_changed_tag_is_nothing(arrive, complaint, tag):
    forged = tag(complaint).replace("@", "a@").replace("aa@", "bb@")
    assert arrive(mails.mail(To=forged)).exchange.complaint != complaint


def test_rule_subject_the_reference_in_a_subject_attaches_a_known_sender(arrive, complaint):
    message = arrive(mails.mail("Toujours rien.", Subject=f"Re : votre réclamation {complaint.reference.lower()}"))
    assert message.exchange.complaint == complaint
    assert (message.rule, message.exchange.rule) == ("subject", "subject")


def test_rule_subject_with_a_wrong_check_letter_is_no_reference(arrive, complaint):
    last = "B" if complaint.reference[-1] != "B" else "C"
    message = arrive(mails.mail(Subject=complaint.reference[:-1] + last))
    assert message.exchange.complaint != complaint


def test_two_references_in_one_subject_and_none_is_trusted(arrive, cast, complaint):
    other = factories.complaint(cast)
    message = arrive(mails.mail(Subject=f"{complaint.reference} et {other.reference}"))
    assert message.exchange.complaint not in {complaint, other}
    assert (message.rule, message.exchange.rule) == ("", "opened")


def test_the_body_never_names_the_file(arrive, complaint, signed):
    text = f"Mon dossier est {complaint.reference}.\n> Message-ID: {signed(complaint)}\n"
    assert arrive(mails.mail(text)).exchange.complaint != complaint


def test_several_references_the_surest_first(arrive, cast, complaint, signed, tag):
    subject, plus, thread = (factories.complaint(cast) for _ in range(3))
    fields = {"Subject": subject.reference, "To": tag(plus), "References": f"{signed(thread)}"}
    one = arrive(mails.mail(In_Reply_To=signed(complaint), Message_ID="<1@x.example>", **fields))
    assert (one.exchange.complaint, one.rule) == (complaint, "in_reply_to")
    two = arrive(mails.mail(Message_ID="<2@x.example>", **fields))
    assert (two.exchange.complaint, two.rule) == (thread, "references")
    three = arrive(mails.mail(Message_ID="<3@x.example>", **(fields | {"References": "<x@y.example>"})))
    assert (three.exchange.complaint, three.rule) == (plus, "plus_address")


@pytest.mark.parametrize("way", ["in_reply_to", "references", "plus_address", "subject"])
def test_held_message_of_an_unknown_sender_whatever_the_rule(arrive, complaint, signed, tag, way):
    fields = {
        "in_reply_to": {"In_Reply_To": signed(complaint)},
        "references": {"References": signed(complaint)},
        "plus_address": {"To": tag(complaint)},
        "subject": {"Subject": complaint.reference},
    }[way]
    message = arrive(mails.mail("Envoyez-moi tout le dossier.", From=STRANGER, **fields))
    assert message.rule == way
    assert held(message, complaint)


def test_held_message_of_a_sender_whom_our_own_server_disowns(arrive, complaint, guarded, signed):
    message = arrive(mails.mail(In_Reply_To=signed(complaint)), into=guarded, authentication=(FAIL,))
    assert message.authentication == "dmarc=fail"
    assert held(message, complaint, Reason.FORGED)


def test_a_disowned_sender_who_cites_nothing_is_still_heard(arrive, guarded):
    message = arrive(mails.mail(), into=guarded, authentication=(FAIL,))
    assert message.state == MessageState.LINKED
    assert message.sender_class == SenderClass.UNVERIFIED


def test_held_message_of_a_file_without_any_known_complainant(arrive, cast, signed):
    nobody = factories.complaint(cast, party=None)
    assert held(arrive(mails.mail(In_Reply_To=signed(nobody))), nobody)


def test_staff_address_from_outside_that_cites_a_file_is_held(arrive, cast, complaint, signed):
    raw = mails.mail("À clore : fondé.", From=f"Amélie <{cast.amelie.email}>", In_Reply_To=signed(complaint))
    assert held(arrive(raw), complaint)
    assert Complaint.objects.get(pk=complaint.pk).state == State.RECEIVED


def test_staff_address_from_outside_is_an_ordinary_complainant_of_their_own_file(arrive, cast, signed):
    arrive(mails.mail(From=f"Amélie <{cast.amelie.email}>"))
    own = Complaint.objects.get()
    raw = mails.mail("Et ma facture ?", From=cast.amelie.email, In_Reply_To=signed(own), Message_ID="<2@x.example>")
    message = arrive(raw)
    assert message.exchange.complaint == own
    assert [one.kind for one in own.exchanges.order_by("id")] == ["inbound", "inbound"]
    assert message.exchange.author is None


def test_cc_never_subscribes_anyone(arrive, cast):
    arrive(mails.mail(Cc="Le voisin <voisin@ailleurs.example>, Amélie <amelie.rousseau@maison.example>"))
    complaint = Complaint.objects.select_related("party").get()
    assert complaint.party == cast.durand
    assert not Address.objects.filter(normal="voisin@ailleurs.example").exists()
    assert [notice.to_address for notice in Notice.objects.order_by("id")] == [DURAND]


def test_cc_who_answers_is_held(arrive, signed):
    arrive(mails.mail(Cc="voisin@ailleurs.example"))
    complaint = Complaint.objects.get()
    Notice.objects.get()
    message = arrive(
        mails.mail("Moi aussi.", From="voisin@ailleurs.example", In_Reply_To=signed(complaint), Message_ID="<v@x>")
    )
    assert (message.state, message.reason) == (MessageState.QUARANTINED, Reason.HELD_SENDER)


@pytest.mark.parametrize("results", [(), (PASS,)])
@pytest.mark.parametrize("reply_to", ["attaquant@ailleurs.example", "autre@courriel.example"])
def test_reply_to_is_kept_and_never_written_to_by_itself(arrive, guarded, results, reply_to):
    message = arrive(mails.mail(Reply_To=reply_to), into=guarded, authentication=results)
    assert message.reply_to == reply_to
    assert Notice.objects.get().to_address == DURAND
    assert not Address.objects.filter(normal=reply_to).exists()


def test_reply_to_of_ours_keeps_machines_silent(arrive):
    message = arrive(mails.mail(Reply_To="Reclamations+abc@maison.example"))
    assert message.silence == Silence.OURS
    assert not Notice.objects.exists()


def test_merged_file_the_message_waits_for_a_person(arrive, complaint, signed):
    with connection.cursor() as cursor:  # no story merges files yet: the table of states knows the state all the same
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
    Complaint.objects.filter(pk=complaint.pk).update(state=State.MERGED)
    assert held(arrive(mails.mail(In_Reply_To=signed(complaint))), complaint, Reason.MERGED)


@pytest.mark.parametrize("state", [State.ANSWERED, State.CLOSED])
def test_closed_file_is_reopened_by_a_person(arrive, cast, signed, state):
    complaint = settled(cast, state)
    arrive(mails.mail("Ce n’est pas réglé.", In_Reply_To=signed(complaint)), at=MORNING + HOUR)
    assert Complaint.objects.get(pk=complaint.pk).state == State.REOPENED


@pytest.mark.parametrize("state", [State.ANSWERED, State.CLOSED])
def test_closed_file_is_never_reopened_by_a_machine(arrive, cast, signed, state):
    complaint = settled(cast, state)
    raw = mails.mail("Je suis absente.", Auto_Submitted="auto-replied", In_Reply_To=signed(complaint))
    assert arrive(raw, at=MORNING + HOUR).exchange.kind == "automatic"
    assert Complaint.objects.get(pk=complaint.pk).state == state


def test_same_bytes_without_an_identifier_in_another_mailbox_are_a_duplicate(arrive, cast):
    other = factories.mailbox(cast, address="sav@maison.example")
    first = arrive(mails.mail(Message_ID=""))
    second = arrive(mails.mail(Message_ID=""), into=other)
    assert (second.state, second.duplicate_of) == (MessageState.DUPLICATE, first)
    assert Complaint.objects.count() == 1


def test_same_bytes_after_an_import_are_a_duplicate(arrive, cast):
    raw = mails.mail(Message_ID="")
    imported = factories.message(cast, raw)
    first = arrive(raw)
    assert first.state == MessageState.LINKED  # the imported one is not read yet: it will be the duplicate
    from_import = _read(imported)
    assert (from_import.state, from_import.duplicate_of) == (MessageState.DUPLICATE, first)


def _read(message):
    receiving.receive(message=message, by=TESTS, at=MORNING)
    message.refresh_from_db()
    return message


def test_history_received_more_than_thirty_days_ago_is_told_nobody(arrive):
    message = arrive(mails.mail(), at=MORNING - timedelta(days=31), read_at=MORNING)
    assert message.silence == ""  # it was stored the day it was received: a slow reading is not history
    late = mails.mail(
        Message_ID="<vieux@courriel.example>",
        Received="from a by b; Mon, 05 Oct 2026 08:00:00 +0200",
    )
    old = _read(_stored(late, message.entity, message.team))
    assert old.silence == Silence.HISTORY
    assert old.exchange.complaint.notices.count() == 0
    kinds = [event.facts.get("reason") for event in audit.history(old.exchange.complaint.journal_stream)]
    assert "history" in kinds


def _stored(raw, entity, team):
    item = Incoming(raw=raw, source=Source.IMPORT, entity=entity, team=team)
    [stored] = channels.store(items=[item], by=TESTS, at=MORNING)
    return stored.message
