"""A model that the house chose and switched on, and a file with a letter."""

from collections.abc import Iterator
from typing import Any

import pytest

from doleance.complaints.models import Complaint
from doleance.drafting import actions
from tests import factories
from tests.cast import MORNING, Cast
from tests.servers.model import Model, open_model


@pytest.fixture
def model(settings: Any) -> Iterator[Model]:
    """The server, named by the settings."""
    with open_model() as found:
        settings.DOLEANCE_DRAFTS_URL, settings.DOLEANCE_DRAFTS_MODEL = found.url, "petit-modele"
        settings.DOLEANCE_DRAFTS_KEY = "clef-secrete"
        yield found


@pytest.fixture
def switched_on(cast: Cast, model: Model) -> Model:
    """The entity lets it be asked."""
    actions.choose(entity=cast.entity, is_on=True, by=cast.nadia.actor(), at=MORNING)
    return model


@pytest.fixture
def complaint(cast: Cast, calendars: None) -> Complaint:
    """Mme Durand's letter about her kettle."""
    return factories.complaint(cast)
