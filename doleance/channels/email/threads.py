"""Message identifiers and plus-addresses that carry a signature.

Who quotes one answers a mail that we sent, about one file; what comes to one comes back from such a mail.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from uuid import UUID

# 128 bits: what a forger has to guess, once per try, against a server that says nothing back.
_MAC_BYTES = 16
_PURPOSE = b"doleance message-id 1\x00"
# What follows the plus sign must leave room for the name before it: a local part holds 64 octets (RFC 5321
# §4.5.3.1.1), and 80 bits of signature leave twenty of them (docs/decisions/0062-automatic-mail.md says why they do).
_TAG_MAC_BYTES = 10
_TAG_PURPOSE = b"doleance plus-address 1\x00"
_LOCAL_OCTETS = 64
_CASELESS = re.IGNORECASE | re.ASCII  # without the second, the Kelvin sign would be a k that base32 cannot read
_SHAPE = re.compile(r"<?d1\.([a-z2-7]{52})\.([a-z2-7]{26})@([^\s<>@]{1,253})>?", _CASELESS)

_TAGGED = re.compile(r"[^+@]+\+([rb])([a-z2-7]{26})([a-z2-7]{16})@[^@\s]+", _CASELESS)
# An address that may take a tag: one plain local part (RFC 5322 dot-atom, or its like beyond ASCII), without a plus.
_PLAIN = re.compile(r"[^\s@+\"(),:;<>\[\]\\]+@[^\s@]+")

# What a tag is for: `REPLY` is about a complaint (the address to answer to), `BOUNCE` about a notice (where refusals
# of it come back, the envelope sender).
REPLY, BOUNCE = "r", "b"
_KINDS = (REPLY, BOUNCE)


@dataclass(frozen=True, slots=True)
class SignedId:
    """What one of our identifiers says: the notice that left, and its file."""

    notice_id: UUID
    complaint_id: UUID


@dataclass(frozen=True, slots=True)
class SignedTag:
    """What the tag of one of our addresses says: its kind, `REPLY` or `BOUNCE`, and what it is about."""

    kind: str
    about: UUID


def sign_message_id(*, notice_id: UUID, complaint_id: UUID, domain: str, key: bytes) -> str:
    """The `Message-ID` of a notice, `<d1.….…@domain>`: always the same for the same notice and key.

    Small letters and digits only, because some servers change the case of what they quote.
    """
    payload = notice_id.bytes + complaint_id.bytes
    return f"<d1.{_encode(payload)}.{_encode(_mac(payload, key))}@{domain.lower()}>"


def read_message_id(text: str, key: bytes) -> SignedId | None:
    """What `text`, one identifier with or without its brackets, says when we signed it; else None.

    The domain is not signed: a server may rewrite it, and it proves nothing.
    """
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        return None
    payload, mac = _decode(found[1]), _decode(found[2])
    if not hmac.compare_digest(mac, _mac(payload, key)):
        return None
    return SignedId(notice_id=UUID(bytes=payload[:16]), complaint_id=UUID(bytes=payload[16:]))


def tagged(address: str, *, kind: str, about: UUID, key: bytes) -> str:
    """`address` with a signed tag, `local+<kind>…@domain`: what comes to it says what it is about.

    Empty when the address takes no tag: it has one already, its local part is quoted, or would pass 64 octets. The tag
    holds small letters and digits only. Raises ValueError for a kind that is none of ours.
    """
    if kind not in _KINDS:
        raise ValueError(kind)
    if not _PLAIN.fullmatch(address):
        return ""
    local, _, domain = address.rpartition("@")
    tag = f"{kind}{_encode(about.bytes)}{_encode(_tag_mac(kind, about.bytes, key))}"
    long = f"{local}+{tag}"
    return f"{long}@{domain}" if len(long.encode()) <= _LOCAL_OCTETS else ""


def read_tagged(address: str, key: bytes) -> SignedTag | None:
    """What the tag of `address` says when we signed it; else None.

    The name before the plus sign and the domain are not signed: an alias or a forwarder may rewrite them, and they
    prove nothing. Some servers change the case of what they carry, so it does not count.
    """
    found = _TAGGED.fullmatch(address.strip())
    if found is None:
        return None
    kind, about = found[1].lower(), _decode(found[2])
    if not hmac.compare_digest(_decode(found[3]), _tag_mac(kind, about, key)):
        return None
    return SignedTag(kind=kind, about=UUID(bytes=about))


def _tag_mac(kind: str, about: bytes, key: bytes) -> bytes:
    """The signature of a tag: bound to its kind, so that no address for answers passes for one for refusals."""
    return hmac.new(key, _TAG_PURPOSE + kind.encode() + about, hashlib.sha256).digest()[:_TAG_MAC_BYTES]


def _mac(payload: bytes, key: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + payload, hashlib.sha256).digest()[:_MAC_BYTES]


def _encode(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _decode(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
