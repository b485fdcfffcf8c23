"""When a grievance may be decided, when an answer may leave, and what it must hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from doleance.complainants.rules import (
    COURT_BLOCKS,
    MEDIATOR_BLOCK,
    MEDIATOR_BLOCKS,
    AddressInvalid,
    names_mediator,
)
from doleance.complaints.rules import GrievanceSettled, GrievanceState, MoveRefused, Outcome, State, all_decided
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind, gettext_noop
from doleance.packs.rules import Must

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


class NotAccepted(Refusal):
    """What was read in a message is a grievance once a person says so."""

    code = "not_accepted"
    sentence = "Ce grief est une proposition\u00a0: acceptez-le d’abord, ou écartez-le."


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
    sentence = (
        "Ce réclamant n’a pas d’adresse de courriel\u00a0: écrivez-en une dans le dossier, ou répondez par une lettre "
        "à imprimer."
    )


class AlreadyLeaving(Refusal):
    """One final answer at a time: nobody is answered twice."""

    code = "already_leaving"
    sentence = "Une réponse finale est déjà en train de partir. Retenez-la d’abord si elle doit changer."


class NothingToPutOff(Refusal):
    """A holding reply moves a last day that its pack lets move, once, before it is over."""

    code = "nothing_to_put_off"
    sentence = (
        "Aucune échéance de ce dossier ne peut être portée plus loin par une réponse d’attente, ou elle est passée. "
        "Vous pouvez envoyer un message d’étape ; votre texte est gardé."
    )


class HoldingLeaving(Refusal):
    """One holding reply at a time: two would promise two days."""

    code = "holding_leaving"
    sentence = "Une réponse d’attente est déjà en train de partir. Retenez-la d’abord si elle doit changer."


# The blocks that join a letter by themselves; every other one is looked for in the words of who writes it.
AUTHORITY_BLOCK = "authority"
UNTIL_BLOCK = "final_date"
JOINED = MEDIATOR_BLOCKS | COURT_BLOCKS | {AUTHORITY_BLOCK, UNTIL_BLOCK}

MEDIATOR_SENTENCE = gettext_noop(
    "Si cette réponse ne vous convient pas, vous pouvez saisir gratuitement le médiateur de la consommation, "
    "dans l’année qui suit votre réclamation écrite ; un second examen de notre part reste possible."
)


# Regulation (EU) 2016/679, art. 12(4) and 77(1): the person chooses the authority, by where they live, by where they
# work or by where they say the fault lies.
AUTHORITY_SENTENCE = gettext_noop(
    "Si vous estimez que vos droits sur vos données ne sont pas respectés, vous pouvez adresser une réclamation à "
    "l’autorité de contrôle du pays où vous habitez, où vous travaillez ou où les faits ont eu lieu "
    "(en France, la CNIL : https://www.cnil.fr/fr/plaintes)."
)
COURT_SENTENCE = gettext_noop("Vous gardez dans tous les cas le droit de saisir la justice.")
# What the packs that know a later limit want told: the day of the answer (directive 2015/2366, art. 101(2)).
HOLDING_SENTENCE = gettext_noop("Notre réponse vous parviendra au plus tard le {day}.")


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What decides whether a reply may leave. `musts` are the blocks the file's packs require of a final answer.

    `refused`: the findings refuse something of what was asked, which some packs want explained further.

    `postal` is the envelope of a letter, empty for a mail; `page`, that the answer is left on the page to follow the
    file, because no address is known; `bounced` a mail address from which a mail came back, when
    the party has no other one; `final_bounced` that the last final answer came back.
    """

    state: State
    grievances: Sequence[GrievanceState]
    address: str
    musts: frozenset[str]
    is_consumer: bool
    mediator: str
    final_leaving: bool
    refused: bool = False
    postal: str = ""
    page: bool = False
    bounced: str = ""
    final_bounced: bool = False

    @property
    def is_to_answer_again(self) -> bool:
        """Whether the answer that was given came back: another may take its place in a file that is not over."""
        return self.final_bounced and self.state in {State.ANSWERED, State.FOLLOW_UP}


