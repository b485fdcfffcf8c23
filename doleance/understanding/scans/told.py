"""What is read of an attached file, which files are worth reading, and when they speak for their message. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doleance.kernel.kinds import Kind
from doleance.understanding.scans import letters
from doleance.understanding.text import courtesies
from doleance.understanding.text.clean import clean
from doleance.understanding.text.lines import fold
from doleance.understanding.text.sentences import sentences

MOST_BYTES = 25 * 1024 * 1024
MOST_PAGES = 20
LONGEST = 60_000  # characters that are kept: what the search of files keeps of one
# Hundredths. Below the first, what was recognised is said to be doubtful and does not speak for its message.
SURE = 60
_LOGO_BYTES = 30_000  # an image of this size inside a mail is part of its signature
_READABLE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/tiff"})
_UNNAMED = frozenset({"", "application/octet-stream", "image/jpg", "image/pjpeg", "image/tif", "application/x-pdf"})
_ENDINGS = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff")


class Engine(Kind):
    """How a text was obtained."""

    PDF = "pdf", "Texte du document lui-même"
    TESSERACT = "tesseract", "Reconnaissance de caractères"


class Trouble(Kind):
    """Why nothing was read of a file; the label says it to whoever handles the file."""

    ENCRYPTED = "encrypted", "Fichier protégé par un mot de passe\u00a0: son texte n’a pas été lu."
    BROKEN = "broken", "Fichier abîmé, ou d’un autre format qu’annoncé\u00a0: son texte n’a pas été lu."
    TOO_LARGE = "too_large", "Fichier trop lourd\u00a0: au-delà de 25\u00a0Mo, le texte n’est pas lu."
    TOO_MANY_PIXELS = "pixels", "Image trop grande\u00a0: son texte n’a pas été lu."
    NO_TEXT = "no_text", "Aucun texte reconnu\u00a0: une photo, ou une écriture que la machine ne sait pas lire."
    NO_ENGINE = "no_engine", "Document numérisé\u00a0: ce serveur n’a pas de reconnaissance de caractères."
    TIME = "time", "Lecture trop longue, abandonnée\u00a0: le texte n’a pas été lu."
    MEMORY = "memory", "Lecture trop gourmande en mémoire, abandonnée\u00a0: le texte n’a pas été lu."
    CRASH = "crash", "La lecture s’est interrompue sur ce fichier\u00a0: son texte n’a pas été lu."


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was read of a file: its text, or the trouble with it. `confidence` (hundredths) is that of recognition, and
    None where the text is the document's own; `read` is the number of pages read of `pages`.
    """

    text: str = ""
    engine: Engine | None = None
    version: str = ""
    confidence: int | None = None
    pages: int = 0
    read: int = 0
    trouble: Trouble | None = None

    @property
    def is_sure(self) -> bool:
        """Whether the text may speak for its message."""
        return bool(self.text) and (self.confidence is None or self.confidence >= SURE)


def of_recognised(found: Recognised) -> dict[str, Any]:
    """As JSON bears it, to be read by `recognised`."""
    return {
        "text": found.text,
        "engine": found.engine.value if found.engine else None,
        "version": found.version,
        "confidence": found.confidence,
        "pages": found.pages,
        "read": found.read,
        "trouble": found.trouble.value if found.trouble else None,
    }


def recognised(told: Mapping[str, Any]) -> Recognised:
    """What `of_recognised` wrote. Raises KeyError, ValueError, TypeError on anything else."""
    return Recognised(
        text=str(told["text"])[:LONGEST],
        engine=Engine(told["engine"]) if told["engine"] else None,
        version=str(told["version"])[:80],
        confidence=None if told["confidence"] is None else max(0, min(100, int(told["confidence"]))),
        pages=int(told["pages"]),
        read=int(told["read"]),
        trouble=Trouble(told["trouble"]) if told["trouble"] else None,
    )


