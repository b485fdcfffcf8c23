"""What the orders of the list compare: the last change, the rank, and the due moment with a place for none."""

import datetime as dt

import django.db.models.functions
from django.db import migrations, models

_OVER = ["closed", "forwarded", "merged", "withdrawn"]
_SETTLED = ["answered", "closed", "follow_up", "forwarded", "merged", "withdrawn"]
_NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
_JUMPS = models.Q(("is_safety", True), models.Q(("state__in", _SETTLED), _negated=True))


class Migration(migrations.Migration):
    dependencies = [("doleance", "0019_typed_addresses")]

    operations = [
        migrations.RemoveIndex("complaint", "complaint_by_received"),
        migrations.AddField(
            "complaint",
            "changed_at",
            models.DateTimeField(db_default=django.db.models.functions.Now()),
        ),
        # The files that are there last changed when the latest of their own moments says, not today.
        migrations.RunSQL(
            """
            SELECT set_config('doleance.action', 'migrations.0020', true);
            UPDATE doleance_complaint
               SET changed_at = greatest(registered_at, decided_at, answered_at, closed_at, access_revoked_at);
            SELECT set_config('doleance.action', '', true);
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            "complaint",
            "due_order",
            models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.Coalesce("next_due_at", models.Value(_NEVER)),
                output_field=models.DateTimeField(),
            ),
        ),
        migrations.AddField(
            "complaint",
            "urgency",
            models.GeneratedField(
                db_persist=True,
                expression=models.Case(models.When(_JUMPS, then=0), default=1),
                output_field=models.PositiveSmallIntegerField(),
            ),
        ),
        migrations.AddIndex(
            "complaint",
            models.Index(models.F("received_at"), models.F("id"), name="complaint_by_received"),
        ),
        migrations.AddIndex(
            "complaint",
            models.Index(models.F("changed_at"), models.F("id"), name="complaint_by_change"),
        ),
        migrations.AddIndex(
            "complaint",
            models.Index(models.F("urgency"), models.F("due_order"), models.F("id"), name="complaint_in_order"),
        ),
        migrations.AddIndex(
            "complaint",
            models.Index(
                models.F("urgency"),
                models.F("due_order"),
                models.F("id"),
                condition=models.Q(("state__in", _OVER), _negated=True),
                name="complaint_live_in_order",
            ),
        ),
    ]
