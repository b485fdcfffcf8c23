"""Hostile HTML, files, winmail.dat, calendars, reports, S/MIME and PGP, each with what must become of it."""

import base64
import random
import struct
import zipfile
from io import BytesIO

from doleance.channels.rules import Limit, Mark
from tests.hostile.builders import (
    TNEF_SIGNATURE,
    cms,
    der,
    file,
    html,
    mail,
    multipart,
    part,
    png,
    signed_der,
    smime,
    smime_enveloped,
    tnef,
    wrapped,
)
from tests.hostile.rows import Row, refused, silent

_WORDS = "Mon colis est perdu.\r\n"
_AUTOMATIC = "quarantined automatic"
_TNEF_MARKS, _BROKEN = (Mark.TNEF,), (Mark.TNEF, Mark.PARTIAL)


def _noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def page(name: str, source: str | bytes, *, text: tuple[str, ...] = ("colis",), lacks: tuple[str, ...] = ()) -> Row:
    """A mail of HTML alone."""
    return Row(name, lambda: html(source), text=text, lacks=lacks, marks=(Mark.HTML_ONLY,))


HTML = [
    page("200,000 nested elements", "<div>" * 200_000 + "Mon colis"),
    page("2,000 nested tables", "<table><tr><td>" * 2_000 + "Mon colis"),
    page("5 MB of tags", "<p>colis<b>b</b></p>" * 250_000),
    page("1 MB of signs below", "Mon colis " + "<" * 1_000_000),
    page("100,000 entities", "&amp;" * 100_000 + " Mon colis"),
    page("entities in one another", "&amp;amp;amp;lt;script&amp;gt; Mon colis", lacks=("<script",)),
    page("entities that are no signs", "&#0;&#xd800;&#x110000;&#99999999999;&nada; Mon colis", lacks=("\x00",)),
    page("a declaration of entities", '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><p>Mon colis &b;'),
    page("a comment of HTML without its end", "<p>Mon colis</p><!-- " + "x" * 100_000),
    page("comments of Outlook", "<!--[if mso]><p>mso</p><![endif]--><p>Mon colis</p>", lacks=("mso",)),
    page("a script", "<script>alert('x')</script><p>Mon colis</p>", lacks=("alert",)),
    page("a script without its end", "<p>Mon colis</p><script>alert('x')", lacks=("alert",)),
    page("handlers", '<p onclick="alert(1)">Mon colis</p><img src=x onerror=alert(1)>', lacks=("alert",)),
    page("a link that runs", '<a href="javascript:alert(1)">Mon colis</a>', lacks=("alert",)),
    page("a link in disguise", '<a href="&#106;ava&#x0A;script:alert(1)">Mon colis</a>', lacks=("alert",)),
    page("styles that fetch", "<style>@import url(//x)</style><p style=\"background:url('//x')\">Mon colis",
         lacks=("import",)),
    page("a page that leaves", '<meta http-equiv=refresh content="0;url=https://x.example"><p>Mon colis'),
    page("frames", '<iframe srcdoc="<script>x</script>"></iframe><frameset><frame></frameset><p>Mon colis'),
    page("a form", '<form action="https://x.example"><input name=code value=1><button>ok</button></form>Mon colis'),
    page("drawings that run", "<svg onload=alert(1)><script>alert(1)</script></svg><math></math><p>Mon colis",
         lacks=("alert",)),
    page("a namespace trick", '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 '
         'onerror=alert(1)&gt;"></table></mtext></math><p>Mon colis', lacks=()),
    page("10,000 attributes", "<p " + " ".join(f"a{number}=b" for number in range(10_000)) + ">Mon colis</p>"),
    page("an attribute of 1 MB", f'<p title="{"x" * 1_000_000}">Mon colis</p>'),
    page("a table of 10,000 columns", "<table><tr>" + "<td>colis</td>" * 10_000 + "</tr></table>"),
    page("NULs in tags", b"<scr\x00ipt>alert(1)</scr\x00ipt><p>Mon co\x00lis colis</p>", lacks=("\x00",)),
    page("10,000 remote images", '<img src="https://t.example/x.gif" alt="">' * 10_000 + "Mon colis"),
    Row("200 images of the mail that are bombs", lambda: multipart(
        part("text/html", "<p>Mon colis</p>" + '<img src="cid:a@b">' * 200),
        file("a.png", png(60_000, 60_000, b""), "image/png", "Content-ID: <a@b>\r\n"), kind="related"),
        files=("a.png",), marks=(Mark.HTML_ONLY,)),
]  # fmt: skip


