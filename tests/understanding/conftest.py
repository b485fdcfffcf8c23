"""A house that has its messages read, by a child that answers at once."""

import pytest

from doleance.intake.actions import reading as intake_reading
from doleance.understanding.process import child
from tests.understanding.readings import Child, reading


@pytest.fixture
def reads(settings, monkeypatch) -> Child:
    """Messages are read, and say what `answer` does: by default the letter with its three requests."""
    settings.DOLEANCE_READING = True
    found = Child(reading())
    monkeypatch.setattr(child, "read", found.read)
    assert intake_reading.child is child
    return found
