"""What a party is, and when two addresses are the same one."""

import unicodedata
from collections.abc import Collection

from doleance.kernel.kinds import Kind


class PartyKind(Kind):
    """A person or an organisation."""

    PERSON = "person", "Personne"
    ORGANISATION = "organisation", "Organisation"


class PartyStatus(Kind):
    """What packs and mediators depend on."""

    UNKNOWN = "unknown", "Statut inconnu"
    CONSUMER = "consumer", "Consommateur"
    PROFESSIONAL = "professional", "Professionnel"
    ASSOCIATION = "association", "Association"


# Who a text for consumers is for: without a word to the contrary, somebody who writes is one.
MAYBE_CONSUMERS = frozenset({PartyStatus.UNKNOWN, PartyStatus.CONSUMER})
# The block by which a pack demands the mediator's name, address and site.
MEDIATOR_BLOCK = "mediateur_coordonnees_site"


def names_mediator(*, musts: Collection[str], is_consumer: bool) -> bool:
    """Whether a letter names the mediator; `musts` are the blocks that the file's packs demand of it."""
    return MEDIATOR_BLOCK in musts and is_consumer


class AddressChannel(Kind):
    """Where an address leads."""

    EMAIL = "email", "Courriel"
    PHONE = "phone", "Téléphone"
    POST = "post", "Courrier"


def normal_email(address: str) -> str:
    """The form under which two spellings of one mail address are equal: NFC, trimmed, lower case.

    The local part is case-sensitive in RFC 5321 §2.4 and in no mailbox seen in practice; plus-addresses stay apart.
    """
    return unicodedata.normalize("NFC", address).strip().lower()


def name_or_address(name: str, address: str) -> str:
    """What to call a party who gave no name: the local part of the address, else a plain word."""
    cleaned = " ".join(unicodedata.normalize("NFC", name).replace("\x00", "").split()).strip("\"' ")
    if cleaned and "@" not in cleaned:
        return cleaned[:200]
    return (address.partition("@")[0] or cleaned)[:200]
