"""How somebody who complains gets back to their file: derived secrets, codes, and what limits them. Pure.

No secret is stored. A key or a link is derived from the identifier of what carries it (a draft, a mail) under a key
that is not in the database; the database has its digest only. So the same press gives the same key, and a mail that is
composed twice says the same thing (docs/decisions/0070).
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from doleance.kernel import ids
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind


class Use(Kind):
    """What a secret is for. It is part of the secret and of its digest: one made for a use opens nothing else."""

    KEY = "key", "Clé de suivi"
    RECEIPT = "receipt", "Adresse du reçu"
    MAIL = "mail", "Lien d’un courriel"
    CODE = "code", "Code de suivi"


class Entry(Kind):
    """By what somebody entered a file."""

    LINK = "link", "Lien d’un courriel"
    RECEIPT = "receipt", "Adresse du reçu"
    KEY = "key", "Clé"
    CODE = "code", "Code à six chiffres"


# What is read in the mailbox of the file only: whoever entered so reads there already what we wrote. A key and the
# address of a receipt were shown to whoever typed the file, under whatever name.
PROVES_MAILBOX = frozenset({Entry.LINK, Entry.CODE})

SECRET_BYTES: Final = 16
SECRET_SIGNS: Final = 22  # 16 bytes in base64url (RFC 4648 §5), without its padding
MAIL_LIFE = timedelta(days=90)
RECEIPT_LIFE = timedelta(days=400)
CODE_DIGITS, CODE_TRIES = 6, 5
CODE_LIFE = timedelta(minutes=10)
VISIT = timedelta(hours=2)  # since the last page that was read
# Code mails for one pair of a reference and an address, and for one address whatever the references.
CODES_PER_HOUR, CODES_PER_DAY = 3, 6
# Over all files that somebody typed in the name of a mailbox whose owner we know; each has its own share too.
TYPED_PER_HOUR, TYPED_PER_DAY = 6, 12
# To a mailbox of which nothing shows that its owner ever wrote to us, whatever the files: it may be anybody's.
UNPROVED_PER_HOUR, UNPROVED_PER_DAY = 1, 3
CODES_KEPT = timedelta(days=2)  # a request serves for ten minutes, and is counted for a day
# Codes asked from one network: an office shares one, so it has more than a pair.
ORIGIN_PER_HOUR, ORIGIN_PER_DAY = 20, 60

_SECRET = re.compile(r"[A-Za-z0-9_-]{22}")
_WRITTEN_SIGNS = 26  # 128 bits, five a sign, the last two bits empty
_GROUP = 4
_NOT_SIGNS = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212_-]+")
_REFERENCE = re.compile(r"(R\d\d)([2-9A-HJ-NP-Z]{4,8})([2-9A-HJ-NP-Z])", re.ASCII)


class TooManyCodes(Refusal):
    """The pair, or the network, had its share of codes; said of any pair, known or not."""

    code = "too_many_codes"
    sentence = (
        "Plusieurs codes ont déjà été demandés. Utilisez le dernier reçu, ou attendez une heure avant d’en demander "
        "un autre."
    )


class WrongCode(Refusal):
    """Wrong, used, expired, tried too often or never sent: one answer, so that nothing is learned."""

    code = "wrong_code"
    sentence = "Ce code n’est pas le bon, ou il a expiré. Vérifiez-le, ou demandez-en un autre."


class WrongKey(Refusal):
    """No file has this reference and this key: which of the two is wrong is not told."""

    code = "wrong_key"
    sentence = (
        "La référence et la clé ne vont pas ensemble. La référence est sur votre reçu\u202f; la clé a été montrée une "
        "fois, après l’envoi."
    )


class TooManyTries(Refusal):
    """So many tries come from one network that somebody may be guessing."""

    code = "too_many_tries"
    sentence = "Trop d’essais à la suite. Attendez quelques minutes, puis recommencez."


def secret_for(*, key: bytes, purpose: Use, subject: UUID) -> str:
    """The secret of `subject` for one use: HMAC-SHA256 under `key`, 128 bits, 22 URL-safe signs.

    `key` is `settings.DOLEANCE_FOLLOW_KEY`. The tracking key and the receipt's address come from the draft's
    identifier, a mail's link from the notice's.
    """
    return urlsafe_b64encode(_derived(key, purpose, subject)[:SECRET_BYTES]).rstrip(b"=").decode()


def code_for(*, key: bytes, subject: UUID) -> str:
    """The six digits of one request for a code: nothing but its identifier and the key of the house makes them.

    A number of 256 bits modulo a million: no value is more likely than another by more than 2^-236.
    """
    number = int.from_bytes(_derived(key, Use.CODE, subject), "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _derived(key: bytes, purpose: Use, subject: UUID) -> bytes:
    if len(key) < SECRET_BYTES:
        raise ValueError("a key of less than 128 bits")
    return hmac.digest(key, b"doleance.follow\0" + Use(purpose).encode() + b"\0" + subject.bytes, "sha256")


def digest(purpose: Use, secret: str) -> bytes:
    """What is stored of a key or a link: SHA-256 over its use and itself. 128 unknown bits need no slow hash."""
    return hashlib.sha256(b"doleance.follow\0" + Use(purpose).encode() + b"\0" + secret.encode()).digest()


def code_digest(*, key: bytes, subject: UUID, code: str) -> bytes:
    """What is stored of a code: keyed, since a million values are tried in a second by whoever reads the table."""
    return hmac.digest(key, b"doleance.code\0" + subject.bytes + code.encode(), "sha256")


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two digests are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def is_secret(text: str) -> bool:
    """Whether a link's last part has the shape of a secret; nothing else is looked up."""
    return _SECRET.fullmatch(text) is not None


