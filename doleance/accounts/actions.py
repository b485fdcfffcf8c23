"""What happens to entities, teams and people."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password

from doleance.accounts import rules, theme
from doleance.accounts.models import AccessLink, Entity, Team, Theme, User
from doleance.accounts.rules import Actor, LinkPurpose, Permission, Role, require
from doleance.audit import actions as audit
from doleance.kernel import ids
from doleance.kernel.clock import day_in
from doleance.kernel.db import hold, write
from doleance.packs import loader

DOOR = "door"  # the stream of those whom nobody knows
DEFAULT_PACKS = ("FR-CONSO", "GENERAL")


@write
def ensure_house(*, by: Actor, at: datetime) -> Entity:
    """The entity and default team every installation needs; made once, then left as people set them."""
    hold("house")
    entity = Entity.objects.order_by("id").first()
    if entity is not None:
        return entity
    entity = Entity.objects.create(name="Mon entreprise", packs=list(DEFAULT_PACKS))
    team = Team.objects.create(entity=entity, name="Relation client", is_default=True)
    audit.record(stream="settings", code="house_made", by=by.id, at=at, rows=[(entity, None), (team, None)])
    return entity


@write
def new_setup_link(*, by: Actor, at: datetime) -> str:
    """A fresh first-run link's secret; earlier ones stop working. Refuses once somebody can sign in."""
    if User.objects.exists():
        raise rules.AlreadySetUp
    AccessLink.objects.filter(purpose=LinkPurpose.FIRST_RUN, used_at=None).update(used_at=at)
    return _new_link(LinkPurpose.FIRST_RUN, None, by, at)


def _new_link(purpose: LinkPurpose, user: User | None, by: Actor, at: datetime) -> str:
    link = AccessLink(purpose=purpose, user=user, created_at=at)
    link.expires_at = at + timedelta(hours=rules.LINK_HOURS[purpose])
    secret = secret_of(link)
    link.digest = ids.secret_digest(secret)
    link.save()
    unknown = DOOR if purpose == LinkPurpose.RESET else "settings"
    stream = user.journal_stream if user else unknown
    audit.record(stream=stream, code="access_link_made", by=by.id, at=at, facts={"purpose": purpose.value})
    return secret


def secret_of(link: AccessLink) -> str:
    """What stands at the end of a link: made again where it is mailed, kept nowhere."""
    return rules.link_secret(key=settings.DOLEANCE_ACCESS_KEY, purpose=LinkPurpose(link.purpose), link=link.id)


def _spend(secret: str, purpose: LinkPurpose, at: datetime) -> AccessLink:
    link = (
        AccessLink.objects.select_for_update()
        .filter(digest=ids.secret_digest(secret), purpose=purpose, used_at=None, expires_at__gt=at)
        .first()
    )
    if link is None:
        raise rules.LinkSpent
    link.used_at = at
    link.save(update_fields=["used_at"])
    return link


@write
def set_up(*, secret: str, company: str, name: str, email: str, password: str, by: Actor, at: datetime) -> User:
    """First run: name the entity and make the first person, administrator and lead of the default team.

    Refuses a spent link, and a second first run. Raises ValidationError on a weak password.
    """
    hold("house")
    if User.objects.exists():
        raise rules.AlreadySetUp
    _spend(secret, LinkPurpose.FIRST_RUN, at)
    entity = ensure_house(by=by, at=at)
    entity.name = " ".join(company.split())[:200]
    entity.slug = _free_address_name(entity)
    entity.save(update_fields=["name", "slug"])
    audit.record(stream="settings", code="entity_changed", by=by.id, at=at, rows=[(entity, ["name", "slug"])])
    teams = list(Team.objects.filter(entity=entity, is_default=True))
    user = add_user(
        name=name,
        email=email,
        roles={Role.ADMINISTRATOR, Role.LEAD},
        teams=teams,
        by=rules.machine("first-run"),
        at=at,
    )
    choose_password(user=user, password=password, by=by, at=at)
    return user


@write
def add_user(
    *, name: str, email: str, roles: Collection[Role], teams: Collection[Team], by: Actor, at: datetime
) -> User:
    """Make a person known, without a password yet. Refuses an address that is somebody's, and no role at all."""
    require(by, Permission.MANAGE_USERS)
    if not roles:
        raise rules.NoRole
    address = email.strip().lower()
    hold(f"user:{address}")
    taken = User.objects.filter(email__iexact=address).first()
    if taken is not None:
        raise rules.AddressTaken(name=taken.name)
    user = User(email=address, name=" ".join(name.split())[:120], roles=sorted(roles))
    user.set_unusable_password()
    user.save()
    user.teams.set(teams)
    rows = [(user, None)]
    audit.record(stream=user.journal_stream, code="user_added", by=by.id, at=at, rows=rows, subject=user.id)
    return user


