"""What the API reads and writes. What is read accepts no field that is not named here."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.complaints import following, questions
from doleance.complaints.rules import ExchangeKind, GrievanceState, Outcome, State, Waiting
from doleance.intake.deposits import LONGEST_TEXT, Wish
from doleance.kernel.kinds import gettext_noop

FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # nothing is received before; further back, clocks would overflow
LAST = datetime(2200, 1, 1, tzinfo=UTC)
MOST_FACTS = 20

# The branches of `questions.QUESTIONS`, in its order.
Branch = Literal["product", "delivery", "billing", "customer_service", "digital", "other"]


def _in_range(moment: datetime) -> datetime:
    if not FIRST <= moment < LAST:
        raise ValueError("moment")
    return moment


def _written(value: Any) -> Any:
    """A moment is told as text: a number would be read as seconds, or as milliseconds when it is large."""
    if value is not None and not isinstance(value, str):
        raise ValueError("moment")
    return value


def _flag(value: Any) -> Any:
    """In an address, yes and no are said in one way each."""
    if isinstance(value, bool) or value is None:
        return value
    if value not in {"true", "false"}:
        raise ValueError("flag")
    return value == "true"


Flag = Annotated[bool, BeforeValidator(_flag)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_range), BeforeValidator(_written)]


class Told(BaseModel):
    """The base of what is read."""

    model_config = ConfigDict(extra="forbid")


class NewContact(Told):
    """Somebody, and how they wish to be reached. All may be left out."""

    name: str = Field(default="", max_length=200, examples=["Hélène Durand"])
    title: str = Field(default="", max_length=40, description=gettext_noop("Le choix de la personne : « Madame »…"))
    email: str = Field(default="", max_length=254, examples=["helene.durand@courriel.example"])
    phone: str = Field(default="", max_length=40, examples=["06 12 34 56 78"])
    postal: str = Field(default="", max_length=320, description=gettext_noop("L’adresse postale, ligne par ligne."))
    preferred: AddressChannel | None = Field(
        default=None, description=gettext_noop("Par quoi répondre de préférence.")
    )
    reach_when: str = Field(default="", max_length=200)
    adaptations: str = Field(default="", max_length=2_000)
    status: PartyStatus = PartyStatus.UNKNOWN
    is_customer: StrictBool | None = None


class NewRepresentative(Told):
    """Somebody who writes for the complainant."""

    contact: NewContact = NewContact()
    capacity: str = Field(min_length=1, max_length=120, examples=["sa fille"])


class NewComplaint(Told):
    """A complaint, as it was told to the calling program."""

    category: Branch = Field(description=gettext_noop("Une branche de la taxonomie : voyez /categories."))
    text: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        description=gettext_noop("Ce qui s’est passé, dans les mots de la personne."),
        examples=["Ma bouilloire est arrivée cassée."],
    )
    complainant: NewContact = NewContact()
    representative: NewRepresentative | None = None
    expected: str = Field(default="", max_length=5_000, description=gettext_noop("Ce qui était promis ou attendu."))
    facts: dict[str, Annotated[str, Field(max_length=2_000)]] = Field(
        default={},
        max_length=MOST_FACTS,
        description=gettext_noop(
            "Les réponses aux questions de la catégorie. Un point d’interrogation seul : on ne sait pas."
        ),
        examples=[{"item": "Bouilloire", "dangerous": "no"}],
    )
    wishes: list[Wish] = Field(default=[], max_length=len(Wish))
    wanted: str = Field(default="", max_length=5_000, description=gettext_noop("Ce qui est demandé, en mots."))
    earlier: str = Field(default="", max_length=200, description=gettext_noop("Ce qui fut dit d’un premier contact."))
    language: Literal["fr", "en"] = Field(default="fr", description=gettext_noop("La langue de la personne."))
    received_at: Moment | None = Field(
        default=None,
        description=gettext_noop("Quand votre programme l’a reçue : les délais en partent. Par défaut, maintenant."),
        examples=["2026-11-23T09:47:00+01:00"],
    )
    is_oral: StrictBool = Field(default=False, description=gettext_noop("Dite, et non écrite, par la personne."))


class Follow(Schema):
    """How the complainant gets back to their file; shown to them and kept by nobody else."""

    address: str = Field(description=gettext_noop("La page de suivi."))
    key: str = Field(
        description=gettext_noop("La clé de suivi : elle ouvre le dossier, donnez-la à la personne seule.")
    )
    receipt: str = Field(description=gettext_noop("L’adresse du reçu, qui s’imprime."))


class Made(Schema):
    """A complaint that was taken in. The same answer whenever the same call is made again."""

    reference: str = Field(examples=["R26-7K4M-W"])
    url: str
    received_at: datetime
    registered_at: datetime
    follow: Follow


class Named(Schema):
    """Something of the house."""

    id: UUID
    name: str


class Row(Schema):
    """One file, as lists show it."""

    reference: str = Field(examples=["R26-7K4M-W"])
    url: str
    state: State
    title: str
    team: Named
    is_safety: bool = Field(description=gettext_noop("Quelqu’un est dit en danger."))
    waiting_on: Waiting
    received_at: datetime
    registered_at: datetime
    next_due_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    version: int = Field(description=gettext_noop("Grandit à chaque changement."))


class Way(Schema):
    """One way to reach somebody."""

    channel: AddressChannel
    value: str
    is_verified: bool
    is_invalid: bool = Field(description=gettext_noop("Nos courriels en reviennent."))


class Person(Schema):
    """The complainant, or who speaks for them."""

    name: str
    title: str
    status: PartyStatus
    language: str
    ways: list[Way]


class Grievance(Schema):
    """One thing complained of."""

    number: int
    title: str
    category: str = Field(examples=["product.damaged"])
    state: GrievanceState
    expected: str
    wanted: str
    facts: dict[str, str]
    outcome: Outcome | None = Field(description=gettext_noop("L’issue, une fois la réponse partie."))


class File(Row):
    """One file whole, without its conversation."""

    language: str
    sent_at: datetime | None
    complainant: Person | None
    representative: Person | None
    capacity: str
    grievances: list[Grievance]


class Rows(Schema):
    """A page of files."""

    items: list[Row]
    next: str | None = Field(description=gettext_noop("Le curseur de la page suivante ; null à la fin."))


class Attached(Schema):
    """A file joined to a message."""

    id: UUID
    name: str = Field(description=gettext_noop("Le nom que l’expéditeur lui a donné."))
    media_type: str
    size: int
    url: str


class Message(Schema):
    """One exchange of the conversation. Notes of the house are not there."""

    id: UUID
    kind: ExchangeKind
    channel: str
    at: datetime
    text: str
    attachments: list[Attached]


class Messages(Schema):
    """A page of the conversation, the oldest first."""

    items: list[Message]
    next: str | None = Field(description=gettext_noop("Le curseur de la page suivante ; null à la fin."))


class NewMessage(Told):
    """What the complainant adds."""

    text: str = Field(
        default="",
        max_length=following.LONGEST,
        description=gettext_noop("Ses mots. Vide seulement quand un fichier est joint."),
    )


class Added(Schema):
    """A message that was added. The same answer whenever the same call is made again."""

    id: UUID
    reference: str
    received_at: datetime


class Choice(Schema):
    """One possible answer."""

    code: str
    label: str


class Question(Schema):
    """What is asked about complaints of a category."""

    code: str
    label: str
    kind: questions.AnswerKind
    choices: list[Choice]


class CategoryRow(Schema):
    """One branch or leaf of the taxonomy."""

    code: str = Field(examples=["delivery.late"])
    parent: str | None
    label: str
    is_told: bool = Field(description=gettext_noop("Une réclamation se dépose sous cette catégorie."))
    questions: list[Question]


class Categories(Schema):
    """The living taxonomy."""

    items: list[CategoryRow]
