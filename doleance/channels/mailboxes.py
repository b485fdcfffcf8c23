"""A mailbox's settings and its health: what is refused, what its state is called, when people are told. Pure."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from doleance.channels.rules import AfterReading, ImapAuth, Security
from doleance.kernel.errors import Refusal
from doleance.kernel.hosts import is_loopback
from doleance.kernel.kinds import Kind

# How long a mailbox may fail before people are told: a server that restarts is no news.
PATIENCE = timedelta(minutes=15)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
# RFC 8601 §2.2 takes a MIME value: a token, or quotes around nearly anything. Servers in use name themselves by a host
# name or one word; what a header could be cut at is refused.
_AUTHSERV = re.compile(r"[\w.:@/+-]{1,253}")


class NotAHost(Refusal):
    """A server is named by its host name or address alone."""

    code = "not_a_host"
    sentence = "Écrivez le nom du serveur seul, par exemple imap.exemple.fr : ni adresse de site, ni espace, ni port."


class NotAPort(Refusal):
    """TCP has no such port."""

    code = "not_a_port"
    sentence = "Un port est un nombre de 1 à 65535 : 993 pour recevoir, 465 ou 587 pour envoyer, le plus souvent."


class LoginMissing(Refusal):
    """IMAP lets nobody in without a login."""

    code = "login_missing"
    sentence = "Écrivez l’identifiant de connexion au serveur de réception : le plus souvent, l’adresse entière."


class SecretMissing(Refusal):
    """Nothing is kept with which to log in."""

    code = "secret_missing"
    sentence = "Écrivez le mot de passe du serveur de réception : sans lui, rien n’est relevé."


class TokenMissing(Refusal):
    """Nothing is kept with which to ask for an access token (RFC 6749 §6)."""

    code = "token_missing"
    sentence = "Collez le jeton d’actualisation : c’est avec lui que Doléance demande à entrer dans la boîte."


class SecretInClear(Refusal):
    """Without encryption a password is read on the way; the same machine alone may do without."""

    code = "secret_in_clear"
    sentence = (
        "Sans chiffrement, le mot de passe se lirait en chemin. Choisissez une connexion chiffrée ; en clair n’est "
        "possible qu’avec un serveur de la même machine."
    )


class NotATokenAddress(Refusal):
    """A refresh token and a client secret leave by https, to a host, and nowhere else (RFC 6749 §3.2)."""

    code = "not_a_token_address"
    sentence = "L’adresse des jetons est une adresse entière qui commence par https://."


class ClientMissing(Refusal):
    """OAuth 2 knows an application by its identifier."""

    code = "client_missing"
    sentence = "Écrivez l’identifiant de l’application (client ID) que votre messagerie a donné."


class FolderMissing(Refusal):
    """One folder is read, and it has a name."""

    code = "folder_missing"
    sentence = "Dites quel dossier est relevé. Celui où tout arrive s’appelle INBOX."


class NowhereToMove(Refusal):
    """Moving needs a place, and not the one that is read: mails would turn in a circle."""

    code = "nowhere_to_move"
    sentence = "Dites dans quel dossier déplacer les courriels lus : un autre que le dossier relevé."


class NotAnAuthserv(Refusal):
    """This cannot be how a server signs its checks (RFC 8601 §2.2)."""

    code = "not_an_authserv"
    sentence = "Ce nom tient en un mot, sans espace ni point-virgule, par exemple mx.google.com."


class NotFetched(Refusal):
    """There is no server to try."""

    code = "not_fetched"
    sentence = "Cette boîte n’a pas de serveur de réception. Réglez-en un, enregistrez, puis essayez."


class NotProposed(Refusal):
    """Only what a trial proposes is taken in one press."""

    code = "not_proposed"
    sentence = "Ce choix n’a pas été proposé. Essayez la réception, puis choisissez."


class ReceptionSecretAgain(Refusal):
    """What lets us into one mailbox is shown to no other server."""

    code = "reception_secret_again"
    sentence = (
        "Le serveur de réception, sa protection ou l’identifiant a changé : écrivez à nouveau ce qui permet d’entrer."
    )


@dataclass(frozen=True, slots=True)
class Reception:
    """How a mailbox is fetched, as somebody wants it; texts are trimmed. An empty `host`: it is not."""

    host: str = ""
    port: int = 993
    security: Security = Security.TLS
    auth: ImapAuth = ImapAuth.PASSWORD
    user: str = ""
    folder: str = "INBOX"
    after_reading: AfterReading = AfterReading.SEEN
    done_folder: str = ""
    token_url: str = ""
    client_id: str = ""

    @property
    def door(self) -> tuple[object, ...]:
        """Where a kept secret is shown: one that was typed for a door is for no other."""
        oauth = (self.token_url, self.client_id) if self.auth is ImapAuth.XOAUTH2 else ()
        return (self.host.lower(), self.port, self.security, self.auth, self.user, *oauth)


def check_server(host: str, port: int) -> None:
    """Raise NotAHost or NotAPort unless a connection could be tried."""
    if not 1 <= port <= 65535:
        raise NotAPort
    if not is_host(host):
        raise NotAHost


def is_host(host: str) -> bool:
    """Whether `host` has the shape of a host name or of an IP address, with nothing around it."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return len(host) <= 253 and _HOST.fullmatch(host) is not None
    return True


