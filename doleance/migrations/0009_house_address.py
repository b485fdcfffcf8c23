"""The house's own postal address and telephone: its letters must say where to write back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0008_invalid_addresses")]

    operations = [
        migrations.AddField("entity", "postal", models.TextField(blank=True, default="")),
        migrations.AddField("entity", "phone", models.CharField(max_length=40, blank=True, default="")),
    ]
