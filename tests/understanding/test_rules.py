"""The words of a reading: closed lists that the commands print, and spans that quote exactly."""

from datetime import UTC, datetime

import pytest

from doleance.understanding.rules import (
    Amount,
    BodyType,
    Incoming,
    MessageKind,
    Sender,
    SignalCode,
    Span,
    Urgency,
    WantedRemedy,
)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (MessageKind, "complaint enquiry praise spam auto_reply bounce follow_up"),
        (Urgency, "normal high critical"),
        (WantedRemedy, "repair replacement refund compensation apology explanation cancellation other"),
        (
            SignalCode,
            (
                "legal_threat ombudsman_threat media_threat churn_threat safety_risk vulnerable_person "
                "abusive_language repeated_contact"
            ),
        ),
    ],
)
def test_the_codes_are_those_of_the_commands(kind, codes):
    assert [member.value for member in kind] == codes.split()


def test_a_span_quotes_exactly():
    assert Span(2, 6).of("« Élan »") == "Élan"
    assert min(Span(4, 9), Span(0, 3)) == Span(0, 3)


def test_amounts_sort_by_what_was_said():
    assert sorted({Amount("49.90", "EUR"), Amount("49.90", "EUR"), Amount("12", "EUR")}) == [
        Amount("12", "EUR"),
        Amount("49.90", "EUR"),
    ]


def test_a_message_needs_little():
    message = Incoming("1", "sms", "", "Bonjour", date=datetime(2026, 3, 14, tzinfo=UTC))
    assert message.body_type is BodyType.TEXT
    assert message.sender == Sender()
