"""Names, addresses and numbers hidden behind marks before a text leaves, and put back in what comes back. Pure.

What is hidden: the people that the file knows, by each word of their name, whatever its case and accents; who is
announced by a title or names themselves; mail addresses, links, telephones, streets and towns; numbers of accounts and
cards, references, any long number that is neither a sum nor a day. A name that the file does not know and that nothing
announces stays: the page of settings says so.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from doleance.understanding.text.lines import fold

_MARK = re.compile(r"\[[A-Z]{3,12}_\d{1,4}\]")
# What looks like a mark to whoever reads loosely is hidden too: nobody's words can stand for another's.
_LOOKS_LIKE = re.compile(r"\[\s*[^\W\d_]{3,12}\s*[_ -]?\s*\d{1,4}\s*\]")
_EMAIL = re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}")
_LINK = re.compile(r"(?:https?://|ftp://|www\.)[^\s<>\"]{1,500}", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w+])(?:(?:\+|00)\d{1,3}(?:[ .\u00a0()-]{0,3}\d){6,13}|0[1-9](?:[ .\u00a0/-]?\d{2}){4})(?!\d)"
)
_IBAN = re.compile(r"(?<!\w)[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,8}(?: ?[a-z0-9]{1,3})?(?!\w)")
_STREET = re.compile(
    r"(?<!\w)\d{1,4},? ?(?:bis |ter |quater )?(?:rue|avenue|av\.?|bd\.?|boulevard|place|pl\.?|chemin|impasse|allees?|"
    r"route|rte|quai|cours|square|passage|lotissement|residence|cite|faubourg|hameau|villa|street|road|lane|drive|"
    r"strasse|calle|via|straat|rua) [^\n,;:!?]{2,60}"
)
_TOWN = re.compile(r"(?<![\w-])(?:(?:f-)?\d{5}|(?:b|ch|l)-\d{4}) [a-z][^\W\d_][^\n,;:.!?()\d]{1,40}")
_TITLED = re.compile(
    r"(?:\b(?:M|Mr|Mrs|Ms|Dr|Me|Mme|Mmes|MM|Mlle|Pr)\.? |"
    r"\b(?:[Mm]onsieur|[Mm]adame|[Mm]ademoiselle|[Mm]aître|[Dd]octeur|[Pp]rofesseur|[Hh]err|[Ff]rau|[Ss]eñora?|"
    r"[Ss]ignora?|[Mm]evrouw|[Mm]eneer|[Ss]enhora?) |"
    r"\b(?:[Jj]e m['’]appelle|[Mm]y name is|[Jj]e suis|conseillère?|vendeuse?|vendeur|technicienn?e?) )"
    r"(?P<name>(?:(?:de|du|des|la|le|van|von|da|el|ben) ){0,2}[A-ZÀ-ÖØ-Ý][\w’'-]{0,30}"
    r"(?: (?:(?:de|du|des|la|le|van|von|da|el|ben) ){0,2}[A-ZÀ-ÖØ-Ý][\w’'-]{0,30}){0,3})"
)
_REFERENCE = re.compile(r"(?<!\w)[a-z]\d{2}-[0-9a-z]{4}-[0-9a-z](?!\w)")  # ours, as people see them
_PLATE = re.compile(r"(?<!\w)[a-z]{1,3}-?\d{2,4}-?[a-z]{1,3}(?!\w)")
_DAY = r"(?:0?[1-9]|[12]\d|3[01])[/. -](?:0?[1-9]|1[0-2])[/. -](?:19|20)?\d{2}"
_SUM = r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})*(?:[.,]\d{1,2})? ?(?:€|£|\$|euros?\b|eur\b|chf\b|francs?\b)"
_HOUR = r"\d{1,2} ?[h:] ?\d{0,2}(?!\w)"
_KEPT = re.compile(rf"(?<!\w)(?:{_SUM}|{_DAY}(?!\d)|(?:19|20)\d\d(?:-\d\d-\d\d)?(?![\w/.-]?\d)|{_HOUR})")
_NUMBER = re.compile(
    r"(?<![\w])(?=[a-z0-9./-]{0,12}\d)[a-z0-9]{1,30}(?:[ \u00a0./_-]{1,2}(?=[a-z]{0,4}\d)[a-z0-9]{1,30}){0,8}(?!\w)"
)
_DIGITS = 4  # a number of fewer is an age, a quantity, a year's half
_SHORTEST = 2
_JOINING = frozenset({"de", "du", "des", "la", "le", "les", "van", "von", "da", "el", "ben", "et", "the", "mme", "mr"})


class Hidden(StrEnum):
    """What a mark stands for, by the word of the mark."""

    PERSON = "PERSONNE"
    EMAIL = "COURRIEL"
    LINK = "LIEN"
    PHONE = "TELEPHONE"
    ADDRESS = "ADRESSE"
    NUMBER = "NUMERO"
    TEXT = "TEXTE"


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    what: Hidden


@dataclass(slots=True)
class Masks:
    """What stands behind each mark, for one request: the same words have the same mark in all its texts."""

    names: Sequence[str] = ()
    _shown: dict[str, str] = field(default_factory=dict)
    _known: dict[tuple[Hidden, str], str] = field(default_factory=dict)
    _counted: dict[Hidden, int] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        self._pattern = _people(self.names)

    @property
    def behind(self) -> Mapping[str, str]:
        """What each mark stands for."""
        return self._shown

    def hide(self, text: str) -> str:
        """The text with marks in place of what is hidden."""
        folded = fold(text)
        parts: list[str] = []
        last = 0
        for place in self._places(text, folded):
            parts += [text[last : place.start], self._mark(place.what, text[place.start : place.end])]
            last = place.end
        return "".join([*parts, text[last:]])

    def show(self, text: str) -> str:
        """The text with what each mark stands for. Raises KeyError for a mark that was never given."""
        for mark in _LOOKS_LIKE.finditer(text):
            word = re.sub(r"[^a-z]", "", fold(mark[0]))
            if mark[0] not in self._shown and word in _WORDS:
                raise KeyError(mark[0])
        return _MARK.sub(lambda mark: self._shown[mark[0]], text)

    def is_known(self, text: str) -> bool:
        """Whether a text names nobody and nothing but what marks stand for: no address, number or titled name."""
        found = Masks()
        found.hide(_MARK.sub(" ", text))
        return all(what is Hidden.TEXT for what, _ in found._known)  # « [annexe 2] » is nobody

    def _mark(self, what: Hidden, words: str) -> str:
        key = (what, " ".join(fold(words).split()))
        known = self._known.get(key)
        if known is None:
            number = self._counted[what] = self._counted.get(what, 0) + 1
            known = self._known[key] = f"[{what.value}_{number}]"
            self._shown[known] = words
        return known

    def _places(self, text: str, folded: str) -> Iterator[_Place]:
        """What is hidden, in order; where two would overlap, what begins first, then the longest."""
        found = sorted(self._found(text, folded), key=lambda one: (one.start, -one.end))
        reached = 0
        for place in found:
            if place.end <= reached:
                continue
            start = max(place.start, reached)  # what sticks out of the one before is hidden as well
            yield _Place(start, place.end, place.what)
            reached = place.end

    def _found(self, text: str, folded: str) -> Iterator[_Place]:
        for what, pattern, read in _PATTERNS:
            for match in pattern.finditer(text if read == "text" else folded):
                yield _Place(match.start(), match.end(), what)
        for match in _TITLED.finditer(text):
            yield _Place(match.start("name"), match.end("name"), Hidden.PERSON)
        if self._pattern is not None:
            for match in self._pattern.finditer(folded):
                yield _Place(match.start(), match.end(), Hidden.PERSON)
        kept = [(match.start(), match.end()) for match in _KEPT.finditer(folded)]
        for match in _NUMBER.finditer(folded):
            if sum(sign.isdigit() for sign in match[0]) >= _DIGITS and not _is_kept(match.start(), match.end(), kept):
                yield _Place(match.start(), match.end(), Hidden.NUMBER)


_WORDS = frozenset(one.value.lower() for one in Hidden)
_PATTERNS: Sequence[tuple[Hidden, re.Pattern[str], str]] = (
    (Hidden.TEXT, _LOOKS_LIKE, "text"),
    (Hidden.EMAIL, _EMAIL, "text"),
    (Hidden.LINK, _LINK, "text"),
    (Hidden.NUMBER, _IBAN, "folded"),
    (Hidden.NUMBER, _REFERENCE, "folded"),
    (Hidden.NUMBER, _PLATE, "folded"),
    (Hidden.PHONE, _PHONE, "folded"),
    (Hidden.ADDRESS, _STREET, "folded"),
    (Hidden.ADDRESS, _TOWN, "folded"),
)


def _is_kept(start: int, end: int, kept: Iterable[tuple[int, int]]) -> bool:
    return any(a <= start and end <= b for a, b in kept)


def _people(names: Iterable[str]) -> re.Pattern[str] | None:
    """Whole names first, then each of their words."""
    whole = {" ".join(fold(name).split()) for name in names}
    words = {word for name in whole for word in re.findall(r"[^\W\d_]+", name) if word not in _JOINING}
    told = sorted({*whole, *words}, key=lambda one: (-len(one), one))
    kept = [r"\s+".join(re.escape(part) for part in one.split()) for one in told if len(one) >= _SHORTEST]
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(kept)})(?![^\W\d_])") if kept else None
