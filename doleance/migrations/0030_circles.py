"""Restricted files: since when, and whom their closed circle names."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doleance.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("doleance", "0029_api_keys")]

    operations = [
        migrations.AddField("complaint", "restricted_at", models.DateTimeField(null=True)),
        # A column that nothing is known of is taken to be full: every list asks where it is empty, and would be
        # planned as if it found next to nothing, until enough of a large table has changed.
        migrations.RunSQL("ANALYZE doleance_complaint (restricted_at)", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="CirclePerson",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_inside", models.BooleanField()),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="circle", to="doleance.complaint"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "personne d’un cercle",
                "indexes": [
                    models.Index(
                        models.F("user"),
                        models.F("complaint"),
                        condition=models.Q(is_inside=True),
                        name="circle_of_person",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("complaint", "user"), name="circle_names_once"),
                ],
            },
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_circleperson')", migrations.RunSQL.noop),
    ]
