"""Whom somebody in danger calls, where the house is: a wrong number costs minutes on the page where they count."""

from dataclasses import dataclass

from doleance.kernel.kinds import gettext_noop


@dataclass(frozen=True, slots=True)
class Emergency:
    """One number and whom it reaches; `is_text` when it is written to rather than called."""

    number: str
    whom: str
    is_text: bool = False

    @property
    def address(self) -> str:
        """What a telephone opens (RFC 3966, RFC 5724)."""
        return f"{'sms' if self.is_text else 'tel'}:{self.number}"


_ALL = gettext_noop("toutes les urgences")
_EUROPE = Emergency("112", gettext_noop("toutes les urgences, partout en Europe"))
# Each country keeps its own beside 112, which the Union has in common (directive (EU) 2018/1972, art. 109).
_OF_COUNTRY: dict[str, tuple[Emergency, ...]] = {
    "FR": (
        Emergency("15", gettext_noop("le SAMU, pour un malaise ou une blessure")),
        Emergency("18", gettext_noop("les pompiers, pour un feu, une fumée, du gaz")),
        _EUROPE,
        Emergency(
            "114", gettext_noop("par SMS, si vous êtes sourd ou malentendant, ou si vous ne pouvez pas parler"), True
        ),
    ),
    "GB": (Emergency("999", _ALL),),
    "CA": (Emergency("911", _ALL),),
}


def numbers(calendar: str) -> tuple[Emergency, ...]:
    """The numbers of the country that a calendar belongs to ("FR-57", "CA-QC"); elsewhere in Europe the common one."""
    return _OF_COUNTRY.get(calendar.partition("-")[0], (_EUROPE,))
