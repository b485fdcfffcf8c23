"""Codes by mail, for whoever wants to follow a file: asked by a page, written by a job.

The page makes the same row and the same job whether the pair exists or not; only the job knows, in another process,
where nobody measures it. The mail holds the code and nothing of the file, and stands outside its conversation.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from procrastinate.contrib.django import app

from doleance.accounts.rules import Actor
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.complaints import access
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import access as accesses
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint, FollowCode
from doleance.kernel.db import hold, insert, write
from doleance.notifications import following, letters, queries
from doleance.notifications.actions import flights, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose


@write(quiet="a code proves nothing by itself; its mail and the visit that it opens are on the journal")
def ask(*, reference: str, contact: str, origin: str, at: datetime) -> UUID:
    """Note that a code is wanted, with the job that mails it if the pair exists; the identifier to try it with.

    The same statements for any pair. `origin` is a keyed hash of the network. Raises TooManyCodes.
    """
    asked = accesses.ask_code(reference=reference, contact=contact, origin=origin, at=at)
    app.configure_task(queries.SEND_CODE, queue="mail").defer(asked_id=str(asked.id))
    return asked.id


@write
def send(*, asked_id: UUID, by: Actor, at: datetime) -> Notice | None:
    """Put the mail of a code in the outbox, once; None when the pair leads nowhere, or it is too late or too much.

    A mailbox has its shares of code mails (`access.may_mail`): who opened many files in somebody's name can neither
    flood them nor keep them out of their own.
    """
    asked = complaint_queries.code(asked_id)
    if asked is None or asked.complaint is None or not _is_due(asked, at) or queries.by_id(asked.id) is not None:
        return None
    to = _address_of(asked)
    if to is None or to.invalid_at is not None or not _has_share(asked, asked.complaint, to, at):
        return None
    complaint = complaints.locked(asked.complaint, by=None)
    language = letters.language_for(complaint.language, complaint.entity.language)
    facts = {"entity": complaint.entity.name, "code": following.HIDDEN_CODE}
    letter = letters.write("code", language=language, facts=facts)
    mailbox = queries.mailbox_for(complaint)
    notice = Notice(
        id=asked.id,
        complaint=complaint,
        mailbox=mailbox,
        purpose=Purpose.CODE,
        is_automatic=True,
        language=language,
        subject=letter.subject,
        text=letter.text,
        message_id=writing.message_id(asked.id, complaint.id, mailbox),
        due_at=at,
        not_before=at,
        created_by=by.id,
        created_at=at,
    )
    writing.address(notice, to.value)
    insert(notice)
    facts = {"purpose": str(Purpose.CODE)}
    accesses.note_mailed(asked=asked.id, at=at)
    complaints.record(complaint, "notice_queued", by=by, at=at, rows=[(notice, None)], facts=facts)
    flights.wake(notice)
    return notice


def _is_due(asked: FollowCode, at: datetime) -> bool:
    return access.may_try(expires_at=asked.expires_at, tries=asked.tries, used_at=asked.used_at, at=at)


def _has_share(asked: FollowCode, complaint: Complaint, to: Address, at: datetime) -> bool:
    hold(f"code:{asked.to}")  # two jobs for one mailbox count one after the other
    return access.may_mail(
        complaint_queries.codes_mailed(asked, at=at),
        file=complaint.pk,
        is_typed=complaint.names_known,
        is_verified=to.verified,
        at=at,
    )


def _address_of(asked: FollowCode) -> Address | None:
    """The address that was typed, as the file knows it: what was typed is not kept."""
    key, complaint = settings.DOLEANCE_FOLLOW_KEY, asked.complaint
    parties = [one for one in (complaint.party, complaint.representative) if one is not None] if complaint else []
    for one in (address for party in parties for address in complainants.addresses(party)):
        is_mail = one.channel == AddressChannel.EMAIL
        if is_mail and access.pair_mark(key=key, reference="", contact=one.normal) == asked.to:
            return one
    return None


@write
def withhold(*, flight: Sequence[Notice], by: Actor, at: datetime) -> bool:
    """Keep in the house a code that no longer serves when it may leave; whether it is kept."""
    head = flight[0]
    if at < head.created_at + access.CODE_LIFE:
        return False
    head.state = NoticeState.RETAINED
    flights.keep(notice=head, code="code_expired", fields=["state"], by=by, at=at)
    return True
