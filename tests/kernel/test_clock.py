"""The present moment, and the day it is in a place."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest

from doleance.kernel.clock import day_in, now


def test_now_is_aware_and_in_utc():
    before = datetime.now(UTC)
    assert before <= now() <= datetime.now(UTC)
    assert now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-11-23T23:30:00+00:00", "Europe/Paris", date(2026, 11, 24)),
        ("2026-11-23T20:30:00+00:00", "Indian/Reunion", date(2026, 11, 24)),  # La Réunion is not Paris
        ("2026-11-23T20:30:00+00:00", "Europe/Paris", date(2026, 11, 23)),
        ("2026-11-23T03:00:00+00:00", "America/Cayenne", date(2026, 11, 23)),
        ("2026-11-23T02:00:00+00:00", "America/Cayenne", date(2026, 11, 22)),
        ("2026-03-28T23:00:00+00:00", "Europe/Paris", date(2026, 3, 29)),  # the night the hour changes
        ("2026-10-24T22:00:00+00:00", "Europe/Paris", date(2026, 10, 25)),
        ("2026-10-25T23:00:00+00:00", "Europe/Paris", date(2026, 10, 26)),
    ],
)
def test_the_day_of_a_place(moment, zone, day):
    assert day_in(datetime.fromisoformat(moment), zone) == day


def test_an_unknown_place_is_refused():
    with pytest.raises(ZoneInfoNotFoundError):
        day_in(now(), "Europe/Nowhere")
