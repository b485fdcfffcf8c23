"""When two files may be merged, and which grievances of one the other lacks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from doleance.complaints.rules import LIVE, MERGEABLE, OPEN, SETTLED, GrievanceState, State
from doleance.kernel import text
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind

# How far back somebody's other files are looked for: by what is surely theirs, and by a name that sounds the same.
SURE_WINDOW = timedelta(days=365)
NAME_WINDOW = timedelta(days=90)
MOST_CANDIDATES = 200  # files that one file is compared with, the latest first


class Answer(Kind):
    """What a person said of a pair. What is answered is never proposed again, unless somebody takes it back."""

    OPEN = "open", "À dire"
    MERGED = "merged", "Réunis"
    LINKED = "linked", "Liés"
    DIFFERENT = "different", "Deux affaires différentes"


class SameFile(Refusal):
    """A file is not a duplicate of itself."""

    code = "same_file"
    sentence = "C’est le même dossier. Choisissez-en un autre."


class OtherHouse(Refusal):
    """Each company answers for its own files."""

    code = "other_house"
    sentence = "Ces dossiers ne sont pas ceux de la même société\u00a0: liez-les plutôt sans les réunir."


class OtherCircle(Refusal):
    """A merge shows each file to those who read the other one: it never widens who reads a restricted file."""

    code = "other_circle"
    sentence = (
        "Ces dossiers n’ont pas le même cercle restreint\u00a0: les réunir en montrerait un à des personnes qui ne "
        "doivent pas le lire. Rendez d’abord les cercles identiques, ou liez les dossiers sans les réunir."
    )


class KeptNotOpen(Refusal):
    """The file that goes on is one that somebody works on."""

    code = "kept_not_open"
    sentence = (
        "Le dossier {reference} est «\u00a0{state}\u00a0»\u00a0: une réclamation ne peut pas y continuer. "
        "Gardez l’autre, ou rouvrez celui-ci."
    )


class NotMergeable(Refusal):
    """A file that was forwarded or merged already becomes no stub."""

    code = "not_mergeable"
    sentence = "Le dossier {reference} est «\u00a0{state}\u00a0»\u00a0: il ne peut pas être réuni à un autre."


class AnswerLeaving(Refusal):
    """What a final answer that is leaving says must still be so when it has left."""

    code = "merge_answer_leaving"
    sentence = "Une réponse finale est en train de partir de {reference}. Attendez un instant, ou retirez-la."


class NotMerged(Refusal):
    """There is nothing to separate."""

    code = "not_merged"
    sentence = "Ces dossiers ne sont pas réunis, ou ne le sont plus."


class KeptMoved(Refusal):
    """What was merged last is separated first."""

    code = "kept_moved"
    sentence = "{reference} est lui-même réuni à un autre dossier\u00a0: séparez d’abord ceux-là."


class AlreadyAnswered(Refusal):
    """A pair is answered once, until somebody takes the answer back."""

    code = "pair_answered"
    sentence = "Quelqu’un a déjà répondu pour ces deux dossiers\u00a0: «\u00a0{answer}\u00a0»."


class NothingAnswered(Refusal):
    """There is no answer to take back; a merge is taken back by separating."""

    code = "pair_not_answered"
    sentence = "Il n’y a rien à revoir pour ces deux dossiers."


@dataclass(frozen=True, slots=True)
class Side:
    """What a merge asks of one file. `circle`: who is inside and outside, None where it is not restricted."""

    id: UUID
    reference: str
    entity: UUID
    state: State
    circle: Mapping[UUID, bool] | None
    is_leaving: bool = False


def may_merge(*, kept: Side, stub: Side) -> None:
    """Raise SameFile, OtherHouse, OtherCircle, KeptNotOpen, NotMergeable or AnswerLeaving."""
    if kept.id == stub.id:
        raise SameFile
    if kept.entity != stub.entity:
        raise OtherHouse
    if kept.circle != stub.circle:
        raise OtherCircle
    if kept.state not in OPEN:
        raise KeptNotOpen(reference=kept.reference, state=kept.state)
    if stub.state not in MERGEABLE:
        raise NotMergeable(reference=stub.reference, state=stub.state)
    for side in (kept, stub):
        if side.is_leaving:
            raise AnswerLeaving(reference=side.reference)


@dataclass(frozen=True, slots=True)
class PointOf:
    """One grievance as far as a merge compares it."""

    id: UUID
    title: str
    category: str
    state: GrievanceState


def lacking(*, kept: Sequence[PointOf], stub: Sequence[PointOf], stub_state: State) -> list[UUID]:
    """The grievances of the stub that the kept file lacks, in their order; none of a file that was answered.

    The same category and the same title, whatever the accents and capitals, is the same grievance.
    """
    if stub_state in SETTLED:
        return []
    known = {(one.category, text.fold(one.title)) for one in kept if one.state in LIVE}
    found: list[UUID] = []
    for one in stub:
        key = (one.category, text.fold(one.title))
        if one.state in LIVE and key not in known:
            known.add(key)
            found.append(one.id)
    return found


def keeps(first: tuple[State, datetime], second: tuple[State, datetime]) -> bool:
    """Whether the first of two files is the one to keep by default: the earliest that is open."""
    ranks = [(state not in OPEN, received_at) for state, received_at in (first, second)]
    return ranks[0] <= ranks[1]
