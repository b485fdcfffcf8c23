"""Charge l’entreprise d’exemple de `./run --demo` : ses personnes, et quinze jours de réclamations.

The product's own actions made them all, each at a moment of its own, so that dates, clocks and the journal read as
they would after two weeks. Nothing leaves: the demonstration writes its mails to a folder (DOLEANCE_SINK).
"""

import argparse
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.models import Entity, Team, User
from doleance.accounts.rules import Actor, Role, machine
from doleance.boot import demo_mails
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.email.compose import compose
from doleance.channels.email.fetched import Mail
from doleance.channels.models import Mailbox, Message
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import Outcome
from doleance.intake.actions import receiving
from doleance.kernel.clock import now
from doleance.kernel.ids import uuid7
from doleance.notifications import queries as notification_queries
from doleance.notifications.actions import carrying as notifications
from doleance.notifications.actions.flights import OUTBOX
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Way
from doleance.resolution import actions as resolution

PASSWORD = "reclamation-entendue"  # noqa: S105  of an example that holds nobody's data, told on screen
BY = machine("demo")
_LEAVES_AFTER = timedelta(seconds=20)  # past the undo delay
_BETWEEN = timedelta(minutes=9)
_RETURNS = 10_000  # numbers of the mails that come back, apart from the others'


@dataclass(frozen=True, slots=True)
class Login:
    """One of the example's people, as the screen tells them."""

    name: str
    role: str
    email: str


def add_arguments(_: argparse.ArgumentParser) -> None:
    """None: there is one example."""


def run(_: argparse.Namespace) -> int:
    """Make the example when it is not there, and say who can sign in."""
    logins = load(at=now())
    width = max(len(login.email) for login in logins)
    print("Une entreprise d’exemple. Le mot de passe de tous :", PASSWORD)
    for login in logins:
        print(f"  {login.email:<{width}}  {login.name}, {login.role}")
    print("Le formulaire public :", form_address())
    print("L’expert ne voit que ce qu’on lui demande ; les consultations ne sont pas encore dans cette version.")
    return 0


def form_address() -> str:
    """Where the example's public form is."""
    return f"{settings.DOLEANCE_URL}{reverse('portal_form')}?chez={account_queries.entity().slug}"


def load(*, at: datetime) -> list[Login]:
    """Make the example once, as it would stand at `at`; its logins, whether it was made now or before."""
    data = tomllib.loads(resources.files("doleance.boot").joinpath("demo.toml").read_text("utf-8"))
    if not account_queries.is_set_up():
        _make(data, at)
    return [Login(person["name"], str(Role(person["roles"][0]).label), person["email"]) for person in data["people"]]


def _make(data: Mapping[str, Any], at: datetime) -> None:
    start = at - timedelta(days=30)
    entity = _company(data["company"], start)
    people = {one["email"].partition(".")[0]: _person(one, entity, start) for one in data["people"]}
    mailbox = mailboxes.add_mailbox(
        entity=entity,
        wanted=MailboxSettings(
            address=data["company"]["address"], name=entity.name, authserv_id=data["company"]["authserv_id"]
        ),
        by=BY,
        at=start,
    )
    for number, mail in enumerate(sorted(data["mails"], key=lambda mail: -mail["days"]), start=1):
        _walk(mail, number, mailbox, people, at)
    for number, mail in enumerate(data["held"], start=len(data["mails"]) + 1):
        _arrive(mail, number, mailbox, at)


def _company(company: Mapping[str, str], at: datetime) -> Entity:
    entity = accounts.ensure_house(by=BY, at=at)
    named = accounts.change_entity(
        entity=entity,
        name=company["name"],
        time_zone=entity.time_zone,
        calendar=entity.calendar,
        mediator=company["mediator"],
        postal=company["postal"],
        phone=company["phone"],
        by=BY,
        at=at,
    )
    return accounts.change_public_pages(
        entity=named,
        slug=company["slug"],
        privacy=company["privacy"].strip(),
        colour=company["colour"],
        logo=None,
        drops_logo=False,
        by=BY,
        at=at,
    )


def _person(one: Mapping[str, Any], entity: Entity, at: datetime) -> User:
    teams = [_team(name, entity, at) for name in one.get("teams", [])]
    user = accounts.add_user(
        name=one["name"], email=one["email"], roles={Role(role) for role in one["roles"]}, teams=teams, by=BY, at=at
    )
    accounts.choose_password(user=user, password=PASSWORD, by=BY, at=at)
    return user


def _team(name: str, entity: Entity, at: datetime) -> Team:
    known = next((team for team in account_queries.teams() if team.name == name), None)
    return known or accounts.save_team(team=None, entity=entity, name=name, by=BY, at=at)


def _arrive(mail: Mapping[str, Any], number: int, mailbox: Mailbox, at: datetime) -> Message:
    """One mail comes in, `days` before `at`."""
    zone = ZoneInfo(mailbox.entity.time_zone)
    day = at.astimezone(zone).date() - timedelta(days=mail["days"])
    moment = datetime.combine(day, time.fromisoformat(mail["time"]), zone)
    cited = Complaint.objects.filter(party__addresses__normal=mail.get("cites", "")).first()
    raw = demo_mails.written(mail, number, mailbox, moment, cited.reference if cited else "")
    return _receive(raw, number, mailbox, moment)


