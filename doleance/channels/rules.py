"""What a message is, the three states it can be in, and why one waits for a person."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from doleance.kernel.errors import ChannelError, Refusal
from doleance.kernel.kinds import Kind, gettext_noop


class Direction(Kind):
    """Which way it went."""

    IN = "in", "Reçu"
    OUT = "out", "Envoyé"


class Source(Kind):
    """Where we have it from."""

    IMPORT = "import", "Import"
    IMAP = "imap", "Boîte de messagerie"
    OUTBOX = "outbox", "Envoi"
    FORM = "form", "Formulaire public"
    STAFF = "staff", "Saisie par la maison"
    API = "api", "Autre programme (API)"


class Security(Kind):
    """How the connection is protected."""

    TLS = "tls", "Chiffrée dès le début (SMTPS, port 465)"
    STARTTLS = "starttls", "Chiffrée après l’accueil (STARTTLS, port 587)"
    NONE = "none", "En clair (relais de la même machine ou du réseau local)"


class ImapAuth(Kind):
    """How a mailbox lets us in."""

    PASSWORD = "password", "Mot de passe"
    XOAUTH2 = "xoauth2", "Jeton OAuth 2 (Microsoft 365, Google Workspace)"


class AfterReading(Kind):
    """What becomes of a mail on its server once it is safe in the ledger; nothing is ever deleted there."""

    SEEN = "seen", "Le marquer comme lu"
    MOVE = "move", "Le déplacer dans un dossier"
    NOTHING = "nothing", "Le laisser tel quel"


class Mark(Kind):
    """What a message is besides words, told beside its text."""

    SIGNED_SMIME = "signed_smime", "Signé (S/MIME)"
    ENCRYPTED_SMIME = "encrypted_smime", "Chiffré (S/MIME)\u00a0: son contenu ne se lit qu’avec la clé du destinataire"
    SIGNED_PGP = "signed_pgp", "Signé (PGP)"
    ENCRYPTED_PGP = "encrypted_pgp", "Chiffré (PGP)\u00a0: son contenu ne se lit qu’avec la clé du destinataire"
    INVITATION = "invitation", "Invitation à un rendez-vous"
    TNEF = "tnef", "Venu d’Outlook (winmail.dat), pièces extraites"
    FORWARDED = "forwarded", "Transféré"
    HTML_ONLY = "html_only", "Sans version en texte"
    PARTIAL = "partial", "Lu en partie"
    TRAP = "trap", "Champ caché rempli\u00a0: peut-être une machine"
    QUICK = "quick", "Formulaire envoyé très vite"


class MailboxError(Kind):
    """Why mail cannot be fetched; the label says what to do. The server's own words stand beside it."""

    HOST = "host", "Le nom du serveur IMAP est introuvable\u00a0: vérifiez-le, ou le réseau de ce serveur"
    NETWORK = (
        "network",
        "Le serveur est sur un réseau interdit : qui tient l’installation peut l’ouvrir (réglage mail_networks)",
    )
    CONNECTION = "connection", "Le serveur IMAP refuse ou coupe la connexion\u00a0: vérifiez le port et la protection"
    CERTIFICATE = (
        "certificate",
        "Le certificat du serveur IMAP n’est pas valable pour ce nom\u00a0: faites-le corriger",
    )
    CLEAR = "clear", "Le mot de passe voyagerait en clair\u00a0: choisissez TLS ou STARTTLS"
    LOGIN = "login", "Identifiant ou mot de passe refusé\u00a0: écrivez-les à nouveau"
    TOKEN = (
        "token",
        "Le jeton OAuth 2 est refusé\u00a0: redonnez l’accès chez votre fournisseur, puis son nouveau jeton",
    )
    TOKEN_SERVER = (
        "token_server",
        "Le serveur de jetons OAuth 2 ne répond pas comme attendu\u00a0: vérifiez son adresse",
    )
    FOLDER = "folder", "Le dossier à relever n’existe pas ou ne s’ouvre pas\u00a0: choisissez-en un de la liste"
    DONE_FOLDER = "done_folder", "Rien ne se range dans le dossier des courriels lus\u00a0: choisissez-en un autre"
    PROTOCOL = "protocol", "Le serveur IMAP répond de travers\u00a0: les courriels déjà reçus sont gardés, on réessaie"
    WITHHELD = (
        "withheld",
        "Le serveur IMAP annonce un courriel et ne le donne pas : cherchez-le dans votre messagerie, on le redemande",
    )
    SLOW = "slow", "Le serveur IMAP est trop lent\u00a0: la relève reprendra où elle s’est arrêtée"
    OURS = "ours", "Une erreur de notre part\u00a0: rien n’est perdu, on réessaie. Le journal technique dit laquelle"


