"""What a file says, as a vector beside its traits: those that say nearly the same are candidates too.

What 0034 left to check of the table of files comes first, in a transaction of its own: files are read meanwhile.
"""

from typing import ClassVar

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

# Whoever applied 0034 before it left them has both.
VALID = """
ALTER TABLE doleance_complaint VALIDATE CONSTRAINT doleance_complaint_merged_into_id_62b5cf57_fk_doleance_;
CREATE INDEX IF NOT EXISTS doleance_complaint_merged_into_id_62b5cf57 ON doleance_complaint (merged_into_id)
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("doleance", "0034_merging")]

    operations: ClassVar = [
        ValidateConstraint("complaint", "only_merged_goes_on_elsewhere"),
        migrations.RunSQL(VALID, "DROP INDEX IF EXISTS doleance_complaint_merged_into_id_62b5cf57"),
        migrations.AddField("traits", "encoder", models.CharField(blank=True, default="", max_length=40)),
        migrations.AddField("traits", "vector", models.BinaryField(null=True)),
        migrations.AddIndex(
            "traits",
            models.Index(
                "entity_id", "received_at", condition=models.Q(("vector__isnull", False)), name="traits_by_time"
            ),
        ),
    ]
