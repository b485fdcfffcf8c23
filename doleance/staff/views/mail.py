"""Settings: the addresses of ours, how each one receives and sends, and how it does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Permission
from doleance.channels import mailboxes as rules
from doleance.channels import queries
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import settings_of
from doleance.channels.mailboxes import PROVIDERS, Standing
from doleance.channels.models import Mailbox
from doleance.channels.rules import MailboxError, Security, next_try
from doleance.intake import alarms
from doleance.kernel import delays, languages
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import pages
from doleance.staff.forms.mailboxes import MailboxForm
from doleance.staff.views.setup import frame

LIST, PAGE = "staff/setup/mail.html", "staff/setup/mail_box.html"
# Red says late and amber today, nothing else: a mailbox that fails says it in ink.
_TONES = {
    Standing.RECEIVING: "ok",
    Standing.FLAWED: "half",
    Standing.STUMBLING: "half",
    Standing.FAILING: "full",
    Standing.QUIET: "full",
    Standing.UNCHECKED: "full",
    Standing.WAITING: "wait",
}
# Where a server usually listens, by the protection of the connection (RFC 8314 §3, RFC 9051 §2.1).
_IMAP_PORTS = {Security.TLS.value: 993, Security.STARTTLS.value: 143}
_SMTP_PORTS = {Security.TLS.value: 465, Security.STARTTLS.value: 587}
_SECRETS = ("smtp_password", "imap_password", "oauth_refresh_token", "oauth_client_secret")


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """How a mailbox does, as the list and its own page say it; `why` is a sentence, `said` the server's own words.

    `is_tried_again`: it does not answer, and is fetched again by itself at `next_at`, None within the minute.
    """

    mailbox: Mailbox
    words: str
    tone: str
    why: str
    said: str
    last_message_at: datetime | None
    ok_at: datetime | None
    is_tried_again: bool
    next_at: datetime | None


def row(mailbox: Mailbox, at: datetime) -> MailboxRow:
    """How one mailbox does at `at`; no query when its health came with it."""
    known, say = queries.known_health(mailbox), languages.reader()
    health = queries.health_of(mailbox, known)
    standing = rules.standing(health, is_active=mailbox.is_active, is_fetched=bool(mailbox.imap_host), at=at)
    found = rules.trouble(health, at=at)
    since = rules.since(found, health) if found and standing.value == found.value else None
    words = gettext(standing.label)
    if since is not None:
        words = f"{words} {delays.since(since, mailbox.entity.time_zone, at, say)}"
    is_failing = standing in {Standing.FAILING, Standing.FLAWED, Standing.STUMBLING} and known is not None
    return MailboxRow(
        mailbox=mailbox,
        words=words,
        tone=_TONES.get(standing, ""),
        why=alarms.why(known.error, say) if is_failing and known and known.error in set(MailboxError) else "",
        said=known.said if is_failing and known else "",
        last_message_at=known.last_message_at if known else None,
        ok_at=known.ok_at if known else None,
        is_tried_again=standing in {Standing.FAILING, Standing.STUMBLING},
        next_at=next_try(failing_since=health.failing_since, checked_at=health.checked_at, at=at),
    )


@require_GET
@pages.allowed(Permission.SETTINGS)
def mail(request: HttpRequest) -> HttpResponse:
    """Every mailbox and how it does."""
    at = now()
    rows = [row(mailbox, at) for mailbox in queries.mailboxes()]
    return pages.page(request, LIST, frame(request, "mail", rows=rows, now=at, sink=settings.DOLEANCE_SINK))


@pages.allowed(Permission.SETTINGS)
@sensitive_post_parameters(*_SECRETS)
def add(request: HttpRequest) -> HttpResponse:
    """The form that makes an address of ours known."""
    form = MailboxForm(request.POST or None, initial={"acknowledge": True}, known=False)
    context = frame(request, "mail", form=form, mailbox=None, providers=PROVIDERS)
    if request.method != "POST":
        return pages.page(request, PAGE, context)
    if not form.is_valid():
        return pages.page(request, PAGE, context, status=422)
    try:
        saved = mailboxes.add_mailbox(
            entity=accounts.entity(), wanted=form.wanted(), by=pages.actor_of(request), at=now()
        )
    except Refusal as refusal:
        return pages.refused(request, PAGE, context, refusal, field=form.field_of(refusal.code))
    return _saved(request, saved)


@pages.allowed(Permission.SETTINGS)
@sensitive_post_parameters(*_SECRETS)
def box(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """One mailbox: how it does, its tests, and the form that changes it."""
    mailbox = found(mailbox_id)
    form = MailboxForm(request.POST or None, initial=shown_of(mailbox), known=True)
    context = context_of(request, mailbox, form)
    if request.method != "POST":
        return pages.page(request, PAGE, context)
    if not form.is_valid():
        return pages.page(request, PAGE, context, status=422)
    try:
        saved = mailboxes.change_mailbox(mailbox=mailbox, wanted=form.wanted(), by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, PAGE, context, refusal, field=form.field_of(refusal.code))
    return _saved(request, saved)


def found(mailbox_id: UUID) -> Mailbox:
    """The mailbox with its health. Raises Http404."""
    mailbox = queries.mailbox_by_id(mailbox_id)
    if mailbox is None:
        raise Http404
    return mailbox


def shown_of(mailbox: Mailbox) -> dict[str, Any]:
    """What the form of a mailbox shows at first: everything but secrets."""
    told = settings_of(mailbox)
    return {name: getattr(told, name) for name in told.__dataclass_fields__}


def context_of(request: HttpRequest, mailbox: Mailbox, form: MailboxForm, **more: Any) -> dict[str, Any]:
    """What the page of one mailbox shows."""
    at = now()
    told = {"row": row(mailbox, at), "now": at, "reception": None, "sending": None, "folders": []} | more
    told["usual_imap"] = _IMAP_PORTS.get(mailbox.imap_security)
    told["usual_smtp"] = _SMTP_PORTS.get(mailbox.smtp_security)
    return frame(request, "mail", form=form, mailbox=mailbox, providers=PROVIDERS, **told)


def _saved(request: HttpRequest, mailbox: Mailbox) -> HttpResponse:
    messages.success(request, gettext("Adresse %(address)s enregistrée.") % {"address": mailbox.address})
    return redirect("setup_mailbox", mailbox_id=mailbox.pk)
