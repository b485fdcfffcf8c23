"""What came with a message, and the message itself, downloaded: a browser never shows them, whatever they claim."""

from collections.abc import Callable
from pathlib import PurePosixPath
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from doleance.audit import seal
from doleance.channels import queries as channels
from doleance.desk.queries import dossier as desk
from doleance.staff import nav, pages
from doleance.staff.views.dossier import found, viewed

# Endings that a name of ours may keep, so that the reader's machine knows what opens it; what runs is not among them.
_ENDINGS = frozenset(
    f".{ending}"
    for group in (
        ("pdf", "txt", "csv", "rtf", "odt", "ods", "doc", "docx", "xls", "xlsx", "eml", "json", "ics", "vcf", "zip"),
        ("jpg", "jpeg", "png", "gif", "webp", "heic", "tif", "tiff"),
        ("mp3", "m4a", "ogg", "wav", "mp4", "mov"),
    )
    for ending in group
)


def file_name(kind: str, pk: UUID, given: str) -> str:
    """A name made by us; only a known, harmless ending is taken from the sender's."""
    ending = PurePosixPath(given.replace("\\", "/").strip()).suffix.lower()
    return f"{kind}-{str(pk)[-12:]}{ending if ending in _ENDINGS else '.bin'}"


@require_GET
@pages.allowed(*nav.FILES)
def attachment(request: HttpRequest, reference: str, attachment_id: UUID) -> HttpResponse:
    """A file that came with a message of this dossier. Who took it is journalled."""
    complaint = found(request, reference)
    one = desk.attachment(complaint=complaint, pk=attachment_id)
    if one is None:
        raise Http404
    response = download(lambda: channels.content_of(one), file_name("piece", one.id, one.name))
    viewed(request, complaint, part=f"attachment:{one.id}")
    return response


@require_GET
@pages.allowed(*nav.FILES)
def original(request: HttpRequest, reference: str, message_id: UUID) -> HttpResponse:
    """A message as it was received or as it left, byte for byte. Who took it is journalled."""
    complaint = found(request, reference)
    message = desk.message(complaint=complaint, pk=message_id)
    if message is None:
        raise Http404
    given = "message.eml" if message.channel == "email" else "message.json"
    response = download(lambda: channels.raw_of(message), file_name("message", message.id, given))
    viewed(request, complaint, part=f"message:{message.id}")
    return response


def download(read: Callable[[], bytes], name: str) -> HttpResponse:
    """Bytes that a browser saves and never shows. Raises Http404 once they were erased."""
    try:
        data = read()
    except seal.KeyDestroyed as erased:
        raise Http404 from erased
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