def is_readable(media_type: str, name: str, size: int, *, is_inline: bool) -> bool:
    """Whether a file may hold a text to read, by what its sender says of it; its own bytes decide afterwards."""
    kind = media_type.lower()
    if is_inline and kind.startswith("image/") and size < _LOGO_BYTES:
        return False
    return size > 0 and (kind in _READABLE or (kind in _UNNAMED and name.lower().endswith(_ENDINGS)))


_LETTER = re.compile(r"[^\W\d_]")
_ODD = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_FEW_LETTERS, _ODD_SHARE = 20, 0.05


def is_usable(text: str) -> bool:
    """Whether the text that a page of a PDF bears is one that people read: some scanners leave none, some fonts give
    signs without meaning.
    """
    letters = len(_LETTER.findall(text))
    return letters >= _FEW_LETTERS and len(_ODD.findall(text)) <= _ODD_SHARE * len(text)


def tidied(text: str) -> str:
    """A text with one kind of line end, no NUL, words that a line end cut put together, and no run of empty lines."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").replace("\x0c", "\n")
    plain = re.sub(r"(?<=[^\W\d_])(?:\u00ad|\ufffe|\x02)\n?", "", plain)
    plain = re.sub(r"(?<=[a-zà-öø-ÿ])-\n(?=[a-zà-öø-ÿ])", "", plain)
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in plain.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


_POINTS = re.compile(
    r"\b(?:ci[ -]?joint\w*|pieces? (?:jointes?|attachees?)|p\.?j\.?|en annexe|"
    r"document (?:joint|attache)|fichier joint|courrier joint|lettre jointe|joint a (?:ce|mon)|attached|attachment|"
    r"enclosed|see (?:my )?letter|anbei|im anhang|adjunto|in allegato|bijlage|em anexo)\b"
)
_LETTERS = re.compile(
    r"\b(?:lettres?|courriers?|fax|telecopies?|reclamations?|plaintes?|mises? en demeure|letters?|complaints?|scan\w*|"
    r"recommandes?|manuscrits?|briefe?|carta|lettera|brief|beschwerde|reclamo|queja|klacht|reclamacao)\b"
)
_PROOFS = re.compile(
    r"\b(?:factures?|tickets?|recus?|photos?|images?|captures?|devis|bons?|justificatifs?|preuves?|releves?|contrats?|"
    r"invoices?|receipts?|pictures?|screenshots?|bills?|proofs?|statements?|rib)\b"
)
_FEW_WORDS, _SOME_WORDS = 4, 40
# Characters of a message, quoted mails included: a longer one says something itself, and is not looked at outside the
# limited child.
_LONGEST_OWN = 20_000


def own_words(text: str) -> str:
    """What a message says beside its greetings, closings, signature and quoted mails."""
    kept = clean(text).text
    said = [span.of(kept) for span in sentences(kept)]
    return "\n".join(
        one for one in said if not courtesies.is_greeting(fold(one)) and not courtesies.is_closing(fold(one))
    )


def leans_on_files(text: str) -> bool:
    """Whether a message leaves it to its files to speak: it says next to nothing, or points to a letter and says
    little else. One that sends a proof of what it says itself does not.
    """
    if len(text) > _LONGEST_OWN:
        return False
    own = own_words(text)
    count = len(_WORD.findall(own))
    if count <= _FEW_WORDS:
        return True
    folded = fold(own)
    is_proof = _PROOFS.search(folded) is not None and _LETTERS.search(folded) is None
    return count <= _SOME_WORDS and _POINTS.search(folded) is not None and not is_proof


def spoken(text: str, files: Sequence[Recognised]) -> str:
    """What is read of a message: its own words, and where it leans on its files, what these say."""
    sure = [letters.told(one.text) for one in files if one.is_sure]
    if not sure or not leans_on_files(text):
        return text
    own = [line for line in own_words(text).split("\n") if not _POINTS.search(fold(line))]
    return "\n\n".join(part for part in ("\n".join(own).strip(), *sure) if part)
