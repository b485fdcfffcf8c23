"""The wire out tells the truth: taken, not taken, or nobody knows (reliability.md §1, I3)."""

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from doleance.channels.email import smtp
from doleance.channels.email.smtp import InDoubt, Server
from doleance.channels.rules import Security
from doleance.kernel.errors import ChannelError
from tests.channels.posts import CUT, DRIP, HANG, make_certificate, open_post, scripted

MAIL = b"From: us@example.org\r\nTo: durand@example.net\r\nSubject: x\r\n\r\nBonjour\r\n.\r\n..fin\r\n"
EHLO, MAIL_OK, RCPT_OK, GO = "250 here", "250 sender", "250 recipient", "354 go"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"), "localhost", "127.0.0.1")


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def send(server: Server, mail: bytes = MAIL, to: str = "durand@example.net", limit_s: float = 20.0) -> str:
    return smtp.send(mail, server=server, envelope_from="us@example.org", to=to, limit_s=limit_s)


def plain(port: int) -> Server:
    return Server("127.0.0.1", port, Security.NONE)


def test_a_mail_arrives_as_it_was_written():
    with open_post() as post:
        assert send(post.server) == "250 2.0.0 OK: queued as 1"
    (taken,) = post.taken
    assert taken.content == MAIL
    assert taken.mail_from == "us@example.org"
    assert taken.rcpt_tos == ["durand@example.net"]


def test_a_mail_without_a_last_line_end_gets_one():
    with open_post() as post:
        send(post.server, b"Subject: x\r\n\r\nfin")
    assert post.taken[0].content == b"Subject: x\r\n\r\nfin\r\n"


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_protected_connection_and_a_login(security, trusted):
    with open_post(security, trusted, login="outbox") as post:
        send(post.server)
    assert len(post.taken) == 1


def test_a_wrong_password_over_tls(trusted):
    with open_post(Security.TLS, trusted, login="outbox") as post, pytest.raises(ChannelError, match="login: 535"):
        send(Server("localhost", post.server.port, Security.TLS, "outbox", "wrong"))
    assert post.taken == []


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_an_unknown_certificate_stops_before_the_mail(security, certificate):
    with (
        open_post(security, certificate) as post,
        pytest.raises(ChannelError, match=r"connection: .*verify") as raised,
    ):
        send(post.server)
    assert not raised.value.permanent
    assert post.taken == []


def test_starttls_is_required_not_hoped_for(trusted):
    with open_post() as post, pytest.raises(ChannelError, match="STARTTLS") as raised:
        send(Server("localhost", post.server.port, Security.STARTTLS))
    assert not raised.value.permanent
    assert post.taken == []


def test_a_wrong_password_is_the_settings_fault_so_worth_another_try(trusted):
    with open_post(Security.STARTTLS, trusted, login="outbox") as post:
        wrong = Server(post.server.host, post.server.port, Security.STARTTLS, "outbox", "wrong")
        with pytest.raises(ChannelError, match="login: 535") as raised:
            send(wrong)
    assert not raised.value.permanent


def test_a_password_never_travels_in_clear_beyond_this_machine():
    server = Server("192.0.2.1", 25, Security.NONE, "outbox", "right")
    with pytest.raises(ChannelError, match="in clear"):
        send(server)


def test_a_password_is_in_no_representation():
    assert "right" not in repr(Server("localhost", 25, Security.TLS, "outbox", "right"))


def test_nobody_listens():
    with open_post() as post:
        closed = post.server
    with pytest.raises(ChannelError, match="connection") as raised:
        send(closed)
    assert not raised.value.permanent


@pytest.mark.parametrize(
    ("reply", "permanent"),
    [("550 5.1.1 no such user", True), ("553 no", True), ("450 4.2.1 later", False), ("421 closing", False)],
)
def test_a_refused_recipient(reply, permanent):
    with open_post() as post:
        post.refuse["durand@example.net"] = reply
        with pytest.raises(ChannelError, match=f"recipient: {reply[:3]}") as raised:
            send(post.server)
    assert raised.value.permanent is permanent
    assert not isinstance(raised.value, InDoubt)


@pytest.mark.parametrize(("reply", "permanent"), [("554 spam", True), ("452 full", False), ("421 closing", False)])
def test_a_refusal_after_the_whole_mail_is_a_sure_one(reply, permanent):
    with open_post() as post:
        post.at_end = reply
        with pytest.raises(ChannelError, match=f"mail: {reply}") as raised:
            send(post.server)
    assert raised.value.permanent is permanent
    assert not isinstance(raised.value, InDoubt)


@pytest.mark.parametrize(
    "replies",
    [
        [CUT],
        ["502 no", CUT],
        [EHLO, CUT],
        [EHLO, "451 later"],
        [EHLO, MAIL_OK, CUT],
        [EHLO, MAIL_OK, RCPT_OK, CUT],
        [EHLO, MAIL_OK, RCPT_OK, "451 not now"],
        [EHLO, MAIL_OK, HANG],
    ],
    ids=" ".join,
)
def test_an_end_before_the_mail_is_surely_not_a_mail_taken(replies):
    with scripted(replies) as script, pytest.raises(ChannelError) as raised:
        send(plain(script.port), limit_s=0.5)
    assert not isinstance(raised.value, InDoubt)
    assert not raised.value.permanent
    assert not any(b"Bonjour" in line for line in script.heard)


