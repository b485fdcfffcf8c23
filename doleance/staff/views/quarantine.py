"""Quarantaine: the messages that wait for a look, one of them beside the list, and what a person decides."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from doleance.accounts.rules import Permission, may
from doleance.audit import actions as audit
from doleance.channels import queries as channels
from doleance.channels.models import Message
from doleance.channels.rules import MessageState, Person
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.desk.queries.timeline import File, Received
from doleance.intake import queries
from doleance.intake.actions import sorting
from doleance.intake.queries import QuarantinedMessage
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import pages
from doleance.staff.forms.quarantine import FileForm, LinkForm, OpenForm
from doleance.staff.views.dossier_files import download, file_name

_PAGE = "staff/quarantine/page.html"
ICONS = {
    "held_sender": "user-round-check",
    "forged": "shield-alert",
    "merged": "git-merge",
    "forwarded": "forward",
    "spam": "octagon-alert",
    "over_limit": "file-exclamation-point",
    "unreadable": "file-code",
    "not_a_message": "file-question-mark",
    "automatic": "refresh-cw",
    "no_sender": "user-round-x",
    "own_address": "at-sign",
    "empty": "file",
    "failed": "file-x-corner",
}


@require_GET
@pages.allowed(Permission.READ_QUARANTINE)
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for a person."""
    return pages.page(request, _PAGE, _list(request))


@require_GET
@pages.allowed(Permission.READ_QUARANTINE)
def set_aside(request: HttpRequest) -> HttpResponse:
    """What a person said was no complaint: it stays, out of the way."""
    return pages.page(request, _PAGE, _list(request, filed=True))


