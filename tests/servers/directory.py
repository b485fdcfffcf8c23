"""A directory of ours: an OpenID Connect provider over HTTP, with the code flow, PKCE and signed tokens.

It checks what a provider must (RFC 6749 §4.1, RFC 7636 §4.6) and says what it is told to. Nobody types a password:
whoever comes is `person`.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT, PASSWORD = "doleance", "le secret de l’annuaire"


@cache
def new_key(use: str) -> rsa.RSAPrivateKey:
    """A key of this run: making one takes a while."""
    return rsa.generate_private_key(65537, 2048)


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Directory:
    """What it says of whoever comes; `claims` replace those of the token, `userinfo` those told apart."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    is_down: bool = False
    forges: bool = False  # signs with another key than the one it publishes
    has_token: bool = True
    key: rsa.RSAPrivateKey = field(default_factory=lambda: new_key("published"))
    waiting: dict[str, dict[str, str]] = field(default_factory=dict)  # what each code was asked with
    refused: list[str] = field(default_factory=list)

    def published(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        told = {"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256"}
        return {"keys": [told | {"n": number(numbers.n), "e": number(numbers.e)}]}

    def signed(self) -> str:
        """An identity token (OpenID Connect Core 1.0 §2) as a JWS (RFC 7515)."""
        now = int(time.time())
        told = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300} | self.person | self.claims
        head = text(json.dumps({"alg": "RS256", "kid": "one", "typ": "JWT"}).encode())
        signing = f"{head}.{text(json.dumps(told).encode())}"
        key = new_key("forged") if self.forges else self.key
        return f"{signing}.{text(key.sign(signing.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class _Endpoint(BaseHTTPRequestHandler):
    directory: Directory

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        told = {name: values[0] for name, values in parse_qs(parts.query).items()}
        pages = {
            "/.well-known/openid-configuration": lambda: self._say(self._known()),
            "/jwks": lambda: self._say(self.directory.published()),
            "/userinfo": lambda: self._say(self.directory.person | self.directory.userinfo),
            "/authorize": lambda: self._authorize(told),
        }
        if self.directory.is_down:
            self._say({}, 503)
        else:
            pages[parts.path]()

    def do_POST(self) -> None:
        told = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        asked = self.directory.waiting.pop(told.get("code", ""), None)
        proof = text(hashlib.sha256(told.get("code_verifier", "").encode()).digest())
        faults = {
            "code": asked is None,
            "client": (told.get("client_id"), told.get("client_secret")) != (CLIENT, PASSWORD),
            "redirect": asked is not None and told.get("redirect_uri") != asked["redirect_uri"],
            "pkce": asked is not None and proof != asked["code_challenge"],
        }
        if found := [name for name, is_wrong in faults.items() if is_wrong]:
            self.directory.refused += found
            self._say({"error": "invalid_grant"}, 400)
            return
        answer: dict[str, Any] = {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 300}
        self._say(answer | ({"id_token": self.directory.signed()} if self.directory.has_token else {}))

    def _known(self) -> dict[str, Any]:
        url = self.directory.url
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "userinfo_endpoint": f"{url}/userinfo",
            "jwks_uri": f"{url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _authorize(self, told: dict[str, str]) -> None:
        wanted = {"client_id": CLIENT, "response_type": "code", "code_challenge_method": "S256"}
        if any(told.get(name) != value for name, value in wanted.items()) or "openid" not in told["scope"].split():
            self._say({"error": "invalid_request"}, 400)
            return
        code = secrets.token_urlsafe()
        self.directory.waiting[code] = told
        self.send_response(302)
        self.send_header("Location", f"{told['redirect_uri']}?{urlencode({'code': code, 'state': told['state']})}")
        self.end_headers()

    def _say(self, said: object, status: int = 200) -> None:
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing on the terminal."""


@contextmanager
def open_directory() -> Iterator[Directory]:
    """Run it on a free port of this machine."""
    directory = Directory()
    endpoint = type("Endpoint", (_Endpoint,), {"directory": directory})
    with ThreadingHTTPServer(("127.0.0.1", 0), endpoint) as server:
        directory.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        try:
            yield directory
        finally:
            server.shutdown()
            thread.join(5)
