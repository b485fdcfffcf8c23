"""What PostgreSQL itself refuses: a changed journal, a write outside an action, an auditor who writes."""

from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from doleance.accounts.models import User
from doleance.audit import actions, queries
from doleance.audit.models import AuditEvent
from doleance.boot.postgres import OWNER
from doleance.kernel.db import write
from doleance.kernel.sql import script
from tests.database import NAME

AT = timezone.now()
REFUSED = [
    "UPDATE doleance_auditevent SET seq = seq + 1",
    "UPDATE doleance_auditevent SET facts = '{}' WHERE false",
    "DELETE FROM doleance_auditevent",
    "TRUNCATE doleance_auditevent",
    "INSERT INTO doleance_auditevent TABLE doleance_auditevent ON CONFLICT (stream, seq) DO UPDATE SET facts = '{}'",
    "MERGE INTO doleance_auditevent e USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
]


def execute(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@write
def acting(*, statement, by="machine:test", at=AT):
    execute(statement)
    actions.record(stream="settings", code="tested", by=by, at=at)


@pytest.mark.django_db
def test_tests_run_as_the_product_does():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("doleance_app", False)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", REFUSED)
def test_the_app_cannot_change_the_journal_even_in_an_action(complaints, statement):
    with pytest.raises(ProgrammingError, match="permission denied"):
        acting(statement=statement)


@pytest.mark.parametrize("statement", REFUSED)
@pytest.mark.parametrize("preparation", ["SET ROLE doleance_owner", "", "SET session_replication_role = replica"])
def test_neither_the_owner_nor_a_superuser_changes_it_by_a_statement(superuser, statement, preparation):
    """Not even a session that plays a replica, which skips ordinary triggers. They must first take the trigger off."""
    actions.record(stream="settings", code="tested", by="machine:test", at=AT)
    superuser.execute(preparation or "SELECT 1")
    superuser.execute("SELECT set_config('doleance.action', 'a test', false)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        superuser.execute(statement)
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "constraint"), [("seq", "doleance_auditevent_pkey"), ("prev_hash", "auditevent_no_fork")]
)
def test_a_fork_is_a_constraint_error(column, constraint):
    event = actions.record(stream="settings", code="tested", by="machine:test", at=AT)
    columns = {"seq": "2", "prev_hash": "sha256('other')", column: column}
    with pytest.raises(IntegrityError, match=constraint):
        acting(
            statement="INSERT INTO doleance_auditevent (stream, seq, prev_hash, facts, commitment, hash)"
            f" SELECT stream, {columns['seq']}, {columns['prev_hash']}, facts, commitment, hash"
            f" FROM doleance_auditevent WHERE stream = '{event.stream}'"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["prev_hash", "commitment", "hash"])
def test_hashes_have_their_size(column):
    values = {"prev_hash": "sha256('a')", "commitment": "sha256('a')", "hash": "sha256('a')", column: "'short'"}
    with pytest.raises(IntegrityError, match="auditevent_hash_sizes"):
        acting(
            statement="INSERT INTO doleance_auditevent (stream, seq, facts, prev_hash, commitment, hash)"
            f" VALUES ('x', 1, '{{}}', {values['prev_hash']}, {values['commitment']}, {values['hash']})"
        )


def business_tables():
    models = apps.get_app_config("doleance").get_models(include_auto_created=True)
    return sorted(model._meta.db_table for model in models)


@pytest.mark.django_db
@pytest.mark.parametrize("table", business_tables())
def test_each_table_is_written_by_actions_only(table):
    """Every model's table has its guard; one that a later migration forgets fails here."""
    refused = f"on {table} outside an action|permission denied for table {table}"
    for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES"):
        with pytest.raises(ProgrammingError, match=refused):
            execute(statement)
    assert queries.missing_protections([table]) == []


def test_a_guarded_table_is_not_emptied_outside_an_action(superuser):
    for table in ("doleance_team", "doleance_user"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="outside an action"):
            superuser.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.django_db
def test_an_action_announces_itself_for_the_length_of_its_transaction_only(complaints):
    with pytest.raises(ProgrammingError, match="UPDATE on doleance_complaint outside an action"):
        execute("UPDATE doleance_complaint SET state = 'closed'")
    acting(statement="UPDATE doleance_complaint SET is_safety = true")
    with pytest.raises(ProgrammingError, match="outside an action"):
        execute("UPDATE doleance_complaint SET is_safety = false")


