from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("doleance", "0016_clocks_held"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("acknowledgement", "Accusé de réception"),
                    ("reply", "Message"),
                    ("holding", "Réponse d’attente"),
                    ("final", "Réponse finale"),
                    ("code", "Code de suivi"),
                ],
                max_length=16,
            ),
        ),
    ]
