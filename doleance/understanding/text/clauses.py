"""Where a sentence may turn to a second matter: after « et votre », « tandis que », a semicolon. Pure, linear."""

import re
from collections.abc import Sequence
from itertools import islice

from doleance.understanding.rules import Span

_LONG = 14  # words: a shorter sentence is not cut
_WORDS = 6  # of a clause, at least
_MOST_JOINTS = 8  # of a sentence that are tried
_JOINT = re.compile(
    # What sets two things against each other, and what stands between two sentences of one breath.
    r"(?<=\s)(?:tandis que|sans compter que|whereas|wahrend|mientras que|mentre|terwijl|enquanto)\b|"
    r"(?<=[;])\s(?=\S)|(?<=\s)[/–—-]\s(?=\S)|"
    r"(?<=[,;] )(?:celui|celle|ceux|quant|l'autre|the other|"
    r"(?:et|and|und|y|e|en|mais|but|aber|pero|ma|maar|mas|puis|also|plus|aussi) (?=\S))|"
    # « et » before a thing or a person, not before what only goes on with a list of things.
    r"(?<=\s)et(?: puis| aussi| surtout| maintenant| en plus)? (?:le|"
    r"la(?! (?:votre|vos|le|la|les|on|je|il|elle|rien))|les|l'|vous|votre|vos|sur|quand|pour|mon|ma|mes|au|aux)\b|"
    r"(?<=\s)and(?: then| also| now)? (?:the|your|my|when|you|on)\b|"
    r"(?<=\s)(?:und (?:ihr|ihre|der|die|das|sie)|y (?:el|la|los|las|su|sus|en)|e (?:il|la|i|le|il vostro|o|a|os|as)|"
    r"en (?:uw|de|het))\b"
)


def clauses(sentences: Sequence[Span], folded: str) -> list[Span]:
    """The sentences, long ones cut where a second matter may begin: places to weigh, no boundaries yet.

    Whoever writes without full stops puts two requests in one breath: « le chauffeur m'a insulté et le wifi ne
    marchait pas ».
    """
    return [clause for span in sentences for clause in _cut(span, folded)]


def _cut(span: Span, folded: str) -> list[Span]:
    left = len(span.of(folded).split())
    if left < _LONG:
        return [span]
    found: list[Span] = []
    at = span.start
    for joint in islice(_JOINT.finditer(folded, span.start, span.end), _MOST_JOINTS):
        place = joint.start() + (joint[0][:1].isspace())
        said = len(folded[at:place].split())
        if said >= _WORDS and left - said >= _WORDS:
            found.append(Span(at, at + len(folded[at:place].rstrip())))
            at, left = place, left - said
    return [*found, Span(at, span.end)]
