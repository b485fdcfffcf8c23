"""States and moves, outcomes, the closing checklist. The only place where a move is allowed or refused."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from doleance.accounts.rules import Actor, Permission, may
from doleance.kernel.errors import NotAllowed, Refusal
from doleance.kernel.kinds import Kind, gettext_noop

# The channels by which somebody speaks and writes nothing.
ORAL = frozenset({"phone"})


class State(Kind):
    """Where a complaint stands.

    `follow_up` and `forwarded` wait for the stories that bring files there: the table knows their moves already, and
    no action makes them yet. `merged` is a stub: the matter goes on in another file.
    """

    RECEIVED = "received", "À prendre"
    ASSESSMENT = "assessment", "En cours"
    INVESTIGATION = "investigation", "En enquête"
    WAITING = "waiting_complainant", "Attente de sa réponse"
    DECIDED = "decided", "Décidé"
    ANSWERED = "answered", "Répondu"
    CONTESTED = "contested", "Réponse contestée"
    FOLLOW_UP = "follow_up", "En suivi"
    CLOSED = "closed", "Clos"
    REOPENED = "reopened", "Rouvert"
    WITHDRAWN = "withdrawn", "Retiré"
    FORWARDED = "forwarded", "Transmis"
    MERGED = "merged", "Réuni"


OPEN = frozenset(
    {
        State.RECEIVED,
        State.ASSESSMENT,
        State.INVESTIGATION,
        State.WAITING,
        State.DECIDED,
        State.CONTESTED,
        State.REOPENED,
    }
)
# What a new message from the complainant brings back to work.
SETTLED = frozenset({State.ANSWERED, State.FOLLOW_UP, State.CLOSED, State.WITHDRAWN, State.FORWARDED})
# Nothing is done there any more, unless the file is reopened.
OVER = frozenset({State.CLOSED, State.WITHDRAWN, State.FORWARDED, State.MERGED})
# What may become a stub of another file.
MERGEABLE = OPEN | SETTLED
# Where a person works on the grievances.
WORKING = frozenset({State.ASSESSMENT, State.INVESTIGATION})


class Outcome(Kind):
    """The finding on one grievance (ISO 10002 §7.8; deadlines.md §7)."""

    UPHELD = "upheld", "Fondé"
    PARTLY_UPHELD = "partly_upheld", "Partiellement fondé"
    NOT_UPHELD = "not_upheld", "Non fondé"
    NO_FURTHER_ACTION = "no_further_action", "Sans suite"
    WITHDRAWN = "withdrawn", "Retiré"
    OUT_OF_SCOPE = "out_of_scope", "Hors champ"
    FORWARDED = "forwarded", "Transmis"


class GrievanceState(Kind):
    """The small life of one grievance."""

    PROPOSED = "proposed", "Proposé"
    ACCEPTED = "accepted", "À prendre"
    IN_PROGRESS = "in_progress", "En cours"
    DECIDED = "decided", "Décidé"
    WITHDRAWN = "withdrawn", "Retiré"
    DROPPED = "dropped", "Écarté"


LIVE = frozenset({GrievanceState.ACCEPTED, GrievanceState.IN_PROGRESS, GrievanceState.DECIDED})


class ExchangeKind(Kind):
    """One item of the conversation. A note never leaves the house; what a machine answers is nobody's word."""

    INBOUND = "inbound", "Reçu"
    AUTOMATIC = "automatic", "Réponse automatique"
    OUTBOUND = "outbound", "Envoyé"
    NOTE = "note", "Note interne"


class Waiting(Kind):
    """Whose turn it is."""

    US = "us", "C’est à nous"
    COMPLAINANT = "complainant", "C’est au réclamant"
    NOBODY = "nobody", "Rien n’est attendu"


class LinkUse(Kind):
    """Where a link to follow a file stands."""

    RECEIPT = "receipt", "Adresse du reçu"
    MAIL = "mail", "Lien d’un courriel"


