"""A house's logo: drawn anew in the limited child, transparent where it was; what is hostile or no picture is none."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from doleance.accounts.theme import LOGO_HEIGHT, LOGO_WIDTH, DrawnLogo, LogoInk
from doleance.channels import queries
from doleance.channels.email import images, wire

BLACK, WHITE, RED, NOTHING = (0, 0, 0, 255), (255, 255, 255, 255), (200, 20, 60, 255), (0, 0, 0, 0)


def picture(kind="PNG", size=(300, 100), ground=NOTHING, ink=BLACK, **more) -> bytes:
    image = Image.new("RGBA", size, ground)
    image.paste(ink, (0, 0, size[0], size[1] // 2))
    kept = io.BytesIO()
    (image.convert("RGB") if kind == "JPEG" else image).save(kept, kind, **more)
    return kept.getvalue()


def opened(logo: DrawnLogo) -> Image.Image:
    image = Image.open(io.BytesIO(logo.data))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_each_format_becomes_a_png(kind):
    logo = images.logo(picture(kind))
    assert logo is not None
    assert (logo.width, logo.height) == opened(logo).size == (300, 100)
    assert opened(logo).format == "PNG"


@pytest.mark.parametrize("size", [(4000, 300), (300, 4000), (1, 1), (721, 121), (6000, 6000)])
def test_a_large_one_is_made_small_and_a_small_one_stays(size):
    logo = images.logo(picture(size=size))
    assert logo is not None
    assert 1 <= logo.width <= LOGO_WIDTH
    assert 1 <= logo.height <= LOGO_HEIGHT
    if size == (1, 1):
        assert (logo.width, logo.height) == size


def test_what_was_transparent_still_is_and_no_secret_comes_along():
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "Hélène Secret")
    logo = images.logo(picture(pnginfo=told))
    assert logo is not None
    assert b"Secret" not in logo.data
    assert opened(logo).getpixel((10, 90))[3] == 0
    assert opened(logo).getpixel((10, 10)) == BLACK


@pytest.mark.parametrize(
    ("ground", "ink", "found"),
    [
        (NOTHING, BLACK, LogoInk.DARK),
        (NOTHING, WHITE, LogoInk.LIGHT),
        (NOTHING, RED, None),
        (WHITE, BLACK, None),  # it brings its own paper
        (BLACK, WHITE, None),
        (NOTHING, NOTHING, None),
    ],
)
def test_what_would_vanish_is_known(ground, ink, found):
    logo = images.logo(picture(ground=ground, ink=ink))
    assert logo is not None
    assert logo.ink == found


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 60,000 by 60,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [b"", b"texte", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:200], picture("GIF"), picture("BMP"),
     picture("TIFF"), bomb()],
)  # fmt: skip
def test_what_is_no_logo_is_none(data):
    assert images.logo(data) is None


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data):
    assert images.logo(b"\x89PNG\r\n\x1a\n" + data) is None


@pytest.mark.parametrize("logo", [DrawnLogo(b"\x89PNG", 3, 2, LogoInk.DARK), DrawnLogo(b"x", 1, 1, None), None])
def test_a_logo_is_heard_as_it_was_said(logo):
    pipe = io.BytesIO()
    wire.send_answer(pipe, logo)
    pipe.seek(0)
    assert wire.read_answer(pipe, wire.LOGO) == logo


def test_the_child_draws_it():
    logo = queries.logo_of(picture(ink=WHITE))
    assert logo is not None
    assert logo.ink is LogoInk.LIGHT
    assert queries.logo_of(b"texte") is None
