"""Pictures of pages, made fit for recognition: grey, upright, of a size that letters are read at.

Runs in the limited child. A picture is counted before it is drawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

# Imported one by one, as `channels.email.images` does: the library would otherwise load all the formats that it knows.
from PIL import Image, ImageFile, ImageOps, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

PIXELS = 60_000_000  # of a file that is opened at all
SIDE = 3_600  # what is recognised: a page of A4 at 300 dots an inch, and a little more
_SMALL, _FLAT = 1_400, 1.4  # a picture that is drawn twice as large; a fax has twice as many dots across as down
_FORMATS = tuple(
    one.format for one in (PngImagePlugin.PngImageFile, JpegImagePlugin.JpegImageFile, TiffImagePlugin.TiffImageFile)
)
Image.MAX_IMAGE_PIXELS = None  # counted here, before anything is drawn
ImageFile.LOAD_TRUNCATED_IMAGES = False


class TooManyPixels(Exception):
    """A picture larger than any page."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Grey dots, row by row."""

    width: int
    height: int
    dots: bytes

    def pnm(self) -> bytes:
        """The picture as a portable grey map, which costs nothing to write or to read."""
        return b"P5 %d %d 255\n" % (self.width, self.height) + self.dots


def frames(data: bytes, most: int) -> tuple[int, Iterator[Picture]]:
    """How many pictures a PNG, JPEG or TIFF holds, and the first `most` of them, drawn one by one.

    Raises TooManyPixels, and nearly anything on a broken file, at once or while they are drawn.
    """
    image = Image.open(BytesIO(data), formats=_FORMATS)
    _count(image)
    total = min(int(getattr(image, "n_frames", 1)), 10_000)
    return total, (_frame(image, number) for number in range(min(total, most)))


def _frame(image: Image.Image, number: int) -> Picture:
    image.seek(number)
    _count(image)
    dots = image.info.get("dpi")
    grey = ImageOps.exif_transpose(image).convert("RGBA" if "transparency" in image.info else image.mode)
    if "A" in grey.getbands():  # letters on nothing are letters on paper
        paper = Image.new("RGBA", grey.size, "white")
        paper.alpha_composite(grey.convert("RGBA"))
        grey = paper
    return prepared(grey.convert("L"), _stretch(dots))


def _count(image: Image.Image) -> None:
    if image.width * image.height > PIXELS:
        raise TooManyPixels
    if min(image.size) < 1:
        raise ValueError("no picture")


def _stretch(dots: object) -> float:
    """By how much a picture must grow in height to be seen as it was: a fax is written with oblong dots."""
    try:
        across, down = (float(one) for one in dots)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return 1.0
    ratio = across / down if across > 0 and down > 0 else 1.0
    return ratio if _FLAT <= ratio <= 3.0 else 1.0


def prepared(grey: Image.Image, stretch: float = 1.0) -> Picture:
    """A grey picture at a size that letters are read at."""
    width, height = grey.width, round(grey.height * stretch)
    factor = min(1.0, SIDE / max(width, height))
    if max(width, height) < _SMALL:
        factor = 2.0
    wanted = (max(1, round(width * factor)), max(1, round(height * factor)))
    if wanted != grey.size:
        grey = grey.resize(wanted, Image.Resampling.BICUBIC)
    return Picture(grey.width, grey.height, grey.tobytes())
