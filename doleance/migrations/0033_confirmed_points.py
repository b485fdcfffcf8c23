"""When a complainant said that we understood a point well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0032_understanding")]

    operations = [migrations.AddField("grievance", "confirmed_at", models.DateTimeField(null=True))]
