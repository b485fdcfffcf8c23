"""A logo's size on the page, known before it comes, and the plate it needs where it would vanish."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0012_pressure")]

    operations = [
        migrations.AddField("theme", "logo_width", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("theme", "logo_height", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("theme", "logo_ink", models.CharField(blank=True, default="", max_length=8)),
    ]