class Guard(Kind):
    """What a move asks of the file, checked by `may_move` on facts."""

    NONE = "none", ""
    ALL_DECIDED = "all_decided", "Chaque grief a une issue"
    CHECKLIST = "checklist", "La liste de clôture est complète"
    REASON = "reason", "Une raison est écrite"


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed move: who may make it (None: Doléance only), its guard, what the complainant is told.

    `theirs` says that the complainant may make it, on their own file, and under which guard.
    """

    who: Permission | None
    guard: Guard = Guard.NONE
    tells: str = ""
    theirs: Guard | None = None


_HANDLE = Permission.HANDLE
_REOPENED = gettext_noop("Votre dossier est rouvert.")
# The reason on the journal when a message reopens a file, be it attached by a person's hand.
NEW_MESSAGE = gettext_noop("Un nouveau message du réclamant est arrivé.")
_WITHDRAWN = gettext_noop("Votre réclamation est retirée.")
_CONTESTED = Move(_HANDLE, Guard.REASON, gettext_noop("Un second examen est ouvert."), theirs=Guard.REASON)

MOVES: dict[tuple[State, State], Move] = {
    (State.RECEIVED, State.ASSESSMENT): Move(_HANDLE, tells=gettext_noop("Une personne suit votre dossier.")),
    (State.ASSESSMENT, State.INVESTIGATION): Move(_HANDLE, tells=gettext_noop("Nous recherchons ce qui s’est passé.")),
    (State.ASSESSMENT, State.DECIDED): Move(_HANDLE, Guard.ALL_DECIDED),
    (State.INVESTIGATION, State.DECIDED): Move(_HANDLE, Guard.ALL_DECIDED),
    (State.DECIDED, State.INVESTIGATION): Move(_HANDLE),
    (State.DECIDED, State.ANSWERED): Move(None, Guard.ALL_DECIDED, gettext_noop("Notre réponse vous est envoyée.")),
    (State.ASSESSMENT, State.WAITING): Move(_HANDLE, tells=gettext_noop("Nous attendons votre réponse.")),
    (State.INVESTIGATION, State.WAITING): Move(_HANDLE, tells=gettext_noop("Nous attendons votre réponse.")),
    (State.WAITING, State.INVESTIGATION): Move(_HANDLE, theirs=Guard.NONE),
    # A closed file may be contested too: closing is our word, not the complainant's.
    **{(state, State.CONTESTED): _CONTESTED for state in (State.ANSWERED, State.FOLLOW_UP, State.CLOSED)},
    (State.CONTESTED, State.INVESTIGATION): Move(_HANDLE),
    (State.REOPENED, State.INVESTIGATION): Move(_HANDLE),
    (State.ANSWERED, State.CLOSED): Move(_HANDLE, Guard.CHECKLIST, gettext_noop("Votre dossier est clos.")),
    # Told nobody (no contact at all): the checklist says so, and only a written reason forces it.
    (State.DECIDED, State.CLOSED): Move(_HANDLE, Guard.CHECKLIST),
    **{(state, State.REOPENED): Move(_HANDLE, Guard.REASON, _REOPENED, theirs=Guard.NONE) for state in SETTLED},
    # Whoever complains owes no reason for ceasing to.
    **{(state, State.WITHDRAWN): Move(_HANDLE, Guard.REASON, _WITHDRAWN, theirs=Guard.NONE) for state in OPEN},
    **{(state, State.FORWARDED): Move(_HANDLE, Guard.REASON) for state in OPEN},
    # A duplicate that was answered is merged too; separated, it goes back to where it stood.
    **{(state, State.MERGED): Move(_HANDLE) for state in MERGEABLE},
    **{(State.MERGED, state): Move(_HANDLE) for state in MERGEABLE},
}


class MoveRefused(Refusal):
    """The table has no such move."""

    code = "move_refused"
    sentence = "Un dossier « {origin} » ne peut pas devenir « {target} »."


class NotAllDecided(Refusal):
    """A grievance has no outcome, or there is no grievance at all."""

    code = "not_all_decided"
    sentence = "Il manque l’issue d’un grief. Chaque grief doit en avoir une, et il en faut au moins un."


class NobodySpeaksForThem(Refusal):
    """There is no mandate to see: the complainant speaks for themselves."""

    code = "nobody_speaks_for_them"
    sentence = "Personne ne parle au nom du réclamant dans ce dossier : il n’y a pas de mandat à voir."


class ReasonMissing(Refusal):
    """This is done with a written reason only."""

    code = "reason_missing"
    sentence = "Écrivez la raison : elle sera inscrite au journal."


class ChecklistIncomplete(Refusal):
    """Closing is a checklist; forcing it asks for a reason."""

    code = "checklist_incomplete"
    sentence = (
        "La liste n’est pas complète (points restants : {count}). "
        "Complétez-la, ou écrivez pourquoi vous clôturez quand même."
    )


class EmptyText(Refusal):
    """Nothing was written."""

    code = "empty_text"
    sentence = "Le texte est vide. Écrivez au moins un mot."


class UnknownCategory(Refusal):
    """The taxonomy has no such category, or it is retired."""

    code = "unknown_category"
    sentence = "Choisissez une catégorie dans la liste."


class ClosedFile(Refusal):
    """The file is over (for the work on grievances: settled); it is reopened before it is changed."""

    code = "closed_file"
    sentence = "Ce dossier est terminé. Rouvrez-le avec une raison avant de le modifier."


class NotInTeam(Refusal):
    """A file goes to somebody who is there, in its team, and handles files."""

    code = "not_in_team"
    sentence = "{name} ne peut pas prendre ce dossier : choisissez une personne présente dans cette équipe."


class MergedFile(Refusal):
    """The file is a stub: the matter goes on in another one."""

    code = "merged_file"
    sentence = "Ce dossier est réuni à un autre\u00a0: c’est dans celui-là que cela se fait."


class GrievanceSettled(Refusal):
    """A dropped or withdrawn grievance is not decided."""

    code = "grievance_settled"
    sentence = "Ce grief est écarté ou retiré : il n’attend pas d’issue."


def may_edit(state: State) -> None:
    """Raise ClosedFile when nothing is written there any more. What is answered still gets its causes and lesson."""
    if state in OVER:
        raise ClosedFile


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a guard needs to know of a file. `states` holds one state per grievance, `findings` what was decided.

    `is_stub`: it leads to another file; only who separates them takes it out of there, to where it stood.
    """

    states: Sequence[GrievanceState]
    findings: frozenset[Outcome] = frozenset()
    told: bool = False
    causes_missing: int = 0
    lesson_known: bool = False
    leaving: int = 0
    is_stub: bool = False


