"""A form sent under pressure waits its turn, and is sent by itself; what is counted is what people sent."""

from django.db import migrations, models
from django.db.models import F, Index, Q


class Migration(migrations.Migration):
    dependencies = [("doleance", "0011_public_door")]

    operations = [
        migrations.AddField("draft", "named", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField("draft", "pressed", models.JSONField(null=True)),
        migrations.AddField("draft", "pressed_at", models.DateTimeField(null=True)),
        migrations.RemoveIndex("draft", "draft_by_origin"),
        migrations.RemoveIndex("draft", "draft_by_submission"),
        migrations.AddIndex("draft", Index(F("origin"), F("pressed_at"), name="draft_by_origin")),
        migrations.AddIndex("draft", Index(F("named"), F("pressed_at"), name="draft_by_named")),
        migrations.AddIndex("draft", Index(F("pressed_at"), name="draft_by_pressing")),
        migrations.AddIndex(
            "draft", Index(F("not_before"), condition=Q(("pressed__isnull", False)), name="draft_waiting")
        ),
    ]
