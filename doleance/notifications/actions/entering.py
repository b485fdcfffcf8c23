"""Links that let members of staff in, and the jobs that mail them."""

from collections.abc import Collection
from datetime import datetime

from procrastinate.contrib.django import app

from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.models import AccessLink, Team, User
from doleance.accounts.rules import Actor, Role
from doleance.kernel.db import write
from doleance.notifications import entering, queries


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
    if by_hand or not entering.ways():
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
