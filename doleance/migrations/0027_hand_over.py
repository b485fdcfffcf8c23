"""What was handed over when somebody went away."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import doleance.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("doleance", "0026_mailed_links")]

    operations = [
        migrations.CreateModel(
            name="HandOver",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("handed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.complaint"
                    ),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"verbose_name": "dossier confié"},
        ),
        migrations.AddConstraint(
            "handover",
            models.UniqueConstraint(
                models.F("user"), models.F("complaint"), condition=Q(ended_at=None), name="handover_open_once"
            ),
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_handover')", migrations.RunSQL.noop),
    ]