@write
def invite(*, user: User, by: Actor, at: datetime) -> str:
    """The secret of a link by which a person chooses a first password; earlier invitations stop working.

    Refuses who entered already, by a password or by the company's directory: the link opens the account, and an
    administrator reads no file. A machine may make one all the same: whoever runs commands on the server holds
    everything that is on it.
    """
    require(by, Permission.MANAGE_USERS)
    if user.has_access and not by.is_machine:
        raise rules.HasPassword(name=user.name)
    AccessLink.objects.filter(user=user, used_at=None).update(used_at=at)
    return _new_link(LinkPurpose.INVITATION, user, by, at)


@write
def accept_invitation(*, secret: str, password: str, by: Actor, at: datetime) -> User:
    """Choose a password by an invitation. Refuses a spent link; raises ValidationError on a weak password."""
    link = _spend(secret, LinkPurpose.INVITATION, at)
    if link.user is None or not link.user.is_active:
        raise rules.LinkSpent
    choose_password(user=link.user, password=password, by=by, at=at)
    return link.user


@write
def ask_reset(*, email: str, by: Actor, at: datetime) -> AccessLink:
    """A link to choose a new password; earlier ones of the same person stop working. For a job to mail.

    The same statements whether the address is somebody's or not: the link of nobody opens nothing.
    """
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    earlier = AccessLink.objects.filter(user_id=user.id if user else ids.uuid7(), purpose=LinkPurpose.RESET)
    earlier.filter(used_at=None).update(used_at=at)
    secret = _new_link(LinkPurpose.RESET, user, by, at)
    return AccessLink.objects.get(digest=ids.secret_digest(secret))


@write
def reset_password(*, secret: str, password: str, by: Actor, at: datetime) -> User:
    """Choose a new password by a mailed link. Refuses a spent link; raises ValidationError on a weak password."""
    link = _spend(secret, LinkPurpose.RESET, at)
    if link.user is None or not link.user.is_active:
        raise rules.LinkSpent
    choose_password(user=link.user, password=password, by=by, at=at)
    return link.user


@write
def note_link_mailed(*, link: AccessLink, is_sent: bool, by: Actor, at: datetime) -> None:
    """Note what became of the mail that carries a link."""
    held = AccessLink.objects.select_for_update().get(pk=link.pk)
    if held.user is None:
        return
    held.mailed_at, held.mail_failed_at = (at, None) if is_sent else (held.mailed_at, at)
    held.save(update_fields=["mailed_at", "mail_failed_at"])
    code = "access_link_mailed" if is_sent else "access_link_mail_failed"
    facts = {"purpose": held.purpose}
    audit.record(stream=held.user.journal_stream, code=code, by=by.id, at=at, facts=facts, subject=held.user.id)


@write(quiet="a link that ended long ago opens nothing; that it was made and used stays on the journal")
def forget_links(*, at: datetime) -> int:
    """Delete links to choose a new password that ended two days ago; how many."""
    gone = AccessLink.objects.filter(purpose=LinkPurpose.RESET, expires_at__lt=at - rules.LINKS_KEPT)
    return gone.delete()[0]


@write
def choose_password(*, user: User, password: str, by: Actor, at: datetime) -> None:
    """Set a password after Django's validators; no link made before opens the account any more.

    Raises ValidationError on a weak one.
    """
    validate_password(password, user)
    close_links(user=user, at=at)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(stream=user.journal_stream, code="password_set", by=by.id, at=at, subject=user.id)


@write(quiet="what closes them is on the journal: a password, a sign-on, sessions that were ended")
def close_links(*, user: User, at: datetime) -> None:
    """Have no link to a password of this person open anything from now on."""
    AccessLink.objects.filter(user=user, used_at=None).update(used_at=at)


