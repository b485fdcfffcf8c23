"""The orders and choices of lists, as indexes: a page is read from where it begins, whatever the size of the house."""

from django.db import migrations, models
from django.db.models import Case, F, Q, Value, When

_OVER = ["closed", "forwarded", "merged", "withdrawn"]
_DONE = ["answered", "closed", "follow_up", "forwarded", "merged", "withdrawn"]
_LIVE = ~Q(state__in=_OVER)
_RECEIVED = F("received_at").desc(), F("id").desc()


def by_due():
    """What jumps the queue, then the most pressing; each index has an order of its own."""
    jumps = Q(is_safety=True) & ~Q(state__in=_DONE)
    rank = Case(When(jumps, then=Value(0)), default=Value(1))
    return rank.asc(), F("next_due_at").asc(nulls_last=True), F("id").asc()


class Migration(migrations.Migration):
    dependencies = [("doleance", "0022_search")]

    operations = [
        migrations.RemoveIndex("complaint", "complaint_by_received"),
        migrations.AddIndex("complaint", models.Index(*_RECEIVED, name="complaint_by_received")),
        migrations.AddIndex("complaint", models.Index(*by_due(), name="complaint_live_by_due", condition=_LIVE)),
        migrations.AddIndex(
            "complaint", models.Index("owner", *by_due(), name="complaint_live_by_owner", condition=_LIVE)
        ),
        migrations.AddIndex("complaint", models.Index(*_RECEIVED, name="complaint_live_by_received", condition=_LIVE)),
        migrations.AddIndex("complaint", models.Index(*by_due(), name="complaint_all_by_due")),
    ]
