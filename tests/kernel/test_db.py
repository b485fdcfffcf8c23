"""The one door to a transaction: it joins, it undoes all, it tells PostgreSQL its name and wants its event."""

import threading
from datetime import UTC, datetime
from typing import ClassVar

import psycopg
import pytest
from django.db import DatabaseError, connection, connections

from doleance.accounts.models import Entity
from doleance.audit import actions as audit
from doleance.audit.models import AuditEvent
from doleance.kernel import db
from doleance.kernel.db import (
    Unjournalled,
    hold,
    insert,
    is_waiting,
    note_event,
    pending,
    rewrite,
    snapshot,
    write,
    writing,
)
from doleance.kernel.errors import Refusal

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 23, 8, 47, tzinfo=UTC)


class TooLate(Refusal):
    code = "too_late_in_a_test"
    sentence = "Trop tard."


def tell(code="tested"):
    audit.record(stream="settings", code=code, by="machine:test", at=MORNING)


@write
def open_house(*, name, tells=True, fails=None):
    entity = Entity.objects.create(name=name)
    if tells:
        tell()
    if fails:
        raise fails
    return entity


@write
def open_two(*, first, second, fails_in_second=None):
    open_house(name=first)
    return open_house(name=second, fails=fails_in_second)


@write(quiet="counts nothing that anybody answers for")
def open_quietly(*, name):
    return Entity.objects.create(name=name)


def announced():
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('doleance.action', true), '')")
        return cursor.fetchone()[0]


def test_tests_run_as_the_role_of_the_product():
    """What PostgreSQL refuses to the product, it refuses to the tests."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('fsync')")
        assert cursor.fetchone() == ("doleance_app", "off")


def test_a_write_keeps_its_rows_and_its_event():
    open_house(name="Ici")
    assert Entity.objects.filter(name="Ici").exists()
    assert AuditEvent.objects.filter(stream="settings").count() == 1


@pytest.mark.parametrize("fault", [TooLate(), ValueError("a bug"), KeyboardInterrupt()])
def test_a_failure_undoes_all(fault):
    with pytest.raises(type(fault)):
        open_two(first="Un", second="Deux", fails_in_second=fault)
    assert not Entity.objects.exists()
    assert not AuditEvent.objects.exists()


def test_after_a_refusal_the_same_test_goes_on():
    """A bare `atomic(savepoint=False)` would leave the test's own transaction broken (architecture.md, section 4)."""
    with pytest.raises(TooLate):
        open_house(name="Ici", fails=TooLate())
    assert open_house(name="Ici").name == "Ici"


def test_a_caught_refusal_of_an_inner_write_still_undoes_all():
    """An action must not go on after a failure inside: Django refuses the next query."""

    @write
    def careless(*, name):
        try:
            open_house(name=name, fails=TooLate())
        except TooLate:
            return Entity.objects.count()

    with pytest.raises(DatabaseError):
        careless(name="Ici")
    assert not Entity.objects.exists()


def test_rows_without_an_event_are_refused():
    with pytest.raises(Unjournalled, match=r"test_db\.open_house"):
        open_house(name="Ici", tells=False)
    assert not Entity.objects.exists()


@pytest.mark.parametrize("change", ["update", "delete", "bulk_create"])
def test_every_kind_of_silent_change_is_refused(change):
    open_house(name="Ici")

    @write
    def silent():
        if change == "update":
            Entity.objects.filter(name="Ici").update(name="Là")
        elif change == "delete":
            Entity.objects.filter(name="Ici").delete()
        else:
            Entity.objects.bulk_create([Entity(name="Là")])

    with pytest.raises(Unjournalled):
        silent()
    assert [entity.name for entity in Entity.objects.all()] == ["Ici"]


def test_a_reason_allows_silence():
    assert open_quietly(name="Ici").pk
    assert not AuditEvent.objects.exists()


def test_silence_inside_a_telling_action_is_covered_by_its_event():
    @write
    def outer():
        open_quietly(name="Ici")
        tell()

    outer()
    assert Entity.objects.filter(name="Ici").exists()


def test_an_event_of_an_inner_action_counts():
    @write
    def outer():
        Entity.objects.create(name="Ici")
        open_house(name="Là")

    outer()
    assert Entity.objects.count() == 2


def test_an_action_that_changes_nothing_needs_no_event():
    @write
    def look():
        return Entity.objects.count()

    assert look() == 0


def test_postgresql_knows_the_outermost_action():
    @write
    def outer():
        before = announced()
        open_house(name="Ici")
        return before, announced(), writing()

    before, after, name = outer()
    assert before == after == name
    assert name.endswith("test_postgresql_knows_the_outermost_action.<locals>.outer")
    assert announced() == ""
    assert writing() == ""


def test_the_name_is_forgotten_after_a_failure():
    with pytest.raises(TooLate):
        open_house(name="Ici", fails=TooLate())
    assert announced() == ""
    assert writing() == ""


def test_a_write_outside_an_action_is_refused_by_the_database():
    """The proof that nobody writes beside the journal: PostgreSQL itself says no (M30)."""
    with pytest.raises(DatabaseError, match="outside an action"):
        Entity.objects.create(name="Ici")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO doleance_team (id, name, entity_id, is_default) VALUES (gen_random_uuid(), 'x', '{id}', false)",
        "UPDATE doleance_entity SET name = 'x'",
        "DELETE FROM doleance_entity",
        "TRUNCATE doleance_entity CASCADE",
    ],
)
def test_sql_by_hand_is_refused_by_the_database(statement, postgres):
    entity = open_house(name="Ici")
    url = postgres.server.url("doleance_app", "doleance_test")
    with psycopg.connect(url, autocommit=True) as stranger, pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute(statement.format(id=entity.pk).encode())
    assert Entity.objects.get().name == "Ici"


