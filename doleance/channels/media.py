"""What a file is by its first bytes, whatever its name and its sender say. Pure.

Only what is drawn or opened by itself somewhere is told apart; the rest is `application/octet-stream`.
"""

OCTETS = "application/octet-stream"
# Where the sign stands, the sign, and what it says: each format's own specification.
_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}


def sniffed(data: bytes) -> str:
    """The media type that the first bytes show."""
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], OCTETS)
    return next((said for place, sign, said in _SIGNS if data.startswith(sign, place)), OCTETS)