def test_a_connection_lost_in_the_middle_of_a_mail_is_no_doubt():
    """The end mark was never said: no server keeps half a mail."""
    with scripted([EHLO, MAIL_OK, RCPT_OK, GO + CUT]) as script, pytest.raises(ChannelError, match="mail:") as raised:
        send(plain(script.port), MAIL + b"x" * 60_000_000)
    assert not isinstance(raised.value, InDoubt)
    assert not raised.value.permanent


@pytest.mark.parametrize("greeting", ["554 go away", CUT, "garbage"])
def test_a_greeting_that_is_none(greeting):
    with scripted([], greeting) as script, pytest.raises(ChannelError) as raised:
        send(plain(script.port))
    assert not raised.value.permanent


@pytest.mark.parametrize("end", [CUT, HANG, "garbage", "354 again", "999 what"])
def test_no_answer_to_the_whole_mail_is_a_doubt(end):
    with scripted([EHLO, MAIL_OK, RCPT_OK, GO, end]) as script, pytest.raises(InDoubt):
        send(plain(script.port), limit_s=1.0)
    assert any(line.endswith(b"\r\n.\r\n") for line in script.heard)


def test_a_server_that_drips_is_cut():
    """Each sign comes within the time of a step; the line never would."""
    with scripted([EHLO, MAIL_OK, DRIP]) as script, pytest.raises(ChannelError):
        send(plain(script.port), limit_s=0.3)


def test_a_process_that_slept_hands_nothing_over(monkeypatch):
    """Stopped for an hour in the middle of the mail: in the meantime a person may have ordered it again."""
    clock = iter([0.0, 0.0])
    monkeypatch.setattr(smtp, "time", SimpleNamespace(monotonic=lambda: next(clock, 3600.0)))
    with open_post() as post, pytest.raises(ChannelError, match="too late") as raised:
        send(post.server)
    assert not isinstance(raised.value, InDoubt)
    assert post.taken == []


def test_a_goodbye_that_fails_changes_nothing():
    with scripted([EHLO, MAIL_OK, RCPT_OK, GO, "250 taken", CUT]) as script:
        assert send(plain(script.port)) == "250 taken"


@pytest.mark.parametrize("to", ["a@b.fr\r\nRCPT TO:<c@d.fr>", "a@b.fr, c@d.fr", "a b@c.fr", "<a@b.fr>", "a@b.fr\x00"])
def test_one_recipient_and_nothing_else(to):
    with open_post() as post, pytest.raises(ChannelError) as raised:
        send(post.server, to=to)
    assert raised.value.permanent
    assert post.taken == []


def test_an_address_with_accents_needs_a_server_that_takes_them():
    with open_post() as post:
        send(post.server, to="hélène@exämple.fr")
    assert post.taken[0].rcpt_tos == ["hélène@xn--exmple-cua.fr"]
    with scripted([EHLO]) as script, pytest.raises(ChannelError, match="6531") as raised:
        send(plain(script.port), to="hélène@example.fr")
    assert raised.value.permanent


def test_a_server_word_holds_no_control_sign():
    with scripted([EHLO, MAIL_OK, "550 no\x1b[2J\x00 " + "x" * 1000]) as script, pytest.raises(ChannelError) as raised:
        send(plain(script.port))
    words = str(raised.value)
    assert words.isprintable()
    assert len(words) < 350


STOPPED = """
import os, signal, sys, time
from doleance.channels.email import smtp
from doleance.channels.rules import Security
from doleance.kernel.errors import ChannelError
ends = time.time() + float(sys.argv[2])
os.kill(os.getpid(), signal.SIGSTOP)
server = smtp.Server("127.0.0.1", int(sys.argv[1]), Security.NONE)
mail = {"envelope_from": "us@example.org", "to": "durand@example.net"}
try:
    print(smtp.send(b"Subject: x\\r\\n\\r\\n", server=server, **mail, is_late=lambda: time.time() >= ends))
except ChannelError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(("lease", "taken"), [(0.0, 0), (3600.0, 1)])
def test_a_process_stopped_beyond_its_lease_sends_nothing(lease, taken):
    """Really stopped, between taking a mail and sending it; somebody may have decided about it meanwhile."""
    with open_post() as post:
        told = [sys.executable, "-c", STOPPED, str(post.server.port), str(lease)]
        child = subprocess.Popen(told, stdout=subprocess.PIPE, text=True)
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        os.kill(child.pid, signal.SIGCONT)
        said, _ = child.communicate(timeout=60)
    assert len(post.taken) == taken
    assert said.startswith("250" if taken else "ChannelError connection: too late")


def test_a_try_whose_time_ends_on_the_wire_hands_nothing_over():
    late = iter([False])
    with open_post() as post, pytest.raises(ChannelError, match="too late") as raised:
        smtp.send(
            MAIL,
            server=post.server,
            envelope_from="us@example.org",
            to="durand@example.net",
            is_late=lambda: next(late, True),
        )
    assert not isinstance(raised.value, InDoubt)
    assert post.taken == []
