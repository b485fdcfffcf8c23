"""The words of each file, kept by triggers, and what to look for in them; those of the files that are there."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from doleance.kernel.sql import script

# A thousand files at a time: each call sees and writes a bounded set of rows.
FILL = """
SELECT set_config('doleance.action', 'migration', true);
DO $$
DECLARE
    files uuid[];
    past uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    LOOP
        files := ARRAY(SELECT id FROM doleance_complaint WHERE id > past ORDER BY id LIMIT 1000);
        EXIT WHEN cardinality(files) = 0;
        PERFORM doleance_write_words(files);
        past := files[cardinality(files)];
    END LOOP;
END;
$$;
SELECT set_config('doleance.action', '', true);
SET CONSTRAINTS ALL IMMEDIATE; -- an index is made on a table of which nothing is still to be checked
SET CONSTRAINTS ALL DEFERRED;
"""

DROP = """
DROP FUNCTION doleance_found(tsquery, integer);
DROP FUNCTION doleance_sought(text[], text[]);
DROP FUNCTION doleance_follow_person() CASCADE;
DROP FUNCTION doleance_follow_item() CASCADE;
DROP FUNCTION doleance_follow_said() CASCADE;
DROP FUNCTION doleance_follow_file() CASCADE;
DROP FUNCTION doleance_write_words(uuid[]);
DROP FUNCTION doleance_words_of(uuid[]);
DROP FUNCTION doleance_line(text);
DROP FUNCTION doleance_folded(text);
DROP FUNCTION doleance_bare(text);
DROP FUNCTION doleance_spelt(text);
"""


class Migration(migrations.Migration):
    dependencies = [("doleance", "0021_rules_of_a_file")]

    operations = [
        migrations.CreateModel(
            name="FileWords",
            fields=[
                (
                    "complaint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="doleance.complaint",
                    ),
                ),
                ("document", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={"verbose_name": "mots d’un dossier"},
        ),
        migrations.RunSQL(script("doleance.complaints", "search_v1.sql"), DROP),
        migrations.RunSQL("SELECT doleance_guard('doleance_filewords')", migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="filewords",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["document"], gin_pending_list_limit=1024, name="filewords_by_word"
            ),
        ),
    ]
