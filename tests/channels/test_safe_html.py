"""HTML of mails made harmless: whatever goes in, what comes out runs nothing, fetches nothing, hides nothing."""

import base64
import re
from io import BytesIO

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from doleance.channels.email import images, safe_html
from doleance.channels.rules import ParsedFile
from tests.channels import mails


def picture(kind="PNG", size=(8, 6), colour=(200, 30, 30)):
    kept = BytesIO()
    Image.new("RGB", size, colour).save(kept, kind)
    return kept.getvalue()


def shown(html, *files):
    found = safe_html.safe(html, list(files))
    assert found is not None
    return found


def inline(name, data):
    return ParsedFile("x.png", "image/png", f"<{name}>", True, data)


FORBIDDEN = {
    "script", "style", "iframe", "object", "embed", "svg", "math", "form", "input", "button", "select", "textarea",
    "link", "meta", "base", "video", "audio", "source", "template", "noscript", "frame", "frameset", "applet",
}  # fmt: skip


def assert_harmless(html):
    """Read as a browser would read it: no forbidden element, no handler, no address but a link's."""
    body = lxml.html.document_fromstring(f"<html><body><section>{html}</section></body></html>").find("body")
    for element in body.iter():
        assert isinstance(element.tag, str)  # no comment, no instruction
        assert element.tag not in FORBIDDEN
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name not in {"class", "id", "srcset", "background", "action", "formaction", "ping", "poster"}
            if name == "href":
                assert value.strip().lower().startswith(("http:", "https:", "mailto:", "tel:"))
            elif name == "src":
                assert element.tag == "img"
                assert value.startswith("data:image/webp;base64,")
            elif name == "style":
                assert not re.search(r"url|expression|position|\\|@|display|opacity|var\(", value.lower())
        if element.tag == "a":
            assert element.get("rel") == "noopener noreferrer nofollow"


def test_what_dresses_a_text_stays():
    html = (
        '<p style="color:red">Bonjour <b>Madame</b></p><table border="1"><tr><td align="right">3,00</td></tr></table>'
    )
    found = shown(html).html
    assert '<p style="color:red">Bonjour <b>Madame</b></p>' in found
    assert '<td align="right">3,00</td>' in found


@pytest.mark.parametrize(
    ("html", "gone", "stays"),
    [
        ("<script>alert(1)</script>a", "alert", "a"),
        ("<style>p{color:red}</style>a", "color", "a"),
        ("<title>objet</title>a", "objet", "a"),
        ("<b onclick=alert(1)>a</b>", "alert", "<b>a</b>"),
        ("<form action=x><input value=y><button>Envoyer</button></form>a", "Envoyer", "a"),
        ("<a href='javascript:x()'>la facture</a><button>Go</button>", "Go", "la facture"),
        ("<iframe srcdoc='<script>x</script>'>b</iframe>a", "srcdoc", "a"),
        ("<svg><script>x()</script></svg>a", "x()", "a"),
        ("<math><mi xlink:href='javascript:x()'>m</mi></math>a", "javascript", "a"),
        ("<a href='javascript:x()'>ici</a>", "javascript", "ici"),
        ("<a href=' java\tscript:x()'>ici</a>", "script", "ici"),
        ("<a href='data:text/html,x'>ici</a>", "data:", "ici"),
        ("<a href='//mechant.example'>ici</a>", "mechant", "ici"),
        ("<a href='cid:x'>ici</a>", "cid:", "ici"),
        ("<p style='position:fixed;top:0'>a</p>", "position", "<p>a</p>"),
        ("<p style='background-color:red url(https://t.example/x)'>a</p>", "t.example", "<p>a</p>"),
        ("<p style='color:expression(x())'>a</p>", "expression", "<p>a</p>"),
        ("<p style='c\\6flor:red;margin:-9px'>a</p>", "-9px", "a"),
        ("<p style='display:none'>cache</p>", "display", "<p>cache</p>"),
        ("<p style='font-size:0px'>cache</p>", "font-size", "<p>cache</p>"),
        ("<p style='font-size:0.1em'>cache</p>", "font-size", "<p>cache</p>"),
        ("<p style='color:red;/*;position:fixed*/'>a</p>", "position", '<p style="color:red">a</p>'),
        ("<p style='font:1px serif'>cache</p>", "1px", "<p>cache</p>"),
        ("<!--[if mso]><b>mso</b><![endif]-->a", "mso", "a"),
        ("<meta http-equiv=refresh content='0;url=https://x.example'>a", "refresh", "a"),
        ("<link rel=stylesheet href=https://x.example/a.css>a", "stylesheet", "a"),
        ("<base href=https://x.example/>a", "base", "a"),
        ('<noscript><p title="</noscript><img src=x onerror=alert(1)>">', "onerror", ""),
        ("<b>jamais ferme", "\x00", "<b>jamais ferme</b>"),
    ],
)  # fmt: skip
def test_what_harms_goes_and_the_words_stay(html, gone, stays):
    found = shown(html).html
    assert gone not in found
    assert stays in found
    assert_harmless(found)


