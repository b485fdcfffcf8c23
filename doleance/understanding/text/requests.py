"""Where a message turns from one request to another: lists, words that announce it, changes of matter. Pure.

A proposal: a person accepts it or mends it, and nothing is split silently. Two requests are distinct when another team
or another decision would answer them; cause and consequence, or the symptoms of one fault, are one.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

from doleance.understanding.rules import SignalCode, Span
from doleance.understanding.text import courtesies
from doleance.understanding.text.sentences import ITEM
from doleance.understanding.text.vocabulary.packs import Found

Probabilities = Mapping[str, float]
# Signals that come with a request: danger is one, what weighs on it is not.
_CIRCUMSTANCES = tuple(
    f"signals.{code}.any" for code in SignalCode if code not in {SignalCode.SAFETY_RISK, SignalCode.ABUSIVE_LANGUAGE}
)

# What speaks for a new request at a sentence, and how much; a boundary weighs more than nothing in all. Fitted on the
# development messages of the project's set, then rounded: docs/decisions/0105.
_BIAS = -3.3
_BIAS_LEARNT = -3.8  # where categories are known: they never agree wholly
_TURNS = 1.5  # words that announce another matter
_ADDS = 0.4  # words that add (« de plus »), when the words of the packs name a new matter
_FAR_FROM_ALL = 0.5  # the categories of this sentence and of the request so far have little in common
_FAR_FROM_LAST = 0.5  # the same against the sentence before
_SURE_OTHER = 0.75  # the likeliest category is another one, by what its probability has above _LIKELY
_LIKELY = 0.6
_OTHER_WORDS = 1.3  # the words of the packs name other matters only
_NEW_WORDS = 0.6  # they name a matter that was not named before
_SAME_WORDS = -0.2
_AGREES = 0.5  # and that new matter is the likely category
_NEW_SUBJECT = 0.5  # it begins by a thing or a person, not by a pronoun
_GOES_ON = -0.6  # it begins as a sentence that goes on does
_ONLY_ASKS = -0.6
_LONG = 2.0  # for twenty-five words: short sentences comment
_LABEL = -1.5  # « Contrat 4512. »
_DEMANDS = -1.5  # it begins by asking: what was told before is asked to be mended
_CIRCUMSTANCE = -1.0  # a threat, an age, a call made before: it weighs on a request and is none
_UNSETTLED = -1.0  # times what the likeliest category so far lacks: the story has not come to its matter yet
_BEFORE = -1.0  # it tells what had been promised or said: why the matter is one
_FIRST_MONEY = 0.6  # a sum is named, and none was in this request
_REMEMBERED = 15  # sentences of a request that are looked back at
_MOST_ITEMS = 60
_CERTAIN = 0.75  # probability from which a category tells what an item of a list is about
_NEAR_START = 28  # signs within which an announcing word opens a sentence
_WORDS_NEEDED = 3
_PREAMBLE = 14  # words of an opening that names no matter, at most; a longer sentence tells something
_MOST_PREAMBLES = 3
_IDLE = 0.6  # of the probability: what a sentence about nothing gives to no category at all
_LONG_SENTENCE = 22  # words
_WORDS_OF_A_CLAUSE = 8
_NEARLY_SURE = 0.97
_MOST_JOINTS = 8  # of a sentence that are tried
_OPPOSED = re.compile(r"\b(?:tandis que|sans compter que|whereas|wahrend|mientras que|mentre|terwijl|enquanto)\b")
_JOINED = re.compile(
    r"\b(?:et(?: puis| aussi| surtout| maintenant| en plus)? (?:le|la(?! (?:votre|vos|le|la|les|on|je|il|elle|rien))|"
    r"les|l'|vous|votre|vos|sur|quand|pour|mon|ma|mes|au|aux)|"
    r"and(?: then| also| now)? (?:the|your|my|when|you|on))\b"
)
_BACKGROUND = re.compile(
    r"\b(?:avait|avaient|aviez) (?:dit|promis|jure|assure|garanti|annonce|affirme|confirme|conseille|explique)\b|"
    r"\b(?:dit|disait|promettait|pretend|jure|assure|repond)(?:ent)? (?:que|qu'|pourtant|bien)|"
    r"\b(?:had|was|were) (?:told|promised|assured|said)\b|\bpromised\b"
)
_ASKING_WITHIN = 12  # signs
_MONEY_ASKED = frozenset({"remedies.refund", "remedies.compensation"})
_MONEY = re.compile(r"[€£$]|\beuros?\b|\d ?e\b|\beur\b|\bballes\b")
_TIMELINE = re.compile(
    r"\s{0,12}[-*•·–—▪►➢→>+(]{0,3}\s{0,3}(?:le |on |the |am |el |il |op )?(?:\d{1,2}[/.]\d{1,2}|\d{1,2}(?:er|st|nd|rd|"
    r"th)? "
    r"(?:jan|fev|mar|avr|mai|jui|aou|sep|oct|nov|dec|apr|may|jun|jul|aug)|(?:lundi|mardi|mercredi|jeudi|vendredi|"
    r"samedi|dimanche|monday|"
    r"tuesday|wednesday|thursday|friday|saturday|sunday|hier|yesterday)\b)"
)


_SIGNED = re.compile(r"(?:[^\W\d_a-zß-ÿ][\w’'-]{0,24}\.?[ ,]{0,2}){2,4}")
_NEW = re.compile(
    r"\W{0,6}(?:et |mais |puis |aussi |ensuite |and |but )?(?:le|la|les|l'|mon|ma|mes|notre|nos|votre|vos|un|une|the|"
    r"my|our|your|a|an|der|die|das|mein|meine|"
    r"ihr|ihre|el|los|las|mi|su|il|lo|gli|i|o|os|as|het|de|mijn|uw) ?\"?[a-z]{3,}"
)
_CONTINUED = re.compile(
    r"\W{0,6}(?:il|elle|ils|elles|ca|cela|ce |c'|celui|celle|donc|du coup|alors|resultat|pareil|depuis|bref|or|car|"
    r"parce|pourtant|aucun\w*|toujours|impossible|"
    r"j'(?:attends|exige)|je (?:veux|demande|souhaite|voudrais|vous|refuse|precise|suis|n')|merci|veuillez|pouvez|"
    r"pourriez|faut|il faut|rembours\w*|rendez|repar\w*|"
    r"rappel\w*|soit|sans|si |a defaut|sinon|et (?:la|ce|c'|il|elle|ca|je|maintenant)|it|they|he|she|this|that|so|"
    r"still|please|"
    r"i (?:want|would|expect|need|demand|have|am|was|don't|do)|no|nothing|then|when|es|er|sie|bitte|ich)\b"
)
_LABELLED = re.compile(
    r"\W{0,6}(?:contrat|dossier|client\w*|adherent\w*|commande|reservation|resa|facture|refs?|reference|locataire|"
    r"carte|order|account|acc|booking|policy|numero|"
    r"article|tel|compteur|n°|no)\b[^.!?]{0,50}$"
)


@dataclass(slots=True)
class _Piece:
    """One sentence and what weighs in it."""

    span: Span
    folded: str
    is_item: bool
    is_empty: bool  # says nothing by itself: a greeting, a closing, a title
    topics: frozenset[str]
    strong: bool = False
    medium: bool = False
    asks: bool = False
    demands: bool = False
    asks_money: bool = False
    is_circumstance: bool = False
    opens_several: bool = False
    opens_single: bool = False
    words: int = 0
    likely: Probabilities = field(default_factory=dict)


def clauses(sentences: Sequence[Span], found: Found) -> list[Span]:
    """The sentences, long ones cut where a second matter begins after « et » or « tandis que ».

    Whoever writes without full stops puts two requests in one breath: « le chauffeur m’a insulté et le wifi ne
    marchait pas ». Only where the words of the packs name other matters on both sides.
    """
    cut: list[Span] = []
    for span in sentences:
        at = _second(span, found)
        cut += [span] if at is None else [Span(span.start, at), Span(at, span.end)]
    return cut


def _second(span: Span, found: Found) -> int | None:
    """Where the second matter of a sentence begins: after what opposes two things first, then after « et »."""
    if len(span.of(found.folded).split()) < _LONG_SENTENCE:
        return None
    for joining in (_OPPOSED, _JOINED):
        for join in islice(joining.finditer(found.folded, span.start, span.end), _MOST_JOINTS):
            if _are_two(found, Span(span.start, join.start()), Span(join.start(), span.end)):
                return join.start()
    return None


def _are_two(found: Found, before: Span, after: Span) -> bool:
    if min(len(one.of(found.folded).split()) for one in (before, after)) < _WORDS_OF_A_CLAUSE:
        return False
    said, then = (_topics({hit.name for hit in found.within(one.start, one.end)}) for one in (before, after))
    return bool(said and then) and not said & then


def _topics(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.partition(".")[2] for name in names if name.startswith("topics."))


def boundaries(
    text: str, sentences: Sequence[Span], found: Found, categories: Sequence[Probabilities] | None = None
) -> list[int]:
    """The sentences that begin a new request, by their number: never the first one of the message.

    `categories` gives, for each sentence, the probability of each main category; a change of likely category then
    weighs as a change of matter does. `found` is what the packs found in the same text.
    """
    return _cuts(_pieces(text, sentences, found, categories))


def requests(
    text: str, sentences: Sequence[Span], found: Found, categories: Sequence[Probabilities] | None = None
) -> list[Span]:
    """The passages that carry a request each, without the greetings, closings, titles and labels around them."""
    pieces = _pieces(text, sentences, found, categories)
    first = _beginning(pieces)
    cuts = [first if first < len(pieces) else 0, *_cuts(pieces), len(pieces)]
    spans: list[Span] = []
    for start, end in pairwise(cuts):
        told = [piece for piece in pieces[start:end] if not piece.is_empty]
        if end == len(pieces):
            told = _unsigned(told, text)
        saying = [piece for piece in told if not _only_opens(piece) and not _LABELLED.match(piece.folded)] or told
        if saying:
            spans.append(Span(_past_greeting(saying[0]), saying[-1].span.end))
    return spans


def _unsigned(pieces: list[_Piece], text: str) -> list[_Piece]:
    """The last sentences of a message without the names that sign it; one that says nothing else keeps them."""
    kept = list(pieces)
    while len(kept) > 1 and _SIGNED.fullmatch(kept[-1].span.of(text).strip()):
        kept.pop()
    return kept


def _pieces(
    text: str, sentences: Sequence[Span], found: Found, categories: Sequence[Probabilities] | None
) -> list[_Piece]:
    pieces = [_piece(text, span, found) for span in sentences]
    for piece, likely in zip(pieces, categories or (), strict=categories is not None):
        piece.likely = _settled(likely)
    return pieces


def _cuts(pieces: Sequence[_Piece]) -> list[int]:
    said = _beginning(pieces)
    lists = _distinct_items(pieces, said)
    cut: list[int] = []
    last = 0  # where the request that is going on began
    for at, piece in enumerate(pieces):
        if piece.is_empty or at <= said:
            continue
        if at in lists or (not piece.is_item and _weight(pieces[max(last, at - _REMEMBERED) : at], piece) > 0):
            if any(not one.is_empty for one in pieces[last:at]):
                cut.append(at)
            last = at
    return cut


def _beginning(pieces: Sequence[_Piece]) -> int:
    """The first sentence that tells of a matter: what leads to it (« Je vous relance. ») is no request of its own."""
    saying = [at for at, piece in enumerate(pieces) if _says(piece)]
    for before, at in enumerate(saying[: _MOST_PREAMBLES + 1]):
        if before and pieces[at].strong:
            break  # « Par ailleurs » : something was told before
        if _names_a_matter(pieces[at]):
            return at
    return saying[0] if saying else len(pieces)


def _names_a_matter(piece: _Piece) -> bool:
    if piece.topics or piece.is_item:
        return True
    is_sure = piece.words >= _WORDS_OF_A_CLAUSE and max(piece.likely.values(), default=0.0) >= _NEARLY_SURE
    return not piece.is_circumstance and (piece.words > _PREAMBLE or is_sure)


def _is_courtesy(folded: str, span: Span) -> bool:
    said = folded[span.start : span.end]
    return courtesies.is_courtesy(said) or not re.search(r"\w{2}", said[:400])


def _past_greeting(piece: _Piece) -> int:
    return piece.span.start + courtesies.opens_with_greeting(piece.folded[:120])


def _piece(text: str, span: Span, found: Found) -> _Piece:
    folded = found.folded[span.start : span.end]
    hits = found.within(span.start, span.end)
    item = ITEM.match(text, span.start, span.end)
    begins = span.start + (len(item[0]) if item else 0) + courtesies.opens_with_greeting(folded[:120])
    early = {hit.name for hit in hits if hit.start <= begins + _lead(folded)}
    names = {hit.name for hit in hits}
    return _Piece(
        span=span,
        folded=folded,
        is_item=item is not None,
        is_empty=_is_courtesy(found.folded, span) or (folded.endswith(":") and len(folded.split()) < 4),
        topics=_topics(names),
        strong="cues.strong" in early,
        medium="cues.medium" in early,
        asks="cues.ask" in names,
        demands=any(hit.name == "cues.ask" and hit.start <= begins + _ASKING_WITHIN for hit in hits),
        asks_money=bool(names & _MONEY_ASKED),
        is_circumstance=any(name.startswith(_CIRCUMSTANCES) for name in names),
        opens_several="cues.several" in names,
        opens_single="cues.single" in names,
        words=len(folded.split()),
    )


def _lead(folded: str) -> int:
    """How far from its beginning a sentence may hold the word that announces: « Et puis aussi, autre souci »."""
    return min(_NEAR_START, max(6, len(folded) // 3))


def _says(piece: _Piece) -> bool:
    """Whether something is told: an opening such as « Je vous écris pour deux raisons » tells nothing yet."""
    return not piece.is_empty and piece.words >= _WORDS_NEEDED and not _only_opens(piece)


def _only_opens(piece: _Piece) -> bool:
    return piece.opens_several and not piece.topics and piece.words <= 25


def _matter(pieces: Sequence[_Piece]) -> frozenset[str]:
    """What an item of a list is about: the words of the packs, else a category that is nearly certain."""
    named = frozenset(name for piece in pieces for name in piece.topics)
    return named or frozenset(name for piece in pieces for name, p in piece.likely.items() if p >= _CERTAIN)


def _weight(before: Sequence[_Piece], piece: _Piece) -> float:
    """How much speaks for a new request at a sentence, after those of the request that is going on."""
    told = [one for one in before if _tells(one)]
    if not told or piece.words < _WORDS_NEEDED:
        return _BIAS
    far, far_from_last = _distance(_mean(told), piece.likely), _distance(told[-1].likely, piece.likely)
    named = frozenset(name for one in told for name in one.topics)
    weight = _BIAS_LEARNT if piece.likely else _BIAS
    weight += _FAR_FROM_ALL * far + _FAR_FROM_LAST * far_from_last + _likelihood(told, piece)
    weight += _UNSETTLED * (1 - max(_mean(told).values(), default=1.0))
    weight += _BEFORE if _BACKGROUND.search(piece.folded) and not piece.strong else 0.0
    weight += _words(named, piece.topics)
    if named and not piece.asks_money:
        weight += _AGREES * sum(piece.likely.get(name, 0.0) for name in piece.topics - named)
    weight += _TURNS if piece.strong else _ADDS if piece.medium and piece.topics - named else 0.0
    weight += _NEW_SUBJECT if _NEW.match(piece.folded) else 0.0
    weight += _GOES_ON if _CONTINUED.match(piece.folded) and not piece.strong else 0.0
    weight += _ONLY_ASKS if piece.asks and not piece.topics else 0.0
    weight += _LABEL if _LABELLED.match(piece.folded) else 0.0
    weight += _DEMANDS if piece.demands and not piece.strong else 0.0
    weight += _CIRCUMSTANCE if piece.is_circumstance and not piece.strong else 0.0
    if _names_money(piece) and not piece.asks_money and not any(_names_money(one) for one in told):
        weight += _FIRST_MONEY
    return weight + _LONG * min(piece.words, 25) / 25


def _names_money(piece: _Piece) -> bool:
    return _MONEY.search(piece.folded) is not None


def _tells(piece: _Piece) -> bool:
    return not piece.is_empty and piece.words >= _WORDS_NEEDED and not _LABELLED.match(piece.folded)


def _words(named: frozenset[str], now: frozenset[str]) -> float:
    """What the words of the packs say of the matters named before and now."""
    weight = _NEW_WORDS if now - named else 0.0
    if now & named:
        return weight + _SAME_WORDS
    return weight + (_OTHER_WORDS if now and named else 0.0)


def _likelihood(told: Sequence[_Piece], piece: _Piece) -> float:
    if not piece.likely:
        return 0.0
    name, probability = max(piece.likely.items(), key=lambda one: (one[1], one[0]))
    mean = _mean(told)
    is_other = not mean or max(mean.items(), key=lambda one: (one[1], one[0]))[0] != name
    return _SURE_OTHER * max(0.0, probability - _LIKELY) / (1 - _LIKELY) if is_other else 0.0


def _mean(pieces: Sequence[_Piece]) -> dict[str, float]:
    """The categories of several sentences: those that are sure and long count most."""
    summed: dict[str, float] = {}
    whole = 0.0
    for piece in pieces:
        weight = max(0.05, max(piece.likely.values(), default=0.0) - 0.3) * min(piece.words, 15)
        whole += weight
        for name, p in piece.likely.items():
            summed[name] = summed.get(name, 0.0) + weight * p
    return {name: p / whole for name, p in summed.items()} if whole else {}


def _distance(some: Probabilities, others: Probabilities) -> float:
    """How little two distributions have in common, from 0 to 1 (Hellinger, squared)."""
    if not some or not others:
        return 0.0
    return max(0.0, 1.0 - sum(math.sqrt(p * others.get(name, 0.0)) for name, p in some.items()))


def _settled(likely: Probabilities) -> Probabilities:
    """Probabilities that sum to one; none where most of it goes to no category at all."""
    whole = sum(likely.values())
    return {name: p / whole for name, p in likely.items()} if whole > 1 - _IDLE else {}


def _distinct_items(pieces: Sequence[_Piece], said: int) -> set[int]:
    """The items that begin a request each: of lists about several matters."""
    found: set[int] = set()
    for start, end in _lists(pieces):
        items = [at for at in range(start, end) if pieces[at].is_item and not pieces[at].is_empty]
        if len(items) >= 2 and _is_about_several(pieces, start, items, end):
            found |= {at for place, at in enumerate(items) if place or at > said}
    return found


def _lists(pieces: Sequence[_Piece]) -> list[tuple[int, int]]:
    """Runs of items, each with the sentences that go on with it (not past an empty line after the last item)."""
    runs: list[tuple[int, int]] = []
    at = 0
    while at < len(pieces):
        if not pieces[at].is_item:
            at += 1
            continue
        end, last = at + 1, at
        while end < len(pieces) and end - last <= 6 and not pieces[end].is_empty:
            last = end if pieces[end].is_item else last
            end += 1
        runs.append((at, last + 1))
        at = end
    return runs


def _is_about_several(pieces: Sequence[_Piece], start: int, items: Sequence[int], end: int) -> bool:
    """Whether the items of a list are matters of their own, and not the parts or the story of one."""
    lead = pieces[start - 1] if start else None
    if lead is not None and lead.opens_single and not lead.opens_several:
        return False
    if sum(bool(_TIMELINE.match(pieces[at].folded)) for at in items) * 2 >= len(items):
        return False
    bounds = [*items, end]
    matters = [_matter(pieces[a:b]) for a, b in pairwise(bounds)]
    asked = sum(pieces[at].demands for at in items) * 2 > len(items)
    if asked:  # what is asked about one matter: only words tell that it is about several
        matters = [frozenset(name for one in pieces[a:b] for name in one.topics) for a, b in pairwise(bounds)]
    known = [matter for matter in matters if matter][:_MOST_ITEMS]
    different = any(not a & b for i, a in enumerate(known) for b in known[i + 1 :])
    if lead is not None and lead.opens_several:
        return different or all(pieces[at].words >= 5 for at in items)
    return different and sum(pieces[at].words for at in items) >= 4 * len(items)
