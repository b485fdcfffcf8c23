"""Settings: the addresses of ours, and the server each one sends by."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Permission
from doleance.channels import queries
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.models import Mailbox
from doleance.channels.rules import Security
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import pages
from doleance.staff.forms.setup import MailboxForm
from doleance.staff.views.setup import frame

_FIELDS = {"password_again": "smtp_password"}
_SHOWN = (
    "name",
    "address",
    "team",
    "acknowledge",
    "smtp_host",
    "smtp_port",
    "smtp_security",
    "smtp_user",
    "is_active",
)


@pages.allowed(Permission.SETTINGS)
@sensitive_post_parameters("smtp_password")
def mail(request: HttpRequest, mailbox_id: UUID | None = None) -> HttpResponse:
    """The mailboxes, and the form that adds or changes one."""
    mailbox = get_object_or_404(Mailbox, pk=mailbox_id) if mailbox_id else None
    initial = {name: getattr(mailbox, name) for name in _SHOWN} if mailbox else {"acknowledge": True}
    form = MailboxForm(request.POST or None, initial=initial, known=mailbox is not None)
    context = frame(
        request, "mail", form=form, mailbox=mailbox, mailboxes=queries.mailboxes(), sink=settings.DOLEANCE_SINK
    )
    if request.method != "POST":
        return pages.page(request, "staff/setup/mail.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/setup/mail.html", context, status=422)
    actor = pages.actor_of(request)
    wanted = _wanted(form.cleaned_data, known=mailbox is not None)
    try:
        if mailbox is None:
            saved = mailboxes.add_mailbox(entity=accounts.entity(), wanted=wanted, by=actor, at=now())
        else:
            saved = mailboxes.change_mailbox(mailbox=mailbox, wanted=wanted, by=actor, at=now())
    except Refusal as refusal:
        return pages.refused(
            request, "staff/setup/mail.html", context, refusal, field=_FIELDS.get(refusal.code, "address")
        )
    messages.success(request, gettext("Adresse %(address)s enregistrée.") % {"address": saved.address})
    return redirect("setup_mail")


def _wanted(data: dict[str, Any], *, known: bool) -> MailboxSettings:
    """What the form asks for; an empty password keeps the one that is there."""
    return MailboxSettings(
        address=data["address"],
        name=data["name"],
        team=data["team"],
        acknowledge=data["acknowledge"],
        is_active=data["is_active"] if known else True,
        smtp_host=data["smtp_host"],
        smtp_port=data["smtp_port"],
        smtp_user=data["smtp_user"],
        smtp_security=Security(data["smtp_security"]),
        smtp_password=data["smtp_password"] or None,
    )
