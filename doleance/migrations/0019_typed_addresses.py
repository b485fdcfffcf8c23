"""What somebody typed proves nothing: what was declared then, whether we knew that address, which codes left."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0018_form_marks")]

    operations = [
        migrations.AddField("complaint", "access_revoked_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "complaint",
            "declared_status",
            models.CharField(
                blank=True,
                choices=[
                    ("unknown", "Statut inconnu"),
                    ("consumer", "Consommateur"),
                    ("professional", "Professionnel"),
                    ("association", "Association"),
                ],
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField("complaint", "names_known", models.BooleanField(default=False)),
        migrations.AddField("followcode", "mailed_at", models.DateTimeField(null=True)),
    ]