def check_reception(wanted: Reception) -> None:
    """Raise the first refusal that these settings meet; a mailbox that is not fetched meets none."""
    if not wanted.host:
        return
    check_server(wanted.host, wanted.port)
    if not wanted.user:
        raise LoginMissing
    if wanted.security is Security.NONE and not is_loopback(wanted.host):
        raise SecretInClear
    if wanted.auth is ImapAuth.XOAUTH2:
        _check_oauth(wanted)
    _check_folders(wanted)


def _check_oauth(wanted: Reception) -> None:
    try:
        parts = urlsplit(wanted.token_url)
        is_address = parts.scheme == "https" and is_host(parts.hostname or "") and not parts.username
    except ValueError:
        is_address = False
    if not is_address:
        raise NotATokenAddress
    if not wanted.client_id:
        raise ClientMissing


def _check_folders(wanted: Reception) -> None:
    if not wanted.folder:
        raise FolderMissing
    if wanted.after_reading is AfterReading.MOVE and _same_folder(wanted.done_folder, wanted.folder):
        raise NowhereToMove


def _same_folder(done: str, read: str) -> bool:
    """INBOX is one folder however it is written (RFC 9051 §5.1); other names are as they are."""
    return not done or done == read or done.upper() == read.upper() == "INBOX"


