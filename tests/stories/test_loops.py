"""M04, reliability.md §2: a week with machines that answer ours. Nothing loops, nothing is lost, people are told.

Two copies of ourselves, one behind a gateway that takes away every sign of a machine; a vacation responder that takes
a new name at each answer and says nothing of itself; a polite one; a domain that refuses all; a mailing list that
echoes; a person who writes thirty times in an hour.

The three houses have their own mailboxes, keys and staff, and share one database, hence one account of what left to an
address or a domain. Nobody but our house writes to the machines and to the two copies: what it is allowed is what it
would be allowed alone, and that is what the week holds. Only the copies share something, what they may send to us:
together they answer as much as one would. The rules of one house stop a loop without help from the other: the deaf
copy shows it, which nothing on its side tells that a machine wrote.

`DOLEANCE_LOOPS=days:scale` makes it longer or larger, by hand: `DOLEANCE_LOOPS=30:4`.
"""

import math
import os
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django import conf

from doleance.accounts.models import Entity, Team
from doleance.channels import queries as channel_queries
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.email import outgoing
from doleance.channels.models import Message
from doleance.channels.rules import Direction, MessageState
from doleance.complaints.models import Complaint
from doleance.deadlines.models import Clock
from doleance.kernel.db import write
from doleance.notifications import breakers, rules, tasks, watch
from doleance.notifications.actions import writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose, Scope
from doleance.packs.rules import ClockKind
from tests.cast import MORNING, TESTS
from tests.stories.post_office import House, Letter, Posted, PostOffice, box_of, staff_addresses, written

DAYS, SCALE = map(int, os.environ.get("DOLEANCE_LOOPS", "7:1").split(":"))
OURS, COPY, DEAF = "reclamations@maison.example", "service@autre.example", "plaintes@sourde.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.usefixtures("calendars")


# Machines


def rewriting() -> Any:
    """Absent, under a new name each time, and no header says that a machine wrote; it keeps no thread."""
    numbers = count(1)

    def answer(letter: Letter, at: datetime) -> list[Letter]:
        name = f"absent-{next(numbers)}@reecrit.example"
        to = str(letter.mail["From"].addresses[0].addr_spec)
        return [Letter(name, to, written(name, to, f"Je suis absent. ({name})", "Absence"))]

    return answer


def polite(letter: Letter, at: datetime) -> list[Letter]:
    """Absent, as RFC 3834 wants it: says so, in the thread, to the envelope sender."""
    name, asked = box_of(letter.to), str(letter.mail["Message-ID"])
    told = {"Auto_Submitted": "auto-replied", "In_Reply_To": asked, "References": asked}
    told["Message_ID"] = f"<{at.timestamp():.0f}@absent.example>"
    return [Letter("", letter.sender, written(name, letter.sender, "Je suis absent.", "Absence", **told))]


def dead(letter: Letter, at: datetime) -> list[Letter]:
    """Nobody has any address there: a delivery report goes to the envelope sender (RFC 3464)."""
    head = (
        f"From: MAILER-DAEMON@relais.mort.example\r\nTo: {letter.sender}\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=limite\r\n\r\n"
    )
    body = (
        "--limite\r\nContent-Type: text/plain\r\n\r\nThe mail could not be delivered.\r\n"
        "--limite\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relais.mort.example\r\n\r\n"
        f"Final-Recipient: rfc822; {letter.to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--limite--\r\n"
    )
    return [Letter("", letter.sender, (head + body).encode())]


def echoing(letter: Letter, at: datetime) -> list[Letter]:
    """A list that gives each mail to its subscribers, among whom we are, under its writer's name."""
    marks = b"List-Id: <liste.example>\r\nPrecedence: list\r\n"
    return [Letter("liste-bounces@liste.example", OURS, marks + letter.raw)]


# Houses


@write(quiet="a test makes a second installation")
def installation(name, address, by=None, at=None):
    entity = Entity.objects.create(name=name, packs=["GENERAL"])
    Team.objects.create(entity=entity, name="Équipe", is_default=True)
    wanted = MailboxSettings(address=address, name=name)
    return mailboxes.add_mailbox(entity=entity, wanted=wanted, by=TESTS, at=MORNING)


@write(quiet="a test settles what the page of mailboxes settles")
def takes_tags(mailbox, by=None, at=None):
    mailbox.has_plus = True
    mailbox.save()


@pytest.fixture
def office(cast, monkeypatch, settings, tmp_path):
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path / "jamais"
    wanted = MailboxSettings(address=OURS, name="Maison", team=cast.team)
    own = mailboxes.add_mailbox(entity=cast.entity, wanted=wanted, by=TESTS, at=MORNING)
    takes_tags(own)
    houses = [
        House(own, b"a" * 32, staff_addresses()),
        House(installation("Autre", COPY), b"b" * 32, frozenset()),
        House(installation("Sourde", DEAF), b"c" * 32, frozenset(), is_careless=True),
    ]

    def enter(house: House, at: datetime) -> None:
        conf.settings.DOLEANCE_MAIL_KEY = house.key  # the fixture would keep a layer for each of a thousand turns
        monkeypatch.setattr(channel_queries, "our_addresses", lambda: house.ours)
        monkeypatch.setattr(tasks, "now", lambda: at)

    machines = {
        "reecrit.example": rewriting(),
        "absent.example": polite,
        "mort.example": dead,
        "liste@liste.example": echoing,
    }
    made = PostOffice(houses, machines, enter)
    monkeypatch.setattr(outgoing, "carry", made.carry)
    enter(houses[0], MORNING)
    return made


