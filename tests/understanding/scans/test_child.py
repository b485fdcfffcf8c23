"""Files read in the limited child: letters, scans, faxes, and what must harm nobody."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from doleance.kernel.confined import Limits
from doleance.understanding.scans import child, recognise, told
from doleance.understanding.scans.child import LIMITS, Readers
from doleance.understanding.scans.told import Engine, Trouble
from tests.understanding.scans import sheets

SAID = ("Ma commande C-88412", "toujours pas arrivée", "186,00 €", "rembourser la différence", "Hélène Durand")


@pytest.fixture(scope="module")
def readers():
    found = Readers()
    yield found
    found.close()


def test_a_pdf_gives_its_own_text(readers):
    read = readers.read(sheets.letter(), tesseract="")
    assert (read.engine, read.confidence, read.pages, read.read, read.trouble) == (Engine.PDF, None, 1, 1, None)
    assert read.version.startswith("pdfium-")
    assert all(words in read.text for words in SAID)


@pytest.mark.needs("tesseract-ocr", "tesseract-ocr-fra")
@pytest.mark.parametrize("make", [sheets.scan, sheets.fax, sheets.upside_down])
def test_a_picture_of_a_letter_is_recognised(readers, make):
    read = readers.read(make(), language="fr")
    assert read.engine is Engine.TESSERACT, read
    assert read.version.startswith("tesseract-")
    assert read.confidence is not None
    assert read.confidence >= 80
    flat = " ".join(read.text.split())
    assert all(words in flat for words in SAID), flat


@pytest.mark.needs("tesseract-ocr", "tesseract-ocr-fra")
def test_a_photo_bears_no_text(readers):
    read = readers.read(sheets.grain())
    assert (read.trouble, read.text) == (Trouble.NO_TEXT, "")


@pytest.mark.needs("tesseract-ocr", "tesseract-ocr-fra")
def test_a_scan_with_the_scanner_s_own_mention_is_recognised(readers):
    """Programs that scan write their name in a corner: that is not the text of the page."""
    picture = sheets.saved(sheets.sheet(), "JPEG")
    size = b"/Width %d /Height %d" % sheets.sheet().size
    image = b"<< /Type /XObject /Subtype /Image %s /BitsPerComponent 8 /ColorSpace /DeviceGray" % size
    image += b" /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (len(picture), picture)
    draw = b"q 595 0 0 842 0 0 cm /I Do Q BT /F 8 Tf 20 10 Td (Document scanned with the Scanner of the House) Tj ET"
    content = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(draw), draw)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    more = b"/Resources << /XObject << /I 4 0 R >> /Font << /F 6 0 R >> >> /Contents 5 0 R"
    read = readers.read(sheets.page(b"0 0 595 842", more, image, content, font), language="fr")
    assert read.engine is Engine.TESSERACT
    assert "C-88412" in read.text


def test_without_an_engine_a_scan_says_so(readers):
    read = readers.read(sheets.scan(), tesseract="")
    assert (read.trouble, read.text, read.pages) == (Trouble.NO_ENGINE, "", 1)
    assert readers.read(sheets.scan(), tesseract="/nulle/part").trouble is Trouble.NO_ENGINE


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (sheets.locked(), Trouble.ENCRYPTED),
        (b"%PDF-1.7\nrien", Trouble.BROKEN),
        (sheets.letter()[:4000], Trouble.BROKEN),
        (b"", Trouble.BROKEN),
        (b"MZ\x90\x00" + bytes(500), Trouble.BROKEN),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), Trouble.BROKEN),
        (sheets.fax()[:-800], Trouble.BROKEN),
        (sheets.upside_down()[:3000], Trouble.BROKEN),
        (sheets.huge_png(), Trouble.TOO_MANY_PIXELS),
        (b"II*\x00" + bytes(200), Trouble.BROKEN),
        (sheets.pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), None),
        (sheets.page(b"0 0 0 0"), None),
        (sheets.page(b"0 0 200000 200000"), None),
        (sheets.page(b"-9e30 0 9e30 1e-9"), None),
    ],
)
def test_a_hostile_file_is_told_and_the_next_one_is_read(readers, data, trouble):
    read = readers.read(data, tesseract="")
    assert read.text == ""
    assert read.trouble is trouble or (trouble is None and read.trouble is not None)
    assert readers.read(sheets.letter(), tesseract="").text


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_borne(readers, data):
    """Files that begin as they should, and go wrong anywhere: told, and never a reason for the next one to wait."""
    whole = bytearray(data.draw(st.sampled_from([sheets.letter(), sheets.fax(), sheets.small_jpeg()])))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    read = readers.read(bytes(whole[: data.draw(st.integers(1, len(whole)))]), tesseract="")
    assert bool(read.text) is (read.trouble is None)


def test_a_heavy_file_is_not_even_sent():
    assert Readers().read(bytes(told.MOST_BYTES + 1)).trouble is Trouble.TOO_LARGE
    assert recognise.recognise(bytes(told.MOST_BYTES + 1), None).trouble is Trouble.TOO_LARGE


def test_a_picture_bomb_ends_within_its_limits():
    small = Limits(cpu_seconds=20, memory_bytes=400 * 1024**2, wall_seconds=60.0, share=10)
    starved = Readers(limits=small)
    try:
        read = starved.read(sheets.bomb(), tesseract="")
        assert read.text == ""
        assert read.trouble in set(Trouble)
        assert starved.read(sheets.letter(), tesseract="").text  # the next one has a child of its own
    finally:
        starved.close()


def test_a_child_that_has_no_time_says_so():
    hurried = Readers(limits=Limits(LIMITS.cpu_seconds, LIMITS.memory_bytes, wall_seconds=0.0, share=10))
    try:
        assert hurried.read(sheets.letter(), tesseract="").trouble is Trouble.TIME
    finally:
        hurried.close()


def test_only_the_first_pages_of_a_long_document_are_read(readers):
    read = readers.read(sheets.many_pages(500), tesseract="")
    assert (read.pages, read.read) == (500, told.MOST_PAGES)


def test_the_pages_of_a_tiff_are_counted(readers):
    kept = io.BytesIO()
    white = Image.new("L", (300, 300), 255)
    white.save(kept, "TIFF", save_all=True, append_images=[white] * 2)
    read = readers.read(kept.getvalue(), tesseract="")
    assert (read.pages, read.read, read.trouble) == (3, 3, Trouble.NO_ENGINE)


@pytest.mark.needs("tesseract-ocr", "tesseract-ocr-fra")
def test_the_machine_s_engine_is_found():
    assert child.engine().endswith("tesseract")


def test_a_program_that_is_no_engine_is_none(tmp_path):
    fake = tmp_path / "tesseract"
    fake.write_text("#!/bin/sh\necho tesseract 9\nexit 0\n")
    fake.chmod(0o755)
    found = Readers()
    try:
        assert found.read(sheets.scan(), tesseract=str(fake)).trouble is Trouble.NO_ENGINE
    finally:
        found.close()


@pytest.mark.parametrize("ends", ["exit 1", "kill -9 $$", "printf '\\377\\000'"])
def test_an_engine_that_fails_on_a_page_leaves_it_unread(tmp_path, ends):
    fake = tmp_path / "tesseract"
    body = f'case "$1" in --version) echo tesseract 9;; --list-langs) echo fra; echo osd;; *) {ends};; esac'
    fake.write_text(f"#!/bin/sh\n{body}\n")
    fake.chmod(0o755)
    found = Readers()
    try:
        read = found.read(sheets.scan(), tesseract=str(fake))
        assert (read.trouble, read.read) == (Trouble.NO_TEXT, 1)
    finally:
        found.close()
