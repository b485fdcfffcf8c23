"""The views that people save and share."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doleance.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("doleance", "0023_list_orders")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=2_000)),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.team"
                    ),
                ),
            ],
            options={"verbose_name": "vue enregistrée"},
        ),
        migrations.AddConstraint(
            "savedview", models.UniqueConstraint(fields=("owner", "name"), name="view_name_once")
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_savedview')", migrations.RunSQL.noop),
    ]
