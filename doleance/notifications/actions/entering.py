"""Links that let members of staff in, and the mail that carries one: an invitation, a new password.

Such a mail belongs to no file, so it is no notice: its link is its row (`accounts.AccessLink`), which says whether it
left. The link itself is made when the mail is composed, and stands nowhere else.
"""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from procrastinate.contrib.django import app

from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.models import AccessLink, Team, User
from doleance.accounts.rules import Actor, LinkPurpose, Role
from doleance.channels.email import outgoing
from doleance.channels.email.compose import Outgoing, compose, wire_address
from doleance.channels.models import Mailbox
from doleance.kernel.db import write
from doleance.kernel.errors import ChannelError
from doleance.notifications import letters, queries

_PAGES = {LinkPurpose.INVITATION: "invitation", LinkPurpose.RESET: "account_reset_password_from_key"}


@write
def add_and_invite(
    *, name: str, email: str, roles: Collection[Role], teams: Collection[Team], by: Actor, at: datetime
) -> tuple[User, str]:
    """Make a person known and invite them. Refuses what `accounts.actions.add_user` refuses.

    Answers the secret of the link when it is to be handed over by whoever invites: no mail can carry it.
    """
    user = accounts.add_user(name=name, email=email, roles=roles, teams=teams, by=by, at=at)
    return user, invite(user=user, by=by, at=at)


@write
def invite(*, user: User, by: Actor, at: datetime, by_hand: bool = False) -> str:
    """Invite a person by mail; the earlier link stops working. Refuses what `accounts.actions.invite` refuses.

    Without a way out, or `by_hand`, nothing leaves: answers the link's secret, else an empty text.
    """
    secret = accounts.invite(user=user, by=by, at=at)
    if by_hand or not ways():
        return secret
    link = account_queries.link_by_secret(secret)
    assert link is not None
    _order(link)
    return ""


@write
def ask_password(*, email: str, by: Actor, at: datetime) -> None:
    """Have a link to choose a new password mailed to that address, if it is somebody's who may enter.

    The same statements for any address: only the job, in another process, knows whether there is anybody to write to.
    """
    _order(accounts.ask_reset(email=email, by=by, at=at))


def _order(link: AccessLink) -> None:
    app.configure_task(queries.MAIL_LINK, queue="mail").defer(link_id=str(link.id))


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
