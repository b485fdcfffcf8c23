"""What somebody wishes, by the words of asking. Pure."""

import re

from doleance.understanding.rules import Span, WantedRemedy
from doleance.understanding.text.vocabulary.packs import Found
from doleance.understanding.text.vocabulary.patterns import Hit

# « Vous m'aviez promis un remboursement »: what was said or done by others is not asked for.
_TOLD = re.compile(
    r"(?:\b(?:vous|on|il|elle|ils|conseill\w+|vendeu\w+|service) (?:ne )?(?:m'|me |nous |l')?(?:a|avez|aviez|avait|"
    r"ont|avaient)\b[^.!?\n;]{0,30}"
    r"|\b(?:i|we) (?:was|were) (?:told|promised|offered)\b[^.!?\n;]{0,30}|\b(?:you|they) (?:promised|said|told|"
    r"refused|offered)\b[^.!?\n;]{0,30})$"
)
_FAR = 120  # signs of a sentence that are looked back at


# Imperatives that no pack names: « Refaites-la », « Qu’elle cesse », « Demande que ce soit dit », “Kindly move it”.
_ORDERED = re.compile(
    r"(?:^|[.!?;:\n,]\s{0,3}|\b(?:et|donc|puis|and|so) )(?:(?!(?:avez|allez|savez|devez|voulez|pouvez|etes|assez|chez|"
    r"rendez vous|recevez|agreez|croyez|notez|sachez|imaginez|pensez|regardez|voyez|comptez|veuillez)\b)[a-z]{3,12}"
    r"(?:ez|aites|ites)\b(?! vous)|demande (?:que|qu'|a|de|d')|(?:please|kindly|pls|plz) [a-z]{2,12}\b)"
    r"|(?:^|[.!?;\n]\s{0,3})qu'(?:il|elle|on|ils|elles) [a-z]{3,12}\b"
)
_ASKED_WHY = re.compile(
    r"\b(?:qui|comment|pourquoi|combien|laquelle|lequel|quand|why|who|how|when|what)\b[^.!?\n]{0,80}\?"
)
# What is asked by what the grievance is, said or not: the category names it.
_IMPLIED = {"billing.refund": WantedRemedy.REFUND, "other.cancellation": WantedRemedy.CANCELLATION}
# What somebody who asks for nothing still waits for.
_UNSAID = {"delivery.late": WantedRemedy.OTHER, "product.defect": WantedRemedy.REPAIR}
_NO_DEMAND = re.compile(r"(?:rendez|il (?:faut|faudrait|serait))\b")


def wanted(found: Found, within: Span | None = None, *, about: str = "") -> tuple[WantedRemedy, ...]:
    """The remedies that are asked for, in the order of the closed list; `other` for a demand that no other one names.

    `about`: the sub-code (`category.sub`) of the passage, which may imply its remedy.
    """
    span = within or Span(0, len(found.folded))
    named = {
        WantedRemedy(hit.name.partition(".")[2])
        for hit in found.within(span.start, span.end)
        if (hit.name.startswith("remedies.") or (hit.name.startswith("asked.") and _is_asked(hit, found)))
        and not _is_told(hit, found.folded)
    }
    if about in _IMPLIED:
        named.add(_IMPLIED[about])
    if not named and _ASKED_WHY.search(found.folded, span.start, span.end):
        named.add(WantedRemedy.EXPLANATION)
    if not named and _demands(found, span):
        named.add(WantedRemedy.OTHER)
    if not named and about in _UNSAID:
        named.add(_UNSAID[about])
    return tuple(one for one in WantedRemedy if one in named)


def _is_asked(hit: Hit, found: Found) -> bool:
    """Whether the sentence of a hit asks: words of asking stand before it, or it is a question."""
    start = max(found.folded.rfind(sign, max(0, hit.start - _FAR), hit.start) for sign in ".!?\n") + 1
    start = max(start, hit.start - _FAR, 0)
    return any(one.name == "cues.ask" and one.end <= hit.start for one in found.within(start, hit.start))


def _demands(found: Found, span: Span) -> bool:
    asks = (hit for hit in found.within(span.start, span.end) if hit.name == "cues.ask")
    if any(not _NO_DEMAND.match(found.folded, hit.start) for hit in asks):
        return True
    return _ORDERED.search(found.folded, span.start, span.end) is not None


def _is_told(hit: Hit, folded: str) -> bool:
    return _TOLD.search(folded, max(0, hit.start - 60), hit.start) is not None
