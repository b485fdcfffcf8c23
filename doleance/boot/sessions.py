"""Sessions as Django keeps them in its table, read by a statement that is compiled once (docs/decisions/0111)."""

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from doleance.entry import queries


class SessionStore(db.SessionStore):
    """Django's own, but for how a session is found at each request."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key any more, where there is none or it is over."""
        held = queries.session(self.session_key, at=timezone.now()) if self.session_key else None
        if held is None:
            self._session_key = None
            return {}
        return dict(self.decode(held))