def write_to_us(office: PostOffice, sender: str, at: datetime, text: str = "") -> None:
    office.put(Letter(sender, OURS, written(sender, OURS, text or f"Mon colis est perdu, écrit {sender}, {at}.")), at)


def week(office: PostOffice, days: int, scale: int) -> None:
    """What happens without machines having begun it; nothing new comes on the last two days."""
    for number in range(scale):
        write_to_us(office, f"absent-0-{number}@reecrit.example", MORNING)
        for minutes in range(30):
            at = MORNING + DAY + timedelta(minutes=2 * minutes)
            write_to_us(office, f"marie-{number}@humaine.example", at, f"Et encore ceci, numéro {minutes}.")
    for address in (COPY, DEAF):
        write_to_us(office, address, MORNING)
    for day in range(max(1, days - 2)):
        for number in range(scale):
            at = MORNING + day * DAY + timedelta(minutes=number)
            write_to_us(office, f"client-{number}@mort.example", at)
            write_to_us(office, f"poli-{number}@absent.example", at)
            write_to_us(office, "liste@liste.example", at)


# What must hold


def excesses(sent: list[Posted]) -> list[str]:
    """Where automatic mail went over what the rules allow; the budgets are computed from the rules alone."""
    found = []
    by_box: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    by_domain: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for posted in sent:
        if posted.is_automatic:
            house, box = posted.house.mailbox.address, box_of(posted.letter.to)
            by_box[house, box].append(posted.at)
            by_domain[house, box.rpartition("@")[2]].append(posted.at)
    limits = ((HOUR, rules.PER_HOUR), (DAY, rules.PER_DAY))
    found += [f"{place}: {worst} in {span}" for place, worst, span in over(by_box, limits)]
    limits = ((HOUR, breakers.DOMAIN_PER_HOUR), (DAY, breakers.DOMAIN_PER_DAY))
    found += [f"{place}: {worst} in {span}" for place, worst, span in over(by_domain, limits)]
    return found


def over(places, limits):
    """The places where more than allowed left within any span of time."""
    for place, moments in places.items():
        for span, limit in limits:
            worst = max(sum(start <= other < start + span for other in moments) for start in moments)
            if worst > limit:
                yield place, worst, span


def allowed(sent: list[Posted], days: int) -> int:
    """The most automatic mails that the rules let leave for these addresses in that many days."""
    boxes = {(posted.house.mailbox.address, box_of(posted.letter.to)) for posted in sent if posted.is_automatic}
    domains = Counter((house, box.rpartition("@")[2]) for house, box in boxes)
    return sum(min(rules.PER_DAY * boxes, breakers.DOMAIN_PER_DAY) * days for boxes in domains.values())


def test_a_week_with_machines_stays_within_its_budgets(office, cast):
    week(office, DAYS, SCALE)
    end = MORNING + DAYS * DAY
    office.run(MORNING + HOUR)
    listed = Complaint.objects.get(party__addresses__normal="liste@liste.example")
    office.enter(office.houses[0], MORNING + HOUR)
    writing.send(
        complaint=listed,
        purpose=Purpose.REPLY,
        to="liste@liste.example",
        subject="Votre message",
        text="Bonjour.",
        by=cast.amelie.actor(),
        at=MORNING + HOUR,
    )
    office.run(end)

    automatic = [posted for posted in office.sent if posted.is_automatic]
    assert excesses(office.sent) == []
    assert len(automatic) <= allowed(office.sent, DAYS)

    # No loop: when nobody new writes, machines fall silent too.
    late = [posted for posted in automatic if posted.at > end - DAY]
    assert [posted.letter.to for posted in late] == []

    # Nothing lost: each mail that arrived has one of the three ends, those of each house apart.
    received = Message.objects.filter(direction=Direction.IN)
    assert received.count() == office.delivered
    ends = Counter(received.values_list("state", flat=True))
    assert set(ends) <= {MessageState.LINKED, MessageState.QUARANTINED, MessageState.DUPLICATE}

    # People are told, of the machine that changes its name and of the copy that hides what it is.
    told = {(row.scope, row.facts["key"]) for row in watch.open_breakers(cast.amelie.actor())}
    assert (Scope.DOMAIN, "reecrit.example") in told
    assert (Scope.SENDER, DEAF) in told

    # The person who wrote thirty times is answered after a quiet day: grouped, every reference named.
    for number in range(SCALE):
        mine = Complaint.objects.filter(party__addresses__normal=f"marie-{number}@humaine.example")
        assert mine.count() == 30
        open_clocks = Clock.objects.filter(complaint__in=mine, kind=ClockKind.ACKNOWLEDGE, met_at__isnull=True)
        assert not open_clocks.exists()
        mails = [posted for posted in automatic if posted.letter.to == f"marie-{number}@humaine.example"]
        assert len(mails) <= math.ceil(30 / rules.GROUP_LIMIT) + 1

    # What was refused further on is known to have been.
    refused = Notice.objects.filter(to_address__endswith="@mort.example")
    assert refused.exists()
    assert all(notice.bounced_at is not None for notice in refused.filter(sent_at__isnull=False))


def test_without_breakers_and_budgets_the_same_machines_loop(office, monkeypatch):
    """The week above can fail: an hour without its rules goes over every one of them."""
    monkeypatch.setattr(rules, "next_slot", lambda *, left, at: at)
    monkeypatch.setattr(breakers, "sender_is_over", lambda mails: False)
    monkeypatch.setattr(breakers, "thread_is_over", lambda trips: False)
    monkeypatch.setattr(breakers, "domain_is_over", lambda domain, **facts: False)
    week(office, 1, 1)
    office.run(MORNING + HOUR)
    found = "\n".join(excesses(office.sent))
    assert "reecrit.example" in found
    assert DEAF in found