@require_GET
@pages.allowed(Permission.READ_QUARANTINE)
def one(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message with the list beside it. Who looked is journalled."""
    shown = _find(request, message_id)
    response = pages.page(request, _PAGE, _detail(request, shown))
    _viewed(request, shown.message)
    return response


@require_GET
@pages.allowed(Permission.READ_QUARANTINE)
def original(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The file as it was received, byte for byte, under a name of ours; a browser never shows it."""
    message = _message(request, message_id)
    response = download(lambda: channels.raw_of(message), file_name("message", message.id, "message.eml"))
    _viewed(request, message)
    return response


@require_GET
@pages.allowed(Permission.READ_QUARANTINE)
def attachment(request: HttpRequest, message_id: UUID, attachment_id: UUID) -> HttpResponse:
    """A file that came with a message that waits. Who took it is journalled."""
    one = queries.quarantined_file(message_id=message_id, attachment_id=attachment_id, actor=pages.actor_of(request))
    if one is None:
        raise Http404
    response = download(lambda: channels.content_of(one), file_name("piece", one.id, one.name))
    audit.viewed(reader=pages.actor_of(request).id, what=f"attachment:{one.id}", at=now())
    return response


@require_POST
@pages.allowed(Permission.SORT_QUARANTINE)
def open_file(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Make the message a file."""
    form = OpenForm(request.POST)

    def act(message: Message, data: dict[str, Any]) -> Complaint:
        return sorting.open_from_quarantine(message=message, by=pages.actor_of(request), at=now(), **data)

    return _decide(request, message_id, "open_form", form, act)


@require_POST
@pages.allowed(Permission.SORT_QUARANTINE)
def link(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Attach the message to a file by hand."""
    form = LinkForm(request.POST)

    def act(message: Message, data: dict[str, Any]) -> Complaint:
        return sorting.link_from_quarantine(message=message, by=pages.actor_of(request), at=now(), **data)

    return _decide(request, message_id, "link_form", form, act)


@require_POST
@pages.allowed(Permission.SORT_QUARANTINE)
def file_away(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Say that it is no complaint."""
    form = FileForm(request.POST)

    def act(message: Message, data: dict[str, Any]) -> None:
        sorting.file_away(message=message, by=pages.actor_of(request), at=now(), **data)

    return _decide(request, message_id, "file_form", form, act)


@require_POST
@pages.allowed(Permission.SORT_QUARANTINE)
def read_again(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Read the file anew: Doléance may have learnt to since."""
    shown = _find(request, message_id)
    try:
        read = sorting.read_again(message=shown.message, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, _PAGE, _detail(request, shown), refusal)
    if read.state == MessageState.QUARANTINED:
        messages.info(request, gettext("Relu : le message attend toujours un regard."))
        return redirect("quarantined", message_id=message_id)
    messages.success(request, gettext("Relu : le message a quitté la quarantaine."))
    return redirect("quarantine")


@require_POST
@pages.allowed(Permission.SORT_QUARANTINE)
def bring_back(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Let a message that was set aside wait again."""
    shown = _find(request, message_id)
    try:
        sorting.bring_back(message=shown.message, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, _PAGE, _detail(request, shown), refusal)
    messages.success(request, gettext("Ce message attend de nouveau un regard."))
    return redirect("quarantined", message_id=message_id)


@require_POST
@pages.allowed(Permission.SORT_QUARANTINE)
def read_all_again(request: HttpRequest) -> HttpResponse:
    """Have every message that reading may help read anew; the page then says how far it is."""
    try:
        count = sorting.read_again_all(by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, _PAGE, _list(request), refusal)
    return redirect(f"{reverse('quarantine')}?relus={count}")


def _decide(
    request: HttpRequest,
    message_id: UUID,
    name: str,
    form: OpenForm | LinkForm | FileForm,
    act: Callable[[Message, dict[str, Any]], Complaint | None],
) -> HttpResponse:
    """Make one decision, then go where it leads; refused, the same page keeps what was typed."""
    shown = _find(request, message_id)
    context = _detail(request, shown) | {name: form}
    if not form.is_valid():
        return pages.page(request, _PAGE, context, status=422)
    try:
        complaint = act(shown.message, form.cleaned_data)
    except Refusal as refusal:
        return pages.refused(request, _PAGE, context, refusal)
    if complaint is None:
        messages.success(request, gettext("Message écarté. Il reste gardé, parmi les messages écartés."))
        return redirect("quarantine")
    messages.success(request, gettext("Le message est dans le dossier %(ref)s.") % {"ref": complaint.reference})
    if complaints.find(reference=complaint.reference, actor=pages.actor_of(request)) is None:
        return redirect("quarantine")
    return redirect("dossier", reference=complaint.reference)


def _message(request: HttpRequest, message_id: UUID) -> Message:
    message = queries.in_quarantine(pages.actor_of(request)).filter(pk=message_id).first()
    if message is None:
        raise Http404
    return message


def _find(request: HttpRequest, message_id: UUID) -> QuarantinedMessage:
    shown = queries.quarantined(message_id=message_id, actor=pages.actor_of(request))
    if shown is None:
        raise Http404
    return shown


def _viewed(request: HttpRequest, message: Message) -> None:
    audit.viewed(reader=pages.actor_of(request).id, what=f"message:{message.id}", at=now())


def _list(request: HttpRequest, *, filed: bool = False) -> dict[str, Any]:
    actor = pages.actor_of(request)
    rows = queries.quarantine(actor=actor, filed=filed)
    waiting_count = queries.count_quarantine(actor)
    told = [(row, ICONS.get(row.reason, "file"), _sentence(row.sentence, row.detail)) for row in rows]
    may_sort = may(actor, Permission.SORT_QUARANTINE)
    return {
        "rows": told,
        "filed": filed,
        "waiting_count": waiting_count,
        "shown": None,
        "may_sort": may_sort,
        "readable": queries.to_read_again(actor, before=now()).count() if may_sort and not filed else 0,
        "reading": queries.reading_again(actor) if may_sort and not filed else None,
        "was_read": _number(request.GET.get("relus", "")),
        "rail_counts": {"quarantine": waiting_count},
    }


def _number(typed: str) -> int:
    """A number of an address, which anybody may write."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _sentence(msgid: str, detail: str) -> str:
    return gettext(msgid).format(detail=gettext(detail) if detail else "")


def _detail(request: HttpRequest, shown: QuarantinedMessage) -> dict[str, Any]:
    actor, message = pages.actor_of(request), shown.message
    known = shown.proposed or Person(message.from_name, message.from_address)
    initial = {"name": known.name, "address": known.address}
    return _list(request, filed=message.filed_at is not None) | {
        "shown": shown,
        "cites_by": gettext(shown.rule.label) if shown.rule else "",
        "why": _sentence(shown.row.sentence, shown.row.detail),
        "received": Received.of(message),
        "files": [File.of(one) for one in shown.attachments],
        "candidates": [
            one
            for one in complaints.files_of_address(address=known.address, actor=actor)
            if shown.cites is None or one.reference != shown.cites.reference
        ],
        "open_form": OpenForm(initial=initial),
        "link_form": LinkForm(),
        "file_form": FileForm(),
    }
