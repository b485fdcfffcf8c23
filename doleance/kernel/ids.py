"""Identifiers: time-ordered UUIDs, references that can be read aloud, secrets."""

import hashlib
import os
import secrets
import threading
import time
import uuid

# 32 signs less what is misread on the telephone or on paper: no 0 O, no 1 I.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


_ticks = threading.Lock()
_last_tick = 0


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of Unix milliseconds, 12 of their fraction, then 62 random bits.

    Sorts by creation, strictly within one process: rows made together keep their order (§6.2, method 3).
    """
    global _last_tick  # noqa: PLW0603  one clock for the process, under its lock
    with _ticks:
        _last_tick = max(_last_tick + 1, time.time_ns() * 4096 // 1_000_000)
        moment, fraction = divmod(_last_tick, 4096)
    rest = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    return uuid.UUID(int=(moment & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | rest)


def check_letter(body: str) -> str:
    """The sign that closes a reference: a Reed-Solomon check sign over GF(32), polynomial x^5 + x^2 + 1.

    Any single wrong sign and any swap of two neighbours change it. Raises ValueError on a sign outside `ALPHABET`.
    """
    check = 0
    for sign in body:
        check = (check ^ ALPHABET.index(sign)) << 1
        if check & 32:
            check ^= 0b100101
    return ALPHABET[check]


def new_reference(year: int, size: int = 4) -> str:
    """A random reference such as `R26-7K4M-W`: two digits of the year, `size` signs, a check letter."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(size))
    return f"R{year % 100:02d}-{body}-{check_letter(body)}"


def is_reference(text: str) -> bool:
    """Whether `text` has the shape of a reference and the right check letter."""
    parts = text.split("-")
    if (
        len(parts) != 3
        or len(parts[0]) != 3
        or parts[0][0] != "R"
        or not parts[0][1:].isascii()
        or not parts[0][1:].isdigit()
    ):
        return False
    body, check = parts[1], parts[2]
    return 4 <= len(body) <= 8 and set(body) <= set(ALPHABET) and check == check_letter(body)


def new_secret() -> str:
    """128 random bits as 22 URL-safe signs: tracking keys, link tokens."""
    return secrets.token_urlsafe(16)


def secret_digest(secret: str) -> bytes:
    """What is stored of a secret: its SHA-256 (32 bytes). 128 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
