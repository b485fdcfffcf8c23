"""What a message says, and the files it brings: the choice among its parts."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from mimetypes import MimeTypes

from inscriptis import get_text
from lxml.etree import LxmlError

from doleance.channels.email import calendars, charsets, headers, mime, smime, tnef
from doleance.channels.email.mime import Part
from doleance.channels.rules import Mark, ParsedFile
from doleance.kernel import text as texts

# Characters. A longer text is a file somebody pasted; the raw message keeps it whole.
TEXT_LIMIT = 1_000_000
# A longer HTML text is read by its words alone: its layout would cost more seconds than it is worth.
HTML_LIMIT = 2_000_000
_NAME_LIMIT = 200
_WRAPS_LIMIT = 3  # signed messages inside one another
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
_SMIME = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_CALENDAR = {"text/calendar", "application/ics", "text/x-vcalendar"}
_SIGNED, _ENCRYPTED = "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_TYPES = MimeTypes(filenames=())  # Python's own table: the machine's files would change names from place to place
for _type, _extension in (
    ("image/jpg", ".jpg"),
    ("message/rfc822", ".eml"),
    ("message/delivery-status", ".txt"),
    ("text/rfc822-headers", ".txt"),
    ("text/calendar", ".ics"),
):
    _TYPES.add_type(_type, _extension)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
_META = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([a-zA-Z0-9_:.-]{1,40})", re.IGNORECASE)
# Signs that turn the direction of writing may dress `exe.pdf` as `fdp.exe`; separators belong to paths.
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class _Page:
    """An HTML text; its words are laid out only when they are asked for, which is dear."""

    def __init__(self, html: str) -> None:
        self.html = html

    @cached_property
    def words(self) -> str:
        return html_to_text(self.html).strip("\n").rstrip()


@dataclass(slots=True)
class Content:
    """What was found: texts in their order, files, characters lost, and the HTML that a person would have seen."""

    texts: list[str | _Page] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    files: list[ParsedFile] = field(default_factory=list)
    events: list[str] = field(default_factory=list)  # invitations, in words
    marks: set[Mark] = field(default_factory=set)
    lost: int = 0
    is_html_only: bool = False
    wraps: int = 0
    has_own_text: bool = True  # beside the messages that it carries

    @property
    def text(self) -> str:
        """All that is said, one part after the other."""
        pieces: list[str | _Page] = [*self.texts, *self.events]
        said = (text.words if isinstance(text, _Page) else text for text in pieces)
        whole = "\n\n".join(text for text in said if text)
        return whole if len(whole) <= TEXT_LIMIT else texts.truncate(whole, TEXT_LIMIT)


def with_lines(raw: bytes) -> bytes:
    """`raw` without a byte-order mark and empty lines before it, its lone carriage returns as line ends."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")


def gather(root: Part, raw: bytes) -> Content:
    """The text and the files of a message.

    A message that is only a file of text, or only carries another message, is read for its text as well.
    """
    content = Content()
    _visit(root, raw, content, is_root=True)
    content.has_own_text = bool(content.text)
    if not content.has_own_text:
        _say_what_is_carried(root, raw, content)
    return content


def _say_what_is_carried(root: Part, raw: bytes, content: Content) -> None:
    """The first words among the files and the messages inside."""
    for inner in _inner_texts(root):
        _say(inner, raw, content)
        if content.text:
            break
    if root.kind == "message/partial":
        _say_first_piece(root, raw, content)


def _say_first_piece(root: Part, raw: bytes, content: Content) -> None:
    """A piece of a message (RFC 2046 §5.2.2): the first one holds its beginning, the others are words at best."""
    piece = with_lines(root.bytes_of(raw))
    inner = mime.cut(piece)
    if inner.block.is_mail():
        _visit(inner, piece, content)
    else:
        said, lost = charsets.decode(piece)
        content.texts.append(said.strip())
        content.lost += lost


def _visit(part: Part, raw: bytes, content: Content, *, is_root: bool = False) -> None:
    if part.kind.startswith("multipart/") and part.children:
        _mark_protection(part, content)
        if part.kind == "multipart/alternative":
            _choose(part, raw, content)
            return
        for child in part.children:
            _visit(child, raw, content)
    elif part.kind == "message/rfc822" and not is_root:
        content.files.append(_file(part, raw, len(content.files)))
    elif _is_text(part):
        _say(part, raw, content)
    elif raw[part.start : part.end].strip():
        _keep(part, raw, content)


