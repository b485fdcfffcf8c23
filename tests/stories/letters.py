"""What a mail that left says to whoever reads it: its words, its link, its code."""

import re
from email import policy
from email.parser import BytesParser
from typing import Any

_LINK = re.compile(r"/suivi/l/[A-Za-z0-9_-]{22}/")
_CODE = re.compile(r"\b\d{3}\s\d{3}\b")


def words(raw: bytes) -> str:
    """Its plain words."""
    mail: Any = BytesParser(policy=policy.default).parsebytes(raw)
    return str(mail.get_body(("plain",)).get_content())


def link_in(raw: bytes) -> str:
    """The link that it carries, and carries once."""
    [found] = _LINK.findall(words(raw))
    return str(found)


def code_in(raw: bytes) -> str:
    """The code that it carries, as it is written there."""
    [found] = _CODE.findall(words(raw))
    return str(found)
