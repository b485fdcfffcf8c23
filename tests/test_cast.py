"""The cast plays its part: who sees what, before any test relies on it."""

import pytest

from doleance.accounts.rules import Permission, may
from doleance.complaints import queries
from tests import factories


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("amelie", True),
        ("bruno", True),
        ("chloe", False),
        ("ines", True),
        ("paul", True),
        ("nadia", False),
        ("karim", False),
    ],
)
def test_who_sees_the_file_of_mme_durand(cast, who, sees):
    complaint = factories.complaint(cast)
    assert (complaint in queries.visible_to(getattr(cast, who).actor())) is sees


def test_each_has_one_part(cast):
    assert len({user.email for user in cast.staff}) == 7
    assert may(cast.bruno.actor(), Permission.SORT_QUARANTINE)
    assert not may(cast.amelie.actor(), Permission.SORT_QUARANTINE)
    assert cast.durand.pk != cast.petit.pk


def test_a_grievance_is_theirs_to_decide(cast):
    grievance = factories.grievance(factories.complaint(cast))
    assert grievance.number == 1


def test_somebody_signs_in(cast, enter):
    client = enter(cast.amelie)
    assert client.session["_auth_user_id"] == str(cast.amelie.pk)


def test_the_calendars_are_there(cast, calendars):
    factories.complaint(cast)