class MessageState(Kind):
    """`stored` lasts until the message is read; then it is in exactly one of the three others, for ever."""

    STORED = "stored", "À lire"
    LINKED = "linked", "Rattaché"
    QUARANTINED = "quarantined", "En quarantaine"
    DUPLICATE = "duplicate", "Doublon"


class ReceivedFrom(Kind):
    """What told us the moment of reception, of mail the surest first (reliability.md §2), never `Date:`."""

    SERVER = "server", "Date du serveur de messagerie"
    SEPARATOR = "separator", "Date du fichier mbox"
    HEADER = "header", "Premier en-tête Received"
    IMPORT = "import", "Date de l’import, faute de mieux"
    SENT = "sent", "Date d’envoi"
    FORM = "form", "Moment de l’envoi du formulaire"
    STAFF = "staff", "Moment noté par qui l’a reçue"
    API = "api", "Moment donné par le programme qui l’a transmise"


# What tells the moment of reception of what was typed.
TYPED: dict[Source, ReceivedFrom] = {
    Source.FORM: ReceivedFrom.FORM,
    Source.STAFF: ReceivedFrom.STAFF,
    Source.API: ReceivedFrom.API,
}


class SenderClass(Kind):
    """How far the sender's address can be believed: by what our own mail server says that it checked (RFC 8601)."""

    VERIFIED = "verified", "Expéditeur vérifié"
    UNVERIFIED = "unverified", "Expéditeur non vérifié"
    AUTOMATIC = "automatic", "Envoi automatique"


class Reason(Kind):
    """Why a message waits in quarantine; `SENTENCES` says it to staff."""

    HELD_SENDER = "held_sender", "Référence d’une autre personne"
    FORGED = "forged", "Expéditeur démenti"
    MERGED = "merged", "Dossier réuni à un autre"
    FORWARDED = "forwarded", "Transféré par un collègue"
    SPAM = "spam", "Signalé comme indésirable"
    OVER_LIMIT = "over_limit", "Hors des limites de lecture"
    UNREADABLE = "unreadable", "Texte illisible"
    NOT_A_MESSAGE = "not_a_message", "Ce n’est pas un courriel"
    AUTOMATIC = "automatic", "Réponse automatique"
    NO_SENDER = "no_sender", "Expéditeur inconnu"
    OWN_ADDRESS = "own_address", "Une de nos adresses"
    EMPTY = "empty", "Message vide"
    FAILED = "failed", "Erreur de notre part"


SENTENCES: dict[Reason, str] = {
    Reason.HELD_SENDER: gettext_noop(
        "Il cite un dossier où son adresse n’est pas connue. Une référence seule n’ouvre jamais un dossier\u00a0: "
        "rattachez-le vous-même si cette personne y a sa place."
    ),
    Reason.FORGED: gettext_noop(
        "Il cite un dossier sous une adresse qui y est connue, mais votre serveur de messagerie dément cet "
        "expéditeur. Vérifiez avec la personne avant de le rattacher."
    ),
    Reason.MERGED: gettext_noop(
        "Il cite un dossier qui a été réuni à un autre. Rattachez-le au dossier qui continue."
    ),
    Reason.FORWARDED: gettext_noop(
        "Un collègue, ou une de nos boîtes, l’a transféré. Dites qui se plaint, et le dossier s’ouvre à son nom."
    ),
    Reason.SPAM: gettext_noop(
        "Votre serveur de messagerie l’a marqué comme indésirable. Il se trompe parfois : lisez avant d’écarter."
    ),
    Reason.OVER_LIMIT: gettext_noop(
        "Il dépasse une limite de lecture ({detail}). L’expéditeur et l’objet sont montrés quand ils se lisent."
    ),
    Reason.UNREADABLE: gettext_noop("Le codage annoncé ne correspond pas au texte (caractères perdus : {detail})."),
    Reason.NOT_A_MESSAGE: gettext_noop("Ce fichier n’a aucun en-tête de courriel. Il est gardé tel quel."),
    Reason.AUTOMATIC: gettext_noop(
        "C’est un avis de non-remise ou une réponse automatique, et rien ne montre qu’il réponde à un de nos envois."
    ),
    Reason.NO_SENDER: gettext_noop("Aucune adresse d’expéditeur ne se lit dans l’en-tête « De »."),
    Reason.OWN_ADDRESS: gettext_noop("L’expéditeur annoncé est une de nos propres boîtes de messagerie."),
    Reason.EMPTY: gettext_noop("Ni objet, ni texte, ni pièce jointe."),
    Reason.FAILED: gettext_noop(
        "Doléance n’a pas su le traiter, et c’est une erreur de notre part. Relisez le fichier après une mise à jour."
    ),
}


