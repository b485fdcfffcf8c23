"""Many forms that name one address, by a clock that the story moves: the action, the jobs, the outbox; no wire.

Somebody who wishes a person ill fills in the form again and again and names that person's address each time, spelled
in several ways, with words of theirs in every field. What leaves is taken where the wire would begin.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from unittest import mock
from uuid import UUID

from django.conf import settings
from django.test.utils import override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts import actions as accounts
from doleance.accounts.models import Entity
from doleance.accounts.rules import machine
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.email import outgoing
from doleance.complainants.rules import AddressChannel
from doleance.complaints import queries as complaints
from doleance.complaints.access import Use, secret_for
from doleance.complaints.models import Complaint
from doleance.deadlines import actions as deadlines
from doleance.intake import drafts as kept
from doleance.intake import pressure
from doleance.intake import tasks as intake
from doleance.intake.actions import deposits, drafts, waiting
from doleance.intake.deposits import Contact, Deposit, Representative, Wish
from doleance.intake.models import Draft
from doleance.intake.pressure import NotYet
from doleance.kernel import clock
from doleance.notifications import queries, rules
from doleance.notifications import tasks as notifications

BY = machine("portal")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VICTIM = "victime@courriel.example"
SPELLINGS = (VICTIM, "Victime@Courriel.example", "victime+{number}@courriel.example", "VICTIME+a@COURRIEL.EXAMPLE")
OURS = "reclamations@maison.example"
BRANCHES = ("product", "delivery", "billing", "customer_service", "digital", "other")


@dataclass
class Form:
    """One form: when it was sent, the words that are its own, its draft."""

    at: datetime
    words: Sequence[str]
    draft: UUID
    waited: bool = False


@dataclass
class Outcome:
    """What became of a flood."""

    forms: list[Form] = field(default_factory=list)
    mails: list[tuple[datetime, str, bytes]] = field(default_factory=list)  # when, to whom, the bytes
    faults: list[str] = field(default_factory=list)
    files: int = 0

    @property
    def summary(self) -> str:
        """One line."""
        waited = sum(one.waited for one in self.forms)
        moments = [at for at, _, _ in self.mails]
        worst = [most_within(moments, span) for span in (HOUR, DAY)]
        return (
            f"{len(self.forms)} forms, {waited} were told to wait, {self.files} files; {len(self.mails)} mails left,"
            f" at most {worst[0]} an hour and {worst[1]} a day; {len(self.faults)} faults"
        )


def most_within(moments: Sequence[datetime], span: timedelta) -> int:
    """The most of these moments within any span of time."""
    return max((sum(start <= other < start + span for other in moments) for start in moments), default=0)


class Flood:
    """One house under a flood."""

    def __init__(self, entity: Entity, *, count: int, seed: int, begins: datetime, lasts: timedelta) -> None:
        self.entity = entity
        self.outcome = Outcome()
        self._chance = random.Random(seed)
        self._presses = sorted(begins + lasts * self._chance.random() for _ in range(count))
        self._now = begins
        self._done: set[int] = set()

    def run(self, *, quiet: timedelta) -> Outcome:
        """All presses, and then what the house does by itself for so long; judged at the end."""
        with ExitStack() as patched:
            patched.enter_context(mock.patch.object(outgoing, "carry", self._carry))
            patched.enter_context(mock.patch.object(clock, "now", self._time))
            patched.enter_context(mock.patch.object(notifications, "now", self._time))
            for number, at in enumerate(self._presses):
                self._work_until(at)
                self._press(number, at)
            ends = self._now + quiet
            while self._now < ends:
                self._work_until(min(self._now + HOUR, ends))
                notifications.sweep(timestamp=0)
                intake.send_waiting(timestamp=0)
        self._judge()
        return self.outcome

    def _time(self) -> datetime:
        return self._now

    def _press(self, number: int, at: datetime) -> None:
        words = [f"canari{self._chance.randrange(16**12):012x}" for _ in range(16)]
        told = deposit(words, email=self._chance.choice(SPELLINGS).format(number=number), chance=self._chance)
        draft = drafts.begin(entity=self.entity, language="fr", at=at)
        if number % 10 == 0:
            drafts.add_file(draft=draft, name=f"{words[14]}.txt", data=words[15].encode(), at=at)
        form = Form(at, words, draft.id)
        self.outcome.forms.append(form)
        whole = Deposit(**{name: getattr(told, name) for name in told.__slots__} | {"files": kept.parsed_files(draft)})
        try:
            network = f"198.51.100.{self._chance.randrange(4)}"
            deposits.submit(draft=draft, deposit=whole, network=network, by=BY, at=at)
        except NotYet as told_to_wait:
            form.waited = True
            if told_to_wait.until > at + pressure.LONGEST_DELAY:
                self.outcome.faults.append(f"form {number} was told to wait until {told_to_wait.until}")

    def _work_until(self, until: datetime) -> None:
        """Do the jobs that are due, in the order of the clock."""
        names: dict[str, Any] = {queries.DELIVER: notifications.deliver, waiting.SEND_PRESSED: intake.send_now}
        while True:
            rows = ProcrastinateJob.objects.filter(task_name__in=names, status="todo", scheduled_at__lte=until)
            due = list(rows.exclude(id__in=self._done).order_by("scheduled_at", "id")[:200])
            if not due:
                break
            for job in due:
                self._done.add(job.id)
                self._now = max(self._now, job.scheduled_at)
                names[job.task_name](**job.args)
        self._now = max(self._now, until)

    def _carry(self, mail: bytes, *, to: str, **_: object) -> str:
        self.outcome.mails.append((self._now, to, mail))
        return "250 taken"

    def _judge(self) -> None:
        self.outcome.files = Complaint.objects.filter(draft__isnull=False).count()
        self.outcome.faults += [*self._too_many(), *self._told_on(), *self._dropped()]

    def _too_many(self) -> Iterator[str]:
        moments = [at for at, _, _ in self.outcome.mails]
        for span, allowed in ((HOUR, rules.PER_HOUR), (DAY, rules.PER_DAY)):
            if most_within(moments, span) > allowed:
                yield f"{most_within(moments, span)} mails within {span}"
        if not moments:
            yield "not one mail: nothing was tried"

    def _told_on(self) -> Iterator[str]:
        """Words of whoever filled in the form, in a mail to somebody they named."""
        for at, to, raw in self.outcome.mails:
            if "canari" in whole_text(raw).lower():
                yield f"the mail of {at} to {to} holds words of a form"

    def _dropped(self) -> Iterator[str]:
        rows = Draft.objects.select_related("complaint")
        found = {one.pk: one for one in rows.filter(pk__in=[form.draft for form in self.outcome.forms])}
        numbers = {one.complaint_id for one in found.values()}
        if None in numbers or len(numbers) != len(self.outcome.forms):
            yield f"{len(self.outcome.forms)} forms, {len(numbers - {None})} files"
        for form in self.outcome.forms:
            complaint = found[form.draft].complaint
            secret = secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.RECEIPT, subject=form.draft)
            led_to = complaints.find_by_link(token=secret, at=self._now, purposes=(Use.RECEIPT,))
            if complaint is None or led_to != complaint:
                yield f"the receipt of the form of {form.at} leads to {led_to}"
            elif complaint.received_at != form.at:
                yield f"the form of {form.at} counts as received at {complaint.received_at}"


def deposit(words: Sequence[str], *, email: str, chance: random.Random) -> Deposit:
    """A form with words of its own wherever words may be; some are sent for somebody else."""
    contact = Contact(
        name=words[0],
        title=words[1],
        email=email,
        phone="+33 6 12 34 56 78",
        postal=f"{words[2]}\n1 rue de la Gare\n57000 Metz",
        preferred=AddressChannel.EMAIL,
        reach_when=words[3],
        adaptations=words[4],
    )
    for_other = chance.random() < 0.2
    return Deposit(
        branch=chance.choice(BRANCHES),
        text=f"{words[5]} : achetez sur {words[6]}.example, vite !",
        contact=Contact(name=words[7]) if for_other else contact,
        representative=Representative(contact, words[8]) if for_other else None,
        expected=words[9],
        facts={},
        wishes=(Wish.REFUND,),
        wanted=words[10],
        earlier=words[11],
        language=chance.choice(("fr", "en")),
    )


def whole_text(raw: bytes) -> str:
    """All that a mail says: its bytes, its headers and its parts, decoded."""
    mail: Any = message_from_bytes(raw, policy=policy.default)
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([raw.decode("utf-8", "replace"), *(str(value) for value in mail.values()), *parts])


def at_full_size(count: int, seed: int, say: Callable[[str], object]) -> Outcome:
    """The flood of `benchmarks.forms`: a house of its own, so many forms within five hours, then a day."""
    begins = clock.now()
    entity = accounts.ensure_house(by=BY, at=begins)
    deadlines.seed_calendars(by=BY, at=begins)
    with override_settings(DOLEANCE_SINK=True):
        mailboxes.add_mailbox(entity=entity, wanted=MailboxSettings(address=OURS, name="Maison"), by=BY, at=begins)
        flood = Flood(entity, count=count, seed=seed, begins=begins, lasts=5 * HOUR)
        say(f"{count} forms within five hours, then a quiet day\n")
        return flood.run(quiet=DAY + HOUR)
