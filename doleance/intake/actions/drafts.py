"""What happens to a complaint while it is being written. Not on the journal: nothing was said to us yet."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from doleance.accounts.models import Entity
from doleance.channels import media
from doleance.channels.email import bodies
from doleance.intake import deposits, drafts, weighing
from doleance.intake.deposits import DRAFT_KEPT
from doleance.intake.models import Draft, DraftFile
from doleance.intake.pressure import KEPT, FilesWait
from doleance.kernel.db import write

_SWEPT = 500  # drafts of one transaction


@write(quiet="a draft: nothing was said to us yet")
def begin(*, entity: Entity, language: str, origin: str = "", at: datetime) -> Draft:
    """Begin a complaint of this house; `origin` is a keyed hash of the network that it comes from."""
    return Draft.objects.create(
        entity=entity, language=language, origin=origin, started_at=at, updated_at=at, expires_at=at + DRAFT_KEPT
    )


def held(draft: Draft, *, at: datetime) -> Draft:
    """A draft as it is now, its row held until the end of the transaction. Raises DraftGone, DraftSent."""
    found = Draft.objects.select_for_update(of=("self",)).select_related("entity").filter(pk=draft.pk).first()
    if found is None or (found.submitted_at is None and found.pressed is None and found.expires_at <= at):
        raise deposits.DraftGone
    if found.submitted_at is not None or found.pressed is not None:
        raise deposits.DraftSent
    return found


def _keep(draft: Draft, at: datetime, *fields: str) -> None:
    draft.updated_at, draft.expires_at = at, at + DRAFT_KEPT
    draft.save(update_fields=[*fields, "updated_at", "expires_at"])


@write(quiet="a draft: nothing was said to us yet")
def keep(*, draft: Draft, page: str, answers: Mapping[str, Any], at: datetime) -> Draft:
    """Keep what a page says in place of what it said; the other pages stay. Seven more days from now.

    Raises DraftGone, DraftSent, DraftTooLong.
    """
    current = held(draft, at=at)
    current.answers = {**current.answers, page: deposits.clean(answers)}
    deposits.check_answers(current.answers)
    _keep(current, at, "answers")
    return current


@write(quiet="a draft: nothing was said to us yet")
def speak(*, draft: Draft, language: str, at: datetime) -> Draft:
    """Note the language in which it goes on. Raises DraftGone, DraftSent."""
    current = held(draft, at=at)
    current.language = language
    _keep(current, at, "language")
    return current


@write(quiet="a draft: nothing was said to us yet")
def add_file(*, draft: Draft, name: str, media_type: str = "", data: bytes, at: datetime) -> DraftFile:
    """Join a file. Its type is what its bytes show, whatever `media_type` its sender announced. Twice the same is one.

    Raises DraftGone, DraftSent, FileEmpty, FileTooLarge, TooManyFiles, FilesTooLarge, FilesWait.
    """
    current = held(draft, at=at)
    there = drafts.files(current)
    shown = bodies.file_name(name, media.sniffed(data) if data else media_type, len(there))
    digest = hashlib.sha256(data).hexdigest()
    twin = next((one for one in there if (one.name, one.sha256) == (shown, digest)), None)
    if twin is not None:
        return twin
    deposits.check_file(name=shown, size=len(data), others=[one.size for one in there])
    if not weighing.has_room(current, len(data)):
        raise FilesWait(name=shown)
    joined = DraftFile.objects.create(
        draft=current,
        name=shown,
        media_type=media.sniffed(data),
        size=len(data),
        sha256=digest,
        data=data,
        added_at=at,
    )
    _keep(current, at)
    return joined


@write(quiet="a draft: nothing was said to us yet")
def remove_file(*, draft: Draft, file_id: UUID, at: datetime) -> None:
    """Take a file off a draft, bytes and all; one that is not there is off already. Raises DraftGone, DraftSent."""
    current = held(draft, at=at)
    DraftFile.objects.filter(draft=current, pk=file_id).delete()
    _keep(current, at)


@write(quiet="a draft: nothing was said to us yet")
def erase(*, draft: Draft) -> None:
    """« Effacer »: the row and the bytes are gone. What is gone already stays so. Raises DraftSent."""
    found = Draft.objects.select_for_update(of=("self",)).filter(pk=draft.pk).first()
    if found is None:
        return
    if found.submitted_at is not None or found.pressed is not None:
        raise deposits.DraftSent
    found.delete()


@write(quiet="a draft: nothing was said to us yet")
def sweep(*, at: datetime) -> int:
    """Erase drafts whose seven days are over, files included; returns how many. Called again until it answers 0."""
    gone = [one.pk for one in drafts.over(at=at).select_for_update(skip_locked=True, of=("self",))[:_SWEPT]]
    Draft.objects.filter(pk__in=gone).delete()
    return len(gone)


@write(quiet="a mark to count by, which serves no more")
def forget_marks(*, at: datetime) -> int:
    """Empty the marks of the network and the address on drafts sent too long ago to be counted; on how many."""
    old = Draft.objects.filter(submitted_at__lte=at - KEPT).exclude(origin="", named="")
    return old.update(origin="", named="")
