"""Roles, permissions, and the actor every action is told about."""

import hmac
import re
import unicodedata
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from doleance.kernel.errors import NotAllowed, Refusal
from doleance.kernel.kinds import Kind

ADDRESS_NAME_LENGTH = 40


class Role(Kind):
    """What a member of staff is; one person may hold several."""

    AGENT = "agent", "Première ligne"
    EXPERT = "expert", "Expert de service"
    LEAD = "lead", "Responsable d’équipe"
    QUALITY = "quality", "Qualité"
    AUDITOR = "auditor", "Audit"
    ADMINISTRATOR = "administrator", "Administrateur"


class Permission(Kind):
    """One thing that a role may do."""

    READ_TEAM_FILES = "read_team_files", "Lire les dossiers de ses équipes"
    READ_ALL_FILES = "read_all_files", "Lire tous les dossiers"
    READ_JOURNAL = "read_journal", "Lire le journal"
    HANDLE = "handle", "Traiter un dossier : griefs, issue, clôture"
    NOTE = "note", "Écrire une note interne"
    SEND = "send", "Écrire au réclamant"
    RESTRICT = "restrict", "Réserver un dossier à un cercle restreint"
    DEPOSIT = "deposit", "Enregistrer une réclamation pour un client"
    RELAY = "relay", "Transmettre ce qu’écrit un réclamant"
    READ_QUARANTINE = "read_quarantine", "Voir la quarantaine"
    SORT_QUARANTINE = "sort_quarantine", "Trier la quarantaine"
    SETTINGS = "settings", "Modifier les réglages"
    MANAGE_USERS = "manage_users", "Gérer les personnes et les équipes"


