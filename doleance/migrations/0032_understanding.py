"""What was read of messages and proposed of them, and to which team the griefs of a category go."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doleance.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("doleance", "0031_search_latest"),
    ]

    operations = [
        migrations.CreateModel(
            name="Trust",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("precision", models.PositiveSmallIntegerField(default=950)),
                ("gate", models.PositiveSmallIntegerField(null=True)),
                ("measured", models.PositiveSmallIntegerField(null=True)),
                ("counted", models.PositiveIntegerField(default=0)),
                ("measured_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "confiance dans la lecture",
            },
        ),
        migrations.CreateModel(
            name="SavedReading",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("model", models.CharField(blank=True, default="", max_length=120)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("complaint", "Réclamation"),
                            ("enquiry", "Question"),
                            ("praise", "Félicitations"),
                            ("spam", "Indésirable"),
                            ("auto_reply", "Réponse automatique"),
                            ("bounce", "Avis de non-remise"),
                            ("follow_up", "Suite d’un dossier"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("language", models.CharField(blank=True, default="", max_length=8)),
                (
                    "urgency",
                    models.CharField(
                        choices=[("normal", "Normale"), ("high", "Haute"), ("critical", "Critique")],
                        default="normal",
                        max_length=8,
                    ),
                ),
                ("error", models.CharField(blank=True, default="", max_length=16)),
                ("sealed", models.BinaryField(null=True)),
                (
                    "said_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("complaint", "Réclamation"),
                            ("enquiry", "Question"),
                            ("praise", "Félicitations"),
                            ("spam", "Indésirable"),
                            ("auto_reply", "Réponse automatique"),
                            ("bounce", "Avis de non-remise"),
                            ("follow_up", "Suite d’un dossier"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("read_at", models.DateTimeField()),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="readings", to="doleance.complaint"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="readings", to="doleance.message"
                    ),
                ),
            ],
            options={
                "verbose_name": "lecture d’un message",
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("category", models.CharField(max_length=64)),
                ("confidence", models.PositiveSmallIntegerField()),
                ("top3", models.JSONField(default=list)),
                (
                    "wanted",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), default=list, size=None
                    ),
                ),
                ("start", models.PositiveIntegerField(null=True)),
                ("end", models.PositiveIntegerField(null=True)),
                ("is_routed", models.BooleanField(default=False)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "grievance",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proposal", to="doleance.grievance"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.team"
                    ),
                ),
                (
                    "reading",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="doleance.savedreading",
                    ),
                ),
            ],
            options={
                "verbose_name": "grief proposé",
            },
        ),
        migrations.CreateModel(
            name="TeamRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.category"
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.entity"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.team"
                    ),
                ),
            ],
            options={
                "verbose_name": "équipe d’une catégorie",
            },
        ),
        migrations.CreateModel(
            name="JudgedSignal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("legal_threat", "Menace d’action en justice"),
                            ("ombudsman_threat", "Menace de saisir un médiateur ou une autorité"),
                            ("media_threat", "Menace d’en parler publiquement"),
                            ("churn_threat", "Menace de départ"),
                            ("safety_risk", "Danger pour quelqu’un"),
                            ("vulnerable_person", "Personne vulnérable"),
                            ("abusive_language", "Propos injurieux"),
                            ("repeated_contact", "Déjà écrit plusieurs fois"),
                        ],
                        max_length=20,
                    ),
                ),
                ("holds", models.BooleanField()),
                ("quote", models.TextField(blank=True, default="")),
                ("at", models.DateTimeField()),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judged_signals",
                        to="doleance.complaint",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.message"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "signal jugé",
                "constraints": [models.UniqueConstraint(fields=("complaint", "code"), name="signal_judged_once")],
            },
        ),
        migrations.AddIndex(
            model_name="savedreading",
            index=models.Index(models.F("complaint"), models.F("read_at"), name="reading_of_complaint"),
        ),
        migrations.AddConstraint(
            model_name="savedreading",
            constraint=models.UniqueConstraint(fields=("message", "model"), name="reading_once_a_model"),
        ),
        migrations.AddConstraint(
            model_name="savedreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("error", ""), ("sealed__isnull", False)),
                    models.Q(models.Q(("error", ""), _negated=True), ("sealed", None)),
                    _connector="OR",
                ),
                name="reading_or_error",
            ),
        ),
        migrations.AddConstraint(
            model_name="teamrule",
            constraint=models.UniqueConstraint(fields=("entity", "category"), name="team_rule_once"),
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_trust')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT doleance_guard('doleance_savedreading')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT doleance_guard('doleance_proposal')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT doleance_guard('doleance_teamrule')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT doleance_guard('doleance_judgedsignal')", migrations.RunSQL.noop),
    ]
