"""Jobs of intake: a stored message is read even if the process that stored it was killed."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.types import JSONValue

from doleance.accounts import queries as accounts
from doleance.accounts.rules import machine
from doleance.channels import queries as channels
from doleance.channels.mailboxes import News, Trouble
from doleance.channels.models import Attachment, Message
from doleance.channels.rules import FLAWS, is_due
from doleance.intake import alarms, imports, pressed, queries, weighing
from doleance.intake import drafts as kept_drafts
from doleance.intake.actions import alarms as watching
from doleance.intake.actions import deposits, drafts, importing, reading, receiving, sorting, waiting
from doleance.intake.fetching import collecting
from doleance.kernel import clock
from doleance.kernel.errors import Refusal
from doleance.understanding import queries as understanding
from doleance.understanding.process import child
from doleance.understanding.process.child import ReadingFailed
from doleance.understanding.rules import Incoming
from doleance.understanding.scans import child as scans

log = structlog.get_logger()
_MACHINE, _FORM, _READER = machine("intake"), machine("portal"), machine("understanding")
# A database that restarts takes a minute: tries that follow each other at once would blame the messages for it.
_READING = RetryStrategy(max_attempts=imports.TRIES, exponential_wait=6)
_WAITED_FOR = timedelta(minutes=1)  # how late a form may be before its job is taken for lost
# Some three hours of tries: whatever keeps a mailbox from receiving may keep all others from sending for a while.
_TELLING = RetryStrategy(max_attempts=12, wait=900)
_FAULT = "error"  # why nothing was read where it was no limit that the message went over
_AGAIN = 200  # messages that one job reads again, so that others have their turn


@app.task(name=receiving.READ_MESSAGE, retry=_READING, pass_context=True)
def read_message(context: JobContext, message_id: str) -> None:
    """Read one message and decide about it; when its last try fails by the message, a person sees it in quarantine.

    When the database is what fails, the job fails, and `read_lost` gives the message another. More tries than there
    are: its worker died at the last one, and would again.
    """
    message, tries = channels.by_id(UUID(message_id)), context.job.attempts
    if message is None:
        return
    if tries <= imports.TRIES:
        try:
            receiving.receive(message=message, by=_MACHINE, at=clock.now())
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if tries < imports.TRIES:
                raise
            log.warning("message_failed", message=message_id, error=type(error).__name__)
        else:
            return
    receiving.park(message=message, by=_MACHINE, at=clock.now())


@app.task(name=receiving.READ_MESSAGES, retry=_READING, pass_context=True)
def read_messages(context: JobContext, message_ids: list[str]) -> None:
    """Read messages that arrived together; after three failures each gets a job of its own."""
    waiting = channels.unread([UUID(one) for one in message_ids])
    if context.job.attempts >= imports.TRIES:
        for message in waiting:
            read_message.defer(message_id=str(message.id))
        return
    for batch in imports.cut(waiting):
        imports.read_batch(batch)


@app.task(name="intake.read_lost", queue="intake")
def read_lost(timestamp: int) -> None:  # noqa: ARG001
    """Each minute: give another job to messages that wait to be read while no job will read them.

    Theirs failed for good, or was given up after its worker died each time. Found again and again, they are read once.
    """
    jobs = {"one": receiving.READ_MESSAGE, "some": receiving.READ_MESSAGES, "run": importing.READ_IMPORT}
    waiting = queries.unread_without_job(jobs, at=clock.now())
    for begin in range(0, len(waiting), imports.READ_BATCH):
        some: list[JSONValue] = [str(one) for one in waiting[begin : begin + imports.READ_BATCH]]
        log.warning("messages_taken_up_again", messages=len(some), first=some[0])
        read_messages.configure(queue="intake").defer(message_ids=some)


@app.task(name=waiting.SEND_PRESSED, retry=_READING, pass_context=True)
def send_pressed(context: JobContext, draft_id: str) -> None:
    """Send a form whose turn has come; sent meanwhile, by the work that its page did, it is left as it is.

    When its last try fails by the form, administrators are told, once; `send_waiting` goes on trying.
    """
    try:
        send_now(draft_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if context.job.attempts >= imports.TRIES:
            log.warning("form_stuck", form=draft_id, error=type(error).__name__)
            watching.tell_stuck(draft_id=UUID(draft_id), at=clock.now(), error=type(error).__name__, by=_MACHINE)
        raise


def send_now(draft_id: str) -> None:
    """Send what waits in a draft, if it still does."""
    draft = kept_drafts.draft(UUID(draft_id), at=clock.now())
    if draft is not None and draft.pressed is not None:
        deposits.send(draft=draft, deposit=pressed.read(draft.pressed), by=_FORM, at=clock.now())


@app.task(name="intake.send_waiting", queue="intake")
def send_waiting(timestamp: int) -> None:  # noqa: ARG001
    """Each minute: give another job to forms whose turn has come while theirs was lost, or failed."""
    found = weighing.waiting(before=clock.now() - _WAITED_FOR)
    if found:
        log.warning("forms_taken_up_again", forms=len(found), first=str(found[0]))
    for draft_id in found:
        with suppress(AlreadyEnqueued):
            waiting.job(draft_id).defer(draft_id=str(draft_id))


@app.task(name="intake.collect_all", queue="intake")
def collect_all(timestamp: int) -> None:  # noqa: ARG001
    """Have each mailbox that is due fetched, one round at a time each."""
    at = clock.now()
    for mailbox in channels.fetched_mailboxes():
        health = channels.known_health(mailbox)
        failing_since, checked_at = (health.failing_since, health.checked_at) if health else (None, None)
        if health is not None and health.error in FLAWS:
            failing_since = None  # it receives
        if is_due(failing_since=failing_since, checked_at=checked_at, at=at):
            order(mailbox.id)


def order(mailbox_id: UUID) -> None:
    """Have a mailbox fetched as soon as it can be; a round that waits already will see what this one would.

    Slots are locks: servers that hold their connections take half of the worker's places at most, and one mailbox has
    always the same slot, so that it is fetched by one round at a time.
    """
    slot = f"collect-slot:{mailbox_id.int % settings.DOLEANCE_FETCHERS}"
    with suppress(AlreadyEnqueued):
        collect_mail.configure(lock=slot, queueing_lock=f"collect:{mailbox_id}").defer(mailbox_id=str(mailbox_id))


@app.task(name="intake.collect_mail", queue="intake")
def collect_mail(mailbox_id: str) -> None:
    """Fetch what a mailbox holds; a long one by several rounds, each a job, so that others have their turn."""
    mailbox = channels.fetched_mailbox(UUID(mailbox_id))
    if mailbox is not None and collecting.collect(mailbox):
        order(mailbox.id)


@app.task(name=importing.READ_IMPORT, retry=_READING)
def read_import(run_id: str) -> None:
    """Read what an import stored and nobody read: its process was killed, or needs a hand.

    A long one by several jobs, so that others have their turn; and again later while the command still stores.
    """
    run, at = queries.import_run(UUID(run_id)), clock.now()
    if run is None:
        return
    if not imports.read(run, imports.Progress(), newest_first=True, batches=imports.RESCUE_BATCHES):
        importing.order_rescue(run=run, seconds=0, by=_MACHINE, at=at)
    elif queries.is_being_stored(run, at=at):
        importing.order_rescue(run=run, seconds=importing.RESCUE_SECONDS, by=_MACHINE, at=at)


@app.task(name="intake.watch_mailboxes", queue="upkeep")
def watch_mailboxes(timestamp: int) -> None:  # noqa: ARG001
    """Tell administrators, once an outage, of mailboxes that stopped, and of those that are back."""
    at = clock.now()
    for mailbox in channels.watched():
        news = watching.watch(mailbox=mailbox, by=_MACHINE, at=at)
        if news is News.STOPPED:
            health = channels.known_health(mailbox)
            log.error("mailbox_stopped", mailbox=str(mailbox.id), error=health.error if health else "")
        elif news is News.BACK:
            log.warning("mailbox_back", mailbox=str(mailbox.id))


@app.task(name=watching.TELL, queue="mail", retry=_TELLING)
def tell_of_mailbox(  # a job's arguments, as they stand in the queue
    mailbox_id: str, user_id: str, news: str, at: str, trouble: str, since: str, error: str
) -> None:
    """Write to one administrator about a mailbox, by a way that still works."""
    mailbox, person = channels.mailbox_by_id(UUID(mailbox_id)), accounts.user_by_id(UUID(user_id))
    if mailbox is None or person is None or not person.is_active:
        return
    bulletin = alarms.Bulletin(
        news=News(news),
        at=datetime.fromisoformat(at),
        trouble=Trouble(trouble) if trouble else None,
        since=datetime.fromisoformat(since) if since else None,
        error=error,
    )
    alarms.tell(mailbox=mailbox, person=person, bulletin=bulletin)


@app.task(name=watching.TELL_STUCK, queue="mail", retry=_TELLING)
def tell_of_form(draft_id: str, user_id: str, at: str, error: str) -> None:
    """Write to one administrator about a form that cannot become a file, unless it did meanwhile."""
    draft, person = kept_drafts.draft(UUID(draft_id), at=clock.now()), accounts.user_by_id(UUID(user_id))
    if draft is None or draft.pressed is None or person is None or not person.is_active:
        return
    alarms.tell_stuck(draft=draft, person=person, at=datetime.fromisoformat(at), error=error)


@app.task(name=queries.READ_AGAIN, queue="intake", retry=_READING)
def read_again(user_id: str, before: str) -> None:
    """Read the quarantine anew for the person who ordered it, each message in a transaction of its own.

    Their rights are asked for at each: somebody who left sorts nothing any more. Killed, it goes on where it was.
    """
    until, last = datetime.fromisoformat(before), UUID(int=0)
    while (person := accounts.user_by_id(UUID(user_id))) is not None and person.is_active:
        message = queries.to_read_again(person.actor(), before=until).filter(pk__gt=last).first()
        if message is None:
            return
        last = message.pk
        try:
            sorting.read_again(message=message, by=person.actor(), at=clock.now())
        except Refusal as refusal:
            log.info("message_not_read_again", message=str(message.id), why=refusal.code)
        except (OperationalError, InterfaceError):  # the database is away: no message is to blame, the job comes back
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it stays with this message, which waits as it did
            log.warning("message_failed", message=str(message.id), error=type(error).__name__)


@app.task(name=reading.UNDERSTAND, queue="intake", retry=_READING)
def understand(message_ids: list[str]) -> None:
    """Read what was received, message by message, for the griefs that it proposes. Read twice, it is kept once."""
    for pk in message_ids:
        _understand_alone(UUID(pk))


def _understand_alone(pk: UUID) -> None:
    """Read one message; what goes wrong by it stays with it, is noted, and the night tries it again."""
    try:
        _understand(pk)
    except (OperationalError, InterfaceError):  # the database is away: no message is to blame, the job comes back
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, those after it are read
        _give_up(pk, ReadingFailed(_FAULT, type(error).__name__))


def _give_up(pk: UUID, failed: ReadingFailed) -> None:
    """Note that a message was not read, so that people see it; what goes wrong by that is in the log alone."""
    log.warning("message_not_understood", message=str(pk), why=str(failed))
    message = channels.by_id(pk)
    if message is None:
        return
    try:
        reading.give_up(message=message, failed=failed, by=_READER, at=clock.now())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("failure_not_noted", message=str(pk))


def _understand(pk: UUID) -> None:
    """Read one message, once its files are read where it leaves it to them to speak."""
    message = channels.by_id(pk)
    if message is None:
        return
    files, waits = reading.files_of(message)
    if files:
        _order_files(pk)
    if not waits:
        _read(message)


def _order_files(pk: UUID) -> None:
    """Have the files of a message read. Ordered twice, they are read once."""
    read_files.defer(message_id=str(pk))


@app.task(name=reading.READ_FILES, queue="upkeep", retry=_READING, lock="files", pass_context=True)
def read_files(context: JobContext, message_id: str) -> None:
    """Read what came with a message, then the message itself when it waited for that.

    One message at a time in the whole house: a pile of long documents leaves the workers to everybody else. A file of
    which the reading breaks off, or that killed the worker at each try, says so in the end, and its message is read.
    """
    message, tries = channels.by_id(UUID(message_id)), context.job.attempts
    if message is None:
        return
    files, waits = reading.files_of(message)
    broken = [
        one for one in files if not _read_file(one, is_last=tries >= imports.TRIES, is_past=tries > imports.TRIES)
    ]
    if broken:
        raise FilesNotRead(len(broken))
    if waits:
        _read(message, anew=True)


class FilesNotRead(Exception):
    """So many files of a message broke the reading; the job comes back."""


def _read_file(attachment: Attachment, *, is_last: bool, is_past: bool) -> bool:
    """Read one file of a message; whether that is done with. At the last try it is, one way or the other."""
    at = clock.now()
    try:
        if not is_past:
            reading.read_file(attachment=attachment, by=_READER, at=at)
            return True
    except (OperationalError, InterfaceError):  # the database is away: no file is to blame, the job comes back
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, the other files are read
        log.warning("file_not_read", attachment=str(attachment.pk), error=type(error).__name__)
        if not is_last:
            return False
    reading.give_up_file(attachment=attachment, by=_READER, at=at)
    return True


def _read(message: Message, *, anew: bool = False) -> None:
    """Read one message; what fails by it has an empty reading, and keeps nobody else waiting."""
    try:
        reading.understand(message=message, anew=anew, by=_READER, at=clock.now())
    except ReadingFailed as failed:
        _give_up(message.pk, failed)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  a fault of ours, or content that does not open
        _give_up(message.pk, ReadingFailed(_FAULT, type(error).__name__))


@app.task(name="intake.understand_again", queue="upkeep")
def understand_again(timestamp: int) -> None:  # noqa: ARG001
    """Each night: when another model reads than before, or a message could not be read, read live files again.

    So are scanned documents that came before this machine could recognise characters.
    """
    if not settings.DOLEANCE_READING:
        return
    if scans.engine():
        for pk in understanding.without_engine(_AGAIN):
            _order_files(pk)
    try:
        model = child.read(Incoming(id="", channel="", subject="", body="")).model
    except ReadingFailed as failed:
        log.warning("nothing_understood", why=str(failed))
        return
    with suppress(AlreadyEnqueued):
        understand_rest.configure(queueing_lock=f"understand:{model}").defer(model=model)


@app.task(name="intake.understand_rest", queue="upkeep", retry=_READING)
def understand_rest(model: str, after: str = "") -> None:
    """Read the messages of live files that this model has not read, some a job; killed, it goes on where it was."""
    waiting = understanding.unread(model, after=UUID(after) if after else None, most=_AGAIN)
    for pk in waiting:
        _understand_alone(pk)
    if len(waiting) == _AGAIN:
        understand_rest.defer(model=model, after=str(waiting[-1]))


@app.task(name="intake.sweep_drafts", queue="upkeep")
def sweep_drafts(timestamp: int) -> None:  # noqa: ARG001
    """Erase the complaints that nobody went on writing for seven days, and marks that serve no more."""
    while drafts.sweep(at=clock.now()):
        pass
    drafts.forget_marks(at=clock.now())
