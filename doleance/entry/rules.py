"""What is proposed to a house, and how a device is named. Pure."""

from dataclasses import dataclass
from typing import Final

from doleance.accounts.rules import Role
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind, gettext_noop

# Who may do most harm with a stolen password. Proposed, never decided for a house: the first person has no telephone
# at hand while they install.
PROPOSED: Final = frozenset({Role.ADMINISTRATOR, Role.LEAD})
KEYS_MOST: Final = 10  # of one person
NAME_LENGTH: Final = 60


class Factor(Kind):
    """By what somebody shows that it is them, besides a password; named as django-allauth names them."""

    TOTP = "totp", "Application d’authentification"
    WEBAUTHN = "webauthn", "Clé d’accès"
    RECOVERY_CODES = "recovery_codes", "Codes de secours"


# A recovery code stands in for one of these; alone it is none.
PROOFS: Final = (Factor.TOTP, Factor.WEBAUTHN)


class AlreadyAdded(Refusal):
    """One application a person: a second would be somebody else's."""

    code = "already_added"
    sentence = "Une application d’authentification est déjà reliée à votre compte. Retirez-la d’abord."


class TooManyKeys(Refusal):
    """A list that nobody reads protects nobody."""

    code = "too_many_keys"
    sentence = "Dix clés d’accès sont déjà enregistrées. Retirez d’abord celles qui ne servent plus."


class NoFactor(Refusal):
    """Recovery codes stand in for something that is not there."""

    code = "no_factor"
    sentence = "Reliez d’abord une application ou une clé d’accès : les codes de secours les remplacent."


class OtherIdentity(Refusal):
    """An address that the directory gave to somebody else does not give them this account."""

    code = "other_identity"
    sentence = "Ce compte est déjà relié à quelqu’un d’autre dans l’annuaire."


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser says of itself, in the two words a person recognises; empty when it says nothing known."""

    browser: str = ""
    system: str = ""


# The order matters: Edge says that it is Chrome, which says that it is Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> Device:
    """The browser and the system that a `User-Agent` header claims (RFC 9110 §10.1.5): shown, never trusted."""
    return Device(_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))


def _first(known: tuple[tuple[str, str], ...], told: str) -> str:
    return next((name for sign, name in known if sign in told), "")


WHO = gettext_noop("{browser} sur {system}")
UNKNOWN = gettext_noop("Un appareil inconnu")
