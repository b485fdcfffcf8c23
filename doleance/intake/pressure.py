"""What the public form asks of whoever sends it while too many are sent. Pure.

Never a refusal (reliability.md §2): what is sent is kept at once, and counts as received from that moment. Over a
budget the sender's browser does some work, a second or so on an old telephone; where no script runs, what was sent
waits a little, then goes by itself.

Three budgets, over windows that slide: forms that name one address, so that nobody has files opened in a victim's name
by the thousand; forms from one network; all forms. At each doubling over a budget one more bit is asked, which doubles
the work, and twice the wait, up to a ceiling. Which mails leave is another matter (`notifications.rules`).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind, gettext_noop


class Of(Kind):
    """What forms have in common when they are counted together."""

    NAMED = "named", "L’adresse citée"
    ORIGIN = "origin", "Le réseau d’origine"
    ALL = "all", "Toutes"


@dataclass(frozen=True, slots=True)
class Budget:
    """How many forms that have this in common are free of any demand, in a window that slides."""

    of: Of
    span: timedelta
    free: int


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A person complains three times an hour about as many things; a school or a company shares one network and twenty
# people of it may write within the hour; six hundred an hour is one every six seconds, by night too.
BUDGETS: tuple[Budget, ...] = (
    Budget(Of.NAMED, HOUR, 3),
    Budget(Of.NAMED, DAY, 10),
    Budget(Of.ORIGIN, HOUR, 20),
    Budget(Of.ORIGIN, DAY, 100),
    Budget(Of.ALL, HOUR, 600),
)


def budgets(in_all: int) -> tuple[Budget, ...]:
    """The budgets of a house to which so many forms an hour are ordinary: a bank is not a shop."""
    return tuple(replace(one, free=in_all) if one.of is Of.ALL else one for one in BUDGETS)


LEVELS = 5
FIRST_BITS = 17  # 2^17 tries in the mean: half a second on a telephone that tries 300,000 times a second
FIRST_DELAY = timedelta(seconds=20)
LONGEST_DELAY = timedelta(minutes=5)
# What is asked may grow between the page and the press: so many bits less are accepted still.
LENIENCY = 2
KEPT = timedelta(days=2)  # how long a mark serves: the longest window, begun yesterday
_EFFORT = re.compile(r"([0-9]{1,9})\.([0-9]{1,2})\.([0-9]{1,15})", re.ASCII)


class NotYet(Refusal):
    """What was sent is kept and waits its turn; it goes by itself, `seconds` from now. Raised after it was kept."""

    code = "not_yet"
    sentence = gettext_noop(
        "Beaucoup de réclamations arrivent en ce moment. La vôtre est gardée\u202f; elle part d’elle-même dans "
        "{seconds}\u00a0s, même si vous fermez cette page."
    )

    def __init__(self, *, until: datetime, at: datetime) -> None:
        super().__init__(seconds=max(1, -int((at - until).total_seconds() // 1)))
        self.until = until


class FilesWait(Refusal):
    """So much is begun and not sent that a file has no room now; words are taken still."""

    code = "files_wait"
    sentence = gettext_noop(
        "Trop de formulaires sont en cours en ce moment pour garder «\u00a0{name}\u00a0». Vos mots, eux, sont gardés. "
        "Envoyez votre réclamation, puis ajoutez ce fichier depuis votre suivi."
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What is begun and not sent: so many drafts, so many bytes of files."""

    drafts: int
    size: int


# A school of which each pupil's family begins a form, with a photo or two; and a disk that anybody has.
ROOM_ORIGIN, ROOM_ALL = Held(300, 500 * 1024**2), Held(20_000, 10 * 1024**3)


def has_room(size: int, *, origin: Held, every: Held) -> bool:
    """Whether a file of that many bytes may join, beside what its network and all networks hold now."""
    return all(
        held.drafts <= room.drafts and held.size + size <= room.size
        for held, room in ((origin, ROOM_ORIGIN), (every, ROOM_ALL))
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of one form: so many leading zero bits, or else so long a wait."""

    level: int = 0

    @property
    def bits(self) -> int:
        """Zero bits that the effort's hash begins with; 0 asks nothing."""
        return FIRST_BITS + self.level - 1 if self.level else 0

    @property
    def delay(self) -> timedelta:
        """How long a form without effort waits."""
        return min(FIRST_DELAY * 2 ** (self.level - 1), LONGEST_DELAY) if self.level else timedelta()

    def __bool__(self) -> bool:
        return self.level > 0


@dataclass(frozen=True, slots=True)
class Asked:
    """The work that a page hands out: find a number so that SHA-256 of `challenge:number` begins with `bits` zeros.

    The challenge is bound to the draft, which is sent once, to the hour and to the bits: nobody gathers work in
    advance for long, does it once for two forms, or chooses how little it is.
    """

    hour: int  # whole hours since 1970
    bits: int
    challenge: str


def most(budget: Budget) -> int:
    """From so many on the demand grows no more: nobody needs to count further."""
    return int(budget.free * 2 ** (LEVELS - 1))


def demand(counts: Mapping[Budget, int]) -> Demand:
    """What is asked of one more form, when so many were sent in each window. The hardest pressed budget decides."""
    return Demand(max((min((count // one.free).bit_length(), LEVELS) for one, count in counts.items()), default=0))


def ask(*, draft: UUID, demand: Demand, key: bytes, at: datetime) -> Asked:
    """The work that stands for this demand, for this draft, in this hour."""
    hour = _hour(at)
    return Asked(hour, demand.bits, _challenge(draft, hour, demand.bits, key))


def is_enough(effort: str, *, draft: UUID, demand: Demand, key: bytes, at: datetime) -> bool:
    """Whether `effort` (`hour.bits.number`, as a page posts it) is work we asked for, done, recent, and enough now."""
    found = _EFFORT.fullmatch(effort)
    if found is None:
        return not demand
    hour, bits = int(found[1]), int(found[2])
    if bits < demand.bits - LENIENCY or hour not in {_hour(at), _hour(at) - 1}:
        return not demand
    return not demand or is_work(_challenge(draft, hour, bits, key), found[3], bits)


def is_work(challenge: str, number: str, bits: int) -> bool:
    """Whether this number does the work."""
    digest = hashlib.sha256(f"{challenge}:{number}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0


def not_before(*, promised: datetime | None, demand: Demand, at: datetime) -> datetime:
    """When a form without effort goes by itself. What was promised once holds: pressing again never makes it later."""
    return promised if promised is not None else at + demand.delay


def mark(of: Of, what: str, *, key: bytes, day: date) -> str:
    """What is kept of an address or a network to count by: a keyed hash that means nothing the day after tomorrow.

    Empty for nothing: forms that name no address have no address in common.
    """
    if not what:
        return ""
    return _keyed(key, f"{of.value}|{day.isoformat()}|{what}")


def marks(of: Of, what: str, *, key: bytes, at: datetime) -> tuple[str, ...]:
    """The marks under which forms of the last day may stand, today's first: the key changes at midnight (UTC)."""
    today = at.astimezone(UTC).date()
    return tuple(filter(None, (mark(of, what, key=key, day=day) for day in (today, today - DAY))))


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def _challenge(draft: UUID, hour: int, bits: int, key: bytes) -> str:
    return _keyed(key, f"effort|{draft}|{hour}|{bits}")[:32]


def _keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
