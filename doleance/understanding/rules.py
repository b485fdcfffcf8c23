"""What a reading of a message says: kinds, signals, spans and facts. Pure: no Django, no clock, no query.

Positions are code points. Those of a `Reading` lie in the body as it was given when the body is text; those of the
pieces below it lie in the text they were handed.
"""

from dataclasses import dataclass
from datetime import date, datetime

from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind


class BodyType(Kind):
    """How a body is written."""

    TEXT = "text", "Texte"
    HTML = "html", "HTML"


class MessageKind(Kind):
    """What a message is for the house. Only complaints hold griefs; a follow-up does when it raises something new."""

    COMPLAINT = "complaint", "Réclamation"
    ENQUIRY = "enquiry", "Question"
    PRAISE = "praise", "Félicitations"
    SPAM = "spam", "Indésirable"
    AUTO_REPLY = "auto_reply", "Réponse automatique"
    BOUNCE = "bounce", "Avis de non-remise"
    FOLLOW_UP = "follow_up", "Suite d’un dossier"


class SignalCode(Kind):
    """What must not be overlooked (domain.md, Urgency). A vulnerability is kept once a person has confirmed it."""

    LEGAL_THREAT = "legal_threat", "Menace d’action en justice"
    OMBUDSMAN_THREAT = "ombudsman_threat", "Menace de saisir un médiateur ou une autorité"
    MEDIA_THREAT = "media_threat", "Menace d’en parler publiquement"
    CHURN_THREAT = "churn_threat", "Menace de départ"
    SAFETY_RISK = "safety_risk", "Danger pour quelqu’un"
    VULNERABLE_PERSON = "vulnerable_person", "Personne vulnérable"
    ABUSIVE_LANGUAGE = "abusive_language", "Propos injurieux"
    REPEATED_CONTACT = "repeated_contact", "Déjà écrit plusieurs fois"


class Urgency(Kind):
    """How soon somebody must look."""

    NORMAL = "normal", "Normale"
    HIGH = "high", "Haute"
    CRITICAL = "critical", "Critique"


class WantedRemedy(Kind):
    """What the complainant wishes: only what is asked for or clearly implied."""

    REPAIR = "repair", "Réparation"
    REPLACEMENT = "replacement", "Remplacement"
    REFUND = "refund", "Remboursement"
    COMPENSATION = "compensation", "Dédommagement"
    APOLOGY = "apology", "Excuses"
    EXPLANATION = "explanation", "Explication"
    CANCELLATION = "cancellation", "Annulation ou résiliation"
    OTHER = "other", "Autre demande"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A run of characters: `text[start:end]`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters themselves."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal, the exact words that raised it and where they begin (None where the body has no positions: HTML)."""

    code: SignalCode
    quote: str
    start: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """Money as it was said: `49.90`, `1250`; `currency` is an ISO 4217 code."""

    value: str
    currency: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A grief the engine proposes. `category` is a main code, `sub` a sub-code, `top3` main codes by probability.

    `start` and `end` are None where the body has no positions (HTML); `quote` is always exact.
    """

    start: int | None
    end: int | None
    quote: str
    category: str
    sub: str
    top3: tuple[tuple[str, float], ...] = ()
    confidence: float = 0.0
    wanted: tuple[WantedRemedy, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text says of who writes and of what: to fill the form, and to match files. Each without repetition.

    `companies` are identifiers whose key is right (SIREN, SIRET, VAT number), without spaces.
    """

    order_refs: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    dates: tuple[date, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message says it comes from; any of it may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it is given to the engine. `date` is when it was sent, with its time zone when it is known."""

    id: str
    channel: str
    subject: str
    body: str
    body_type: BodyType = BodyType.TEXT
    sender: Sender = Sender()
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the engine understood. `language` is an ISO 639-1 code or `und`; `model` names what read it."""

    language: str
    kind: MessageKind
    clean_text: str
    grievances: tuple[Proposed, ...]
    order_refs: tuple[str, ...]
    amounts: tuple[Amount, ...]
    dates: tuple[date, ...]
    urgency: Urgency
    signals: tuple[Signal, ...]
    model: str
    facts: Facts = Facts()


class NoSuchSignal(Refusal):
    """The file shows no such signal any more."""

    code = "no_such_signal"
    sentence = "Ce signal n’est plus là. Relisez la page."


class NotRead(Refusal):
    """No machine read this message of the file."""

    code = "not_read"
    sentence = "Ce message n’a pas été lu par la machine\u00a0: il n’y a rien à confirmer."