def _attached(name: str, data: bytes = b"%PDF-1.7", more: str = "", kind: str = "application/octet-stream") -> bytes:
    return multipart(part("text/plain", _WORDS), file(name, data, kind, more))


def _named(field: str) -> bytes:
    body = f"Content-Disposition: attachment; {field}\r\n\r\n%PDF".encode()
    return multipart(part("text/plain", _WORDS), b"Content-Type: application/pdf\r\n" + body)


def _zip_bomb() -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bomb:
        for number in range(5):
            bomb.writestr(zipfile.ZipInfo(f"{number}.txt"), b"\0" * 2_000_000, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


FILES = [
    Row("a path for a name", lambda: _attached("../../../etc/passwd"), files=("passwd",)),
    Row("a path of Windows", lambda: _named(r'filename="C:\\Windows\\system32\\calc.exe"'), files=("calc.exe",)),
    Row("a name that turns around", lambda: _attached("facture\u202efdp.exe"), files=("facturefdp.exe",)),
    Row("NULs in a name", lambda: _attached("fac\x00ture.pdf"), files=("facture.pdf",)),
    Row("300 letters for a name", lambda: _attached("a" * 300 + ".pdf"), files=("a" * 196 + ".pdf",)),
    Row("dots for a name", lambda: _attached("...."), files=("piece-1.bin",)),
    Row("a name in pieces", lambda: _named("filename*0*=utf-8''fact%C3; filename*1*=%A9; filename*2=.pdf"),
        files=("facté.pdf",)),
    Row("a name in pieces out of order", lambda: _named("filename*1=b.pdf; filename*0=a"), files=("ab.pdf",)),
    Row("a name of 3,000 pieces", lambda: _named("; ".join(f"filename*{n}=a" for n in range(3_000))),
        files=("a" * 200,)),
    Row("a name with broken percent signs", lambda: _named("filename*=utf-8''%ZZ%C3%.pdf"),
        files=("%ZZ\ufffd%.pdf",)),
    Row("a name with an unknown charset", lambda: _named("filename*=x-rien''fact%C3%A9.pdf"), files=("facté.pdf",)),
    Row("a name in encoded words", lambda: _named('filename="=?utf-8?q?fact=C3=A9.pdf?="'), files=("facté.pdf",)),
    Row("a name whose quote has no end", lambda: _named('filename="facture.pdf'), files=("facture.pdf",)),
    Row("markup for a name", lambda: _attached("<script>alert(1)<.pdf"), files=("<script>alert(1)<.pdf",)),
    Row("a zip bomb, which nobody opens", lambda: _attached("a.zip", _zip_bomb(), kind="application/zip"),
        files=("a.zip",)),
    Row("a bomb of pixels", lambda: _attached("a.png", png(60_000, 60_000, b""), kind="image/png"), files=("a.png",)),
    Row("an image of noise", lambda: _attached("a.jpg", b"\xff\xd8\xff" + _noise(3_000, 5), kind="image/jpeg"),
        files=("a.jpg",)),
    Row("a drawing that runs, as a file", lambda: _attached("a.svg", b"<svg onload='x()'/>", kind="image/svg+xml"),
        files=("a.svg",)),
    Row("500 files", lambda: multipart(part("text/plain", _WORDS), *[file("a.txt", b"x")] * 500),
        files=("a.txt",) * 500),
    Row("two files of one name", lambda: multipart(part("text/plain", _WORDS), *[file("a.pdf", b"x")] * 2),
        files=("a.pdf", "a.pdf")),
    Row("a file of 10 MB", lambda: _attached("a.bin", bytes(10_000_000)), files=("a.bin",)),
    Row("a type of 1,000 letters", lambda: _attached("a.x", b"x", kind="a/" + "b" * 1_000), files=("a.x",)),
    Row("a mail inside, with a path for a subject", lambda: multipart(part("text/plain", _WORDS), part(
        "message/rfc822", b"From: b@c.fr\r\nSubject: ../../x\r\n\r\nx\r\n")), files=("x.eml",)),
    Row("a body elsewhere", lambda: multipart(part("text/plain", _WORDS), part(
        'message/external-body; access-type=URL; URL="https://x.example/a"', "Content-Type: text/plain\r\n\r\n")),
        files=("piece-1.bin",), marks=(Mark.PARTIAL,)),
    Row("a piece of a mail", lambda: mail("Content-Type: message/partial; number=1; total=9; id=x\r\n",
        "Content-Type: text/plain\r\nSubject: x\r\n\r\n" + _WORDS), files=("piece-1.bin",), marks=(Mark.PARTIAL,)),
]  # fmt: skip
_SOUND = tnef("Mon colis", "", {"facture.pdf": b"%PDF"})
OUTLOOK = [
    Row("winmail.dat", lambda: wrapped(_SOUND), files=("facture.pdf",), marks=_TNEF_MARKS),
    Row("winmail.dat beside words", lambda: wrapped(tnef("autre"), _WORDS), lacks=("autre",), marks=_TNEF_MARKS),
    Row("winmail.dat with a path for a name", lambda: wrapped(tnef("Mon colis", "", {"..\\..\\a.exe": b"MZ"})),
        files=("a.exe",), marks=_TNEF_MARKS),
    Row("winmail.dat cut short", lambda: wrapped(_SOUND[:60]), files=("winmail.dat",), marks=_BROKEN),
    silent("winmail.dat of noise", lambda: wrapped(_noise(3_000, 6)), "winmail.dat", marks=_BROKEN),
    silent("winmail.dat of nothing but its name", lambda: wrapped(TNEF_SIGNATURE + _noise(2_000, 7)), "winmail.dat",
           marks=_BROKEN),
    silent("winmail.dat of 100,000 objects", lambda: wrapped(TNEF_SIGNATURE + b"\x01" + b"\0" * 10 * 110_000),
           "winmail.dat", marks=_BROKEN),
    silent("winmail.dat with four billion properties", lambda: wrapped(
        TNEF_SIGNATURE + struct.pack("<BHHI", 1, 0x9003, 6, 8) + b"\xff" * 8 + b"\0\0"), "winmail.dat", marks=_BROKEN),
    silent("winmail.dat with a property of four billion values", lambda: wrapped(tnef(more=_values(2**32 - 1))),
           "winmail.dat", marks=_BROKEN),
    silent("winmail.dat with 200,000 values", lambda: wrapped(tnef(more=_values(200_000, bytes(400_000)))),
           "winmail.dat", marks=_BROKEN),
    silent("winmail.dat whose recipient has four billion properties", lambda: wrapped(
        tnef(more=(0x9004, struct.pack("<II", 1, 2**32 - 1)))), "winmail.dat", marks=_BROKEN),
    silent("winmail.dat in one another", lambda: wrapped(_nested()), "piece-1.bin", marks=_TNEF_MARKS),
    *[Row(f"winmail.dat with damage {seed}", lambda seed=seed: wrapped(_damaged(seed), _WORDS),  # type: ignore[misc]
          files=("winmail.dat",), marks=_BROKEN) for seed in range(3)],
]  # fmt: skip


def _values(count: int, data: bytes = b"\0\0") -> tuple[int, bytes]:
    """The properties of a message: one of short numbers, of which it says to have `count`."""
    return 0x9003, struct.pack("<IHHI", 1, 0x1002, 0x6001, count) + data


def _nested() -> bytes:
    """An attachment that is a winmail.dat, whose own counts lie."""
    inner = bytes.fromhex("0703020000000000c000000000000046") + tnef(more=(0x9003, struct.pack("<I", 2**32 - 1)))
    return tnef(attached=inner)


def _damaged(seed: int) -> bytes:
    """The same winmail.dat whose first length says too much."""
    data = bytearray(tnef("autre", "", {"b.pdf": _noise(200, seed)}))
    data[11:15] = struct.pack("<I", 10**6 + seed)
    return bytes(data)


def _calendar(body: str, *, name: str = "", method: str = "REQUEST") -> bytes:
    invitation = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    fields = f'Content-Disposition: attachment; filename="{name}"\r\n' if name else ""
    return multipart(part("text/plain", _WORDS), part(f"text/calendar; method={method}", invitation, fields))


def calendar(name: str, body: str, *text: str, method: str = "REQUEST") -> Row:
    """A mail with an invitation, whose file stays."""
    return Row(name, lambda: _calendar(body, method=method), text=("colis", *text), files=("piece-1.ics",),
               marks=(Mark.INVITATION,))  # fmt: skip


_WHEN = "DTSTART:20261124T090000Z\r\n"
CALENDARS = [
    calendar("an invitation", _WHEN + "SUMMARY:Visite", "Invitation à un rendez-vous", "Visite", "24/11/2026 à 09:00"),
    calendar("an annulment", "SUMMARY:Visite", "Annulation d’un rendez-vous", method="CANCEL"),
    calendar("a repetition without end", _WHEN + "SUMMARY:Bombe\r\nRRULE:FREQ=SECONDLY;COUNT=999999999", "Se répète"),
    calendar("100,000 exceptions", _WHEN + "EXDATE:" + ",".join(["20261124T090000Z"] * 20_000)),
    calendar("a date of horror", "DTSTART:99999999T999999Z\r\nSUMMARY:Visite"),
    calendar("an event that never ends", _WHEN + "SUMMARY:Visite\r\nBEGIN:VALARM\r\n" * 100),
    calendar("lines of noise", "::;;==\r\nX\x00Y:Z\r\n\\\\\\n"),
    Row("a calendar of 2 MB", lambda: _calendar("DESCRIPTION:" + "x" * 2_000_000), files=("piece-1.ics",),
        marks=(Mark.INVITATION,)),
    Row("a calendar with a name", lambda: _calendar("SUMMARY:Visite", name="invite.ics"), text=("colis", "Visite"),
        files=("invite.ics",), marks=(Mark.INVITATION,)),
]  # fmt: skip


def _report(status: str, kind: str = "message/delivery-status") -> bytes:
    return multipart(part("text/plain", _WORDS), part(kind, status), kind="report",
                     more="; report-type=delivery-status")  # fmt: skip


_FAILED = "Final-Recipient: rfc822; a@b.fr\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
REPORTS = [
    Row("a report", lambda: _report(_FAILED), _AUTOMATIC, files=("piece-1.txt",)),
    Row("a report of 5,000 recipients", lambda: _report(_FAILED * 5_000), _AUTOMATIC, files=("piece-1.txt",)),
    Row("a report of noise", lambda: _report("\x00:\xff\r\n" * 500), _AUTOMATIC, files=("piece-1.txt",)),
    Row("a report without an end", lambda: _report("Final-Recipient: " + "x" * 70_000), _AUTOMATIC,
        files=("piece-1.txt",)),
    Row("a report in words", lambda: mail("Return-Path: <>\r\n", "Hi. This is the qmail-send program.\r\n\r\n"
        "<a@b.fr>:\r\nno colis here\r\n"), _AUTOMATIC),
    Row("a report of 2 MB in words", lambda: mail("Return-Path: <>\r\n", "colis undelivered <a@b.fr>: " * 70_000),
        _AUTOMATIC),
    Row("an absence", lambda: mail("Auto-Submitted: auto-replied\r\n", "Absente. " + _WORDS), _AUTOMATIC),
]  # fmt: skip
_INNER = f"Content-Type: text/plain\r\n\r\n{_WORDS}".encode()
SEALED = [
    Row("a mail inside its signature", lambda: smime(signed_der(_INNER), "signed-data"), marks=(Mark.SIGNED_SMIME,)),
    Row("three signatures around", lambda: smime(signed_der(_p7(signed_der(_p7(signed_der(_INNER))))), "signed-data"),
        marks=(Mark.SIGNED_SMIME,)),
    silent("five signatures around", lambda: smime(_wrapped_often(5), "signed-data"), "smime.p7m",
           marks=(Mark.SIGNED_SMIME,)),
    refused("3,000 parts inside a signature", lambda: smime(signed_der(
        multipart(*[part("text/plain", "x")] * 3_000)), "signed-data"), Limit.PARTS),
    silent("an encrypted mail", smime_enveloped, "smime.p7m", marks=(Mark.ENCRYPTED_SMIME,)),
    silent("a signature of noise", lambda: smime(_noise(2_000, 8), "signed-data"), "smime.p7m", marks=(Mark.PARTIAL,)),
    silent("a signature whose lengths lie", lambda: smime(b"\x30\x84\xff\xff\xff\xff\x06\x09", "signed-data"),
           "smime.p7m", marks=(Mark.PARTIAL,)),
    silent("lengths without end in one another", lambda: smime(b"\x30\x80" * 20_000, "signed-data"), "smime.p7m",
           marks=(Mark.PARTIAL,)),
    silent("a certificate alone", lambda: smime(cms("2a864886f70d010702", der(0x30, der(0x06, b"\x2a"))),
           "certs-only"), "smime.p7m", marks=(Mark.PARTIAL,)),
    Row("a signature beside the words", lambda: multipart(part("text/plain", _WORDS), file("smime.p7s", b"\x30\x00",
        "application/pkcs7-signature"), kind="signed", more="; protocol=application/pkcs7-signature"),
        files=("smime.p7s",), marks=(Mark.SIGNED_SMIME,)),
    Row("encrypted with PGP", lambda: multipart(part("application/pgp-encrypted", "Version: 1\r\n"), file(
        "encrypted.asc", b"-----BEGIN PGP MESSAGE-----"), kind="encrypted"), text=(),
        files=("piece-1.bin", "encrypted.asc"), marks=(Mark.ENCRYPTED_PGP,)),
    Row("signed in line with PGP", lambda: mail(body="-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n"
        + _WORDS + "-----BEGIN PGP SIGNATURE-----\r\nx\r\n"), lacks=("PGP",), marks=(Mark.SIGNED_PGP,)),
    Row("signed in line, without its end", lambda: mail(body="-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\n" + _WORDS),
        marks=(Mark.SIGNED_PGP,)),
    Row("encrypted in line with PGP", lambda: mail(body=_WORDS + "-----BEGIN PGP MESSAGE-----\r\nx\r\n"),
        marks=(Mark.ENCRYPTED_PGP,)),
    Row("a forward of 1 MB of dashes", lambda: mail(body=_WORDS + "-" * 1_000_000)),
    Row("a forward of 100,000 authors", lambda: mail(body=_WORDS + "De : a\r\n" * 10_000)),
]  # fmt: skip


def _p7(data: bytes) -> bytes:
    return b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + (
        base64.encodebytes(data)
    )


def _wrapped_often(times: int) -> bytes:
    data = _INNER
    for _ in range(times - 1):
        data = _p7(signed_der(data))
    return signed_der(data)


# Each page is below the limit of one: about twenty seconds of processor time where it was written.
HEAVY = [
    refused(
        "twenty pages of HTML",
        lambda: multipart(*[part("text/html", "<p>a<b>b</b></p>" * 120_000)] * 20),
        Limit.TIME,
    )
]
ROWS = [*HEAVY, *HTML, *FILES, *OUTLOOK, *CALENDARS, *REPORTS, *SEALED]
