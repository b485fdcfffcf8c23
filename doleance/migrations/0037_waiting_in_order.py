"""What waits for the complainant, and what belongs to nobody, are walked along an index, not gathered and sorted."""

from django.db import migrations, models

_WAITING = models.Q(("state", "waiting_complainant"))


class Migration(migrations.Migration):
    dependencies = [("doleance", "0036_file_texts")]

    operations = [
        migrations.AddIndex(
            "complaint",
            models.Index(
                *map(models.F, ("urgency", "due_order", "id")),
                name="complaint_waiting_in_order",
                condition=_WAITING,
            ),
        ),
        # That a file belongs to nobody and that it is open go together. PostgreSQL multiplies the two, expects a tenth
        # of what there is, and sorts all of it where an index has it in order.
        migrations.RunSQL(
            "CREATE STATISTICS complaint_owner_and_state (mcv) ON owner_id, state FROM doleance_complaint",
            "DROP STATISTICS complaint_owner_and_state",
        ),
        migrations.RunSQL("ANALYZE doleance_complaint", migrations.RunSQL.noop),
    ]