def all_decided(states: Sequence[GrievanceState]) -> bool:
    """Whether at least one grievance is live or withdrawn and none still waits for its outcome."""
    counted = [state for state in states if state != GrievanceState.DROPPED]
    return bool(counted) and all(state in {GrievanceState.DECIDED, GrievanceState.WITHDRAWN} for state in counted)


class Check(Kind):
    """The closing checklist (domain.md, State of a complaint). Remedies join with their story."""

    OUTCOMES = "outcomes", "Chaque grief a une issue"
    TOLD = "told", "Le réclamant a reçu la réponse"
    CAUSES = "causes", "La cause de chaque grief est écrite"
    LESSON = "lesson", "On sait s’il y a une leçon à tirer"
    OUTBOX = "outbox", "Plus rien n’attend de partir"


def checklist(facts: FileFacts) -> list[tuple[Check, bool]]:
    """Each point and whether it is met, in the order the screen shows them."""
    return [
        (Check.OUTCOMES, all_decided(facts.states)),
        (Check.TOLD, facts.told),
        (Check.CAUSES, all_decided(facts.states) and facts.causes_missing == 0),  # undecided: its cause is not known
        (Check.LESSON, facts.lesson_known),
        (Check.OUTBOX, facts.leaving == 0),
    ]


def may_move(*, origin: State, target: State, actor: Actor, facts: FileFacts, reason: str = "") -> Move:
    """The move, when the table has it, the actor may, and its guard holds.

    Raises MoveRefused, NotAllowed, NotAllDecided, ReasonMissing or ChecklistIncomplete. A machine needs no reason:
    the event that made it act is one. A closed file is contested only when it was answered; a stub stays.
    """
    move = MOVES.get((origin, target))
    never_answered = origin is State.CLOSED and target is State.CONTESTED and not facts.told
    if move is None or never_answered or facts.is_stub:
        raise MoveRefused(origin=origin, target=target)
    if actor.complaint_id is not None or Permission.RELAY in actor.granted:  # the complainant, or who relays them
        if move.theirs is None:
            raise NotAllowed(permission=Permission.HANDLE.value)
        _check_guard(move.theirs, actor, facts, reason)
        return move
    if not actor.is_machine and (move.who is None or not may(actor, move.who)):
        raise NotAllowed(permission=Permission.HANDLE.value)
    _check_guard(move.guard, actor, facts, reason)
    return move