def may_decide(*, state: State, grievance: GrievanceState, outcome: Outcome, reasons: str) -> None:
    """Raise NotWorkedOn, GrievanceSettled, NotAccepted or ReasonsMissing unless this finding may be written."""
    if state not in {State.ASSESSMENT, State.INVESTIGATION, State.DECIDED}:
        raise NotWorkedOn(state=state)
    if grievance in {GrievanceState.DROPPED, GrievanceState.WITHDRAWN}:
        raise GrievanceSettled
    if grievance is GrievanceState.PROPOSED:
        raise NotAccepted
    if outcome in NEEDS_REASONS and not reasons.strip():
        raise ReasonsMissing(outcome=outcome)


# From where a person says that the work goes on. What is decided goes back by its grievances only, never by a button.
RESUMABLE = frozenset({State.WAITING, State.REOPENED, State.CONTESTED})


def may_resume(state: State) -> None:
    """Raise MoveRefused unless the work on such a file may be taken up again."""
    if state not in RESUMABLE:
        raise MoveRefused(origin=state, target=State.INVESTIGATION)


def may_reply(facts: AnswerFacts) -> None:
    """Raise unless a message of progress may leave: there is an address, of mail or on an envelope, or a page."""
    if facts.postal or facts.address or facts.page:
        return
    if facts.bounced:
        raise AddressInvalid(address=facts.bounced)
    raise NoAddress


def may_put_off(facts: AnswerFacts, *, before: datetime | None, leaves_at: datetime, is_leaving: bool) -> None:
    """Raise unless a holding reply may leave at `leaves_at`; it must before `before`, None when it moves nothing."""
    may_reply(facts)
    if is_leaving:
        raise HoldingLeaving
    if before is None or leaves_at >= before:
        raise NothingToPutOff


def may_answer(facts: AnswerFacts) -> None:
    """Raise unless the final answer may leave: an address, each grievance decided, the required blocks filled.

    Once: another leaves when the first one came back.
    """
    may_reply(facts)
    if facts.final_leaving:
        raise AlreadyLeaving
    is_due = facts.state is State.DECIDED or facts.is_to_answer_again
    if not is_due or not all_decided(facts.grievances):
        raise NotReadyToAnswer
    if needs_mediator(facts) and not facts.mediator.strip():
        raise MediatorMissing


def needs_mediator(facts: AnswerFacts) -> bool:
    """Whether the mediator block joins the answer: a pack asks for it, and nothing says the party is no consumer."""
    return names_mediator(musts=facts.musts, is_consumer=facts.is_consumer)


def needs_court(facts: AnswerFacts) -> bool:
    """Whether the answer says that the courts stay open: a pack asks for the ways of recourse, for anybody."""
    return not COURT_BLOCKS.isdisjoint(facts.musts)


def needs_authority(facts: AnswerFacts) -> bool:
    """Whether the answer names the authority that watches over personal data."""
    return AUTHORITY_BLOCK in facts.musts


def refuses(outcomes: Iterable[Outcome]) -> bool:
    """Whether an answer with these findings refuses something of what was asked."""
    return not NEEDS_REASONS.isdisjoint(outcomes)


@dataclass(frozen=True, slots=True)
class Demand:
    """What the packs of a file want a letter to hold; `is_joined`: it stands there whatever is written.

    `is_mediator`: it is joined as settings hold it, which only somebody who reads them may tell to be complete.
    """

    label: str
    is_joined: bool
    is_mediator: bool = False