@write
def change_user(
    *,
    user: User,
    name: str,
    roles: Collection[Role],
    teams: Collection[Team],
    is_active: bool,
    is_away: bool,
    by: Actor,
    at: datetime,
) -> User:
    """Change a person's name, rights and presence, at once. Refuses to leave the house without an administrator."""
    require(by, Permission.MANAGE_USERS)
    if not roles:
        raise rules.NoRole
    hold("administrators")
    held = User.objects.select_for_update().get(pk=user.pk)
    if not (is_active and Role.ADMINISTRATOR in roles) and _is_last_administrator(held):
        raise rules.LastAdministrator
    if held.is_active and not is_active:
        held.sessions_ended += 1  # they are out at their next request, and stay out should they be let in again
    held.name, held.roles = " ".join(name.split())[:120], sorted(roles)
    held.is_active, held.is_away = is_active, is_away
    held.save(update_fields=["name", "roles", "is_active", "is_away", "sessions_ended"])
    held.teams.set(teams)
    audit.record(
        stream=held.journal_stream,
        code="user_changed",
        by=by.id,
        at=at,
        rows=[(held, ["name", "roles", "teams", "is_active", "is_away"])],
        subject=held.id,
    )
    return held


def _is_last_administrator(user: User) -> bool:
    others = User.objects.filter(is_active=True, roles__contains=[Role.ADMINISTRATOR]).exclude(pk=user.pk)
    return Role.ADMINISTRATOR in user.roles and user.is_active and not others.exists()


@write
def save_team(*, team: Team | None, entity: Entity, name: str, by: Actor, at: datetime) -> Team:
    """Make a team, or rename one. Refuses a name another team of the entity has."""
    require(by, Permission.MANAGE_USERS)
    cleaned = " ".join(name.split())[:120]
    hold(f"teams:{entity.pk}")
    if Team.objects.filter(entity=entity, name__iexact=cleaned).exclude(pk__in=[team.pk] if team else []).exists():
        raise rules.TeamNameTaken
    held = team or Team(entity=entity)
    held.name = cleaned
    held.save()
    audit.record(stream="settings", code="team_saved", by=by.id, at=at, rows=[(held, None)])
    return held


@write
def change_entity(
    *,
    entity: Entity,
    name: str,
    time_zone: str,
    calendar: str,
    mediator: str,
    postal: str | None = None,
    phone: str | None = None,
    by: Actor,
    at: datetime,
) -> Entity:
    """Change what letters and clocks of an entity rest on. Clocks already running keep what they were started with.

    `postal` holds the lines of the house's envelope, `phone` its number; None leaves what is there.
    """
    require(by, Permission.SETTINGS)
    held = Entity.objects.select_for_update().get(pk=entity.pk)
    held.name, held.time_zone, held.calendar = " ".join(name.split())[:200], time_zone, calendar
    held.mediator = mediator.strip()
    if postal is not None:
        held.postal = "\n".join(" ".join(line.split()) for line in postal.splitlines() if line.strip())
    if phone is not None:
        held.phone = " ".join(phone.split())[:40]
    columns = ["name", "time_zone", "calendar", "mediator", "postal", "phone"]
    held.save(update_fields=columns)
    rows = [(held, columns)]
    audit.record(stream="settings", code="entity_changed", by=by.id, at=at, rows=rows)
    return held


@write
def choose_packs(*, entity: Entity, packs: Collection[str], by: Actor, at: datetime) -> Entity:
    """Change which packs an entity's new files follow, the most specific first. Open files keep theirs.

    Refuses none at all, and a pack that is not usable on the entity's own day.
    """
    require(by, Permission.SETTINGS)
    if not packs:
        raise rules.NoPack
    held = Entity.objects.select_for_update().get(pk=entity.pk)
    order = [pack.code for pack in loader.usable(day_in(at, held.time_zone))]
    unknown = sorted(set(packs) - set(order))
    if unknown:
        raise rules.PackNotUsable(pack=unknown[0])
    held.packs = [code for code in order if code in packs]
    held.save(update_fields=["packs"])
    audit.record(stream="settings", code="packs_chosen", by=by.id, at=at, rows=[(held, ["packs"])])
    return held


@write
def name_addresses(*, by: Actor, at: datetime) -> None:
    """Give every entity that has none the name its public form has in its address. Those there are stay."""
    hold("slugs")
    for entity in Entity.objects.filter(slug="").order_by("id"):
        entity.slug = _free_address_name(entity)
        entity.save(update_fields=["slug"])
        audit.record(stream="settings", code="form_changed", by=by.id, at=at, rows=[(entity, ["slug"])])


