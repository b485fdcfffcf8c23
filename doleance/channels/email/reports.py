"""Delivery reports: which recipients a mail did not reach, and why. Runs in the limited child; pure.

The standard form (RFC 3464) first; else the words of the servers that write none, and only in a mail that a server
wrote: people quote such words too.
"""

import re
from collections.abc import Iterable

from doleance.channels.email import addresses, charsets, headers
from doleance.channels.email.mime import Part
from doleance.channels.rules import MachineSigns, ReportedRecipient

_RECIPIENTS_LIMIT = 100
_WORDS_LIMIT = 500
_TEXT_LIMIT = 20_000  # characters before the returned copy
_STATUS_KINDS = {"message/delivery-status", "message/global-delivery-status"}
_GROUPS = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
_DAEMON = re.compile(r"^(?:mailer-?daemon|mail-?daemon|postmaster|microsoftexchange[0-9a-f]*)@?", re.IGNORECASE)
# What such a report says, in the words of its programs.
_FAILED = re.compile(
    r"qmail-send program|created automatically by mail delivery software|undeliver|not (?:be )?delivered|"
    r"could ?n[’']?o?t be delivered|delivery (?:has |to the following \w+ )?fail|wasn[’']t delivered|"
    r"failure notice|returned mail|delivery status|address(?:e)? (?:not found|introuvable)|"
    r"user unknown|non[- ](?:remis|distribu)|pu être (?:remis|distribu|délivr|livr|envoyé)|"
    r"échec de (?:la )?(?:remise|distribution)|delayed|retardé",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\bdelayed\b|retardé|will (?:retry|be retried)|warning message only|still trying", re.IGNORECASE
)
_COPY = re.compile(
    r"^(?:-{3,} ?(?:this is a copy|below this line|original message|the header|forwarded message|transcript)|"
    r"--- (?:below this line|enclosed)|original message headers|en-têtes du message d)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = r"[^\s<>()\[\],;:\"'@]{1,64}@[A-Za-z0-9._-]{1,253}"
# Where the refused address stands, the surest shapes first: alone at the start of a line (qmail, Postfix, Exim), or
# after the words that name it (Exchange, Google).
_SHAPES = (
    re.compile(rf"^[ \t]{{0,8}}<({_ADDRESS})>[ \t]{{0,4}}(?::|\(expanded|\s*$)", re.MULTILINE),
    re.compile(rf"^[ \t]{{1,8}}({_ADDRESS})[ \t]{{0,4}}$", re.MULTILINE),
    re.compile(
        rf"(?:delivered to|remis à|distribué à|envoyé à|livré à|recipients?[^@\n]{{0,60}})[ \t:]{{1,4}}<?({_ADDRESS})"
    ),
    re.compile(rf"[(<](?:mailto:)?({_ADDRESS})[)>]"),
    re.compile(rf"^({_ADDRESS})[ \t]{{0,4}}$", re.MULTILINE),
)


def recipients(
    parts: Iterable[Part], raw: bytes, signs: MachineSigns, sender: str, text: str
) -> tuple[ReportedRecipient, ...]:
    """The recipients that a report names, in its order; none for a mail that is no report."""
    told: list[ReportedRecipient] = []
    for part in parts:
        if part.kind in _STATUS_KINDS:
            told += _standard(part.bytes_of(raw))
    if not told and _is_of_a_server(signs, sender):
        told = _in_words(text[:_TEXT_LIMIT])
    return tuple({(one.address.lower(), one.action): one for one in reversed(told)}.values())[::-1][:_RECIPIENTS_LIMIT]


def _is_of_a_server(signs: MachineSigns, sender: str) -> bool:
    return signs.is_report or signs.return_path == "" or _DAEMON.match(sender) is not None


def _standard(data: bytes) -> list[ReportedRecipient]:
    """The groups of fields of a delivery-status part."""
    found = []
    for group in _GROUPS.split(data.lstrip(b"\r\n"))[: _RECIPIENTS_LIMIT + 1]:
        block = headers.read_block(group + b"\n\n", strict=False)
        original = _address(block.first("original-recipient"))
        address = _address(block.first("final-recipient")) or original
        action = headers.text(block.first("action")).lower().partition(" ")[0][:20]
        if not address and not action:
            continue
        said = headers.text(block.first("diagnostic-code")).partition(";")
        status = _STATUS.search(headers.text(block.first("status")))
        words = (said[2] or said[0]).strip()[:_WORDS_LIMIT]
        found.append(ReportedRecipient(address, action, status[1] if status else "", words, original))
    return found


def _address(value: bytes) -> str:
    """`rfc822; a@b` without its type, or a bare address."""
    kind, separator, rest = charsets.decode(value)[0].partition(";")
    found = addresses.people((rest if separator else kind).encode("utf-8", "replace"))
    return next((one.address for one in found if one.address), "")


def _in_words(text: str) -> list[ReportedRecipient]:
    copy = _COPY.search(text)
    text = text[: copy.start()] if copy else text
    if not _FAILED.search(text):
        return []
    for shape in _SHAPES:
        found = [one for one in shape.finditer(text) if not _DAEMON.match(one[1])][:_RECIPIENTS_LIMIT]
        if found:
            anywhere, is_delayed = _status(text), _DELAYED.search(text) is not None
            ends = [*(one.start() for one in found[1:]), len(text)]
            return [
                _reported(one[1].rstrip("."), text[one.end() : end], anywhere, is_delayed=is_delayed)
                for one, end in zip(found, ends, strict=True)
            ]
    return []


def _reported(address: str, after: str, anywhere: str, *, is_delayed: bool) -> ReportedRecipient:
    """One recipient, with what is said of it: after its address, or else anywhere."""
    words = " ".join(after.strip(": \t\n").split())[:_WORDS_LIMIT]
    status = _status(words) or anywhere
    is_late = status.startswith("4") or (not status and is_delayed)
    return ReportedRecipient(address, "delayed" if is_late else "failed", status, words)


def _status(text: str) -> str:
    """The enhanced status (RFC 3463) of a text, or the class of its plain SMTP code."""
    status, code = _STATUS.search(text), _CODE.search(text)
    return status[1] if status else f"{code[1]}.0.0" if code else ""
