"""How somebody gets back to their file: keys and links given, codes asked and spent, visits begun.

The journal has what was given and revoked, and each visit; the secrets themselves are nowhere.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Model

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.complainants.rules import normal_email
from doleance.complaints import access, queries
from doleance.complaints.access import Entry, Use
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint, FollowCode, FollowLink, TrackingKey
from doleance.complaints.rules import LinkUse
from doleance.kernel.db import hold_all, insert, is_waiting, write
from doleance.kernel.ids import uuid7

_LIVES: dict[LinkUse, timedelta] = {LinkUse.MAIL: access.MAIL_LIFE, LinkUse.RECEIPT: access.RECEIPT_LIFE}


@write
def give_key(*, complaint: Complaint, secret: str, by: Actor, at: datetime) -> TrackingKey:
    """Let this key open the file; its digest is kept. A file has one key: given again, the one it has is answered."""
    current = dossiers.locked(complaint, by=None)
    known = None if is_waiting(current) else TrackingKey.objects.filter(complaint=current).first()
    if known is not None:
        return known
    key = insert(TrackingKey(complaint=current, digest=access.digest(Use.KEY, secret), made_at=at))
    dossiers.record(current, "key_given", by=by, at=at, rows=[(key, None)])
    return key


@write
def give_link(
    *,
    complaint: Complaint,
    purpose: LinkUse,
    secret: str,
    notice_id: UUID | None = None,
    expires_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> FollowLink:
    """Let this link open the file until `expires_at`: by default 90 days for a mail's, 400 for the receipt's address.

    The same link given again lives as long as the longer of the two; a revoked one stays so.
    """
    current = dossiers.locked(complaint, by=None)
    end = expires_at or at + _LIVES[LinkUse(purpose)]
    digest = access.digest(Use(purpose.value), secret)
    known = None if is_waiting(current) else FollowLink.objects.filter(digest=digest, complaint=current).first()
    if known is None:
        link = insert(
            FollowLink(
                complaint=current, purpose=purpose, notice_id=notice_id, digest=digest, made_at=at, expires_at=end
            )
        )
        dossiers.record(current, "link_given", by=by, at=at, rows=[(link, None)])
        return link
    if known.expires_at < end:
        known.expires_at = end
        known.save(update_fields=["expires_at"])
        dossiers.record(current, "link_given", by=by, at=at, rows=[(known, ["expires_at"])])
    return known


@write
def revoke(*, complaint: Complaint, by: Actor, at: datetime) -> int:
    """Close every link and the key of a file, the codes that were asked for it, and every visit; how many links and
    keys there were. Who may: those who handle it.

    For a file that was sent to the wrong person. Mails that leave later carry links of their own.
    """
    require(by, Permission.HANDLE)
    current = dossiers.locked(complaint, by=by)
    found: list[TrackingKey | FollowLink] = [
        *TrackingKey.objects.select_for_update().filter(complaint=current, revoked_at__isnull=True),
        *FollowLink.objects.select_for_update().filter(complaint=current, revoked_at__isnull=True).order_by("id"),
    ]
    for one in found:
        one.revoked_at = at
        one.save(update_fields=["revoked_at"])
    FollowCode.objects.filter(complaint=current, used_at__isnull=True).update(used_at=at)
    current.access_revoked_at = at
    current.save(update_fields=["access_revoked_at"])
    dossiers.touch(current, at=at)
    rows: list[tuple[Model, list[str]]] = [(one, ["revoked_at"]) for one in found]
    rows.append((current, ["access_revoked_at"]))
    dossiers.record(current, "access_revoked", by=by, at=at, rows=rows)
    return len(found)


@write(quiet="a code proves nothing by itself; the visit that it opens is on the journal")
def ask_code(*, reference: str, contact: str, origin: str = "", at: datetime) -> FollowCode:
    """Note that somebody wants a code for this reference at this mail address; whether the pair exists is not told.

    A pair that leads nowhere makes the same row by the same statements, pointing to no file: what comes after (the
    mail) is another process's. `contact` may be the complainant's or the representative's address, and never one of
    ours. Raises TooManyCodes, for any pair.
    """
    key, normal = settings.DOLEANCE_FOLLOW_KEY, normal_email(contact)
    reference = access.read_reference(reference)
    mark = access.pair_mark(key=key, reference=reference, contact=normal)
    # Those who ask at once for one pair, or from one network, wait for each other: a share is counted once.
    hold_all(f"code:{one}" for one in (mark, origin) if one)
    access.may_ask(queries.codes_asked(mark, origin=origin, at=at), at=at)
    pk = uuid7()
    return FollowCode.objects.create(
        id=pk,
        complaint_id=queries.followed_by(reference=reference, normal=normal),
        asked=mark,
        origin=origin,
        to=access.pair_mark(key=key, reference="", contact=normal),
        digest=access.code_digest(key=key, subject=pk, code=access.code_for(key=key, subject=pk)),
        made_at=at,
        expires_at=at + access.CODE_LIFE,
    )


@write(quiet="a code proves nothing by itself; the visit that it opens is on the journal")
def spend_code(*, asked: UUID, code: str, at: datetime) -> Complaint | None:
    """The file that a code opens, once; None for a wrong one, and each try counts, be it asked of no file at all.

    `asked` is the identifier that `ask_code` answered: a code is tried by who asked for it. One whose mail never
    left for its mailbox opens nothing: nobody can have read it.
    """
    held = FollowCode.objects.select_for_update(of=("self",)).filter(pk=asked).first()
    if held is None or not access.may_try(expires_at=held.expires_at, tries=held.tries, used_at=held.used_at, at=at):
        return None
    typed = access.code_digest(key=settings.DOLEANCE_FOLLOW_KEY, subject=held.id, code=access.read_code(code))
    is_right = access.is_same(typed, bytes(held.digest)) and held.mailed_at is not None
    held.tries += 1
    held.used_at = at if is_right else None
    held.save(update_fields=["tries", "used_at"])
    found = queries.by_id(held.complaint_id) if is_right else None
    return queries.followed(found, is_proved=True) if found is not None else None


@write(quiet="its mail is on the journal")
def note_mailed(*, asked: UUID, at: datetime) -> None:
    """Note that the mail of a code is in the outbox: from now on it opens its file, and counts."""
    FollowCode.objects.filter(pk=asked, complaint__isnull=False).update(mailed_at=at)


@write(quiet="a code proves nothing by itself; what it opened stays on the journal")
def forget_codes(*, at: datetime) -> int:
    """Delete the requests for codes that neither serve nor count any more; how many."""
    gone, _ = FollowCode.objects.filter(made_at__lt=at - access.CODES_KEPT).delete()
    return gone


@write
def enter(*, complaint: Complaint, entry: Entry, by: Actor, at: datetime) -> None:
    """Note in the visitor's own stream that a visit began, and by what: a link, a key or a code."""
    what = complaint.journal_stream
    audit.record(
        stream=f"reader:{complaint.id}",
        code="visit_begun",
        by=by.id,
        at=at,
        facts={"what": what, "entry": entry.value},
    )
