"""The sink misbehaves as it is told, and its account of what left is true."""

from collections.abc import Iterator

import pytest

from doleance.channels.email import smtp
from doleance.channels.rules import Security
from doleance.kernel.errors import ChannelError
from tests.servers.smtp import HOST, TAKES_THEN_CUTS, Behaviour, Sink, Step

MAIL = b"From: a@maison.example\r\nMessage-ID: <un@maison.example>\r\n\r\nBonjour\r\n.\r\n.deux\r\n"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


def send(sink: Sink, *, limit_s: float = 20.0) -> str:
    server = smtp.Server(HOST, sink.port, Security.NONE)
    return smtp.send(MAIL, server=server, envelope_from="a@maison.example", to="b@courriel.example", limit_s=limit_s)


def test_takes_a_mail_byte_for_byte(sink: Sink) -> None:
    assert send(sink).startswith("250")
    [one] = sink.wait_for(1)
    assert one.raw == MAIL
    assert one.message_id == "<un@maison.example>"
    assert (one.envelope_from, one.recipients) == ("a@maison.example", ("b@courriel.example",))


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("code", [451, 554])
def test_refuses_at_each_step(sink: Sink, step: Step, code: int) -> None:
    sink.then(Behaviour(step=step, code=code))
    with pytest.raises(ChannelError) as refused:
        send(sink)
    assert not isinstance(refused.value, smtp.InDoubt)
    greets = step in {Step.GREETING, Step.HELLO}  # a server that is not ready today may be tomorrow
    assert refused.value.permanent is (code == 554 and not greets)
    assert not sink.copies
    assert send(sink).startswith("250")
    assert sink.copies == {"<un@maison.example>": 1}


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.END])
def test_cuts_before_the_mail(sink: Sink, step: Step) -> None:
    sink.then(Behaviour(step=step))
    with pytest.raises(ChannelError) as cut:
        send(sink)
    assert not isinstance(cut.value, smtp.InDoubt)
    assert not sink.received


def test_takes_then_cuts(sink: Sink) -> None:
    sink.then(TAKES_THEN_CUTS)
    with pytest.raises(smtp.InDoubt):
        send(sink)
    assert sink.copies == {"<un@maison.example>": 1}, "it was taken, whatever the sender knows"


def test_tarpit(sink: Sink) -> None:
    sink.then(Behaviour(slow_s=5.0))
    with pytest.raises(ChannelError):
        send(sink, limit_s=0.5)
    assert not sink.received
