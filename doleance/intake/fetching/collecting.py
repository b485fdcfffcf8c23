"""Fetching a mailbox: what its server holds comes into the ledger, then is flagged or moved there, in that order.

A round lists what the folder holds above the mark, or all of it at times, fetches what the ledger has not, and
commits before it touches the server. Killed anywhere, the next round finds the same: what is in the ledger already is
only flagged or moved.
"""

import hashlib
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from doleance.channels.email.imap import LAST_UID, Opened, Page, Server, Session
from doleance.channels.models import Mailbox
from doleance.channels.rules import AfterReading, ImapAuth, MailboxError, MailboxFailed, Place, Security
from doleance.intake.actions import receiving
from doleance.intake.sources import SIZE_LIMIT
from doleance.kernel import clock, crashes

ROUND_S = 120.0  # after which a round begins no other batch
BATCH, BATCH_BYTES = 50, 16 * 1024 * 1024  # mails and bytes of one commit
RESUMED = {MailboxError.CONNECTION, MailboxError.SLOW, MailboxError.PROTOCOL}  # worth another connection at once
_WITHHELD = 2  # tries, after which the rest goes on without it
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
            if not oauth.tokens.forget(channels.application_of(mailbox)):
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


def _token(mailbox: Mailbox) -> str:
    """An access token: the one at hand, else another, asked for by one at a time."""
    if (kept := oauth.tokens.kept(channels.application_of(mailbox))) is not None and not kept[1]:
        return kept[0]
    return fetching.renew_token(mailbox=mailbox, by=_MACHINE, at=clock.now())


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
    if done.flaw is not None:
        log.warning("mailbox_incomplete", mailbox=str(mailbox.id), error=done.flaw.kind.value)
        fetching.fail(mailbox=mailbox, error=done.flaw.kind, said=done.flaw.said, at=clock.now())
    else:
        fetching.succeed(mailbox=mailbox, at=clock.now())
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


# Mails of a folder that broke a round or were not given, and how often: they are asked for last, one by one. And those
# whose numbers looked reused and whose bytes are the same all the same. Of this process only.
_SUSPECTS: dict[tuple[UUID, int], dict[int, int]] = {}
_SETTLED: dict[tuple[UUID, int], dict[int, tuple[int, datetime | None]]] = {}


