"""A process of `benchmarks.helpdesk`: django-helpdesk over one database, requests through its whole application.

One look at its list is two requests, as its page makes them: the page, then the rows that its table asks for.
"""

import argparse
import json
import re
import sys
import time
from typing import Any
from urllib.parse import unquote, urlencode

import django
from django.apps import apps
from django.test import Client

ROWS = 50
_QUERY = re.compile(r"datatables_ticket_list/([A-Za-z0-9+/=%]+)")


class Desk:
    """Its list and its search, as somebody who may see every ticket."""

    def __init__(self) -> None:
        model: Any = apps.get_model  # checkers of types know Doléance's models only
        users, settings = model("auth", "User"), model("helpdesk", "UserSettings")
        reader = users.objects.get(username="reader")
        settings.objects.get_or_create(user=reader)
        self._client = Client()
        self._client.force_login(reader)

    def look(self, words: str) -> None:
        """The page of the open tickets, or of those that hold `words`, and its first rows. Raises RuntimeError."""
        asked = f"?{urlencode({'q': words})}" if words else ""
        page = self._client.get(f"/tickets/{asked}")
        found = _QUERY.search(page.content.decode())
        if page.status_code != 200 or found is None:
            raise RuntimeError(f"its page {asked}: {page.status_code}")
        rows = self._client.get(
            f"/datatables_ticket_list/{unquote(found[1])}", {"draw": 1, "start": 0, "length": ROWS}
        )
        if rows.status_code != 200 or not (words or len(rows.json()["data"]) == ROWS):
            raise RuntimeError(f"its rows {asked}: {rows.status_code}")


def main() -> int:
    """Answer each line with the milliseconds of one look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.parse_args()
    django.setup()
    desk = Desk()
    for line in sys.stdin:
        _, _, words = line.strip().partition(" ")
        began = time.perf_counter()
        desk.look(words)
        sys.stdout.write(json.dumps({"ms": (time.perf_counter() - began) * 1_000, "words": words}) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