def _receive(raw: bytes, number: int, mailbox: Mailbox, moment: datetime) -> Message:
    mails = [Mail(uid=number, at=moment, raw=raw)]
    [message] = receiving.accept(mails=mails, mailbox=mailbox, uidvalidity=1, by=BY, at=moment)
    receiving.receive(message=message, by=BY, at=moment)
    return message


def _walk(mail: Mapping[str, Any], number: int, mailbox: Mailbox, people: Mapping[str, User], at: datetime) -> None:
    """One mail arrives, and what was done of it follows, a few minutes apart."""
    message = _arrive(mail, number, mailbox, at)
    complaint = complaint_queries.by_message(message)
    if complaint is None:
        raise RuntimeError(f"the example's mail {number} opened no file")
    moment = complaint.received_at
    _carry(complaint, moment + _LEAVES_AFTER)
    for step in mail.get("steps", []):
        moment = min(moment + _BETWEEN, at)
        _step(complaint, step, people[step["who"]], moment)
        _carry(complaint, moment + _LEAVES_AFTER)


def _step(complaint: Complaint, step: Mapping[str, Any], who: User, at: datetime) -> None:
    current = complaint_queries.by_id(complaint.pk)
    if current is None:
        raise RuntimeError(f"the file {complaint.reference} is gone")
    _STEPS[step["do"]](current, step, who.actor(), at)


def _take(complaint: Complaint, _: Mapping[str, Any], by: Actor, at: datetime) -> None:
    complaints.take(complaint=complaint, by=by, at=at)


def _grievance(complaint: Complaint, step: Mapping[str, Any], by: Actor, at: datetime) -> None:
    told = {name: step[name] for name in ("title", "category", "quote", "wanted")}
    exchange = complaint_queries.last_inbound(complaint)
    grievances.add_grievance(complaint=complaint, exchange=exchange, by=by, at=at, **told)


def _note(complaint: Complaint, step: Mapping[str, Any], by: Actor, at: datetime) -> None:
    complaints.note(complaint=complaint, text=step["text"], by=by, at=at)


def _reply(complaint: Complaint, step: Mapping[str, Any], by: Actor, at: datetime) -> None:
    resolution.reply(complaint=complaint, text=step["text"], seen=complaint.version, once=uuid7(), by=by, at=at)


def _decide(complaint: Complaint, step: Mapping[str, Any], by: Actor, at: datetime) -> None:
    grievance = Grievance.objects.select_related("complaint").get(complaint=complaint, number=step["grievance"])
    outcome, reasons = Outcome(step["outcome"]), step.get("reasons", "")
    resolution.decide(grievance=grievance, outcome=outcome, reasons=reasons, cause=step["cause"], by=by, at=at)


def _letter(complaint: Complaint, step: Mapping[str, Any], by: Actor, at: datetime) -> None:
    told = {
        "text": step["text"],
        "seen": complaint.version,
        "once": uuid7(),
        "way": Way.POST,
        "postal": step["postal"],
    }
    resolution.reply(complaint=complaint, **told, by=by, at=at)


def _return(complaint: Complaint, _: Mapping[str, Any], by: Actor, at: datetime) -> None:  # noqa: ARG001  nobody's
    """The last mail to this complainant comes back."""
    notice = Notice.objects.filter(complaint=complaint, state=NoticeState.SENT).order_by("-sent_at", "-id").first()
    mailbox = notification_queries.mailbox_for(complaint)
    if notice is None or mailbox is None:
        raise RuntimeError(f"nothing left from {complaint.reference}")
    number = _RETURNS + Message.objects.count()
    _receive(demo_mails.returned(notice, number, mailbox, at), number, mailbox, at)


def _answer(complaint: Complaint, step: Mapping[str, Any], by: Actor, at: datetime) -> None:
    resolution.answer(complaint=complaint, text=step["text"], seen=complaint.version, once=uuid7(), by=by, at=at)


def _close(complaint: Complaint, step: Mapping[str, Any], by: Actor, at: datetime) -> None:
    told = complaints.set_lesson(complaint=complaint, lesson=True, text=step["lesson"], by=by, at=at)
    resolution.close(complaint=told, reason="", seen=told.version, by=by, at=at)


_STEPS: dict[str, Callable[[Complaint, Mapping[str, Any], Actor, datetime], None]] = {
    "take": _take,
    "grievance": _grievance,
    "note": _note,
    "reply": _reply,
    "decide": _decide,
    "letter": _letter,
    "return": _return,
    "answer": _answer,
    "close": _close,
}


def _carry(complaint: Complaint, at: datetime) -> None:
    """What waits in the outbox left at that moment, in the example's past: no wire is spoken to."""
    for waiting in notification_queries.free_to_leave(complaint.pk):
        notice = notifications.claim(notice_id=waiting.pk, by=OUTBOX, at=at)
        if notice is None:
            continue
        notifications.mark_sent(
            notice_id=notice.pk,
            attempt=notice.attempts,
            mail=compose(notification_queries.mail_of(notice)),
            accepted_as="example",
            by=OUTBOX,
            at=at,
        )
