"""A form that a machine may have filled in says so beside its words."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0017_holding_reply")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="marks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("signed_smime", "Signé (S/MIME)"),
                        (
                            "encrypted_smime",
                            "Chiffré (S/MIME)\u00a0: son contenu ne se lit qu’avec la clé du destinataire",
                        ),
                        ("signed_pgp", "Signé (PGP)"),
                        (
                            "encrypted_pgp",
                            "Chiffré (PGP)\u00a0: son contenu ne se lit qu’avec la clé du destinataire",
                        ),
                        ("invitation", "Invitation à un rendez-vous"),
                        ("tnef", "Venu d’Outlook (winmail.dat), pièces extraites"),
                        ("forwarded", "Transféré"),
                        ("html_only", "Sans version en texte"),
                        ("partial", "Lu en partie"),
                        ("trap", "Champ caché rempli\u00a0: peut-être une machine"),
                        ("quick", "Formulaire envoyé très vite"),
                    ],
                    max_length=16,
                ),
                default=list,
                size=None,
            ),
        ),
    ]
