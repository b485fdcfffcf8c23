"""Tampering as a superuser is found and named, and a verifier that skips a check is caught.

The harness is `python -m benchmarks.tamper --count 200 --seed N`; here each way once, and sabotage.
"""

from random import Random

import pytest

from benchmarks import journals, tampering
from doleance.audit import offline, verify
from doleance.audit.offline import check_hash, check_link, check_rank
from doleance.audit.reconcile import Reconciliation
from doleance.audit.texts import Content, Reader


@pytest.fixture
def attacked(superuser):
    """A journal of real work, and a superuser's connection to it."""
    journals.make(4, Random(5))
    return superuser


@pytest.mark.parametrize("seed", [1, 2])
def test_each_way_of_tampering_is_found_and_named(attacked, seed):
    tally = tampering.run(attacked, count=len(tampering.WAYS), seed=seed)
    assert tally.failures == []
    assert tally.summary == f"{len(tampering.WAYS)} passed, 0 failed"


def test_any_tail_of_a_complaint_that_is_cut_is_found(attacked):
    """Not a random one: each, from the last event alone to all but the first."""
    scene = tampering.Scene(attacked, Random(1))
    for stream, events in sorted(scene.streams.items()):
        if not stream.startswith("complaint:"):
            continue
        for event in events[1:]:
            with scene.unguarded():
                scene.execute("DELETE FROM doleance_auditevent WHERE stream = %s AND seq >= %s", stream, event.seq)
            report = verify.check()
            scene.restore()
            assert {one.stream for one in report.findings} == {stream}, event
            assert {one.code for one in report.findings} <= tampering.ROWS


SABOTAGE = {
    "hashes are not computed": (
        tampering.swap_facts,
        lambda patch: patch.setattr(offline, "CHECKS", [check_rank, check_link]),
    ),
    "links are not followed": (
        tampering.rewrite_one,
        lambda patch: patch.setattr(offline, "CHECKS", [check_rank, check_hash]),
    ),
    "ranks are not counted": (
        tampering.delete_one,
        lambda patch: patch.setattr(offline, "CHECKS", [check_link, check_hash]),
    ),
    "hashes are computed from what is stored": (
        tampering.edit_facts,
        lambda patch: patch.setattr(offline, "_computed", lambda event: event.hash),
    ),
    "texts are not opened": (
        tampering.edit_text,
        lambda patch: patch.setattr(Reader, "page", lambda self, events: iter([Content(rows=None)] * len(events))),
    ),
    "texts are opened and not compared": (
        tampering.swap_texts,
        lambda patch: patch.setattr(Reader, "_committed", lambda self, event, plain: Content(rows=None)),
    ),
    "a destroyed key is always an erasure": (
        tampering.blank_key,
        lambda patch: patch.setattr(Reader, "_opened", lambda self, event, object_id, opener: Content(rows=None)),
    ),
    "rows are not compared": (
        tampering.cut_tail,
        lambda patch: patch.setattr(Reconciliation, "_compare", lambda self: iter(())),
    ),
    "only told rows are compared": (
        tampering.insert_row,
        lambda patch: patch.setattr(Reconciliation, "finish", Reconciliation._compare),
    ),
}


@pytest.mark.parametrize(("way", "sabotage"), SABOTAGE.values(), ids=SABOTAGE)
def test_a_sabotaged_verifier_is_caught(attacked, monkeypatch, way, sabotage):
    """The harness fails when a check is taken away: a verifier that always says « intacte » would not pass it."""
    honest = tampering.run(attacked, count=2, seed=3, ways=[way])
    assert honest.failures == []
    sabotage(monkeypatch)
    try:
        caught = tampering.run(attacked, count=2, seed=3, ways=[way]).failures
    except RuntimeError as refusal:  # it even finds fault with the untouched journal
        caught = [str(refusal)]
    assert caught


def test_a_verifier_that_cries_wolf_is_caught(attacked, monkeypatch):
    monkeypatch.setattr(offline, "_computed", lambda event: b"")
    with pytest.raises(RuntimeError, match="before the tampering"):
        tampering.run(attacked, count=1, seed=1)


def test_the_harness_leaves_the_journal_as_it_was(attacked):
    statement = "SELECT md5(string_agg(e::text, ',' ORDER BY stream, seq)) FROM doleance_auditevent e"
    before = attacked.execute(statement).fetchone()
    tampering.run(attacked, count=len(tampering.WAYS), seed=9)
    assert attacked.execute(statement).fetchone() == before
    assert verify.protections() == []
