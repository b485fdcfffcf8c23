"""Who writes: recognised by the address, made known once."""

from datetime import timedelta

import pytest
from django.db import connection

from doleance.audit import queries as audit
from doleance.complainants import actions, queries
from doleance.complainants.models import Address, Party
from tests.cast import MORNING, TESTS

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=1)


def recognise(name: str, address: str) -> Party:
    return actions.recognise(name=name, address=address, by=TESTS, at=LATER)


def test_somebody_new_is_made_known_with_an_address_and_one_event(db):
    party = actions.recognise(name="Hélène  Durand", address="H.Durand@x.example ", language="en", by=TESTS, at=LATER)
    assert (party.name, party.language, party.status, party.created_at) == ("Hélène Durand", "en", "unknown", LATER)
    [address] = party.addresses.all()
    assert (address.value, address.normal, address.verified) == ("H.Durand@x.example", "h.durand@x.example", False)
    [event] = audit.history(party.journal_stream)
    assert event.facts["code"] == "party_recognised"
    assert "Durand" not in str(event.facts)


def test_the_address_recognises_and_the_name_never_does(cast):
    assert recognise("Autre Nom", "HELENE.durand@courriel.example") == cast.durand
    assert Party.objects.get(pk=cast.durand.pk).name == "Hélène Durand"
    assert recognise("Hélène Durand", "autre@courriel.example") != cast.durand


def test_where_letters_go(cast):
    assert queries.email_of(cast.durand) == "helene.durand@courriel.example"
    assert queries.writes_from(cast.durand, " Helene.Durand@Courriel.example")
    assert not queries.writes_from(cast.durand, "marc.petit@courriel.example")


def test_a_party_without_address_gets_no_letter(cast):
    assert queries.email_of(Party(name="Sans adresse", created_at=MORNING)) == ""


def test_a_verified_address_comes_first(cast):
    recognise("Deux", "deux@courriel.example")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
    Address.objects.filter(normal="deux@courriel.example").update(party=cast.durand, verified=True)
    assert queries.email_of(cast.durand) == "deux@courriel.example"


def test_what_parties_are_called(cast):
    assert (str(cast.durand), cast.durand.initials) == ("Hélène Durand", "HD")
    assert [str(way) for way in cast.durand.addresses.all()] == ["helene.durand@courriel.example"]
    assert Party(name="").initials == ""
