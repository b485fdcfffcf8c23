"""To whom what goes: the team of a grief; one gesture on many files, what becomes of each, until when it is undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from doleance.complaints.rules import OVER, State
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind

AT_ONCE = 100  # files; beyond, a job does it, and its report says where it is
MOST = 5_000  # files of one batch
UNDO = timedelta(seconds=15)


class Act(Kind):
    """What is done to many files at once; the code is what forms send."""

    TAKE = "prendre", "Prendre"
    ASSIGN = "confier", "Confier à une personne"
    TEAM = "equipe", "Changer d’équipe"


class Fate(Kind):
    """What becomes of one file of a batch."""

    WAITING = "waiting", "en attente"
    DONE = "done", "fait"
    SAME = "same", "déjà ainsi"
    CLOSED = "closed", "verrouillé, car terminé"
    REVIEWED = "reviewed", "verrouillé, le second examen revient à une autre personne"
    ELSEWHERE = "elsewhere", "dossier d’une autre entreprise"
    GONE = "gone", "n’est plus à vous, ou n’existe pas"
    UNDONE = "undone", "rendu à qui l’avait"
    KEPT = "kept", "changé entre-temps, laissé comme il est"


class NothingChosen(Refusal):
    """A gesture is about some files."""

    code = "nothing_chosen"
    sentence = "Cochez au moins un dossier."


class TooManyChosen(Refusal):
    """More than anybody looks over."""

    code = "too_many_chosen"
    sentence = "C’est plus de {most} dossiers à la fois. Ajoutez une condition à la liste, et recommencez."


class NoTarget(Refusal):
    """Files are given to somebody who is there, or to a team."""

    code = "no_target"
    sentence = "Choisissez à qui confier ces dossiers."


class UndoTooLate(Refusal):
    """The bar is gone; each file can still be given back from its own page."""

    code = "undo_too_late"
    sentence = (
        "Il est trop tard pour annuler d’un coup. Rien n’a changé, et chaque dossier peut être confié à nouveau."
    )


class TeamOfAnother(Refusal):
    """The griefs of a house go to its own teams."""

    code = "team_of_another"
    sentence = "Cette équipe est celle d’une autre entreprise. Choisissez dans la liste."


def fate_of(*, state: State, is_same: bool, is_elsewhere: bool, is_reviewed: bool) -> Fate:
    """What a gesture would make of a file: DONE, or what keeps it as it is.

    `is_reviewed`: the answer that is contested is of the very person it would go to, and a colleague could judge it.
    """
    if state in OVER:
        return Fate.CLOSED
    if is_elsewhere:
        return Fate.ELSEWHERE
    if is_same:
        return Fate.SAME
    return Fate.REVIEWED if is_reviewed else Fate.DONE


def may_undo(*, act: Act, finished_at: datetime | None, undone_at: datetime | None, at: datetime) -> None:
    """Raise UndoTooLate unless files were given away, all are settled, and it was a moment ago.

    What was taken stays taken: the complainant was told that somebody follows their file.
    """
    if act is Act.TAKE or finished_at is None or undone_at is not None or at >= finished_at + UNDO:
        raise UndoTooLate


@dataclass(frozen=True, slots=True)
class Matter:
    """What decides to which team a grief goes: its category, and the team that has its file."""

    category: str
    team: UUID


def choose_team(matter: Matter, rules: Mapping[str, UUID]) -> UUID:
    """The team of a grief, by the rule of its sub-code, else of its branch; without one, the team of its file.

    `rules` are those of the house of the file: a team by the code of a category.
    """
    branch = matter.category.partition(".")[0]
    return next((rules[code] for code in (matter.category, branch) if code in rules), matter.team)
