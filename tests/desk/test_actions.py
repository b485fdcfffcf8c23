"""Saved views: kept, replaced, put in order, shared, deleted, each on its owner's chain."""

import pytest

from doleance.accounts.rules import Role, machine
from doleance.audit import queries as audit
from doleance.desk import actions, rules
from doleance.desk.models import SavedView
from doleance.desk.queries import views
from doleance.kernel.errors import NotAllowed
from tests.cast import MORNING, TESTS, colleague

pytestmark = pytest.mark.django_db


def save(user, name, query="vue=moi", team_id=None):
    return actions.save_view(name=name, query=query, team_id=team_id, by=user.actor(), at=MORNING)


def names(user):
    return [view.name for view in views.seen_by(user.actor())]


def codes(user):
    return [event.code for event in audit.history(f"user:{user.pk}").order_by("seq")][-4:]


def test_views_are_kept_in_the_order_they_were_saved(cast):
    for name in ("Zèbre", "Abeille", "Marmotte"):
        save(cast.amelie, name)
    assert names(cast.amelie) == ["Zèbre", "Abeille", "Marmotte"]
    assert codes(cast.amelie)[-1] == "view_saved"
    assert names(cast.bruno) == []


def test_the_same_name_replaces_what_it_shows(cast):
    first = save(cast.amelie, "Retards", "vue=retard")
    again = save(cast.amelie, " Retards ", "echeance=retard", cast.team.pk)
    assert first.pk == again.pk
    kept = SavedView.objects.get()
    assert (kept.query, kept.team_id) == ("echeance=retard", cast.team.pk)
    assert codes(cast.amelie)[-1] == "view_changed"
    events = audit.history(f"user:{cast.amelie.pk}").count()
    save(cast.amelie, "Retards", "echeance=retard", cast.team.pk)
    assert audit.history(f"user:{cast.amelie.pk}").count() == events


def test_a_shared_view_is_seen_by_the_team_after_its_own(cast):
    save(cast.amelie, "Équipe", team_id=cast.team.pk)
    save(cast.bruno, "À moi")
    assert names(cast.bruno) == ["À moi", "Équipe"]
    assert names(cast.chloe) == []


def test_one_shares_with_one_s_own_team_only(cast):
    with pytest.raises(rules.NotYourTeam):
        save(cast.amelie, "Ailleurs", team_id=cast.logistics.pk)


def test_a_view_has_a_name_and_an_address_that_holds(cast):
    with pytest.raises(rules.ViewUnnamed):
        save(cast.amelie, "   ")
    with pytest.raises(rules.ViewTooLong):
        save(cast.amelie, "Longue", "q=" + "x" * 2_000)


def test_a_dozen_is_enough(cast):
    for number in range(rules.MOST_VIEWS):
        save(cast.amelie, f"Vue {number}")
    with pytest.raises(rules.TooManyViews):
        save(cast.amelie, "Une de trop")
    save(cast.amelie, "Vue 3", "vue=clos")  # replacing adds none


def test_a_view_is_moved_and_stays_inside(cast):
    first, second = save(cast.amelie, "Un"), save(cast.amelie, "Deux")
    actions.move_view(view=second, up=True, by=cast.amelie.actor(), at=MORNING)
    assert names(cast.amelie) == ["Deux", "Un"]
    assert codes(cast.amelie)[-1] == "view_moved"
    actions.move_view(view=second, up=True, by=cast.amelie.actor(), at=MORNING)
    actions.move_view(view=first, up=False, by=cast.amelie.actor(), at=MORNING)
    assert names(cast.amelie) == ["Deux", "Un"]
    with pytest.raises(rules.NotYourView):
        actions.move_view(view=first, up=False, by=cast.bruno.actor(), at=MORNING)


def test_its_owner_deletes_a_view_and_a_lead_what_their_team_is_shown(cast):
    shared, own = save(cast.amelie, "Équipe", team_id=cast.team.pk), save(cast.amelie, "À moi")
    other = colleague("Luc Roy", {Role.AGENT}, [cast.team])
    with pytest.raises(rules.NotYourView):
        actions.remove_view(view=shared, by=other.actor(), at=MORNING)
    with pytest.raises(rules.NotYourView):
        actions.remove_view(view=own, by=cast.bruno.actor(), at=MORNING)
    actions.remove_view(view=shared, by=cast.bruno.actor(), at=MORNING)
    actions.remove_view(view=own, by=cast.amelie.actor(), at=MORNING)
    actions.remove_view(view=own, by=cast.amelie.actor(), at=MORNING)  # pressed twice
    assert not SavedView.objects.exists()
    assert codes(cast.amelie)[-2:] == ["view_removed", "view_removed"]


def test_who_reads_no_file_keeps_no_view(cast):
    for by in (cast.nadia.actor(), machine("test"), TESTS):
        with pytest.raises(NotAllowed):
            actions.save_view(name="Vue", query="", team_id=None, by=by, at=MORNING)
