"""The sentences of a message and what weighs in each: how it begins, what it asks, what it is likely about. Pure."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from doleance.understanding.rules import SignalCode, Span
from doleance.understanding.text import courtesies
from doleance.understanding.text.sentences import ITEM
from doleance.understanding.text.vocabulary.packs import Found

Probabilities = Mapping[str, float]
# Signals that come with a request: danger is one, what weighs on it is not.
_CIRCUMSTANCES = tuple(
    f"signals.{code}.any" for code in SignalCode if code not in {SignalCode.SAFETY_RISK, SignalCode.ABUSIVE_LANGUAGE}
)
WORDS_NEEDED = 3  # of a sentence that tells something
_NEAR_START = 28  # signs within which an announcing word opens a sentence
_ASKING_WITHIN = 12  # signs
_STEM = 6  # letters that two forms of one word share: « livraison », « livreur »
_FULL = 15  # words from which a sentence says all that it can of its matter
_LEAST = 1e-3  # no matter is ever quite impossible
# Words that any matter is told with: that they come again says nothing.
_USUAL = """
    ainsi alors apres aucun aussi avait avant avec avez avoir avons bien bonjour cela celle celui cette ceux chaque
    chez comme dans deja depuis deux dire donc dont elle elles encore entre etait etre faire fait heure heures
    jamais jour
    jours leur leurs mais meme merci mes moins mois notre nous ont parce peut plus pour puis quand quel quelle rien
    sans semaine semaines sont sous suis toujours tous tout toute toutes tres trois vers votre vous
    about after again because been before could even from have into just only over some still than that their then
    there they this very were what when which will with would your
    aber auch eine einen habe haben nicht noch schon sich wird wurde
    como cuando desde esta este muy para pero sobre tambien todo
    abbiamo anche dalla della hanno nella questa questo sono stato
    geen hebben heeft maar mijn naar niet nog voor werd
    esta foram isso mais voce
"""
_COMMON = frozenset(word[:_STEM] for word in _USUAL.split())
_WORD = re.compile(r"[^\W\d_]{4,}")
_LABELLED = re.compile(
    r"\W{0,6}(?:contrat|dossier|client\w*|adherent\w*|commande|reservation|resa|facture|refs?|reference|locataire|"
    r"carte|order|account|acc|booking|policy|numero|article|tel|compteur|n°|no)\b[^.!?]{0,50}$"
)


@dataclass(slots=True)
class Piece:
    """One sentence, or clause, and what weighs in it; `subs` is there when a model has read it."""

    span: Span
    folded: str
    is_item: bool
    is_empty: bool  # says nothing by itself: a greeting, a closing, a title
    topics: frozenset[str]  # matters named by the words of the packs
    strong: bool = False  # words that announce another matter
    demands: bool = False  # it begins by asking
    is_circumstance: bool = False
    opens_several: bool = False
    opens_single: bool = False
    is_label: bool = False  # « Contrat 4512. »
    is_clause: bool = False  # it goes on with the sentence before it
    words: int = 0
    stems: frozenset[str] = frozenset()
    subs: Probabilities = field(default_factory=dict)  # of each `category.sub`
    logs: Probabilities = field(default_factory=dict)  # their logarithms, times how much the sentence says

    @property
    def tells(self) -> bool:
        """Whether it says something of a matter."""
        return not self.is_empty and self.words >= WORDS_NEEDED and not self.is_label


def pieces(
    text: str, sentences: Sequence[Span], found: Found, categories: Sequence[Probabilities] | None = None
) -> list[Piece]:
    """One a sentence. `categories` gives for each the probability of each `category.sub`."""
    made = [_piece(text, span, found) for span in sentences]
    for piece, subs in zip(made, categories or (), strict=categories is not None):
        piece.subs = subs
        full = min(piece.words, _FULL) / _FULL
        piece.logs = {name: full * math.log(p + _LEAST) for name, p in subs.items()}
    for before, piece in pairwise(made):
        between = text[before.span.end : piece.span.start]
        ended = before.folded.rstrip("\"»”')] ").endswith((".", "!", "?", "…"))
        piece.is_clause = not between.strip() and "\n" not in between and not ended
    return made


def _piece(text: str, span: Span, found: Found) -> Piece:
    folded = found.folded[span.start : span.end]
    hits = found.within(span.start, span.end)
    item = ITEM.match(text, span.start, span.end)
    begins = span.start + (len(item[0]) if item else 0) + courtesies.opens_with_greeting(folded[:120])
    early = {hit.name for hit in hits if hit.start <= begins + _lead(folded)}
    names = {hit.name for hit in hits}
    return Piece(
        span=span,
        folded=folded,
        is_item=item is not None,
        is_empty=_is_courtesy(folded) or (folded.endswith(":") and len(folded.split()) < 4),
        topics=_topics(names),
        strong="cues.strong" in early,
        demands=any(hit.name == "cues.ask" and hit.start <= begins + _ASKING_WITHIN for hit in hits),
        is_circumstance=any(name.startswith(_CIRCUMSTANCES) for name in names),
        opens_several="cues.several" in names,
        opens_single="cues.single" in names,
        is_label=_LABELLED.match(folded) is not None,
        words=len(folded.split()),
        stems=frozenset(word[:_STEM] for word in _WORD.findall(folded)) - _COMMON,
    )


def _topics(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.partition(".")[2] for name in names if name.startswith("topics."))


def _lead(folded: str) -> int:
    """How far from its beginning a sentence may hold the word that announces: « Et puis aussi, autre souci »."""
    return min(_NEAR_START, max(6, len(folded) // 3))


def _is_courtesy(folded: str) -> bool:
    return courtesies.is_courtesy(folded) or not re.search(r"\w{2}", folded[:400])
