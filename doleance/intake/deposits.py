"""What a deposit says, whoever typed it: the public form, an agent on the telephone, somebody at the counter. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from doleance.channels.rules import ParsedFile
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.kernel.kinds import Kind


class Wish(Kind):
    """What somebody who complains wants (ux.md §3.1, step 4); several may be wanted."""

    REPAIR = "repair", "Que ce soit réparé ou remplacé"
    REFUND = "refund", "Un remboursement ou un avoir"
    APOLOGY = "apology", "Des excuses, une explication"
    PREVENTION = "prevention", "Que cela ne se reproduise plus"
    INFORMATION = "information", "Savoir où en est mon affaire"
    OTHER = "other", "Autre chose"


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody wishes to be reached. All may be empty: a complaint with no contact at all is received."""

    name: str = ""
    title: str = ""  # the person's choice, never guessed
    email: str = ""
    phone: str = ""
    postal: str = ""
    preferred: AddressChannel | None = None
    reach_when: str = ""
    adaptations: str = ""
    status: PartyStatus = PartyStatus.UNKNOWN
    is_customer: bool | None = None


@dataclass(frozen=True, slots=True)
class Representative:
    """Somebody who writes for the complainant, and as what (« sa fille », « son avocat »)."""

    contact: Contact
    capacity: str


@dataclass(frozen=True, slots=True)
class Deposit:
    """One complaint as it was told. `branch` is a branch of the taxonomy; `facts` are read answers by question."""

    branch: str
    text: str
    contact: Contact = field(default_factory=Contact)
    representative: Representative | None = None
    expected: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    wishes: tuple[Wish, ...] = ()
    wanted: str = ""
    earlier: str = ""  # what was said of having written before: a reference, or words
    language: str = "fr"
    files: tuple[ParsedFile, ...] = ()
