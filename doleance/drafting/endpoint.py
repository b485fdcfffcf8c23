"""Asking the language model: one request, bounded in time and bytes, to the address of the settings and no other."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from doleance.drafting.rules import BadAnswer, Failure

CONNECT_S, READ_S = 5.0, 60.0  # to be heard; between two pieces of the answer
LIMIT_S = 120.0  # the whole of it: a model on a plain processor writes some words a second
LARGEST = 256 * 1024
_PIECE = 1024  # small: the whole time is looked at between two
_STATUS: Mapping[int, Failure] = {
    401: Failure.REFUSED,
    403: Failure.REFUSED,
    404: Failure.REFUSED,
    408: Failure.SLOW,
    429: Failure.BUSY,
    503: Failure.BUSY,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked, with what, and under which name."""

    url: str
    model: str
    key: str = field(default="", repr=False)


def ask(endpoint: Endpoint, body: Mapping[str, Any], *, limit_s: float = LIMIT_S) -> bytes:
    """The answer to a request, as it came. Raises BadAnswer with why there is none.

    No redirection is followed and no proxy of the surroundings is used: what leaves goes where the settings say.
    """
    ends = time.monotonic() + limit_s
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    try:
        with requests.Session() as session:
            session.trust_env = False
            told = json.dumps(body, ensure_ascii=False).encode()
            with session.post(
                endpoint.url,
                data=told,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_S, min(READ_S, limit_s)),
            ) as response:
                return _content(response, ends)
    except requests.Timeout as error:
        raise BadAnswer(Failure.SLOW) from error
    except requests.RequestException as error:
        raise BadAnswer(Failure.UNREACHABLE) from error


def _content(response: requests.Response, ends: float) -> bytes:
    if response.status_code != requests.codes.ok:
        raise BadAnswer(_STATUS.get(response.status_code, Failure.SERVER))
    content = bytearray()
    for piece in response.iter_content(_PIECE):
        content += piece
        if len(content) > LARGEST:
            raise BadAnswer(Failure.TOO_LARGE)
        if time.monotonic() > ends:
            raise BadAnswer(Failure.SLOW)
    return bytes(content)
