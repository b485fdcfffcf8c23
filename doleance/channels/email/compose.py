"""One outgoing mail as bytes: the same row always gives the same mail.

The standard library's header folding is not used for what others wrote, nor for identifiers: it turns a long
Message-ID in `In-Reply-To` into encoded words, which no mail program follows (cpython issue 35805, fixed for
`Message-ID` alone), and it decodes the encoded words of a subject before writing it, line ends
included (CVE-2024-6923).

A relay may sign what leaves here (DKIM, RFC 6376) and nothing on the way has a reason to touch it: each header stands
once, every line is short and of seven bits, none ends by a space.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import format_datetime, quote
from typing import Any, ClassVar, Literal

from doleance.channels.email import addresses
from doleance.channels.email.html_part import html_part
from doleance.kernel.errors import ChannelError
from doleance.kernel.text import normalise

# RFC 3676 asks for lines under 79 columns and advises 72.
_COLUMNS = 72
# What may not stand in a header: control signs (C0, DEL, C1) and the separators that some readers take for a new line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SPACES = re.compile(r" {2,}")
_IDENTIFIER = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,400}>")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a mail says. `at` (aware) becomes its `Date`; `automatic` marks a mail that no person wrote."""

    from_address: str
    from_name: str
    to_address: str
    subject: str
    text: str
    message_id: str
    at: datetime
    language: str = "fr"
    reply_to: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    automatic: bool = False


def compose(outgoing: Outgoing) -> bytes:
    """The mail with CRLF line ends, ready for a signature or the wire: plain text, and the same words as HTML.

    Only seven-bit signs, unless the recipient's own address has others before its @ (RFC 6532).
    Raises ChannelError (permanent) when an address or the Message-ID cannot stand in a header.
    """
    has_plain_address = outgoing.to_address.rpartition("@")[0].isascii()
    mail = EmailMessage(policy=_POLICY.clone(utf8=not has_plain_address))
    for name, value in _headers(outgoing).items():
        if value:
            mail[name] = value
    language = one_line(outgoing.language)
    mail.set_content(flow(outgoing.text), charset="utf-8", cte="quoted-printable", params={"format": "flowed"})
    page = html_part(outgoing.text, title=one_line(outgoing.subject), language=language)
    mail.add_alternative(page, subtype="html", charset="utf-8", cte="quoted-printable")
    for part in mail.iter_parts():
        del part["MIME-Version"]  # said once, above
    mail.set_boundary(_boundary(outgoing.message_id))
    mail["Content-Language"] = language  # set_content removes what is said of a content before it
    return mail.as_bytes()


def _boundary(message_id: str) -> str:
    """What parts the two renderings: the same for the same mail, and `=_` never stands in quoted-printable."""
    return f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"


def _headers(outgoing: Outgoing) -> Mapping[str, str]:
    return {
        "From": _mailbox(outgoing.from_address, outgoing.from_name),
        "To": _mailbox(outgoing.to_address),
        "Reply-To": _mailbox(outgoing.reply_to) if outgoing.reply_to else "",
        "Subject": _encoded(one_line(outgoing.subject)),
        "Date": format_datetime(outgoing.at),
        "Message-ID": _own_identifier(outgoing.message_id),
        "In-Reply-To": outgoing.in_reply_to if is_identifier(outgoing.in_reply_to) else "",
        "References": " ".join(identifier for identifier in outgoing.references if is_identifier(identifier)),
        # RFC 3834, and Exchange's own way to say it: no machine may answer what a machine wrote.
        "Auto-Submitted": "auto-replied" if outgoing.automatic else "",
        "X-Auto-Response-Suppress": "All" if outgoing.automatic else "",
    }


def one_line(text: str) -> str:
    """`text` as one header line: every run of control signs, line ends and spaces becomes one space.

    Two spaces may meet the end of a folded line, where relays disagree on how many are left.
    """
    return _SPACES.sub(" ", _CONTROL.sub(" ", text)).strip()


def is_identifier(text: str) -> bool:
    """Whether `text` has the shape `<…>` of a message identifier and may be quoted in a header."""
    return _IDENTIFIER.fullmatch(text) is not None


def wire_address(address: str) -> str:
    """`address` as the wire wants it: its domain in ASCII (IDNA).

    Raises ChannelError (permanent) when it is not one plain address: signs that would end the header or name a
    second recipient are refused, never cleaned, because a cleaned address may be somebody else's.
    """
    if not addresses.is_address(address) or _CONTROL.search(address):
        raise ChannelError("not an address", permanent=True)
    local, domain = address.rsplit("@", 1)
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise ChannelError("not a domain", permanent=True) from error


def _mailbox(address: str, name: str = "") -> str:
    address, name = wire_address(address), one_line(name)
    if not name:
        return address
    if name.isascii():
        return f'"{quote(name)}" <{address}>'
    return f"{_encoded(name)} <{address}>"


def _encoded(text: str) -> str:
    """`text` in signs that a header may hold: as it is, or as encoded words (RFC 2047) that leave room for a name."""
    return text if text.isascii() else " ".join(Header(text, "utf-8", maxlinelen=66).encode().split())


def _own_identifier(text: str) -> str:
    if not is_identifier(text):
        raise ChannelError("not a Message-ID", permanent=True)
    return text


def flow(text: str) -> str:
    """`text` as format=flowed (RFC 3676): every paragraph wraps to the reader's window, or at 72 columns."""
    lines = normalise(text).rstrip().replace("\t", "    ").split("\n")
    return "\n".join(_flow_line(line) for line in lines) + "\n"


def _flow_line(line: str) -> str:
    if line == "-- ":  # the signature mark keeps its space
        return line
    rows: list[list[str]] = [[]]
    width = -1
    # Only the ordinary space may break: the French typography relies on the others.
    for word in line.rstrip(" ").split(" "):
        if rows[-1] and width + 1 + len(word) > _COLUMNS:
            rows.append([])
            width = -1
        rows[-1].append(word)
        width += 1 + len(word)
    return " \n".join(_stuff(" ".join(row)) for row in rows)


def _stuff(row: str) -> str:
    return f" {row}" if row.startswith((" ", ">", "From ")) else row


class _AsGiven(BaseHeader):
    """A header whose value is already in its wire form: folded at its spaces, never encoded."""

    max_count: ClassVar[Literal[1]] = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"] = None
        kwds["decoded"] = value

    def fold(self, *, policy: Policy) -> str:
        lines = [f"{self.name}:"]
        for word in str(self).split(" "):
            if len(lines[-1]) + 1 + len(word) > (policy.max_line_length or 78) and not lines[-1].endswith(":"):
                lines.append("")
            lines[-1] += f" {word}"
        return policy.linesep.join([*lines, ""])


def _policy() -> "EmailPolicy[EmailMessage]":
    registry = HeaderRegistry()
    for name in ("from", "to", "reply-to", "subject", "message-id", "in-reply-to", "references"):
        registry.map_to_type(name, _AsGiven)
    return SMTP.clone(header_factory=registry)


_POLICY = _policy()
