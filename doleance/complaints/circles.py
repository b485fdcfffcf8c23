"""The closed circle of a restricted file: who may be in it, who may not, and that it is never empty (decision 0090).

Pure, as `rules.py`: people are told as facts.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from doleance.accounts.rules import PERMISSIONS, Permission, Role
from doleance.kernel.errors import Refusal

# Those who answer for how files are treated: without one of them, whoever a complaint is about could bury it.
OVERSEERS = frozenset({Role.LEAD, Role.QUALITY})


class NotInCircle(Refusal):
    """A restricted file is handled within its circle."""

    code = "not_in_circle"
    sentence = "{name} n’est pas dans le cercle restreint de ce dossier, ou n’est pas là pour le traiter."


class NobodyHandles(Refusal):
    """Nobody of the circle could handle the file today: its deadlines would pass unseen."""

    code = "circle_without_handler"
    sentence = "Mettez dans le cercle au moins une personne qui traite des dossiers et qui est là."


class NobodyOversees(Refusal):
    """Nobody of the circle answers for how files are treated, though somebody could."""

    code = "circle_without_overseer"
    sentence = "Mettez dans le cercle au moins une personne de la qualité ou responsable d’équipe, hors de cause."


class ConcernedInside(Refusal):
    """Somebody whom the file is about, or who is of their line, would read it."""

    code = "concerned_in_circle"
    sentence = "{name} est en cause, ou responsable d’une personne en cause : le dossier ne lui est pas ouvert."


class CannotRead(Refusal):
    """A circle gives no right to who reads no file."""

    code = "circle_cannot_read"
    sentence = "{name} ne lit pas de dossiers : son rôle ne permet pas de l’ajouter au cercle."


class NotRestricted(Refusal):
    """There is no circle to open."""

    code = "not_restricted"
    sentence = "Ce dossier n’est pas réservé à un cercle."


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the house, who left it perhaps: their line stays theirs. `is_here`: active, and not away."""

    id: UUID
    name: str
    roles: frozenset[Role]
    teams: frozenset[UUID]
    is_here: bool = True
    is_active: bool = True

    def may(self, *permissions: Permission) -> bool:
        """Whether a role of theirs grants one of `permissions`."""
        return any(permission in PERMISSIONS[role] for role in self.roles for permission in permissions)

    @property
    def reads(self) -> bool:
        """Whether they read files at all."""
        return self.is_active and self.may(Permission.READ_TEAM_FILES, Permission.READ_ALL_FILES)

    @property
    def handles(self) -> bool:
        """Whether they can handle a file today."""
        return self.is_here and self.may(Permission.HANDLE)

    @property
    def oversees(self) -> bool:
        """Whether they are there and answer for how files are treated."""
        return self.is_here and not OVERSEERS.isdisjoint(self.roles)


def line(concerned: Collection[UUID], everybody: Collection[Person]) -> frozenset[UUID]:
    """The people a file is about, and those of their line: the leads of their teams."""
    teams = {team for one in everybody if one.id in concerned for team in one.teams}
    leads = {one.id for one in everybody if Role.LEAD in one.roles and not teams.isdisjoint(one.teams)}
    return frozenset(concerned) | leads


def check(*, inside: Collection[UUID], concerned: Collection[UUID], everybody: Collection[Person]) -> None:
    """Whether these people may make the circle of a file that is about `concerned`, among all those of the house.

    Raises ConcernedInside, CannotRead, NobodyHandles, NobodyOversees. The last one not in a house where nobody out of
    the matter could: then whoever handles it answers for it.
    """
    shut = line(concerned, everybody)
    members = [one for one in everybody if one.id in inside]
    for one in members:
        if one.id in shut:
            raise ConcernedInside(name=one.name)
        if not one.reads:
            raise CannotRead(name=one.name)
    if not any(one.handles for one in members):
        raise NobodyHandles
    could = any(one.oversees and one.id not in shut for one in everybody)
    if could and not any(one.oversees for one in members):
        raise NobodyOversees


def substitutes(
    *, inside: Collection[UUID], concerned: Collection[UUID], team: UUID, everybody: Collection[Person]
) -> Sequence[Person]:
    """Who joins a circle in which nobody could handle the file any more, or nobody oversees it any more.

    The leads who are there and out of the matter; failing that quality, who can bring somebody in; failing that
    whoever handles files, where nobody does. Where the file says of nobody that it is about them, the leads of its own
    `team` come after those: it may be.
    """
    members = [one for one in everybody if one.id in inside]
    is_handled = any(one.handles for one in members)
    if is_handled and any(one.oversees for one in members):
        return ()
    shut = line(concerned, everybody)
    there = [one for one in everybody if one.is_here and one.reads and one.id not in shut and one.id not in inside]
    near = [one for one in there if Role.LEAD in one.roles and team in one.teams and not concerned]
    far = [one for one in there if one not in near]
    groups = (
        [one for one in far if Role.LEAD in one.roles],
        [one for one in far if Role.QUALITY in one.roles],
        near,
        [one for one in far if one.handles and not is_handled],
    )
    return next((group for group in groups if group), ())
