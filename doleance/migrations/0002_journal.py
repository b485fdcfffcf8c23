"""The journal is append-only, business tables are written by actions only, and each role has what it needs."""

from typing import Any, ClassVar

from django.db import migrations

from doleance.kernel.sql import script

# Django and allauth write these two on their own: signing in, and a hash brought to the present algorithm.
FREE_COLUMNS = {"doleance_user": ["password", "last_login"]}


def guard_tables(apps: Any, editor: Any) -> None:
    """Guard every table of Doléance that exists at this point; later migrations call doleance_guard themselves."""
    for model in apps.get_app_config("doleance").get_models(include_auto_created=True):
        table = model._meta.db_table
        free = FREE_COLUMNS.get(table, [])
        names = "".join(f", {editor.quote_value(name)}" for name in free)
        editor.execute(f"SELECT doleance_guard({editor.quote_value(table)}::regclass{names})")


def free_tables(apps: Any, editor: Any) -> None:
    """Take the guards away."""
    for model in apps.get_app_config("doleance").get_models(include_auto_created=True):
        name = editor.quote_name(model._meta.db_table)
        editor.execute(f"DROP TRIGGER IF EXISTS doleance_guard ON {name}")
        editor.execute(f"DROP TRIGGER IF EXISTS doleance_guard_columns ON {name}")


DROP_FUNCTIONS = """
DROP FUNCTION doleance_grant();
DROP FUNCTION doleance_guard(regclass, VARIADIC text[]);
DROP FUNCTION doleance_refuse_outside_action();
"""

DROP_JOURNAL = """
DROP FUNCTION doleance_journal_head(text);
ALTER TABLE doleance_auditevent DROP CONSTRAINT auditevent_hash_sizes;
DROP TRIGGER doleance_append_only ON doleance_auditevent;
DROP FUNCTION doleance_refuse_journal_change();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("doleance", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(script("doleance.audit", "journal_v1.sql"), DROP_JOURNAL),
        migrations.RunSQL(
            script("doleance.audit", "guard_v1.sql") + script("doleance.audit", "roles_v1.sql"), DROP_FUNCTIONS
        ),
        migrations.RunPython(guard_tables, free_tables),
    ]
