"""A letter on paper, as people send it: a PDF with its text, a scan, a fax, a photo upside down; and hostile files."""

import io
import zlib
from functools import cache

import pypdfium2 as pdfium
import typst
from PIL import Image

_LETTER = """#set page(paper: "a4", margin: 2.5cm)
#set text(font: "DejaVu Sans", size: 11pt, lang: "fr")
Hélène Durand \\
12 rue des Lilas \\
69003 Lyon

#align(right)[Maison Exemple \\ Service clients \\ 75001 Paris]

Lyon, le 12 novembre 2026

*Objet : réclamation, contrat n° 4471-20*

Madame, Monsieur,

Ma commande C-88412, que vous aviez promise pour le 3 novembre, n’est toujours pas arrivée. Personne ne répond au
téléphone.

Par ailleurs, vous m’avez facturé 186,00 € au lieu de 86,00 €. Je vous demande de me rembourser la différence.

Dans l’attente de votre réponse, je vous prie d’agréer, Madame, Monsieur, l’expression de mes salutations distinguées.

Hélène Durand
"""


@cache
def letter() -> bytes:
    """The letter as a word processor makes it: a PDF with its text."""
    return typst.compile(_LETTER.encode())


@cache
def sheet() -> Image.Image:
    """The letter printed: grey dots, 300 an inch."""
    with pdfium.PdfDocument(letter()) as document:
        return document[0].render(scale=300 / 72, grayscale=True).to_pil().convert("L")


def saved(image: Image.Image, kind: str, **told: object) -> bytes:
    """An image as a file."""
    kept = io.BytesIO()
    image.save(kept, kind, **told)
    return kept.getvalue()


@cache
def scan() -> bytes:
    """The letter scanned: a PDF that is the picture of a page."""
    return saved(sheet(), "PDF", resolution=300)


@cache
def fax() -> bytes:
    """The letter faxed: black and white, oblong dots (204 by 98 an inch)."""
    page = sheet()
    small = page.resize((page.width * 204 // 300, page.height * 98 // 300))
    return saved(small.convert("1"), "TIFF", compression="group4", dpi=(204, 98))


@cache
def upside_down() -> bytes:
    """The letter photographed the wrong way up."""
    return saved(sheet().rotate(180), "JPEG", quality=70)


@cache
def small_jpeg() -> bytes:
    """A small picture of the letter."""
    return saved(sheet().resize((300, 420)), "JPEG")


@cache
def grain() -> bytes:
    """A photo on which nothing is written."""
    return saved(Image.effect_noise((700, 500), 60), "PNG")


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first of which is its catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, begin = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return out + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, begin)


_ROOT = (b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>")


def page(box: bytes = b"0 0 595 842", more: bytes = b"", *rest: bytes) -> bytes:
    """A PDF of one page."""
    return pdf(*_ROOT, b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] %s >>" % (box, more), *rest)


def locked() -> bytes:
    """A PDF that opens with a password that nobody knows."""
    lock = b"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -44 /O <%s> /U <%s> >>" % (b"41" * 32, b"42" * 32)
    return pdf(
        *_ROOT,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        lock,
        trailer=b"/Encrypt 4 0 R /ID [<00><00>]",
    )


def bomb(side: int = 30_000) -> bytes:
    """A PDF of one small page and one image of side × side points, which weighs next to nothing."""
    pixels = zlib.compress(bytes(side * side // 8), 9)
    image = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 1 /ColorSpace /DeviceGray" % (
        side,
        side,
    )
    image += b" /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(pixels), pixels)
    draw = b"q 595 0 0 842 0 0 cm /I Do Q"
    content = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(draw), draw)
    return page(b"0 0 595 842", b"/Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R", image, content)


def many_pages(count: int) -> bytes:
    """A PDF of so many empty pages."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    root = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    leaf = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>"
    return pdf(_ROOT[0], root, *[leaf] * count)


def huge_png() -> bytes:
    """A PNG that claims to be 60,000 points wide and high."""
    head = (60_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    chunks = b""
    for name, body in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" * 1000)), (b"IEND", b"")):
        chunks += len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunks
