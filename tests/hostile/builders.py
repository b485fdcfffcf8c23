"""Pieces of hostile mails, made from nothing and always the same."""

import base64
import struct
import zlib
from collections.abc import Mapping

HEAD = "From: Anne Petit <anne@courriel.example>\r\nTo: reclamations@maison.example\r\nSubject: Colis perdu\r\n"
TNEF_SIGNATURE = struct.pack("<IH", 0x223E9F78, 1)


def mail(fields: str | bytes = "", body: str | bytes = "Mon colis est perdu.\r\n", head: str | bytes = HEAD) -> bytes:
    """A mail of Anne Petit with more fields."""
    pieces = [one if isinstance(one, bytes) else one.encode() for one in (head, fields, "\r\n", body)]
    if pieces[1] and not pieces[1].endswith(b"\n"):
        pieces[1] += b"\r\n"
    return b"".join(pieces)


def part(kind: str, body: str | bytes, fields: str = "") -> bytes:
    """One part of a multipart."""
    data = body if isinstance(body, bytes) else body.encode()
    return f"Content-Type: {kind}\r\n{fields}\r\n".encode() + data


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "b", more: str = "", end: bool = True) -> bytes:
    """A mail of several parts."""
    fence = boundary.encode()
    body = b"".join(b"--" + fence + b"\r\n" + one + b"\r\n" for one in parts) + (b"--" + fence + b"--\r\n") * end
    return mail(f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\r\n', body)


def file(name: str, data: bytes, kind: str = "application/octet-stream", more: str = "") -> bytes:
    """An attached file in base64."""
    fields = f'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="{name}"\r\n{more}'
    return part(kind, base64.encodebytes(data), fields)


def html(source: str | bytes, charset: str = "utf-8") -> bytes:
    """A mail of HTML alone."""
    return mail(f"Content-Type: text/html; charset={charset}\r\n", source)


def _object(level: int, name: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _property(kind: int, name: int, data: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(data)) + data + b"\x00" * (-len(data) % 4)


def tnef(
    text: str = "",
    html: str = "",
    files: Mapping[str, bytes] | None = None,
    rtf: bytes = b"",
    more: tuple[int, bytes] | None = None,
    attached: bytes = b"",
) -> bytes:
    """A winmail.dat ([MS-OXTNEF]); `more` is an object of the message as it stands, `attached` one mail inside."""
    made = TNEF_SIGNATURE + _object(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    if text:
        made += _object(1, 0x800C, 2, text.encode("cp1252"))
    properties = [_property(0x0102, 0x1013, html.encode("cp1252"))] * bool(html)
    properties += [_property(0x0102, 0x1009, rtf)] * bool(rtf)
    if properties:
        made += _object(1, 0x9003, 6, struct.pack("<I", len(properties)) + b"".join(properties))
    for name, data in (files or {}).items():
        made += _object(2, 0x9002, 6, b"\x00" * 14)
        made += _object(2, 0x8010, 1, name.encode("cp1252") + b"\x00") + _object(2, 0x800F, 6, data)
    if attached:
        made += _object(2, 0x9002, 6, b"\x00" * 14)
        made += _object(2, 0x9005, 6, struct.pack("<I", 1) + _property(0x000D, 0x3701, attached))
    return made + (_object(1, more[0], 6, more[1]) if more else b"")


def wrapped(data: bytes, text: str = "") -> bytes:
    """A mail that carries a winmail.dat."""
    parts = [part("text/plain", text)] * bool(text)
    return multipart(*parts, file("winmail.dat", data, "application/ms-tnef"))


def winmail(text: str = "", html: str = "", files: Mapping[str, bytes] | None = None, cut: int = 0) -> bytes:
    """A mail whose content is in a winmail.dat, cut after `cut` bytes."""
    return wrapped(tnef(text, html, files)[: cut or None])


def der(tag: int, *content: bytes) -> bytes:
    """A value in DER."""
    data = b"".join(content)
    if len(data) < 128:
        return bytes([tag, len(data)]) + data
    size = len(data).to_bytes((len(data).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + data


def cms(kind: str, *content: bytes) -> bytes:
    """A CMS object (RFC 5652) of that type."""
    return der(0x30, der(0x06, bytes.fromhex(kind)), der(0xA0, der(0x30, der(0x02, b"\x01"), der(0x31), *content)))


def signed_der(inner: bytes) -> bytes:
    """What is signed, without any signer."""
    holder = der(0x30, der(0x06, bytes.fromhex("2a864886f70d010701")), der(0xA0, der(0x04, inner)))
    return cms("2a864886f70d010702", holder)


def smime(data: bytes, kind: str) -> bytes:
    """A mail that is one S/MIME object."""
    fields = (
        f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\r\n'
        'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="smime.p7m"\r\n'
    )
    return mail(fields, base64.encodebytes(data))


def smime_signed(inner: bytes) -> bytes:
    """A signed mail whose content is inside the signature."""
    return smime(signed_der(inner), "signed-data")


def smime_enveloped() -> bytes:
    """An encrypted mail."""
    return smime(cms("2a864886f70d010703", der(0x04, b"\x99" * 40)), "enveloped-data")


def png(width: int, height: int, rows: bytes | None = None) -> bytes:
    """A grey PNG of any size; all its pixels are alike, so that it weighs nothing."""
    raw = rows if rows is not None else b"\x00" * (height * (width + 1))
    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", size), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