def demands(musts: Iterable[Must], *, is_consumer: bool) -> list[Demand]:
    """What is read before a letter leaves, what its writer must look for first.

    The mediator of settings joins what consumers are told. For anybody else a body that a pack wants named is its
    writer's to name; the consumer mediator alone (Code de la consommation, L.616-1) is none of theirs.
    """
    owed = {
        must.label: Demand(
            must.label,
            is_joined=must.code in JOINED and (is_consumer or must.code not in MEDIATOR_BLOCKS),
            is_mediator=is_consumer and must.code in MEDIATOR_BLOCKS,
        )
        for must in musts
        if is_consumer or must.code != MEDIATOR_BLOCK
    }
    return sorted(owed.values(), key=lambda one: one.is_joined)


class NextStep(Kind):
    """What a file asks for now, as one sentence; the screen puts the one button beside it."""

    STUCK = "stuck", "Un envoi n’est pas parti. Lisez pourquoi dans les échanges, puis décidez."
    TAKE = "take", "Personne ne suit ce dossier. Prenez-le, ou confiez-le à quelqu’un."
    RESUME = "resume", "Le dossier est revenu. Relisez ce qui est nouveau, puis reprenez l’examen."
    GRIEVANCE = "grievance", "Écrivez chaque chose dont la personne se plaint : un grief par demande."
    PROPOSALS = "proposals", "Des griefs ont été lus dans le message. Acceptez chacun, corrigez-le ou écartez-le."
    DECIDE = "decide", "Décidez chaque grief : son issue, ses motifs, sa cause."
    ANSWER = "answer", "Tout est décidé. Écrivez la réponse finale."
    LEAVING = "leaving", "La réponse finale part. Vous pouvez encore la retenir."
    BOUNCED = "bounced", "La réponse finale est revenue\u00a0: la personne ne l’a pas lue. Envoyez-la à nouveau."
    WAIT = "wait", "Nous attendons sa réponse. Nos délais courent toujours."
    COMPLETE = "complete", "La réponse est partie. Complétez la liste avant de clore."
    CLOSE = "close", "La réponse est partie et la liste est complète. Vous pouvez clore."
    UNREACHABLE = (
        "unreachable",
        "Aucune adresse où répondre. Ajoutez une adresse postale, ou clôturez avec une raison.",
    )
    NOTHING = "nothing", "Ce dossier est terminé. Un nouveau message le rouvre."


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What decides the next step. `stuck` counts the mails that a person must decide about."""

    state: State
    is_owned: bool
    grievances: Sequence[GrievanceState]
    final_leaving: bool
    stuck: int
    is_reachable: bool
    is_complete: bool
    final_bounced: bool = False


def next_step(facts: StepFacts) -> NextStep:
    """The one thing to do now. A mail in doubt comes before all; then the state says."""
    if facts.stuck:
        return NextStep.STUCK
    match facts.state:
        case State.CLOSED | State.WITHDRAWN | State.FORWARDED | State.MERGED:
            return NextStep.NOTHING
        case State.ANSWERED | State.FOLLOW_UP:
            return _answered_step(facts)
        case State.REOPENED | State.CONTESTED:
            return NextStep.RESUME
        case State.WAITING:
            return NextStep.WAIT
    return _working_step(facts)


def _answered_step(facts: StepFacts) -> NextStep:
    if facts.final_bounced:
        return NextStep.LEAVING if facts.final_leaving else NextStep.BOUNCED
    return NextStep.CLOSE if facts.is_complete else NextStep.COMPLETE


def _working_step(facts: StepFacts) -> NextStep:
    if not facts.is_owned or facts.state is State.RECEIVED:
        return NextStep.TAKE
    if facts.state is State.DECIDED:
        if facts.final_leaving:
            return NextStep.LEAVING
        return NextStep.ANSWER if facts.is_reachable else NextStep.UNREACHABLE
    if GrievanceState.PROPOSED in facts.grievances:
        return NextStep.PROPOSALS
    live = [state for state in facts.grievances if state is not GrievanceState.DROPPED]
    return NextStep.DECIDE if live else NextStep.GRIEVANCE
