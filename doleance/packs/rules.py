"""What a pack says: its clocks, its required blocks, where they come from and how sure we are."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from doleance.kernel.kinds import Kind


class Unit(Kind):
    """How a term is counted. French *jours ouvrables* (Monday to Saturday) are not *jours ouvrés* (to Friday)."""

    HOUR = "h", "heures"
    CALENDAR_DAY = "cd", "jours"
    WEEK = "w", "semaines"
    MONTH = "m", "mois"
    BUSINESS_DAY = "bd", "jours ouvrés"
    WORKING_DAY = "jo", "jours ouvrables"


# Units that count some days of the week only, less public holidays.
COUNTED = frozenset({Unit.BUSINESS_DAY, Unit.WORKING_DAY})


class ClockKind(Kind):
    """One duty with a due moment, in the order a complaint meets them."""

    ACKNOWLEDGE = "acknowledge", "Accusé de réception"
    PROGRESS = "progress", "Point d’étape"
    INTERNAL = "internal", "Objectif interne"
    FINAL = "final", "Réponse au plus tard"
    HOLDING = "holding", "Réponse d’attente"
    EXTENDED = "final_max", "Réponse après prolongation"


# The last day of a file: as the rule sets it, or as a holding reply moved it. A clock of the second kind begins only
# when such a letter leaves, before the first one is past.
LAST = frozenset({ClockKind.FINAL, ClockKind.EXTENDED})


class StartEvent(Kind):
    """What a term runs from. Regimes differ (deadlines.md §1.0, point 3); the last three are the engine's own."""

    SENT = "sent_at", "envoi de la réclamation"
    FIRST_WRITTEN = "first_written_at", "première réclamation écrite"
    RECEIVED = "received_at", "réception de la réclamation"
    REGISTERED = "registered_at", "enregistrement du dossier"
    AWARE = "aware_at", "connaissance des faits"
    DECIDED = "decided_at", "décision"
    LAST_WORD = "last_word", "nos dernières nouvelles au réclamant"
    REOPENED = "reopened", "réouverture du dossier"
    MERGED = "merged", "premier des dossiers réunis"


# What a pack may name: moments that a complaint keeps under these very names.
PACK_EVENTS = frozenset(StartEvent) - {StartEvent.LAST_WORD, StartEvent.REOPENED, StartEvent.MERGED}


class Nature(Kind):
    """How binding a pack is."""

    STATUTE = "statute", "Texte obligatoire"
    RECOMMENDATION = "recommendation", "Recommandation d’un superviseur"
    PRACTICE = "practice_not_statute", "Usage, et non délai de loi"
    PROMISE = "house_promise", "Promesse de la maison"


# A clock may call itself statutory only under these.
BINDING = frozenset({Nature.STATUTE, Nature.RECOMMENDATION})


class Certainty(Kind):
    """How a fact was checked (deadlines.md, marks). What comes from memory alone is never switched on."""

    VERIFIED = "V", "Lu dans le texte"
    SECONDARY = "S", "Lu dans une source secondaire"
    MEMORY = "M", "Non vérifié"


class Audience(Kind):
    """Whom a pack protects."""

    CONSUMER = "consumer", "Consommateurs"
    PROFESSIONAL = "professional", "Professionnels"
    ASSOCIATION = "association", "Associations"


class Oral(Kind):
    """What a pack asks when somebody complains by word of mouth."""

    INVITE = "invite_to_write", "Inviter à écrire"


