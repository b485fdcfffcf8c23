"""Links to members of staff leave by mail when something can carry them, and stand nowhere on the way."""

from datetime import timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.models import AccessLink, User
from doleance.accounts.rules import LinkPurpose, Role
from doleance.audit import queries as audit
from doleance.channels.email import outgoing
from doleance.kernel.errors import ChannelError
from doleance.notifications import queries, tasks
from doleance.notifications.actions import entering
from tests.cast import MORNING, TESTS
from tests.notifications.conftest import mails, said

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=1)
NEWCOMER: dict[str, Any] = {"name": "Zoé Martin", "email": "zoe@maison.example", "roles": {Role.AGENT}}


def codes(user: User) -> list[str]:
    return [event.code for event in audit.history(user.journal_stream)]


@pytest.fixture
def clock(monkeypatch):
    """The hour of the worker."""
    monkeypatch.setattr(tasks, "now", lambda: LATER)


@pytest.fixture
def invited(cast, mailbox, folder) -> User:
    user, secret = entering.add_and_invite(**NEWCOMER, teams=[cast.team], by=TESTS, at=MORNING)
    assert secret == "", "the link is nobody's but the reader's"
    return user


def job() -> ProcrastinateJob:
    return ProcrastinateJob.objects.get(task_name=queries.MAIL_LINK)


def test_an_invitation_leaves_by_mail_and_opens_once(invited, folder, clock):
    link = AccessLink.objects.get(user=invited)
    assert job().args == {"link_id": str(link.pk)}, "the secret is in no row"
    tasks.mail_link(**job().args)
    [mail] = mails(folder)
    assert mail["To"] == "zoe@maison.example"
    assert mail["From"] == "Maison Lavergne <reclamations@maison.example>"
    assert "Bonjour Zoé Martin" in said(mail)
    secret = accounts.secret_of(link)
    assert f"/invitation/{secret}/" in said(mail)
    assert accounts.accept_invitation(secret=secret, password="une phrase assez longue", by=TESTS, at=LATER) == invited
    assert codes(invited) == ["user_added", "access_link_made", "access_link_mailed", "password_set"]


def test_a_mail_that_left_is_not_sent_again(invited, folder, clock):
    for _ in range(2):
        tasks.mail_link(**job().args)
    assert len(mails(folder)) == 1


def test_a_spent_link_is_not_mailed(invited, folder, clock):
    entering.invite(user=invited, by_hand=True, by=TESTS, at=MORNING)
    tasks.mail_link(**job().args)
    assert not folder.exists() or mails(folder) == []


@pytest.mark.parametrize("permanent", [True, False])
def test_a_failure_is_noted_and_tried_again_while_it_may_pass(invited, clock, monkeypatch, permanent):
    def refuse(*args: object, **more: object) -> str:
        raise ChannelError("450 later", permanent=permanent)

    monkeypatch.setattr(outgoing, "carry", refuse)
    if permanent:
        tasks.mail_link(**job().args)
    else:
        with pytest.raises(ChannelError):
            tasks.mail_link(**job().args)
    link = AccessLink.objects.get(user=invited)
    assert (link.mailed_at, link.mail_failed_at) == (None, LATER)
    assert codes(invited)[-1] == "access_link_mail_failed"


def test_a_failure_is_forgotten_once_it_left(invited, clock, monkeypatch):
    link = AccessLink.objects.get(user=invited)
    accounts.note_link_mailed(link=link, is_sent=False, by=TESTS, at=MORNING)
    tasks.mail_link(**job().args)
    link.refresh_from_db()
    assert (link.mailed_at, link.mail_failed_at) == (LATER, None)


def test_without_a_way_out_the_link_is_handed_over(cast):
    user, secret = entering.add_and_invite(**NEWCOMER, teams=[cast.team], by=TESTS, at=MORNING)
    found = account_queries.link_by_secret(secret)
    assert found is not None
    assert found.user == user
    assert not ProcrastinateJob.objects.filter(task_name=queries.MAIL_LINK).exists()


def test_a_link_opens_nothing_else_than_what_it_is_for(invited):
    link = AccessLink.objects.get(user=invited)
    secret = accounts.secret_of(link)
    assert account_queries.opens(secret, LinkPurpose.INVITATION, at=LATER)
    assert not account_queries.opens(secret, LinkPurpose.RESET, at=LATER)
    assert not account_queries.opens(secret, LinkPurpose.INVITATION, at=MORNING + timedelta(hours=72))


def test_links_to_choose_a_password_are_forgotten_two_days_after_their_end(cast, clock):
    for email in (cast.amelie.email, "personne@ailleurs.example"):
        entering.ask_password(email=email, by=TESTS, at=MORNING)
    assert accounts.forget_links(at=MORNING + timedelta(days=2, hours=1)) == 0
    assert accounts.forget_links(at=MORNING + timedelta(days=2, hours=1, seconds=1)) == 2
