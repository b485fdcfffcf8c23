"""M06, reliability.md §2: two hundred forms that name one address; `benchmarks.forms --victims 10000` is the same."""

import pytest

from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.notifications import rules
from tests.cast import MORNING, TESTS
from tests.stories.flood import DAY, HOUR, OURS, VICTIM, Flood, most_within
from tests.stories.post_office import box_of

pytestmark = pytest.mark.usefixtures("calendars")
COUNT, FEW = 200, 12


@pytest.fixture
def house(cast, settings, tmp_path):
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path / "jamais"
    wanted = MailboxSettings(address=OURS, name="Maison", team=cast.team)
    mailboxes.add_mailbox(entity=cast.entity, wanted=wanted, by=TESTS, at=MORNING)
    return cast.entity


def test_many_forms_in_one_name_flood_nobody_and_none_is_lost(house):
    outcome = Flood(house, count=COUNT, seed=1, begins=MORNING, lasts=5 * HOUR).run(quiet=DAY + HOUR)
    assert outcome.faults == []
    assert outcome.files == len(outcome.forms) == COUNT
    assert {box_of(to) for _, to, _ in outcome.mails} == {VICTIM}
    moments = [at for at, _, _ in outcome.mails]
    assert 1 <= most_within(moments, HOUR) <= 1
    assert 1 <= most_within(moments, DAY) <= 3
    assert sum(one.waited for one in outcome.forms) > COUNT / 2  # and they were slowed down


def test_without_budgets_the_same_forms_flood_their_victim(house, monkeypatch):
    """The story above can fail."""
    monkeypatch.setattr(rules, "next_slot", lambda *, left, at: at)
    outcome = Flood(house, count=FEW, seed=1, begins=MORNING, lasts=HOUR).run(quiet=HOUR)
    assert [fault for fault in outcome.faults if "mails within" in fault]


def test_words_of_a_form_in_a_mail_are_seen(house, monkeypatch):
    flood = Flood(house, count=FEW, seed=1, begins=MORNING, lasts=HOUR)
    carry = flood._carry
    monkeypatch.setattr(
        flood, "_carry", lambda mail, **more: carry(mail + flood.outcome.forms[0].words[5].encode(), **more)
    )
    outcome = flood.run(quiet=HOUR)
    assert [fault for fault in outcome.faults if "holds words" in fault]
