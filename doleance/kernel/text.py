"""Text: one form for what is kept, another for what is compared, cutting at words, and French typography."""

import itertools
import re
import unicodedata

NO_BREAK, NARROW = "\u00a0", "\u202f"
_FULL_LINE = 0.7  # of the longest line: what is shorter was ended by its author

_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "’": "'", "ʼ": "'"})

_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_OPENING = re.compile(rf"«[ {NO_BREAK}{NARROW}]*")
_CLOSING = re.compile(rf"[ {NO_BREAK}{NARROW}]*»")
_COLON = re.compile(rf"(?<=\S)[ {NO_BREAK}{NARROW}]+:")
_HIGH = re.compile(rf"(?<=\S)[ {NO_BREAK}{NARROW}]+(?=[;!?])")
# No space was typed: one is put where the sign can only end a clause; an address or a time of day is left alone, and
# so is an HTML entity, whose semicolon ends nothing.
_ENTITY = r"(&#?\w+;)"
_TIGHT_COLON = re.compile(rf"{_ENTITY}|(?<=[^\W\d_]):(?=\s|$)")
_TIGHT_HIGH = re.compile(rf"{_ENTITY}|(?<=[\w»)\]…%€])(?=[;!?]+(?:[\s»)\]]|$))")


def normalise(text: str) -> str:
    """`text` as it is kept: NFC, lines ended by LF, no control sign (PostgreSQL refuses NUL), no lone surrogate."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", _UNKEEPABLE.sub("", lines)))


def fold(text: str) -> str:
    """`text` as it is searched and compared: no case, no accent, no ligature, single spaces.

    >>> fold("Élan  CŒUR d’été")
    "elan coeur d'ete"
    """
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(letters.translate(_LIGATURES).split())


def rejoined(text: str) -> str:
    r"""A text that a machine read on paper, without the line ends that only the edge of the sheet made.

    Two lines are one when the first is nearly as long as the longest and the second goes on in small letters: an
    address, a list or a table keeps its lines. No word is changed.

    >>> rejoined("Ma commande, promise pour le 2 novembre,\nn’est pas arrivée.\nM. Garnier")
    "Ma commande, promise pour le 2 novembre, n’est pas arrivée.\nM. Garnier"
    """
    lines = text.split("\n")
    full = _FULL_LINE * max(len(line.strip()) for line in lines)
    joined = lines[:1]
    for before, line in itertools.pairwise(lines):
        if len(before.strip()) >= full and line.lstrip()[:1].islower():
            joined[-1] = f"{joined[-1].rstrip()} {line.lstrip()}"
        else:
            joined.append(line)
    return "\n".join(joined)


def truncate(text: str, limit: int) -> str:
    """At most `limit` characters of `text` (limit ≥ 1), cut after a whole word and closed by an ellipsis.

    A word longer than the limit is cut inside, never between a letter and the marks that belong to it.
    """
    if limit < 1:
        raise ValueError("a limit of at least one character")
    if len(text) <= limit:
        return text
    end = limit - 1
    while end and _belongs_to_previous(text, end):
        end -= 1
    kept = text[:end]
    if not text[end].isspace():
        head = kept.rstrip().rsplit(None, 1)
        ends_with_space = kept[-1:].isspace()
        kept = head[0] if len(head) == 2 and not ends_with_space else kept
    return kept.rstrip().rstrip(",;:–—-(«").rstrip() + "…"


def _belongs_to_previous(text: str, index: int) -> bool:
    """Whether the character at `index` is drawn with the one before: a mark, a joiner, a variation, a skin tone."""
    sign = text[index]
    joined = text[index - 1] == "\u200d" or sign == "\u200d"
    return joined or unicodedata.category(sign) in {"Mn", "Mc", "Me"} or "\U0001f3fb" <= sign <= "\U0001f3ff"


def french(text: str) -> str:
    """`text` with the spaces and apostrophes of French printing, for our own sentences only; idempotent.

    A no-break space inside « » and before a colon, a narrow one before ; ! and ?, a curved apostrophe (Lexique des
    règles typographiques en usage à l’Imprimerie nationale). What complainants wrote is shown as they wrote it.
    """
    text = _APOSTROPHE.sub("’", text)
    text = _CLOSING.sub(f"{NO_BREAK}»", _OPENING.sub(f"«{NO_BREAK}", text))
    text = _HIGH.sub(NARROW, _COLON.sub(f"{NO_BREAK}:", text))
    text = _TIGHT_COLON.sub(lambda found: found[1] or f"{NO_BREAK}:", text)
    return _TIGHT_HIGH.sub(lambda found: found[1] or NARROW, text)


def initials(name: str) -> str:
    """Two letters of a name, for a round badge.

    >>> initials("Anne-Marie Le Goff"), initials("")
    ('AG', '')
    """
    words = name.replace("-", " ").split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
