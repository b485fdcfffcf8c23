"""Which way a mail leaves, and from whom: its mailbox's server, else the installation's, else nowhere.

With DOLEANCE_SINK, which development and the demonstration set, nothing leaves at all: mails are written to a folder,
whatever servers are set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from uuid import UUID

from django.conf import settings

from doleance.audit.seal import SealError
from doleance.channels import queries
from doleance.channels.email import sink, smtp
from doleance.channels.email.threads import BOUNCE, REPLY, read_tagged, tagged
from doleance.channels.models import Mailbox
from doleance.channels.rules import Security
from doleance.kernel.errors import ChannelError


@dataclass(frozen=True, slots=True)
class Folder:
    """A place on disk where mails are written instead of leaving."""

    path: Path


Way = smtp.Server | Folder
# What a try says of a server's password that does not open: the master key is another one, or gone.
UNREADABLE = "password_unreadable"


def has_way_out(mailbox: Mailbox | None) -> bool:
    """Whether something is set by which what is written from `mailbox` could leave; opens no secret."""
    own = mailbox is not None and mailbox.smtp_host
    return bool(settings.DOLEANCE_SINK or own or settings.EMAIL_HOST)


def way_out(mailbox: Mailbox | None) -> Way | None:
    """How what is written from `mailbox` leaves; None when nothing is set: it cannot leave.

    Raises ChannelError while the password of its server cannot be read; typing it again, or putting the master key
    back, mends that, so a later try is worth it.
    """
    if settings.DOLEANCE_SINK:
        return Folder(Path(settings.DOLEANCE_MAIL_SINK))
    if mailbox is not None and mailbox.smtp_host:
        return smtp.Server(
            host=mailbox.smtp_host,
            port=mailbox.smtp_port,
            security=Security(mailbox.smtp_security),
            username=mailbox.smtp_user,
            password=_password(mailbox),
        )
    if not settings.EMAIL_HOST:
        return None
    security = Security.STARTTLS if settings.EMAIL_USE_TLS else Security.NONE
    return smtp.Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        security=Security.TLS if settings.EMAIL_USE_SSL else security,
        username=settings.EMAIL_HOST_USER,
        password=settings.EMAIL_HOST_PASSWORD,
        is_installed=True,
    )


def _password(mailbox: Mailbox) -> str:
    try:
        return queries.smtp_password(mailbox)
    except SealError as error:
        raise ChannelError(UNREADABLE, permanent=False) from error


def sender_of(mailbox: Mailbox | None) -> tuple[str, str]:
    """Name and address that mails from `mailbox` bear; without one, the installation's, empty when it has none.

    The sink takes any address, so there the installation's own name will do.
    """
    if mailbox is not None:
        return mailbox.name, mailbox.address
    given = settings.DOLEANCE_MAIL_FROM or (settings.DEFAULT_FROM_EMAIL if settings.DOLEANCE_SINK else "")
    return parseaddr(given)


def bounce_address(mailbox: Mailbox | None, *, notice_id: UUID) -> str:
    """The envelope sender of one mail: where refusals of it come back.

    A signed plus-address when the mailbox takes them: a refusal then says which mail it is about, whatever its server
    writes in it. Otherwise the sender's own address; empty when there is none.
    """
    return _tagged(mailbox, BOUNCE, notice_id)


def reply_address(mailbox: Mailbox | None, *, complaint_id: UUID, envelope_sender: str) -> str:
    """Where a mail asks to be answered: an address that names its file, when its envelope names the mail.

    By the envelope, which was settled when the mail was taken to be sent: the same try always gives the same mail.
    """
    if read_tagged(envelope_sender, settings.DOLEANCE_MAIL_KEY) is None:
        return sender_of(mailbox)[1]
    return _tagged(mailbox, REPLY, complaint_id)


def _tagged(mailbox: Mailbox | None, kind: str, about: UUID) -> str:
    address = sender_of(mailbox)[1]
    if mailbox is None or not mailbox.has_plus:
        return address
    return tagged(address, kind=kind, about=about, key=settings.DOLEANCE_MAIL_KEY) or address


def carry(
    mail: bytes, *, way: Way, envelope_from: str, to: str, name: str, is_late: Callable[[], bool] = lambda: False
) -> str:
    """Send `mail` that way; return what the server, or the sink, said of it. `name` names it in the sink.

    Nothing is handed over once `is_late` says so.

    Raises ChannelError, among which `smtp.InDoubt` when nobody knows whether it left.
    """
    match way:
        case Folder(path):
            if is_late():
                raise ChannelError("too late to hand it over", permanent=False)
            return sink.write(mail, folder=path, name=name)
        case smtp.Server():
            return smtp.send(mail, server=way, envelope_from=envelope_from, to=to, is_late=is_late)
    raise ChannelError("no way out", permanent=True)