def _mark_protection(part: Part, content: Content) -> None:
    protocol = part.parameters.get("protocol", "").lower()
    if part.kind == "multipart/signed":
        content.marks.add(Mark.SIGNED_PGP if "pgp" in protocol else Mark.SIGNED_SMIME)
    elif part.kind == "multipart/encrypted":
        content.marks.add(Mark.ENCRYPTED_SMIME if "pkcs7" in protocol else Mark.ENCRYPTED_PGP)


def _keep(part: Part, raw: bytes, content: Content) -> None:
    """A file; those that wrap a message, or say something themselves, are read as well."""
    file = _file(part, raw, len(content.files))
    if part.kind in _SMIME and content.wraps < _WRAPS_LIMIT and _unwrap(file, content):
        return
    if (part.kind in _TNEF or file.name.lower() == "winmail.dat") and _unpack(file, content):
        return
    if part.kind in _CALENDAR:
        content.marks.add(Mark.INVITATION)
        content.events += [one for one in [calendars.told(file.data, part.parameters.get("method", ""))] if one]
    if part.kind in {"message/partial", "message/external-body"}:
        content.marks.add(Mark.PARTIAL)
    content.files.append(file)


def _unwrap(file: ParsedFile, content: Content) -> bool:
    """Read the message inside a signature; whether there was one. What is encrypted stays a file."""
    inner = smime.signed_content(file.data)
    if inner is None:
        content.marks.add(Mark.ENCRYPTED_SMIME if smime.is_enveloped(file.data) else Mark.PARTIAL)
        return False
    content.marks.add(Mark.SIGNED_SMIME)
    content.wraps += 1
    inner = with_lines(inner)
    _visit(mime.cut(inner), inner, content)
    return True


def _unpack(file: ParsedFile, content: Content) -> bool:
    """Read a winmail.dat; whether all of it could be had, so that the wrapping itself is no longer a file."""
    found = tnef.unpack(file.data)
    content.marks.add(Mark.TNEF)
    if not found.is_whole:
        content.marks.add(Mark.PARTIAL)
    if found.html.strip():
        content.pages.append(found.html)
    if not any(content.texts):
        content.is_html_only = bool(found.html.strip()) and not found.text
        content.texts += [found.text or _Page(found.html)] if found.text or found.html.strip() else []
    for name, data, identifier in found.files:
        given = file_name(name, "application/octet-stream", len(content.files))
        media_type = _TYPES.guess_type(given)[0] or "application/octet-stream"
        named = f"<{identifier.strip('<>')[:253]}>" if identifier else ""
        content.files.append(ParsedFile(given, media_type, named, bool(named), data))
    return found.is_whole


def _choose(part: Part, raw: bytes, content: Content) -> None:
    """One of several renderings: plain words first, else HTML; what is neither is a file."""
    tried: list[Content] = []
    for child in part.children:
        one = Content()
        _visit(child, raw, one)
        tried.append(one)
    plain_first = sorted(tried, key=lambda one: one.is_html_only)
    best = next((one for one in plain_first if one.text), None)
    for one in tried:
        content.files += one.files
        content.events += one.events
        content.marks |= one.marks
    content.pages += next((one.pages for one in reversed(tried) if one.pages), [])  # the last is the richest
    if best is not None:
        content.texts += best.texts
        content.lost += best.lost
        content.is_html_only |= best.is_html_only


def _disposition(part: Part) -> tuple[str, dict[str, str]]:
    return headers.parameters(part.block.first("content-disposition"))


def _is_text(part: Part) -> bool:
    """Whether the part is to be read where it stands, rather than offered as a file."""
    disposition, parameters = _disposition(part)
    is_named = bool(parameters.get("filename") or part.parameters.get("name"))
    is_writing = part.kind in {"text/plain", "text/html", "text/enriched", "text/richtext"} or (
        part.kind.startswith("multipart/") and not part.children
    )
    return is_writing and disposition != "attachment" and not is_named


def _inner_texts(root: Part) -> list[Part]:
    """The parts which hold writing although they are files or forwarded messages, outermost first."""
    found, waiting = [], [root]
    while waiting:
        part = waiting.pop(0)
        if part.kind in {"text/plain", "text/html"} and _disposition(part)[0] != "attachment":
            found.append(part)
        waiting += part.children
    return found


