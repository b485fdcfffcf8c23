"""Fetching a mailbox: what its server holds comes into the ledger, then is flagged or moved there, in that order.

A round lists what the folder holds above the mark, or all of it at times, fetches what the ledger has not, and
commits before it touches the server. Killed anywhere, the next round finds the same: what is in the ledger already is
only flagged or moved.
"""

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import DatabaseError

from doleance.accounts.rules import machine
from doleance.channels import queries as channels
from doleance.channels import registry, rules
from doleance.channels.actions import fetching
from doleance.channels.actions.fetching import Marks
from doleance.channels.email import imap, oauth
from doleance.channels.email.fetched import Listed, Mail
from doleance.channels.email.guard import Guard
from doleance.channels.email.imap import Opened, Server, Session
from doleance.channels.models import Mailbox
from doleance.channels.rules import AfterReading, ImapAuth, MailboxError, MailboxFailed, Security
from doleance.intake.actions import receiving
from doleance.intake.sources import SIZE_LIMIT
from doleance.kernel import clock, crashes

ROUND_S = 120.0  # after which a round begins no other batch
BATCH, BATCH_BYTES = 50, 16 * 1024 * 1024  # mails and bytes of one commit
RESUMED = {MailboxError.CONNECTION, MailboxError.SLOW, MailboxError.PROTOCOL}  # worth another connection at once
_DOUBTS = 3  # messages whose bytes are compared when their numbers look reused
_LOOKED_AT = 10  # mails whose Authentication-Results are shown by a test
_SIGNED_BY = re.compile(r"\s*(?:\([^()]*\)\s*)*\"?([\w.:@/+-]{1,253})")
_MACHINE = machine("intake")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Probe:
    """What a test of a mailbox found. `authserv_ids`: who signs the checks of the latest mails, the latest first."""

    messages: int
    folders: tuple[str, ...]
    can_idle: bool
    can_move: bool
    authserv_ids: tuple[str, ...]
    latest_at: datetime | None


def probe(mailbox: Mailbox) -> Probe:
    """Connect with the settings that are saved, and tell what is there; nothing is fetched, flagged or stored.

    Raises `MailboxFailed`, whose `kind` (`channels.rules.MailboxError`) says what to do and `said` what the server
    said: FOLDER when the folder does not open. `can_move` False: read mail is copied and stays, marked as deleted.
    """
    with entered(mailbox) as session:
        opened = session.select(mailbox.imap_folder, writable=False)
        folders = session.folders()
        latest = session.latest(opened, _LOOKED_AT)
        results = session.authentication([one.uid for one in latest])
    found = [match[1] for value in results if (match := _SIGNED_BY.match(value))]
    return Probe(
        messages=opened.count,
        folders=folders,
        can_idle=session.can_idle,
        can_move=session.can_move,
        authserv_ids=tuple(dict.fromkeys(found)),
        latest_at=max((one.at for one in latest if one.at is not None), default=None),
    )


@contextmanager
def entered(mailbox: Mailbox, guard: Guard | None = None) -> Iterator[Session]:
    """A session of a mailbox, by its saved settings. Raises `MailboxFailed`; a refused token is renewed once."""
    with ExitStack() as stack:
        try:
            session = stack.enter_context(imap.session(_server(mailbox), guard))
        except MailboxFailed as error:
            if error.kind is not MailboxError.TOKEN or mailbox.imap_auth != ImapAuth.XOAUTH2:
                raise
            if not oauth.tokens.forget(_application(mailbox)):
                raise  # the token server itself refused: it was told once
            session = stack.enter_context(imap.session(_server(mailbox), guard))
        yield session


def _server(mailbox: Mailbox) -> Server:
    is_token = mailbox.imap_auth == ImapAuth.XOAUTH2
    return Server(
        host=mailbox.imap_host,
        port=mailbox.imap_port,
        security=Security(mailbox.imap_security),
        username=mailbox.imap_user,
        auth=ImapAuth(mailbox.imap_auth),
        secret=_token(mailbox) if is_token else channels.imap_secret(mailbox),
    )