class Round:
    """One session's work in one folder."""

    def __init__(self, mailbox: Mailbox, marks: Marks, ends: float) -> None:
        self.mailbox, self.marks, self.ends = mailbox, marks, ends
        self.uidvalidity = 0
        self.stored = 0
        self.is_cut_short = False  # its time was over
        self.flaw: MailboxFailed | None = None  # everything that the server gives is here, and something is wrong yet
        self._sweeps = False  # all that the folder holds is compared with the ledger
        self._seen_uid = self._top = 0
        self._listed: dict[int, Listed] = {}  # of the page being dealt with
        self._pending: set[int] = set()  # what was listed, on any page, and is not in the ledger
        self._doubtful: dict[int, Listed] = {}

    def run(self, session: Session) -> None:
        """List, fetch, store, then flag or move, page by page. Raises `MailboxFailed`."""
        opened = session.select(self.mailbox.imap_folder, writable=self._after is not AfterReading.NOTHING)
        self._number(opened)
        try:
            self._go_through(session, opened)
        except Reused:
            log.warning("mailbox_numbers_reused", mailbox=str(self.mailbox.id))
            fetching.number(mailbox=self.mailbox, epoch=self.marks.epoch, uidvalidity=None)
            self.is_cut_short = True  # the next round begins anew
            return
        if not self.is_cut_short:
            self._ask_again(session)
            self._move_again(session, opened)
        if self.is_cut_short and self.flaw is None and self.marks.error in rules.FLAWS:
            self.flaw = MailboxFailed(MailboxError(self.marks.error), self.marks.said)  # it was not looked at yet

    def _go_through(self, session: Session, opened: Opened) -> None:
        """Deal with one page of the folder after the other until the time is over."""
        self._sweeps = self._must_sweep(opened)
        told = 0
        for page in session.pages(opened, 0 if self._sweeps else self._seen_uid) if opened.count else ():
            told += len(page.listed)
            self._open(session, page)
            for batch in self._batches():
                if self._is_over():
                    break
                self._take(session, batch)
            if self._sweeps and (self.is_cut_short or page.high < LAST_UID):
                self._note_sweep(page.high)
            if self.is_cut_short:
                return
        if self._sweeps:  # fewer than the server counts: it hid something, and the next round looks again
            is_whole = told >= opened.count
            fetching.sweep(mailbox=self.mailbox, uidvalidity=self.uidvalidity, swept=is_whole, at=clock.now())

    def _must_sweep(self, opened: Opened) -> bool:
        marks = self.marks
        failing_since = None if marks.error in rules.FLAWS else marks.failing_since
        return (
            marks.uidvalidity != self.uidvalidity
            or (opened.uidnext is not None and opened.uidnext <= self._seen_uid)
            or (marks.error == MailboxError.WITHHELD and not self._suspects)  # another process knew which
            or rules.must_sweep(swept_at=marks.swept_at, failing_since=failing_since, at=clock.now())
        )

    def _is_over(self) -> bool:
        """Whether no other batch begins. However long the listing was, one batch is taken: it goes on each round."""
        self.is_cut_short = self.stored > 0 and time.monotonic() > self.ends
        return self.is_cut_short

    def _open(self, session: Session, page: Page) -> None:
        """Compare a page with the ledger, and finish what is in it already."""
        known = channels.ledger_places(
            mailbox=self.mailbox, uidvalidity=self.uidvalidity, low=page.low, high=page.high
        )
        self._listed = page.listed
        self._top = max([self._top, *page.listed])
        if self._sweeps:
            self._compare(session, known)
        unknown = page.listed.keys() - known.keys()
        self._pending |= unknown
        self._doubtful |= {uid: page.listed[uid] for uid in unknown & self._suspects.keys()}
        self._heal(session, known.keys())
        self._advance(None)

    def _note_sweep(self, high: int) -> None:
        """Once all up to the mark is compared: what is above it is listed by each round, so a cut goes on there."""
        if high >= self._seen_uid and not any(uid <= self._seen_uid for uid in self._pending):
            fetching.sweep(mailbox=self.mailbox, uidvalidity=self.uidvalidity, swept=True, at=clock.now())

    def _ask_again(self, session: Session) -> None:
        """What made trouble, in this round or before, one by one: the rest is in."""
        owed = [uid for uid in self._suspects if uid not in self._doubtful]
        still = {} if self._sweeps else session.relisted(owed)
        for uid in owed:
            if uid in still:
                self._doubtful[uid] = still[uid]
                self._pending.add(uid)
            else:
                self._suspects.pop(uid)
        for one in sorted(self._doubtful.values(), key=lambda one: (self._suspects.get(one.uid, 0), one.uid)):
            if self._is_over():
                return
            try:
                self._take(session, [one])
            except MailboxFailed as failure:
                if failure.kind not in RESUMED or not self._pending or not self._pending <= self._withheld:
                    raise
                self._advance(None)
                self.flaw = MailboxFailed(MailboxError.WITHHELD, f"UID {one.uid}: {failure.said}")
                return
        if self._pending and self.flaw is None:
            self.flaw = MailboxFailed(MailboxError.WITHHELD, f"{len(self._pending)} × UID {min(self._pending)}")

    def _move_again(self, session: Session, opened: Opened) -> None:
        """While the folder of read mails takes nothing, see whether it does now: then all is finished at once."""
        if self._after is not AfterReading.MOVE or self._sweeps or self.marks.error != MailboxError.DONE_FOLDER:
            return
        if not self._is_full:
            self._finish(session, [one for one in session.latest(opened, _LOOKED_AT) if self._has(one)][:1])
        if not self._is_full:
            fetching.sweep(mailbox=self.mailbox, uidvalidity=self.uidvalidity, swept=False, at=clock.now())
            self.is_cut_short = True

    def _has(self, one: Listed) -> bool:
        """Whether the ledger has this mail whole, and it can be moved."""
        row = channels.by_uid(mailbox=self.mailbox, uidvalidity=self.uidvalidity, uid=one.uid)
        return row is not None and one.size <= SIZE_LIMIT and "\\deleted" not in one.flags

    @property
    def _after(self) -> AfterReading:
        return AfterReading(self.mailbox.after_reading)

    @property
    def _suspects(self) -> dict[int, int]:
        return _SUSPECTS.setdefault((self.mailbox.id, self.uidvalidity), {})

    @property
    def _withheld(self) -> set[int]:
        """What the server did not give twice: the mark passes it, and it is asked for by its name."""
        return {uid for uid, tries in self._suspects.items() if tries >= _WITHHELD}

    def _number(self, opened: Opened) -> None:
        """Whose numbers these are: under another UIDVALIDITY than last time everything is looked at again."""
        self.uidvalidity = rules.ledger_validity(epoch=self.marks.epoch, uidvalidity=opened.uidvalidity)
        if self.marks.uidvalidity == self.uidvalidity:
            self._seen_uid = self.marks.seen_uid
        else:
            fetching.number(mailbox=self.mailbox, epoch=self.marks.epoch, uidvalidity=self.uidvalidity)

    def _compare(self, session: Session, known: Mapping[int, Place]) -> None:
        """Raise Reused when a number of the ledger names another mail now: other numbers, and other bytes.

        Of those that differ, another moment says more than another size, which some servers only guess.
        """
        settled = _SETTLED.setdefault((self.mailbox.id, self.uidvalidity), {})
        listed = [one for uid, one in self._listed.items() if uid in known and one.size <= SIZE_LIMIT]
        odd = [one for one in listed if known[one.uid].differs(size=one.size, at=one.at)]
        odd = [one for one in odd if settled.get(one.uid) != (one.size, one.at)]
        for one in sorted(odd, key=lambda one: (not known[one.uid].is_of_another_moment(one.at), one.uid))[:_DOUBTS]:
            row = channels.by_uid(mailbox=self.mailbox, uidvalidity=self.uidvalidity, uid=one.uid)
            for mail in session.fetch([one]):
                if row is not None and hashlib.sha256(mail.raw).hexdigest() != row.sha256:
                    raise Reused
                settled[one.uid] = (one.size, one.at)

    def _batches(self) -> Iterator[list[Listed]]:
        """What is to be fetched of the page, the oldest first, without what made trouble before."""
        wanted = (self._pending & self._listed.keys()) - self._suspects.keys()
        batch: list[Listed] = []
        size = 0
        for one in [self._listed[uid] for uid in sorted(wanted)]:
            if batch and (len(batch) == BATCH or size + one.size > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(one)
            size += one.size
        if batch:
            yield batch

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
                self._doubtful.setdefault(uid, still[uid])
            else:
                self._pending.discard(uid)
                self._doubtful.pop(uid, None)
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
            self._pending.discard(mail.uid)
            self._suspects.pop(mail.uid, None)
        self.stored += len(mails) + len(headers)

    def _heal(self, session: Session, held: Collection[int]) -> None:
        """Flag or move what is in the ledger already: a round was stopped between its commit and the server."""
        known = [one for uid, one in sorted(self._listed.items()) if uid in held]
        if self._after is AfterReading.SEEN:  # below the mark it was flagged once; who unflagged it since wants it so
            known = [one for one in known if one.uid > self._seen_uid]
        self._finish(session, known)

    def _finish(self, session: Session, kept: Sequence[Listed]) -> None:
        """Flag or move on the server what is safe in the ledger. A move that fails keeps nothing from coming in."""
        if self._after is AfterReading.NOTHING or self._is_full:
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
            self.flaw = failure

    @property
    def _is_full(self) -> bool:
        """Whether the folder of read mails took nothing: what is kept stays where it is, and comes in all the same."""
        return self.flaw is not None and self.flaw.kind is MailboxError.DONE_FOLDER

    def _advance(self, last_message_at: datetime | None) -> None:
        """Move the mark over what is in the ledger, and over what the server keeps for itself."""
        seen = rules.reached(top=self._top, pending=self._pending - self._withheld, seen_uid=self._seen_uid)
        if seen > self._seen_uid or last_message_at is not None:
            fetching.advance(
                mailbox=self.mailbox, uidvalidity=self.uidvalidity, seen_uid=seen, last_message_at=last_message_at
            )
        self._seen_uid = seen
