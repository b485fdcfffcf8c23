"""What a watch over mailboxes leaves: people told once when one stops, once when it is back."""

from datetime import datetime
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Actor, Permission
from doleance.audit import actions as journal
from doleance.audit import queries as audit
from doleance.channels import mailboxes as rules
from doleance.channels import queries as channels
from doleance.channels.actions import mailboxes
from doleance.channels.mailboxes import News
from doleance.channels.models import Mailbox
from doleance.intake import alarms
from doleance.kernel.db import hold, write

TELL = "intake.tell_of_mailbox"  # the job's name, by which it is deferred
TELL_STUCK = "intake.tell_of_form"
SETTINGS = "settings"  # the stream of what concerns the house, and no file


@write
def tell_stuck(*, draft_id: UUID, at: datetime, error: str, by: Actor) -> bool:
    """Tell every administrator, once a form, that one which was sent cannot become a file; whether that is news.

    `error` is the name of an exception, without its words: they may be the complainant's.
    """
    hold(f"stuck:{draft_id}")
    told = audit.history(SETTINGS).filter(facts__code="form_stuck", facts__form=str(draft_id))
    if told.exists():
        return False
    journal.record(stream=SETTINGS, code="form_stuck", by=by.id, at=at, facts={"form": str(draft_id), "error": error})
    for person in accounts.holders(Permission.SETTINGS):
        job = app.configure_task(TELL_STUCK, queue="mail")
        job.defer(draft_id=str(draft_id), user_id=str(person.id), at=at.isoformat(), error=error)
    return True


@write
def watch(*, mailbox: Mailbox, by: Actor, at: datetime) -> News | None:
    """Tell every administrator of a mailbox that stopped, or that is back: once, each by a job of their own.

    The jobs are put down in the transaction that notes the news: it is told exactly when it is noted.
    """
    found = mailboxes.note_news(mailbox=mailbox, lasts=alarms.lasts(mailbox, at=at), by=by, at=at)
    if found is None:
        return None
    news, trouble = found
    health = channels.known_health(mailbox)
    since = rules.since(trouble, channels.health_of(mailbox, health)) if trouble else None
    told: JSONDict = {
        "mailbox_id": str(mailbox.id),
        "news": news.value,
        "at": at.isoformat(),
        "trouble": trouble.value if trouble else "",
        "since": since.isoformat() if since else "",
        "error": health.error if health else "",
    }
    for person in accounts.holders(Permission.SETTINGS):
        app.configure_task(TELL, queue="mail").defer(**told, user_id=str(person.id))
    return news
