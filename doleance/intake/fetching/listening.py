"""Listening to mailboxes: a server that can tell of new mail (IMAP IDLE, RFC 2177) has it fetched at once.

Listening only saves time: it fetches nothing itself, and what it misses the round of each minute finds. It lives in
the worker, ends with it, and never holds it up.
"""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import structlog
from django.db import connections

from doleance.channels import queries as channels
from doleance.channels.email.guard import Guard
from doleance.channels.models import Mailbox
from doleance.channels.rules import MailboxError, MailboxFailed
from doleance.intake import tasks
from doleance.intake.fetching import collecting

IDLE_S = 9 * 60.0  # RFC 2177 wants less than 29 minutes; many routers forget a silent connection after ten
REFRESH_S = 20.0  # between two looks at the settings
FIRST_S, LONGEST_S = 5.0, 300.0  # before another connection: longer each time, and at once so long for a refused login
WITHOUT_S = 3600.0  # before asking again a server that cannot tell
MOST = 20  # mailboxes listened to; the others are fetched each minute all the same
_REFUSED = {MailboxError.LOGIN, MailboxError.TOKEN, MailboxError.CLEAR, MailboxError.FOLDER}
log = structlog.get_logger()


class Ear(threading.Thread):
    """Listens to one mailbox as it was set when it began; `tell` is called with its identifier at each news."""

    def __init__(self, mailbox: Mailbox, tell: Callable[[UUID], None]) -> None:
        super().__init__(name=f"ear-{mailbox.id}", daemon=True)
        self.settings = settings_of(mailbox)
        self._mailbox, self._tell = mailbox, tell
        self._guard = Guard()
        self._over = threading.Event()

    def stop(self) -> None:
        """Stop listening, now. Returns at once."""
        self._over.set()
        self._guard.cut()

    def run(self) -> None:
        """Listen, and begin again after each failure, until told to stop."""
        pause = FIRST_S
        while not self._over.is_set():
            self._guard = Guard()
            began = time.monotonic()
            try:
                pause = self._listen()
            except MailboxFailed as failure:
                lasted = time.monotonic() - began > LONGEST_S
                pause = FIRST_S if lasted else min(2 * pause, LONGEST_S)
                pause = LONGEST_S if failure.kind in _REFUSED else pause
            except Exception as error:  # noqa: BLE001  the database is away, say: the worker goes on without us
                log.warning("ear_failed", mailbox=str(self._mailbox.id), error=type(error).__name__)
                pause = LONGEST_S
            finally:
                connections.close_all()
            self._over.wait(pause)

    def _listen(self) -> float:
        """Hold one connection while it lasts; how long to rest when the server cannot tell. Raises `MailboxFailed`."""
        with collecting.entered(self._mailbox, self._guard) as session:
            connections.close_all()  # a connection to the database is not kept for hours of silence
            if self._over.is_set() or not session.can_idle:
                return WITHOUT_S
            session.select(self._mailbox.imap_folder, writable=False)
            self._tell(self._mailbox.id)  # mail may have come while nobody listened
            while not self._over.is_set():
                if session.wait_for_news(IDLE_S):
                    self._tell(self._mailbox.id)
        return FIRST_S


def settings_of(mailbox: Mailbox) -> tuple[object, ...]:
    """All that a connection depends on: another value ends it."""
    secrets = [bytes(one) if one is not None else b"" for one in (mailbox.imap_secret, mailbox.oauth_client_secret)]
    place = (mailbox.imap_host, mailbox.imap_port, mailbox.imap_security, mailbox.imap_folder)
    door = (mailbox.imap_user, mailbox.imap_auth, mailbox.oauth_token_url, mailbox.oauth_client_id)
    return (*place, *door, *secrets)


class Ears(threading.Thread):
    """Keeps one ear for each mailbox that is fetched, as the settings are now; hands their news to `order`."""

    def __init__(self, order: Callable[[UUID], None] = tasks.order) -> None:
        super().__init__(name="ears", daemon=True)
        self.ears: dict[UUID, Ear] = {}
        self._order = order
        self._news: queue.SimpleQueue[UUID | None] = queue.SimpleQueue()
        self._is_over = False

    def stop(self) -> None:
        """End all listening, now. Returns at once; what is being written down is finished or lost with the process."""
        self._is_over = True
        self._news.put(None)
        for ear in list(self.ears.values()):
            ear.stop()

    def run(self) -> None:
        """Serve until told to stop; whatever fails is tried again."""
        following = time.monotonic()
        while not self._is_over:
            try:
                if time.monotonic() >= following:
                    following = time.monotonic() + REFRESH_S
                    self.refresh()
                self._pass_on(following)
            except Exception as error:  # noqa: BLE001  the database is away: the mailboxes are still listened to
                log.warning("ears_failed", error=type(error).__name__)
                time.sleep(1.0)
            finally:
                connections.close_all()

    def _pass_on(self, until: float) -> None:
        """Wait for one news and have its mailbox fetched."""
        with suppress(queue.Empty):
            mailbox_id = self._news.get(timeout=max(0.0, until - time.monotonic()))
            if mailbox_id is not None:
                self._order(mailbox_id)

    def refresh(self) -> None:
        """Listen to the mailboxes as they are set now, and to no other."""
        wanted = {mailbox.id: mailbox for mailbox in channels.fetched_mailboxes()[:MOST]}
        for pk, ear in list(self.ears.items()):
            if pk not in wanted or settings_of(wanted[pk]) != ear.settings:
                self.ears.pop(pk).stop()
        for pk, mailbox in wanted.items():
            if pk not in self.ears and not self._is_over:
                self.ears[pk] = Ear(mailbox, self._news.put)
                self.ears[pk].start()
