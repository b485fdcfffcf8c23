"""Closed lists of words: a code for machines, a French label for people."""

from enum import StrEnum
from typing import Self


def gettext_noop(message: str) -> str:
    """Mark a French sentence for translation where no Django may be imported; surfaces translate it."""
    return message


def ngettext_noop(one: str, many: str) -> tuple[str, str]:
    """The same for a sentence that has a plural."""
    return one, many


class Kind(StrEnum):
    """A member is its code; `label` is its French msgid.

    >>> class Side(Kind):
    ...     LEFT = "left", "Gauche"
    >>> Side.LEFT == "left", Side.LEFT.label
    (True, 'Gauche')
    """

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Pairs (code, label) in order of declaration, as Django fields and forms want them."""
        return [(member.value, member.label) for member in cls]
