"""How many queries each list page makes: a number written here, and the same for two rows as for many."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from doleance.accounts.rules import Role
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.keys import actions as keys
from doleance.keys.rules import Scope
from tests import factories
from tests.cast import MORNING, TESTS, colleague, party

# The page, who reads it, and its queries, those of the session and of the reader included. More is a decision.
LISTS = {
    "dossiers": ("amelie", 11),
    "quarantine": ("bruno", 10),
    "setup_people": ("nadia", 8),
    "setup_teams": ("nadia", 5),
    "setup_mail": ("nadia", 5),
    "setup_calendars": ("nadia", 9),
    "setup_packs": ("nadia", 5),
    "setup_api": ("nadia", 8),
    "setup_reading": ("nadia", 11),
    "setup_routing": ("nadia", 8),
}


def fill(cast, numbers):
    """One more of everything that lists show for each number."""
    for number in numbers:
        complaint = factories.complaint(cast, party=party(f"Client Numéro {number}"), title=f"Affaire {number}")
        factories.grievance(complaint)
        factories.quarantined(cast)
        factories.mailbox(cast, address=f"boite{number}@maison.example")
        colleague(f"Agent Numéro {number}", {Role.AGENT}, [cast.team])
        name, scopes = f"Programme {number}", {Scope.READ}
        keys.make_key(entity=cast.entity, name=name, scopes=scopes, teams=[cast.team], by=TESTS, at=MORNING)


def queries(client, url):
    """The statements one page makes."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_makes_as_many_queries_for_many_rows_as_for_few(cast, calendars, enter, name):
    who, expected = LISTS[name]
    client, url = enter(getattr(cast, who)), reverse(name)
    fill(cast, range(2))
    client.get(url)  # what is read once a process
    few = queries(client, url)
    assert len(few) == expected, "\n\n".join(few)
    fill(cast, range(2, 12))
    many = queries(client, url)
    assert len(many) == expected, "\n\n".join(many)


@pytest.mark.parametrize("opened", ["", "?ouvrir=regles"])
def test_a_file_makes_as_many_queries_whatever_its_length(cast, calendars, enter, opened):
    complaint = factories.complaint(cast, message=factories.incoming(cast))
    client, url = enter(cast.amelie), reverse("dossier", args=[complaint.reference]) + opened

    def lengthen(times):
        for number in range(times):
            factories.grievance(complaint, title=f"Grief {number}")
            complaints.note(complaint=complaint, text=f"Note {number}", by=cast.amelie.actor(), at=MORNING)

    lengthen(2)
    client.get(url)
    few = queries(client, url)
    lengthen(6)
    many = queries(client, url)
    assert len(many) == len(few), "\n\n".join(many)


def test_a_query_for_each_row_is_seen(cast):
    fill(cast, range(3))
    with CaptureQueriesContext(connection) as captured:
        assert [one.team.name for one in Complaint.objects.order_by("id")]
    assert len(captured) == 1 + 3