def written_key(secret: str) -> str:
    """A key as people copy it: signs that are not misread, by groups of four, in capitals: `7K4M-…`.

    The same 128 bits in the alphabet of references (no 0 O 1 I). `read_key` gives the secret back.
    """
    number = int.from_bytes(urlsafe_b64decode(secret + "=="), "big") << 2
    signs = "".join(ids.ALPHABET[number >> 5 * place & 31] for place in reversed(range(_WRITTEN_SIGNS)))
    return "-".join(signs[start : start + _GROUP] for start in range(0, _WRITTEN_SIGNS, _GROUP))


def read_key(text: str) -> str:
    """The secret of a key as somebody typed it; empty when it is none.

    Spaces, dashes and case do no harm to a written key. The 22 signs of a secret are taken as they are, spaces apart.
    """
    bare = _NOT_SIGNS.sub("", text)
    if is_secret(bare):
        return bare
    signs = _DASHES.sub("", bare).upper()
    if len(signs) != _WRITTEN_SIGNS or not set(signs) <= set(ids.ALPHABET):
        return ""
    number = 0
    for sign in signs:
        number = number << 5 | ids.ALPHABET.index(sign)
    if number & 3:
        return ""
    return urlsafe_b64encode((number >> 2).to_bytes(SECRET_BYTES, "big")).rstrip(b"=").decode()


def read_reference(text: str) -> str:
    """A reference as somebody typed it: `r26 7k4m w` is R26-7K4M-W. What is none comes back in capitals, unspaced."""
    signs = _DASHES.sub("", _NOT_SIGNS.sub("", text)).upper()[:40]
    found = _REFERENCE.fullmatch(signs)
    return "-".join(found.groups()) if found else signs


def read_code(text: str) -> str:
    """The digits of a code as somebody typed it, spaces and dashes apart; empty when they are not six."""
    bare = _DASHES.sub("", _NOT_SIGNS.sub("", text))
    return bare if len(bare) == CODE_DIGITS and bare.isascii() and bare.isdigit() else ""


def pair_mark(*, key: bytes, reference: str, contact: str) -> str:
    """What budgets count a pair by: a keyed hash, so that the table tells nobody who asked after what.

    `reference` and `contact` in their normal forms.
    """
    told = f"{reference}\0{contact}".encode()
    return hmac.new(key, b"doleance.pair\0" + told, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked lately, newest last or not: by this pair, and from this network."""

    by_pair: Sequence[datetime] = ()
    by_origin: Sequence[datetime] = ()


def may_ask(asked: Asked, *, at: datetime) -> None:
    """Raise TooManyCodes when the pair or the network had its share; the same for a pair that does not exist."""
    shares = (
        (asked.by_pair, CODES_PER_HOUR, CODES_PER_DAY),
        (asked.by_origin, ORIGIN_PER_HOUR, ORIGIN_PER_DAY),
    )
    for moments, an_hour, a_day in shares:
        if not has_room(moments, at=at, an_hour=an_hour, a_day=a_day):
            raise TooManyCodes


@dataclass(frozen=True, slots=True)
class Mailed:
    """One code mail that went to a mailbox; `is_typed`: for a file that only names somebody whom we knew."""

    file: UUID
    is_typed: bool
    at: datetime


def may_mail(mailed: Sequence[Mailed], *, file: UUID, is_typed: bool, is_verified: bool, at: datetime) -> bool:
    """Whether one more code may go to a mailbox for this file; `mailed` are those of the last day, for any file.

    Whoever opens files in somebody's name spends nothing of what this one needs for their own, and floods nobody.
    `is_verified`: our mail server proved once that its owner wrote to us.
    """
    if not is_verified:
        return has_room([one.at for one in mailed], at=at, an_hour=UNPROVED_PER_HOUR, a_day=UNPROVED_PER_DAY)
    alike = [one for one in mailed if one.is_typed == is_typed]
    if not is_typed:
        return has_room([one.at for one in alike], at=at)
    own = [one.at for one in alike if one.file == file]
    return has_room(own, at=at) and has_room(
        [one.at for one in alike], at=at, an_hour=TYPED_PER_HOUR, a_day=TYPED_PER_DAY
    )


def has_room(
    moments: Sequence[datetime], *, at: datetime, an_hour: int = CODES_PER_HOUR, a_day: int = CODES_PER_DAY
) -> bool:
    """Whether one more fits in an hour's and a day's share; `moments` are those of the earlier ones."""
    past_hour = sum(1 for one in moments if one > at - timedelta(hours=1))
    past_day = sum(1 for one in moments if one > at - timedelta(days=1))
    return past_hour < an_hour and past_day < a_day


def is_open(*, expires_at: datetime, revoked_at: datetime | None, at: datetime) -> bool:
    """Whether a link or a key still opens."""
    return revoked_at is None and at < expires_at


def may_try(*, expires_at: datetime, tries: int, used_at: datetime | None, at: datetime) -> bool:
    """Whether a code may still be tried: ten minutes, five tries, once."""
    return used_at is None and tries < CODE_TRIES and at < expires_at


def masked_phone(value: str) -> str:
    """A telephone number that its owner recognises and nobody else can call: « 06 12 •• •• 78 »."""
    digits = [place for place, sign in enumerate(value) if sign.isdigit()]
    if len(digits) < 7:
        return "•" * len(value)
    hidden = set(digits[4:-2])
    return "".join("•" if place in hidden else sign for place, sign in enumerate(value))


def masked_email(value: str) -> str:
    """A mail address that its owner recognises: « h•••@courriel.example »."""
    local, at_sign, domain = value.rpartition("@")
    return f"{local[:1]}•••{at_sign}{domain}" if local else "•••"
