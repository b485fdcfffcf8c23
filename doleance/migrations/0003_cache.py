"""Rate limits hold across processes: their counters are rows."""

from typing import ClassVar

from django.db import migrations

from doleance.kernel.sql import script


class Migration(migrations.Migration):
    dependencies: ClassVar = [("doleance", "0002_journal")]

    operations: ClassVar = [migrations.RunSQL(script("doleance.boot", "cache_v1.sql"), "DROP TABLE cache_entry")]
