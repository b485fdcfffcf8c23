"""I11: after a backup is put back, nothing leaves a second time."""

from datetime import timedelta

import pytest

from doleance.accounts.rules import Role, machine
from doleance.kernel.errors import NotAllowed
from doleance.notifications import printing, queries, rules
from doleance.notifications.actions import carrying, deciding, writing
from doleance.notifications.rules import Decision, NoticeState, Purpose
from tests import factories
from tests.cast import MORNING
from tests.notifications.conftest import jobs, mails

pytestmark = pytest.mark.usefixtures("mailbox", "folder")
LATER = MORNING + timedelta(hours=2)
BY = machine("restore")


def write_to(complaint, cast):
    return writing.send(
        complaint=complaint,
        purpose=Purpose.REPLY,
        to="helene.durand@courriel.example",
        subject="Votre réclamation",
        text="Bonjour Madame.",
        by=cast.amelie.actor(),
        at=MORNING,
    )


def test_what_waited_in_the_backup_is_doubted_and_its_jobs_send_nothing(cast, worker, folder):
    sent = write_to(factories.complaint(cast), cast)
    worker.work(sent.not_before)
    waiting = write_to(factories.complaint(cast), cast)
    before = len(mails(folder))
    assert carrying.doubt_after_restore(by=BY, at=LATER) == 1
    worker.work(LATER)
    worker.sweep(LATER)
    worker.work(LATER)
    waiting.refresh_from_db()
    sent.refresh_from_db()
    assert (waiting.state, sent.state) == (NoticeState.UNCERTAIN, NoticeState.SENT)
    assert len(mails(folder)) == before
    assert carrying.doubt_after_restore(by=BY, at=LATER) == 0


def test_a_person_then_says_what_became_of_it(cast, worker, folder):
    waiting = write_to(factories.complaint(cast), cast)
    carrying.doubt_after_restore(by=BY, at=LATER)
    deciding.decide_uncertain(notice=waiting, decision=Decision.SEND_AGAIN, by=cast.amelie.actor(), at=LATER)
    assert jobs(of=waiting.id)
    worker.work(LATER + timedelta(minutes=1))
    waiting.refresh_from_db()
    assert waiting.state == NoticeState.SENT
    assert len(mails(folder)) == 1


def test_only_who_runs_the_house_doubts_all(cast):
    assert Role.ADMINISTRATOR not in cast.amelie.actor().roles
    with pytest.raises(NotAllowed):
        carrying.doubt_after_restore(by=cast.amelie.actor(), at=LATER)


def test_a_letter_of_the_backup_is_not_printed_again_before_somebody_says_so(cast):
    by, complaint = cast.amelie.actor(), factories.complaint(cast)
    first, second = [
        writing.send_letter(
            complaint=complaint,
            purpose=Purpose.REPLY,
            postal="Hélène Durand\n59000 Lille",
            subject="Objet",
            text="Texte",
            by=by,
            at=MORNING,
        )
        for _ in range(2)
    ]
    assert carrying.doubt_after_restore(by=BY, at=LATER) == 2
    assert printing.letters_to_print(by) == []
    rows = queries.outbox(complaint, at=LATER)
    assert [(row.state, row.may_decide, row.may_send_again) for row in rows] == [
        (NoticeState.UNCERTAIN, False, True)
    ] * 2
    assert rows[0].words.startswith("peut-être déjà postée")
    with pytest.raises(rules.WrongDay):
        deciding.decide_uncertain(notice=first, decision=Decision.LEFT, by=by, at=LATER)
    posted = deciding.mark_posted(notice=first, posted_on=MORNING.date(), by=by, at=LATER)
    assert posted.state == NoticeState.SENT
    again = deciding.decide_uncertain(notice=second, decision=Decision.SEND_AGAIN, by=by, at=LATER)
    assert again.state == NoticeState.TO_PRINT
    assert [letter.id for letter in printing.letters_to_print(by)] == [second.id]