@pytest.mark.django_db(transaction=True)
def test_without_a_test_around_it_a_write_commits_or_leaves_nothing():
    """The same promises when the write owns the real transaction."""
    with pytest.raises(Unjournalled):
        open_house(name="Muet", tells=False)
    with pytest.raises(TooLate):
        open_two(first="Un", second="Deux", fails_in_second=TooLate())
    open_house(name="Ici")
    connection.close()
    assert [entity.name for entity in Entity.objects.all()] == ["Ici"]
    assert announced() == ""


@pytest.mark.django_db(transaction=True)
def test_two_threads_write_apart():
    """Who writes is known by thread: one thread's action neither joins nor names the other's."""
    inside, done = threading.Event(), threading.Event()
    seen = {}

    @write
    def slow():
        inside.set()
        assert done.wait(10)
        tell()

    def other():
        try:
            assert inside.wait(10)
            seen["writing"], seen["announced"] = writing(), announced()
            open_house(name="Ici")
        finally:
            done.set()
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    slow()
    thread.join()
    assert seen == {"writing": "", "announced": ""}
    assert Entity.objects.filter(name="Ici").exists()


@pytest.mark.django_db(transaction=True)
def test_a_held_name_makes_others_wait(postgres):
    @write
    def take():
        hold("reference:R26-7K4M-W")
        with postgres.superuser() as other:
            tried = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            return [other.execute(tried, [name]).fetchone()[0] for name in ("reference:R26-7K4M-W", "another")]

    assert take() == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_sees_one_moment_and_writes_nothing(superuser):
    open_house(name="Ici")
    with snapshot():
        assert Entity.objects.count() == 1
        superuser.execute("SET doleance.action = 'test'")
        superuser.execute("UPDATE doleance_entity SET name = 'Là'")
        assert Entity.objects.get().name == "Ici"
        with pytest.raises(DatabaseError, match="read-only"):
            open_house(name="Encore")
    assert Entity.objects.get().name == "Là"


def test_an_event_outside_a_write_is_a_bug():
    with pytest.raises(RuntimeError, match="inside a write"):
        note_event()


class Gathered:
    """What a test gathers: it says when it was finished, and with what."""

    finished: ClassVar[list[list[str]]] = []

    def __init__(self):
        self.words = []

    def finish(self):
        self.finished.append([*self.words, writing()])


def test_what_a_write_gathers_is_one_and_finished_once_inside_it():
    Gathered.finished.clear()

    @write
    def inner(*, word):
        pending(Gathered).words.append(word)

    @write
    def outer():
        inner(word="un")
        inner(word="deux")
        assert not Gathered.finished

    outer()
    [[*words, name]] = Gathered.finished
    assert words == ["un", "deux"]
    assert name.endswith("outer")


def test_what_a_failed_write_gathered_is_forgotten():
    Gathered.finished.clear()

    @write
    def failing():
        pending(Gathered).words.append("un")
        raise TooLate

    with pytest.raises(TooLate):
        failing()
    assert not Gathered.finished


@pytest.mark.parametrize("door", [lambda: pending(Gathered), lambda: insert(Entity()), lambda: rewrite(Entity())])
def test_nothing_is_gathered_outside_a_write(door):
    with pytest.raises(RuntimeError, match="inside a write"):
        door()


def inserts(queries):
    return [query["sql"] for query in queries if query["sql"].startswith('INSERT INTO "doleance_entity"')]


def test_rows_of_one_write_are_inserted_together(django_assert_max_num_queries):
    @write
    def several():
        rows = [insert(Entity(name=name)) for name in ("Un", "Deux", "Trois")]
        assert all(is_waiting(row) for row in rows)
        rows[0].name = "Premier"
        tell()

    with django_assert_max_num_queries(20) as queries:
        several()
    assert len(inserts(queries.captured_queries)) == 1
    assert set(Entity.objects.values_list("name", flat=True)) == {"Premier", "Deux", "Trois"}
    assert not is_waiting(Entity.objects.get(name="Deux"))


def test_whoever_names_a_table_sees_the_rows_that_waited():
    @write
    def look():
        row = insert(Entity(name="Ici"))
        tell()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM doleance_team")
            assert is_waiting(row)  # another table: nothing was needed
            cursor.execute("SELECT name FROM doleance_entity")
            seen = cursor.fetchall()
        return seen, is_waiting(row)

    assert look() == ([("Ici",)], False)


def test_a_row_that_is_saved_while_it_waits_is_inserted_then_changed():
    @write
    def careless():
        row = insert(Entity(name="Ici"))
        row.time_zone = "America/Cayenne"
        row.save(update_fields=["time_zone"])
        tell()

    careless()
    assert Entity.objects.get().time_zone == "America/Cayenne"


def test_a_row_written_anew_keeps_all_its_columns_and_adds_none():
    entity = open_house(name="Ici")

    @write
    def change():
        entity.name, entity.time_zone = "Là", "America/Cayenne"
        rewrite(entity)
        entity.calendar = "FR-GF"
        tell()
        return Entity.objects.get().name

    assert change() == "Là"
    assert [(one.name, one.time_zone, one.calendar) for one in Entity.objects.all()] == [
        ("Là", "America/Cayenne", "FR-GF")
    ]


def test_rows_that_wait_need_an_event_too():
    @write
    def silent():
        insert(Entity(name="Ici"))

    with pytest.raises(Unjournalled):
        silent()
    assert not Entity.objects.exists()


def test_actions_keep_their_name_and_words():
    assert open_house.__name__ == "open_house"
    assert vars(open_house)["__doleance_write__"]
    assert db.write.__doc__
