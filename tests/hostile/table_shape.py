"""Hostile headers, structures, encodings, charsets, addresses and dates, each with what must become of it."""

import base64
import binascii
import random

from doleance.channels.rules import Limit, Mark
from tests.hostile.builders import HEAD, file, mail, multipart, part
from tests.hostile.rows import LINKED, Row, no_mail, refused, silent

_PERSON = "From: Anne Petit <anne@courriel.example>\r\n"
_TO = "To: reclamations@maison.example\r\n"
_LATE = "Mon colis est perdu.\r\n"


def _noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def _subject(value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return mail(head=(_PERSON + _TO).encode() + b"Subject: " + data + b"\r\n")


def _field(name: str, value: str) -> bytes:
    return mail(f"{name}: {value}\r\n")


def _plain(charset: str, body: bytes) -> bytes:
    return mail(f"Content-Type: text/plain; charset={charset}\r\n", body)


def _encoded(encoding: str, body: bytes, kind: str = "text/plain; charset=utf-8") -> bytes:
    return mail(f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n", body)


def _chain(depth: int) -> bytes:
    inner = b"Content-Type: message/rfc822\r\n\r\n" * depth
    return HEAD.encode() + inner + b"From: b@c.example\r\n\r\n" + _LATE.encode()


HEADERS = [
    refused("subject of 800 kB", lambda: _subject("=?utf-8?q?a?= " * 60_000), Limit.HEADER_BLOCK, None),
    refused("subject of 65 kB", lambda: _subject("a" * 66_000), Limit.HEADER, "a" * 1_000),
    Row("subject of 60 kB", lambda: _subject("=?utf-8?q?a?= " * 4_300), subject="a" * 2_000),
    refused("references of 100 kB", lambda: _field("References", "<a@b> " * 17_000), Limit.HEADER),
    refused("block of 300 kB in small fields", lambda: mail("X-Bruit: abcdefgh\r\n" * 16_000), Limit.HEADER_BLOCK),
    Row("block of 250 kB in small fields", lambda: mail("X-Bruit: abcdefgh\r\n" * 13_000)),
    refused("one folded field of 70 kB", lambda: _field("X-Long", "\r\n ".join(["abcdefgh"] * 8_000)), Limit.HEADER),
    Row("no empty line before the text", (HEAD + _LATE).encode),
    Row("carriage returns alone", lambda: mail().replace(b"\r\n", b"\r")),
    Row("line feeds alone", lambda: mail().replace(b"\r\n", b"\n")),
    Row("ends mixed", lambda: mail(b"X-A: 1\nX-B: 2\r\nX-C: 3\n")),
    Row("NULs in the header", lambda: _subject(b"Colis\x00 per\x00du"), subject=None),
    Row("NULs in the text", lambda: mail(body=b"Mon co\x00lis\x00 colis est perdu"), lacks=("\x00",)),
    Row("bare UTF-8 in the header", lambda: _subject("Colis perdu à Orléans"), subject="Colis perdu à Orléans"),
    Row("bare Latin-1 in the header", lambda: _subject("Colis perdu à Orléans".encode("latin-1")),
        subject="Colis perdu à Orléans"),
    Row("encoded words in one another", lambda: _subject("=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?="),
        subject="=?utf-8?q?a?="),
    Row("encoded word without its end", lambda: _subject("=?utf-8?q?Colis perdu"), subject="=?utf-8?q?Colis perdu"),
    Row("many openings without an end", lambda: _subject("=?utf-8?q?" * 5_000), subject=None),
    Row("encoded word of an unknown charset", lambda: _subject("=?x-inconnu?q?Colis_perdu?=")),
    Row("encoded word that lies about its charset", lambda: _subject("=?us-ascii?q?Colis_perdu_=C3=A0?="),
        subject="Colis perdu à"),
    Row("a character cut between two encoded words", lambda: _subject("=?utf-8?b?Q29saXMgcGVyZHUgw?= =?utf-8?b?6A=?="),
        subject=None),
    Row("encoded word of broken base64", lambda: _subject("=?utf-8?b?Q29saXM*gcGVyZHU?=")),
    Row("encoded word with a language", lambda: _subject("=?utf-8*fr?q?Colis_perdu?=")),
    Row("encoded words glued to words", lambda: _subject("Colis=?utf-8?q?_perdu?="), subject="Colis perdu"),
    Row("a subject twice", lambda: mail("Subject: autre chose\r\n")),
    Row("a from twice", lambda: mail("From: autre@courriel.example\r\n")),
    Row("fields without a name", lambda: mail(": rien\r\n: rien\r\n")),
    Row("a field of spaces", lambda: mail("X-Vide:      \r\n     \r\n")),
    Row("lines that are no field", lambda: mail(head=HEAD.replace("Subject", "ceci n'est rien\r\nSubject"))),
    Row("a byte-order mark first", lambda: b"\xef\xbb\xbf" + mail("X-Marque: 1\r\n")),
    Row("empty lines first", lambda: b"\r\n\r\n\n" + mail("X-Lignes: 1\r\n")),
    Row("an mbox line first", lambda: b"From anne Mon Nov 23 09:00:00 2026\r\n" + mail("X-Mbox: 1\r\n")),
    Row("identifiers of horror", lambda: mail("Message-ID: <<<@@>>\r\nIn-Reply-To: <\r\nReferences: " + "<" * 9_000)),
    Row("an identifier with a comment and folds", lambda: mail("Message-ID: (x) <a\r\n .b@c (y)>\r\n")),
]  # fmt: skip
STRUCTURE = [
    refused("3,000 nested parts", lambda: mail(b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(3_000)
    )), Limit.DEPTH),
    refused("1,001 parts", lambda: multipart(*[part("text/plain", "x")] * 1_001), Limit.PARTS),
    Row("990 parts", lambda: multipart(part("text/plain", _LATE), *[part("text/plain", "x")] * 989)),
    Row("40 nested messages", lambda: multipart(part("text/plain", _LATE), part("text/plain", "x" * 40))),
    refused("60 nested messages", lambda: _chain(60), Limit.DEPTH),
    silent("base64 around a message", lambda: mail(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n",
        base64.encodebytes(b"From: b@c.example\r\n\r\nx\r\n")), "piece-1.eml"),
    Row("a boundary that never comes", lambda: mail('Content-Type: multipart/mixed; boundary="zz"\r\n')),
    Row("no boundary at all", lambda: mail("Content-Type: multipart/mixed\r\n")),
    Row("an empty boundary", lambda: mail('Content-Type: multipart/mixed; boundary=""\r\n', "--\r\n\r\n" + _LATE)),
    Row("no last fence", lambda: multipart(part("text/plain", _LATE), end=False)),
    Row("the same boundary inside", lambda: multipart(part("text/plain", _LATE), b"Content-Type: multipart/mixed; "
        b"boundary=b\r\n\r\n--b\r\n\r\ndedans\r\n--b--\r\n"), text=("colis", "dedans")),
    Row("a boundary that begins another", lambda: multipart(
        b'Content-Type: multipart/mixed; boundary="bb"\r\n\r\n--bb\r\n\r\n' + _LATE.encode() + b"--bb--\r\n")),
    Row("a boundary with spaces", lambda: multipart(part("text/plain", _LATE), boundary="a b  c")),
    Row("a boundary of signs", lambda: multipart(part("text/plain", _LATE), boundary="'()+_,-./:=?")),
    Row("a boundary beyond ASCII", lambda: multipart(part("text/plain", _LATE), boundary="été")),
    Row("a boundary of 5,000 signs", lambda: multipart(part("text/plain", _LATE), boundary="z" * 5_000)),
    Row("a fence with spaces after it", lambda: multipart(part("text/plain", _LATE)).replace(b"--b\r", b"--b \t\r")),
    Row("a multipart without parts", multipart, text=("--b--",)),
    Row("words before and after the parts", lambda: multipart(part("text/plain", _LATE)) + b"epilogue\r\n",
        lacks=("epilogue",)),
    Row("parts after the last fence", lambda: multipart(part("text/plain", _LATE)) + b"--b\r\n\r\nencore\r\n"),
    Row("a digest", lambda: multipart(part("text/plain", _LATE), b"\r\nSubject: un\r\nFrom: b@c.example\r\n\r\nx",
        kind="digest"), files=("un.eml",)),
    Row("an alternative of nothing but files", lambda: multipart(file("a.pdf", b"%PDF"), kind="alternative"),
        text=(), files=("a.pdf",)),
    Row("an alternative whose first is empty", lambda: multipart(part("text/plain", " "),
        part("text/html", "<p>Mon colis</p>"), kind="alternative"), marks=(Mark.HTML_ONLY,)),
    Row("a type that is none", lambda: mail("Content-Type: texte\r\n")),
    Row("a type of noise", lambda: mail(b"Content-Type: \xff\xfe;;;=;\r\n")),
    Row("a type with 3,000 parameters", lambda: mail("Content-Type: text/plain" + "; a=b" * 3_000 + "\r\n")),
    Row("another mail pasted below", lambda: mail(body=_LATE + "\r\nFrom x Mon Nov 23 09:00:00 2026\r\n" + HEAD)),
    Row("10,000 fences of nobody", lambda: multipart(part("text/plain", _LATE + "--autre\r\n" * 10_000))),
    Row("a message without a header inside", lambda: multipart(part("text/plain", _LATE), part("message/rfc822", "")),
        files=("piece-1.eml",)),
]  # fmt: skip
ENCODINGS = [
    Row("base64 with noise", lambda: _encoded("base64", b"TW9uIG!!NvbGlz\xff IGVzdCBwZXJkdS4===")),
    Row("base64 without its end", lambda: _encoded("base64", b"TW9uIGNvbGlzIGVzdCBwZXJkd")),
    Row("base64 that is plain text", lambda: _encoded("base64", b"****"), text=()),
    Row("quoted-printable broken", lambda: _encoded("quoted-printable", b"Mon colis =ZZ est =\r\nperdu =C3=A9t=C3")),
    Row("quoted-printable of 1 MB without a line end", lambda: _encoded("quoted-printable", b"colis =41" * 110_000)),
    Row("an encoding that does not exist", lambda: _encoded("x-secret", _LATE.encode())),
    Row("an encoding twice", lambda: mail("Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n")),
    Row("an encoding on a multipart", lambda: multipart(part("text/plain", _LATE)).replace(
        b"Content-Type: multipart", b"Content-Transfer-Encoding: base64\r\nContent-Type: multipart", 1)),
    Row("uuencode", lambda: _encoded("x-uuencode", b"begin 644 a.txt\n" + binascii.b2a_uu(b"Mon colis est perdu.")
        + b"`\nend\n")),
    Row("uuencode without its end", lambda: _encoded("uuencode", b"begin 644 a\n"
        + binascii.b2a_uu(b"Mon colis est perdu.") + b"!!!\n")),
    Row("uuencode that never begins", lambda: _encoded("uuencode", _LATE.encode())),
    Row("yenc", lambda: _encoded("x-yenc", b"=ybegin line=128 size=5 name=a\r\ncolis\xfe\xff\r\n=yend size=5\r\n")),
    Row("binary as eight bits", lambda: multipart(part("text/plain", _LATE), file("b.bin", _noise(500, 1)), part(
        "application/octet-stream", _noise(500, 2).replace(b"--b", b""), "Content-Transfer-Encoding: binary\r\n")),
        files=("b.bin", "piece-2.bin")),
]  # fmt: skip
CHARSETS = [
    Row("ISO-2022-JP", lambda: _plain("iso-2022-jp", "荷物が届きません".encode("iso2022_jp")),
        text=("荷物が届きません",)),
    Row("ISO-2022-JP cut inside a character", lambda: _plain("iso-2022-jp", b"colis \x1b$B2YJ*$"), text=("colis",)),
    Row("ISO-2022-KR", lambda: _plain("iso-2022-kr", "소포 분실".encode("iso2022_kr")), text=("소포 분실",)),
    Row("UTF-7", lambda: _plain("utf-7", b"Mon colis est perdu +AOA- Orl+AOk-ans"), text=("perdu à Orléans",)),
    Row("UTF-7 that would be a script", lambda: mail("Content-Type: text/html; charset=utf-7\r\n",
        b"<p>Mon colis</p>+ADw-script+AD4-alert(1)+ADw-/script+AD4-"), lacks=("alert",), marks=(Mark.HTML_ONLY,)),
    Row("UTF-16 with its mark", lambda: _encoded("base64", base64.b64encode("Mon colis".encode("utf-16")),
        "text/plain; charset=utf-16")),
    Row("UTF-16 without its mark", lambda: _encoded("base64", base64.b64encode("Mon colis".encode("utf-16-le")),
        "text/plain; charset=utf-16le")),
    Row("UTF-16 declared over UTF-8", lambda: _plain("utf-16", _LATE.encode())),
    Row("UTF-32 declared over UTF-8", lambda: _plain("utf-32", _LATE.encode())),
    Row("GB18030", lambda: _plain("gb18030", "包裹丢失".encode("gb18030")), text=("包裹丢失",)),
    Row("GB2312 that is more", lambda: _plain("gb2312", "包裹丢失镕".encode("gb18030")), text=("包裹丢失镕",)),
    Row("Big5", lambda: _plain("big5", "包裹遺失".encode("big5")), text=("包裹遺失",)),
    Row("KOI8-R", lambda: _plain("koi8-r", "Посылка потеряна".encode("koi8-r")), text=("Посылка потеряна",)),
    Row("Mac Roman", lambda: _plain("macintosh", "Colis égaré à Orléans".encode("mac-roman")),
        text=("Colis égaré à Orléans",)),
    Row("windows-1252 as ISO-8859-1", lambda: _plain("iso-8859-1", "J’ai payé 3 €, le colis".encode("cp1252")),
        text=("J’ai payé 3 €",)),
    Row("Latin-1 as UTF-8", lambda: _plain("utf-8", "colis égaré".encode("latin-1")), text=("colis égaré",)),
    Row("UTF-8 as Latin-1", lambda: _plain("iso-8859-1", "colis égaré".encode()), text=("colis égaré",)),
    Row("an unknown charset", lambda: _plain("x-unknown", "colis égaré".encode()), text=("colis égaré",)),
    Row("a charset that is a codec", lambda: _plain("zlib", _LATE.encode())),
    Row("a charset that is quadratic", lambda: _plain("punycode", b"colis " + b"-a" * 50_000)),
    Row("a charset of 5,000 letters", lambda: _plain("x" * 5_000, _LATE.encode())),
    Row("two charsets in two parts", lambda: multipart(part("text/plain; charset=latin1", "été ".encode("latin-1")),
        part("text/plain; charset=utf-8", "colis à".encode())), text=("été", "colis à")),
    Row("a text of noise", lambda: _plain("utf-8", b"\x81\x8d\x8f\x90\x9d" * 40), "quarantined unreadable",
        ("\ufffd",)),
]  # fmt: skip
ADDRESSES = [
    refused("10,000 recipients", lambda: mail(
        "".join(f"Cc: {', '.join(f'a{n}.{m}@b.fr' for m in range(100))}\r\n" for n in range(100))), Limit.ADDRESSES),
    Row("groups", lambda: _field("Cc", "Amis: a@b.fr, c@d.fr;, Vide:;")),
    Row("comments in one another", lambda: _field("Cc", "(" * 2_000 + "x" + ")" * 2_000 + " a@b.fr")),
    Row("a comment without its end", lambda: _field("Cc", "((((a@b.fr")),
    Row("a quote without its end", lambda: _field("Cc", '"""a@b.fr')),
    Row("a quoted local part", lambda: _field("Cc", '"a b"@c.fr, "\\"@d.fr')),
    Row("60 kB of signs", lambda: _field("Cc", "<>,;:@" * 150)),
    Row("an address beyond ASCII", lambda: mail(head="From: Élise <élise@café.example>\r\nSubject: Colis perdu\r\n")),
    Row("no sender", lambda: mail(head=_TO + "Subject: Colis perdu\r\n"), "quarantined no_sender"),
    Row("a sender without an address", lambda: mail(head="From: Anne Petit\r\nSubject: Colis perdu\r\n"),
        "quarantined no_sender"),
    Row("a sender that is only signs", lambda: mail(head="From: <@>\r\nSubject: Colis perdu\r\n"),
        "quarantined no_sender"),
    Row("a sender in two names", lambda: mail(head='From: "b@c.fr" <a@b.example>\r\nSubject: Colis perdu\r\n')),
]  # fmt: skip
DATES = [
    Row(f"a date of horror: {name}", lambda value=value: mail(f"Date: {value}\r\nReceived: from a by b; {value}\r\n"))  # type: ignore[misc]
    for name, value in {
        "year 0": "Mon, 01 Jan 0000 00:00:00 +0000", "year 99999": "Mon, 01 Jan 99999 00:00:00 +0000",
        "the 31st of February": "31 Feb 2026 10:00:00 +0100", "25 hours": "23 Nov 2026 25:61:61 +0100",
        "a zone of 99 hours": "23 Nov 2026 10:00:00 +9999", "in words": "lundi 23 novembre 2026 à midi",
        "digits": "1" * 4_000, "before time": "Thu, 01 Jan 1900 00:00:00 +0000",
        "tomorrow": "23 Nov 2099 10:00:00 GMT",
    }.items()
]  # fmt: skip
NOTHING = [
    no_mail("nothing", lambda: b""),
    no_mail("one byte", lambda: b"\x00"),
    no_mail("spaces", lambda: b" \t\r\n" * 50),
    no_mail("a PDF", lambda: b"%PDF-1.7\n" + _noise(2_000, 3)),
    no_mail("noise", lambda: _noise(10_000, 4).replace(b":", b"")),
    no_mail("a letter without a header", lambda: b"Madame, mon colis est perdu.\n"),
    Row("a header alone", lambda: mail(body=""), LINKED, ()),
    Row("only a sender", lambda: _PERSON.encode() + b"\r\n", "quarantined empty", (), subject=""),
]
ROWS = [*HEADERS, *STRUCTURE, *ENCODINGS, *CHARSETS, *ADDRESSES, *DATES, *NOTHING]