class SecondReviewer(Refusal):
    """Who gave the contested answer does not judge it again while somebody else can (ISO 10002 §7.9)."""

    code = "second_reviewer"
    sentence = (
        "{name} a donné la réponse qui est contestée : le second examen revient à une autre personne de l’équipe."
    )


def may_review(*, state: State, name: str, is_first: bool, others: int) -> None:
    """Raise SecondReviewer when the first reviewer would work on a contested file that one of `others` could take.

    A house of one person has nobody else.
    """
    if is_first and others and state in OPEN:
        raise SecondReviewer(name=name)


def _check_guard(guard: Guard, actor: Actor, facts: FileFacts, reason: str) -> None:
    if guard is Guard.ALL_DECIDED and not all_decided(facts.states):
        raise NotAllDecided
    if guard is Guard.REASON and not actor.is_machine and not reason.strip():
        raise ReasonMissing
    if guard is Guard.CHECKLIST and not reason.strip():
        missing = sum(1 for _, met in checklist(facts) if not met)
        if missing:
            raise ChecklistIncomplete(count=missing)


def waiting_on(state: State) -> Waiting:
    """Whose turn it is in that state."""
    if state in {State.WAITING, State.ANSWERED, State.FOLLOW_UP}:
        return Waiting.COMPLAINANT
    return Waiting.US if state in OPEN else Waiting.NOBODY


_PREFIXES = ("re:", "ré:", "rép:", "re :", "rép :", "tr:", "tr :", "fw:", "fwd:", "aw:", "wg:")


def title_from(subject: str, text: str) -> str:
    """A first title for a file: the subject without its reply prefixes, else the first words of the text."""
    title = " ".join(subject.split())
    trimmed = True
    while trimmed:
        trimmed = False
        for prefix in _PREFIXES:
            if title.lower().startswith(prefix):
                title, trimmed = title[len(prefix) :].strip(), True
    if not title:
        title = " ".join(text.split())[:120].rsplit(" ", 1)[0] if len(text) > 120 else " ".join(text.split())
    return title[:200]


def verdict(outcomes: Iterable[Outcome]) -> Outcome | None:
    """One finding for a whole file, for lists: the common one; in part, when something was found and not all was.

    None when nothing is decided. What was withdrawn or set elsewhere colours nothing beside a finding on the merits.
    """
    found = set(outcomes)
    merits = found & {Outcome.UPHELD, Outcome.PARTLY_UPHELD, Outcome.NOT_UPHELD} or found
    if len(merits) <= 1:
        return next(iter(merits), None)
    if merits & {Outcome.UPHELD, Outcome.PARTLY_UPHELD}:
        return Outcome.PARTLY_UPHELD
    return Outcome.NO_FURTHER_ACTION


_CITES = re.compile(r"\s*>")
_ANNOUNCES = re.compile(
    r".*(?:a écrit|wrote)\s*:\s*$|-{2,}\s*(?:Message d[’']origine|Original Message)", re.IGNORECASE
)
_ANNOUNCE_BEGINS = re.compile(r"(?:Le|On) .*\d")


def split_quoted(text: str) -> tuple[str, str]:
    """What a mail says, and the earlier mail quoted at its end as mail programs do; the second may be empty.

    Only a tail is set apart, and never the whole: an answer written between the lines of a quote stays in sight.
    """
    lines = text.splitlines(keepends=True)
    cut = len(lines)
    while cut and (_CITES.match(lines[cut - 1]) or not lines[cut - 1].strip()):
        cut -= 1
    if not any(_CITES.match(line) for line in lines[cut:]):
        return text, ""
    if cut and _ANNOUNCES.match(lines[cut - 1]):
        cut -= 1
        if cut and not _ANNOUNCE_BEGINS.match(lines[cut]) and _ANNOUNCE_BEGINS.match(lines[cut - 1]):
            cut -= 1  # « Le jeu. 12 nov. 2026 à 08:47, Hélène <…> » then « a écrit : » on the next line
    said = "".join(lines[:cut]).rstrip()
    return (said, "".join(lines[cut:]).strip("\n")) if said else (text, "")
