"""Following a file: corrections of the complainant, from where codes are asked, who answered what is contested."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doleance.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("doleance", "0013_theme_logo")]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("point", models.CharField(max_length=48)),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "exchange",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="doleance.exchange",
                    ),
                ),
                (
                    "grievance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="doleance.grievance",
                    ),
                ),
            ],
            options={"verbose_name": "correction"},
        ),
        migrations.AddField(
            "complaint",
            "reviewed_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("followcode", "origin", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField("followcode", "to", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddIndex(
            "followcode",
            models.Index(models.F("origin"), models.F("made_at"), name="follow_code_origin"),
        ),
        migrations.AddIndex("followcode", models.Index(models.F("to"), models.F("made_at"), name="follow_code_to")),
        migrations.AddIndex(
            "correction",
            models.Index(models.F("grievance"), models.F("at"), models.F("id"), name="correction_in_order"),
        ),
        migrations.AddConstraint(
            "correction",
            models.UniqueConstraint(fields=("exchange", "grievance", "point"), name="correction_once_a_message"),
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_correction')", migrations.RunSQL.noop),
    ]
