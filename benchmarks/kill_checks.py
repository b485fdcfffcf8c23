"""The invariants of reliability.md §1, checked against the harness's own account and what the SMTP sink was given.

`while_working` may be asked at any moment: nothing that is under way is held against the product. `at_rest` is asked
once all is quiet: then everything promised must be there.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

from django.db import connection

from benchmarks import kill_form_checks
from benchmarks.kill_forms import Sent
from benchmarks.kill_house import House
from benchmarks.kill_load import AGENTS, Account, Delivered, Edit, Said
from benchmarks.kill_process import LEASE_S, SILENT_S
from doleance.accounts.models import User
from doleance.audit import seal
from doleance.audit.models import AuditEvent
from doleance.channels.models import Attachment, Blob, Message
from doleance.channels.rules import Direction, MessageState, Source
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import ExchangeKind
from doleance.deadlines import queries as deadlines
from doleance.kernel.clock import now
from doleance.kernel.db import snapshot
from doleance.notifications import queries as notifications
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way

LATE = timedelta(seconds=60)
PAGE = 100  # mails of one kind that the page of what did not leave shows
_WORDS = re.compile(r"Message [0-9a-f]{32}")
_SINCE = "(SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)"
_STUCK = (
    "SELECT j.id, j.task_name, j.attempts FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w"
    " ON w.id = j.worker_id WHERE j.status = 'doing' AND coalesce(w.last_heartbeat, '-infinity') < %(before)s"
    f" AND {_SINCE} < %(before)s"
)
_WAITING = (
    "SELECT j.id, j.task_name, j.attempts FROM procrastinate_jobs j WHERE j.status = 'todo'"
    f" AND coalesce(j.scheduled_at, {_SINCE}) < %(before)s"
)


def while_working(house: House, account: Account) -> list[str]:
    """What is broken now, one line each."""
    return _all(house, account, at_rest=False)


def at_rest(house: House, account: Account) -> list[str]:
    """What is broken or missing once nothing is under way."""
    return _all(house, account, at_rest=True)


def _all(house: House, account: Account, *, at_rest: bool) -> list[str]:
    # Copied first: what is promised while we read is asked for the next time.
    delivered, said = list(account.delivered), list(account.said)
    edits, imported = list(account.edits), dict(account.imported)
    forms, pressed = list(account.forms), list(account.pressed)
    copies = house.sink.copies
    with snapshot():
        seen_at = now()  # what is read later in this snapshot is as old: reading it all may take minutes
        found = [f"I1 {line}" for line in _said(said)]
        found += [f"I1 {line}" for line in _imported(imported)]
        found += [f"I1 {line}" for line in kill_form_checks.forms(forms, pressed, at_rest=at_rest)]
        found += [f"I2 {line}" for line in _ledger(delivered, account, at_rest=at_rest)]
        found += [f"I5 {line}" for line in _edits(edits, at_rest=at_rest)]
        found += [f"I6 {one}" for one in deadlines.drifts()]
        found += [f"I7 {line}" for line in _blobs(open_all=at_rest)]
        found += [f"I8 {line}" for line in _jobs(at=seen_at, at_rest=at_rest)]
        found += [f"I9 {line}" for line in _states(delivered, at_rest=at_rest)]
    found += [f"I3 {line}" for line in _sent(house, copies, at_rest=at_rest)]
    found += [f"I3 {line}" for line in _outside(house, delivered, said, forms)] if at_rest else []
    found += [f"I4 {line}" for line in house.verify()] if at_rest or house.is_to_verify else []
    return found


def _said(said: Sequence[Any]) -> Iterator[str]:
    """What a page accepted is there, once, in its file, as it was written; read in one pass, by words of its own."""
    notes = Exchange.objects.filter(kind=ExchangeKind.NOTE).order_by()
    replies = Notice.objects.filter(purpose=Purpose.REPLY).order_by()
    found = defaultdict[tuple[str, str], list[tuple[UUID, str]]](list)
    for kind, rows in (("note", notes), ("reply", replies)):
        for pk, text, reference in rows.values_list("pk", "text", "complaint__reference"):
            for words in _WORDS.findall(text):
                found[kind, words].append((pk, reference))
    for one in said:
        rows_of = found[one.kind, one.text]
        if rows_of != [(one.once, one.reference)]:
            yield f"the {one.kind} {one.once} that a page of {one.reference} accepted: {len(rows_of)} rows, {rows_of}"


def _imported(imported: dict[str, str]) -> Iterator[str]:
    """What an import that ended well had is in the ledger, once, and opened one file."""
    rows = Counter(
        Message.objects.filter(source=Source.IMPORT, sha256__in=imported).order_by().values_list("sha256", flat=True)
    )
    opened = _opened(list(imported.values()))
    for digest, message_id in imported.items():
        if rows[digest] != 1:
            yield f"the imported {message_id}: {rows[digest]} ledger rows"
        elif opened[message_id] != 1:
            yield f"the imported {message_id}: opened {opened[message_id]} files"


def _opened(message_ids: Sequence[str]) -> Counter[str]:
    rows = Exchange.objects.filter(rule="opened", message__message_id__in=[*message_ids, *map(_angled, message_ids)])
    return Counter(_bare(one) for one in rows.order_by().values_list("message__message_id", flat=True))


def _bare(identifier: str) -> str:
    return identifier.strip("<>")


def _angled(identifier: str) -> str:
    return f"<{identifier}>"


def _ledger(delivered: Sequence[Delivered], account: Account, *, at_rest: bool) -> Iterator[str]:
    """Each (mailbox, uidvalidity, uid) that a box gave has one row, the right one; and no row has another."""
    fetched = Message.objects.filter(source=Source.IMAP).order_by("id")
    rows = defaultdict[tuple[str, int | None, int | None], list[tuple[str, str, str]]](list)
    for box, uidvalidity, uid, *told in fetched.values_list(
        "mailbox__address", "uidvalidity", "uid", "message_id", "body_sha256", "state"
    ):
        rows[box, uidvalidity, uid].append((told[0], told[1], told[2]))
    promised = {(one.box, one.uidvalidity, one.uid): one for one in delivered}
    for place, one in promised.items():
        found = rows.get(place, [])
        if len(found) > 1 or (at_rest and not found):
            yield f"{place} ({one.message_id}): {len(found)} ledger rows"
        for message_id, body, state in found:
            if state != MessageState.STORED and (_bare(message_id), body) != (one.message_id, one.body_sha256):
                yield f"{place}: the ledger has {message_id}, the box had {one.message_id}"
    known = {(one.box, one.uidvalidity, one.uid) for one in list(account.delivered)}  # those since, too
    yield from (f"{place}: in the ledger, never in the box" for place in (rows.keys() - known if at_rest else ()))


def _edits(edits: Sequence[Edit], *, at_rest: bool) -> Iterator[str]:
    """Of two titles given over the same version one was refused, and each accepted one is on the journal."""
    accepted = [one for one in edits if one.answer == "accepted"]
    for (reference, seen), count in Counter((one.reference, one.seen) for one in accepted).items():
        if count > 1:
            yield f"{reference}: {count} titles accepted over version {seen}, {count - 1} lost"
    files = Complaint.objects.filter(reference__in={one.reference for one in accepted}).order_by()
    streams = {reference: f"complaint:{pk}" for pk, reference in files.values_list("pk", "reference")}
    told = AuditEvent.objects.filter(stream__in=streams.values(), facts__code="title_set").order_by()
    events = Counter(told.values_list("stream", flat=True))
    for reference, count in Counter(one.reference for one in accepted).items():
        on_journal = events[streams.get(reference, "")]
        if on_journal < count:
            yield f"{reference}: {count} titles accepted, {on_journal} on the journal"
    titles = dict(files.values_list("reference", "title"))
    for reference, title in _last_titles(edits).items() if at_rest else ():  # others are given while we read
        if title != titles.get(reference):
            yield f"{reference}: the last accepted title is gone"


def _last_titles(edits: Sequence[Edit]) -> dict[str, str]:
    """The title that a file must have, where it is known: an edit without an answer may have been kept."""
    last: dict[str, str] = {}
    for one in sorted(edits, key=lambda one: (one.seen, one.answer == "unknown")):
        if one.answer == "accepted":
            last[one.reference] = one.title
        elif one.answer == "unknown":
            last.pop(one.reference, None)
    return last


def _blobs(*, open_all: bool) -> Iterator[str]:
    """No bytes without a row; and at the end, every one opens and is what was sealed."""
    used = {*Message.objects.order_by().values_list("raw_id", flat=True)}
    used |= {*Attachment.objects.order_by().values_list("blob_id", flat=True)}
    blobs = Blob.objects.order_by("id")
    known = set(blobs.values_list("pk", flat=True))
    yield from (f"bytes {pk} without a row" for pk in known - used)
    for blob in blobs.iterator(chunk_size=200) if open_all else ():
        if hashlib.sha256(seal.open_sealed(blob.pk, bytes(blob.sealed))).hexdigest() != blob.sha256:
            yield f"bytes {blob.pk} are not what was sealed"


def _jobs(*, at: datetime, at_rest: bool) -> Iterator[str]:
    """No job held by a dead worker past its lease and a minute, none due for a minute that nobody took."""
    with connection.cursor() as cursor:
        cursor.execute(_STUCK, {"before": at - timedelta(seconds=SILENT_S) - LATE})
        yield from (f"job {pk} {task} is stuck ({tries} tries)" for pk, task, tries in cursor.fetchall())
        cursor.execute(_WAITING, {"before": at - (timedelta(seconds=15) if at_rest else LATE)})
        yield from (f"job {pk} {task} is due and nobody takes it" for pk, task, _ in cursor.fetchall())


def _states(delivered: Sequence[Delivered], *, at_rest: bool) -> Iterator[str]:
    """What was received is linked, quarantined or a duplicate; and each is what it should be."""
    inbound = Message.objects.filter(direction=Direction.IN)
    counts = Counter(inbound.order_by().values_list("state", flat=True))
    unread = counts.pop(MessageState.STORED, 0)
    if set(counts) - {MessageState.LINKED, MessageState.QUARANTINED, MessageState.DUPLICATE}:
        yield f"states nobody knows: {counts}"
    if at_rest and unread:
        yield f"{unread} messages were never read"
    exchanges = Exchange.objects.filter(message__direction=Direction.IN).values_list("message_id", flat=True)
    doubled = [pk for pk, count in Counter(exchanges.order_by()).items() if count > 1]
    yield from (f"message {pk} is twice in conversations" for pk in doubled)
    linked = set(inbound.filter(state=MessageState.LINKED).order_by().values_list("pk", flat=True))
    yield from (f"message {pk} is linked to nothing" for pk in linked - set(exchanges))
    if at_rest:
        yield from _outcomes(delivered)


def _outcomes(delivered: Sequence[Delivered]) -> Iterator[str]:
    """Of the copies of a mail one is a message and the others name it; a machine's mail waits for a person."""
    states = defaultdict[str, list[tuple[str, str]]](list)
    rows = Message.objects.filter(source=Source.IMAP).order_by("id").values_list("message_id", "state", "reason")
    for message_id, state, reason in rows:
        states[_bare(message_id)].append((state, reason))
    opened = _opened([one.message_id for one in delivered])
    for group, copies in Counter(one.group for one in delivered).items():
        kind = next(one.kind for one in delivered if one.group == group)
        found = Counter(state for state, _ in states[group])
        wanted = Counter({MessageState.DUPLICATE.value: copies - 1})
        wanted[(MessageState.QUARANTINED if kind == "automatic" else MessageState.LINKED).value] += 1
        if +found != +wanted:
            yield f"{kind} {group}: {states[group]}, {copies} delivered"
        elif opened[group] != (kind == "opens"):
            yield f"{kind} {group}: opened {opened[group]} files"


