"""Files of one matter: pairs, merges, what files are compared by; a stub leads to the file in which it goes on."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import doleance.kernel.ids

GUARD = "; ".join(f"SELECT doleance_guard('doleance_{table}')" for table in ("traits", "pair", "merge"))

# As Django would make it, under the name that it would give, but NOT VALID.
COLUMN = """
ALTER TABLE doleance_complaint ADD COLUMN merged_into_id uuid NULL;
ALTER TABLE doleance_complaint ADD CONSTRAINT doleance_complaint_merged_into_id_62b5cf57_fk_doleance_
    FOREIGN KEY (merged_into_id) REFERENCES doleance_complaint (id) DEFERRABLE INITIALLY DEFERRED NOT VALID
"""


class Migration(migrations.Migration):
    dependencies = [("doleance", "0033_confirmed_points")]

    operations = [
        # Nothing here looks at each file while nobody may read them: 0035 checks and indexes, in another transaction.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    "complaint",
                    "merged_into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_files",
                        to="doleance.complaint",
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(COLUMN, "ALTER TABLE doleance_complaint DROP COLUMN merged_into_id")
            ],
        ),
        # As of `restricted_at`: nothing is known of a new column until it is looked at.
        migrations.RunSQL("ANALYZE doleance_complaint (merged_into_id)", migrations.RunSQL.noop),
        AddConstraintNotValid(
            "complaint",
            models.CheckConstraint(
                condition=models.Q(("merged_into__isnull", True), ("state", "merged"), _connector="OR"),
                name="only_merged_goes_on_elsewhere",
            ),
        ),
        migrations.AlterField(
            "notice",
            "purpose",
            models.CharField(
                choices=[
                    ("acknowledgement", "Accusé de réception"),
                    ("reply", "Message"),
                    ("holding", "Réponse d’attente"),
                    ("final", "Réponse finale"),
                    ("code", "Code de suivi"),
                    ("pointer", "Renvoi à notre réponse"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            "clock",
            "start_event",
            models.CharField(
                choices=[
                    ("sent_at", "envoi de la réclamation"),
                    ("first_written_at", "première réclamation écrite"),
                    ("received_at", "réception de la réclamation"),
                    ("registered_at", "enregistrement du dossier"),
                    ("aware_at", "connaissance des faits"),
                    ("decided_at", "décision"),
                    ("last_word", "nos dernières nouvelles au réclamant"),
                    ("reopened", "réouverture du dossier"),
                    ("merged", "premier des dossiers réunis"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            "clock",
            "cancel_reason",
            models.CharField(
                blank=True,
                choices=[
                    ("withdrawn", "Réclamation retirée"),
                    ("forwarded", "Réclamation transmise"),
                    ("merged", "Dossiers réunis"),
                    ("closed", "Dossier clos"),
                    ("history", "Traité avant Doléance"),
                    ("extended", "Prolongée par une réponse d’attente"),
                    ("answered", "La réponse est partie avant"),
                    ("rules", "Règle écartée de ce dossier"),
                    ("separated", "Dossiers séparés à nouveau"),
                ],
                default="",
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Traits",
            fields=[
                (
                    "complaint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="doleance.complaint",
                    ),
                ),
                ("entity_id", models.UUIDField()),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), default=list, size=None
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "traits d’un dossier",
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["keys"], name="traits_by_key")],
            },
        ),
        migrations.CreateModel(
            name="Pair",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("score", models.FloatField(default=0)),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("duplicate", "Même réclamation"),
                            ("related", "Même affaire, autre personne"),
                        ],
                        default="duplicate",
                        max_length=12,
                    ),
                ),
                ("why", models.JSONField(default=list)),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("open", "À dire"),
                            ("merged", "Réunis"),
                            ("linked", "Liés"),
                            ("different", "Deux affaires différentes"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="doleance.complaint"
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="doleance.complaint"
                    ),
                ),
            ],
            options={
                "verbose_name": "paire de dossiers",
                "indexes": [
                    models.Index(
                        models.F("score"), models.F("id"), condition=models.Q(("answer", "open")), name="pair_open"
                    ),
                    models.Index(
                        models.F("answered_at"),
                        models.F("id"),
                        condition=models.Q(("answer", "open"), _negated=True),
                        name="pair_answered",
                    ),
                    models.Index(models.F("second"), name="pair_by_second"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="pair_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first", models.F("second")), _negated=True), name="pair_of_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answer", "open"), ("answered_at__isnull", False), _connector="OR"),
                        name="pair_answered_has_a_moment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state_before",
                    models.CharField(
                        choices=[
                            ("received", "À prendre"),
                            ("assessment", "En cours"),
                            ("investigation", "En enquête"),
                            ("waiting_complainant", "Attente de sa réponse"),
                            ("decided", "Décidé"),
                            ("answered", "Répondu"),
                            ("contested", "Réponse contestée"),
                            ("follow_up", "En suivi"),
                            ("closed", "Clos"),
                            ("reopened", "Rouvert"),
                            ("withdrawn", "Retiré"),
                            ("forwarded", "Transmis"),
                            ("merged", "Réuni"),
                        ],
                        max_length=20,
                    ),
                ),
                ("points", models.JSONField(default=list)),
                ("clocks_ended", models.JSONField(default=list)),
                ("clocks_opened", models.JSONField(default=list)),
                ("raised_safety", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.complaint"
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="doleance.pair"
                    ),
                ),
                (
                    "stub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.complaint"
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "réunion de dossiers",
                "indexes": [
                    models.Index(
                        models.F("kept"), condition=models.Q(("undone_at__isnull", True)), name="merge_by_kept"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)), fields=("stub",), name="merged_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kept", models.F("stub")), _negated=True), name="merge_of_two"
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
