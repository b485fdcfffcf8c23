"""What a message continues or answers, whom it is believed of, and what becomes of it: pure, and for any message."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doleance.channels.email.threads import BOUNCE, REPLY, sign_message_id, tagged
from doleance.channels.rules import (
    MachineSigns,
    MessageState,
    ParsedMessage,
    Person,
    Problem,
    Reason,
    ReportedRecipient,
)
from doleance.intake import rules
from doleance.intake.rules import Claim, Fate, Match, Rule
from doleance.kernel.ids import check_letter, new_reference

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
FILE, SECOND, MAIL = UUID(int=1), UUID(int=2), UUID(int=3)
BOX, STAFF = "reclamations@maison.example", "amelie@maison.example"
DURAND = Person("Hélène Durand", "helene.durand@courriel.example")
LETTER = ParsedMessage(sender=DURAND, subject="Colis perdu", text="Mon colis est perdu.")


def our_id(complaint: UUID = FILE, key: bytes = KEY) -> str:
    return sign_message_id(notice_id=MAIL, complaint_id=complaint, domain="maison.example", key=key)


def tag(kind: str, about: UUID, key: bytes = KEY) -> str:
    return tagged("r@maison.example", kind=kind, about=about, key=key)


def reference(body: str) -> str:
    return f"R26-{body}-{check_letter(body)}"


def fate(parsed: ParsedMessage = LETTER, **changes) -> tuple[Fate, Reason | None]:
    told = {"is_machine": False, "is_twin": False, "match": None, "mailboxes": {BOX}, "staff": {STAFF}}
    return rules.fate(parsed, **(told | changes))


def test_the_chain_asks_the_surest_first_and_never_the_body():
    one = reference("7K4M")
    parsed = replace(
        LETTER,
        in_reply_to=(our_id(),),
        references=(our_id(SECOND),),
        to=(Person("", tag(REPLY, SECOND)),),
        delivered_to=(tag(REPLY, FILE),),
        subject=f"Re: {one}",
        text=f"{reference('ABCD')} {our_id(UUID(int=9))}",
    )
    assert rules.claims(parsed, key=KEY) == [
        Claim(Rule.IN_REPLY_TO, FILE, MAIL),
        Claim(Rule.REFERENCES, SECOND, MAIL),
        Claim(Rule.PLUS_ADDRESS, FILE),
        Claim(Rule.PLUS_ADDRESS, SECOND),
        Claim(Rule.SUBJECT, reference=one),
    ]


def test_a_machine_names_first_what_it_brings_back():
    parsed = replace(LETTER, answered=(our_id(SECOND),), in_reply_to=(our_id(),), references=(our_id(SECOND),))
    assert [(one.rule, one.complaint_id) for one in rules.answers(parsed, key=KEY)] == [
        (Rule.RETURNED, SECOND),
        (Rule.IN_REPLY_TO, FILE),
    ]


def test_a_body_that_quotes_our_identifier_is_no_claim_of_a_person():
    assert rules.claims(replace(LETTER, answered=(our_id(),)), key=KEY) == []


@pytest.mark.parametrize("field", ["to", "cc"])
def test_our_tagged_address_is_read_where_people_write_it(field):
    written: dict[str, Any] = {field: (Person("", tag(REPLY, FILE).upper()),)}
    parsed = replace(LETTER, **written)
    assert rules.claims(parsed, key=KEY) == [Claim(Rule.PLUS_ADDRESS, FILE)]


def test_a_tag_for_refusals_is_about_a_mail_of_ours_and_says_that_a_machine_writes():
    parsed = replace(LETTER, delivered_to=(tag(BOUNCE, MAIL),))
    assert rules.answers(parsed, key=KEY) == [Claim(Rule.PLUS_ADDRESS, notice_id=MAIL)]
    assert rules.is_automatic(parsed, key=KEY)
    assert rules.silence(parsed, ours=(), key=KEY) == rules.Silence.REPORT
    assert not rules.is_automatic(replace(LETTER, delivered_to=(tag(REPLY, FILE),)), key=KEY)
    assert not rules.is_automatic(parsed, key=OTHER_KEY)


@pytest.mark.parametrize(
    "subject",
    ["Re: {0}", "{0}", "votre dossier {0}, toujours rien", "({0})", "{0} {0}", "RE: TR: « {0} »", "n°{0}."],
)
@pytest.mark.parametrize("spelled", [str, str.lower, lambda one: one.replace("-", "\u2011")])
def test_a_reference_is_read_in_a_subject_as_people_write_it(subject, spelled):
    one = reference("7K4M")
    assert rules.cited_reference(subject.format(spelled(one))) == one


def test_two_references_in_one_subject_and_neither_is_trusted():
    assert rules.cited_reference(f"{reference('7K4M')} et {reference('ABCD')}") == ""


@pytest.mark.parametrize("subject", ["", "R26-7K4M-A", "XR26-7K4M-W2", "R26 7K4M W", "Colis R26", "R26-0000-0"])
def test_what_only_looks_like_a_reference_is_none(subject):
    assert rules.cited_reference(subject) == ""


@given(st.text(max_size=60), st.text(max_size=60), st.integers(min_value=0, max_value=10**6))
def test_a_subject_gives_back_the_reference_it_holds_or_nothing(before, after, number):
    one = new_reference(26)
    assert rules.cited_reference(f"{before} {one} {after}") in {one, ""}


@given(
    st.lists(st.text(max_size=120) | st.just(our_id(key=OTHER_KEY)), max_size=4).map(tuple),
    st.lists(st.text(max_size=90) | st.just(tag(REPLY, FILE, OTHER_KEY)), max_size=4).map(tuple),
)
def test_what_our_key_did_not_sign_claims_nothing(identifiers, addresses):
    people = tuple(Person("", one) for one in addresses)
    parsed = replace(
        LETTER, in_reply_to=identifiers, references=identifiers, answered=identifiers, to=people, cc=people,
        delivered_to=addresses,
    )  # fmt: skip
    assert rules.claims(parsed, key=KEY) == []
    assert rules.answers(parsed, key=KEY) == []


@given(st.integers(min_value=0, max_value=len(our_id()) - 1), st.sampled_from("abcdefg234567"))
def test_one_sign_changed_in_our_identifier_and_it_leads_nowhere_else(position, sign):
    """Either it is no claim at all, or it says what it said: what is changed is not what is signed."""
    forged = our_id()[:position] + sign + our_id()[position + 1 :]
    found = rules.claims(replace(LETTER, in_reply_to=(forged,)), key=KEY)
    assert found in ([], [Claim(Rule.IN_REPLY_TO, FILE, MAIL)])


KNOWN, UNKNOWN = Match(is_known=True), Match(is_known=False)
SHOWN = Match(is_known=False, is_shown=True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Fate.OPENS, None)),
        ({"match": KNOWN}, (Fate.CONTINUES, None)),
        ({"match": UNKNOWN}, (Fate.WAITS, Reason.HELD_SENDER)),
        ({"match": KNOWN, "is_refuted": True}, (Fate.WAITS, Reason.FORGED)),
        ({"is_refuted": True}, (Fate.OPENS, None)),
        ({"match": replace(KNOWN, is_merged=True)}, (Fate.WAITS, Reason.MERGED)),
        ({"match": KNOWN, "is_machine": True}, (Fate.JOINS, None)),
        ({"match": UNKNOWN, "is_machine": True}, (Fate.WAITS, Reason.AUTOMATIC)),
        ({"match": SHOWN, "is_machine": True}, (Fate.JOINS, None)),
        ({"match": SHOWN, "is_machine": True, "is_refuted": True}, (Fate.JOINS, None)),
        ({"match": KNOWN, "is_machine": True, "is_refuted": True}, (Fate.WAITS, Reason.AUTOMATIC)),
        ({"match": SHOWN}, (Fate.WAITS, Reason.HELD_SENDER)),
        ({"is_machine": True}, (Fate.WAITS, Reason.AUTOMATIC)),
        ({"match": KNOWN, "is_twin": True}, (Fate.REPEATS, None)),
    ],
)
def test_the_fate_of_a_letter(changes, expected):
    assert fate(**changes) == expected


def test_a_colleague_who_writes_from_outside_is_a_complainant_and_never_a_colleague():
    parsed = replace(LETTER, sender=Person("Amélie", STAFF))
    assert fate(parsed) == (Fate.OPENS, None)
    assert fate(parsed, match=UNKNOWN) == (Fate.WAITS, Reason.HELD_SENDER)


@pytest.mark.parametrize("address", [STAFF, BOX, "Reclamations+etiquette@maison.example"])
def test_what_one_of_ours_forwards_waits_with_its_author(address):
    parsed = replace(LETTER, sender=Person("", address), forwarded=DURAND)
    assert fate(parsed) == (Fate.WAITS, Reason.FORWARDED)
    assert rules.proposed(parsed, ours={BOX, STAFF}) == DURAND


def test_what_somebody_else_forwards_opens_their_file_and_proposes_its_author():
    parsed = replace(LETTER, sender=Person("", "neveu@ailleurs.example"), forwarded=DURAND)
    assert fate(parsed) == (Fate.OPENS, None)
    assert rules.proposed(parsed, ours={BOX}) == DURAND


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Person("", "")),
        ({"forwarded": Person("Maison", BOX)}, Person("", "")),  # our own answer, forwarded back to us
        ({"forwarded": Person("Moi", DURAND.address.upper())}, Person("", "")),
        ({"reply_to": (Person("Léa", "lea@ailleurs.example"),)}, Person("", "")),  # From recognises, not Reply-To
        (
            {"sender": Person("", "noreply@formulaire.example"), "reply_to": (Person("Léa", "lea@ailleurs.example"),)},
            Person("Léa", "lea@ailleurs.example"),
        ),
        (
            {"sender": Person("", BOX), "reply_to": (Person("", STAFF), Person("Léa", "lea@ailleurs.example"))},
            Person("Léa", "lea@ailleurs.example"),
        ),
    ],
)
def test_whom_a_message_seems_to_speak_for(changes, expected):
    assert rules.proposed(replace(LETTER, **changes), ours={BOX, STAFF}) == expected


MESSAGES = st.builds(
    ParsedMessage,
    problem=st.sampled_from(Problem),
    sender=st.builds(Person, st.text(max_size=9), st.sampled_from(["", BOX, STAFF, DURAND.address])),
    subject=st.text(max_size=9),
    text=st.text(max_size=9),
    lost=st.integers(min_value=0, max_value=9),
    forwarded=st.sampled_from([Person("", ""), DURAND]),
    signs=st.builds(MachineSigns, is_report=st.booleans(), spam=st.booleans()),
)
MATCHES = st.none() | st.builds(Match, is_known=st.booleans(), is_merged=st.booleans())
STATES = {
    Fate.REPEATS: MessageState.DUPLICATE,
    Fate.WAITS: MessageState.QUARANTINED,
    Fate.JOINS: MessageState.LINKED,
    Fate.CONTINUES: MessageState.LINKED,
    Fate.OPENS: MessageState.LINKED,
}


@given(MESSAGES, MATCHES, st.booleans(), st.booleans(), st.booleans())
def test_every_message_ends_in_exactly_one_of_three_states(parsed, match, is_machine, is_twin, is_refuted):
    found, reason = fate(parsed, is_machine=is_machine, is_twin=is_twin, match=match, is_refuted=is_refuted)
    assert STATES[found] in {MessageState.LINKED, MessageState.QUARANTINED, MessageState.DUPLICATE}
    assert (reason is not None) == (found is Fate.WAITS)
    assert (found in {Fate.JOINS, Fate.CONTINUES}) <= (match is not None)


@given(MESSAGES, MATCHES, st.booleans(), st.booleans())
def test_no_machine_s_mail_ever_opens_or_reopens_a_file(parsed, match, is_twin, is_refuted):
    found, _ = fate(parsed, is_machine=True, is_twin=is_twin, match=match, is_refuted=is_refuted)
    assert found in {Fate.REPEATS, Fate.WAITS, Fate.JOINS}


@given(MESSAGES, MATCHES, st.booleans())
def test_a_forged_reference_never_attaches(parsed, match, is_refuted):
    assume(match is None or not match.is_known or is_refuted)
    found, _ = fate(parsed, match=match, is_refuted=is_refuted)
    assert found is not Fate.CONTINUES


@given(MESSAGES, st.booleans(), st.booleans())
def test_no_header_lets_a_stranger_in(parsed, is_machine, is_refuted):
    """Whoever saw our mail can cite it, and say of itself that it is a machine."""
    found, _ = fate(parsed, match=UNKNOWN, is_machine=is_machine, is_refuted=is_refuted)
    assert found not in {Fate.CONTINUES, Fate.JOINS}


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        (BOX, True),
        (BOX.upper(), True),
        ("reclamations+r123@maison.example", True),
        ("reclamations@ailleurs.example", False),
        ("autre+reclamations@maison.example", False),
        ("", False),
    ],
)
def test_an_address_of_ours_is_ours_with_a_tag_too(address, is_ours):
    assert rules.is_one_of(address, {BOX}) is is_ours


def recipient(action: str, status: str, words: str = "smtp; 550  no such user") -> ReportedRecipient:
    return ReportedRecipient(DURAND.address, action, status, words)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ((), None),
        ((recipient("delayed", "4.4.1"),), None),
        ((recipient("delivered", "2.0.0"),), None),
        ((recipient("relayed", "2.0.0"),), None),
        ((recipient("failed", "5.1.1"),), rules.Bounced("5.1.1", "smtp; 550 no such user", is_permanent=True)),
        ((recipient("failed", "4.4.7"),), rules.Bounced("4.4.7", "smtp; 550 no such user", is_permanent=False)),
        ((recipient("failed", ""),), rules.Bounced("", "smtp; 550 no such user", is_permanent=False)),
        (
            (recipient("delayed", "4.4.1"), recipient("failed", "5.2.2")),
            rules.Bounced("5.2.2", "smtp; 550 no such user", is_permanent=True),
        ),
    ],
)
def test_only_a_failure_is_one_and_only_a_permanent_one_says_that_an_address_is_dead(report, expected):
    assert rules.bounced(report, to=DURAND.address, is_returned=False) == expected


@pytest.mark.parametrize(
    ("address", "original", "is_returned", "is_permanent"),
    [
        (DURAND.address.upper(), "", False, True),
        ("boite@hebergeur.example", DURAND.address, False, True),
        ("neveu@ailleurs.example", "", True, False),
        ("", "", True, True),
        ("", "", False, False),
    ],
)
def test_only_the_address_that_we_wrote_to_is_dead(address, original, is_returned, is_permanent):
    said = ReportedRecipient(address, "failed", "5.1.1", "no such user", original)
    found = rules.bounced([said], to=DURAND.address, is_returned=is_returned)
    assert found == rules.Bounced("5.1.1", "no such user", is_permanent=is_permanent)


def test_of_several_recipients_ours_is_the_one_that_counts():
    said = [
        ReportedRecipient("autre@ailleurs.example", "failed", "5.1.1", "no such user"),
        ReportedRecipient(DURAND.address, "failed", "4.2.2", "mailbox full"),
    ]
    found = rules.bounced(said, to=DURAND.address, is_returned=True)
    assert found == rules.Bounced("4.2.2", "mailbox full", is_permanent=False)


@pytest.mark.parametrize(
    ("words", "is_refuted"),
    [("dmarc=fail", True), ("spf=pass dkim=fail dmarc=fail", True), ("spf=fail dkim=fail", False), ("", False)],
)
def test_only_the_domain_itself_disowns_a_sender(words, is_refuted):
    assert rules.is_refuted(words) is is_refuted
