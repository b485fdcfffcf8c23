"""An answer may be left on the page to follow the file, where no address takes it to the complainant."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0019_typed_addresses")]

    operations = [
        migrations.AlterField(
            "notice",
            "way",
            models.CharField(
                choices=[("email", "Courriel"), ("post", "Courrier"), ("page", "Page de suivi")],
                default="email",
                max_length=8,
            ),
        ),
    ]
