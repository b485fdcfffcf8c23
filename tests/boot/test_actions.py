"""What happens to the installation and stands on the journal."""

import pytest

from doleance.accounts.rules import Actor, Role, machine
from doleance.audit.models import AuditEvent
from doleance.boot import actions
from doleance.kernel.errors import NotAllowed
from tests.cast import MORNING


@pytest.mark.django_db
def test_a_restore_is_on_the_journal():
    actions.note_restore(backup_at="2026-11-20T03:10:00+00:00", by=machine("restore"), at=MORNING)
    event = AuditEvent.objects.get(stream="settings", facts__code="database_restored")
    assert "2026-11-20T03:10:00+00:00" in str(event.facts)
    assert event.by == "machine:restore"


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.QUALITY, Role.AUDITOR])
def test_who_does_not_run_the_house_restores_nothing(role):
    actor = Actor(id="user:1", name="x", roles=frozenset({role}))
    with pytest.raises(NotAllowed):
        actions.note_restore(backup_at="2026-11-20", by=actor, at=MORNING)
    assert not AuditEvent.objects.filter(facts__code="database_restored").exists()
