"""M04: an acknowledgement at once, with the reference, what happens next and by when; never at a machine's pace."""

import re
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from doleance.accounts import actions as accounts
from doleance.accounts.models import Entity
from doleance.audit.models import AuditEvent
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.complainants import actions as complainants
from doleance.complainants.models import Address, Party
from doleance.complaints.models import Exchange
from doleance.complaints.rules import ExchangeKind
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.kernel.db import write
from doleance.kernel.text import NO_BREAK
from doleance.notifications import queries
from doleance.notifications.actions import carrying, deciding, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import Decision, NoticeState, Purpose
from doleance.packs.rules import ClockKind
from tests import factories
from tests.cast import MORNING, TESTS
from tests.notifications.conftest import after, mails, said

pytestmark = pytest.mark.usefixtures("mailbox", "folder", "calendars")
S = NoticeState
TO = "helene.durand@courriel.example"
MEDIATOR = "Médiateur du commerce (exemple)\n77 rue de Lourmel, 75015 Paris\nwww.mediateur.example"


@write(quiet="a test shapes what no action of this issue sets")
def shape(row, **changes):
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    return row


def opened(cast, at=MORNING, **changes):
    complaint = factories.complaint(cast, received_at=at, **changes)
    deadlines.start(complaint=complaint, by=TESTS, at=at)
    return complaint


def acknowledge(complaint, at=MORNING):
    notice = writing.acknowledge(complaint=complaint, by=TESTS, at=at)
    assert notice is not None
    return notice


def is_acknowledged(complaint):
    return Clock.objects.get(complaint=complaint, kind=ClockKind.ACKNOWLEDGE).met_at is not None


def test_it_leaves_at_once_and_says_what_happens_next(cast, worker, folder):
    complaint = opened(cast)
    notice = worker.carry(acknowledge(complaint))
    assert (notice.state, notice.sent_at) == (S.SENT, MORNING)
    (mail,) = mails(folder)
    text = said(mail).replace(" \r\n", " ").replace("\r\n", "\n")
    assert mail["Subject"] == f"Votre réclamation {complaint.reference} est enregistrée"
    assert complaint.reference in text
    assert f"votre réclamation {day('lundi 23 novembre 2026')}. Elle porte la référence" in text
    target, final = day("lundi 7 décembre 2026"), day("samedi 23 janvier 2027")
    assert f"Réponse visée{NO_BREAK}: {target} (10{NO_BREAK}jours{NO_BREAK}ouvrés à compter de la réception)." in text
    because = f"2{NO_BREAK}mois à compter de votre première réclamation écrite"
    assert f"Réponse au plus tard{NO_BREAK}: {final} ({because})." in text
    assert "Un jour ouvré va du lundi au vendredi, sans les jours fériés." in text
    assert is_acknowledged(complaint)


def day(words):
    return f"le {words}".replace(" ", NO_BREAK)


def test_no_machine_may_answer_it(cast, worker, folder):
    worker.carry(acknowledge(opened(cast)))
    (mail,) = mails(folder)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_it_holds_nothing_that_the_sender_wrote(cast, worker, folder):
    """Anybody can write somebody else's address: the form and the mailbox are no spam cannon (reliability.md §2)."""
    canary = "Achetez-chez-canari"
    message = factories.incoming(cast, text=canary, subject=canary)
    party = shape(Party.objects.get(pk=cast.durand.pk), name=canary, title=canary)
    complaint = opened(cast, message=message, party=party, title=canary, text=canary)
    worker.carry(acknowledge(complaint))
    (path,) = folder.glob("*.eml")
    (mail,) = mails(folder)
    assert canary not in said(mail)
    assert canary.encode() not in path.read_bytes()


def test_it_is_sent_once(cast):
    complaint = opened(cast)
    acknowledge(complaint)
    assert writing.acknowledge(complaint=complaint, by=TESTS, at=after(minutes=1)) is None
    assert Notice.objects.count() == 1


def test_a_silent_mailbox_and_a_party_without_address_get_none(cast, mailbox):
    assert writing.acknowledge(complaint=opened(cast, party=None), by=TESTS, at=MORNING) is None
    wanted = MailboxSettings(address=mailbox.address, acknowledge=False)
    mailboxes.change_mailbox(mailbox=mailbox, wanted=wanted, by=TESTS, at=MORNING)
    assert writing.acknowledge(complaint=opened(cast), by=TESTS, at=MORNING) is None
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("packs", "status", "named"),
    [
        (["FR-CONSO", "GENERAL"], "consumer", True),
        (["FR-CONSO", "GENERAL"], "unknown", True),
        (["FR-CONSO", "GENERAL"], "professional", False),
        (["GENERAL"], "consumer", False),
    ],
)
def test_the_mediator_is_named_to_consumers_of_a_trader(cast, worker, folder, packs, status, named):
    shape(cast.entity, packs=packs, mediator=MEDIATOR)
    party = shape(Party.objects.get(pk=cast.durand.pk), status=status)
    worker.carry(acknowledge(opened(cast, party=party)))
    (mail,) = mails(folder)
    text = said(mail)
    assert ("www.mediateur.example" in text) is named
    assert ("saisir gratuitement" in text) is named


