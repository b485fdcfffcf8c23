"""Faults worked into the processes of a throwaway installation, to see that the harness catches each.

Each undoes one thing that the product's promises rest on.
"""

# ruff: noqa: SLF001  a fault is worked in where the product lets nobody in
import functools
import importlib
import time
from collections.abc import Callable
from typing import Any

_WIDER_S = 0.2  # how long two people must be able to meet where the lock is gone


def _send_before_commit() -> None:
    """A mail is handed over inside the transaction that takes it: killed before the commit, it leaves again."""
    crashes, tasks = _module("kernel.crashes"), _module("notifications.tasks")
    flights, queries = _module("notifications.actions.flights"), _module("notifications.queries")
    compose = _module("channels.email.compose").compose
    keep, send = flights.keep, tasks._send
    left: dict[Any, str] = {}

    def keep_and_send(*, notice: Any, code: str, **more: Any) -> None:
        keep(notice=notice, code=code, **more)
        if code == "notice_sending" and notice.carrier_id is None:
            left[notice.id] = send(notice, compose(queries.mail_of(notice)))
            crashes.point("outbox.handed_over")

    def sent(notice: Any, mail: bytes) -> str:
        return left.pop(notice.id, "") or str(send(notice, mail))

    flights.keep, tasks._send = keep_and_send, sent


def _flag_before_commit() -> None:
    """A mail is flagged or moved on its server before it is in the ledger: killed in between, nobody looks for it."""
    crashes, rounds = _module("kernel.crashes"), _module("intake.fetching.collecting").Round
    take, store, finish = rounds._take, rounds._store, rounds._finish

    def take_knowing(self: Any, session: Any, batch: Any) -> None:
        self.sabotaged = session
        take(self, session, batch)

    def quietly_finish(self: Any, session: Any, kept: Any) -> None:
        point, crashes.point = crashes.point, lambda _: None
        try:
            finish(self, session, kept)
        finally:
            crashes.point = point

    def finish_then_store(self: Any, mails: Any, headers: Any) -> None:
        if self._after() == "move":  # a mail that is only marked is found again by the next round: it costs nothing
            quietly_finish(self, self.sabotaged, [self._listed[mail.uid] for mail in mails])
            crashes.point("intake.before_flag")
        store(self, mails, headers)

    rounds._take, rounds._store, rounds._finish = take_knowing, finish_then_store, quietly_finish


def _drop_the_lock() -> None:
    """Rows are read without being held: two people change the same thing over the same version."""
    querysets = importlib.import_module("django.db.models.query").QuerySet
    complaints = _module("complaints.actions.dossiers")
    locked = complaints.locked

    @functools.wraps(locked)
    def not_locked(*arguments: Any, **more: Any) -> Any:
        found = locked(*arguments, **more)
        time.sleep(_WIDER_S)
        return found

    querysets.select_for_update = lambda self, *_, **__: self._chain()
    complaints.locked = not_locked


def _skip_an_event() -> None:
    """A change leaves no event on the journal."""
    audit, note_event = _module("audit.actions"), _module("kernel.db").note_event
    record = audit.record

    @functools.wraps(record)
    def record_most(**told: Any) -> Any:
        if told["code"] in {"title_set", "note_added"}:
            note_event()
            return None
        return record(**told)

    audit.record = record_most


def _module(name: str) -> Any:
    return importlib.import_module(f"doleance.{name}")


_WORK: dict[str, Callable[[], None]] = {
    "send_before_commit": _send_before_commit,
    "flag_before_commit": _flag_before_commit,
    "drop_the_lock": _drop_the_lock,
    "skip_an_event": _skip_an_event,
}
NAMES = tuple(_WORK)
# Where the kills of such a run strike, and the invariant that must be found broken.
AIMED: dict[str, tuple[str, str]] = {
    "send_before_commit": ("work", "outbox.handed_over"),
    "flag_before_commit": ("work", "intake.before_flag"),
    "drop_the_lock": ("web", "write.committed"),
    "skip_an_event": ("web", "write.committed"),
}
BREAKS = {"send_before_commit": "I3", "flag_before_commit": "I2", "drop_the_lock": "I5", "skip_an_event": "I4"}


def work_in(names: str) -> None:
    """Work faults, joined by commas, into this process, once Django stands."""
    for name in names.split(","):
        _WORK[name]()
