"""One number for « is it the same complaint? », the relation it proposes, and why. Pure and deterministic."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from doleance.kernel.kinds import Kind
from doleance.understanding.duplicates import people, rarity
from doleance.understanding.duplicates.traits import NEVER, Traits, plain

PROPOSED: Final = 0.5  # from this score on a person is asked
LIKELY: Final = 0.8  # « Probable » on the screen
# From how sure it is that both are one person on, a pair is a duplicate at most, or one if its matter is.
_SURELY: Final = 0.6
_PERHAPS: Final = 0.25
_KNOWN: Final = 0.4  # what the rarity of a word is counted from
_RARE: Final = 0.9  # rare words enough to tell a matter
# What must speak for one matter: of one person, of somebody who may be, of two people.
_OWN: Final = 1.2
_PERSON: Final = 3.0
_MENTIONED = 0.4  # somebody of that family name is spoken of
_OTHERS: Final = 2.7
_UNTOLD: Final = 1.0  # more, where nothing particular is in both


class Relation(Kind):
    """What two messages are to each other."""

    DUPLICATE = "duplicate", "Même réclamation"
    RELATED = "related", "Même affaire, autre personne"


class Reason(Kind):
    """Why a pair is proposed; the screen puts each in words."""

    PERSON = "same_person", "même réclamant"
    EMAIL = "same_email", "même adresse"
    NEAR_EMAIL = "near_email", "adresses presque identiques"
    PHONE = "same_phone", "même téléphone"
    NAME = "same_name", "même nom"
    NEAR_NAME = "near_name", "noms proches"
    ORDER = "same_order", "même référence"
    NEAR_ORDER = "near_order", "références presque identiques"
    AMOUNT = "same_amount", "même montant"
    WORDS = "words", "mêmes mots"
    MEANING = "meaning", "sens proche"
    APART = "apart", "d’écart"


_EVIDENCE = frozenset(Reason) - {Reason.AMOUNT, Reason.WORDS, Reason.MEANING, Reason.APART}


@dataclass(frozen=True, slots=True)
class Because:
    """One reason; `number` is how many words, or how many minutes apart, else 0."""

    reason: Reason
    number: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """How alike two messages are, from 0 to 1, what they are to each other, and why."""

    score: float
    relation: Relation
    why: tuple[Because, ...]

    @property
    def is_proposed(self) -> bool:
        """Whether a person is asked."""
        return self.score >= PROPOSED

    @property
    def is_evident(self) -> bool:
        """Whether a person, an address, a number or a reference speaks for it, and not words alone."""
        return any(one.reason in _EVIDENCE for one in self.why)


@dataclass(frozen=True, slots=True)
class _Who:
    """How surely both are one person or one household, from -1 to 1, and by what."""

    sure: float
    why: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class _What:
    """How much speaks for one matter (log odds, before anything is known of the people), and by what.

    `is_told`: something speaks for it that only one matter has: a reference, a sum, a day, rare words.
    """

    weight: float
    is_told: bool
    why: tuple[Because, ...]


def compare(a: Traits, b: Traits, meaning: float | None = None) -> Match:
    """Compare two messages; `meaning` is how near their vectors are (cosine, None when it is not known).

    One person and one matter is a duplicate; one matter of two people is related, and is linked at most.
    """
    first, second = (a, b) if (a.at, a.id) <= (b.at, b.id) else (b, a)
    who, what = _person(first, second), _matter(first, second, meaning)
    apart = () if NEVER in {a.at, b.at} else (Because(Reason.APART, _minutes(a, b)),)
    why = (*who.why, *what.why, *apart)
    if who.sure >= _PERHAPS:
        own = what.weight + _time(first, second) + _PERSON * (who.sure - 1) - _OWN
        own -= 0 if what.is_told or who.sure == 1 else _UNTOLD
        if who.sure >= _SURELY or own >= 0:
            return Match(_share(own), Relation.DUPLICATE, why)
    others = what.weight - _OTHERS - (0 if what.is_told else _UNTOLD)
    return Match(_share(others), Relation.RELATED, why)


def _share(weight: float) -> float:
    return round(1 / (1 + math.exp(-weight)), 4)


def _minutes(a: Traits, b: Traits) -> int:
    return int(abs(a.at - b.at).total_seconds() // 60)


def _person(a: Traits, b: Traits) -> _Who:
    if a.party and a.party == b.party:
        return _Who(1.0, (Because(Reason.PERSON),))
    mail, handle = people.best_mail(a.emails, b.emails), bool(a.handles & b.handles)
    phone = bool(a.phones & b.phones)
    name = max((people.same_name(one, other) for one in a.names for other in b.names), default=0.0)
    told = 0.0
    if name < people.CLOSE:
        told = max(_named(a, b), _named(b, a), _nicknamed(a, b), _nicknamed(b, a))
    why: list[Because] = []
    if mail or handle:
        why.append(Because(Reason.EMAIL if mail == 1 or handle else Reason.NEAR_EMAIL))
    if phone:
        why.append(Because(Reason.PHONE))
    if max(name, told) >= people.MAYBE:
        why.append(Because(Reason.NAME if name == people.SAME else Reason.NEAR_NAME))
    sure = max(mail, 0.95 if phone or handle else 0.0)
    return _Who(_reached(a, b, sure, name, told) if sure else _unreached(a, b, name, told), tuple(why))


def _reached(a: Traits, b: Traits, sure: float, name: float, told: float) -> float:
    """How sure it is by an address or a number that both have.

    A household shares a telephone and a mailbox: two names at one number are two people, as far as one can tell.
    """
    if a.names and b.names and name <= people.HOUSEHOLD:
        return max(sure - 0.25, told)
    return 1.0 if sure >= 0.85 else max(sure, name, told)


def _unreached(a: Traits, b: Traits, name: float, told: float) -> float:
    """How sure it is by names, a reference or a home alone.

    Two people have one name more often than one person has two mailboxes, two telephones and two orders.
    """
    if name == people.SAME:
        known = ((a.emails, b.emails), (a.phones, b.phones), (a.orders, b.orders))
        name = 0.9 - 0.15 * sum(bool(one and other and not one & other) for one, other in known)
    return max(name, told, 0.7 if _same_order(a, b) else 0.0, 0.5 if a.streets & b.streets else 0.0)


def _named(a: Traits, b: Traits) -> float:
    """What it says of the names of `a` that the text of `b` says them: who wrote it, or for whom."""
    best = 0.0
    theirs = {people.sounds(word) for one in b.names for word in people.words_of(one)}
    for one in a.names:
        words = [word for word in people.words_of(one) if len(word) > 3]
        said = [word for word in words if people.sounds(word) in b.heard - theirs]
        known = [word for word in words if people.sounds(word) in b.heard | theirs]
        if said and len(words) > 1 and len(known) == len(words):
            best = max(best, people.CLOSE)
        elif said and (words[-1] in said or not b.names):
            best = max(best, 0.55 if not b.names else _MENTIONED)
    return best


def _nicknamed(a: Traits, b: Traits) -> float:
    """A name on a network that begins as a name does: « @prisci_pedale », Priscille."""
    begun = [word for one in (*a.names, *a.handles) for word in people.words_of(one)] if a.handles else []
    heads = {word[:5] for word in begun if len(word) >= 5}
    words = {word[:5] for one in b.names for word in people.words_of(one) if len(word) >= 5}
    return people.MAYBE if heads & words else 0.0


def _same_order(a: Traits, b: Traits) -> bool:
    left, right = {plain(one) for one in a.orders}, {plain(one) for one in b.orders}
    return bool(left & right or left & b.marks or right & a.marks)


def _near_order(a: Traits, b: Traits) -> bool:
    """Whether one reference may be the other, typed wrongly: two signs swapped, or one left out of a long one."""
    return any(
        len(one) >= 6 and one != two and (sorted(one) == sorted(two) or len(one) != len(two)) and _is_near(one, two)
        for one in map(plain, a.orders)
        for two in map(plain, b.orders)
    )


def _is_near(one: str, two: str) -> bool:
    return people.distance(one, two, most=1) <= 1


def _matter(a: Traits, b: Traits, meaning: float | None) -> _What:
    """How surely both are about one matter; `a` came first."""
    facts, words = _facts(a, b), _words(a, b)
    weight, why = facts.weight + words.weight, [*facts.why, *words.why]
    if meaning is not None:
        weight += 4.0 * min(max(meaning - 0.25, -0.1), 0.5)
        if meaning >= 0.6:
            why.append(Because(Reason.MEANING, round(meaning * 100)))
    weight += 0.9 * b.says_again - 2.4 * b.says_other
    return _What(weight, facts.is_told or words.is_told, tuple(why))


def _facts(a: Traits, b: Traits) -> _What:
    """References, sums, days and numbers that both name, or that each names its own of."""
    why: list[Because] = []
    same, near = _same_order(a, b), _near_order(a, b)
    amount, day, mark = bool(a.amounts & b.amounts), bool(a.dates & b.dates), bool(a.marks & b.marks)
    weight = 2.4 if same else 1.8 if near else -3.4 if a.orders and b.orders else 0.0
    weight += 1.1 * amount + 0.8 * mark
    weight += 0.9 if day else -0.6 if a.dates and b.dates and not same else 0.0
    if same or near:
        why.append(Because(Reason.ORDER if same else Reason.NEAR_ORDER))
    if amount:
        why.append(Because(Reason.AMOUNT))
    return _What(weight, same or near or amount or day or mark, tuple(why))


def _words(a: Traits, b: Traits) -> _What:
    """The words that both say, the rarer the more; names and streets of people are none of the matter."""
    theirs = {rarity.stem(word) for one in (*a.names, *b.names) for word in people.words_of(one)}
    theirs |= {word for street in a.streets | b.streets for word in street.split()}
    left, right = a.words - theirs, b.words - theirs
    shared = left & right
    rare = sum(rarity.rarity(one) - _KNOWN for one in sorted(shared))
    weight = 1.1 * min(rare, 2.5) + 2.5 * len(shared) / math.sqrt(max(len(left), 1) * max(len(right), 1))
    return _What(weight, rare >= _RARE, (Because(Reason.WORDS, len(shared)),) if shared else ())


def _time(a: Traits, b: Traits) -> float:
    """What the time between two messages of one person says: twice in an hour is mostly the same again."""
    if NEVER in {a.at, b.at}:
        return 0.0
    apart = b.at - a.at
    days = apart / timedelta(days=1)
    if apart <= timedelta(hours=1):
        return 1.2
    if days <= 3:
        return 0.7
    if days <= 14:
        return 0.3
    return -0.2 - min((days - 14) / 60, 2.0)