@pytest.mark.django_db
def test_a_persons_password_and_last_sign_in_change_alone(complaints):
    """Django and allauth write these two on their own; anything else of a person is an action's."""
    execute("UPDATE doleance_user SET last_login = now(), password = 'x'")
    assert User.objects.filter(password="x").count() == 2
    for column in ("email = 'x' || email", "is_active = false, last_login = now()", "roles = '{administrator}'"):
        with pytest.raises(ProgrammingError, match="UPDATE on doleance_user outside an action"):
            execute(f"UPDATE doleance_user SET {column}")
    with pytest.raises(ProgrammingError, match="DELETE on doleance_user outside an action"):
        execute("DELETE FROM doleance_user WHERE true")


@pytest.fixture
def auditor(superuser, postgres):
    with postgres.server.connect("doleance_auditor", NAME) as opened:
        yield opened


def test_an_auditor_reads_everything_and_writes_nothing(superuser, auditor):
    actions.record(stream="settings", code="tested", by="machine:test", at=AT)
    assert auditor.execute("SELECT count(*) FROM doleance_auditevent").fetchone() == (1,)
    auditor.execute("SELECT set_config('doleance.action', 'an auditor', false)")
    for table in business_tables():
        auditor.execute(f"SELECT count(*) FROM {table}")
        for statement in (f"INSERT INTO {table} DEFAULT VALUES", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
                auditor.execute(statement)


def test_what_is_created_later_is_granted_too(superuser, postgres):
    with postgres.server.connect(OWNER, NAME) as owner:
        owner.execute("CREATE TABLE doleance_later (id bigint GENERATED BY DEFAULT AS IDENTITY, word text)")
        owner.execute("SELECT doleance_guard('doleance_later')")
    with postgres.server.connect("doleance_app", NAME) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="outside an action"):
            app.execute("INSERT INTO doleance_later (word) VALUES ('x')")
        app.execute("SELECT set_config('doleance.action', 'a test', false)")
        app.execute("INSERT INTO doleance_later (word) VALUES ('x')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DROP TABLE doleance_later")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("ALTER TABLE doleance_auditevent DISABLE TRIGGER doleance_append_only")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM django_migrations")


def test_a_lent_database_without_the_right_to_make_roles_still_migrates(superuser):
    """One account, no role of ours on the server: the account stays owner, and the triggers protect."""
    account = f"lent_{uuid4().hex[:8]}"
    roles = script("doleance.audit", "roles_v1.sql").replace("doleance_app", "absent_app")
    roles = roles.replace("doleance_auditor", "absent_auditor").replace("doleance_grant", f"grant_{account}")
    superuser.execute(f"CREATE ROLE {account} NOLOGIN NOCREATEROLE")
    try:
        superuser.execute(f"GRANT CREATE, USAGE ON SCHEMA public TO {account}")
        superuser.execute(f"SET ROLE {account}")
        superuser.execute(roles.encode())
        found = superuser.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'absent%'").fetchall()
        assert found == []
    finally:
        superuser.execute("RESET ROLE")
        superuser.execute(f"DROP OWNED BY {account}")
        superuser.execute(f"DROP ROLE {account}")


def test_roles_are_made_where_that_is_permitted(superuser):
    mark = uuid4().hex[:8]
    roles = script("doleance.audit", "roles_v1.sql").replace("doleance_app", f"made_app_{mark}")
    roles = roles.replace("doleance_auditor", f"made_auditor_{mark}").replace("doleance_grant", f"grant_{mark}")
    superuser.execute(roles.encode())
    try:
        found = superuser.execute(
            "SELECT rolname, rolcanlogin, has_table_privilege(rolname, 'doleance_auditevent', 'INSERT'),"
            " has_table_privilege(rolname, 'doleance_auditevent', 'SELECT'),"
            " has_table_privilege(rolname, 'doleance_auditevent', 'UPDATE,DELETE,TRUNCATE')"
            f" FROM pg_roles WHERE rolname LIKE 'made%{mark}' ORDER BY rolname"
        ).fetchall()
        assert found == [
            (f"made_app_{mark}", False, True, True, False),
            (f"made_auditor_{mark}", False, False, True, False),
        ]
    finally:
        for role in (f"made_app_{mark}", f"made_auditor_{mark}"):
            superuser.execute(f"DROP OWNED BY {role}")
            superuser.execute(f"DROP ROLE {role}")
