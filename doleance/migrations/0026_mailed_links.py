"""Links that let somebody in are mailed; one more kind of them, to choose a new password."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0025_batches")]

    operations = [
        migrations.AddField("accesslink", "mailed_at", models.DateTimeField(null=True)),
        migrations.AddField("accesslink", "mail_failed_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "accesslink",
            "purpose",
            models.CharField(
                choices=[
                    ("first_run", "Premier démarrage"),
                    ("invitation", "Invitation"),
                    ("reset", "Nouveau mot de passe"),
                ],
                max_length=12,
            ),
        ),
    ]
