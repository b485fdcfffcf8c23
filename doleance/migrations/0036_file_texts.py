"""What was read of attached files, and files found by it (docs/decisions/0114)."""

import django.db.models.deletion
from django.db import migrations, models

import doleance.kernel.ids
from doleance.kernel.sql import script


class Migration(migrations.Migration):
    dependencies = [
        ("doleance", "0035_meaning"),
    ]

    operations = [
        migrations.CreateModel(
            name="FileReading",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "engine",
                    models.CharField(
                        blank=True,
                        choices=[("pdf", "Texte du document lui-même"), ("tesseract", "Reconnaissance de caractères")],
                        default="",
                        max_length=12,
                    ),
                ),
                ("version", models.CharField(blank=True, default="", max_length=80)),
                ("confidence", models.PositiveSmallIntegerField(null=True)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("pages_read", models.PositiveIntegerField(default=0)),
                (
                    "trouble",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("encrypted", "Fichier protégé par un mot de passe\xa0: son texte n’a pas été lu."),
                            (
                                "broken",
                                "Fichier abîmé, ou d’un autre format qu’annoncé\xa0: son texte n’a pas été lu.",
                            ),
                            ("too_large", "Fichier trop lourd\xa0: au-delà de 25\xa0Mo, le texte n’est pas lu."),
                            ("pixels", "Image trop grande\xa0: son texte n’a pas été lu."),
                            (
                                "no_text",
                                "Aucun texte reconnu\xa0: une photo, ou une écriture que la machine ne sait pas lire.",
                            ),
                            (
                                "no_engine",
                                "Document numérisé\xa0: ce serveur n’a pas de reconnaissance de caractères.",
                            ),
                            ("time", "Lecture trop longue, abandonnée\xa0: le texte n’a pas été lu."),
                            ("memory", "Lecture trop gourmande en mémoire, abandonnée\xa0: le texte n’a pas été lu."),
                            ("crash", "La lecture s’est interrompue sur ce fichier\xa0: son texte n’a pas été lu."),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("text", models.TextField(blank=True, default="")),
                ("read_at", models.DateTimeField()),
                (
                    "attachment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reading", to="doleance.attachment"
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.complaint"
                    ),
                ),
            ],
            options={
                "verbose_name": "lecture d’une pièce jointe",
                "indexes": [
                    models.Index(
                        models.F("trouble"),
                        models.F("id"),
                        condition=models.Q(("trouble", "no_engine")),
                        name="file_without_engine",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(models.Q(("text", ""), _negated=True), ("trouble", "")),
                            models.Q(("text", ""), models.Q(("trouble", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="file_text_or_trouble",
                    )
                ],
            },
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_filereading')", migrations.RunSQL.noop),
        migrations.RunSQL(
            script("doleance.understanding", "search_files_v1.sql"),
            script("doleance.understanding", "search_without_files_v1.sql"),
        ),
    ]
