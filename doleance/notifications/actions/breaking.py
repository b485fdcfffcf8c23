"""Breakers: machines of ours stop writing where machines seem to answer, until a person looks or it has been quiet."""

from collections.abc import Sequence
from datetime import datetime

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.complaints.models import Complaint
from doleance.kernel.db import hold, write
from doleance.kernel.errors import NotAllowed
from doleance.notifications import breakers, watch
from doleance.notifications.actions import flights
from doleance.notifications.models import Breaker, Notice
from doleance.notifications.rules import Scope


@write
def trip(*, scope: Scope, key: str, count: int, complaint: Complaint, by: Actor, at: datetime) -> Breaker:
    """Stop what machines write there, once; `complaint` is the file in which it was seen, whose people are told."""
    hold(f"breaker:{scope.value}:{key}")
    found = Breaker.objects.filter(scope=scope, key=key, released_at__isnull=True).first()
    if found is not None:
        return found
    breaker = Breaker(scope=scope, key=key, complaint=complaint, count=count, tripped_at=at)
    breaker.save(force_insert=True)
    _record(breaker, "breaker_tripped", complaint, None, {"scope": scope.value, "count": count}, by, at)
    return breaker


@write
def watch_sender(*, complaint: Complaint, address: str, key: str, by: Actor, at: datetime) -> Breaker | None:
    """Stop acknowledging an address that writes faster than a person; `key` is its `rules.budget_key`."""
    mails = watch.mails_from(address, at=at)
    if not breakers.sender_is_over(mails):
        return None
    return trip(scope=Scope.SENDER, key=key, count=mails, complaint=complaint, by=by, at=at)


@write
def watch_thread(*, complaint: Complaint, by: Actor, at: datetime) -> Breaker | None:
    """Stop what machines write in a file where a machine answers us, and tell its people so."""
    trips = watch.round_trips(complaint, at=at)
    if not breakers.thread_is_over(trips):
        return None
    return trip(scope=Scope.THREAD, key=str(complaint.id), count=trips, complaint=complaint, by=by, at=at)


@write
def suspend(*, flight: Sequence[Notice], by: Actor, at: datetime) -> bool:
    """Keep an automatic mail back when a breaker is open for it, or goes off now; whether it is kept back.

    It stays in the outbox, and the duty it meets stays open. It asks again in a day, if nobody resumed it before.
    """
    head = flight[0]
    breaker = watch.keeps_back(head) or _tripped(head, by, at)
    if breaker is None:
        return False
    later = at + breakers.QUIET
    for notice in flights.by_file(flight):
        notice.due_at = notice.not_before = later
        notice.last_error = breakers.SUSPENDED[Scope(breaker.scope)]
        flights.keep(
            notice=notice,
            code="acknowledgement_suspended",
            fields=["due_at", "not_before", "last_error"],
            by=by,
            at=at,
        )
    flights.wake(head)
    return True


def _tripped(notice: Notice, by: Actor, at: datetime) -> Breaker | None:
    """The breaker that this mail makes go off, when it would be one too many."""
    complaint, domain = notice.complaint, breakers.domain_of(notice.to_normal)
    sender = watch_sender(complaint=complaint, address=notice.to_address, key=notice.to_normal, by=by, at=at)
    if sender is not None:
        return sender
    prompt = watch.prompt_round_trips(notice, at=at)
    if breakers.thread_is_over(prompt):
        return trip(scope=Scope.SENDER, key=notice.to_normal, count=prompt, complaint=complaint, by=by, at=at)
    thread = watch_thread(complaint=complaint, by=by, at=at)
    if thread is not None:
        return thread
    hold(f"breaker:domain:{domain}")  # two mails to one domain are counted one after the other
    left = watch.left_for_domain(domain, at=at)
    if breakers.domain_is_over(domain, left=left, at=at, is_vouched=watch.is_vouched(domain, at=at)):
        return trip(scope=Scope.DOMAIN, key=domain, count=len(left), complaint=complaint, by=by, at=at)
    return None


@write
def release_breaker(*, breaker: Breaker, by: Actor, at: datetime) -> Breaker:
    """Let machines write there again: what was kept back leaves, grouped. Who may write in that file may.

    For a domain, who does so vouches for it a month long. Raises NotAllowed, BreakerReleased.
    """
    require(by, Permission.SEND)
    if watch.find(breaker.pk, by) is None:
        raise NotAllowed(permission=Permission.READ_TEAM_FILES.value)
    current = Breaker.objects.select_for_update(of=("self",)).select_related("complaint").get(pk=breaker.pk)
    if current.released_at is not None:
        raise breakers.BreakerReleased
    _release(current, by=by, at=at)
    return current


@write
def release_quiet(*, breaker: Breaker, by: Actor, at: datetime) -> bool:
    """Let machines write again where nothing was heard for a day (`watch.quiet`); False when they do already."""
    current = Breaker.objects.select_for_update(of=("self",)).select_related("complaint").get(pk=breaker.pk)
    if current.released_at is not None:
        return False
    _release(current, by=by, at=at)
    return True


def _release(breaker: Breaker, *, by: Actor, at: datetime) -> None:
    breaker.released_at, breaker.released_by = at, by.id
    fields = ["released_at", "released_by"]
    breaker.save(update_fields=fields)
    if breaker.complaint is not None:
        _record(breaker, "breaker_released", breaker.complaint, fields, {}, by, at)
    # A mail that a worker holds right now is passed over: it asks again by itself.
    held = watch.kept_back(breaker).select_related("complaint").select_for_update(of=("self",), skip_locked=True)
    for notice in held.order_by("complaint_id", "id"):
        notice.due_at = notice.not_before = at
        notice.last_error = ""
        flights.keep(
            notice=notice,
            code="acknowledgement_resumed",
            fields=["due_at", "not_before", "last_error"],
            by=by,
            at=at,
        )
        flights.wake(notice)


def _record(
    breaker: Breaker,
    code: str,
    complaint: Complaint,
    fields: Sequence[str] | None,
    facts: dict[str, str | int],
    by: Actor,
    at: datetime,
) -> None:
    audit.record(
        stream=breaker.journal_stream,
        code=code,
        by=by.id,
        at=at,
        facts=facts,
        rows=[(breaker, fields)],
        subject=complaint.party_id or complaint.id,
    )
