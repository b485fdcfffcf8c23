"""Names and addresses of a header field, in one pass: quotes, comments, groups, routes, and what programs got wrong.

The standard library's reader changes its answer for malformed lists between patch versions of Python 3.11, and
recurses into comments.
"""

import re
from itertools import islice

from doleance.channels.email import charsets, headers
from doleance.channels.rules import Person

# One plain address. Quoted local parts and address literals exist in the standard and in no complaint.
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]{1,64}@[^\s<>()\[\],;:\\\"@]{1,253}")
_COMMENTED = re.compile(r'\\.|"(?:[^"\\]|\\.)*"|[()"]|[^\\"()]+|\\', re.DOTALL)
_LISTED = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>]*>|[,;:]|[^",;:<]+|["<]', re.DOTALL)
_MARK = "\x00"  # where a comment stood; no text holds a NUL here
_KEPT = 200


def is_address(text: str) -> bool:
    """Whether `text` is one plain mail address, to which a mail could be sent."""
    if _ADDRESS.fullmatch(text) is None:
        return False
    try:
        return bool(text.rpartition("@")[2].encode("idna"))
    except UnicodeError:  # an empty label, a label of more than 63 letters
        return False


def people(value: bytes) -> tuple[Person, ...]:
    """The names and addresses of a field, in their order. Where no address can be read, it is empty."""
    if not value:
        return ()
    whole = charsets.decode(value)[0]
    bare = _uncommented(whole) or _uncommented(re.sub(r'["()\\]', " ", whole))  # a quote that never ends is no quote
    told = []
    pending = ""
    for text, comment in _split(*bare) if bare else ():
        one = _person(f"{pending}, {text}" if pending and "<" in text else text, comment)
        pending = text if not one.address and "<" not in text else ""  # `Durand, Anne <a@b>` without its quotes
        if (one.address or one.name) and not pending:
            told.append(one)
    if pending and not told:
        told.append(Person(_name(pending), ""))
    return tuple(told)


def _uncommented(text: str) -> tuple[str, list[str]] | None:
    """`text` with a mark in the place of each comment, and the comments; None when one or a quote stays open."""
    kept: list[str] = []
    comments: list[list[str]] = []
    depth = 0
    for sign in _COMMENTED.findall(text):
        if sign == "(":
            depth += 1
            if depth == 1:
                comments.append([])
                kept.append(_MARK)
        elif sign == ")" and depth:
            depth -= 1
        elif sign == '"' and not depth:
            return None
        else:
            (comments[-1] if depth else kept).append(sign)
    return None if depth else ("".join(kept), ["".join(comment).strip() for comment in comments])


def _split(text: str, comments: list[str]) -> list[tuple[str, str]]:
    """The mailboxes of a list, each with its comments; a group's name goes."""
    found: list[tuple[str, int]] = []
    plain: list[str] = []
    marks = 0
    for sign in [*_LISTED.findall(text), ","]:
        if sign in {",", ";"}:
            found.append(("".join(plain), marks))
            plain, marks = [], 0
        elif sign == ":":
            plain = []
        else:
            plain.append(sign)
            marks += sign.count(_MARK)
    waiting = iter(comments)
    pairs = [(one.replace(_MARK, " ").strip(), " ".join(islice(waiting, count))) for one, count in found]
    return [(one, comment) for one, comment in pairs if one or comment]


def _person(text: str, comment: str) -> Person:
    before, opening, rest = text.rpartition("<")
    if opening:
        inside = "".join(rest.partition(">")[0].split())
        address = inside.rpartition(":")[2].strip('"')  # a route, `@relay:name@host`, is history (RFC 5322 §4.4)
        if is_address(address.rstrip(".")):
            return Person(_name(before) or _name(comment), address.rstrip("."))
        text = f"{before} {rest.replace('>', ' ')}" if inside else before
    found = next((one for one in _ADDRESS.finditer(text) if is_address(one[0].rstrip("."))), None)
    if found is None:
        return Person(_name(text) or _name(comment), "")
    return Person(_name(text[: found.start()]) or _name(comment), found[0].rstrip("."))


def _name(text: str) -> str:
    """A display name without its quotes, its encoded words decoded."""
    bare = re.sub(r"\\(.)", r"\1", text).replace('"', " ").strip()
    return headers.text(bare.encode("utf-8", "replace")).strip("' ,;")[:_KEPT]
