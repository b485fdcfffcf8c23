"""Two files of one matter: Mme Durand's mail, and what somebody noted of her call two days later."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from doleance.complainants.models import Party
from doleance.complaints.models import Complaint
from doleance.deadlines import actions as deadlines
from tests import factories
from tests.cast import MORNING, TESTS, Cast, party

Opened = Callable[..., Complaint]


@pytest.fixture
def opened(cast: Cast, calendars: None) -> Opened:
    """One more file with its clocks, `days` after the morning."""

    def file(days: int = 0, **changes: Any) -> Complaint:
        at = MORNING + timedelta(days=days)
        made = factories.complaint(cast, received_at=at, **changes)
        deadlines.start(complaint=made, by=TESTS, at=at)
        return made

    return file


@pytest.fixture
def kept(opened: Opened) -> Complaint:
    """The first file."""
    return opened()


@pytest.fixture
def maiden(cast: Cast) -> Party:
    """The same woman under another address, and the name she had before."""
    return party("Hélène Petit-Durand")


@pytest.fixture
def stub(opened: Opened, maiden: Party) -> Complaint:
    """What she wrote again."""
    return opened(days=2, party=maiden, title="Toujours ma bouilloire cassée")
