"""A clock may end because its file follows that rule no more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0020_way_of_page")]

    operations = [
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
                ],
                default="",
                max_length=12,
            ),
        )
    ]