def test_a_remote_image_is_not_fetched_and_says_its_words_instead():
    found = shown('<p>a<img src="https://t.example/pixel.gif?id=1" alt="Notre <logo>">b<img src="//t.example/x">c</p>')
    assert found.html == "<p>a<span>Notre &lt;logo&gt;</span>bc</p>"
    assert found.images_blocked == 2


def test_an_image_of_the_mail_is_drawn_anew_in_its_place():
    data = picture() + b"<script>alert(1)</script>"
    found = shown('<img src="cid:logo@x" alt="logo"><img src="CID:logo%40x">', inline("logo@x", data))
    assert found.images_blocked == 0
    drawn = re.findall(r'src="data:image/webp;base64,([^"]+)"', found.html)
    assert len(drawn) == 2
    for one in drawn:
        kept = base64.b64decode(one)
        assert b"script" not in kept
        with Image.open(BytesIO(kept)) as image:
            assert (image.format, image.size) == ("WEBP", (8, 6))


def test_an_image_inside_the_text_is_drawn_anew():
    written = base64.b64encode(picture("GIF")).decode()
    found = shown(f'<img src="data:image/gif;base64,{written}">')
    assert "data:image/webp" in found.html
    assert "data:image/gif" not in found.html


@pytest.mark.parametrize("data", [b"", b"<svg onload=x>", b"\x89PNG\r\n\x1a\n broken", picture()[:45], b"GIF89a"])
def test_an_image_that_cannot_be_drawn_is_replaced_by_its_words(data):
    found = shown('<img src="cid:a" alt="photo">', inline("a", data))
    assert (found.html, found.images_blocked) == ("<span>photo</span>", 1)


def test_a_page_draws_forty_images_at_most():
    files = [inline(f"i{number}", picture(size=(number + 1, 4))) for number in range(50)]
    found = shown("".join(f'<img src="cid:i{number}">' for number in range(50)), *files)
    assert found.html.count("data:image/webp") == safe_html.IMAGES_LIMIT
    assert found.images_blocked == 10


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<a href='https://mechant.example/x?y'>banque</a>", "banque</a> <small>(mechant.example)</small>"),
        ("<a href='https://banque.example/x'>https://banque.example/x</a>", "https://banque.example/x</a>"),
        ("<a href='https://banque.example/x'>banque.example</a>", "banque.example</a>"),
        ("<a href='https://banque.example.mechant.example'>banque.example</a>",
         "banque.example</a> <small>(banque.example.mechant.example)</small>"),
        ("<a href='https://example'>banque.example</a>", "</a> <small>(example)</small>"),
        ("<a href='mailto:a@b.example'>Anne</a>", "Anne</a> <small>(a@b.example)</small>"),
        ("<a href='tel:+33612345678'>appeler</a>", "appeler</a> <small>(+33612345678)</small>"),
        ("<a href='https://[bad'>x</a>", "x"),
        ("<a href='https://Banque.example/'>Banque.example/</a>", "Banque.example/</a>"),
        ("<a href='https://banque.example/x'> <b>https://banque.example/x</b> </a>", "</b> </a>"),
        ("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example</a>"),
        # The place stands there and is not seen; what is seen is another.
        ("<a href='https://mechant.example'><i style='color:#fff'>mechant.example</i>www.banque.example</a>",
         "www.banque.example</a> <small>(mechant.example)</small>"),
        ("<a href='https://mechant.example/banque.example'><i>https://mechant.example/</i>banque.example</a>",
         "banque.example</a> <small>(mechant.example)</small>"),
        ("<a href='https://banque.example@mechant.example/'>https://banque.example@mechant.example/</a>",
         "</a> <small>(mechant.example)</small>"),
    ],
)  # fmt: skip
def test_a_link_says_where_it_leads(html, told):
    found = shown(html).html
    assert found.endswith(told)
    assert_harmless(found)


