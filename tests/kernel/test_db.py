"""The one door to a transaction."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_tests_run_as_the_role_of_the_product():
    """What PostgreSQL refuses to the product, it refuses to the tests."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('fsync')")
        assert cursor.fetchone() == ("doleance_app", "off")
