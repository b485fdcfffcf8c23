"""What becomes of a message, and who is never answered by a machine (reliability.md §2)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.rules import MachineSigns, ParsedFile, ParsedMessage, Person, Problem, Reason
from doleance.intake import rules
from doleance.intake.rules import Silence

OURS = frozenset({"reclamations@maison.example", "amelie.roux@maison.example"})
DURAND = Person("Hélène Durand", "helene.durand@courriel.example")
LETTER = ParsedMessage(sender=DURAND, subject="Colis perdu", text="Mon colis est perdu.")


def signs(**changes) -> ParsedMessage:
    return replace(LETTER, signs=MachineSigns(**changes))


def sender(address: str) -> ParsedMessage:
    return replace(LETTER, sender=Person("", address))


# The never-auto-reply list, line by line.
NEVER = [
    (signs(return_path=""), Silence.NULL_SENDER),
    (signs(auto_submitted="auto-replied"), Silence.AUTO_SUBMITTED),
    (signs(auto_submitted="auto-generated"), Silence.AUTO_SUBMITTED),
    (signs(auto_reply_headers=("x-autoreply",)), Silence.AUTO_SUBMITTED),
    (signs(precedence="bulk"), Silence.BULK),
    (signs(precedence="list"), Silence.BULK),
    (signs(precedence="junk"), Silence.BULK),
    (signs(precedence="auto_reply"), Silence.AUTO_SUBMITTED),
    (signs(list_headers=("list-id",)), Silence.LIST),
    (signs(list_headers=("list-unsubscribe",)), Silence.LIST),
    (signs(auto_response_suppress="All"), Silence.SUPPRESSED),
    (signs(auto_response_suppress="DR, OOF, AutoReply"), Silence.SUPPRESSED),
    (signs(is_report=True, content_type="multipart/report"), Silence.REPORT),
    (signs(return_path="MAILER-DAEMON@relais.example"), Silence.ROBOT),
    (signs(spam=True), Silence.SPAM),
    *((sender(f"{robot}@ailleurs.example"), Silence.ROBOT) for robot in (
        "mailer-daemon", "MAILER-DAEMON", "postmaster", "no-reply", "noreply", "no_reply", "gmail-noreply",
        "donotreply", "do-not-reply", "ne-pas-repondre", "nepasrepondre", "noreply+12", "bounce",
    )),
    (sender("Reclamations@Maison.example"), Silence.OURS),
    (replace(LETTER, reply_to=(Person("", "reclamations@maison.example"),)), Silence.OURS),
    (sender(""), Silence.NO_ADDRESS),
]  # fmt: skip


@pytest.mark.parametrize(("parsed", "why"), NEVER)
def test_nobody_on_the_list_is_answered_by_a_machine(parsed, why):
    assert rules.silence(parsed, ours=OURS) == why


@pytest.mark.parametrize(
    "parsed",
    [
        LETTER,
        signs(return_path="helene.durand@courriel.example"),
        signs(auto_submitted="no"),
        signs(auto_response_suppress="None"),
        signs(precedence="first-class"),
        sender("nora.eply@courriel.example"),
        sender("reply@courriel.example"),
        replace(LETTER, reply_to=(Person("", "bureau@courriel.example"),)),
    ],
)
def test_a_person_is_acknowledged(parsed):
    assert rules.silence(parsed, ours=OURS) is None


def test_history_and_a_silent_mailbox_are_not_acknowledged():
    assert rules.silence(LETTER, ours=OURS, wanted=False) == Silence.HISTORY
    assert rules.silence(LETTER, ours=OURS, mailbox_answers=False) == Silence.MAILBOX


@given(
    st.builds(
        MachineSigns,
        return_path=st.none() | st.text(max_size=20),
        auto_submitted=st.text(max_size=20),
        precedence=st.text(max_size=20),
        auto_response_suppress=st.text(max_size=20),
        list_headers=st.lists(st.text(max_size=9), max_size=2).map(tuple),
        is_report=st.booleans(),
        spam=st.booleans(),
    ),
    st.text(max_size=30),
)
def test_what_is_automatic_is_never_acknowledged(found, address):
    """A loop needs an answer to a machine: whatever the headers, there is none."""
    parsed = replace(LETTER, signs=found, sender=Person("", address))
    if rules.is_automatic(parsed):
        assert rules.silence(parsed, ours=OURS) is not None


@pytest.mark.parametrize(
    ("parsed", "automatic"),
    [
        (LETTER, False),
        (signs(is_report=True), True),
        (signs(return_path=""), True),
        (signs(auto_submitted="auto-replied"), True),
        (signs(auto_submitted="no"), False),
        (signs(precedence="auto_reply"), True),
        (signs(auto_reply_headers=("x-vacation",)), True),
        (sender("MAILER-DAEMON@relais.example"), True),
        # A shared mailbox is often a list, a newsletter answers nothing, and people answer from no-reply addresses.
        (signs(list_headers=("list-id",)), False),
        (signs(precedence="bulk"), False),
        (sender("noreply@ailleurs.example"), False),
    ],
)
def test_a_bounce_or_an_absence_is_automatic(parsed, automatic):
    assert rules.is_automatic(parsed) is automatic


@pytest.mark.parametrize(
    ("parsed", "reason"),
    [
        (LETTER, None),
        (replace(LETTER, subject="", text="mon colis"), None),
        (replace(LETTER, text=""), None),
        (replace(LETTER, subject="", text="", files=(ParsedFile("a.pdf", "a/b", "", False, b"x"),)), None),
        (replace(LETTER, subject=" ", text="\n"), Reason.EMPTY),
        (sender(""), Reason.NO_SENDER),
        (sender("RECLAMATIONS@maison.example"), Reason.OWN_ADDRESS),
        (signs(spam=True), Reason.SPAM),
        (replace(LETTER, text="\ufffd" * 20 + "a" * 80, lost=20), Reason.UNREADABLE),
        (replace(LETTER, text="\ufffd" * 19 + "a" * 81, lost=19), None),
        # Who writes from a staff address is a person like another: never a staff action, but no machine answers.
        (sender("amelie.roux@maison.example"), None),
    ],
)
def test_what_opens_no_file_by_itself(parsed, reason):
    assert rules.held_back(parsed, mailboxes={"reclamations@maison.example"}) == reason


def test_what_is_no_mail_or_over_a_limit_is_not_looked_at():
    assert rules.unreadable(ParsedMessage(problem=Problem.NOT_A_MESSAGE)) == Reason.NOT_A_MESSAGE
    assert rules.unreadable(ParsedMessage(problem=Problem.OVER_LIMIT)) == Reason.OVER_LIMIT
    assert rules.unreadable(LETTER) is None


def test_what_a_message_answers_directly_comes_first_then_the_thread_from_its_end():
    parsed = replace(LETTER, in_reply_to=("<b>",), references=("<a>", "<b>", "<c>"))
    assert rules.thread_candidates(parsed) == [("in_reply_to", "<b>"), ("references", "<c>"), ("references", "<a>")]


@pytest.mark.parametrize(
    ("found", "is_typed", "left"),
    [
        (Silence.SPAM, False, ""),
        (Silence.NO_ADDRESS, False, Silence.NO_ADDRESS),
        (Silence.NO_ADDRESS, True, ""),
        (Silence.OURS, True, ""),
        (Silence.ROBOT, True, ""),
        (Silence.LIST, True, Silence.LIST),
        (Silence.NULL_SENDER, True, Silence.NULL_SENDER),
        (Silence.HISTORY, True, Silence.HISTORY),
        ("", False, ""),
    ],
)
def test_a_person_lifts_what_their_eyes_can_judge(found, is_typed, left):
    assert rules.silence_by_hand(found, is_typed=is_typed) == left


def test_a_message_is_not_set_aside_without_a_reason():
    assert rules.why_filed("  publicité \n d’un voyagiste ") == "publicité d’un voyagiste"
    with pytest.raises(rules.FiledWithoutReason):
        rules.why_filed(" \n")
