"""A mailbox tried as it is set: real servers answer, or say why not; nothing changes there."""

import pytest

from doleance.accounts.rules import Role
from doleance.channels import mailboxes as rules
from doleance.channels.mailboxes import SendingError
from doleance.channels.models import Message
from doleance.channels.rules import MailboxError, Security
from doleance.intake.fetching import probing
from doleance.kernel.errors import NotAllowed
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels.posts import CUT, make_certificate, open_post, scripted
from tests.servers import dovecot as servers

pytestmark = pytest.mark.django_db
MAIL = (
    b"Authentication-Results: mx.maison.example; dkim=pass\r\nFrom: helene.durand@courriel.example\r\n"
    b"Message-ID: <1@courriel.example>\r\nSubject: x\r\n\r\nBonjour\r\n"
)


@pytest.fixture
def fetched(cast, dovecot, inbox):
    """A mailbox of ours that is fetched from Dovecot's `inbox`."""

    def make(**changes):
        told = {"imap_host": dovecot.host, "imap_port": dovecot.port, "imap_user": inbox}
        told |= {"imap_security": Security.NONE, "imap_secret": servers.PASSWORD}
        return factories.mailbox(cast, address=inbox, **(told | changes))

    return make


@pytest.mark.needs(*servers.PACKAGES)
def test_what_is_there_is_told_and_nothing_changes(fetched, dovecot, inbox):
    dovecot.deliver(inbox, MAIL)
    trial = probing.reception(fetched(), by=TESTS)
    assert trial.error is None
    assert trial.found is not None
    assert (trial.found.messages, trial.found.authserv_ids) == (1, ("mx.maison.example",))
    assert "INBOX" in trial.found.folders
    assert trial.found.can_idle
    assert not Message.objects.exists()
    assert [one.flags for one in dovecot.held(inbox)] == [frozenset()]


@pytest.mark.needs(*servers.PACKAGES)
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"imap_secret": "wrong"}, MailboxError.LOGIN),
        ({"imap_folder": "Ailleurs"}, MailboxError.FOLDER),
        ({"imap_port": 1}, MailboxError.CONNECTION),
    ],
)
def test_why_it_cannot_be_fetched(fetched, changes, error):
    trial = probing.reception(fetched(**changes), by=TESTS)
    assert (trial.found, trial.error) == (None, error)


def test_a_mailbox_without_a_server_is_not_tried(cast):
    with pytest.raises(rules.NotFetched):
        probing.reception(factories.mailbox(cast), by=TESTS)


@pytest.fixture
def wire(settings):
    """Mails really leave, by the mailbox's own server alone."""
    settings.DOLEANCE_SINK = False
    settings.EMAIL_HOST = ""
    return settings


def sends_by(cast, post, **changes):
    told = {"smtp_host": post.server.host, "smtp_port": post.server.port, "smtp_security": post.server.security}
    return factories.mailbox(cast, **(told | changes))


def test_the_sending_server_lets_us_in_and_gets_no_mail(cast, wire):
    with open_post() as post:
        assert probing.sending(sends_by(cast, post), by=TESTS) == probing.SendingTrial()
    assert post.taken == []


def test_a_sending_password_that_is_refused(cast, wire, tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path, "localhost", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with open_post(Security.TLS, certificate, login="outbox") as post:
        box = sends_by(cast, post, smtp_user="outbox", smtp_password="wrong")
        trial = probing.sending(box, by=TESTS)
    assert trial.error is SendingError.LOGIN
    assert "535" in trial.said


def test_a_certificate_that_nobody_signed(cast, wire, tmp_path):
    with open_post(Security.TLS, make_certificate(tmp_path, "localhost")) as post:
        assert probing.sending(sends_by(cast, post), by=TESTS).error is SendingError.CERTIFICATE


def test_nobody_listens_there(cast, wire):
    with open_post() as post:
        box = sends_by(cast, post)
    assert probing.sending(box, by=TESTS).error is SendingError.CONNECTION


def test_no_server_at_all(cast, wire):
    box = factories.mailbox(cast)
    assert probing.sending(box, by=TESTS).error is SendingError.NO_SERVER
    assert probing.letter(box, to=cast.nadia, by=TESTS, at=MORNING).error is SendingError.NO_SERVER


def test_a_test_mail_reaches_whoever_asked(cast, wire):
    with open_post() as post:
        trial = probing.letter(sends_by(cast, post), to=cast.nadia, by=cast.nadia.actor(), at=MORNING)
    assert (trial.error, trial.to) == (None, cast.nadia.email)
    [taken] = post.taken
    assert taken.rcpt_tos == [cast.nadia.email]
    assert taken.mail_from == "reclamations@maison.example"
    assert isinstance(taken.content, bytes)
    assert b"Auto-Submitted:" in taken.content


def test_a_test_mail_that_may_have_left_says_so(cast, wire):
    replies = ["250 here", "250 sender", "250 recipient", "354 go", CUT]
    with scripted(replies) as script:
        box = factories.mailbox(cast, smtp_host="127.0.0.1", smtp_port=script.port, smtp_security=Security.NONE)
        assert probing.letter(box, to=cast.nadia, by=TESTS, at=MORNING).error is SendingError.UNSURE


def test_a_refused_test_mail_says_why(cast, wire):
    with open_post() as post:
        post.refuse[cast.nadia.email] = "550 5.1.1 no such user"
        trial = probing.letter(sends_by(cast, post), to=cast.nadia, by=TESTS, at=MORNING)
    assert trial.error is SendingError.REFUSED
    assert "no such user" in trial.said


def test_with_the_sink_nothing_leaves_and_that_is_said(cast, settings, tmp_path):
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path
    box = factories.mailbox(cast)
    assert probing.sending(box, by=TESTS).is_sink
    assert probing.letter(box, to=cast.nadia, by=TESTS, at=MORNING).is_sink
    [written] = tmp_path.glob("*.eml")
    assert cast.nadia.email.encode() in written.read_bytes()


@pytest.mark.parametrize("act", [probing.reception, probing.sending])
def test_administrators_alone_try(cast, act):
    assert Role.ADMINISTRATOR not in cast.bruno.actor().roles
    with pytest.raises(NotAllowed):
        act(factories.mailbox(cast), by=cast.bruno.actor())
    with pytest.raises(NotAllowed):
        probing.letter(
            factories.mailbox(cast, address="b@maison.example"), to=cast.bruno, by=cast.bruno.actor(), at=MORNING
        )