class Limit(Kind):
    """A limit that a message went over. The label completes the sentence of `Reason.OVER_LIMIT`."""

    SIZE = "size", "plus de 256 Mo\u00a0: il reste entier sur le serveur de messagerie, seul son en-tête est gardé ici"
    HEADER_BLOCK = "header_block", "l’ensemble des en-têtes pèse plus de 256 ko"
    HEADER = "header", "un en-tête pèse plus de 64 ko"
    PARTS = "parts", "plus de 1 000 parties"
    DEPTH = "depth", "plus de 50 niveaux imbriqués"
    ADDRESSES = "addresses", "plus de 1 000 adresses"
    TIME = "time", "plus de 10 secondes de calcul"
    MEMORY = "memory", "plus de 1 Go de mémoire"
    CRASH = "crash", "la lecture s’est interrompue"


class Problem(Kind):
    """What kept a message from being read whole; the rest of what could be read is there all the same."""

    NONE = "", ""
    OVER_LIMIT = "over_limit", "Hors limites"
    NOT_A_MESSAGE = "not_a_message", "Pas un courriel"


@dataclass(frozen=True, slots=True)
class Person:
    """A name and an address as a header gave them; either may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """One attached file. `name` is what the sender called it: shown, never used as a path."""

    name: str
    media_type: str
    content_id: str
    is_inline: bool
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MachineSigns:
    """The headers by which a machine gives itself away, as they stand, trimmed.

    `return_path` is None when the header is absent and empty when it is the null sender `<>`.
    """

    return_path: str | None = None
    auto_submitted: str = ""
    precedence: str = ""
    auto_response_suppress: str = ""
    list_headers: tuple[str, ...] = ()
    auto_reply_headers: tuple[str, ...] = ()
    content_type: str = ""
    is_report: bool = False
    spam: bool = False


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """What a delivery report says of one recipient (RFC 3464). `action` and `status` in small letters, or empty.

    `address` is where it failed at last, `original` the one that we wrote to when the report says it too (§2.3.1).
    """

    address: str
    action: str
    status: str
    diagnostic: str
    original: str = ""


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What was read of a message. Texts hold no NUL and no lone surrogate; moments are aware.

    `body_sha256` covers the bytes after the first empty line. `lost` counts the characters of `text` whose bytes
    have no meaning in any likely charset. `date` is what the sender's clock said: shown, never counted from.
    """

    problem: Problem = Problem.NONE
    limit: Limit | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()  # the identifiers of the mails that a delivery report or auto-reply brings back
    sender: Person = Person("", "")
    reply_to: tuple[Person, ...] = ()
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    subject: str = ""
    date: datetime | None = None
    received: datetime | None = None
    separator: datetime | None = None
    text: str = ""
    is_html_only: bool = False
    lost: int = 0
    body_sha256: str = ""
    signs: MachineSigns = MachineSigns()
    delivered_to: tuple[str, ...] = ()  # the addresses that relays say they delivered it to, plus-tags included
    authentication: tuple[str, ...] = ()  # Authentication-Results as they stand, the topmost first
    forwarded: Person = Person("", "")  # the author of the mail that this one forwards, as it quotes them
    report: tuple[ReportedRecipient, ...] = ()  # of a delivery report
    marks: tuple[Mark, ...] = ()
    has_html: bool = False
    files: tuple[ParsedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """The HTML of a mail made harmless: no script, no form, nothing that is fetched.

    For a sandboxed frame on its own URL, whose policy allows `style-src 'unsafe-inline'` and `img-src data:` alone.
    `images_blocked` counts the images that were not shown; their replacement texts stand in their places.
    """

    html: str
    images_blocked: int


class MailboxFailed(ChannelError):
    """A mailbox could not be fetched, or not whole. `said`: the server's own words, short and without a secret."""

    def __init__(self, kind: MailboxError, said: str = "") -> None:
        super().__init__(f"{kind.value}: {said}" if said else kind.value, permanent=False)
        self.kind = kind
        self.said = said


class NotInQuarantine(Refusal):
    """Somebody else dealt with this message."""

    code = "not_in_quarantine"
    sentence = "Ce message n’est plus en quarantaine : quelqu’un s’en est occupé."


class MailboxTaken(Refusal):
    """Two mailboxes cannot share an address."""

    code = "mailbox_taken"
    sentence = "Une boîte existe déjà pour cette adresse."


class PasswordAgain(Refusal):
    """A kept password goes to the server it was typed for, and to no other."""

    code = "password_again"
    sentence = "Le serveur ou l’identifiant a changé : écrivez à nouveau le mot de passe."


class NotAnAddress(Refusal):
    """This is no mail address."""

    code = "not_an_address"
    sentence = "Écrivez une adresse de courriel, par exemple reclamations@exemple.fr."


def sentence_of(reason: Reason) -> str:
    """The French msgid shown beside a quarantined message; it may hold `{detail}`."""
    return SENTENCES[reason]


def received_at(
    *, server: datetime | None, separator: datetime | None, header: datetime | None, at: datetime
) -> tuple[datetime, ReceivedFrom]:
    """When a message was received, and what says so (reliability.md §2).

    A moment later than `at`, when we hold it in our hands, is no reception: the next source is asked. The clock of a
    mail server may be some minutes ahead of ours: what it tells is then `at`, and still its word.
    """
    candidates = (
        (server, ReceivedFrom.SERVER, at + AHEAD),
        (separator, ReceivedFrom.SEPARATOR, at),
        (header, ReceivedFrom.HEADER, at),
    )
    for moment, origin, latest in candidates:
        if moment is not None and moment <= latest:
            return min(moment, at), origin
    return at, ReceivedFrom.IMPORT


# How far ahead of ours the clock of a mail server is believed.
AHEAD = timedelta(minutes=10)
# Mail received that long before we could hold it is history: kept, and nobody is told anything.
HISTORY = timedelta(days=30)
# How often a whole folder is compared with the ledger, lest its server hid or reordered something.
SWEEP = timedelta(hours=1)
# What is wrong while all that the server gives comes in: the mailbox receives, and somebody has something to do.
FLAWS = frozenset({MailboxError.DONE_FOLDER, MailboxError.WITHHELD})
# A mailbox that fails is tried each minute at first, then less often: some servers bar who insists.
EAGER, PATIENT = timedelta(minutes=10), timedelta(minutes=5)
_SERVERS_OWN = 2**32  # a UIDVALIDITY is a 32-bit number (RFC 3501 §2.3.1.1)


def is_history(*, received_at: datetime, since: datetime) -> bool:
    """Whether a mail was received so long before we could hold it that no answer is due by us.

    `since`: when its mailbox was first fetched, or when it was imported. What comes late out of a mailbox that we
    fetch already, after an outage, is no history.
    """
    return received_at < since - HISTORY


def is_due(*, failing_since: datetime | None, checked_at: datetime | None, at: datetime) -> bool:
    """Whether a mailbox is to be fetched at `at`, asked each minute."""
    if failing_since is None or checked_at is None or at - failing_since < EAGER:
        return True
    return at - checked_at >= PATIENT


def next_try(*, failing_since: datetime | None, checked_at: datetime | None, at: datetime) -> datetime | None:
    """When a mailbox that fails is fetched again by itself; None within the minute."""
    if checked_at is None or is_due(failing_since=failing_since, checked_at=checked_at, at=at):
        return None
    return checked_at + PATIENT


def must_sweep(*, swept_at: datetime | None, failing_since: datetime | None, at: datetime) -> bool:
    """Whether the whole folder is compared with the ledger: at first, each hour, and once after what went wrong."""
    if swept_at is None or (failing_since is not None and swept_at < failing_since):
        return True
    return not timedelta(0) <= at - swept_at < SWEEP


def ledger_validity(*, epoch: int, uidvalidity: int) -> int:
    """The UIDVALIDITY that the ledger keeps: the server's own, told apart from those of another place."""
    return epoch * _SERVERS_OWN + uidvalidity


@dataclass(frozen=True, slots=True)
class Place:
    """What the ledger has of a numbered mail: its bytes, and its INTERNALDATE when the server told one."""

    size: int
    at: datetime | None = None

    def differs(self, *, size: int, at: datetime | None) -> bool:
        """Whether a server that tells this of the same number may speak of another mail."""
        return size != self.size or self.is_of_another_moment(at)

    def is_of_another_moment(self, at: datetime | None) -> bool:
        """Whether the server received another mail under this number, by its own clock."""
        return at is not None and self.at is not None and at != self.at


def reached(*, top: int, pending: Iterable[int], seen_uid: int) -> int:
    """The UID up to which every listed message is in the ledger, not less than `seen_uid`.

    `top` is the highest UID that was listed, `pending` those listed that are not in the ledger.
    """
    gap = min((uid for uid in pending if uid > seen_uid), default=top + 1)
    return max(seen_uid, min(gap - 1, top))
