"""What erasing somebody must take: every column that holds words about people, and what becomes of each.

A column that nobody decided about fails here. What goes with the key is gone by `audit.actions.erase` itself: it was
sealed, or a trigger deletes it (docs/decisions/0012).
"""

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models

from doleance.audit import actions as audit
from doleance.audit import verify
from doleance.matching import tasks as matching
from tests import factories
from tests.cast import MORNING, TESTS

ROOTS = {"party", "complaint", "message"}
HOLDS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, ArrayField, SearchVectorField)
# Goes with the key, at once.
WITH_THE_KEY = {
    "savedreading": {"sealed"},
    "filereading": {"text"},
    "suggestion": {"sealed"},
    "traits": {"keys", "vector"},
}
# Stands in clear, as reliability.md has it (working data): whoever erases a person deletes it, or waits for its term.
CLEAR = {
    "address": {"value", "normal", "invalid_because"},
    "attachment": {"name", "content_id"},
    "complaint": {"title", "lesson_text", "capacity", "earlier"},
    "correction": {"text"},
    "draft": {"answers", "origin", "named", "pressed"},
    "draftfile": {"name", "sha256", "data"},
    "exchange": {"text"},
    "filewords": {"document"},  # follows the words by triggers
    "followcode": {"asked", "origin", "to"},
    "grievance": {"title", "quote", "expected", "wanted", "facts", "reasons", "cause"},
    "importline": {"path", "sha256"},
    "message": {
        *("sha256", "message_id", "body_sha256", "in_reply_to", "references", "from_name", "from_address", "reply_to"),
        *("to", "cc", "subject", "text", "delivered_to", "forwarded_name", "forwarded_address", "authentication"),
    },
    "notice": {
        *("to_address", "to_postal", "to_normal", "subject", "text", "message_id", "in_reply_to", "references"),
        *("last_error", "accepted_as", "bounce", "envelope_sender"),
    },
    "party": {"name", "title", "reach_when", "adaptations"},
}
# Codes, languages, digests of secrets and the house's own words: they tell nothing of anybody.
OURS = {
    "attachment": {"media_type"},
    "breaker": {"key", "released_by"},
    "clock": {"pack", "pack_hash", "time_zone", "explanation"},
    "complaint": {"reference", "language", "regimes", "next_due_kind"},
    "correction": {"point"},
    "draft": {"language"},
    "draftfile": {"media_type"},
    "exchange": {"rule"},
    "filereading": {"version"},
    "followcode": {"digest"},
    "followlink": {"digest"},
    "merge": {"points", "clocks_ended", "clocks_opened"},
    "message": {"channel", "silence", "filed_because", "marks", "rule"},
    "notice": {"language", "sender", "created_by"},
    "pair": {"why"},
    "party": {"language"},
    "proposal": {"category", "top3", "wanted"},
    "savedreading": {"model", "language", "error"},
    "suggestion": {"model"},
    "trackingkey": {"digest"},
    "traits": {"encoder"},
}


def about_people() -> dict[str, type[models.Model]]:
    """The tables that lead to a person, a file or a message by whatever links."""
    every = {str(model._meta.model_name): model for model in apps.get_app_config("doleance").get_models()}
    found = set(ROOTS)
    while True:
        more = {name for name, model in every.items() if name not in found and _links(model) & found}
        if not more:
            return {name: every[name] for name in found}
        found |= more


def _links(model: type[models.Model]) -> set[str]:
    fields = [one for one in model._meta.concrete_fields if one.is_relation]
    return {str(one.related_model._meta.model_name) for one in fields if not isinstance(one.related_model, str | None)}


def columns(model: type[models.Model]) -> set[str]:
    """The columns that may hold words."""
    fields = [one for one in model._meta.concrete_fields if isinstance(one, HOLDS)]
    return {one.name for one in fields if not one.is_relation and not one.choices}


def test_every_column_that_holds_words_of_people_has_its_way_out():
    told = {
        name: WITH_THE_KEY.get(name, set()) | CLEAR.get(name, set()) | OURS.get(name, set())
        for name in {*WITH_THE_KEY, *CLEAR, *OURS}
    }
    real = {name: found for name, model in about_people().items() if (found := columns(model))}
    assert told == real
    for name, whole in told.items():
        lists = [one.get(name, set()) for one in (WITH_THE_KEY, CLEAR, OURS)]
        assert sum(map(len, lists)) == len(whole), f"{name}: a column stands twice"


@pytest.mark.django_db
def test_what_is_derived_goes_with_the_key_and_nobody_elses_does(cast):
    files = [factories.complaint(cast), factories.complaint(cast, party=None, text="Je suis Zoé, 06 12 34 56 78.")]
    for one in files:
        matching.compare(one.pk)
    assert files[0].party_id is not None
    for gone, left in ((files[1].pk, {files[0].pk}), (files[0].party_id, set())):
        audit.erase(subject=gone, authority="rgpd", article="17-1-b", by=TESTS.id, at=MORNING)
        with connection.cursor() as cursor:
            cursor.execute("SELECT complaint_id FROM doleance_traits")
            assert {row[0] for row in cursor.fetchall()} == left
    assert verify.check(lambda _: None).intact
