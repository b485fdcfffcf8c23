"""What an administrator does to mailboxes, and what a watch notes of them."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.audit import seal
from doleance.channels import mailboxes as mailbox_rules
from doleance.channels import queries, rules
from doleance.channels.email.addresses import is_address
from doleance.channels.mailboxes import News, Reception, Trouble
from doleance.channels.models import Mailbox, MailboxHealth
from doleance.channels.rules import AfterReading, ImapAuth, Security
from doleance.kernel.db import hold, write
from doleance.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """What an administrator says of a mailbox. A secret: None keeps the one that is there, "" takes it away.

    `imap_secret` is the password, or the OAuth 2 refresh token. An empty host: nothing is fetched, or nothing leaves
    by a server of its own.
    """

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
    imap_host: str = ""
    imap_port: int = 993
    imap_user: str = ""
    imap_security: Security = Security.TLS
    imap_auth: ImapAuth = ImapAuth.PASSWORD
    imap_secret: str | None = field(default=None, repr=False)
    oauth_token_url: str = ""
    oauth_client_id: str = ""
    oauth_client_secret: str | None = field(default=None, repr=False)
    imap_folder: str = "INBOX"
    after_reading: AfterReading = AfterReading.SEEN
    done_folder: str = ""
    authserv_id: str = ""
    has_plus: bool = False
    quiet_hours: int = 0

    @property
    def reception(self) -> Reception:
        """The part about fetching, trimmed; what the way in does not use is left out."""
        has_token = self.imap_auth is ImapAuth.XOAUTH2
        return Reception(
            host=self.imap_host.strip(),
            port=self.imap_port,
            security=self.imap_security,
            auth=self.imap_auth,
            user=self.imap_user.strip(),
            folder=self.imap_folder.strip(),
            after_reading=self.after_reading,
            done_folder=self.done_folder.strip(),
            token_url=self.oauth_token_url.strip() if has_token else "",
            client_id=self.oauth_client_id.strip() if has_token else "",
        )


def settings_of(mailbox: Mailbox) -> MailboxSettings:
    """What a mailbox is set to, its secrets kept: what a change of one thing starts from."""
    return MailboxSettings(
        address=mailbox.address,
        name=mailbox.name,
        team=mailbox.team,
        acknowledge=mailbox.acknowledge,
        is_active=mailbox.is_active,
        smtp_host=mailbox.smtp_host,
        smtp_port=mailbox.smtp_port,
        smtp_user=mailbox.smtp_user,
        smtp_security=Security(mailbox.smtp_security),
        imap_host=mailbox.imap_host,
        imap_port=mailbox.imap_port,
        imap_user=mailbox.imap_user,
        imap_security=Security(mailbox.imap_security),
        imap_auth=ImapAuth(mailbox.imap_auth),
        oauth_token_url=mailbox.oauth_token_url,
        oauth_client_id=mailbox.oauth_client_id,
        imap_folder=mailbox.imap_folder,
        after_reading=AfterReading(mailbox.after_reading),
        done_folder=mailbox.done_folder,
        authserv_id=mailbox.authserv_id,
        has_plus=mailbox.has_plus,
        quiet_hours=mailbox.quiet_hours,
    )


@write
def add_mailbox(*, entity: Entity, wanted: MailboxSettings, by: Actor, at: datetime) -> Mailbox:
    """Make an address of ours known. Administrators.

    Refuses what is no address, or is a mailbox already, and what `channels.mailboxes.check_reception` refuses.
    """
    require(by, Permission.SETTINGS)
    mailbox = Mailbox(entity=entity)
    _set_up(mailbox, wanted)
    mailbox.save(force_insert=True)
    audit.record(stream=mailbox.journal_stream, code="mailbox_added", by=by.id, at=at, rows=[(mailbox, None)])
    return mailbox


@write
def change_mailbox(*, mailbox: Mailbox, wanted: MailboxSettings, by: Actor, at: datetime) -> Mailbox:
    """Change how a mailbox receives and sends. Administrators. Refuses as `add_mailbox`.

    A kept secret stays for the same server and login only; without a login none is kept.
    """
    require(by, Permission.SETTINGS)
    current = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    _set_up(current, wanted)
    current.save()
    audit.record(stream=current.journal_stream, code="mailbox_changed", by=by.id, at=at, rows=[(current, None)])
    return current


@write
def note_news(*, mailbox: Mailbox, lasts: bool, by: Actor, at: datetime) -> tuple[News, Trouble | None] | None:
    """Note that a mailbox stopped, or receives again, once an outage; what it is, or None when there is no news.

    `lasts`: the worker found it unchecked before as well. The caller tells people, in the same transaction. Machines.
    """
    current = Mailbox.objects.select_for_update().filter(pk=mailbox.pk, is_active=True).exclude(imap_host="").first()
    health = MailboxHealth.objects.select_for_update().filter(mailbox_id=mailbox.pk).first()
    if current is None or health is None:
        return None
    found = mailbox_rules.trouble(queries.health_of(current, health), at=at)
    told = mailbox_rules.news(found, alarmed_at=health.alarmed_at, lasts=lasts)
    if told is None:
        return None
    health.alarmed_at = at if told is News.STOPPED else None
    health.save(update_fields=["alarmed_at"])
    audit.record(
        stream=current.journal_stream,
        code="mailbox_stopped" if told is News.STOPPED else "mailbox_back",
        by=by.id,
        at=at,
        facts={"mailbox": str(current.id), "trouble": found.value if found else "", "error": health.error},
    )
    return told, found


def _set_up(mailbox: Mailbox, wanted: MailboxSettings) -> None:
    address = wanted.address.strip()
    if not is_address(address):
        raise rules.NotAnAddress
    hold(f"mailbox:{address.lower()}")
    if Mailbox.objects.filter(address__iexact=address).exclude(pk=mailbox.pk).exists():
        raise rules.MailboxTaken
    mailbox.address, mailbox.name = address, " ".join(wanted.name.split())
    mailbox.team, mailbox.acknowledge, mailbox.is_active = wanted.team, wanted.acknowledge, wanted.is_active
    mailbox.has_plus, mailbox.quiet_hours = wanted.has_plus, wanted.quiet_hours
    mailbox_rules.check_authserv(wanted.authserv_id.strip())
    mailbox.authserv_id = wanted.authserv_id.strip()
    _set_up_sending(mailbox, wanted)
    _set_up_reception(mailbox, wanted)


def _set_up_sending(mailbox: Mailbox, wanted: MailboxSettings) -> None:
    if wanted.smtp_host.strip():
        mailbox_rules.check_server(wanted.smtp_host.strip(), wanted.smtp_port)
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


def _set_up_reception(mailbox: Mailbox, wanted: MailboxSettings) -> None:
    """Write how a mailbox is fetched; what it is fetched with stays for the same door only."""
    told = wanted.reception
    mailbox_rules.check_reception(told)
    is_same_door = settings_of(mailbox).reception.door == told.door
    mailbox.imap_host, mailbox.imap_port, mailbox.imap_user = told.host, told.port, told.user
    mailbox.imap_security, mailbox.imap_auth = told.security, told.auth
    mailbox.oauth_token_url, mailbox.oauth_client_id = told.token_url, told.client_id
    mailbox.imap_folder, mailbox.done_folder = told.folder or "INBOX", told.done_folder
    mailbox.after_reading = told.after_reading
    if not told.host:
        mailbox.imap_secret = mailbox.oauth_client_secret = None  # nobody logs in
        return
    _keep_client_secret(mailbox, wanted, is_same_door=is_same_door)
    _keep_secret(mailbox, wanted, is_same_door=is_same_door)


def _keep_secret(mailbox: Mailbox, wanted: MailboxSettings, *, is_same_door: bool) -> None:
    if wanted.imap_secret:
        mailbox.imap_secret = _secret(wanted.imap_secret, mailbox.id)
    elif wanted.imap_secret is None and mailbox.imap_secret is not None:
        if not is_same_door:
            raise mailbox_rules.ReceptionSecretAgain
    elif wanted.imap_auth is ImapAuth.XOAUTH2:
        raise mailbox_rules.TokenMissing
    else:
        raise mailbox_rules.SecretMissing


def _keep_client_secret(mailbox: Mailbox, wanted: MailboxSettings, *, is_same_door: bool) -> None:
    """The application's own secret, which some have not; another door begins without one."""
    if wanted.imap_auth is not ImapAuth.XOAUTH2:
        mailbox.oauth_client_secret = None
    elif wanted.oauth_client_secret is not None:
        mailbox.oauth_client_secret = _secret(wanted.oauth_client_secret, mailbox.id)
    elif not is_same_door:
        mailbox.oauth_client_secret = None


def _secret(password: str, subject: UUID) -> bytes | None:
    """A password as it is kept: under a key of its own each time, since an object is sealed once."""
    if not password:
        return None
    object_id = uuid7()
    return object_id.bytes + seal.seal(object_id, subject, password.encode())
