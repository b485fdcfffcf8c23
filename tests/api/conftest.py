"""A program at the door: a key of the house, and a client that sends it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from doleance.kernel.clock import now
from doleance.keys import actions as keys
from doleance.keys.models import ApiKey
from doleance.keys.rules import Scope
from tests.cast import TESTS, Cast

COMPLAINTS = "/api/v1/complaints"
TOLD: dict[str, Any] = {
    "category": "delivery",
    "text": "Ma bouilloire est arrivée cassée.\nPersonne ne me répond.",
    "complainant": {
        "name": "Zoé Martin",
        "title": "Madame",
        "email": "zoe.martin@courriel.example",
        "phone": "06 98 76 54 32",
        "status": "consumer",
        "is_customer": True,
    },
    "facts": {"order": "A-4711", "received": "damaged"},
    "wishes": ["repair"],
}


@dataclass
class Program:
    """A program and its key."""

    key: ApiKey
    secret: str
    client: Client = field(default_factory=Client)

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"} | more

    def get(self, path: str, **more: str) -> Any:
        return self.client.get(path, headers=self.headers(**more))

    def post(self, path: str, body: Any, once: str | None = None, **more: str) -> Any:
        """Send JSON; `body` may be bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers(**{"Idempotency-Key": once or str(uuid4())} | more)
        return self.client.post(path, data, content_type="application/json", headers=headers)

    def send(self, path: str, fields: dict[str, Any], once: str | None = None, **more: str) -> Any:
        """Send a form with files."""
        headers = self.headers(**{"Idempotency-Key": once or str(uuid4())} | more)
        return self.client.post(path, fields, headers=headers)


@pytest.fixture
def program(cast: Cast, calendars: None) -> Callable[..., Program]:
    """A program with a new key: every scope, all teams, unless told otherwise."""

    def made(*scopes: Scope, name: str = "Boutique", **changes: Any) -> Program:
        told: dict[str, Any] = {"entity": cast.entity, "name": name, "scopes": set(scopes or Scope)} | changes
        key, secret = keys.make_key(**told, by=TESTS, at=now())
        return Program(key, secret)

    return made


@pytest.fixture
def shop(program: Callable[..., Program]) -> Program:
    """The online shop, which may do everything."""
    return program()
