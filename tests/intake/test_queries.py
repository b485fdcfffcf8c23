"""What the quarantine shows, to whom; what an import came to."""

from datetime import timedelta
from typing import Any

import pytest

from doleance.channels.actions import messages as channels
from doleance.channels.rules import MessageState, ParsedFile, ParsedMessage, Person, Reason
from doleance.intake import queries
from doleance.intake.actions import sorting
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels import mails

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def hold(cast):
    """A message in quarantine, as reading left it."""

    def held(reason=Reason.SPAM, *, raw=None, files=(), at=MORNING, team=None, **known):
        message = factories.message(cast, raw, server=at, team=team or cast.team)
        told: dict[str, Any] = {
            "sender": Person("Hélène Durand", "helene@courriel.example"),
            "subject": "Colis",
            "text": "Il est perdu.",
        }
        parsed = ParsedMessage(**(told | known))
        channels.describe(message=message, parsed=parsed, at=MORNING)
        channels.quarantine(message=message, reason=reason, files=files, by=TESTS, at=MORNING)
        return message

    return held


def test_the_list_says_who_what_when_and_why(cast, hold):
    old = hold(Reason.NO_SENDER, raw=mails.mail(Subject="1"), at=MORNING - HOUR, text="un\n\n  deux " + "mot " * 200)
    new = hold(Reason.SPAM, raw=mails.mail(Subject="2"))
    rows = queries.quarantine(actor=cast.amelie.actor())
    assert [row.id for row in rows] == [new.id, old.id]
    row = rows[1]
    assert (row.reason, row.label) == (Reason.NO_SENDER, "Expéditeur inconnu")
    assert row.sentence.endswith(".")
    assert (row.from_name, row.from_address, row.subject) == ("Hélène Durand", "helene@courriel.example", "Colis")
    assert row.excerpt.startswith("un deux mot")
    assert len(row.excerpt) <= 400
    assert (row.received_at, row.size) == (MORNING - HOUR, old.size)
    assert queries.count_quarantine(cast.amelie.actor()) == 2


def test_who_sees_what_waits(cast, hold):
    hold()
    seen = {person.name: queries.count_quarantine(person.actor()) for person in cast.staff}
    assert {name for name, count in seen.items() if count} == {
        cast.amelie.name, cast.bruno.name, cast.ines.name, cast.paul.name
    }  # fmt: skip


def test_what_was_set_aside_is_another_list(cast, hold):
    message = hold()
    sorting.file_away(message=message, because="publicité", by=cast.bruno.actor(), at=MORNING)
    assert queries.quarantine(actor=cast.bruno.actor()) == []
    [row] = queries.quarantine(actor=cast.bruno.actor(), filed=True)
    assert row.filed_at == MORNING
    assert queries.count_quarantine(cast.bruno.actor()) == 0


def test_one_message_with_its_source_and_its_files(cast, hold):
    raw = mails.mail("é" * 30_000)
    message = hold(raw=raw, files=(ParsedFile("a.pdf", "application/pdf", "", False, b"%PDF"),))
    shown = queries.quarantined(message_id=message.id, actor=cast.amelie.actor())
    assert shown is not None
    assert shown.source.startswith("From: Hélène Durand")
    assert shown.is_cut
    assert len(shown.source.encode("utf-8", "replace")) <= queries.SOURCE_SHOWN + 3
    assert [one.name for one in shown.attachments] == ["a.pdf"]
    assert shown.text == "Il est perdu."
    assert queries.quarantined(message_id=message.id, actor=cast.chloe.actor()) is None


def test_the_source_of_what_is_no_text_can_be_shown(cast, hold):
    shown = queries.quarantined(
        message_id=hold(Reason.NOT_A_MESSAGE, raw=b"\x00\xff\xd8").id, actor=cast.amelie.actor()
    )
    assert shown is not None
    assert shown.source == "\ufffd\ufffd\ufffd"
    assert not shown.is_cut


def test_a_held_message_shows_its_file_to_who_may_read_it(cast, hold):
    other = factories.complaint(cast, team=cast.logistics)
    message = hold(Reason.HELD_SENDER)
    message.cites = other.id
    channels.quarantine(message=message, reason=Reason.HELD_SENDER, files=(), by=TESTS, at=MORNING)
    for person, expected in ((cast.amelie, None), (cast.ines, other)):
        shown = queries.quarantined(message_id=message.id, actor=person.actor())
        assert shown is not None
        assert shown.cites == expected


@pytest.mark.parametrize(
    ("reason", "known", "detail"),
    [
        (Reason.UNREADABLE, {"lost": 214}, "214"),
        (Reason.OVER_LIMIT, {"limit": "depth"}, "plus de 50 niveaux imbriqués"),
    ],
)
def test_the_sentence_gives_its_detail(cast, hold, reason, known, detail):
    hold(reason, **known)
    [row] = queries.quarantine(actor=cast.amelie.actor())
    assert row.detail == detail
    assert detail in row.sentence.format(detail=row.detail)


def test_a_message_that_left_the_quarantine_is_not_there(cast, hold):
    message = hold()
    channels.link(message=message, files=(), subject=cast.durand.id, by=TESTS, at=MORNING)
    assert message.state == MessageState.LINKED
    assert queries.quarantined(message_id=message.id, actor=cast.amelie.actor()) is None
