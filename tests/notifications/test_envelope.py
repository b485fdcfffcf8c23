"""Who a mail says it is from, to machines and to people: refusals and answers come back with a signature."""

import pytest

from doleance.channels.email.threads import BOUNCE, REPLY, SignedTag, read_tagged
from doleance.kernel.db import write
from doleance.notifications import queries
from doleance.notifications.actions import writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from tests import factories
from tests.cast import MORNING, TESTS
from tests.notifications.conftest import mails

pytestmark = pytest.mark.usefixtures("calendars")


@write(quiet="a test settles what the page of mailboxes settles")
def takes_tags(mailbox, *, by=None, at=None, **changes):
    mailbox.has_plus = True
    for name, value in changes.items():
        setattr(mailbox, name, value)
    mailbox.save()


def sent(cast, worker, complaint):
    notice = writing.send(
        complaint=complaint,
        purpose=Purpose.REPLY,
        to="helene.durand@courriel.example",
        subject="Objet",
        text="Bonjour.",
        by=cast.amelie.actor(),
        at=MORNING,
    )
    return worker.carry(notice)


@pytest.fixture
def complaint(cast):
    return factories.complaint(cast)


def test_a_mailbox_that_takes_tags_signs_where_answers_and_refusals_come_back(
    cast, complaint, mailbox, folder, worker, settings
):
    takes_tags(mailbox)
    notice = sent(cast, worker, complaint)
    [mail] = mails(folder)
    key = settings.DOLEANCE_MAIL_KEY
    assert read_tagged(notice.envelope_sender, key) == SignedTag(BOUNCE, notice.id)
    assert read_tagged(mail["Reply-To"].addresses[0].addr_spec, key) == SignedTag(REPLY, complaint.id)
    assert mail["From"].addresses[0].addr_spec == "reclamations@maison.example"


def test_an_acknowledgement_has_the_same_envelope_as_a_person_s_mail(
    cast, complaint, mailbox, folder, worker, settings
):
    takes_tags(mailbox)
    notice = worker.carry(writing.acknowledge(complaint=complaint, by=TESTS, at=MORNING))
    assert read_tagged(notice.envelope_sender, settings.DOLEANCE_MAIL_KEY) == SignedTag(BOUNCE, notice.id)


def test_one_domain_stands_everywhere_that_a_relay_signs_or_compares(cast, complaint, mailbox, folder, worker):
    """DMARC compares the domain of From with those of the envelope and of the signature (RFC 7489, 3.1)."""
    takes_tags(mailbox)
    notice = sent(cast, worker, complaint)
    [mail] = mails(folder)
    places = [notice.envelope_sender, str(mail["From"].addresses[0].addr_spec), mail["Message-ID"].strip("<>")]
    assert {place.rpartition("@")[2] for place in places} == {"maison.example"}


@pytest.mark.parametrize(
    "changes", [{"has_plus": False}, {"address": "un-nom-de-boite-bien-trop-long@maison.example"}]
)
def test_without_tags_all_comes_back_to_the_mailbox(cast, complaint, mailbox, folder, worker, changes):
    takes_tags(mailbox, **changes)
    notice = sent(cast, worker, complaint)
    [mail] = mails(folder)
    assert notice.envelope_sender == mailbox.address == mail["Reply-To"].addresses[0].addr_spec


def test_a_try_stays_the_same_when_the_setting_changes_under_it(cast, complaint, mailbox, folder, worker):
    """What a person says later of an uncertain mail keeps the bytes that may have left."""
    notice = sent(cast, worker, complaint)
    before = queries.mail_of(notice)
    takes_tags(mailbox)
    assert queries.mail_of(Notice.objects.get(pk=notice.pk)) == before
    again = sent(cast, worker, complaint)
    assert queries.mail_of(again).reply_to != before.reply_to
