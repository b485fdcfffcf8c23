"""What a mail carries for its reader alone: a link to the file, the digits of a code; and who never reads them."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.boot.schedule import SCHEDULE
from doleance.channels import queries as channel_queries
from doleance.channels.models import Message
from doleance.complainants import actions as complainants
from doleance.complaints import access
from doleance.complaints import queries as complaints
from doleance.complaints.models import Exchange, FollowCode, FollowLink
from doleance.deadlines.models import Clock
from doleance.desk.queries.follow import followed
from doleance.kernel.languages import tongue
from doleance.notifications import following, queries, tasks
from doleance.notifications.actions import codes, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose
from tests import factories
from tests.cast import MORNING, TESTS
from tests.notifications.conftest import after, mails, said

DURAND = "helene.durand@courriel.example"
LINK = re.compile(r"https?://\S+/suivi/l/([A-Za-z0-9_-]{22})/")


@pytest.fixture
def file(cast, mailbox, calendars):
    return factories.complaint(cast)


def reply(complaint, cast, at=MORNING):
    return writing.send(
        complaint=complaint,
        purpose=Purpose.REPLY,
        to=DURAND,
        subject="Votre bouilloire",
        text="Bonjour,\n\n-- \nAmélie",
        by=cast.amelie.actor(),
        at=at,
    )


def test_a_mail_carries_a_link_that_opens_its_file(file, cast, worker, folder):
    notice = worker.carry(reply(file, cast))
    [mail] = mails(folder)
    [token] = LINK.findall(said(mail))
    assert LINK.findall(mail.get_body(("html",)).get_content())[0] == token
    assert complaints.find_by_link(token=token, at=after(days=89)) == file
    link = FollowLink.objects.get()
    assert (link.notice_id, link.expires_at) == (notice.id, notice.claimed_at + timedelta(days=90))
    assert said(mail).index(token) < said(mail).index("Amélie")  # before the signature


def test_no_row_holds_the_link(file, cast, worker, folder):
    notice = worker.carry(reply(file, cast))
    token = following.token(notice.id)
    rows = [*Notice.objects.values_list(), *Exchange.objects.values_list(), *Message.objects.values_list()]
    assert not [row for row in rows if token in str(row)]
    assert token.encode() not in channel_queries.raw_of(notice.sent_as)
    [row] = queries.outbox(file, at=MORNING)
    assert token not in str(row)


def test_two_mails_have_two_links(file, cast, worker, folder):
    worker.carry(reply(file, cast))
    worker.carry(reply(file, cast, at=after(minutes=5)))
    tokens = {token for mail in mails(folder) for token in LINK.findall(said(mail))}
    assert len(tokens) == FollowLink.objects.count() == 2


def test_a_link_opens_nothing_before_its_mail_leaves(file, cast):
    notice = reply(file, cast)
    assert complaints.find_by_link(token=following.token(notice.id), at=MORNING) is None


def test_a_grouped_acknowledgement_has_a_link_for_each_file(cast, mailbox, calendars, worker, folder):
    files = [factories.complaint(cast) for _ in range(3)]
    for one in files:
        writing.acknowledge(complaint=one, by=TESTS, at=MORNING)
    worker.work(after(days=1))
    opened = [
        complaints.find_by_link(token=token, at=MORNING)
        for mail in mails(folder)
        for token in LINK.findall(said(mail))
    ]
    assert sorted(one.reference for one in opened) == sorted(one.reference for one in files)


def ask(file, contact=DURAND, at=MORNING):
    pk = codes.ask(reference=file.reference, contact=contact, origin="n", at=at)
    return FollowCode.objects.get(pk=pk)


def sent(asked, worker, at=MORNING):
    """The mail of a code, written by its job and carried."""
    worker.set_now(at)
    tasks.send_code(asked_id=str(asked.pk))
    notice = Notice.objects.filter(pk=asked.pk).first()
    return worker.carry(notice, at=at) if notice is not None else None


def test_a_code_leaves_by_mail_and_says_nothing_of_the_file(file, worker, folder):
    asked = ask(file)
    notice = sent(asked, worker)
    [mail] = mails(folder)
    code = access.code_for(key=settings.DOLEANCE_FOLLOW_KEY, subject=asked.pk)
    assert f"{code[:3]} {code[3:]}" in said(mail)
    whole = f"{mail['Subject']}{said(mail)}{mail['References']}{mail['In-Reply-To']}"
    assert not [word for word in (file.reference, file.title, "bouilloire", "Durand") if word in whole]
    assert not LINK.findall(said(mail))
    assert (notice.state, notice.sent_as) == (NoticeState.SENT, None)


def test_nobody_of_the_house_reads_a_code(file, worker, folder):
    asked = ask(file)
    sent(asked, worker)
    code = access.code_for(key=settings.DOLEANCE_FOLLOW_KEY, subject=asked.pk)
    rows = [
        *Notice.objects.values_list("subject", "text"),
        *Exchange.objects.values_list(),
        *Message.objects.values_list(),
    ]
    assert not [row for row in rows if code in str(row) or f"{code[:3]} {code[3:]}" in str(row)]
    assert queries.outbox(file, at=MORNING) == []


def test_a_code_settles_nothing_and_moves_nothing(file, worker, folder):
    before = (file.version, list(Clock.objects.order_by("id").values_list("met_at", flat=True)))
    sent(ask(file), worker)
    file.refresh_from_db()
    assert (file.version, list(Clock.objects.order_by("id").values_list("met_at", flat=True))) == before
    assert queries.leaving(file) == queries.stuck(file) == 0


def test_a_code_is_written_once(file, worker, folder):
    asked = ask(file)
    sent(asked, worker)
    tasks.send_code(asked_id=str(asked.pk))
    assert Notice.objects.filter(purpose=Purpose.CODE).count() == len(mails(folder)) == 1


@pytest.mark.parametrize("contact", ["autre@courriel.example", "amelie.rousseau@maison.example"])
def test_a_pair_that_leads_nowhere_has_its_job_and_no_mail(file, worker, folder, contact):
    asked = ask(file, contact)
    assert ProcrastinateJob.objects.filter(task_name=queries.SEND_CODE, args={"asked_id": str(asked.pk)}).count() == 1
    assert sent(asked, worker) is None


def test_a_code_that_no_longer_serves_stays(file, worker, folder):
    asked = ask(file)
    worker.set_now(MORNING)
    tasks.send_code(asked_id=str(asked.pk))
    notice = worker.carry(Notice.objects.get(pk=asked.pk), at=after(minutes=10))
    assert notice.state == NoticeState.RETAINED
    assert mails(folder) == []


def test_an_address_that_nobody_proved_gets_a_code_an_hour_and_three_a_day(cast, mailbox, calendars, worker, folder):
    """It may be anybody's: however many files were opened in its name."""
    files = [factories.complaint(cast) for _ in range(2)]
    for hour in (0, 2, 4, 6):
        for one in files:
            moment = after(hours=hour)
            sent(ask(one, at=moment), worker, at=moment)
    assert len(mails(folder)) == access.UNPROVED_PER_DAY


