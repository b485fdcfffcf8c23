"""What a letter on paper says besides its words: who writes, and the day. Nothing of it changes once it is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0009_house_address")]

    operations = [
        migrations.AddField("notice", "sender", models.TextField(blank=True, default="")),
        migrations.AddField("notice", "dated", models.DateField(null=True)),
    ]
