"""What stories share: a browser as in `tests/browser`, a house with a mediator, a server that takes what leaves."""

from collections.abc import Callable, Iterator

import pytest

from doleance.accounts import actions as accounts
from doleance.channels.models import Mailbox
from doleance.channels.rules import Security
from doleance.notifications import rules as notification_rules
from doleance.notifications import tasks as outbox
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState
from tests import factories
from tests.browser.conftest import address, browser, built_assets, look, open_context, page
from tests.cast import MORNING, TESTS, Cast
from tests.servers.smtp import Sink

__all__ = ["address", "browser", "built_assets", "look", "open_context", "page"]


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The server that takes what leaves, and keeps its own account of it."""
    with Sink() as running:
        yield running


@pytest.fixture
def house(transactional_db: None, cast: Cast, calendars: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """The cast and a mediator; what is sent is not held back."""
    told = {"name": "Maison Lavergne", "time_zone": "Europe/Paris", "calendar": "FR"}
    mediator = "Médiateur du commerce, 75015 Paris, www.mediateur.example"
    accounts.change_entity(entity=cast.entity, mediator=mediator, by=TESTS, at=MORNING, **told)
    monkeypatch.setattr(notification_rules, "UNDO_SECONDS", 0)
    return cast


@pytest.fixture
def box(house: Cast, sink: Sink) -> Mailbox:
    """The mailbox by which the house writes."""
    return factories.mailbox(house, smtp_host="127.0.0.1", smtp_port=sink.port, smtp_security=Security.NONE)


@pytest.fixture
def work(box: Mailbox) -> Callable[[], None]:
    """Carry what is due, at once, as a worker does."""

    def run() -> None:
        for notice in Notice.objects.filter(state=NoticeState.QUEUED).order_by("due_at", "id"):
            outbox.deliver(notice_id=str(notice.id))

    return run
