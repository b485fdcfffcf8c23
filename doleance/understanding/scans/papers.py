"""Pages of a PDF: the text that they bear, else their picture. Runs in the limited child.

Nothing in a PDF runs: the library is built without scripts, and forms are not opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw
from pypdfium2.version import PDFIUM_INFO

from doleance.understanding.scans import pictures, told
from doleance.understanding.scans.pictures import Picture

_POINTS = 72  # an inch
_DOTS = 300
_COVERS = 0.5  # the share of a page that its picture fills on a scan
_HARDLY = 200  # letters that a scanner's own mention may have


class Encrypted(Exception):
    """A document that opens with a password."""


class Broken(Exception):
    """Bytes that are no document."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page: its own text, or its picture where it has none that serves."""

    text: str
    picture: Picture | None


def version() -> str:
    """What reads the documents."""
    return f"pdfium-{PDFIUM_INFO.build}"


def leaves(data: bytes, most: int) -> tuple[int, Iterator[Leaf]]:
    """How many pages a PDF has, and the first `most` of them, read one by one. Raises Encrypted, Broken."""
    try:
        document = pdfium.PdfDocument(data)
        total = len(document)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise Encrypted from error
        raise Broken from error
    if total < 1:
        raise Broken
    return total, (_leaf(document, number) for number in range(min(total, most)))


def _leaf(document: pdfium.PdfDocument, number: int) -> Leaf:
    try:
        page = document[number]
    except pdfium.PdfiumError as error:
        raise Broken from error
    try:
        text = told.tidied(page.get_textpage().get_text_bounded())
        if told.is_usable(text) and not (len(text) < _HARDLY and _is_picture(page)):
            return Leaf(text, None)
        return Leaf("", _drawn(page))
    finally:
        page.close()


def _is_picture(page: pdfium.PdfPage) -> bool:
    """Whether one image covers most of a page: it was scanned, and what it bears beside is a mention."""
    width, height = page.get_size()
    for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = one.get_bounds()
        if (right - left) * (top - bottom) > _COVERS * width * height:
            return True
    return False


def _drawn(page: pdfium.PdfPage) -> Picture:
    """A page as a picture, at 300 dots an inch; fewer where it is larger than paper is."""
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise Broken
    scale = min(_DOTS / _POINTS, pictures.SIDE / max(width, height))
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        grey = Image.frombuffer("L", (bitmap.width, bitmap.height), bytes(bitmap.buffer), "raw", "L", bitmap.stride, 1)
        return pictures.prepared(grey)
    finally:
        bitmap.close()