def test_an_english_file_gets_an_english_letter(cast, worker, folder):
    complaint = opened(cast, language="en")
    worker.carry(acknowledge(complaint))
    (mail,) = mails(folder)
    assert mail["Subject"] == f"Your complaint {complaint.reference} is registered"
    assert mail["Content-Language"] == "en"
    assert "on Monday 23 November 2026".replace(" ", NO_BREAK) in said(mail)


def test_history_promises_no_day_that_is_past(cast, worker, folder):
    complaint = opened(cast, at=datetime(2024, 1, 15, 10, tzinfo=UTC))
    notice = worker.carry(acknowledge(complaint, at=MORNING))
    assert "Réponse visée" not in notice.text
    assert "au plus tard" not in notice.text
    assert "2024" in notice.text


# Budgets: at most one an hour and three a day for one address


def test_a_second_file_within_the_hour_waits_for_its_slot(cast, worker, folder):
    worker.carry(acknowledge(opened(cast)))
    second = opened(cast, at=after(minutes=5))
    notice = acknowledge(second, at=after(minutes=5))
    assert notice.not_before == after(hours=1)
    worker.work(after(minutes=30))
    assert len(mails(folder)) == 1
    assert not is_acknowledged(second)
    words = next(iter(queries.outbox(second, at=after(minutes=30)))).words
    assert "différé" in words
    worker.work(after(hours=1))
    assert len(mails(folder)) == 2
    assert is_acknowledged(second)


def test_what_waits_leaves_in_one_mail_with_every_reference(cast, worker, folder):
    worker.carry(acknowledge(opened(cast)))
    waiting = [opened(cast, at=after(minutes=minute)) for minute in (5, 10, 20)]
    for minute, complaint in zip((5, 10, 20), waiting, strict=True):
        acknowledge(complaint, at=after(minutes=minute))
    worker.work(after(hours=1))
    _, grouped = mails(folder)
    assert grouped["Subject"] == "Vos 3 réclamations sont enregistrées"
    assert all(complaint.reference not in grouped["Subject"] for complaint in waiting)
    text = said(grouped)
    positions = [text.index(complaint.reference) for complaint in waiting]
    assert positions == sorted(positions)
    for complaint in waiting:
        assert is_acknowledged(complaint)
        exchange = Exchange.objects.get(complaint=complaint, kind=ExchangeKind.OUTBOUND)
        assert waiting[0].reference in exchange.text
        assert "notice_sent" in codes(complaint)
    heads = Notice.objects.filter(carrier__isnull=True, state=S.SENT)
    assert heads.count() == 2
    worker.work(after(days=3))
    assert len(mails(folder)) == 2


def codes(complaint):
    return list(AuditEvent.objects.filter(stream=complaint.journal_stream).values_list("facts__code", flat=True))


def test_a_flood_gets_three_mails_a_day_and_loses_no_reference(cast, worker, folder):
    flood = [opened(cast, at=after(minutes=10 * number)) for number in range(60)]
    for number, complaint in enumerate(flood):
        acknowledge(complaint, at=after(minutes=10 * number))
        worker.work(after(minutes=10 * number))
    for hour in range(11, 60):
        worker.work(after(hours=hour))
    taken = mails(folder)
    moments = [mail["Date"].datetime for mail in taken]
    assert all((later - earlier).total_seconds() >= 3600 for earlier, later in pairwise(moments))
    assert all((fourth - first).days >= 1 for first, fourth in zip(moments, moments[3:], strict=False))
    told = "".join(said(mail) for mail in taken)
    told = re.sub(r"(?m)^R\d\d-\S+ http\S+\r?$", "", told)  # each file has its link in a mail that names several
    assert all(told.count(complaint.reference) == 1 for complaint in flood)
    assert all(is_acknowledged(complaint) for complaint in flood)


def test_other_addresses_are_not_held_up(cast, worker, folder):
    worker.carry(acknowledge(opened(cast)))
    worker.carry(acknowledge(opened(cast, party=cast.petit, at=after(minutes=1)), at=after(minutes=1)))
    assert {mail["To"] for mail in mails(folder)} == {TO, "marc.petit@courriel.example"}


def test_one_address_has_one_budget_whatever_its_case(cast, worker):
    worker.carry(acknowledge(opened(cast)))
    shape(Address.objects.get(party=cast.durand), value=TO.upper())
    assert acknowledge(opened(cast, at=after(minutes=1)), at=after(minutes=1)).not_before == after(hours=1)


def test_a_mail_lost_on_the_way_counts_in_the_budget(cast):
    """It may have left: another one at once could be the second."""
    first = acknowledge(opened(cast))
    carrying.claim(notice_id=first.id, by=TESTS, at=MORNING)
    second = acknowledge(opened(cast, at=after(minutes=1)), at=after(minutes=1))
    assert second.not_before == after(hours=1)
    carrying.mark_uncertain(notice_id=first.id, attempt=1, error="", by=TESTS, at=after(minutes=2))
    third = acknowledge(opened(cast, at=after(minutes=3)), at=after(minutes=3))
    assert third.not_before == after(hours=1)