def _application(mailbox: Mailbox) -> oauth.Application:
    return oauth.Application(
        token_url=mailbox.oauth_token_url,
        client_id=mailbox.oauth_client_id,
        client_secret=channels.oauth_client_secret(mailbox),
        refresh_token=channels.imap_secret(mailbox),
    )


def _token(mailbox: Mailbox) -> str:
    """An access token; the refresh token that comes with it is kept before anything else can fail."""
    token, following = oauth.tokens.get(_application(mailbox))
    if following:
        fetching.keep_refresh_token(mailbox=mailbox, token=following, by=_MACHINE, at=clock.now())
    return token


def collect(mailbox: Mailbox) -> bool:
    """One round of fetching; whether there is more to fetch at once. A failure is noted in the mailbox's health.

    Two rounds at once for one mailbox store nothing twice. Raises only what is an error of ours.
    """
    marks = fetching.begin(mailbox=mailbox, place=_place(mailbox), at=clock.now())
    ends = time.monotonic() + ROUND_S
    try:
        done = _resume(mailbox, marks, ends)
    except MailboxFailed as failure:
        log.warning("mailbox_failed", mailbox=str(mailbox.id), error=failure.kind.value)
        fetching.fail(mailbox=mailbox, error=failure.kind, said=failure.said, at=clock.now())
        return False
    except Exception as error:
        with suppress(DatabaseError):
            fetching.fail(mailbox=mailbox, error=MailboxError.OURS, said=type(error).__name__, at=clock.now())
        raise
    swept = done.is_swept and not done.is_cut_short
    fetching.succeed(mailbox=mailbox, uidvalidity=done.uidvalidity, swept=swept, at=clock.now())
    return done.is_cut_short


def _place(mailbox: Mailbox) -> str:
    told = (mailbox.imap_host.lower(), mailbox.imap_user, mailbox.imap_folder)
    return hashlib.sha256("\0".join(told).encode()).hexdigest()


def _resume(mailbox: Mailbox, marks: Marks, ends: float) -> "Round":
    """Rounds until one goes to its end: a connection that broke after it brought something is made again at once."""
    while True:
        current = Round(mailbox, marks, ends)
        try:
            with entered(mailbox) as session:
                current.run(session)
        except MailboxFailed as failure:
            if not current.stored or failure.kind not in RESUMED or time.monotonic() > ends:
                raise
        else:
            return current
        marks = fetching.begin(mailbox=mailbox, place=_place(mailbox), at=clock.now())


class Reused(Exception):
    """The server gives other mails under numbers that it used before."""


# Mails of a folder that broke a round or were not given: they are asked for last, one by one. Of this process only.
_SUSPECTS: dict[tuple[UUID, int], dict[int, int]] = {}


