"""`/complaints/{reference}/messages` and `/attachments`: a file's conversation, and what its complainant adds."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Form, Router
from ninja.files import UploadedFile
from ninja.params.functions import File, Header, Query
from ninja.responses import Status

from doleance.api import cursors
from doleance.api.complaints import LONGEST_PAGE, PAGE, found
from doleance.api.description import ERRORS
from doleance.api.schemas import Added, Attached, Message, Messages, NewMessage
from doleance.api.security import Caller, Key, caller, once, only, only_form, viewed
from doleance.audit import seal
from doleance.channels import queries as channels
from doleance.channels.models import Attachment
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import ExchangeKind
from doleance.desk.queries import programs
from doleance.desk.queries.programs import Said
from doleance.intake.actions import additions
from doleance.intake.actions.additions import Given
from doleance.intake.deposits import MOST_FILES
from doleance.kernel import ids
from doleance.kernel.clock import now
from doleance.kernel.kinds import gettext_noop
from doleance.keys.rules import ONCE, Scope

router = Router(auth=Key(), tags=["messages"])


@router.get(
    "/{reference}/messages",
    response={200: Messages, **ERRORS},
    url_name="api_messages",
    operation_id="listMessages",
    summary=gettext_noop("Lire les échanges d’un dossier"),
    description=gettext_noop("Ce qui fut reçu et envoyé, le plus ancien d’abord. Jamais les notes internes."),
)
def listed(
    request: HttpRequest,
    reference: str,
    cursor: str | None = Query(None, max_length=cursors.LONGEST),
    limit: int = Query(PAGE, ge=1, le=LONGEST_PAGE),
) -> Messages:
    """A page of the conversation."""
    known = caller(request, Scope.READ)
    only(request, "cursor", "limit")
    complaint = found(known.actor, reference)
    rows = programs.conversation(complaint=complaint, after=cursors.read(cursor), size=limit)
    shown, more = rows[:limit], rows[limit:]
    page = Messages(
        items=[_message(complaint, one) for one in shown],
        next=cursors.write(shown[-1].exchange.at, shown[-1].exchange.pk) if more else None,
    )
    viewed(known, complaint.journal_stream)
    return page


def _message(complaint: Complaint, one: Said) -> Message:
    return Message(
        id=one.exchange.pk,
        kind=ExchangeKind(one.exchange.kind),
        channel=one.channel,
        at=one.exchange.at,
        text=one.text,
        attachments=[_attached(complaint, file) for file in one.files],
    )


def _attached(complaint: Complaint, one: Attachment) -> Attached:
    where = reverse("api_attachment", args=[complaint.reference, one.pk])
    return Attached(
        id=one.pk, name=one.name, media_type=one.media_type, size=one.size, url=f"{settings.DOLEANCE_URL}{where}"
    )


@router.post(
    "/{reference}/messages",
    response={201: Added, **ERRORS},
    url_name="api_message_new",
    operation_id="addMessage",
    summary=gettext_noop("Ajouter ce qu’écrit le réclamant"),
    description=gettext_noop(
        "Des mots, des fichiers, ou les deux. Un dossier répondu ou clos est rouvert, comme par un courriel. Dix "
        "fichiers au plus, 10 Mo chacun, 25 Mo ensemble."
    ),
)
def add(
    request: HttpRequest,
    reference: str,
    told: Form[NewMessage],
    name: str = Header(..., alias="Idempotency-Key", pattern=ONCE),
    files: list[UploadedFile] = File([], max_length=MOST_FILES),
) -> Status[Added]:
    """Add a message, once."""
    known = caller(request, Scope.MESSAGE)
    only_form(request, "text", "files")
    complaint = _reached(known, reference)
    given = [Given(name=one.name or "", data=one.read()) for one in files]
    call = once(known, name, route=f"messages {complaint.pk}", body=[told.text, _prints(given)])
    message = additions.relay(
        complaint=complaint,
        text=told.text,
        files=given,
        key=known.key,
        once=call.id,
        fingerprint=call.fingerprint,
        by=known.actor,
        at=now(),
    )
    return Status(201, Added(id=message.pk, reference=complaint.reference, received_at=message.received_at))


def _reached(known: Caller, reference: str) -> Complaint:
    """The file of that reference when it is for this key, readable by it or not. Raises Http404."""
    wanted = reference.strip().upper()
    rows = complaints.within(known.actor).select_related("entity", "team", "party")
    complaint = rows.filter(reference=wanted).first() if ids.is_reference(wanted) else None
    if complaint is None:
        raise Http404
    return complaint


def _prints(files: Sequence[Given]) -> list[list[str]]:
    return [[one.name, hashlib.sha256(one.data).hexdigest()] for one in files]


@router.get(
    "/{reference}/attachments/{attachment_id}",
    response={200: bytes, **ERRORS},
    url_name="api_attachment",
    operation_id="readAttachment",
    summary=gettext_noop("Télécharger une pièce jointe"),
    description=gettext_noop("Ses octets tels qu’ils sont venus. Personne ne les a analysés."),
)
def attachment(request: HttpRequest, reference: str, attachment_id: UUID) -> HttpResponse:
    """The bytes of a file that was joined."""
    known = caller(request, Scope.READ)
    one = programs.attachment(complaint=found(known.actor, reference), pk=attachment_id)
    if one is None:
        raise Http404
    try:
        data = channels.content_of(one)
    except seal.KeyDestroyed as erased:
        raise Http404 from erased
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="piece-{str(one.pk)[-12:]}.bin"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    viewed(known, f"attachment:{one.pk}")
    return response