def test_files_in_ones_name_spend_nothing_of_what_opens_ones_own(cast, mailbox, calendars, worker, folder):
    address = cast.durand.addresses.get(normal=DURAND)
    complainants.heard_from(address=address, proved=True, written_at=None, by=TESTS, at=MORNING)
    own, typed = factories.complaint(cast), [factories.complaint(cast, names_known=True) for _ in range(3)]
    for one in typed * 3:
        sent(ask(one), worker)
    assert len(mails(folder)) == access.TYPED_PER_HOUR
    assert sent(ask(own), worker).state == NoticeState.SENT


def shown(complaint, **proof):
    """What the public page of a file shows of what was sent."""
    complaint.refresh_from_db()
    return [one.text for one in followed(complaint=complaint, tongue=tongue("fr"), at=after(days=1), **proof).sent]


def test_a_grouped_acknowledgement_tells_each_file_of_itself_alone(cast, mailbox, calendars, worker, folder):
    files = [factories.complaint(cast) for _ in range(3)]
    for one in files:
        writing.acknowledge(complaint=one, by=TESTS, at=MORNING)
    worker.work(after(days=1))
    assert any(all(one.reference in said(mail) for one in files[1:]) for mail in mails(folder))  # they left as one
    for one in files:
        for proof in (True, False):
            [line] = shown(one, is_proved=proof)
            assert not [other for other in files if other is not one and other.reference in line]


def test_a_reply_is_shown_to_who_reads_the_mailbox_where_a_known_one_was_typed(
    cast, mailbox, calendars, worker, folder
):
    typed = factories.complaint(cast, names_known=True)
    worker.carry(reply(typed, cast))
    [line] = shown(typed)
    assert line.startswith("Envoyé par courriel à l’adresse de ce dossier.")
    assert "Amélie" not in line
    assert "Amélie" in shown(typed, is_proved=True)[0]


def test_a_reply_to_somebody_whom_the_file_made_known_is_shown(file, cast, worker, folder):
    worker.carry(reply(file, cast))
    assert "Amélie" in shown(file)[0]


def test_each_hour_old_requests_for_codes_are_deleted(file, worker):
    old, recent = ask(file), ask(file, at=after(days=1))
    worker.set_now(after(days=2, minutes=1))
    tasks.forget_codes(timestamp=0)
    assert list(FollowCode.objects.values_list("pk", flat=True)) == [recent.pk]
    assert old.pk != recent.pk
    assert ("31 * * * *", tasks.forget_codes) in SCHEDULE
