"""Two people, and a mail, at once: one merge, nothing lost, the journal whole."""

from datetime import timedelta

import pytest

from doleance.audit import verify
from doleance.channels.models import Message
from doleance.channels.rules import MessageState
from doleance.complaints import queries
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.kernel.errors import Refusal
from doleance.matching.actions import merging
from doleance.matching.models import Merge
from tests.cast import MORNING
from tests.channels import mails
from tests.intake.conftest import arrive, box, signed
from tests.intake.test_parallel_deposits import at_once

__all__ = ["arrive", "box", "signed"]
pytestmark = pytest.mark.django_db(transaction=True)
LATER = MORNING + timedelta(days=3)


def test_two_merges_of_the_same_files_at_once_either_way_make_one(cast, kept, stub):
    people = [cast.amelie.actor(), cast.bruno.actor()]

    def press(number):
        one, two = (kept, stub) if number % 2 else (stub, kept)
        try:
            return merging.merge(kept=one, stub=two, by=people[number % 2], at=LATER)
        except Refusal as refusal:
            return refusal.code

    told = at_once(6, press)
    assert sum(isinstance(one, Merge) for one in told) == 1
    assert {one for one in told if not isinstance(one, Merge)} <= {"kept_not_open", "not_mergeable"}
    assert Complaint.objects.filter(state=State.MERGED).count() == 1
    assert verify.check(lambda _: None).intact


def test_a_mail_that_arrives_while_its_file_is_merged_is_in_one_place_and_wakes_the_kept_file(
    cast, kept, stub, arrive, signed
):
    sender = "Hélène Petit-Durand <helene.petit-durand@courriel.example>"
    raw = mails.mail("Et alors ?", From=sender, In_Reply_To=signed(stub))

    def work(number):
        if number:
            return merging.merge(kept=kept, stub=stub, by=cast.amelie.actor(), at=LATER)
        return arrive(raw, at=LATER)

    message, _ = at_once(2, work)
    assert Message.objects.get(pk=message.pk).state == MessageState.LINKED
    assert message.exchange.complaint_id == stub.pk
    assert message.exchange in queries.exchanges(Complaint.objects.get(pk=kept.pk))
    assert Complaint.objects.get(pk=stub.pk).state == State.MERGED
    assert verify.check(lambda _: None).intact
