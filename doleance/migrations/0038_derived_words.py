"""What is derived of somebody's words: which traits were written since, and what goes with a destroyed key."""

import django.db.models.deletion
from django.db import migrations, models

from doleance.kernel.sql import script

# The reading that showed the signal to who judged it. The words themselves are in it, sealed.
READINGS = """
SELECT set_config('doleance.action', 'migration', true);
UPDATE doleance_judgedsignal judged SET reading_id = (
    SELECT id FROM doleance_savedreading reading
    WHERE reading.message_id = judged.message_id AND reading.error = '' AND reading.read_at <= judged.at
    ORDER BY reading.read_at DESC, reading.id DESC LIMIT 1
) WHERE judged.holds;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT set_config('doleance.action', '', true)
"""
# Going back, what was erased has a trouble again: nothing is read of it.
TROUBLED = """
SELECT set_config('doleance.action', 'migration', true);
UPDATE doleance_filereading SET trouble = 'no_text' WHERE text = '' AND trouble = '';
SET CONSTRAINTS ALL IMMEDIATE;
SELECT set_config('doleance.action', '', true)
"""
UNTURNED = """
DROP TRIGGER doleance_traits_turn ON doleance_traits;
DROP FUNCTION doleance_next_turn();
DROP SEQUENCE doleance_traits_turns
"""
REMEMBERED = """
DROP TRIGGER doleance_forget_derived ON doleance_subjectkey;
DROP FUNCTION doleance_forget_derived()
"""


class Migration(migrations.Migration):
    dependencies = [("doleance", "0037_waiting_in_order")]

    operations = [
        migrations.AddField("traits", "turn", models.BigIntegerField(default=0)),
        migrations.AddIndex("traits", models.Index("entity_id", "turn", name="traits_by_turn")),
        migrations.RunSQL(script("doleance.matching", "turns_v1.sql"), UNTURNED),
        migrations.AddField(
            "judgedsignal",
            "reading",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="judged_signals",
                to="doleance.savedreading",
            ),
        ),
        migrations.RunSQL(READINGS, migrations.RunSQL.noop),
        migrations.RemoveField("judgedsignal", "quote"),
        migrations.RemoveConstraint("filereading", "file_text_or_trouble"),
        migrations.AddConstraint(
            "filereading",
            models.CheckConstraint(
                condition=models.Q(("text", ""), ("trouble", ""), _connector="OR"), name="file_text_or_trouble"
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, TROUBLED),
        migrations.RunSQL(script("doleance.understanding", "erased_v1.sql"), REMEMBERED),
    ]
