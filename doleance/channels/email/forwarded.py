"""Whom a forwarded mail comes from: the author that it quotes. Runs in the limited child; pure.

A proposal for a person, never a sender: what is quoted proves nothing.
"""

import re

from doleance.channels.email import addresses, headers
from doleance.channels.email.mime import Part
from doleance.channels.rules import Person

_NOBODY = Person("", "")
_TEXT_LIMIT = 100_000
_LINES_LIMIT = 14  # from a separator to the author's line
# After `Re:` and labels in brackets: French, English, German, Spanish, Portuguese and Italian programs.
_SUBJECT = re.compile(
    r"(?:\s*(?:\[[^\]]{0,60}\]|re|ré|aw|sv|antw)(?:\s*:)?)*\s*(?:tr|fwd?|wg|rv|enc|i|doorst|vs)\s*:", re.IGNORECASE
)
# Words that only a forward writes.
_SAYS_FORWARDED = re.compile(
    r"^[\s>*_-]*(?:-{2,}\s*)?(?:forwarded message|begin forwarded message|message transféré|message réexpédié|"
    r"début du message (?:transféré|réexpédié)|mail transféré|message relayé|weitergeleitete nachricht)",
    re.IGNORECASE,
)
_HINT = re.compile(r"[Ff]orwarded|transféré|réexpédié|relayé|itergeleitete|FORWARDED|TRANSF|RÉEXP")  # nearly free
# Words that an answer writes as well.
_SAYS_QUOTED = re.compile(
    r"^[\s>*_-]*(?:-{2,}\s*)?(?:original message|original appointment|message d[’']origine|message original|"
    r"courriel original|mail original|e-mail d[’']origine)",
    re.IGNORECASE,
)
_AUTHOR = re.compile(
    r"^[\s>*|]*(?:de la part de|de|from|von|da|expéditeur|envoyé par|author)[\s*]*:[\s*]*(\S.*)$", re.IGNORECASE
)
_BESIDE = re.compile(
    r"^[\s>*|]*(?:date|envoyé(?: le)?|sent|reçu le|à|a|to|pour|objet|subject|sujet|cc|destinataires?|répondre à)"
    r"[\s*]*:",
    re.IGNORECASE,
)
_MAILTO = re.compile(r"[\[<(]\s*mailto:\s*([^\s\]>)]{3,320})\s*[\]>)]", re.IGNORECASE)


def is_forward(subject: str) -> bool:
    """Whether a subject says so: `TR:`, `Fwd:`, `Re: Tr :`…"""
    return _SUBJECT.match(subject) is not None


def author(root: Part, subject: str, text: str, *, own_text: bool) -> Person:
    """The author of the mail that this one forwards; nobody when it forwards none, or does not say whose.

    `own_text` says whether the mail has words of its own beside the messages that it carries.
    """
    attached = _attached(root)
    if attached is not None and (not own_text or is_forward(subject)):
        return _first(addresses.people(attached.block.joined("from")[: headers.FIELD_LIMIT]))
    is_said = is_forward(subject)
    if not is_said and _HINT.search(text, 0, _TEXT_LIMIT) is None:
        return _NOBODY
    return _inline(text[:_TEXT_LIMIT].split("\n"), is_said=is_said)


def _attached(root: Part) -> Part | None:
    """The one message that another carries."""
    carried = [part for part in [root, *root.children] if part.kind == "message/rfc822" and part.children]
    return carried[0].children[0] if len(carried) == 1 else None


def _first(people: tuple[Person, ...]) -> Person:
    return next((one for one in people if one.address), people[0] if people else _NOBODY)


def _inline(lines: list[str], *, is_said: bool) -> Person:
    """The author of the first quoted block that is a forward."""
    for number, line in enumerate(lines):
        if len(line) > 500 or not (_SAYS_FORWARDED.match(line) or (is_said and _SAYS_QUOTED.match(line))):
            continue
        found = _in_block(lines[number + 1 : number + 1 + _LINES_LIMIT])
        if found != _NOBODY:
            return found
    return _bare(lines) if is_said else _NOBODY


def _bare(lines: list[str]) -> Person:
    """The author of a block of fields without a word before it, as Outlook writes."""
    for number, line in enumerate(lines):
        if len(line) <= 500 and _AUTHOR.match(line):
            beside = [one for one in lines[number + 1 : number + 6] if len(one) <= 500 and _BESIDE.match(one)]
            if len(beside) >= 2:
                return _in_block(lines[number : number + 3])
    return _NOBODY


def _in_block(lines: list[str]) -> Person:
    for number, line in enumerate(lines):
        found = _AUTHOR.match(line) if len(line) <= 500 else None
        if found is None:
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        # A long name may push its address to the next line.
        whole = found[1] if "@" in found[1] or ":" in following else f"{found[1]} {following}"
        whole = _MAILTO.sub(r"<\1>", whole[:600].replace("\u00a0", " ")).replace("*", "")
        whole = re.sub(r"<([^<>]+)>\s*<\1>", r"<\1>", whole).strip("> ")
        if "<" in whole and ">" not in whole:
            whole += ">"
        return _first(addresses.people(whole.encode("utf-8", "replace")))
    return _NOBODY
