"""The mail that carries a link to a member of staff: an invitation, a new password.

It belongs to no file, so it is no notice: its link is its row (`accounts.AccessLink`), which says whether it left. The
link itself is made when the mail is composed, and stands nowhere else.
"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.models import AccessLink, User
from doleance.accounts.rules import LinkPurpose
from doleance.channels.email import outgoing
from doleance.channels.email.compose import Outgoing, compose, wire_address
from doleance.channels.models import Mailbox
from doleance.kernel.errors import ChannelError
from doleance.notifications import letters

_PAGES = {LinkPurpose.INVITATION: "invitation", LinkPurpose.RESET: "account_reset_password_from_key"}


def ways() -> list[Mailbox | None]:
    """From which mailboxes a colleague may be written to, the house's oldest first; None is the installation's own."""
    found: list[Mailbox | None] = list(Mailbox.objects.filter(is_active=True).order_by("id"))
    return [one for one in (*found, None) if outgoing.sender_of(one)[1] and outgoing.has_way_out(one)]


def address(link: AccessLink) -> str:
    """The whole address that a link opens."""
    page = reverse(_PAGES[LinkPurpose(link.purpose)], args=[accounts.secret_of(link)])
    return f"{settings.DOLEANCE_URL}{page}"


def carry(*, link: AccessLink, person: User, at: datetime) -> str:
    """Hand the mail of a link to the first server that takes it; what it said. Raises ChannelError when none does."""
    refused: ChannelError | None = None
    for way in ways():
        try:
            return _carry(link, person, way, at)
        except ChannelError as error:
            refused = error
    raise refused or ChannelError("no way out", permanent=True)


def _carry(link: AccessLink, person: User, way: Mailbox | None, at: datetime) -> str:
    out = outgoing.way_out(way)
    if out is None:
        raise ChannelError("no way out", permanent=False)
    entity = way.entity if way is not None else account_queries.entity()
    language = letters.language_for(entity.language)
    facts = {"entity": entity.name, "name": person.name, "link": address(link)}
    letter = letters.write(_letter(link), language=language, facts=facts)
    name, sender = outgoing.sender_of(way)
    mail = compose(
        Outgoing(
            from_address=sender,
            from_name=name or entity.name,
            to_address=person.email,
            subject=letter.subject,
            text=letter.text,
            message_id=f"<{link.id}@{wire_address(sender).rpartition('@')[2]}>",
            at=link.created_at,
            language=language,
            automatic=True,
        )
    )
    kept = f"{at:%Y%m%d-%H%M%S}-{link.id}"
    return outgoing.carry(mail, way=out, envelope_from=sender, to=person.email, name=kept)


def _letter(link: AccessLink) -> str:
    return "invitation" if link.purpose == LinkPurpose.INVITATION else "password"