# The one table. Administrators run the house and read no file; quality reads all and sends nothing;
# auditors read all, the journal too, and write nothing (domain.md, Rights). Anybody else of the house may be told a
# complaint, and writes it down (M02). No role relays: that is for the keys of other programs (`doleance.keys`).
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset(
        {
            Permission.READ_TEAM_FILES,
            Permission.HANDLE,
            Permission.NOTE,
            Permission.SEND,
            Permission.RESTRICT,
            Permission.DEPOSIT,
            Permission.READ_QUARANTINE,
        }
    ),
    Role.EXPERT: frozenset({Permission.DEPOSIT}),
    Role.LEAD: frozenset(
        {
            Permission.READ_TEAM_FILES,
            Permission.HANDLE,
            Permission.NOTE,
            Permission.SEND,
            Permission.RESTRICT,
            Permission.DEPOSIT,
            Permission.READ_QUARANTINE,
            Permission.SORT_QUARANTINE,
        }
    ),
    Role.QUALITY: frozenset(
        {
            Permission.READ_ALL_FILES,
            Permission.NOTE,
            Permission.RESTRICT,
            Permission.DEPOSIT,
            Permission.READ_QUARANTINE,
        }
    ),
    Role.AUDITOR: frozenset({Permission.READ_ALL_FILES, Permission.READ_JOURNAL, Permission.READ_QUARANTINE}),
    Role.ADMINISTRATOR: frozenset({Permission.SETTINGS, Permission.MANAGE_USERS, Permission.DEPOSIT}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `id` is what the journal keeps (`user:<uuid>`, `machine:<name>`, `complainant:<uuid>`, `key:<uuid>`).

    The key of another program holds no role: what it may do is `granted` one by one, in one entity.
    """

    id: str
    name: str
    roles: frozenset[Role] = frozenset()
    teams: frozenset[UUID] = frozenset()
    user_id: UUID | None = None
    is_machine: bool = field(default=False)
    complaint_id: UUID | None = None  # of somebody who follows a file of theirs: that one, and no other
    granted: frozenset[Permission] = frozenset()
    entity_id: UUID | None = None  # of a program: its key is for that entity, for `teams` of it if there are any


def machine(name: str) -> Actor:
    """Doléance itself, under the name of the job or command that acts."""
    return Actor(id=f"machine:{name}", name="Doléance", is_machine=True)


def complainant(complaint_id: UUID) -> Actor:
    """Whoever proved to be the complainant of one file, or to speak for them: no role, and that file only."""
    return Actor(id=f"complainant:{complaint_id}", name="", complaint_id=complaint_id)


def may(actor: Actor, permission: Permission) -> bool:
    """Whether one of the actor's roles, or their key, grants `permission`.

    A machine may do everything: its caller was checked.
    """
    is_granted = permission in actor.granted or any(permission in PERMISSIONS[role] for role in actor.roles)
    return actor.is_machine or is_granted


def require(actor: Actor, permission: Permission) -> None:
    """Raise `NotAllowed` unless the actor may."""
    if not may(actor, permission):
        raise NotAllowed(permission=permission.value)


class LinkPurpose(Kind):
    """What an access link opens."""

    FIRST_RUN = "first_run", "Premier démarrage"
    INVITATION = "invitation", "Invitation"
    RESET = "reset", "Nouveau mot de passe"


LINK_HOURS = {LinkPurpose.FIRST_RUN: 72, LinkPurpose.INVITATION: 72, LinkPurpose.RESET: 1}
LINKS_KEPT = timedelta(days=2)  # after its end, a link to choose a new password serves nothing any more


def link_secret(*, key: bytes, purpose: LinkPurpose, link: UUID) -> str:
    """What opens one link: 128 bits in base64url, from its identifier under a key that is not in the database.

    No row holds it: the job that mails it makes it again. The purpose is part of it, so that one opens nothing else.
    """
    made = hmac.digest(key, f"{purpose.value}:{link}".encode(), "sha256")[:16]
    return urlsafe_b64encode(made).decode().rstrip("=")


class LinkSpent(Refusal):
    """The link is unknown, used or too old: one answer for the three, so that nothing is learned."""

    code = "link_spent"
    sentence = "Ce lien ne sert plus. Demandez-en un nouveau à un administrateur."


class HasPassword(Refusal):
    """An invitation link opens an account: it is for who cannot enter yet, or an administrator could be anybody."""

    code = "has_password"
    sentence = (
        "{name} a déjà un accès, et choisit un autre mot de passe par « Mot de passe oublié ». "
        "Sans serveur de courriel, la commande « doleance access-link » donne un lien."
    )


class LastAdministrator(Refusal):
    """Nobody would be left to run the house."""

    code = "last_administrator"
    sentence = "C’est la dernière personne qui peut régler Doléance. Donnez d’abord ce rôle à quelqu’un d’autre."


class AddressTaken(Refusal):
    """Two people cannot sign in with one address."""

    code = "address_taken"
    sentence = "Cette adresse est déjà celle de {name}."


class TeamNameTaken(Refusal):
    """Two teams of one entity cannot share a name."""

    code = "team_name_taken"
    sentence = "Une équipe porte déjà ce nom."


class AddressNameTaken(Refusal):
    """Two houses cannot share the address of a form."""

    code = "slug_taken"
    sentence = "Une autre entreprise de cette installation a déjà ce nom dans l’adresse. Choisissez-en un autre."


class NoPack(Refusal):
    """Without a pack no file would ever be due."""

    code = "no_pack"
    sentence = "Gardez au moins un référentiel\u00a0: sans lui, aucun nouveau dossier n’aurait d’échéance."


class PackNotUsable(Refusal):
    """A pack is followed while its rules are in force, and once somebody read them."""

    code = "pack_not_usable"
    sentence = "Le référentiel {pack} n’est pas en vigueur, ou n’existe pas. Choisissez dans la liste."


class BadAddressName(Refusal):
    """Not something that stands in an address as it is read aloud."""

    code = "bad_slug"
    sentence = (
        "Écrivez ce nom en minuscules, sans accent ni espace : des lettres, des chiffres et des tirets, "
        "quarante signes au plus, par exemple maison-lavergne."
    )


def address_name(name: str) -> str:
    """The name of a house as the address of its form says it: « Maison Éloïse & fils » gives `maison-eloise-fils`."""
    apart = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words)[:ADDRESS_NAME_LENGTH].strip("-") or "maison"


def check_address_name(text: str) -> str:
    """What somebody wrote as that name, without the spaces around. Raises BadAddressName."""
    cleaned = text.strip().lower()
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cleaned) or len(cleaned) > ADDRESS_NAME_LENGTH:
        raise BadAddressName
    return cleaned


class NoRole(Refusal):
    """A person without a role would see nothing."""

    code = "no_role"
    sentence = "Donnez au moins un rôle à cette personne."


class AlreadySetUp(Refusal):
    """The first-run link works once."""

    code = "already_set_up"
    sentence = "Doléance est déjà installée. Demandez une invitation à un administrateur."
