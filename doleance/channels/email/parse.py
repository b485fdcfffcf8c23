"""One raw message to what it says. Runs in the limited child process (`child.py`); pure, and linear in the size.

What cannot be read is missing from the answer; nothing here raises on any bytes.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

from doleance.channels.email import addresses, bodies, charsets, forwarded, headers, mime, reports
from doleance.channels.rules import Limit, MachineSigns, Mark, ParsedMessage, Person, Problem

ADDRESSES_LIMIT = 1_000
_PEOPLE = ("from", "to", "cc", "bcc", "reply-to", "sender")
_AUTO_REPLY = ("x-autoreply", "x-auto-reply", "x-autorespond", "x-autoresponder", "x-vacation")
# What old servers bring back of a mail, inside the text of their report.
_QUOTED_ID = re.compile(r"^[ >\t]{0,8}message-id:[ \t]{0,8}(<[^<>\s]{3,998}>)", re.IGNORECASE | re.MULTILINE)
_REPORT_TEXT = 200_000  # characters of a report in which such a line is looked for
_SUBJECT_LIMIT = 2_000
_NOBODY = Person("", "")
# Where relays write to whom they delivered: a plus-tag that To no longer shows is still there.
_DELIVERED = frozenset({"delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to"})
_DELIVERED_LIMIT = 20
_RESULTS_LIMIT, _RESULT_LIMIT = 10, 2_000


def parse(raw: bytes) -> ParsedMessage:
    """All that can be read of a message; `problem` and `limit` say what kept it from being read whole."""
    raw = bodies.with_lines(raw)
    try:
        if not headers.read_block(raw, strict=False).is_mail():
            return ParsedMessage(problem=Problem.NOT_A_MESSAGE, body_sha256=_hash(raw))
        return _whole(raw)
    except headers.OverLimit as over:
        return peek(raw, over.limit)
    except MemoryError:  # the process is at its end: it says so itself
        raise
    except Exception:  # noqa: BLE001  whatever it is, the words are shown as they stand, and that they are so
        return _by_bytes(raw)


def _by_bytes(raw: bytes) -> ParsedMessage:
    """The header and the words of a message on which structured reading failed."""
    block = headers.read_block(raw, strict=False)
    text, lost = charsets.decode(raw[block.end :][: bodies.TEXT_LIMIT])
    return _described(block, raw, people_limit=200, text=text.strip(), lost=lost, marks=(Mark.PARTIAL,))


def peek(raw: bytes, limit: Limit) -> ParsedMessage:
    """Only the header of a message that went over `limit`: who, when, about what, as far as it goes."""
    raw = bodies.with_lines(raw)
    block = headers.read_block(raw, strict=False)
    problem = Problem.OVER_LIMIT if block.is_mail() else Problem.NOT_A_MESSAGE
    return _described(block, raw, people_limit=200, problem=problem, limit=limit)


def _whole(raw: bytes) -> ParsedMessage:
    root = mime.cut(raw)
    if sum(root.block.joined(name).count(b"@") for name in _PEOPLE) > ADDRESSES_LIMIT:
        raise headers.OverLimit(Limit.ADDRESSES)
    content = bodies.gather(root, raw)
    text = content.text
    told = _described(
        root.block,
        raw,
        people_limit=ADDRESSES_LIMIT,
        text=text,
        is_html_only=content.is_html_only,
        has_html=any(page.strip() for page in content.pages),
        lost=content.lost,
        files=tuple(content.files),
        answered=_answered(root, raw, text),
    )
    report = reports.recipients(_parts(root), raw, told.signs, told.sender.address, text)
    is_report = told.signs.is_report or bool(report)
    author = forwarded.author(root, told.subject, text, own_text=content.has_own_text) if not is_report else _NOBODY
    marks = content.marks | ({Mark.FORWARDED} if author != _NOBODY else set())
    marks |= {Mark.HTML_ONLY} if content.is_html_only else set()
    return replace(told, report=report, forwarded=author, marks=tuple(one for one in Mark if one in marks))


def _parts(root: mime.Part) -> Iterator[mime.Part]:
    """All parts, outermost first."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed(part.children)