class Letter(Kind):
    """A letter that a required block stands in."""

    ACKNOWLEDGEMENT = "acknowledgement", "Accusé de réception"
    HOLDING = "holding", "Réponse d’attente"
    FINAL = "final", "Réponse finale"


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time as a rule states it. `roll_over`: an end on a day of rest moves to the next *jour ouvré*."""

    count: int
    unit: Unit
    roll_over: bool = False


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One duty of a pack. `why` is a French sentence for people; a `repeats` clock starts again once met.

    `unless_final`: it has no object when the final answer itself leaves before it is due.
    """

    kind: ClockKind
    term: Term
    start: StartEvent
    statutory: bool = False
    repeats: bool = False
    unless_final: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Must:
    """A named block that some letters must hold; its words come from settings, never from a text match.

    `if_refused`: only where the answer refuses what was asked.
    """

    code: str
    label: str
    letters: frozenset[Letter]
    if_refused: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """One version of a pack. `valid_to` is its last day; none, it holds until a later version begins.

    `replaces` names the packs that it stands for where both are followed; `oral` is what it asks when somebody speaks.
    """

    code: str
    version: int
    label: str
    nature: Nature
    certainty: Certainty
    valid_from: date
    valid_to: date | None
    checked_on: date
    source: tuple[str, ...]
    audience: frozenset[Audience]
    clocks: tuple[ClockRule, ...]
    must: tuple[Must, ...]
    replaces: frozenset[str] = frozenset()
    oral: Oral | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it may be switched on: somebody read it somewhere."""
        return self.certainty is not Certainty.MEMORY

    def clock(self, kind: ClockKind) -> ClockRule | None:
        """Its rule for one duty, when it has one."""
        return next((rule for rule in self.clocks if rule.kind is kind), None)


def protects(pack: Pack, status: str) -> bool:
    """Whether a pack holds for a complainant of that status; an unknown one is given the benefit of the doubt."""
    return not pack.audience or status in pack.audience or status not in frozenset(Audience)


def effective(packs: Iterable[Pack]) -> list[Pack]:
    """The packs that hold together, in their order: less those that another of them replaces."""
    held = list(packs)
    replaced = frozenset().union(*(pack.replaces for pack in held))
    return [pack for pack in held if pack.code not in replaced]


def replaced_by(pack: Pack, others: Iterable[Pack]) -> str:
    """The code of the pack among `others` that takes its place, when one does."""
    return next((other.code for other in others if pack.code in other.replaces), "")


def ordered(packs: Iterable[Pack]) -> list[Pack]:
    """The packs of a house, the most specific first: the law before a promise, a country before the Union."""
    rank = {nature: place for place, nature in enumerate(Nature)}
    return sorted(packs, key=lambda pack: (rank[pack.nature], pack.code.startswith("EU-"), pack.code))


def wants_writing(packs: Iterable[Pack]) -> bool:
    """Whether somebody who complains by word of mouth is to be invited to write: a clock waits for a written word."""
    return any(pack.oral is Oral.INVITE for pack in packs)


def effective_hash(pack: Pack) -> str:
    """SHA-256, in hexadecimal, of what decides a date, a right or a required block: no wording, no source.

    Each clock records it, so that a due date can be traced to the rule in force, whatever was edited since.
    """
    decisive: dict[str, Any] = {
        "code": pack.code,
        "version": pack.version,
        "nature": pack.nature.value,
        "audience": sorted(pack.audience),
        "clocks": [_decisive_clock(rule) for rule in pack.clocks],
        "must": [_decisive_must(must) for must in pack.must],
    }
    decisive |= {"replaces": sorted(pack.replaces)} if pack.replaces else {}
    decisive |= {"oral": pack.oral.value} if pack.oral else {}
    text = json.dumps(decisive, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# What packs learnt to say later stands in a hash only where it is said: older packs keep theirs.


def _decisive_clock(rule: ClockRule) -> dict[str, Any]:
    stated = {
        "kind": rule.kind.value,
        "count": rule.term.count,
        "unit": rule.term.unit.value,
        "roll_over": rule.term.roll_over,
        "start": rule.start.value,
        "statutory": rule.statutory,
        "repeats": rule.repeats,
    }
    return stated | ({"unless_final": True} if rule.unless_final else {})


def _decisive_must(must: Must) -> dict[str, Any]:
    stated = {"code": must.code, "letters": sorted(must.letters)}
    return stated | ({"if_refused": True} if must.if_refused else {})


def version_on(versions: tuple[Pack, ...], day: date) -> Pack | None:
    """The version in force on `day`: the latest that has begun, unless it has ended. `versions` is in date order."""
    begun = [pack for pack in versions if pack.valid_from <= day]
    if not begun or (begun[-1].valid_to is not None and begun[-1].valid_to < day):
        return None
    return begun[-1]
