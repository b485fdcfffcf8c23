"""What the orders of the list compare: the last change, the rank, and the due moment with a place for none."""

import datetime as dt

import django.db.models.functions
from django.db import migrations, models

_OVER = ["closed", "forwarded", "merged", "withdrawn"]
_SETTLED = ["answered", "closed", "follow_up", "forwarded", "merged", "withdrawn"]
_NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
_JUMPS = models.Q(("is_safety", True), models.Q(("state__in", _SETTLED), _negated=True))

_LIVE = models.Q(("state__in", _OVER), _negated=True)
_DUE = ("urgency", "due_order", "id")
_INDEXES = (
    ("complaint_by_received", ("received_at", "id"), None),
    ("complaint_by_change", ("changed_at", "id"), None),
    ("complaint_in_order", _DUE, None),
    ("complaint_live_in_order", _DUE, _LIVE),
    ("complaint_live_by_owner", ("owner", *_DUE), _LIVE),
    ("complaint_live_by_received", ("received_at", "id"), _LIVE),
)


class Migration(migrations.Migration):
    dependencies = [("doleance", "0022_search")]

    operations = [
        migrations.RemoveIndex("complaint", "complaint_by_received"),
        migrations.AddField(
            "complaint",
            "changed_at",
            models.DateTimeField(null=True),
        ),
        # The files that are there last changed when the latest of their own moments says, not today.
        migrations.RunSQL(
            """
            SELECT set_config('doleance.action', 'migration', true);
            UPDATE doleance_complaint
               SET changed_at = greatest(registered_at, decided_at, answered_at, closed_at, access_revoked_at);
            SELECT set_config('doleance.action', '', true);
            SET CONSTRAINTS ALL IMMEDIATE; -- columns join a table of which nothing is still to be checked
            SET CONSTRAINTS ALL DEFERRED;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("complaint", "changed_at", models.DateTimeField()),
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
        *(
            migrations.AddIndex("complaint", models.Index(*map(models.F, columns), name=name, condition=condition))
            for name, columns, condition in _INDEXES
        ),
    ]