def check_authserv(name: str) -> None:
    """Raise NotAnAuthserv unless `name` is empty or could sign Authentication-Results."""
    if name and _AUTHSERV.fullmatch(name) is None:
        raise NotAnAuthserv


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of the fetching of one mailbox, at the last try.

    `heard_at` is the reception of its latest mail, or the first try when none ever came.
    """

    checked_at: datetime | None = None
    failing_since: datetime | None = None
    heard_at: datetime | None = None
    quiet_hours: int = 0
    is_flawed: bool = False  # what fails keeps nothing from coming in (`channels.rules.FLAWS`)


class Trouble(Kind):
    """Why a mailbox needs somebody."""

    FAILING = "failing", "En panne"
    FLAWED = "flawed", "Reçoit, mais un point est à régler"
    QUIET = "quiet", "Rien reçu"
    UNCHECKED = "unchecked", "N’est plus relevée"


def trouble(health: Health, *, at: datetime) -> Trouble | None:
    """What is wrong for long enough to be told, or None.

    A check that is old says nothing of today: a computer that was off all Sunday has no outage to tell on Monday.
    """
    if health.checked_at is None:
        return None
    if at - health.checked_at > PATIENCE:
        return Trouble.UNCHECKED
    if health.failing_since is not None and health.is_flawed:
        return Trouble.FLAWED if at - health.failing_since >= PATIENCE else None
    if health.failing_since is not None:
        return Trouble.FAILING if at - health.failing_since >= PATIENCE else None
    return Trouble.QUIET if is_quiet(health, at=at) else None


def is_quiet(health: Health, *, at: datetime) -> bool:
    """Whether nothing came for longer than this mailbox is used to."""
    return (
        health.quiet_hours > 0
        and health.heard_at is not None
        and at - health.heard_at >= timedelta(hours=health.quiet_hours)
    )


class Standing(Kind):
    """How a mailbox does, in the list of mailboxes."""

    ASIDE = "aside", "Mise de côté"
    IMPORT_ONLY = "import_only", "Réception par import seulement"
    WAITING = "waiting", "Pas encore relevée"
    RECEIVING = "receiving", "Reçoit"
    FLAWED = "flawed", "Reçoit, mais un point est à régler"
    STUMBLING = "stumbling", "Ne répond pas, nouvel essai bientôt"
    FAILING = "failing", "En panne"
    QUIET = "quiet", "Rien reçu"
    UNCHECKED = "unchecked", "N’est plus relevée"


def standing(health: Health, *, is_active: bool, is_fetched: bool, at: datetime) -> Standing:
    """How a mailbox does at `at`."""
    if not is_active:
        return Standing.ASIDE
    if not is_fetched:
        return Standing.IMPORT_ONLY
    if health.checked_at is None:
        return Standing.WAITING
    found = trouble(health, at=at)
    if found is not None:
        return Standing(found.value)
    is_stumbling = health.failing_since is not None and not health.is_flawed
    return Standing.STUMBLING if is_stumbling else Standing.RECEIVING


def since(found: Trouble, health: Health) -> datetime | None:
    """Since when this trouble lasts."""
    moments = {
        Trouble.FAILING: health.failing_since,
        Trouble.FLAWED: health.failing_since,
        Trouble.QUIET: health.heard_at,
        Trouble.UNCHECKED: health.checked_at,
    }
    return moments[found]


class News(Kind):
    """What administrators are told of a mailbox: that it stopped, that it receives again."""

    STOPPED = "stopped", "Ne reçoit plus"
    BACK = "back", "Reçoit de nouveau"


def news(found: Trouble | None, *, alarmed_at: datetime | None, lasts: bool) -> News | None:
    """What must be told now, once an outage; a mailbox that receives with a flaw is shown on the pages only.

    What nobody checked lately is an outage when it `lasts` while the worker works, and is never the end of one.
    """
    stopped = {Trouble.FAILING, Trouble.QUIET} | ({Trouble.UNCHECKED} if lasts else set())
    if found in stopped and alarmed_at is None:
        return News.STOPPED
    return News.BACK if found in {None, Trouble.FLAWED} and alarmed_at is not None else None


class SendingError(Kind):
    """Why a sending server did not let us in; the label says what to do. Its own words stand beside it."""

    CONNECTION = "connection", "Le serveur d’envoi ne répond pas : vérifiez son nom, le port et la protection"
    CERTIFICATE = "certificate", "Le certificat du serveur d’envoi n’est pas valable pour ce nom : faites-le corriger"
    CLEAR = "clear", "Le mot de passe voyagerait en clair : choisissez une connexion chiffrée"
    NETWORK = "network", "Le serveur d’envoi est sur un réseau interdit : qui tient l’installation peut l’ouvrir"
    GREETING = "greeting", "Le serveur d’envoi refuse de nous parler : réessayez plus tard, ou demandez à qui le tient"
    LOGIN = "login", "Identifiant ou mot de passe refusé : écrivez-les à nouveau"
    SECRET = "secret", "Le mot de passe enregistré ne se lit plus : écrivez-le à nouveau"
    REFUSED = "refused", "Le serveur d’envoi a refusé le courriel : lisez pourquoi dans ses mots"
    NO_SERVER = "no_server", "Aucun serveur d’envoi n’est réglé : écrivez-en un, ou réglez celui de l’installation"
    UNSURE = "unsure", "Le courriel est peut-être parti : regardez s’il arrive"


_STEPS = {
    "login": SendingError.LOGIN,
    "network": SendingError.NETWORK,
    "greeting": SendingError.GREETING,
    "password_unreadable": SendingError.SECRET,
    "the password would travel in clear": SendingError.CLEAR,
    "connection": SendingError.CONNECTION,
    "before the mail": SendingError.CONNECTION,
    "sink": SendingError.REFUSED,
}


def sending_error(words: str) -> SendingError:
    """Which error the wire's words are: they begin by the step at which it stopped (`channels.email.smtp`)."""
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return SendingError.CERTIFICATE
    return _STEPS.get(words.partition(":")[0], SendingError.REFUSED)


@dataclass(frozen=True, slots=True)
class Provider:
    """A known mail service: its servers, as its own help pages give them."""

    name: str
    imap_host: str
    smtp_host: str
    smtp_port: int


PROVIDERS: Sequence[Provider] = (
    Provider("Gmail, Google Workspace", "imap.gmail.com", "smtp.gmail.com", 465),
    Provider("Outlook, Microsoft 365", "outlook.office365.com", "smtp.office365.com", 587),
    Provider("OVHcloud", "ssl0.ovh.net", "ssl0.ovh.net", 465),
    Provider("Infomaniak", "mail.infomaniak.com", "mail.infomaniak.com", 465),
    Provider("Orange", "imap.orange.fr", "smtp.orange.fr", 465),
    Provider("Free", "imap.free.fr", "smtp.free.fr", 465),
)
