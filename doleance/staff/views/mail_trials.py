"""Settings: a mailbox tried as it is saved, and what its server proposes, taken in one press."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from doleance.accounts.models import User
from doleance.accounts.rules import Permission
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings, settings_of
from doleance.channels.mailboxes import NotProposed
from doleance.channels.models import Mailbox
from doleance.channels.rules import AfterReading
from doleance.intake.fetching import probing
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import pages
from doleance.staff.forms.mailboxes import MailboxForm
from doleance.staff.views import mail

SHOWN_FOLDERS = 60
# What a page may propose after a trial, by the name its button sends; nothing else is changed that way.
_CHOICES: dict[str, Callable[[MailboxSettings, str], MailboxSettings]] = {
    "authserv_id": lambda told, value: replace(told, authserv_id=value),
    "imap_folder": lambda told, value: replace(told, imap_folder=value),
    "done_folder": lambda told, value: replace(told, done_folder=value, after_reading=AfterReading.MOVE),
}


def _page(request: HttpRequest, mailbox: Mailbox, **more: Any) -> HttpResponse:
    return pages.page(request, mail.PAGE, _context(request, mailbox, **more))


def _context(request: HttpRequest, mailbox: Mailbox, **more: Any) -> dict[str, Any]:
    form = MailboxForm(initial=mail.shown_of(mailbox), known=True)
    return mail.context_of(request, mailbox, form, **more)


@require_POST
@pages.allowed(Permission.SETTINGS)
def receive(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """Try to fetch: what the server shows us, or why it does not."""
    mailbox = mail.found(mailbox_id)
    try:
        trial = probing.reception(mailbox, by=pages.actor_of(request))
    except Refusal as refusal:
        return pages.refused(request, mail.PAGE, _context(request, mailbox), refusal)
    folders = sorted(trial.found.folders)[:SHOWN_FOLDERS] if trial.found else []
    return _page(request, mailbox, reception=trial, folders=folders)


@require_POST
@pages.allowed(Permission.SETTINGS)
def send(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """Try the sending server, without a mail."""
    mailbox = mail.found(mailbox_id)
    try:
        trial = probing.sending(mailbox, by=pages.actor_of(request))
    except Refusal as refusal:
        return pages.refused(request, mail.PAGE, _context(request, mailbox), refusal)
    return _page(request, mailbox, sending=trial)


@require_POST
@pages.allowed(Permission.SETTINGS)
def letter(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """Send the reader a mail from this address."""
    mailbox = mail.found(mailbox_id)
    try:
        trial = probing.letter(mailbox, to=cast(User, request.user), by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, mail.PAGE, _context(request, mailbox), refusal)
    return _page(request, mailbox, sending=trial)


@require_POST
@pages.allowed(Permission.SETTINGS)
def choose(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """Take what a trial proposed: who signs the checks, which folder is read, where read mails go."""
    mailbox = mail.found(mailbox_id)
    name, _, value = request.POST.get("choix", "").partition(":")
    try:
        if name not in _CHOICES or not value:
            raise NotProposed
        wanted = _CHOICES[name](settings_of(mailbox), value)
        mailboxes.change_mailbox(mailbox=mailbox, wanted=wanted, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, mail.PAGE, _context(request, mailbox), refusal)
    messages.success(request, gettext("Adresse %(address)s enregistrée.") % {"address": mailbox.address})
    return redirect("setup_mailbox", mailbox_id=mailbox.pk)