def _sent(house: House, copies: Counter[str], *, at_rest: bool) -> Iterator[str]:
    """Of each intent one copy left at most. One that left is sent, or uncertain and shown to a person."""
    yield from (f"{identifier} left {count} times" for identifier, count in copies.items() if count > 1)
    with snapshot():
        rows = Notice.objects.filter(carrier__isnull=True, way=Way.EMAIL).order_by("id")
        states = {
            _angled(_bare(message_id)): (pk, state)
            for pk, message_id, state in rows.values_list("pk", "message_id", "state")
        }
        uncertain = {pk for pk, state in states.values() if state == NoticeState.UNCERTAIN}
        yield from _listed(uncertain)
    left = house.sink.copies  # read after the rows: what they call sent had left by then
    for identifier, (pk, state) in states.items():
        if state == NoticeState.SENT and not left[identifier]:
            yield f"notice {pk} is called sent and never left"
        if at_rest and state not in _ENDS:
            yield f"notice {pk} is still {state}"
        if at_rest and left[identifier] and state not in {NoticeState.SENT, NoticeState.UNCERTAIN}:
            yield f"notice {pk} left and is {state}"
    unknown = [identifier for identifier in left if identifier not in states] if at_rest else []
    yield from (f"{identifier} left and no notice intended it" for identifier in unknown)


