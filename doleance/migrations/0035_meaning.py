"""What a file says, as a vector beside its traits: those that say nearly the same are candidates too."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("doleance", "0034_merging")]

    operations: ClassVar = [
        migrations.AddField("traits", "encoder", models.CharField(blank=True, default="", max_length=40)),
        migrations.AddField("traits", "vector", models.BinaryField(null=True)),
        migrations.AddIndex(
            "traits",
            models.Index(
                "entity_id", "received_at", condition=models.Q(("vector__isnull", False)), name="traits_by_time"
            ),
        ),
    ]
