"""What somebody adds to their own file, from its page or by another program: words, files, corrections.

Ledger messages, as a mail would be.

Each form bears an identifier: sent twice, it is one message. The bytes are kept before anything is made of them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit.rules import moment
from doleance.channels import media
from doleance.channels import queries as channel_queries
from doleance.channels.actions import messages as channels
from doleance.channels.actions.messages import Incoming, Judged
from doleance.channels.email import bodies
from doleance.channels.models import Message
from doleance.channels.rules import ParsedFile, ParsedMessage, Person, Source
from doleance.channels.typed import form as forms
from doleance.complaints import following
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import corrections as complaint_corrections
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.intake import deposits, queries
from doleance.intake.actions import filing
from doleance.kernel import languages
from doleance.kernel.db import hold, write
from doleance.kernel.errors import NotAllowed
from doleance.keys import actions as keys
from doleance.keys.models import ApiKey

RULE = "follow_page"  # how it came to its file: by the page that follows it
RELAYED = "api"  # or by another program: the channel too


@dataclass(frozen=True, slots=True)
class Given:
    """A file as a browser sends it."""

    name: str
    data: bytes = field(repr=False)


@write
def add(
    *, complaint: Complaint, text: str, files: Sequence[Given] = (), once: UUID, by: Actor, at: datetime
) -> Message:
    """Add words and files to one's own file; a settled one is reopened, one that waited goes back to work.

    `once` is the form's identifier. Raises NothingAdded, TextTooLong, what `deposits.check_file` raises; on the file
    of another, NotAllowed.
    """
    current = _own(complaint, by)
    hold(f"form:{once}")
    known = queries.typed_before(current, once)
    if known is not None:
        return known
    said = following.check_addition(text, files=len(files))
    joined = _joined(files)
    message = _stored(current, once, {"text": said, "files": _named(joined)}, by=by, at=at)
    _attach(message, current, said, joined, once, by=by, at=at)
    return message


@write
def relay(
    *,
    complaint: Complaint,
    text: str,
    files: Sequence[Given] = (),
    key: ApiKey,
    once: UUID,
    fingerprint: str,
    by: Actor,
    at: datetime,
) -> Message:
    """Add to a file what its complainant told another program: it counts as their writing, as on their own page.

    `once` names the call and `fingerprint` is what it says (`keys.rules`). Raises OtherBody, what `add` does, and
    NotAllowed on a file that is not for this key.
    """
    require(by, Permission.RELAY)
    keys.enter_call(call=once, key_id=key.pk, fingerprint=fingerprint, at=at)
    known = channel_queries.by_id(once)
    if known is not None:
        return known
    if not complaint_queries.within(by).filter(pk=complaint.pk).exists():
        raise NotAllowed(permission=Permission.RELAY.value)
    current = complaints.locked(complaint, by=None)
    said = following.check_addition(text, files=len(files))
    joined = _joined(files)
    told = {"text": said, "files": _named(joined)}
    message = _stored(current, once, told, source=Source.API, channel=RELAYED, by=by, at=at)
    _attach(message, current, said, joined, once, rule=RELAYED, by=by, at=at)
    return message


@write
def correct(
    *, complaint: Complaint, number: int, points: Mapping[str, str], once: UUID, by: Actor, at: datetime
) -> Message | None:
    """Say otherwise what we understood of one grievance; None when nothing changed. `points`: by `Point.code`.

    What we had written stays beside it. Raises NoSuchPoint, TextTooLong, NotAllowed on the file of another.
    """
    current = _own(complaint, by)
    hold(f"form:{once}")
    known = queries.typed_before(current, once)
    if known is not None:
        return known
    changed = complaint_corrections.changed(complaint=current, number=number, points=points)
    if not changed:
        return None
    words = following.in_words(number, changed, tongue=languages.tongue(current.entity.language))
    told: dict[str, Any] = {"point": number, "corrections": {one.code: text for one, text in changed.items()}}
    message = _stored(current, once, told, by=by, at=at)
    _attach(message, current, words, (), once, by=by, at=at)
    complaint_corrections.correct(complaint=current, number=number, changed=changed, message=message, by=by, at=at)
    return message


def _own(complaint: Complaint, by: Actor) -> Complaint:
    """The file, held, when it is this complainant's. Raises NotAllowed."""
    if by.complaint_id is None:
        raise NotAllowed(permission="complainant")
    return complaints.locked(complaint, by=by)


def _joined(files: Sequence[Given]) -> tuple[ParsedFile, ...]:
    joined: list[ParsedFile] = []
    for place, one in enumerate(files):
        name = bodies.file_name(one.name, media.sniffed(one.data), place)
        deposits.check_file(name=name, size=len(one.data), others=[len(other.data) for other in joined])
        joined.append(ParsedFile(name, media.sniffed(one.data), content_id="", is_inline=False, data=one.data))
    return tuple(joined)


def _named(files: Sequence[ParsedFile]) -> list[dict[str, Any]]:
    return [{"name": one.name, "sha256": hashlib.sha256(one.data).hexdigest(), "size": len(one.data)} for one in files]


def _stored(
    complaint: Complaint,
    once: UUID,
    told: Mapping[str, Any],
    *,
    source: Source = Source.FORM,
    channel: str = "web",
    by: Actor,
    at: datetime,
) -> Message:
    """The ledger row of what was typed: its bytes name the file and the moment."""
    whole = {"reference": complaint.reference, "at": moment(at)} | dict(told)
    item = Incoming(
        raw=forms.written(form=once, told=whole),
        source=source,
        entity=complaint.entity,
        team=complaint.team,
        server=at,
        channel=channel,
        form=once if source is Source.API else None,
        acknowledge=False,
    )
    [stored] = channels.store(items=[item], by=by, at=at)
    return stored.message


def _attach(
    message: Message,
    complaint: Complaint,
    text: str,
    files: Sequence[ParsedFile],
    once: UUID,
    *,
    rule: str = RULE,
    by: Actor,
    at: datetime,
) -> None:
    name = complaint.party.name if complaint.party is not None else ""
    parsed = ParsedMessage(message_id=str(once), sender=Person(name, ""), text=text, files=tuple(files))
    channels.describe(message=message, parsed=parsed, judged=Judged(is_verified=rule == RULE), at=at)
    filing.attach(message, complaint, rule, files, by=by, at=at)
