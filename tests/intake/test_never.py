"""The list of those whom no machine answers (reliability.md §2), line by line, from the bytes of a mail."""

from uuid import UUID

import pytest

from doleance.channels.email.parse import parse
from doleance.channels.email.threads import BOUNCE, tagged
from doleance.intake import rules
from doleance.intake.rules import Silence
from tests.channels import mails

KEY, KEY_ID = b"k" * 32, UUID(int=7)
OURS = frozenset({"reclamations@maison.example", "amelie@maison.example"})
NULL = "null Return-Path"

NEVER = [
    (NULL, {"Return_Path": "<>"}, Silence.NULL_SENDER),
    (NULL, {"Return_Path": " < > "}, Silence.NULL_SENDER),
    ("Auto-Submitted", {"Auto_Submitted": "auto-replied"}, Silence.AUTO_SUBMITTED),
    ("Auto-Submitted", {"Auto_Submitted": "Auto-Generated; owner-email=a@b.example"}, Silence.AUTO_SUBMITTED),
    ("Auto-Submitted", {"Auto_Submitted": "auto-notified (rule)"}, Silence.AUTO_SUBMITTED),
    ("Precedence", {"Precedence": "bulk"}, Silence.BULK),
    ("Precedence", {"Precedence": "List"}, Silence.BULK),
    ("Precedence", {"Precedence": "junk"}, Silence.BULK),
    ("Precedence", {"Precedence": "AUTO_REPLY"}, Silence.AUTO_SUBMITTED),
    *(("List-*", {f"List_{name}": "<x.maison.example>"}, Silence.LIST) for name in (
        "Id", "Unsubscribe", "Unsubscribe-Post", "Post", "Help", "Owner", "Archive", "Subscribe",
    )),
    *(("X-Auto-Response-Suppress", {"X_Auto_Response_Suppress": value}, Silence.SUPPRESSED) for value in (
        "All", "OOF", "DR, AutoReply", "RN, NRN",
    )),
    ("report", {"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"}, Silence.REPORT),
    ("report", {"Content_Type": "multipart/report; report-type=feedback-report; boundary=b"}, Silence.REPORT),
    ("mailer-daemon", {"From": "Mail Delivery <MAILER-DAEMON@relais.example>"}, Silence.ROBOT),
    ("mailer-daemon", {"Return_Path": "<mailer-daemon@relais.example>"}, Silence.ROBOT),
    ("postmaster", {"From": "postmaster@relais.example"}, Silence.ROBOT),
    ("no-reply", {"From": "no-reply@site.example"}, Silence.ROBOT),
    ("no-reply", {"From": "Ne-pas-repondre@site.example"}, Silence.ROBOT),
    ("our own addresses", {"From": "reclamations@maison.example"}, Silence.OURS),
    ("our own addresses", {"From": "reclamations+tag@maison.example"}, Silence.OURS),
    ("our own addresses", {"From": "AMELIE@maison.example"}, Silence.OURS),
    ("our own addresses", {"Reply_To": "reclamations@maison.example"}, Silence.OURS),
    ("our own addresses", {"Reply_To": "x@y.example, Reclamations+a@maison.example"}, Silence.OURS),
    ("spam", {"X_Spam_Flag": "YES"}, Silence.SPAM),
    ("nobody", {"From": ""}, Silence.NO_ADDRESS),
    *(("auto-reply headers", {name: "yes"}, Silence.AUTO_SUBMITTED) for name in (
        "X_Autoreply", "X_Autorespond", "X_Auto_Reply", "X_Vacation",
    )),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "fields", "why"), NEVER, ids=lambda one: str(one) if not isinstance(one, dict) else ""
)
def test_no_machine_of_ours_answers(line, fields, why):
    parsed = parse(mails.mail(**{name.replace("-", "_"): value for name, value in fields.items()}))
    assert rules.silence(parsed, ours=OURS) == why


def test_no_machine_of_ours_answers_what_comes_to_the_envelope():
    to = tagged("reclamations@maison.example", kind=BOUNCE, about=KEY_ID, key=KEY)
    assert rules.silence(parse(mails.mail(To=to)), ours=OURS, key=KEY) == Silence.REPORT


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Auto_Submitted": "no"},
        {"Auto_Submitted": "No (a person)"},
        {"Precedence": "first-class"},
        {"X_Auto_Response_Suppress": "None"},
        {"Return_Path": "<helene.durand@courriel.example>"},
        {"Reply_To": "Hélène <helene@bureau.example>"},
        {"X_Spam_Flag": "NO"},
    ],
)
def test_a_person_is_answered(fields):
    assert rules.silence(parse(mails.mail(**fields)), ours=OURS, key=KEY) is None