def test_a_group_that_fails_is_tried_again_whole_with_who_joined(cast, worker, folder):
    one, two = opened(cast), opened(cast, at=after(minutes=1))
    head = acknowledge(one)
    rider = acknowledge(two)
    claimed = carrying.claim(notice_id=head.id, by=TESTS, at=MORNING)
    assert claimed is not None
    rider.refresh_from_db()
    assert (rider.state, rider.carrier_id) == (S.SENDING, head.id)
    carrying.mark_failed(notice_id=head.id, attempt=1, error="451", permanent=False, by=TESTS, at=MORNING)
    rider.refresh_from_db()
    assert (rider.state, rider.carrier_id) == (S.QUEUED, head.id)
    three = opened(cast, at=after(minutes=1))
    acknowledge(three, at=after(minutes=1))
    worker.carry(head)
    (mail,) = mails(folder)
    assert mail["Subject"] == "Vos 3 réclamations sont enregistrées"
    assert all(is_acknowledged(complaint) for complaint in (one, two, three))


def test_a_reference_taken_out_of_a_group_is_not_told(cast, worker, folder):
    one, two = opened(cast), opened(cast, at=after(minutes=1))
    head, rider = acknowledge(one), acknowledge(two)
    carrying.claim(notice_id=head.id, by=TESTS, at=MORNING)
    carrying.mark_failed(notice_id=head.id, attempt=1, error="451", permanent=False, by=TESTS, at=MORNING)
    deciding.retain(notice=head, by=cast.amelie.actor(), at=after(minutes=1))
    worker.work(after(minutes=10))
    (mail,) = mails(folder)
    assert two.reference in mail["Subject"]
    assert one.reference not in said(mail)
    rider.refresh_from_db()
    assert (rider.state, rider.carrier) == (S.SENT, None)
    assert not is_acknowledged(one)


def test_an_uncertain_group_is_decided_once_for_all(cast, worker):
    one, two = opened(cast), opened(cast, at=after(minutes=1))
    head, rider = acknowledge(one), acknowledge(two)
    carrying.claim(notice_id=head.id, by=TESTS, at=after(minutes=2))
    carrying.mark_uncertain(notice_id=head.id, attempt=1, error="", by=TESTS, at=after(minutes=20))
    rider.refresh_from_db()
    assert rider.state == S.UNCERTAIN
    deciding.decide_uncertain(notice=rider, decision=Decision.LEFT, by=cast.amelie.actor(), at=after(hours=1))
    assert set(Notice.objects.values_list("state", flat=True)) == {S.SENT}
    assert is_acknowledged(one)
    assert is_acknowledged(two)


def test_once_a_person_has_written_a_waiting_acknowledgement_stays(cast, worker, folder):
    worker.carry(acknowledge(opened(cast)))
    complaint = opened(cast, at=after(minutes=5))
    waiting = acknowledge(complaint, at=after(minutes=5))
    writing.send(
        complaint=complaint,
        purpose=Purpose.REPLY,
        to=TO,
        subject="Votre réclamation",
        text="Bonjour",
        by=cast.amelie.actor(),
        at=after(minutes=10),
    )
    worker.work(after(hours=2))
    waiting.refresh_from_db()
    assert waiting.state == S.RETAINED
    assert "acknowledgement_superseded" in codes(complaint)
    assert len(mails(folder)) == 2
    assert is_acknowledged(complaint)


def test_two_companies_of_one_house_are_not_mixed(cast, worker, folder):
    other = shape(Entity(name="Maison Seconde", packs=["GENERAL"]))
    team = accounts.save_team(team=None, entity=other, name="Service clients", by=TESTS, at=MORNING)
    wanted = MailboxSettings(address="reclamations@seconde.example", name="Maison Seconde")
    mailboxes.add_mailbox(entity=other, wanted=wanted, by=TESTS, at=MORNING)
    acknowledge(opened(cast))
    acknowledge(opened(cast, entity=other, team=team))
    worker.work(MORNING)
    worker.work(after(hours=2))
    assert [mail["From"].addresses[0].addr_spec for mail in mails(folder)] == [
        "reclamations@maison.example",
        "reclamations@seconde.example",
    ]


def test_plus_addresses_share_one_budget_and_no_letter(cast, worker, folder):
    """Invented tags do not flood somebody's box, and no letter names a file to another spelling."""
    writers = [f"victime+{number}@courriel.example" for number in (1, 2)]
    parties = [complainants.recognise(name="V", address=one, by=TESTS, at=MORNING) for one in writers]
    first, second = [acknowledge(opened(cast, party=party)) for party in parties]
    worker.carry(first)
    worker.carry(second, at=MORNING)
    assert (first.state, second.state) == (S.SENT, S.QUEUED)
    assert second.not_before == after(hours=1)
    (mail,) = mails(folder)
    assert mail["To"] == "victime+1@courriel.example"
