"""Whether a sentence begins a new request: signs that are counted, and the weights that were learned for them. Pure.

Weights come from annotated messages (`python -m benchmarks.turns` learns them anew and prints these tables): a
logistic regression, small on purpose. What tells is length, form, and how likely two runs of sentences are about
one matter; no list of things that people complain about. Why: docs/decisions/0105.
"""

import math
import re
from collections.abc import Mapping, Sequence

from doleance.understanding.text.pieces import Piece, Probabilities

Signs = Mapping[str, float]
# The probability from which a sentence begins a request, and what stands before the first turn is one itself.
TURNS, TELLS = 0.65, 0.5
# What words that announce (« par ailleurs ») weigh: they decide unless all else speaks against them. Too few examples
# hold one to weigh them with the rest: eight in ten open a request, where other sentences do once in seven.
ANNOUNCED = 4.0
_LONG = 25  # words: a longer sentence says no more by its length
_SOFT = 0.6  # sentences of one request say the same: they are no independent proofs
_LIKELY = 0.6
_ALIKE = 1e-3

# Each sign: its weight, and its usual value, which it is given where it is not known (no model read the sentence).
WEIGHTS: dict[str, tuple[float, float]] = {
    "length": (2.03, 2.31),
    "subject": (0.58, 0.35),
    "continued": (-0.68, 0.19),
    "demands": (-1.1, 0.1),
    "after_demand": (0.8, 0.06),
    "circumstance": (-1.45, 0.07),
    "background": (-1.65, 0.01),
    "quoted": (1.15, 0.1),
    "clause": (-1.11, 0.15),
    "same_words": (-3.17, 0.04),
    "one_matter": (-0.65, 0.15),
    "far": (0.98, 0.61),
    "sure_other": (0.59, 0.28),
}
WEIGHTS_BIAS = -2.41
OPENING: dict[str, tuple[float, float]] = {
    "length": (1.44, 3.09),
    "sentences": (0.08, 1.69),
    "faults": (0.35, 0.71),
    "circumstance": (0.46, 0.06),
    "several": (-1.42, 0.02),
    "named": (0.26, 0.83),
    "begins_by_me": (-0.33, 0.12),
    "leads": (-0.18, 0.08),
    "quoted": (0.3, 0.14),
    "sure": (0.52, 0.73),
    "about_nothing": (-2.8, 0.04),
}
OPENING_BIAS = 1.04

_SUBJECT = re.compile(
    r"\W{0,6}(?:et |mais |puis |aussi |ensuite |and |but )?(?:le|la|les|l'|mon|ma|mes|notre|nos|votre|vos|un|une|the|"
    r"my|our|your|a|an|der|die|das|mein|meine|ihr|ihre|el|los|las|mi|su|il|lo|gli|i|o|os|as|het|de|mijn|uw) ?\"?"
    r"[a-z]{3,}"
)
_CONTINUED = re.compile(
    r"\W{0,6}(?:il|elle|ils|elles|ca|cela|ce |c'|celui|celle|donc|du coup|alors|resultat|pareil|depuis|bref|or|car|"
    r"parce|pourtant|aucun\w*|toujours|impossible|j'(?:attends|exige)|je (?:veux|demande|souhaite|voudrais|vous|"
    r"refuse|precise|suis|n')|merci|veuillez|pouvez|pourriez|faut|il faut|rembours\w*|rendez|repar\w*|rappel\w*|"
    r"soit|sans|"
    r"si |a defaut|sinon|et (?:la|ce|c'|il|elle|ca|je|maintenant)|it|they|he|she|this|that|so|still|please|"
    r"i (?:want|would|expect|need|demand|have|am|was|don't|do)|no|nothing|then|when|es|er|sie|bitte|ich|"
    r"deshalb|darum|eso|esto|ello|por eso|entonces|quiero|solicito|por favor|lei|lui|questo|quindi|percio|vorrei|"
    r"chiedo|ik|dit|dat|dus|daarom|graag|isso|isto|ele|ela|portanto|quero|peco)\b"
)
_BACKGROUND = re.compile(
    r"\b(?:avait|avaient|aviez) (?:dit|promis|jure|assure|garanti|annonce|affirme|confirme|conseille|explique)\b|"
    r"\b(?:dit|disait|promettait|pretend|jure|assure|repond)(?:ent)? (?:que|qu'|pourtant|bien)|"
    r"\b(?:had|was|were) (?:told|promised|assured|said)\b|\bpromised\b"
)
_QUOTED = re.compile(r"[\"«“„]")
_ME = re.compile(r"\W{0,6}(?:et |mais |and |but )?(?:je|j'|nous|on|i|we|ich|wir|yo|io|ik|eu)\b")
# Words of lack and of contrast: who complains denies something.
_FAULT = re.compile(
    r"\b(?:pas|plus|jamais|aucune?|rien|personne|sans|ni|non|manqu\w*|absen\w*|refus\w*|impossible|au lieu|alors qu|"
    r"pourtant|toujours|encore|malgre|tandis|sauf|or|trop|mal|faux|fausse|erreurs?|mauvais\w*|"
    r"not|never|no|nothing|nobody|none|without|cannot|\w{1,9}n't|wrong|instead|missing|still|yet|but|only|fail\w*|too|"
    r"nicht|kein\w*|nie|nichts|ohne|falsch\w*|statt|fehl\w*|trotz|nunca|sin|nada|ningun\w*|nadie|falta\w*|incorrect\w*|"
    r"todavia|mai|niente|nessun\w*|senza|manca\w*|sbagliat\w*|ancora|niet|geen|nooit|niets|zonder|verkeerd\w*|"
    r"ontbre\w*|nao|sem|nenhum\w*|ainda|errad\w*)\b"
)


