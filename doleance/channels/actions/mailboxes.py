"""What an administrator does to mailboxes."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.audit import seal
from doleance.channels import rules
from doleance.channels.email.addresses import is_address
from doleance.channels.models import Mailbox
from doleance.channels.rules import Security
from doleance.kernel.db import hold, write
from doleance.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """What an administrator says of a mailbox. `smtp_password` None keeps the one that is there, "" takes it away."""

    address: str
    name: str = ""
    team: Team | None = None
    acknowledge: bool = True
    is_active: bool = True
    smtp_host: str = ""
    smtp_port: int = 465
    smtp_user: str = ""
    smtp_security: Security = Security.TLS
    smtp_password: str | None = field(default=None, repr=False)


@write
def add_mailbox(*, entity: Entity, wanted: MailboxSettings, by: Actor, at: datetime) -> Mailbox:
    """Make an address of ours known. Administrators. Refuses what is no address, or is a mailbox already."""
    require(by, Permission.SETTINGS)
    mailbox = Mailbox(entity=entity)
    _set_up(mailbox, wanted)
    mailbox.save(force_insert=True)
    audit.record(stream=mailbox.journal_stream, code="mailbox_added", by=by.id, at=at, rows=[(mailbox, None)])
    return mailbox


@write
def change_mailbox(*, mailbox: Mailbox, wanted: MailboxSettings, by: Actor, at: datetime) -> Mailbox:
    """Change how a mailbox receives and sends. Administrators. Refuses as `add_mailbox`.

    A kept password stays for the same server and login only; without a login none is kept.
    """
    require(by, Permission.SETTINGS)
    current = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    _set_up(current, wanted)
    current.save()
    audit.record(stream=current.journal_stream, code="mailbox_changed", by=by.id, at=at, rows=[(current, None)])
    return current


def _set_up(mailbox: Mailbox, wanted: MailboxSettings) -> None:
    address = wanted.address.strip()
    if not is_address(address):
        raise rules.NotAnAddress
    hold(f"mailbox:{address.lower()}")
    if Mailbox.objects.filter(address__iexact=address).exclude(pk=mailbox.pk).exists():
        raise rules.MailboxTaken
    mailbox.address, mailbox.name = address, " ".join(wanted.name.split())
    mailbox.team, mailbox.acknowledge, mailbox.is_active = wanted.team, wanted.acknowledge, wanted.is_active
    before = (mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_user, mailbox.smtp_security)
    mailbox.smtp_host, mailbox.smtp_port = wanted.smtp_host.strip(), wanted.smtp_port
    mailbox.smtp_user, mailbox.smtp_security = wanted.smtp_user.strip(), wanted.smtp_security
    after = (mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_user, mailbox.smtp_security)
    if not mailbox.smtp_user:
        mailbox.smtp_secret = None  # nobody logs in
    elif wanted.smtp_password is not None:
        mailbox.smtp_secret = _secret(wanted.smtp_password, mailbox.id)
    elif mailbox.smtp_secret is not None and before != after:
        raise rules.PasswordAgain


def _secret(password: str, subject: UUID) -> bytes | None:
    """A password as it is kept: under a key of its own each time, since an object is sealed once."""
    if not password:
        return None
    object_id = uuid7()
    return object_id.bytes + seal.seal(object_id, subject, password.encode())
