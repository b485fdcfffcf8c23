"""The taxonomy that is shipped, as rows."""

import tomllib
from datetime import datetime
from importlib import resources

from doleance.accounts.rules import Actor
from doleance.audit import actions as audit
from doleance.complaints.models import Category
from doleance.kernel.db import write


@write
def seed(*, by: Actor, at: datetime) -> int:
    """Add the shipped categories that are not there yet; what administrators changed stays. Returns how many."""
    data = tomllib.loads(resources.files("doleance.complaints").joinpath("taxonomy.toml").read_text("utf-8"))
    known = set(Category.objects.values_list("code", flat=True))
    fresh: list[Category] = []
    for position, (code, branch) in enumerate(data.items()):
        rows = [(code, None, branch["fr"], branch["en"])]
        rows += [(f"{code}.{sub}", code, *labels) for sub, labels in branch["subcodes"].items()]
        fresh += [
            Category(code=key, parent_id=parent, label_fr=fr, label_en=en, position=position)
            for key, parent, fr, en in rows
            if key not in known
        ]
    if fresh:
        Category.objects.bulk_create(fresh)
        audit.record(
            stream="settings", code="taxonomy_seeded", by=by.id, at=at, facts={"codes": [one.code for one in fresh]}
        )
    return len(fresh)
