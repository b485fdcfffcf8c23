"""Bytes to text, whatever the sender declared: a wrong or missing charset costs as little as it can."""

import codecs
import re
from functools import lru_cache

from doleance.kernel import text as texts

# The charsets that mail really uses, by Python's name. Others are not looked up: some of Python's codecs (idna,
# punycode, unicode_escape) are quadratic, or are no charset at all.
_SPOKEN = frozenset(
    {
        "utf-8", "utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32",
        "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9",
        "iso8859-10", "iso8859-11", "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16",
        "cp437", "cp850", "cp852", "cp855", "cp858", "cp866", "cp874", "cp932", "cp949", "cp950",
        "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
        "koi8-r", "koi8-u", "mac-roman", "gb18030", "gbk", "hz", "big5", "big5hkscs",
        "euc_jp", "shift_jis", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_ext",
        "euc_kr", "iso2022_kr", "johab", "tis-620",
    }
)  # fmt: skip
# What writers mean when they say something narrower or misspelt (the labels of WHATWG's Encoding standard).
_MEANT = {
    "ascii": "cp1252", "us-ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "l1": "cp1252", "ansi": "cp1252",
    "x-ansi": "cp1252", "x-cp1252": "cp1252", "windows-1252": "cp1252", "iso-8859-8-i": "iso8859-8",
    "iso-8859-11": "cp874", "gb2312": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "gbk": "gb18030",
    "ks_c_5601-1987": "cp949", "ks_c_5601-1989": "cp949", "ksc5601": "cp949", "euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "big5": "big5hkscs", "big-5": "big5hkscs", "x-mac-roman": "mac-roman", "macintosh": "mac-roman",
    "utf8": "utf-8", "utf-8-sig": "utf-8", "utf8mb4": "utf-8", "x-utf-8": "utf-8", "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "iso-2022-jp": "iso2022_jp_ext",
}  # fmt: skip
_WRITTEN = re.compile(r"[^a-z0-9_.:+-]+")
_REPLACED = "\ufffd"


@lru_cache(maxsize=128)
def codec(declared: str) -> str:
    """Python's name for a declared charset, or an empty text when it is none that we read."""
    written = _WRITTEN.sub("", declared.partition("*")[0].strip().lower())
    if not written or len(written) > 40:
        return ""
    if written in _MEANT:
        return _MEANT[written]
    try:
        known = codecs.lookup(written).name
    except (LookupError, ValueError):
        return ""
    known = _MEANT.get(known, known)
    return known if known in _SPOKEN else ""


def decode(data: bytes, declared: str = "") -> tuple[str, int]:
    """The text of `data`, and how many of its characters are lost (their bytes mean nothing in any likely charset).

    The declared charset is believed when it fits; else UTF-8 when it fits; else what loses least. Western charsets
    fit any bytes: UTF-8 goes first there, because no Western text is valid UTF-8 by chance.
    """
    named = codec(declared[:100])
    for candidate in ("utf-8", named) if _takes_anything(named, data) else (named, "utf-8"):
        try:
            return _kept(data.decode(candidate)), 0
        except (UnicodeError, ValueError, LookupError):  # LookupError: no charset was declared
            continue
    return _least_lost(data, named)


def _takes_anything(named: str, data: bytes) -> bool:
    """Whether that charset fits these bytes whatever they are, so that its fitting proves nothing."""
    return named == "cp1252" or (named.startswith(("utf-16", "utf-32")) and 0 not in data)


def _least_lost(data: bytes, named: str) -> tuple[str, int]:
    attempts = [_western(data), data.decode("utf-8", "replace")]
    if named not in {"", "cp1252"}:
        attempts.insert(0, data.decode(named, "replace"))
    # A text in UTF-8 with one broken byte has fewer strange signs in UTF-8 than in windows-1252, which always fits.
    kept = _kept(min(attempts, key=_strangeness))
    return kept, kept.count(_REPLACED)


def _western(data: bytes) -> str:
    """Windows-1252 with its five holes lost rather than refused."""
    return data.decode("cp1252", "replace")


def _strangeness(text: str) -> int:
    """How little `text` looks like writing: lost characters, and what UTF-8 gives when read as windows-1252."""
    return sum(text.count(sign) for sign in (_REPLACED, "Ã", "Â", "â€"))


def _kept(text: str) -> str:
    return texts.normalise(text.removeprefix("\ufeff"))
