"""Rows of models by COPY, and the house that they belong to."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import cache
from random import Random
from typing import Any

from django.db import connection
from django.db.models import JSONField, Model
from psycopg import sql

from benchmarks.lives import YEARS, House, Lives
from doleance.accounts import actions as accounts
from doleance.accounts.models import Entity, Team, User
from doleance.accounts.rules import Role, machine
from doleance.complaints.actions import taxonomy
from doleance.deadlines import actions as deadlines
from doleance.deadlines import queries as deadline_queries
from doleance.kernel import clock

SLICE = 1_000
TEAMS = ("Relation client", "Logistique", "Technique", "Facturation", "Magasins", "Garanties", "Voyages", "Recours")
PEOPLE = 5  # of each team
BY = machine("benchmark")
AGENT, QUALITY = "agent.0.0@maison.example", "qualite@maison.example"
PASSWORD = "une bouilloire à la mer"
_WORDS_INDEX = "filewords_by_word"


def make_house() -> None:
    """The entity, its teams and people, its calendars and its taxonomy, by the product's own actions."""
    at = _today()
    entity = accounts.ensure_house(by=BY, at=at)
    taxonomy.seed(by=BY, at=at)
    deadlines.seed_calendars(by=BY, at=at - YEARS)
    deadlines.seed_calendars(by=BY, at=at)
    for place, name in enumerate(TEAMS):
        known = Team.objects.filter(entity=entity, name=name).first()
        team = known or accounts.save_team(team=None, entity=entity, name=name, by=BY, at=at)
        for number in range(PEOPLE):
            mail = f"agent.{place}.{number}@maison.example"
            accounts.add_user(
                name=f"Agent {place} {number}", email=mail, roles={Role.AGENT}, teams=[team], by=BY, at=at
            )
    accounts.add_user(name="Qualité", email=QUALITY, roles={Role.QUALITY}, teams=[], by=BY, at=at)
    for mail in (AGENT, QUALITY):
        accounts.choose_password(user=User.objects.get(email=mail), password=PASSWORD, by=BY, at=at)


def _today() -> datetime:
    """Midnight of today, UTC: processes that begin at different moments agree on it."""
    return datetime.combine(clock.now().date(), time(), UTC)


@cache
def _house() -> House:
    entity = Entity.objects.get()
    teams = list(Team.objects.filter(entity=entity).order_by("name"))
    people = {team.id: list(User.objects.filter(teams=team).order_by("email")) for team in teams}
    return House(entity, teams, people, deadline_queries.calendar(entity.calendar), _today())


def before() -> None:
    """An index of words that is filled at once is made in minutes, row by row in hours."""
    _execute(f"DROP INDEX {_WORDS_INDEX}")


def fill(first: int, end: int, count: int, seed: int) -> None:
    """The files from `first` to `end` of `count`: the same seed makes the same, in whatever process."""
    rows: dict[type[Model], list[Model]] = defaultdict(list)

    def keep(row: Model) -> None:
        rows[type(row)].append(row)

    lives = Lives(_house(), Random(f"{seed} {first}"), keep)
    for number in range(first, end):
        lives.live(number, count)
    files = [row.pk for model, made in rows.items() if model._meta.model_name == "complaint" for row in made]
    _execute("SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
    for model, made in rows.items():
        _copy(model, made)
    _execute("INSERT INTO doleance_filewords (complaint_id, document) SELECT * FROM doleance_words_of(%s)", [files])


def _copy(model: type[Model], rows: list[Model]) -> None:
    columns = [
        (one.attname, str(one.column), _writer(one)) for one in model._meta.concrete_fields if not one.generated
    ]
    names = sql.SQL(", ").join([sql.Identifier(name) for _, name, _ in columns])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), names)
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([write(getattr(row, name)) for name, _, write in columns])


def _writer(column: Any) -> Callable[[Any], Any]:
    if isinstance(column, JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False)
    return lambda value: str(value) if isinstance(value, str) else value  # a kind is written by its code


def after() -> None:
    """Index the words, and let the planner know what is there."""
    _execute("SET maintenance_work_mem = '1GB'")
    _execute(
        f"CREATE INDEX {_WORDS_INDEX} ON doleance_filewords USING gin (document) WITH (gin_pending_list_limit=1024)"
    )
    _execute("VACUUM (ANALYZE)")


def _execute(statement: str, given: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
