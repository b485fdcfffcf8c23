"""The jobs of the outbox: carry one mail, and pick up what was lost on the way."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from doleance.accounts import actions as account_actions
from doleance.accounts import queries as accounts
from doleance.accounts.models import User
from doleance.channels.email import outgoing, smtp
from doleance.channels.email.compose import compose
from doleance.channels.email.smtp import InDoubt
from doleance.complaints.actions import access as accesses
from doleance.kernel import crashes
from doleance.kernel.clock import now
from doleance.kernel.errors import ChannelError
from doleance.notifications import pointers, queries, watch
from doleance.notifications.actions import breaking, carrying, codes, entering, pointing, waking
from doleance.notifications.actions.flights import OUTBOX, POINT
from doleance.notifications.models import Notice

log = structlog.get_logger()
# Seconds between tries to note what became of a mail while the database is away.
_PATIENCE = (0.2, 1.0, 3.0, 10.0, 20.0, 25.0)
_BATCH = 100
_POINTING = RetryStrategy(max_attempts=12, wait=900)  # three hours: nobody else says where a merged file's answer is
_LINK_TRIES = 5  # of a mail with a link, over some twenty minutes; whoever waits for it asks again
# How long a claimed mail may still be handed over: half of `rules.LEASE`, by the clock on the wall.
CARRY_LIMIT = timedelta(seconds=smtp.LIMIT_S)


@app.task(name=queries.DELIVER, queue="mail")
def deliver(notice_id: str) -> None:
    """Carry one mail: commit SENDING, talk to the wire, commit what became of it.

    Killed in between, it leaves the mail SENDING, and `sweep` hands it to a person: it is never sent twice.
    """
    crashes.point("outbox.before_claim")
    notice = carrying.claim(notice_id=UUID(notice_id), by=OUTBOX, at=now())
    if notice is not None:
        crashes.point("outbox.claimed")
        _carry(notice)


@app.task(name=POINT, queue="mail", retry=_POINTING)
def point(notice_id: str) -> None:
    """Say in the files merged into that of an answer, which has left, where it is."""
    answer = queries.by_id(UUID(notice_id))
    if answer is not None:
        pointing.point(answer=answer, by=OUTBOX, at=now())


@app.task(name="notifications.sweep_pointers", queue="mail")
def sweep_pointers(timestamp: int) -> None:  # noqa: ARG001
    """Each hour: have said where the answer of merged files is, where its job failed for good or was lost."""
    for answer in pointers.answers(task=POINT, at=now()):
        _alone(partial(_point_again, answer), of=answer.id)


def _point_again(answer: Notice) -> None:
    if pointers.owed(answer):
        log.warning("pointers_taken_up_again", notice=str(answer.id))
        point.defer(notice_id=str(answer.id))


def _carry(notice: Notice) -> None:
    mail = _composed(notice)
    try:
        accepted_as = _send(notice, mail)
    except InDoubt as error:
        _note_uncertain(notice, str(error))
    except ChannelError as error:
        _note_failed(notice, str(error), permanent=error.permanent)
    else:
        crashes.point("outbox.handed_over")
        _note(
            lambda: carrying.mark_sent(
                notice_id=notice.id,
                attempt=notice.attempts,
                mail=compose(queries.mail_of(notice)),  # what is kept hides what is its reader's alone
                accepted_as=accepted_as,
                by=OUTBOX,
                at=now(),
            )
        )


def _composed(notice: Notice) -> bytes:
    """The mail; when it cannot be written nothing has left, so a person is told and the job does not come back."""
    try:
        return compose(queries.mail_of(notice, on_wire=True))
    except Exception as error:
        _note_failed(notice, f"composition: {type(error).__name__}", permanent=True)
        raise


def _note_uncertain(notice: Notice, words: str) -> None:
    log.warning("mail_uncertain", notice=str(notice.id), attempt=notice.attempts)
    _note(
        lambda: carrying.mark_uncertain(notice_id=notice.id, attempt=notice.attempts, error=words, by=OUTBOX, at=now())
    )


def _note_failed(notice: Notice, words: str, *, permanent: bool) -> None:
    log.warning("mail_failed", notice=str(notice.id), attempt=notice.attempts, permanent=permanent)
    _note(
        lambda: carrying.mark_failed(
            notice_id=notice.id,
            attempt=notice.attempts,
            error=words,
            permanent=permanent,
            by=OUTBOX,
            at=now(),
        )
    )


def _send(notice: Notice, mail: bytes) -> str:
    way = _way_out(notice)
    if way is None:
        raise ChannelError("no way out any more", permanent=False)
    return outgoing.carry(
        mail,
        way=way,
        envelope_from=notice.envelope_sender,
        to=notice.to_address,
        name=f"{notice.created_at:%Y%m%d-%H%M%S}-{notice.id}",
        is_late=lambda: _is_late(notice),
    )


def _is_late(notice: Notice) -> bool:
    """Whether this try has had its time: a worker that was stopped since must not send what people decide about."""
    return notice.claimed_at is None or now() >= notice.claimed_at + CARRY_LIMIT


def _way_out(notice: Notice) -> outgoing.Way | None:
    """The way out; whatever goes wrong in finding it, nothing has left, and a later try is worth it."""
    try:
        return outgoing.way_out(notice.mailbox)
    except ChannelError:
        raise
    except Exception as error:
        raise ChannelError(f"way out: {type(error).__name__}", permanent=False) from error


def _note(end: Callable[[], object]) -> None:
    """Note what became of a mail, waiting a minute for a database that restarts: what we know must not be lost."""
    for pause in _PATIENCE:
        try:
            end()
        except (OperationalError, InterfaceError):
            _forget_connection()
            _wait(pause)
        else:
            return
    end()


def _forget_connection() -> None:
    connection.close()


def _wait(seconds: float) -> None:
    time.sleep(seconds)


@app.task(name=queries.SEND_CODE, queue="mail")
def send_code(asked_id: str) -> None:
    """Write the mail of a code, when it was asked for a file that exists by somebody of that file."""
    codes.send(asked_id=UUID(asked_id), by=OUTBOX, at=now())


@app.task(
    name=queries.MAIL_LINK,
    queue="mail",
    retry=RetryStrategy(max_attempts=_LINK_TRIES, exponential_wait=4, retry_exceptions={ChannelError}),
)
def mail_link(link_id: str) -> None:
    """Mail one link to a member of staff, when it is somebody's and still serves; a failure is noted beside it.

    A second mail with the same link, when nobody knows whether the first one left, harms nobody.
    """
    link = accounts.link_to_mail(UUID(link_id), at=now())
    if link is None or link.user is None:
        return
    try:
        entering.carry(link=link, person=link.user, at=now())
    except ChannelError as error:
        log.warning("access_link_mail_failed", link=link_id, permanent=error.permanent)
        account_actions.note_link_mailed(link=link, is_sent=False, by=OUTBOX, at=now())
        if not error.permanent:
            raise
    else:
        account_actions.note_link_mailed(link=link, is_sent=True, by=OUTBOX, at=now())


@app.task(name="notifications.forget_codes", queue="upkeep")
def forget_codes(timestamp: int) -> None:  # noqa: ARG001
    """Delete requests for codes, and links to choose a new password, that ended two days ago."""
    accesses.forget_codes(at=now())
    account_actions.forget_links(at=now())


@app.task(name=queries.WAKE, queue="mail")
def wake(user_id: str, until: str) -> None:
    """Send the mails that were blocked when somebody ordered them all, with their rights."""
    person = User.objects.filter(pk=UUID(user_id), is_active=True).first()
    if person is None:
        return
    found = queries.ready_to_wake(person.actor(), until=datetime.fromisoformat(until))
    for start in range(0, len(found), _BATCH):
        waking.wake_some(notices=found[start : start + _BATCH], by=person.actor(), at=now())


@app.task(name="notifications.sweep", queue="mail")
def sweep(timestamp: int) -> None:  # noqa: ARG001  the minute it was scheduled for; what counts is the present one
    """Each minute: give a job to due mails whose job was lost, and a person the mails that were lost sight of.

    Where machines were silenced and nothing was heard for a day, they may write again.
    """
    at = now()
    for notice_id, attempt in queries.stale(at=at):
        log.warning("mail_lost_sight_of", notice=str(notice_id), attempt=attempt)
        _alone(partial(_doubt, notice_id, attempt, at), of=notice_id)
    jobs: list[JSONDict] = [{"notice_id": str(notice_id)} for notice_id in queries.lost(at=at)]
    if jobs:
        deliver.batch_defer(*jobs)
    for breaker in watch.quiet(at=at):
        _alone(partial(breaking.release_quiet, breaker=breaker, by=OUTBOX, at=at), of=breaker.id)


def _doubt(notice_id: UUID, attempt: int, at: datetime) -> None:
    carrying.mark_uncertain(notice_id=notice_id, attempt=attempt, error="no news of this try", by=OUTBOX, at=at)


def _alone(do: Callable[[], object], *, of: UUID) -> None:
    """Do one thing of a sweep in its transaction: what goes wrong there stops nothing else, and is tried next minute.

    A database that is away stops all of it.
    """
    try:
        do()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("sweep_passed_over", of=str(of))
