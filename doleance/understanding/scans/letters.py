"""What a letter on paper says, without what stands around it: letterhead, addresses, date, salutation, closing. Pure.

Addresses would otherwise be read as the first words of a grief, and a postcode as an order number. The text that is
kept and shown stays whole: only what is understood of it is cut.
"""

import re
from collections.abc import Sequence

from doleance.understanding.text import courtesies
from doleance.understanding.text.lines import fold

_HEAD_LINES = 30  # a salutation further down is none
_WRAPPED = 40  # letters of a line that goes on in the next one
_SUBJECT = re.compile(
    r"\W{0,3}(?:objet|obj|sujet|concerne|ref\w*|nos ref\w*|vos ref\w*|n°|numero|dossier|commande|contrat|client|"
    r"subject|re|our ref\w*|your ref\w*|betreff|asunto|oggetto|betreft|assunto)\b[^:]{0,40}:"
)
_ITEM = re.compile(r"\s*(?:[-–—•*]|\d{1,2}[.)°]|[a-z]\))\s")
_AFTER = re.compile(r"\W{0,3}(?:p\.? ?-?s\.?|post-scriptum)\b")
_WORD = re.compile(r"[\w/-]+")
_NUMBER = re.compile(r"\d{3}")
_SENTENCE_END = (".", "!", "?", ":", ";", "…")


def told(text: str) -> str:
    """What a letter says. A text that has no salutation begins where it begins; one without a closing ends there."""
    lines = text.split("\n")
    folded = [fold(line) for line in lines]
    begin = next((at + 1 for at, line in enumerate(folded[:_HEAD_LINES]) if _is_salutation(line)), 0)
    end = next((at for at in range(begin, len(lines)) if _is_closing(folded, at)), len(lines))
    said = unwrapped([*lines[begin:end], *_post_scriptum(lines, folded, end)])
    if not said:
        return unwrapped(lines)
    subject = [line for line, bare in zip(lines[:begin], folded, strict=False) if _SUBJECT.match(bare)]
    new = [line for line in subject if any(number not in said for number in _numbers(line))]
    return "\n\n".join([*new, said])


def _numbers(line: str) -> list[str]:
    return [word for word in _WORD.findall(line) if _NUMBER.search(word)]


def _is_salutation(line: str) -> bool:
    return bool(line.strip()) and not _SUBJECT.match(line) and courtesies.is_greeting(line.strip())


def _is_closing(folded: Sequence[str], at: int) -> bool:
    """A closing takes a line or two: « Dans l’attente de votre réponse, je vous prie | d’agréer… »."""
    joined = f"{folded[at]} {folded[at + 1] if at + 1 < len(folded) else ''}".strip()
    return bool(folded[at].strip()) and (courtesies.is_closing(folded[at].strip()) or courtesies.is_closing(joined))


def _post_scriptum(lines: Sequence[str], folded: Sequence[str], end: int) -> list[str]:
    begin = next((at for at in range(end, len(lines)) if _AFTER.match(folded[at])), len(lines))
    return ["", *lines[begin:]] if begin < len(lines) else []


def unwrapped(lines: Sequence[str]) -> str:
    """The lines of a paragraph in one, as their author meant them; items of a list keep a line each."""
    found: list[str] = []
    before = ""
    for line in lines:
        goes_on = len(before) >= _WRAPPED and line and not _ITEM.match(line)
        is_cut = not before.endswith(_SENTENCE_END) or line[:1].islower()
        if goes_on and (is_cut or len(line) >= _WRAPPED):
            found[-1] = f"{found[-1]} {line}"
        else:
            found.append(line)
        before = line
    return re.sub(r"\n{3,}", "\n\n", "\n".join(found)).strip()
