"""Message identifiers that carry a signature: who quotes one answers a mail that we sent, about one file."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from uuid import UUID

# 128 bits: what a forger has to guess, once per try, against a server that says nothing back.
_MAC_BYTES = 16
_PURPOSE = b"doleance message-id 1\x00"
_SHAPE = re.compile(r"<?d1\.([a-z2-7]{52})\.([a-z2-7]{26})@([^\s<>@]{1,253})>?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SignedId:
    """What one of our identifiers says: the notice that left, and its file."""

    notice_id: UUID
    complaint_id: UUID


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


def _mac(payload: bytes, key: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + payload, hashlib.sha256).digest()[:_MAC_BYTES]


def _encode(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _decode(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
