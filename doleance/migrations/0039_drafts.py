"""What is asked of a language model, and whether an entity lets it be asked (docs/decisions/0115)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doleance.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("doleance", "0038_derived_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="DraftingChoice",
            fields=[
                (
                    "entity",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="doleance.entity",
                    ),
                ),
                ("is_on", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "choix de l’aide à la rédaction",
            },
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "task",
                    models.CharField(choices=[("summary", "Résumé"), ("reply", "Brouillon de réponse")], max_length=8),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("wanted", "Demandé"),
                            ("made", "À relire"),
                            ("failed", "Pas obtenu"),
                            ("taken", "Repris dans une réponse"),
                            ("dropped", "Écarté"),
                        ],
                        default="wanted",
                        max_length=8,
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unreachable", "Le modèle de langue ne répond pas."),
                            ("slow", "Le modèle de langue a mis trop de temps."),
                            (
                                "refused",
                                "Le modèle de langue a refusé la demande\xa0: sa clé ou son nom sont à vérifier.",
                            ),
                            ("busy", "Le modèle de langue a trop à faire. Demandez à nouveau dans un moment."),
                            ("server", "Le modèle de langue a répondu par une erreur."),
                            ("too_large", "La réponse du modèle de langue est trop longue."),
                            ("not_json", "La réponse du modèle de langue n’a pas la forme demandée."),
                            (
                                "unfit",
                                "Le texte du modèle de langue donne un nom ou un lien inconnus du dossier.",
                            ),
                            ("closed", "Le dossier a changé entre-temps\xa0: rien n’a été envoyé."),
                            ("lost", "La demande s’est perdue. Demandez à nouveau."),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("model", models.CharField(blank=True, default="", max_length=120)),
                ("asked_at", models.DateTimeField()),
                ("made_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("sealed", models.BinaryField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.complaint"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "texte proposé par un modèle de langue",
                "indexes": [
                    models.Index(models.F("complaint"), models.F("asked_at"), name="suggestion_of_complaint"),
                    models.Index(
                        models.F("asked_at"), condition=models.Q(("state", "wanted")), name="suggestion_wanted"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["wanted", "made"])),
                        fields=("complaint",),
                        name="suggestion_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "failed"), ("failure", ""), _connector="XOR"),
                        name="suggestion_failed_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["made", "taken"]), _negated=True),
                            ("sealed__isnull", False),
                            _connector="OR",
                        ),
                        name="suggestion_made_has_a_text",
                    ),
                ],
            },
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_draftingchoice')", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT doleance_guard('doleance_suggestion')", migrations.RunSQL.noop),
    ]