def _free_address_name(entity: Entity) -> str:
    """A name made of the entity's own that no other has."""
    wished = rules.address_name(entity.name)
    taken = set(Entity.objects.exclude(pk=entity.pk).values_list("slug", flat=True))
    room = rules.ADDRESS_NAME_LENGTH - 4
    numbered = (f"{wished[:room]}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (wished, *numbered) if name not in taken)


@write
def change_form(*, entity: Entity, slug: str, privacy: str, by: Actor, at: datetime) -> Entity:
    """Change where an entity's public form is, and what its pages say of personal data.

    Links made with the former name still lead there when the entity is the only one. Refuses a name that is another
    entity's, or that no address can hold.
    """
    require(by, Permission.SETTINGS)
    cleaned = rules.check_address_name(slug)
    hold("slugs")
    held = Entity.objects.select_for_update().get(pk=entity.pk)
    if Entity.objects.filter(slug=cleaned).exclude(pk=held.pk).exists():
        raise rules.AddressNameTaken
    held.slug, held.privacy = cleaned, privacy.strip()
    held.save(update_fields=["slug", "privacy"])
    audit.record(stream="settings", code="form_changed", by=by.id, at=at, rows=[(held, ["slug", "privacy"])])
    return held


@write
def change_colour(*, entity: Entity, colour: str, by: Actor, at: datetime) -> Theme:
    """Have an entity's public pages wear a colour, as far as it can be read; an empty one gives ours back.

    Raises BadColour.
    """
    require(by, Permission.SETTINGS)
    held = _held_theme(entity)
    held.colour = str(theme.read(colour)) if colour.strip() else ""
    return _wear(held, ["colour"], by, at)


@write
def change_logo(*, entity: Entity, logo: theme.DrawnLogo | None, by: Actor, at: datetime) -> Theme:
    """Have an entity's public pages show a logo that was drawn anew, or its initial when there is none."""
    require(by, Permission.SETTINGS)
    held = _held_theme(entity)
    held.logo = logo.data if logo else None
    held.logo_type = "image/png" if logo else ""
    held.logo_sha256 = hashlib.sha256(logo.data).hexdigest() if logo else ""
    held.logo_width, held.logo_height = (logo.width, logo.height) if logo else (0, 0)
    held.logo_ink = (logo.ink or "") if logo else ""
    return _wear(held, ["logo_type", "logo_sha256", "logo_ink"], by, at)


@write
def change_public_pages(
    *,
    entity: Entity,
    slug: str,
    privacy: str,
    colour: str,
    logo: theme.DrawnLogo | None,
    drops_logo: bool,
    by: Actor,
    at: datetime,
) -> Entity:
    """All that a house says of its public pages, or nothing of it. Without a `logo` the one that is there stays."""
    held = change_form(entity=entity, slug=slug, privacy=privacy, by=by, at=at)
    worn = Theme.objects.filter(entity=held).first()
    if colour.strip() != (worn.colour if worn else ""):
        change_colour(entity=held, colour=colour, by=by, at=at)
    if logo is not None or (drops_logo and worn is not None and worn.logo_sha256):
        change_logo(entity=held, logo=logo, by=by, at=at)
    return held


def _held_theme(entity: Entity) -> Theme:
    """The entity's own, made when it is first changed; one at a time."""
    hold(f"theme:{entity.pk}")
    return Theme.objects.filter(entity=entity).first() or Theme(entity=entity)


def _wear(held: Theme, columns: list[str], by: Actor, at: datetime) -> Theme:
    is_new = held._state.adding  # noqa: SLF001
    held.save()
    audit.record(stream="settings", code="theme_changed", by=by.id, at=at, rows=[(held, None if is_new else columns)])
    return held


@write
def note_failed_entry(*, user: User | None, by: Actor, at: datetime) -> None:
    """Write a failed try at the door: on the person's chain, or on the door's own when the address is nobody's.

    Both cost the same, so that the time of the answer tells nobody which addresses are known.
    """
    stream, subject = (user.journal_stream, user.id) if user else (DOOR, None)
    audit.record(stream=stream, code="sign_in_failed", by=by.id, at=at, subject=subject)


@write
def note_sign_in(*, user: User, code: str, by: Actor, at: datetime, means: Collection[str] = ()) -> None:
    """Write on a person's chain that they signed in or out (`code`), and by what `means`: codes, in their order."""
    facts = {"means": list(means)} if means else {}
    audit.record(stream=user.journal_stream, code=code, by=by.id, at=at, facts=facts, subject=user.id)


@write
def end_sessions(*, user: User, by: Actor, at: datetime) -> User:
    """Close every session of a person at their next request. Who may: the person, an administrator."""
    if by.user_id != user.id:
        require(by, Permission.MANAGE_USERS)
    held = User.objects.select_for_update().get(pk=user.pk)
    held.sessions_ended += 1
    held.save(update_fields=["sessions_ended"])
    audit.record(stream=held.journal_stream, code="sessions_ended", by=by.id, at=at, subject=held.id)
    return held
