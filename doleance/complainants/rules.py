"""What a party is, and when two addresses are the same one."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from doleance.channels.email.addresses import is_address
from doleance.kernel.errors import Refusal
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
# Blocks by which packs demand that somebody outside the house is named, and that the courts are.
MEDIATOR_BLOCKS = frozenset({MEDIATOR_BLOCK, "mediateur", "adr"})
COURT_BLOCKS = frozenset({"voies_recours", "court"})


@dataclass(frozen=True, slots=True)
class Recourse:
    """Where somebody may turn when our answer is late or does not suit; a second review is always one.

    `mediator`: who settles it outside the house, as settings name them; empty when nobody is named to this person.
    `court`: their packs want the courts named too.
    """

    mediator: str = ""
    court: bool = False


def names_mediator(*, musts: Collection[str], is_consumer: bool) -> bool:
    """Whether a letter names the mediator; `musts` are the blocks that the file's packs demand of it."""
    return is_consumer and not MEDIATOR_BLOCKS.isdisjoint(musts)


def recourse(*, musts: Collection[str], is_consumer: bool, mediator: str) -> Recourse:
    """What is said beside the second review (ux.md §7.3): a mediator to consumers only, the courts to anybody."""
    named = mediator.strip() if names_mediator(musts=musts, is_consumer=is_consumer) else ""
    return Recourse(mediator=named, court=not COURT_BLOCKS.isdisjoint(musts))


class AddressChannel(Kind):
    """Where an address leads."""

    EMAIL = "email", "Courriel"
    PHONE = "phone", "Téléphone"
    POST = "post", "Courrier"


class ContactUnreadable(Refusal):
    """What was typed leads to nobody."""

    code = "contact_unreadable"
    sentence = "«\u00a0{value}\u00a0» ne se lit pas ({channel}). Corrigez, puis enregistrez à nouveau."


class AddressOfAnother(Refusal):
    """A mail address recognises one party: who that is is not told to somebody who may not read their files."""

    code = "address_of_another"
    sentence = (
        "Cette adresse est déjà celle d’une autre personne. Vérifiez-la\u00a0: une adresse ne désigne qu’une personne."
    )


class AddressKnown(Refusal):
    """The party has this address already."""

    code = "address_known"
    sentence = "Cette personne a déjà cette adresse. Si elle marche de nouveau, dites-le à côté d’elle."


class AddressInvalid(Refusal):
    """The last mail to this address came back, and nobody has said since that it works."""

    code = "address_invalid"
    sentence = (
        "Rien n’arrive plus à {address}\u00a0: un courriel en est revenu. "
        "Corrigez l’adresse dans le dossier, ou répondez par une lettre à imprimer."
    )


LONGEST_CONTACT = 320  # signs of an address of any kind, as it is kept: a letter's has its name


def normal_contact(channel: AddressChannel, value: str) -> str:
    """The form under which two spellings of one contact are equal; empty when nothing of it can be used.

    A telephone number keeps its digits and its leading plus sign, a postal address its words.
    """
    match channel:
        case AddressChannel.EMAIL:
            return normal_email(value)
        case AddressChannel.PHONE:
            digits = "".join(sign for sign in value if sign.isascii() and sign.isdigit())
            plus = "+" if value.strip().startswith("+") else ""
            return plus + digits if len(digits) in range(3, 16) else ""  # 15 digits: ITU-T E.164
        case AddressChannel.POST:
            return " ".join(unicodedata.normalize("NFC", value).casefold().split())[:LONGEST_CONTACT]


def readable_contact(channel: AddressChannel, value: str) -> str:
    """The same for what somebody typed. Raises ContactUnreadable for what leads to nobody."""
    normal, typed = normal_contact(channel, value), value.strip()
    is_mail = channel is AddressChannel.EMAIL
    if not normal or len(typed) > LONGEST_CONTACT or "\x00" in value or (is_mail and not is_address(typed)):
        raise ContactUnreadable(value=" ".join(value.split())[:80], channel=channel)
    return normal


# Last digits of a number that are the same however its country is written: 06 12…, +33 6 12….
SAME_LINE = 9


def leads_to(channel: AddressChannel, normal: str, known: Collection[str]) -> bool:
    """Whether a contact in its normal form is one of those that are `known`.

    A number may be written with its country or without it, a letter box with a name above it or without one.
    """
    match channel:
        case AddressChannel.PHONE if len(normal.removeprefix("+")) >= SAME_LINE:
            return any(one.endswith(normal[-SAME_LINE:]) for one in known)
        case AddressChannel.POST:
            return any(one.endswith(normal) or normal.endswith(one) for one in known)
        case _:
            return normal in known


def said_columns(
    *,
    title: str,
    status: PartyStatus,
    is_customer: bool | None,
    preferred: AddressChannel | None,
    reach_when: str,
    adaptations: str,
) -> dict[str, Any]:
    """What somebody says of themselves, by the column of a party that keeps it, as long as it may be."""
    return {
        "title": title.strip()[:40],
        "status": status.value,
        "is_customer": is_customer,
        "preferred": preferred.value if preferred else "",
        "reach_when": reach_when.strip()[:200],
        "adaptations": adaptations.strip(),
    }


def news(*, said: Mapping[str, object], known: Mapping[str, object]) -> dict[str, object]:
    """What was said of somebody and that we do not know so, by its column. An empty word says nothing."""
    return {name: value for name, value in said.items() if not is_unsaid(value) and value != known.get(name)}


def is_unsaid(value: object) -> bool:
    """Whether this is what one keeps of somebody who said nothing."""
    return value is None or value in {"", PartyStatus.UNKNOWN.value}


def works_again(*, invalid_at: datetime | None, written_at: datetime | None) -> bool:
    """Whether a mail that its owner wrote at `written_at` shows that an address works after all.

    One from before the refusal, read late, shows nothing.
    """
    return invalid_at is not None and written_at is not None and written_at > invalid_at


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
