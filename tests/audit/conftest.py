"""A small journal made by real actions."""

from random import Random

import pytest

from benchmarks import journals


@pytest.fixture
def complaints(db):
    """Three complaints that lived a little."""
    return journals.make(3, Random(11))
