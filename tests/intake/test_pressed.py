"""What waits its turn is told as it was sent."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.rules import ParsedFile
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.intake import pressed
from doleance.intake.deposits import Contact, Deposit, Representative, Wish

WORDS = st.text(max_size=12)
CONTACTS = st.builds(
    Contact,
    name=WORDS,
    title=WORDS,
    email=WORDS,
    phone=WORDS,
    postal=WORDS,
    preferred=st.none() | st.sampled_from(AddressChannel),
    reach_when=WORDS,
    adaptations=WORDS,
    status=st.sampled_from(PartyStatus),
    is_customer=st.none() | st.booleans(),
)
DEPOSITS = st.builds(
    Deposit,
    branch=WORDS,
    text=WORDS,
    contact=CONTACTS,
    representative=st.none() | st.builds(Representative, contact=CONTACTS, capacity=WORDS),
    expected=WORDS,
    facts=st.dictionaries(WORDS, WORDS, max_size=3),
    wishes=st.lists(st.sampled_from(Wish), max_size=3).map(tuple),
    wanted=WORDS,
    earlier=WORDS,
    language=st.sampled_from(["fr", "en"]),
)


@given(DEPOSITS)
def test_a_deposit_comes_back_as_it_was_told(deposit):
    assert pressed.read(json.loads(json.dumps(pressed.written(deposit)))) == deposit


def test_files_stay_with_the_draft():
    file = ParsedFile(name="a.txt", media_type="text/plain", content_id="", is_inline=False, data=b"a")
    deposit = Deposit(branch="other", text="Bonjour.", files=(file,))
    assert pressed.read(json.loads(json.dumps(pressed.written(deposit)))) == replace(deposit, files=())
