"""Who our own server says the sender is: RFC 8601, read so that nobody can forge it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email.authentication import NAMELESS, Verdict, is_aligned, verdict

ADDRESS = "helene.durand@courriel.example"
OURS = "mx.maison.example"


def said(*results, authserv_id=OURS, address=ADDRESS):
    return verdict(results=results, authserv_id=authserv_id, address=address)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (f"{OURS}; dmarc=pass header.from=courriel.example", "dmarc=pass"),
        (f"{OURS} 1; dmarc=pass", "dmarc=pass"),
        (f'"{OURS}"; dmarc=pass', "dmarc=pass"),
        ("MX.Maison.Example; DMARC=Pass (p=reject) header.from=Courriel.Example", "dmarc=pass"),
        (f"(a (nested) comment) {OURS} (x); (y) dmarc (z) = (u) pass (v; dmarc=fail)", "dmarc=pass"),
        (f"{OURS}; spf=fail smtp.mailfrom=x.example; dkim=pass header.d=courriel.example",
         "dkim=pass header.d=courriel.example"),
        (f"{OURS}; dkim=fail header.d=courriel.example; dkim=pass header.d=mail.courriel.example",
         "dkim=pass header.d=mail.courriel.example"),
        (f"{OURS}; dkim=pass header.i=@courriel.example", "dkim=pass header.d=courriel.example"),
        (f'{OURS}; dkim/1=pass reason="good; key" header . d = courriel.example',
         "dkim=pass header.d=courriel.example"),
        (f"{OURS}; dmarc=none header.from=courriel.example; spf=pass smtp.mailfrom=b@courriel.example",
         "spf=pass smtp.mailfrom=courriel.example"),
        (f'{OURS}; spf=pass smtp.mailfrom="a b"@courriel.example', "spf=pass smtp.mailfrom=courriel.example"),
    ],
)  # fmt: skip
def test_what_proves_the_sender(value, words):
    assert said(value) == Verdict(is_verified=True, words=words)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (f"{OURS}; none", ""),
        (f"{OURS}", ""),
        ("", ""),
        (f"{OURS}; dmarc=fail header.from=courriel.example", "dmarc=fail"),
        # A policy that fails is not repaired by a signature that passes.
        (f"{OURS}; dmarc=fail; dkim=pass header.d=courriel.example", "dmarc=fail dkim=pass"),
        # DMARC passed for the other address of a From with two.
        (f"{OURS}; dmarc=pass header.from=mechant.example", "dmarc=pass"),
        # Two answers to one question: somebody wrote one of them inside the other.
        (f"{OURS}; dmarc=pass; dmarc=fail", "dmarc=pass dmarc=fail"),
        (f"{OURS}; dkim=pass header.d=mechant.example", "dkim=pass"),
        (f"{OURS}; dkim=pass header.d=mauvaiscourriel.example", "dkim=pass"),
        (f"{OURS}; dkim=pass header.d=example", "dkim=pass"),
        (f"{OURS}; dkim=pass", "dkim=pass"),
        (f"{OURS}; spf=pass smtp.mailfrom=mechant.example", "spf=pass"),
        # The name a machine greets with is not the sender's.
        (f"{OURS}; spf=pass smtp.helo=courriel.example", "spf=pass"),
        (f"{OURS}; spf=softfail smtp.mailfrom=courriel.example; dkim=none", "spf=softfail dkim=none"),
        (f'{OURS}; spf=fail smtp.mailfrom="x; dmarc=pass"@mechant.example', "spf=fail"),
        (f'{OURS}; spf=fail (dmarc=pass) reason="dmarc=pass"', "spf=fail"),
        (f"{OURS}; spf=fail (dmarc=pass", ""),
        (f'{OURS}; spf=fail reason="; dmarc=pass', ""),
        (f"{OURS}.mechant.example; dmarc=pass", ""),
        (f"mechant.example {OURS}; dmarc=pass", ""),
        (f"mechant.example; x={OURS}; dmarc=pass", ""),
        (f"dmarc=pass; {OURS}", ""),
    ],
)  # fmt: skip
def test_what_proves_nothing(value, words):
    assert said(value) == Verdict(is_verified=False, words=words)


def test_only_the_topmost_field_of_our_server_counts():
    forged = f"{OURS}; dmarc=pass header.from=courriel.example"
    assert not said(f"{OURS}; spf=fail", forged).is_verified
    assert not said(f"{OURS}; none", forged).is_verified
    assert said("relais.example; dmarc=fail", forged).is_verified  # another server's word above ours says nothing


def test_a_mailbox_whose_server_is_not_named_verifies_nobody():
    for nobody in ("", "  ", '""'):
        assert said(f"{OURS}; dmarc=pass", "; dmarc=pass", authserv_id=nobody) == Verdict(False, "")


def test_exchange_online_names_no_server():
    value = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=courriel.example; dkim=none;dmarc=pass action=none"
    assert said(value, authserv_id=NAMELESS) == Verdict(is_verified=True, words="dmarc=pass")
    assert not said(value).is_verified
    assert not said("spf=fail smtp.mailfrom=x", value, authserv_id=NAMELESS).is_verified


@pytest.mark.parametrize(
    ("other", "domain", "aligned"),
    [
        ("courriel.example", "courriel.example", True),
        ("mail.courriel.example", "courriel.example", True),
        ("courriel.example", "mail.courriel.example", True),
        ("a.courriel.example", "b.courriel.example", False),
        ("example", "courriel.example", False),
        ("courriel.example", "example", False),
        ("mechant.eu.org", "eu.org", False),
        ("co.uk", "banque.co.uk", False),
        ("", "courriel.example", False),
    ],
)
def test_alignment(other, domain, aligned):
    assert is_aligned(other, domain) is aligned


def test_names_beyond_ascii_are_compared_as_the_wire_writes_them():
    assert said(f"{OURS}; dkim=pass header.d=xn--caf-dma.example", address="a@café.example").is_verified


@given(st.lists(st.text('mx.aison-le;=()"\\ dkrcpsfw\n/é\x00', max_size=80), max_size=4), st.text(max_size=20))
def test_nothing_raises_and_another_server_never_counts(results, address):
    found = verdict(results=[f"autre.example; {one}" for one in results], authserv_id=OURS, address=address)
    assert found == Verdict(is_verified=False, words="")
    verdict(results=results, authserv_id="mx", address=address)