@pytest.mark.parametrize("html", ["<div>" * 200_000 + "x", "&amp;" * 500_000, "x" * 9_000_000])
def test_what_would_cost_too_much_is_not_shown(html):
    assert safe_html.safe(html, []) is None


def test_the_richest_html_of_a_mail_is_shown():
    found = safe_html.read(mails.with_files("Mots simples", "<p>Mots <b>riches</b></p>", {}))
    assert found is not None
    assert "<p>Mots <b>riches</b></p>" in found.html


def test_a_mail_in_plain_text_has_no_html():
    assert safe_html.read(mails.mail()) is None
    assert safe_html.read(b"") is None
    assert safe_html.read(mails.nested(60)) is None


PIECES = st.sampled_from(
    ["<p>", "</p>", "<a href=", "'javascript:x'", '"https://a.b/"', ">", "<", "<img src=", "cid:a ", " onerror=x ",
     "<svg>", "<math>", "<mtext>", "<style>", "</style>", "<script>", "</script>", "<!--", "-->", "--!>", "<![CDATA[",
     "]]>", "<table>", "<select>", "<template>", "<noscript>", "<title>", "&lt;script&gt;", "&#x3c;", "\x00", '"', "'",
     " style=", "color:red;", "position:fixed", "url(x)", "/*", "*/", "\\", "<base href=//x>", "<form>", "é", "texte",
     "<xmp>", "<plaintext>", "<iframe>", "<annotation-xml encoding=text/html>", "=", "`"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40) | st.lists(st.text(max_size=20), max_size=5))
def test_whatever_goes_in_what_comes_out_is_harmless(pieces):
    found = safe_html.safe("".join(pieces), [inline("a", picture())])
    assert found is not None
    assert_harmless(found.html)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_thumbnail_of_each_format(kind):
    drawn = images.drawn(picture(kind, (640, 480)), side=images.THUMBNAIL_SIDE)
    assert drawn is not None
    with Image.open(BytesIO(drawn)) as image:
        assert (image.format, image.size) == ("WEBP", (320, 240))


def test_a_thumbnail_stands_upright_and_keeps_no_secret():
    kept = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010E] = "12 rue des Lilas"
    Image.new("RGB", (40, 20)).save(kept, "JPEG", exif=exif)
    drawn = images.drawn(kept.getvalue(), side=320)
    assert drawn is not None
    assert b"Lilas" not in drawn
    with Image.open(BytesIO(drawn)) as image:
        assert image.size == (20, 40)


def test_only_the_first_frame_is_drawn():
    kept = BytesIO()
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "green", "blue")]
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:])
    drawn = images.drawn(kept.getvalue(), side=320)
    assert drawn is not None
    with Image.open(BytesIO(drawn)) as image:
        assert not getattr(image, "is_animated", False)


def bomb(width, height):
    """A PNG that says it has that many pixels, and holds none."""
    data = bytearray(picture())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"texte", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:40], bomb(60_000, 60_000),
     b"BM" + b"\xff" * 60, b"II*\x00" + b"\x08\x00\x00\x00" * 9, b"RIFF\x00\x00\x00\x00WEBPVP8 "],
)  # fmt: skip
def test_what_is_no_image_or_a_bomb_has_no_thumbnail(data):
    assert images.drawn(data, side=320) is None


@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"]), st.data())
def test_a_damaged_image_raises_nothing(kind, data):
    whole = bytearray(picture(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    images.drawn(bytes(whole[: data.draw(st.integers(0, len(whole)))]), side=32, pixels=10_000)