def turns(told: Sequence[Piece], piece: Piece, after: Sequence[Piece]) -> float:
    """The probability that `piece` begins a new request. `told`: what tells of the request that goes on, at least one
    sentence; `after`: the next sentences, two at most.
    """
    bias = WEIGHTS_BIAS + (ANNOUNCED if piece.strong else 0.0)
    return _probability(signs(told, piece, after), WEIGHTS, bias)


def opens(told: Sequence[Piece]) -> float:
    """The probability that what stands before the first turn is a request, and does not only lead to one."""
    return _probability(opening(told), OPENING, OPENING_BIAS)


def _probability(found: Signs, weights: Mapping[str, tuple[float, float]], bias: float) -> float:
    score = bias + sum(weight * (found.get(name, usual) - usual) for name, (weight, usual) in weights.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def signs(told: Sequence[Piece], piece: Piece, after: Sequence[Piece]) -> Signs:
    """What speaks for a new request at `piece`, or against it: yes or no as 1 or 0, numbers as they are."""
    last = told[-1]
    stems = frozenset(stem for one in told for stem in one.stems)
    found: dict[str, float] = {
        # how long it is: short sentences comment on what was said
        "length": math.log(max(1, min(piece.words, _LONG))),
        # begins by a thing or a person / as a sentence that goes on does / by asking
        "subject": _SUBJECT.match(piece.folded) is not None,
        "continued": _CONTINUED.match(piece.folded) is not None,
        "demands": piece.demands,
        # the sentence before asked: its matter was closed
        "after_demand": last.demands,
        # a threat, an age, a call made before: it weighs on a request and is none; what had been promised
        "circumstance": piece.is_circumstance,
        "background": _BACKGROUND.search(piece.folded) is not None,
        "quoted": _QUOTED.search(piece.folded) is not None,
        "clause": piece.is_clause,
        # share of its words that were said before
        "same_words": len(piece.stems & stems) / max(3, len(piece.stems)),
    }
    return found | _of_matter(told, piece, after) if piece.subs else found


def _of_matter(told: Sequence[Piece], piece: Piece, after: Sequence[Piece]) -> dict[str, float]:
    """What the likely categories say."""
    matter = _matter(told)
    alike = [
        _alike(matter, _matter([piece])),
        _alike(matter, _matter([piece, *after[:1]])),
        _alike(_matter(told[-1:]), _matter([piece])),
    ]
    mean = mean_of(told)
    before, now = _by_category(mean), _by_category(piece.subs)
    name, probability = _best(now)
    return {
        # the logarithm of how much likelier one matter explains both sides than two do
        "one_matter": sum(alike) / len(alike),
        # how little the likely sub-codes have in common, 0 to 1 (Hellinger, squared)
        "far": max(0.0, 1.0 - sum(math.sqrt(p * piece.subs.get(one, 0.0)) for one, p in mean.items())),
        # its category is nearly sure and another one
        "sure_other": max(0.0, probability - _LIKELY) / (1 - _LIKELY) if name != _best(before)[0] else 0.0,
    }


def _matter(told: Sequence[Piece]) -> dict[str, float]:
    """How likely each sub-code is to be what several sentences are all about."""
    summed: dict[str, float] = {}
    for one in told:
        for name, value in one.logs.items():
            summed[name] = summed.get(name, 0.0) + _SOFT * value
    most = max(summed.values(), default=0.0)
    powers = {name: math.exp(value - most) for name, value in summed.items()}
    whole = sum(powers.values())
    return {name: power / whole for name, power in powers.items()}


def _alike(some: Probabilities, others: Probabilities) -> float:
    return math.log(_ALIKE + len(some) * sum(p * others.get(name, 0.0) for name, p in some.items()))


def mean_of(told: Sequence[Piece]) -> dict[str, float]:
    """The likely sub-codes of several sentences: those that are sure and long count most."""
    summed: dict[str, float] = {}
    whole = 0.0
    for one in told:
        weight = max(0.05, max(one.subs.values(), default=0.0) - 0.3) * min(one.words, 15)
        whole += weight
        for name, p in one.subs.items():
            summed[name] = summed.get(name, 0.0) + weight * p
    return {name: p / whole for name, p in summed.items()} if whole else {}


def _by_category(subs: Probabilities) -> dict[str, float]:
    """Probabilities of the main categories, their sum one."""
    summed: dict[str, float] = {}
    whole = sum(subs.values()) or 1.0
    for label, p in subs.items():
        category = label.partition(".")[0]
        summed[category] = summed.get(category, 0.0) + p / whole
    return summed


def _best(probabilities: Probabilities) -> tuple[str, float]:
    return max(probabilities.items(), key=lambda one: (one[1], one[0]), default=("", 0.0))


def opening(told: Sequence[Piece]) -> Signs:
    """What speaks for a request in the first sentences of a message, or for words that only lead to one."""
    found: dict[str, float] = {
        "length": math.log1p(sum(one.words for one in told)),
        "sentences": len(told),
        # « ne… pas », « aucun », « alors que »: three at most
        "faults": min(3, sum(len(_FAULT.findall(one.folded)) for one in told)),
        "circumstance": any(one.is_circumstance for one in told),
        "several": any(one.opens_several for one in told),
        "named": any(one.topics for one in told),
        "begins_by_me": _ME.match(told[0].folded) is not None,
        "leads": told[-1].folded.endswith((":", ",")),
        "quoted": any(_QUOTED.search(one.folded) for one in told),
    }
    if any(one.subs for one in told):
        mean = mean_of(told)
        found |= {"sure": _best(_by_category(mean))[1], "about_nothing": 1.0 - sum(mean.values())}
    return found
