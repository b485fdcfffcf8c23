"""What our own mail server checked of a sender, read from its `Authentication-Results` (RFC 8601). Pure.

Anybody can write such a field. Ours is known by the authserv-id that the mailbox's settings name, and only the topmost
field that bears it counts: servers write above what they received, so that a lower one may be the sender's own.
`parse.py` keeps none but those that the last server can have written.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Exchange Online names no server in its field (it begins at once by `spf=…`): this is what its settings say instead.
NAMELESS = "protection.outlook.com"
_WORDS_LIMIT = 200
_SIGN = re.compile(r'\\.|"(?:[^"\\]|\\.)*"|[()"]|[^\\"()]+|\\', re.DOTALL)
_SEGMENT = re.compile(r'"(?:[^"\\]|\\.)*"|;|[^";]+', re.DOTALL)
_PAIR = re.compile(
    r"([a-z][a-z0-9_-]{0,60})(?:\s{0,9}/\s{0,9}\d{1,9}|\s{0,9}\.\s{0,9}([a-z][a-z0-9_-]{0,60}))?"
    r'\s{0,9}=\s{0,9}("(?:[^"\\]|\\.)*"[^\s;"]*|[^\s;"]+)',
    re.IGNORECASE | re.DOTALL,
)
# Domains under which anybody may take a name: none of those names speaks for the domain itself. (The whole public
# suffix list changes every week; where it is missed, a sender stays unverified or speaks for the name above their own,
# under which they were let in.)
_SHARED = frozenset(
    {
        "ac.uk", "asso.fr", "asso.mc", "asso.re", "co.jp", "co.nz", "co.uk", "co.za", "com.au", "com.br", "com.fr",
        "com.mx", "com.re", "com.tr", "eu.org", "gouv.fr", "gov.uk", "nom.fr", "nom.re", "notaires.fr", "or.jp",
        "org.au", "org.uk", "prd.fr", "presse.fr", "tm.fr", "uk.com",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the address is the sender's own as far as our server knows, and the results that say so.

    `words` are those of the standard (`dmarc=pass`, `spf=fail dkim=none`), the same in every language; empty when
    our server says nothing.
    """

    is_verified: bool
    words: str


@dataclass(frozen=True, slots=True)
class _Result:
    """One checked method: its outcome, and the properties that were checked, `header.d` and such, in small letters."""

    method: str
    outcome: str
    properties: dict[str, str]


def verdict(*, results: Sequence[str], authserv_id: str, address: str) -> Verdict:
    """What the server named `authserv_id` says of `address`, the one in From. Never raises.

    `results` are the values of Authentication-Results, the topmost first. Verified: DMARC passes for that domain; or,
    where DMARC does not fail, a DKIM signature or the envelope's sender (SPF) of an aligned domain passes. Aligned is
    the same domain, or one of which the other is a part (relaxed as in RFC 7489 §3.1, without the list of public
    suffixes: two names side by side under one domain are not aligned).
    """
    domain = _domain(address)
    wanted = authserv_id.strip().strip('"').lower()
    ours = next((read for one in results if wanted and (read := _read(one, wanted)) is not None), None)
    if not ours:
        return Verdict(is_verified=False, words="")
    proof = _proof(ours, domain) if domain else ""
    return Verdict(is_verified=bool(proof), words=proof or _said(ours))


def _said(results: Iterable[_Result]) -> str:
    return " ".join(dict.fromkeys(f"{one.method}={one.outcome}" for one in results))[:_WORDS_LIMIT]


def _proof(results: Sequence[_Result], domain: str) -> str:
    """The result that proves the domain, in the standard's words; empty when none does."""
    policies = [one for one in results if one.method == "dmarc"]
    if policies and all(_is_policy_of(one, domain) for one in policies):
        return "dmarc=pass"
    if any(one.outcome not in {"none", "temperror", "permerror"} for one in policies):
        return ""
    for one in results:
        if one.outcome == "pass" and one.method == "dkim":
            signer = _domain(one.properties.get("header.d", "") or one.properties.get("header.i", ""))
            if is_aligned(signer, domain):
                return f"dkim=pass header.d={signer}"[:_WORDS_LIMIT]
        if one.outcome == "pass" and one.method == "spf":
            envelope = _domain(one.properties.get("smtp.mailfrom", "") or one.properties.get("smtp.mail", ""))
            if is_aligned(envelope, domain):
                return f"spf=pass smtp.mailfrom={envelope}"[:_WORDS_LIMIT]
    return ""


def _is_policy_of(result: _Result, domain: str) -> bool:
    """Whether DMARC passes, and for this very domain when it says for which."""
    named = _domain(result.properties.get("header.from", ""))
    return result.outcome == "pass" and named in {"", domain}


def is_aligned(other: str, domain: str) -> bool:
    """Whether `other` may speak for `domain`: the same, one above it, or a part of it."""
    if not other or "." not in other or "." not in domain:
        return False
    if other == domain:
        return True
    if domain.endswith(f".{other}"):
        return other not in _SHARED
    return other.endswith(f".{domain}") and domain not in _SHARED


def _domain(text: str) -> str:
    """The domain of an address, or a bare domain, in small letters of ASCII; empty when it is none."""
    name = text.rpartition("@")[2].strip().strip('"<>').rstrip(".").lower()
    try:
        return name.encode("idna").decode("ascii").lower() if name else ""
    except UnicodeError:  # an empty label, one of more than 63 letters
        return ""


def _read(value: str, wanted: str) -> list[_Result] | None:
    """The results of a field of that server; None for a field of another, or that cannot be read."""
    bare = _uncommented(value)
    if bare is None:
        return None
    head, *rest = _segments(bare)
    if "=" in head and not head.lstrip().startswith('"'):
        return _results([head, *rest]) if wanted == NAMELESS else None
    words = head.replace('"', " ").split()
    return _results(rest) if words and words[0].lower() == wanted else None


def _uncommented(value: str) -> str | None:
    """The value without its comments, which nest; None when a comment or a quote stays open."""
    kept: list[str] = []
    depth = 0
    for sign in _SIGN.findall(value):
        if sign == "(":
            depth += 1
            kept.append(" ")
        elif sign == ")" and depth:
            depth -= 1
        elif sign == '"' and not depth:
            return None
        elif not depth:
            kept.append(sign)
    return None if depth else "".join(kept)


def _segments(bare: str) -> list[str]:
    """What stands between semicolons, those inside quotes apart."""
    segments = [""]
    for sign in _SEGMENT.findall(bare):
        if sign == ";":
            segments.append("")
        else:
            segments[-1] += sign
    return segments


def _results(segments: Iterable[str]) -> list[_Result]:
    found = []
    for segment in segments:
        pairs = [(one[1].lower(), (one[2] or "").lower(), one[3]) for one in _PAIR.finditer(segment)]
        if not pairs or pairs[0][1]:
            continue
        (method, _, outcome), *rest = pairs
        properties: dict[str, str] = {}
        for kind, name, content in rest:
            properties.setdefault(f"{kind}.{name}" if name else kind, content.strip('"'))
        found.append(_Result(method, outcome.strip('"').lower(), properties))
    return found
