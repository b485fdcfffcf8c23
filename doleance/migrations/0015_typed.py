"""What is typed says when it was received: our own form does, or the member of staff who took it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0014_followers")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="received_from",
            field=models.CharField(
                choices=[
                    ("server", "Date du serveur de messagerie"),
                    ("separator", "Date du fichier mbox"),
                    ("header", "Premier en-tête Received"),
                    ("import", "Date de l’import, faute de mieux"),
                    ("sent", "Date d’envoi"),
                    ("form", "Moment de l’envoi du formulaire"),
                    ("staff", "Moment noté par qui l’a reçue"),
                ],
                max_length=12,
            ),
        ),
    ]
