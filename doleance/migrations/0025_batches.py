"""One gesture on many files: what it asked, and what became of each."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doleance.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("doleance", "0024_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("prendre", "Prendre"),
                            ("confier", "Confier à une personne"),
                            ("equipe", "Changer d’équipe"),
                        ],
                        max_length=8,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.team"
                    ),
                ),
            ],
            options={
                "verbose_name": "lot",
            },
        ),
        migrations.CreateModel(
            name="BatchItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "fate",
                    models.CharField(
                        choices=[
                            ("waiting", "en attente"),
                            ("done", "fait"),
                            ("same", "déjà ainsi"),
                            ("closed", "verrouillé, car terminé"),
                            ("reviewed", "verrouillé, le second examen revient à une autre personne"),
                            ("elsewhere", "dossier d’une autre entreprise"),
                            ("gone", "n’est plus à vous, ou n’existe pas"),
                            ("undone", "rendu à qui l’avait"),
                            ("kept", "changé entre-temps, laissé comme il est"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="doleance.batch"
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.complaint"
                    ),
                ),
                (
                    "from_owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "from_team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.team"
                    ),
                ),
            ],
            options={
                "verbose_name": "dossier d’un lot",
                "constraints": [models.UniqueConstraint(fields=("batch", "complaint"), name="batch_item_once")],
            },
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_batch')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT doleance_guard('doleance_batchitem')", migrations.RunSQL.noop),
    ]
