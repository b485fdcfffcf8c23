"""Delivery reports of many servers: whom a mail did not reach, and why."""

import pytest

from doleance.channels.email.parse import parse
from doleance.channels.rules import ReportedRecipient
from tests.channels import mails

ANNE = "anne@courriel.example"


def standard(status, *, kind="message/delivery-status"):
    return (
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\n\nYour mail could not be delivered.\n--b\nContent-Type: {kind}\n\n{status}\n--b--\n"
    ).encode()


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ((f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {ANNE}\nAction: failed\nStatus: 5.1.1\n"
         "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"),
         [(ANNE, "failed", "5.1.1", "550 5.1.1 User unknown")]),
        ((f"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: RFC822;<{ANNE}>\r\nAction: Delayed (will retry)\r\n"
         "Status: 4.4.1 (no answer)\r\n"), [(ANNE, "delayed", "4.4.1", "")]),
        (f"Original-Recipient: rfc822;{ANNE}\nFinal-Recipient: x400; /G=Anne/\nAction: failed\nStatus: 5.0.0\n",
         [(ANNE, "failed", "5.0.0", "", ANNE)]),
        (f"Final-Recipient: {ANNE}\nAction: failed\nStatus: inconnu\n", [(ANNE, "failed", "", "")]),
        ((f"Final-Recipient: rfc822;{ANNE}\nAction: failed\nStatus: 5.1.1\n\n"
         "Final-Recipient: rfc822;b@c.example\nAction: relayed\nStatus: 2.0.0\n"),
         [(ANNE, "failed", "5.1.1", ""), ("b@c.example", "relayed", "2.0.0", "")]),
        ("Reporting-MTA: dns; mx\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_the_standard_form(status, told):
    assert parse(standard(status)).report == tuple(ReportedRecipient(*one) for one in told)


def test_the_standard_form_beyond_ascii():
    status = "Final-Recipient: utf-8; élise@courriel.example\nAction: failed\nStatus: 5.1.1\n"
    [told] = parse(standard(status, kind="message/global-delivery-status")).report
    assert told.address == "élise@courriel.example"


WORDS = {
    "qmail": (
        (
            "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to "
            f"the following addresses.\n\n<{ANNE}>:\n192.0.2.1 does not like recipient.\n"
            "Remote host said: 550 5.1.1 unknown\n\n--- Below this line is a copy of the message.\n\n"
            "To: <autre@maison.example>\n"
        ),
        (ANNE, "failed", "5.1.1"),
    ),
    "exim": (
        (
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not "
            f"be delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  {ANNE}\n    SMTP "
            "error from remote mail server: 550 No such user\n\n"
            "------ This is a copy of the message ------\n\n  b@c.example\n"
        ),
        (ANNE, "failed", "5.0.0"),
    ),
    "exim, delayed": (
        (
            "This message was created automatically by mail delivery software.\nA message that you sent has not yet "
            f"been delivered to one or more of its\nrecipients. The delivery was delayed.\n\n"
            f"  {ANNE}\n    still trying\n"
        ),
        (ANNE, "delayed", ""),
    ),
    "postfix": (
        (
            f"This is the mail system at host mx.example.\nYour message could not be delivered.\n\n<{ANNE}>: host "
            "mx[192.0.2.1] said: 452 4.2.2 Mailbox full\n"
        ),
        (ANNE, "delayed", "4.2.2"),
    ),
    "exchange": (
        (
            f"Delivery has failed to these recipients or groups:\n\nAnne Petit ({ANNE})\nThe email address you "
            "entered couldn't be found.\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n"
        ),
        (ANNE, "failed", "5.1.10"),
    ),
    "google": (
        (
            f"** Adresse introuvable **\n\nVotre message n'a pas pu être remis à {ANNE}, car l'adresse est "
            "introuvable.\nLa réponse est : 550 5.1.1 The email account does not exist.\n"
        ),
        (ANNE, "failed", "5.1.1"),
    ),
    "google, in English": (
        f"** Address not found **\n\nYour message wasn't delivered to {ANNE} because the address couldn't be found.\n",
        (ANNE, "failed", ""),
    ),
}


@pytest.mark.parametrize("server", WORDS)
def test_servers_that_write_words(server):
    text, told = WORDS[server]
    [found] = parse(mails.mail(text, From="MAILER-DAEMON@mx.example", Return_Path="<>")).report
    assert (found.address, found.action, found.status) == told


@pytest.mark.parametrize("server", WORDS)
def test_a_person_who_quotes_such_words_reports_nothing(server):
    assert parse(mails.mail(WORDS[server][0])).report == ()


def test_an_absence_is_no_report():
    text = f"Je suis absente. Écrivez à {ANNE}.\n"
    assert parse(mails.mail(text, Return_Path="<>")).report == ()