def _say(part: Part, raw: bytes, content: Content) -> None:
    data = part.bytes_of(raw)
    declared = part.parameters.get("charset", "")
    if part.kind == "text/html":
        meta = _META.search(data, 0, 4096)
        said, lost = charsets.decode(data, declared or (meta[1].decode("ascii") if meta else ""))
        content.is_html_only = not any(content.texts)
        content.pages.append(said)
        content.texts.append(_Page(said))
    else:
        said, lost = charsets.decode(data, declared)
        if part.parameters.get("format", "").lower() == "flowed":
            said = unflow(said, delsp=part.parameters.get("delsp", "").lower() == "yes")
        content.is_html_only = content.is_html_only and not said.strip()
        content.texts.append(_unarmoured(said, content).strip("\n").rstrip())
    content.lost += lost


def _unarmoured(said: str, content: Content) -> str:
    """A text signed in line without its armour (RFC 9580 §7); what is encrypted in line stays as it is."""
    if _ENCRYPTED in said:
        content.marks.add(Mark.ENCRYPTED_PGP)
    before, is_signed, rest = said.partition(_SIGNED)
    if not is_signed:
        return said
    content.marks.add(Mark.SIGNED_PGP)
    words = rest.partition("\n\n")[2].partition(_SIGNATURE)[0]
    return before + re.sub(r"^- ", "", words, flags=re.MULTILINE)


def html_to_text(html: str) -> str:
    """The words of an HTML text, its lists and tables kept in line."""
    said = _laid_out(html) if len(html) <= HTML_LIMIT else ""
    if not said.strip():
        said = unescape(" ".join(piece.rpartition(">")[2].strip() for piece in html.split("<")))
    lines = (line.rstrip() for line in texts.normalise(said).replace(texts.NO_BREAK, " ").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _laid_out(html: str) -> str:
    """What the library makes of it; nothing when it cannot bear it (nesting, entities, declarations)."""
    try:
        return str(get_text(html))
    except (LxmlError, ValueError, RecursionError, AssertionError, AttributeError, TypeError, KeyError, IndexError):
        return ""


def unflow(text: str, *, delsp: bool) -> str:
    """Undo format=flowed (RFC 3676): a line which ends by a space goes on, at the same depth of quoting."""
    paragraphs: list[list[str]] = []
    depth_before, goes_on = 0, False
    for line in text.split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        if not (goes_on and depth == depth_before and bare != "-- "):
            paragraphs.append([">" * depth + (" " if depth else "")])
        depth_before = depth
        goes_on = bare.endswith(" ") and bare != "-- "
        paragraphs[-1].append(bare.removesuffix(" ") if goes_on and delsp else bare)
    return "\n".join("".join(paragraph) for paragraph in paragraphs)


def _file(part: Part, raw: bytes, position: int) -> ParsedFile:
    disposition, parameters = _disposition(part)
    media_type = part.kind if _MEDIA_TYPE.fullmatch(part.kind) else "application/octet-stream"
    given = parameters.get("filename") or part.parameters.get("name") or ""
    if not given and part.kind == "message/rfc822" and part.children:
        subject = headers.text(part.children[0].block.first("subject"))[:_NAME_LIMIT].strip(" .")
        given = f"{subject}.eml" if subject else ""
    identifiers = headers.identifiers(part.block.first("content-id"))
    return ParsedFile(
        name=file_name(given, media_type, position),
        media_type=media_type,
        content_id=identifiers[0][:255] if identifiers else "",
        is_inline=disposition != "attachment" and bool(identifiers),
        data=part.bytes_of(raw),
    )


def file_name(given: str, media_type: str, position: int) -> str:
    """What to call a file on screen: the last piece of the sender's name without tricks, else one of our own."""
    bare = _NOT_IN_NAMES.sub("", given).replace("\\", "/").rpartition("/")[2].strip(" .")
    if bare:
        stem, dot, extension = bare.rpartition(".")
        kept = _NAME_LIMIT - len(extension) - 1
        return f"{stem[:kept]}.{extension}" if dot and kept > 0 else bare[:_NAME_LIMIT]
    return f"piece-{position + 1}{_TYPES.guess_extension(media_type, strict=True) or '.bin'}"
