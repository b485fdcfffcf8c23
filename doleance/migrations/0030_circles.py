"""Restricted files: since when, and whom their closed circle names."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doleance.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("doleance", "0029_api_keys")]

    operations = [
        migrations.AddField("complaint", "restricted_at", models.DateTimeField(null=True)),
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
