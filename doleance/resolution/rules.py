"""When a grievance may be decided, when an answer may leave, and what it must hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from doleance.complaints.rules import GrievanceSettled, GrievanceState, Outcome, State, all_decided
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind, gettext_noop

# Findings that must be explained to the complainant (EU-JC guideline 7: a thorough explanation).
NEEDS_REASONS = frozenset(
    {Outcome.PARTLY_UPHELD, Outcome.NOT_UPHELD, Outcome.NO_FURTHER_ACTION, Outcome.OUT_OF_SCOPE, Outcome.FORWARDED}
)


class ReasonsMissing(Refusal):
    """A finding against the complainant, even in part, gives its reasons."""

    code = "reasons_missing"
    sentence = "Écrivez les motifs : « {outcome} » doit être expliqué au réclamant."


class NotWorkedOn(Refusal):
    """Only a file somebody works on is decided or answered."""

    code = "not_worked_on"
    sentence = "Prenez d’abord ce dossier : il est « {state} »."


class NotReadyToAnswer(Refusal):
    """A final answer leaves when each grievance has its outcome."""

    code = "not_ready_to_answer"
    sentence = "La réponse finale part quand chaque grief a une issue. Vous pouvez envoyer un message d’étape."


class MediatorMissing(Refusal):
    """Code de la consommation, L.616-1: the mediator's name and site stand in the answer."""

    code = "mediator_missing"
    sentence = (
        "La réponse finale doit nommer le médiateur. "
        "Un administrateur peut l’écrire dans Réglages, Entreprise ; votre texte est gardé."
    )


class NoAddress(Refusal):
    """There is nowhere to write to."""

    code = "no_address"
    sentence = "Ce réclamant n’a pas d’adresse de courriel : la réponse ne peut pas partir."


class AlreadyLeaving(Refusal):
    """One final answer at a time: nobody is answered twice."""

    code = "already_leaving"
    sentence = "Une réponse finale est déjà en train de partir. Retenez-la d’abord si elle doit changer."


class Block(Kind):
    """What a pack may require a final answer to hold; the words come from settings."""

    MEDIATOR = "mediateur_coordonnees_site", "Médiateur : nom, adresse et site"


MEDIATOR_SENTENCE = gettext_noop(
    "Si cette réponse ne vous convient pas, vous pouvez saisir gratuitement le médiateur de la consommation, "
    "dans l’année qui suit votre réclamation écrite ; un second examen de notre part reste possible."
)


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What decides whether a reply may leave. `musts` are the blocks the file's packs require."""

    state: State
    grievances: Sequence[GrievanceState]
    address: str
    musts: frozenset[str]
    is_consumer: bool
    mediator: str
    final_leaving: bool


def may_decide(*, state: State, grievance: GrievanceState, outcome: Outcome, reasons: str) -> None:
    """Raise NotWorkedOn, GrievanceSettled or ReasonsMissing unless this finding may be written."""
    if state not in {State.ASSESSMENT, State.INVESTIGATION, State.DECIDED}:
        raise NotWorkedOn(state=state.label)
    if grievance in {GrievanceState.DROPPED, GrievanceState.WITHDRAWN}:
        raise GrievanceSettled
    if outcome in NEEDS_REASONS and not reasons.strip():
        raise ReasonsMissing(outcome=outcome.label)


def may_reply(facts: AnswerFacts) -> None:
    """Raise unless a message of progress may leave: there is an address."""
    if not facts.address:
        raise NoAddress


def may_answer(facts: AnswerFacts) -> None:
    """Raise unless the final answer may leave: an address, each grievance decided, the required blocks filled."""
    may_reply(facts)
    if facts.final_leaving:
        raise AlreadyLeaving
    if facts.state is not State.DECIDED or not all_decided(facts.grievances):
        raise NotReadyToAnswer
    if needs_mediator(facts) and not facts.mediator.strip():
        raise MediatorMissing


def needs_mediator(facts: AnswerFacts) -> bool:
    """Whether the mediator block joins the answer: a pack asks for it, and nothing says the party is no consumer."""
    return Block.MEDIATOR in facts.musts and facts.is_consumer
