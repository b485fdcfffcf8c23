"""A search among the files registered last (docs/decisions/0082)."""

from django.db import migrations

from doleance.kernel.sql import script


class Migration(migrations.Migration):
    dependencies = [("doleance", "0030_circles")]

    operations = [
        migrations.RunSQL(
            script("doleance.complaints", "search_latest_v1.sql"), "DROP FUNCTION doleance_latest(tsquery, integer)"
        )
    ]
