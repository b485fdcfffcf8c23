"""What must not be overlooked in a text, with the words that say it, and how soon somebody must look. Pure.

The packs say what raises a signal and what only looks like it; a signal is shown with its words, and a person judges.
"""

import re
from collections.abc import Sequence
from datetime import date

from doleance.understanding.rules import Signal, SignalCode, Urgency
from doleance.understanding.text.facts import dates
from doleance.understanding.text.lines import Places
from doleance.understanding.text.vocabulary.packs import Found
from doleance.understanding.text.vocabulary.patterns import Hit

# « Je ne veux pas aller au tribunal », “I don't want to involve a lawyer”: said, and not threatened.
_DENIED = re.compile(
    r"(?:\b(?:pas besoin|sans (?:devoir|avoir a|vouloir|aller jusqu)|eviter d\w{1,2}|evitons|plutot que|"
    r"n'ai pas (?:envie|l'intention)|"
    r"(?:ne )?(?:souhaite|veux|voudrais|compte|vais|cherche|desire)\w{0,3} pas|(?:ne )?(?:souhaitons|voulons|"
    r"voudrions|comptons|cherchons) pas|"
    r"n'irai pas|sans en arriver|pas question d|loin de moi|"
    r"no need|don'?t (?:want|wish|intend|need)|do not (?:want|wish|intend|need)|would rather not|rather than|"
    r"without (?:having|going|needing)|not (?:going|planning|trying) to|"
    r"kein\w{0,2}|ohne|no (?:quiero|deseo|pretendo)|sin (?:tener|necesidad)|non (?:voglio|intendo|desidero)|senza|"
    r"geen|zonder|nao (?:quero|desejo|pretendo)|sem)\b"
    r"[^.!?\n;]{0,40})$"
)
_DENIABLE = frozenset(
    {SignalCode.LEGAL_THREAT, SignalCode.OMBUDSMAN_THREAT, SignalCode.MEDIA_THREAT, SignalCode.CHURN_THREAT}
)
_LONGEST_QUOTE = 160
_NEAR = 14  # days
_UNTIL = re.compile(
    r"\b(?:avant|d'ici|au plus tard|jusqu'au|dernier delai|pour le|by|before|until|no later than|bis|spatestens|antes|"
    r"hasta|entro|prima|voor|uiterlijk|ate)\b[^.!?\n]{0,14}$"
)
_DATE_OF_THREAT = re.compile(
    r"\b(?:avant|d'ici|sous|dans|passe|si|if|wenn|se|als|by|within|before|bis|innerhalb|antes|entro|binnen|"
    r"ate)\b.{0,24}?(?:\d|huit|quinze|lundi|vendredi|monday|friday|week|semaine)"
)


def signals(text: str, found: Found) -> list[Signal]:
    """The signals of `text`, each code once, by the words that raise it first. `found` is of the same text."""
    raised: dict[SignalCode, Hit] = {}
    for code in SignalCode:
        hits = found.of(f"signals.{code.value}.any")
        cancelled = Places(len(text))  # words that only look like the signal
        for hit in found.of(f"signals.{code.value}.not") if hits else ():
            cancelled.take(hit.start, hit.end)
        for hit in hits:
            if not cancelled.overlaps(hit.start, hit.end) and not _is_denied(code, hit, found.folded):
                raised[code] = _longest(hit, hits)
                break
    in_order = sorted(raised.items(), key=lambda one: (one[1].start, one[0].value))
    return [
        Signal(code, text[hit.start : min(hit.end, hit.start + _LONGEST_QUOTE)], hit.start) for code, hit in in_order
    ]


def _longest(hit: Hit, others: Sequence[Hit]) -> Hit:
    return max((one for one in others if one.start == hit.start), key=lambda one: one.end)


def _is_denied(code: SignalCode, hit: Hit, folded: str) -> bool:
    return code in _DENIABLE and _DENIED.search(folded, max(0, hit.start - 70), hit.start) is not None


def urgency(raised: Sequence[Signal], found: Found, *, sent: date | None = None, language: str = "") -> Urgency:
    """How soon (domain.md, Urgency): danger, or somebody vulnerable without what they live on, is critical.

    `sent`: the day of the message, from which a deadline is near.
    """
    codes = {signal.code for signal in raised}
    if SignalCode.SAFETY_RISK in codes:
        return Urgency.CRITICAL
    if SignalCode.VULNERABLE_PERSON in codes and found.of("urgent.essential"):
        return Urgency.CRITICAL
    if codes & {SignalCode.REPEATED_CONTACT, SignalCode.CHURN_THREAT}:
        return Urgency.HIGH
    if SignalCode.LEGAL_THREAT in codes and _DATE_OF_THREAT.search(found.folded):
        return Urgency.HIGH
    is_near = sent is not None and _deadline(found.folded, sent, language)
    return Urgency.HIGH if is_near or found.of("urgent.near") or found.of("urgent.cut") else Urgency.NORMAL


def _deadline(folded: str, sent: date, language: str) -> bool:
    """Whether a day not far ahead is said to be the last one."""
    for start, day in dates.placed(folded, sent, language):
        if 0 <= (day - sent).days <= _NEAR and _UNTIL.search(folded, max(0, start - 30), start):
            return True
    return False