class Round:
    """One session's work in one folder."""

    def __init__(self, mailbox: Mailbox, marks: Marks, ends: float) -> None:
        self.mailbox, self.marks, self.ends = mailbox, marks, ends
        self.uidvalidity = 0
        self.stored = 0
        self.is_swept = False  # all that the folder holds was listed
        self.is_cut_short = False  # its time was over
        self._seen_uid = 0
        self._listed: dict[int, Listed] = {}
        self._known: dict[int, int] = {}
        self._finishing: MailboxFailed | None = None
        self._missing: list[int] = []

    def run(self, session: Session) -> None:
        """List, fetch, store, then flag or move. Raises `MailboxFailed`: also when something was not given."""
        opened = session.select(self.mailbox.imap_folder, writable=self._after is not AfterReading.NOTHING)
        self._number(opened)
        try:
            self._list(session, opened)
        except Reused:
            log.warning("mailbox_numbers_reused", mailbox=str(self.mailbox.id))
            fetching.number(mailbox=self.mailbox, epoch=self.marks.epoch, uidvalidity=None)
            self.is_cut_short = True  # the next round begins anew
            return
        self._heal(session)
        self._advance(None)
        for batch in self._batches():
            if time.monotonic() > self.ends:
                self.is_cut_short = True
                break
            self._take(session, batch)
        if self._finishing is not None:
            raise self._finishing
        if self._missing:
            said = f"{len(self._missing)} × FETCH NIL, UID {self._missing[0]}"
            raise MailboxFailed(MailboxError.PROTOCOL, said)

    @property
    def _after(self) -> AfterReading:
        return AfterReading(self.mailbox.after_reading)

    @property
    def _suspects(self) -> dict[int, int]:
        return _SUSPECTS.setdefault((self.mailbox.id, self.uidvalidity), {})

    def _number(self, opened: Opened) -> None:
        """Whose numbers these are: under another UIDVALIDITY than last time everything is looked at again."""
        self.uidvalidity = rules.ledger_validity(epoch=self.marks.epoch, uidvalidity=opened.uidvalidity)
        if self.marks.uidvalidity == self.uidvalidity:
            self._seen_uid = self.marks.seen_uid
        else:
            fetching.number(mailbox=self.mailbox, epoch=self.marks.epoch, uidvalidity=self.uidvalidity)

    def _list(self, session: Session, opened: Opened) -> None:
        """What the folder holds, and what of it is in the ledger."""
        is_new = self.marks.uidvalidity != self.uidvalidity
        went_back = opened.uidnext is not None and opened.uidnext <= self._seen_uid
        sweeps = (
            is_new
            or went_back
            or rules.must_sweep(swept_at=self.marks.swept_at, failing_since=self.marks.failing_since, at=clock.now())
        )
        above = 0 if sweeps else self._seen_uid
        self._listed = (session.whole() if sweeps else session.listing(above)) if opened.count else {}
        self._known = channels.ledger_sizes(mailbox=self.mailbox, uidvalidity=self.uidvalidity, above=above)
        if sweeps:
            self._compare(session)
            # Fewer than the server counts: it hid something. The next round looks again.
            self.is_swept = len(self._listed) >= opened.count

    def _compare(self, session: Session) -> None:
        """Raise Reused when a number of the ledger names another mail now: the sizes differ, and so do the bytes."""
        odd = [one for uid, one in sorted(self._listed.items()) if self._known.get(uid, one.size) != one.size]
        for one in [one for one in odd if one.size <= SIZE_LIMIT][:_DOUBTS]:
            row = channels.by_uid(mailbox=self.mailbox, uidvalidity=self.uidvalidity, uid=one.uid)
            for mail in session.fetch([one]):
                if row is not None and hashlib.sha256(mail.raw).hexdigest() != row.sha256:
                    raise Reused

    def _batches(self) -> Iterator[list[Listed]]:
        """What is to be fetched, the oldest first; what made trouble before comes last, one by one."""
        wanted = [one for uid, one in sorted(self._listed.items()) if uid not in self._known]
        batch: list[Listed] = []
        size = 0
        for one in [one for one in wanted if one.uid not in self._suspects]:
            if batch and (len(batch) == BATCH or size + one.size > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(one)
            size += one.size
        if batch:
            yield batch
        doubtful = [one for one in wanted if one.uid in self._suspects]
        yield from ([one] for one in sorted(doubtful, key=lambda one: (self._suspects.get(one.uid, 0), one.uid)))

    def _take(self, session: Session, batch: Sequence[Listed]) -> None:
        """Fetch some mails, commit them, then flag or move them."""
        small = [one for one in batch if one.size <= SIZE_LIMIT]
        try:
            mails = session.fetch(small) if small else []
            headers = [mail for one in batch if one.size > SIZE_LIMIT and (mail := session.header(one)) is not None]
            self._note_missing(session, batch, {mail.uid for mail in (*mails, *headers)})
        except MailboxFailed:
            for one in batch:
                self._suspects[one.uid] = self._suspects.get(one.uid, 0) + 1
            raise
        crashes.point("intake.before_store")
        self._store(mails, headers)
        crashes.point("intake.before_flag")
        kept = {mail.uid for mail in mails}
        self._finish(session, [one for one in small if one.uid in kept])
        crashes.point("intake.after_flag")
        now = clock.now()  # a server's clock may be ahead: nothing was heard later than now
        self._advance(max((min(mail.at or now, now) for mail in (*mails, *headers)), default=None))

    def _note_missing(self, session: Session, batch: Sequence[Listed], got: set[int]) -> None:
        """Of what was not given, what the folder still holds; the rest was taken away meanwhile by somebody else."""
        missing = [one.uid for one in batch if one.uid not in got]
        if not missing:
            return
        still = session.relisted(missing)
        for uid in missing:
            if uid in still:
                self._suspects[uid] = self._suspects.get(uid, 0) + 1
                self._missing.append(uid)
            else:
                self._listed.pop(uid, None)
                self._suspects.pop(uid, None)

    def _store(self, mails: Sequence[Mail], headers: Sequence[Mail]) -> None:
        """Into the ledger, with the job that reads them: when this returns, nothing can lose them."""
        if mails:
            receiving.accept(
                mails=mails,
                mailbox=self.mailbox,
                uidvalidity=self.uidvalidity,
                began_at=self.marks.began_at,
                by=_MACHINE,
                at=clock.now(),
            )
        for mail in headers:
            receiving.accept_oversized(
                mail=mail,
                parsed=registry.CHANNELS["email"].parse(mail.raw),
                mailbox=self.mailbox,
                uidvalidity=self.uidvalidity,
                began_at=self.marks.began_at,
                by=_MACHINE,
                at=clock.now(),
            )
        for mail in (*mails, *headers):
            if mail.is_odd:
                log.warning("mail_of_another_size", mailbox=str(self.mailbox.id), uid=mail.uid, told=mail.told)
            self._known[mail.uid] = len(mail.raw)
            self._suspects.pop(mail.uid, None)
        self.stored += len(mails) + len(headers)

    def _heal(self, session: Session) -> None:
        """Flag or move what is in the ledger already: a round was stopped between its commit and the server."""
        known = [one for uid, one in sorted(self._listed.items()) if uid in self._known]
        if self._after is AfterReading.SEEN:  # below the mark it was flagged once; who unflagged it since wants it so
            known = [one for one in known if one.uid > self._seen_uid]
        self._finish(session, known)

    def _finish(self, session: Session, kept: Sequence[Listed]) -> None:
        """Flag or move on the server what is safe in the ledger. A move that fails keeps nothing from coming in."""
        if self._after is AfterReading.NOTHING or self._finishing is not None:
            return
        whole = [one for one in kept if one.size <= SIZE_LIMIT]  # the ledger has only the header of the others
        if self._after is AfterReading.SEEN:
            session.flag_seen([one.uid for one in whole if "\\seen" not in one.flags])
            return
        try:
            session.move([one.uid for one in whole if "\\deleted" not in one.flags], self.mailbox.done_folder)
        except MailboxFailed as failure:
            if failure.kind is not MailboxError.DONE_FOLDER:
                raise
            self._finishing = failure

    def _advance(self, last_message_at: datetime | None) -> None:
        """Move the mark over what is in the ledger and was dealt with on the server."""
        seen = self._seen_uid
        if self._finishing is None:
            seen = rules.reached(listed=self._listed, known=self._known, seen_uid=seen)
        if seen > self._seen_uid or last_message_at is not None:
            fetching.advance(
                mailbox=self.mailbox, uidvalidity=self.uidvalidity, seen_uid=seen, last_message_at=last_message_at
            )
        self._seen_uid = seen
