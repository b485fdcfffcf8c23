"""A visit: for two hours since the last page, this browser may read one file and write in it.

It begins by a press, never by a link that is merely opened, and under a session of its own: the identifier that a
stranger may have put in the browser before is worth nothing after it. It ends when the ways into the file are closed.
"""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from doleance.accounts.rules import Actor, complainant
from doleance.complaints import access
from doleance.complaints import queries as complaints
from doleance.complaints.access import Entry
from doleance.complaints.actions import access as accesses
from doleance.complaints.models import Complaint
from doleance.intake import pressure
from doleance.intake.pressure import Of
from doleance.portal.origin import network_of

_VISITS, _ASKED = "follow", "follow_asked"
QUARTER_S = 900
TRIES = 20  # of keys, codes or links from one network in a quarter of an hour


def begin(request: HttpRequest, complaint: Complaint, entry: Entry, *, at: datetime) -> None:
    """Begin a visit of this file; another that this browser had ends."""
    request.session.cycle_key()
    request.session.pop(_ASKED, None)
    request.session[_VISITS] = {str(complaint.pk): [at.isoformat(), (at + access.VISIT).isoformat(), entry.value]}
    accesses.enter(complaint=complaint, entry=entry, by=actor_of(complaint), at=at)


def actor_of(complaint: Complaint) -> Actor:
    """Who acts during a visit."""
    return complainant(complaint.pk)


def complaint_of(request: HttpRequest, *, at: datetime) -> Complaint | None:
    """The file being visited, for two hours more; None when there is no visit, or it ended."""
    for pk, (began, until, *entry) in dict(request.session.get(_VISITS, {})).items():
        found = complaints.followed_file(UUID(pk)) if at < datetime.fromisoformat(until) else None
        if found is None or complaints.revoked_since(found.pk, datetime.fromisoformat(began)):
            end(request)
            return None
        request.session[_VISITS] = {pk: [began, (at + access.VISIT).isoformat(), *entry]}
        return found
    return None


def proves_mailbox(request: HttpRequest) -> bool:
    """Whether the present visit began by something that only the mailbox of the file held: a code, a mail's link."""
    entries = [entry for _, _, *found in request.session.get(_VISITS, {}).values() for entry in found]
    return bool(entries) and all(entry in access.PROVES_MAILBOX for entry in entries)


def end(request: HttpRequest) -> None:
    """End the visit."""
    request.session.pop(_VISITS, None)


def leave(request: HttpRequest) -> None:
    """End the visit, and forget the code that was asked for: what a browser others may use still held of a file."""
    end(request)
    request.session.pop(_ASKED, None)


def remember_asked(request: HttpRequest, asked: UUID) -> None:
    """Keep which request for a code this browser made: its code is tried here only."""
    request.session[_ASKED] = str(asked)


def asked(request: HttpRequest) -> UUID | None:
    """The request for a code that this browser made last."""
    kept = request.session.get(_ASKED)
    return UUID(kept) if kept else None


def origin_of(request: HttpRequest, *, at: datetime) -> str:
    """A keyed hash of the network, another one each day (UTC); empty when nobody can tell."""
    day = at.astimezone(UTC).date()
    return pressure.mark(Of.ORIGIN, network_of(request), key=settings.DOLEANCE_FOLLOW_KEY, day=day)


def check_tries(request: HttpRequest, *, at: datetime) -> None:
    """Count one try from this network. Raises TooManyTries beyond its share of the quarter of an hour.

    Nothing is counted where nobody can tell the network: everybody would share one count, and a stranger close the
    door to all. What stops guessing there is how long keys and codes are, and how few tries a code has.
    """
    origin = origin_of(request, at=at)
    if not origin:
        return
    quarter = int(at.timestamp()) // QUARTER_S
    name = f"follow:{quarter}:{hashlib.sha256(origin.encode()).hexdigest()[:32]}"
    if cache.add(name, 1, timeout=QUARTER_S):
        return
    if cache.incr(name) > TRIES:
        raise access.TooManyTries