def _described(block: headers.Block, raw: bytes, *, people_limit: int, **known: object) -> ParsedMessage:
    people = {name: addresses.people(block.joined(name)[: headers.FIELD_LIMIT]) for name in _PEOPLE}
    identifiers = headers.identifiers(block.first("message-id"))
    return ParsedMessage(
        message_id=identifiers[0] if identifiers else "",
        in_reply_to=headers.identifiers(block.joined("in-reply-to"))[:100],
        references=headers.identifiers(block.joined("references"))[:1_000],
        sender=next((one for one in people["from"] if one.address), (*people["from"], Person("", ""))[0]),
        reply_to=people["reply-to"][:10],
        to=people["to"][:people_limit],
        cc=people["cc"][:people_limit],
        subject=headers.text(block.first("subject"))[:_SUBJECT_LIMIT],
        date=headers.moment(block.first("date")),
        received=headers.received_moment(block.first("received")),
        separator=headers.separator_moment(block.separator),
        body_sha256=_hash(raw[block.end :]),
        signs=_signs(block),
        delivered_to=_delivered(block),
        authentication=_results(block),
        **known,  # type: ignore[arg-type]  # the fields that only a whole reading knows
    )


def _delivered(block: headers.Block) -> tuple[str, ...]:
    values = b",".join(value[:1_000] for name, value in block.fields if name in _DELIVERED)[: headers.FIELD_LIMIT]
    found = (one.address for one in addresses.people(values) if one.address)
    return tuple(dict.fromkeys(found))[:_DELIVERED_LIMIT]


def _results(block: headers.Block) -> tuple[str, ...]:
    """What servers checked of the sender, as it stands: encoded words could dress a result as another.

    Only what the last server can have written: each field above the first `Received`; where none is, the topmost of
    all, because some (Gmail) write theirs below it. Further down, a field may be the sender's, whatever it says.
    """
    names = [name for name, _ in block.fields]
    first = names.index("received") if "received" in names else len(names)
    found = [place for place, name in enumerate(names) if name == "authentication-results"]
    ours = [place for place in found if place < first] or found[:1]
    values = [block.fields[place][1] for place in ours[:_RESULTS_LIMIT]]
    return tuple(" ".join(charsets.decode(value)[0].split())[:_RESULT_LIMIT] for value in values)


def _signs(block: headers.Block) -> MachineSigns:
    kind, parameters = headers.parameters(block.first("content-type"))
    spam = (block.first("x-spam-flag"), block.first("x-spam-status"))
    return MachineSigns(
        return_path=_return_path(block),
        auto_submitted=_word(block.first("auto-submitted")),
        precedence=_word(block.first("precedence")),
        auto_response_suppress=headers.text(block.first("x-auto-response-suppress"))[:200],
        list_headers=tuple(sorted({name for name, value in block.fields if name.startswith("list-") and value})),
        auto_reply_headers=tuple(name for name in _AUTO_REPLY if block.has(name)),
        content_type=kind[:127],
        is_report=kind == "multipart/report" or parameters.get("report-type", "") != "",
        spam=any(value.lower().startswith(b"yes") for value in spam),
    )


def _return_path(block: headers.Block) -> str | None:
    if not block.has("return-path"):
        return None
    value = headers.text(block.first("return-path"))
    return value.strip("<> ")[:320]


def _word(value: bytes) -> str:
    """The first word of a value, in small letters: what follows is a comment or a parameter."""
    return re.split(r"[\s;(]", headers.text(value).lower(), maxsplit=1)[0][:60]


def _answered(root: mime.Part, raw: bytes, text: str) -> tuple[str, ...]:
    """The identifiers of the mails that come back inside this one."""
    found: list[str] = []
    waiting = list(root.children)
    while waiting:
        part = waiting.pop(0)
        waiting += part.children
        if part.kind == "text/rfc822-headers":
            block = headers.read_block(part.bytes_of(raw), strict=False)
            found += headers.identifiers(block.first("message-id"))
        elif part.depth and part.block.has("message-id"):
            found += headers.identifiers(part.block.first("message-id"))
    found += _QUOTED_ID.findall(text[:_REPORT_TEXT])
    return tuple(dict.fromkeys(found))[:100]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
