"""The text of one file, page after page, its own text first. Runs in the limited child."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from doleance.channels.media import sniffed
from doleance.understanding.scans import papers, pictures, told, words
from doleance.understanding.scans.papers import Leaf
from doleance.understanding.scans.pictures import Picture
from doleance.understanding.scans.tesseract import Failed, Slow, Tesseract
from doleance.understanding.scans.told import Engine, Recognised, Trouble
from doleance.understanding.scans.words import Page

PAGE_S, FILE_S = 40.0, 200.0  # of waiting for tesseract
_IMAGES = frozenset({"image/png", "image/jpeg", "image/tiff"})


@dataclass(slots=True)
class _Found:
    """What the pages of a file gave so far."""

    texts: list[str] = field(default_factory=list)
    recognised: list[Page] = field(default_factory=list)
    read: int = 0
    needs_engine: bool = False
    is_late: bool = False


def recognise(data: bytes, tesseract: Tesseract | None, language: str = "") -> Recognised:
    """What is written in a file. Whatever it holds, it is told and nothing is raised but MemoryError."""
    if len(data) > told.MOST_BYTES:
        return Recognised(trouble=Trouble.TOO_LARGE)
    try:
        pages, leaves = _leaves(data)
        found = _read(leaves, tesseract, language)
    except papers.Encrypted:
        return Recognised(trouble=Trouble.ENCRYPTED)
    except pictures.TooManyPixels:
        return Recognised(trouble=Trouble.TOO_MANY_PIXELS)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  a broken file makes the libraries raise nearly anything
        return Recognised(trouble=Trouble.BROKEN)
    return _told(found, pages, tesseract)


def _leaves(data: bytes) -> tuple[int, Iterator[Leaf]]:
    kind = sniffed(data)
    if kind == "application/pdf":
        return papers.leaves(data, told.MOST_PAGES)
    if kind not in _IMAGES:
        raise ValueError(kind)
    total, drawn = pictures.frames(data, told.MOST_PAGES)
    return total, (Leaf("", one) for one in drawn)


def _read(leaves: Iterator[Leaf], tesseract: Tesseract | None, language: str) -> _Found:
    """The pages, until the file's time is over. A page that breaks after others were read ends it there."""
    found, end = _Found(), time.monotonic() + FILE_S
    while time.monotonic() < end:
        try:
            leaf = next(leaves, None)
        except MemoryError:
            raise
        except Exception:
            if found.read:
                break
            raise
        if leaf is None:
            break
        found.read += 1
        if leaf.picture is None:
            found.texts.append(leaf.text)
        elif tesseract is None:
            found.needs_engine = True
        else:
            _add(found, leaf.picture, tesseract, language)
    return found


def _add(found: _Found, picture: Picture, tesseract: Tesseract, language: str) -> None:
    try:
        page = tesseract.page(picture, language, PAGE_S)
    except Slow:
        found.is_late = True
        return
    except Failed:
        return
    if page.text:
        found.texts.append(told.tidied(page.text))
        found.recognised.append(page)


def _told(found: _Found, pages: int, tesseract: Tesseract | None) -> Recognised:
    text = "\n\n".join(found.texts)[: told.LONGEST].strip()
    if not text:
        trouble = Trouble.NO_ENGINE if found.needs_engine else Trouble.TIME if found.is_late else Trouble.NO_TEXT
        return Recognised(pages=pages, read=found.read, trouble=trouble)
    if found.recognised and tesseract is not None:
        confidence = words.together(found.recognised)
        return Recognised(text, Engine.TESSERACT, tesseract.version, confidence, pages, found.read)
    return Recognised(text, Engine.PDF, papers.version(), None, pages, found.read)
