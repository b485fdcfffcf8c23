"""A post office without a wire: houses, machines and people write to each other, by a clock that tests move.

What our own houses send passes through the real outbox, composition and envelope; what they receive through the real
ledger, parsing and registration. Only the carrying in between is made here.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from typing import Any
from uuid import UUID

from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts.models import User
from doleance.channels.email.fetched import Mail
from doleance.channels.models import Mailbox
from doleance.channels.queries import OurAddresses
from doleance.intake.actions import receiving
from doleance.notifications import queries, tasks
from doleance.notifications.models import Notice
from tests.cast import TESTS

ON_THE_WAY = timedelta(minutes=1)
SWEEP = timedelta(hours=1)
# What a careless gateway takes away from a mail: all that says that a machine wrote it, and in which conversation.
CARELESS = ("Auto-Submitted", "X-Auto-Response-Suppress", "In-Reply-To", "References", "Reply-To", "Message-ID")


@dataclass(frozen=True)
class House:
    """One installation of Doléance: its mailbox, its own key, who works there."""

    mailbox: Mailbox
    key: bytes
    staff: frozenset[str]
    is_careless: bool = False  # its gateway takes signs of machines away, on both ways

    @property
    def ours(self) -> OurAddresses:
        """What this installation knows to be its own; the others are strangers to it."""
        return OurAddresses(frozenset({self.mailbox.address}), self.staff)


@dataclass(frozen=True)
class Letter:
    """A mail in its envelope."""

    sender: str
    to: str
    raw: bytes = field(repr=False)

    @property
    def mail(self) -> Any:
        """Its headers and words."""
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass(frozen=True)
class Posted:
    """A mail that a house of ours sent, and when."""

    at: datetime
    house: House
    letter: Letter
    is_automatic: bool


Machine = Callable[[Letter, datetime], Sequence[Letter]]


def box_of(address: str) -> str:
    """The box that an address leads to, without the tag after a plus sign."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def written(
    sender: str, to: str, text: str = "Bonjour, où est mon colis ?", subject: str = "Colis", **more: str
) -> bytes:
    """A plain mail; `more` are headers with underscores."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


@dataclass
class PostOffice:
    """Carries mails between houses and machines, and does the jobs of the houses, in the order of the clock."""

    houses: Sequence[House]
    machines: dict[str, Machine]  # by address, or by domain
    enter: Callable[[House, datetime], None]  # gives the product the clock and the key of a house
    sent: list[Posted] = field(default_factory=list)
    delivered: int = 0
    _way: list[tuple[datetime, int, Letter]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)
    _done: set[int] = field(default_factory=set)
    _inside: House | None = None
    _swept: datetime | None = None
    now: datetime | None = None

    def put(self, letter: Letter, at: datetime) -> None:
        """Somebody posts a mail that arrives at `at`."""
        heapq.heappush(self._way, (at, next(self._numbers), letter))

    def carry(
        self, mail: bytes, *, way: object, envelope_from: str, to: str, name: str, is_late: Callable[[], bool]
    ) -> str:
        """What takes the place of the wire: the mail is on its way to whoever has this address."""
        assert self._inside is not None
        assert self.now is not None
        assert not is_late(), "the simulated clock stands still while a mail is handed over"
        letter = Letter(envelope_from, to, mail)
        self.sent.append(Posted(self.now, self._inside, letter, letter.mail["Auto-Submitted"] is not None))
        self.put(self._through_gateway(letter, self._inside), self.now + ON_THE_WAY)
        return "250 taken"

    def _through_gateway(self, letter: Letter, house: House) -> Letter:
        if not house.is_careless:
            return letter
        mail = message_from_bytes(letter.raw, policy=policy.SMTP)
        for header in (*CARELESS, "Subject"):
            del mail[header]
        mail["Subject"] = f"Message {next(self._numbers)}"
        return Letter(letter.sender, letter.to, mail.as_bytes())

    def run(self, until: datetime) -> None:
        """Let everything happen up to `until`."""
        while (at := self._next()) <= until:
            self.now = at
            while self._way and self._way[0][0] <= at:
                self._arrive(heapq.heappop(self._way)[2], at)
            for job in self._jobs(at):
                self._done.add(job.id)
                notice = Notice.objects.select_related("mailbox").get(pk=UUID(job.args["notice_id"]))
                self._go_into(self._house_of(notice), at)
                tasks.deliver(**job.args)
            if self._swept is None or at >= self._swept + SWEEP:
                self._swept = at
                self._go_into(self.houses[0], at)
                tasks.sweep(timestamp=0)

    def _next(self) -> datetime:
        waiting = [self._way[0][0]] if self._way else []
        job = self._waiting().order_by("scheduled_at").first()
        waiting += [job.scheduled_at] if job is not None else []
        waiting += [self._swept + SWEEP] if self._swept is not None else []
        return max(min(waiting), self.now or min(waiting))

    def _waiting(self) -> Any:
        rows = ProcrastinateJob.objects.filter(task_name=queries.DELIVER, status="todo")
        return rows.exclude(id__in=self._done)

    def _jobs(self, at: datetime) -> list[Any]:
        return list(self._waiting().filter(scheduled_at__lte=at).order_by("scheduled_at", "id"))

    def _house_of(self, notice: Notice) -> House:
        mailbox = notice.mailbox_id
        return next(house for house in self.houses if house.mailbox.id == mailbox)

    def _go_into(self, house: House, at: datetime) -> None:
        self._inside = house
        self.enter(house, at)

    def _arrive(self, letter: Letter, at: datetime) -> None:
        house = next((one for one in self.houses if one.mailbox.address == box_of(letter.to)), None)
        if house is not None:
            self._receive(self._through_gateway(letter, house), house, at)
            return
        box = box_of(letter.to)
        machine = self.machines.get(box) or self.machines.get(box.rpartition("@")[2])
        for answer in machine(letter, at) if machine is not None else ():
            self.put(answer, at + ON_THE_WAY)

    def _receive(self, letter: Letter, house: House, at: datetime) -> None:
        """What a mail server does, then what ours does."""
        head = f"Return-Path: <{letter.sender}>\r\nDelivered-To: {letter.to}\r\n"
        head += f"Received: from relais.example by mx.example; {format_datetime(at)}\r\n"
        self.delivered += 1
        self._go_into(house, at)
        mail = Mail(uid=self.delivered, at=at, raw=head.encode() + letter.raw)
        [message] = receiving.accept(mails=[mail], mailbox=house.mailbox, uidvalidity=1, by=TESTS, at=at)
        receiving.receive(message=message, by=TESTS, at=at)


def staff_addresses() -> frozenset[str]:
    """Where the members of staff of the tests' house sign in."""
    return frozenset(User.objects.values_list("email", flat=True))
