"""Trying a mailbox as it is set, for whoever sets it: what its servers answer, and why when they do not."""

from dataclasses import dataclass
from datetime import datetime

from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, require
from doleance.channels import mailboxes as rules
from doleance.channels.email import outgoing, smtp
from doleance.channels.mailboxes import SendingError
from doleance.channels.models import Mailbox
from doleance.channels.rules import MailboxError, MailboxFailed
from doleance.intake import alarms
from doleance.intake.fetching import collecting
from doleance.intake.fetching.collecting import Probe
from doleance.kernel.errors import ChannelError

_WORDS = 300  # characters of a server's words that a page shows


@dataclass(frozen=True, slots=True)
class ReceptionTrial:
    """What came of trying to fetch: what was `found`, or the `error` with the server's own words."""

    found: Probe | None = None
    error: MailboxError | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class SendingTrial:
    """What came of trying to send. Without an `error` it worked; `to` is whom a mail was sent to, if one was.

    `is_sink`: nothing leaves this installation, mails are written to a folder.
    """

    error: SendingError | None = None
    said: str = ""
    to: str = ""
    is_sink: bool = False


def reception(mailbox: Mailbox, *, by: Actor) -> ReceptionTrial:
    """Connect to the receiving server and look around; nothing is fetched nor changed there. Administrators.

    Refuses (NotFetched) a mailbox that has no such server.
    """
    require(by, Permission.SETTINGS)
    if not mailbox.imap_host:
        raise rules.NotFetched
    try:
        return ReceptionTrial(found=collecting.probe(mailbox))
    except MailboxFailed as failed:
        return ReceptionTrial(error=failed.kind, said=failed.said[:_WORDS])


def sending(mailbox: Mailbox, *, by: Actor) -> SendingTrial:
    """Connect to the server by which a mailbox sends, log in and take leave, without a mail. Administrators."""
    require(by, Permission.SETTINGS)
    try:
        match outgoing.way_out(mailbox):
            case smtp.Server() as server:
                smtp.probe(server, domain=mailbox.address.rpartition("@")[2])
                return SendingTrial()
            case outgoing.Folder():
                return SendingTrial(is_sink=True)
            case _:
                return SendingTrial(error=SendingError.NO_SERVER)
    except ChannelError as error:
        return _failed(error)


def letter(mailbox: Mailbox, *, to: User, by: Actor, at: datetime) -> SendingTrial:
    """Send the person a mail from the mailbox, by the way that answers take. Administrators."""
    require(by, Permission.SETTINGS)
    try:
        way = outgoing.way_out(mailbox)
        if way is None:
            return SendingTrial(error=SendingError.NO_SERVER)
        said = alarms.try_out(mailbox=mailbox, person=to, at=at)
    except smtp.InDoubt as error:
        return SendingTrial(error=SendingError.UNSURE, said=str(error)[:_WORDS], to=to.email)
    except ChannelError as error:
        return _failed(error)
    return SendingTrial(said=said, to=to.email, is_sink=isinstance(way, outgoing.Folder))


def _failed(error: ChannelError) -> SendingTrial:
    return SendingTrial(error=rules.sending_error(str(error)), said=str(error)[:_WORDS])
