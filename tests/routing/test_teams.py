"""To which team the griefs of each category go, in one house."""

from uuid import UUID

import pytest

from doleance.accounts.models import Entity
from doleance.audit import verify
from doleance.kernel.errors import NotAllowed
from doleance.routing.actions import teams
from doleance.routing.models import TeamRule
from doleance.routing.queries import teams as queries
from doleance.routing.rules import Matter, TeamOfAnother, choose_team
from tests.cast import MORNING

FILE, CARRIER, LOST = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("category", "team"),
    [
        ("delivery.lost", LOST),
        ("delivery.late", CARRIER),
        ("delivery", CARRIER),
        ("billing.refund", FILE),
        ("", FILE),
    ],
)
def test_the_rule_of_the_sub_category_then_of_its_branch_then_the_team_of_the_file(category, team):
    rules = {"delivery": CARRIER, "delivery.lost": LOST}
    assert choose_team(Matter(category, FILE), rules) == team


def test_what_is_settled_replaces_what_was_and_is_on_the_journal(cast):
    told = {"entity": cast.entity, "by": cast.nadia.actor(), "at": MORNING}
    assert teams.settle_teams(wanted={"delivery": cast.logistics, "billing": cast.team}, **told)
    assert teams.settle_teams(wanted={"delivery": cast.team}, **told)
    assert not teams.settle_teams(wanted={"delivery": cast.team}, **told)
    assert queries.team_rules(cast.entity) == {"delivery": cast.team.pk}
    assert TeamRule.objects.count() == 1
    assert verify.check().findings == []


def test_only_who_changes_settings_may(cast):
    with pytest.raises(NotAllowed):
        teams.settle_teams(entity=cast.entity, wanted={}, by=cast.bruno.actor(), at=MORNING)


def test_another_houses_team_is_refused(cast):
    other = Entity(name="Autre maison")
    with pytest.raises(TeamOfAnother):
        teams.settle_teams(entity=other, wanted={"delivery": cast.team}, by=cast.nadia.actor(), at=MORNING)