def _listed(uncertain: AbstractSet[UUID]) -> Iterator[str]:
    """Each person finds every uncertain mail on the list: there, or counted where the list is longer than a page."""
    for user in User.objects.filter(email__in=AGENTS):
        pile = notifications.for_people(user.actor(), at=now(), limit=PAGE).get(NoticeState.UNCERTAIN)
        shown, total = ({row.id for row in pile.rows}, pile.total) if pile else (set(), 0)
        missing = uncertain - shown
        if total != len(uncertain) or len(shown) != min(total, PAGE):
            yield f"{user.email} is shown {len(shown)} and told of {total} uncertain mails: there are {len(uncertain)}"
        elif total <= PAGE:
            yield from (f"notice {pk} is uncertain and on no list" for pk in missing)


def _outside(
    house: House, delivered: Sequence[Delivered], said: Sequence[Said], forms: Sequence[Sent] = ()
) -> Iterator[str]:
    """Asked of what the server was given alone: one acknowledgement to each who wrote, and each accepted reply once.

    None may have left where a person was shown that it is uncertain, and no acknowledgement where a reply was first.
    """
    given = [(one.recipients, *_read(one.raw)) for one in house.sink.received if one.told < 400]
    thanked = Counter(to for recipients, automatic, _ in given for to in recipients if automatic)
    texts = Counter(text for _, _, found in given for text in found)
    answered = {to for recipients, automatic, _ in given for to in recipients if not automatic}
    unsure = Notice.objects.filter(state=NoticeState.UNCERTAIN).order_by()
    places, shown = set(unsure.values_list("to_address", flat=True)), set(unsure.values_list("pk", flat=True))
    openers = {one.sender for one in delivered if one.kind == "opens"} | {one.email for one in forms}
    replies = [one for one in said if one.kind == "reply"]
    for sender in sorted(openers):
        if thanked[sender] > 1 or not (thanked[sender] or sender in answered | places):
            yield f"{sender} was sent {thanked[sender]} acknowledgements"
    for one in replies:
        if texts[one.text] > 1 or not (texts[one.text] or one.once in shown):
            yield f"the reply {one.once} that a page accepted left {texts[one.text]} times"
    for name, promised in (("mail", openers), ("reply", replies), ("acknowledgement", +thanked)):
        if not promised:
            yield f"not one {name}: nothing was tried"


def _read(raw: bytes) -> tuple[bool, set[str]]:
    """Whether a machine wrote a mail, and the words of ours (`Message …`) that it holds."""
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain",))
    words = body.get_content() if body is not None else ""
    return mail["Auto-Submitted"] is not None, set(_WORDS.findall(words))


_ENDS = {NoticeState.SENT, NoticeState.UNCERTAIN, NoticeState.RETAINED}


def is_quiet(account: Account) -> Callable[[], bool]:
    """Whether everything delivered is read and nothing waits to leave; what waits for a person is at its end."""

    def quiet() -> bool:
        read = Message.objects.filter(source=Source.IMAP).exclude(state=MessageState.STORED).count()
        unread = Message.objects.filter(state=MessageState.STORED).exists()
        ahead = [NoticeState.QUEUED, NoticeState.SENDING]
        soon = now() + timedelta(seconds=LEASE_S)
        leaving = Notice.objects.filter(state__in=ahead, not_before__lt=soon).exists()
        return read >= len(account.delivered) and not unread and not leaving and not kill_form_checks.waiting()

    return quiet
