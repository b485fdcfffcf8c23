"""The list of files."""

import pytest

from tests.factories import complaint

pytestmark = pytest.mark.django_db


def test_amelie_sees_her_team_s_files_and_chloe_does_not(cast, enter):
    file = complaint(cast)
    assert file.reference in enter(cast.amelie).get("/dossiers/").content.decode()
    assert file.reference not in enter(cast.chloe).get("/dossiers/").content.decode()
