"""Images drawn anew: what is shown holds no byte of the sender's file, and no image costs more than its size allows.

Runs in the limited child process. Vector images are never drawn: they are programs.
"""

from io import BytesIO

# Imported one by one: the library would otherwise load forty formats when it meets what it does not know.
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from doleance.accounts.theme import DARK, LIGHT, LOGO_HEIGHT, LOGO_WIDTH, Colour, DrawnLogo, LogoInk, contrast

PIXELS_LIMIT = 50_000_000
SIDE_LIMIT = 1_200
THUMBNAIL_SIDE = 320
_FORMATS = tuple(
    plugin.format
    for plugin in (
        BmpImagePlugin.BmpImageFile,
        GifImagePlugin.GifImageFile,
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        TiffImagePlugin.TiffImageFile,
        WebPImagePlugin.WebPImageFile,
    )
)
_LOGOS = (
    PngImagePlugin.PngImageFile.format,
    JpegImagePlugin.JpegImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
)
_SEEN, _VANISHES, _COUNTS = 128, 2.0, 0.12  # of 255 of opacity; a contrast; a share of what is seen
_BYTES_LIMIT = 60_000_000
Image.MAX_IMAGE_PIXELS = None  # counted here, before anything is drawn
ImageFile.LOAD_TRUNCATED_IMAGES = False


def drawn(data: bytes, *, side: int, pixels: int = PIXELS_LIMIT) -> bytes | None:
    """The first frame of an image as WebP, at most `side` pixels wide and high; None when it cannot be drawn.

    Nothing larger than `pixels` is drawn, whatever its file weighs.
    """
    if not _looks_like_one(data) or len(data) > _BYTES_LIMIT:
        return None
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > min(pixels, PIXELS_LIMIT) or min(image.size) < 1:
                return None
            return _redrawn(image, side)
    except Exception:  # noqa: BLE001  a broken image makes the library raise nearly anything; it is only not shown
        return None


def pixels_of(data: bytes) -> int:
    """How many pixels an image says it has, without drawing it; 0 when it is none."""
    if not _looks_like_one(data):
        return 0
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            return image.width * image.height
    except Exception:  # noqa: BLE001  as above
        return 0


def _looks_like_one(data: bytes) -> bool:
    """By its first bytes: what is none must not make the library load all it knows."""
    return data.startswith(
        (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*")
    ) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")


def _redrawn(image: Image.Image, side: int) -> bytes:
    image.draft("RGB", (side, side))  # a JPEG is read at a fraction of its size
    image.seek(0)
    has_holes = "A" in image.getbands() or "transparency" in image.info
    flat = ImageOps.exif_transpose(image).convert("RGBA" if has_holes else "RGB")
    flat.thumbnail((side, side))
    clean = Image.new(flat.mode, flat.size)  # no comment, profile or place of the sender's comes along
    clean.paste(flat)
    kept = BytesIO()
    clean.save(kept, "WEBP", quality=80, method=3)
    return kept.getvalue()


def logo(data: bytes) -> DrawnLogo | None:
    """A house's logo as PNG, transparent where it was; None when it is no PNG, JPEG or WebP that can be drawn."""
    if not _looks_like_one(data):
        return None
    try:
        with Image.open(BytesIO(data), formats=_LOGOS) as image:
            if image.width * image.height > PIXELS_LIMIT or min(image.size) < 1:
                return None
            return _logo_redrawn(image)
    except Exception:  # noqa: BLE001  as above
        return None


def _logo_redrawn(image: Image.Image) -> DrawnLogo:
    image.seek(0)
    flat = ImageOps.exif_transpose(image).convert("RGBA")
    flat.thumbnail((LOGO_WIDTH, LOGO_HEIGHT))
    clean = Image.new("RGBA", flat.size)
    clean.paste(flat)
    kept = BytesIO()
    clean.save(kept, "PNG", optimize=True)
    return DrawnLogo(kept.getvalue(), clean.width, clean.height, _ink(clean))


def _ink(image: Image.Image) -> LogoInk | None:
    """Whether a part that counts would vanish on a dark page, or else on a white one. A full rectangle never does."""
    if min(image.getchannel("A").tobytes()) > _SEEN:
        return None
    small = image.resize((min(image.width, 120), min(image.height, 60)))
    parts = small.tobytes()
    pixels = [parts[place : place + 4] for place in range(0, len(parts), 4)]
    seen = [Colour(*pixel[:3]) for pixel in pixels if pixel[3] > _SEEN]
    for ink, paper in ((LogoInk.DARK, DARK), (LogoInk.LIGHT, LIGHT)):
        lost = sum(contrast(colour, paper.surfaces[0]) < _VANISHES for colour in seen)
        if seen and lost / len(seen) > _COUNTS:
            return ink
    return None
