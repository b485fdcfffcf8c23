"""What is asked about drafts: the complaints that people are writing."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from doleance.channels import queries as channels
from doleance.channels.models import Message
from doleance.channels.rules import ParsedFile
from doleance.channels.typed import form as typed
from doleance.complaints.models import Complaint
from doleance.intake import pressed
from doleance.intake.deposits import Deposit
from doleance.intake.models import Draft, DraftFile

TYPED = ("web", "phone", "counter", "api")  # the channels of what was typed


def draft(pk: UUID | None, *, at: datetime) -> Draft | None:
    """A draft that is still kept at `at`; one that was sent is kept for ever, and names its complaint.

    One that was pressed and waits has been received: it is kept until it is sent, however late.
    """
    if pk is None:
        return None
    found = Draft.objects.select_related("entity", "complaint", "complaint__entity").filter(pk=pk).first()
    is_received = found is not None and (found.submitted_at is not None or found.pressed is not None)
    return found if found is not None and (is_received or found.expires_at > at) else None


def files(of: Draft) -> list[DraftFile]:
    """The files joined to a draft, the oldest first, without their bytes."""
    return list(DraftFile.objects.filter(draft=of).defer("data").order_by("id"))


def parsed_files(of: Draft) -> tuple[ParsedFile, ...]:
    """The same with their bytes, as channels keep them."""
    rows = DraftFile.objects.filter(draft=of).order_by("id")
    return tuple(
        ParsedFile(name=one.name, media_type=one.media_type, content_id="", is_inline=False, data=bytes(one.data))
        for one in rows
    )


def told(complaint: Complaint) -> Deposit | None:
    """What was typed to open this file, contacts included, without its files; None for one that came otherwise.

    It is all that may be shown to who typed it: the file's party may be somebody whom we knew already, and of whom
    they proved nothing. Raises SealError once it was erased.
    """
    opened = Message.objects.filter(exchange__complaint=complaint, exchange__rule="opened", channel__in=TYPED).first()
    read = typed.told(channels.raw_of(opened)) if opened is not None else None
    return pressed.read(read) if read is not None else None


def over(*, at: datetime) -> QuerySet[Draft]:
    """The drafts whose time is over and that wait for nothing: never sent, and not pressed either."""
    unsent = Draft.objects.filter(submitted_at__isnull=True, pressed__isnull=True, expires_at__lte=at)
    return unsent.order_by("expires_at", "id")
