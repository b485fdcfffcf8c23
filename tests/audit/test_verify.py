"""`doleance verify` and `doleance export-journal`, as they are run; and what reconciliation names."""

import argparse
import json

import pytest
from django.db import connection

from doleance.accounts.models import Team
from doleance.audit import actions, export, offline, queries, reconcile, rules, seal, verify
from doleance.audit.models import AuditEvent
from doleance.complaints.actions import dossiers as complaint_actions
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.kernel import clock
from doleance.kernel.db import snapshot, write
from doleance.kernel.text import french
from tests.audit.chains import findings, hashed

pytestmark = pytest.mark.django_db


def run(capsys, module, *arguments):
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    code = module.run(parser.parse_args([str(argument) for argument in arguments]))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@write(quiet="what an action forgot to tell")
def silently(*, change):
    """Change rows without an event, as a bug or a superuser would."""
    change()


def named(report):
    return {(one.code, one.stream, one.facts.get("row")) for one in report.findings}


def test_an_empty_database_is_intact(capsys):
    code, out, _ = run(capsys, verify)
    assert (code, out) == (
        0,
        "Chaîne intacte. 0 entrées lues, 0 flux\u202f; 0 textes relus, 0 effacés\u202f; 0 lignes comparées.\n",
    )


def test_real_work_is_intact(complaints):
    report = verify.check()
    assert report.intact, report.findings
    assert report.events == AuditEvent.objects.count() > 30
    assert report.streams == AuditEvent.objects.values("stream").distinct().count()
    assert report.texts_read == AuditEvent.objects.filter(payload__isnull=False).count() > 10
    rows = sum(model._base_manager.count() for model in (Complaint, Exchange, Grievance, Team))
    assert report.rows >= rows
    assert (report.texts_erased, report.texts_unread, report.notes) == (0, 0, [])


def test_many_pages_are_one_walk(complaints, monkeypatch):
    """Streams and rows that fall across the edge of a page or a batch are checked like the others."""
    whole = verify.check()
    monkeypatch.setattr(verify, "PAGE", 3)
    monkeypatch.setattr(reconcile, "BATCH", 2)
    seen: list[int] = []
    assert verify.check(seen.append) == whole
    assert sum(seen) == whole.events
    assert max(seen) == 3


def test_the_walk_holds_no_more_queries_for_more_complaints(complaints, django_assert_max_num_queries):
    with django_assert_max_num_queries(49):
        verify.check()


@pytest.mark.parametrize(
    ("change", "code", "columns"),
    [
        (
            lambda rows: rows.update(state="closed", closed_at=clock.now()),
            "row_changed",
            "state, closed_at",
        ),
        (lambda rows: rows.update(title="Autre"), "row_changed", "title"),
        (lambda rows: rows.update(owner=None), "row_changed", "owner_id"),
        (lambda rows: rows.update(next_due_kind="final"), None, None),
    ],
)
def test_a_change_that_no_event_tells_is_named(complaints, change, code, columns):
    silently(change=lambda: change(Complaint.objects.filter(pk=complaints[1].pk)))
    report = verify.check()
    stream = complaints[1].journal_stream
    assert named(report) == ({(code, stream, f"complaint:{complaints[1].pk}")} if code else set())
    assert [one.facts["columns"] for one in report.findings] == ([columns] if columns else [])


def test_a_forgotten_event_names_the_last_event_that_told_of_the_row(complaints):
    silently(change=lambda: Complaint.objects.filter(pk=complaints[0].pk).update(title="Autre"))
    [finding] = verify.check().findings
    event = AuditEvent.objects.get(stream=finding.stream, seq=finding.seq)
    assert f"complaint:{complaints[0].pk}" in event.facts["rows"]


def test_rows_added_and_deleted_silently_are_named(complaints):
    one, other = complaints[0], complaints[1]
    gone = Exchange.objects.filter(complaint=one, kind="note").first()
    assert gone is not None

    def change():
        gone_pk = gone.pk
        Exchange.objects.filter(pk=gone_pk).delete()
        Exchange.objects.create(complaint=other, kind="note", text="Il a tout reconnu.", at=clock.now())

    silently(change=change)
    added = Exchange.objects.get(text="Il a tout reconnu.")
    assert named(verify.check()) == {
        ("row_deleted", one.journal_stream, f"exchange:{gone.pk}"),
        ("row_inserted", other.journal_stream, f"exchange:{added.pk}"),
    }


def test_many_rows_added_silently_are_all_named(complaints, monkeypatch):
    monkeypatch.setattr(reconcile, "BATCH", 2)
    silently(
        change=lambda: Exchange.objects.bulk_create(
            [Exchange(complaint=complaints[0], kind="note", at=clock.now()) for _ in range(5)]
        )
    )
    assert [one.code for one in verify.check().findings] == ["row_inserted"] * 5


def test_a_row_that_changes_files_is_named(complaints):
    note = Exchange.objects.filter(complaint=complaints[0], kind="note").first()
    assert note is not None
    silently(change=lambda: Exchange.objects.filter(pk=note.pk).update(complaint=complaints[1]))
    assert ("row_moved", complaints[0].journal_stream, f"exchange:{note.pk}") in named(verify.check())


def test_a_persons_teams_are_compared(complaints):
    owner = complaints[0].owner
    assert owner is not None
    silently(change=owner.teams.clear)
    [finding] = verify.check().findings
    assert (finding.code, finding.facts["columns"]) == ("row_changed", "teams")


def test_a_removed_row_is_told_by_its_event(complaints):
    note = Exchange.objects.filter(complaint=complaints[0], kind="note").first()
    assert note is not None
    _remove(exchange=note, by="machine:test", at=clock.now())
    assert verify.check().intact


@write
def _remove(*, exchange, by, at):
    actions.record(stream=exchange.journal_stream, code="note_removed", by=by, at=at, removed=[exchange])
    exchange.delete()


def test_a_column_that_a_migration_added_must_hold_its_default(complaints, monkeypatch):
    """Events written before it do not tell it."""
    monkeypatch.setattr(Complaint, "journal_columns", (*Complaint.journal_columns, "next_due_kind"))
    assert verify.check().intact
    silently(change=lambda: Complaint.objects.filter(pk=complaints[0].pk).update(next_due_kind="final"))
    assert [one.facts["columns"] for one in verify.check().findings] == ["next_due_kind"]


def test_a_column_no_longer_journalled_is_not_compared(complaints, monkeypatch):
    kept = tuple(name for name in Complaint.journal_columns if name != "state")
    monkeypatch.setattr(Complaint, "journal_columns", kept)
    silently(change=lambda: Complaint.objects.filter(pk=complaints[0].pk).update(state="merged"))
    assert verify.check().intact


def test_an_erased_person_leaves_a_journal_that_verifies(complaints):
    """Keys are destroyed, texts with them; no row of the journal changes, and the chain still holds."""
    before = list(AuditEvent.objects.order_by("stream", "seq"))
    erased = complaints[0]
    actions.erase(subject=erased.pk, authority="rgpd", article="17-1-b", by="machine:test", at=clock.now())
    report = verify.check()
    assert report.intact, report.findings
    texts = [event for event in before if event.stream == erased.journal_stream and event.payload is not None]
    assert report.texts_erased == len(texts) > 3
    assert [event.bare() for event in before] == [
        event.bare() for event in AuditEvent.objects.order_by("stream", "seq") if event.stream != "erasures"
    ]


def test_after_an_erasure_structured_columns_are_still_compared(complaints):
    actions.erase(subject=complaints[0].pk, authority="rgpd", article="17", by="machine:test", at=clock.now())
    silently(change=lambda: Complaint.objects.filter(pk=complaints[0].pk).update(title="effacé"))
    assert verify.check().intact
    silently(change=lambda: Complaint.objects.filter(pk=complaints[0].pk).update(state="merged"))
    assert [one.facts["columns"] for one in verify.check().findings] == ["state"]


def test_after_an_erasure_later_texts_are_compared_again(complaints):
    actions.erase(subject=complaints[0].pk, authority="rgpd", article="17", by="machine:test", at=clock.now())
    owner = complaints[0].owner
    assert owner is not None
    complaint_actions.rename(complaint=complaints[0], title="Suite", by=owner.actor(), at=clock.now())
    silently(change=lambda: Complaint.objects.filter(pk=complaints[0].pk).update(title="Fin"))
    assert [one.facts["columns"] for one in verify.check().findings] == ["title"]


def test_keys_destroyed_without_their_event_are_lost_keys(complaints):
    silently(change=lambda: seal.destroy(complaints[0].pk))
    assert {one.code for one in verify.check().findings} == {"key_lost"}


@pytest.mark.parametrize("subject", ["x", None, 7])
def test_a_strange_erasure_erases_nobody(complaints, subject):
    silently(change=lambda: seal.destroy(complaints[0].pk))
    actions.record(stream="erasures", code="erased", by="machine:test", at=clock.now(), facts={"subject": subject})
    assert {one.code for one in verify.check().findings} == {"key_lost"}


def test_without_the_master_key_texts_are_said_unread(complaints, settings, capsys):
    settings.DOLEANCE_MASTER_KEY_FILE = ""
    report = verify.check()
    assert report.intact
    assert report.texts_unread == AuditEvent.objects.filter(payload__isnull=False).count()
    assert "n’ont pas été relus" in report.notes[0]
    silently(change=lambda: seal.destroy(complaints[0].pk))
    assert {one.code for one in verify.check().findings} == {"key_lost"}


def test_with_another_master_key_every_text_is_a_lost_key(complaints, settings, tmp_path):
    path = tmp_path / "master"
    path.write_bytes(b"\1" * 32)
    settings.DOLEANCE_MASTER_KEY_FILE = str(path)
    assert {one.code for one in verify.check().findings} == {"key_lost"}


def test_findings_beyond_those_named_are_counted(complaints, monkeypatch, capsys):
    monkeypatch.setattr(verify, "NAMED", 1)
    silently(change=lambda: Complaint.objects.update(state="merged"))
    code, out, _ = run(capsys, verify)
    assert code == 1
    assert out.count("✗") == 1
    assert "… et 2 de plus." in out
    assert "Journal rompu\u00a0: 3 anomalies." in out


def test_what_is_wrong_is_said_in_french(complaints, capsys):
    silently(change=lambda: Complaint.objects.filter(pk=complaints[0].pk).update(state="merged"))
    code, out, _ = run(capsys, verify)
    assert code == 1
    place = f"✗ {complaints[0].journal_stream} n° "
    assert place in out
    assert f"complaint:{complaints[0].pk} ne dit pas ce que dit le journal\u00a0: state." in out
    assert "Journal rompu\u00a0: 1 anomalie. " in out


def test_machines_get_one_line_of_json(complaints, capsys):
    silently(change=lambda: Complaint.objects.filter(pk=complaints[0].pk).update(state="merged"))
    code, out, _ = run(capsys, verify, "--json")
    assert code == 1
    assert out.count("\n") == 1
    told = json.loads(out)
    assert (told["intact"], told["found"], told["events"]) == (False, 1, AuditEvent.objects.count())
    assert told["findings"][0]["code"] == "row_changed"
    assert told["findings"][0]["columns"] == "state"
    assert told["texts"]["read"] > 0


def test_every_finding_has_a_sentence():
    facts = {"missing": 1, "after": 1, "seq": 3, "line": 1, "reason": "x", "told": 1, "told_streams": 1, "events": 1}
    facts |= {"streams": 1, "row": "complaint:1", "columns": "state", "own": "settings", "name": "x"}
    for code in verify.SENTENCES:
        sentence = verify.sentence(offline.Finding(code, "settings", 3, facts))
        assert sentence.endswith(".")
        assert "{" not in sentence


def test_a_missing_protection_is_named(superuser):
    superuser.execute("ALTER TABLE doleance_auditevent DISABLE TRIGGER doleance_append_only")
    superuser.execute("DROP TRIGGER doleance_guard ON doleance_complaint")
    superuser.execute("ALTER TABLE doleance_auditevent DROP CONSTRAINT auditevent_no_fork")
    superuser.execute("GRANT DELETE ON doleance_auditevent TO doleance_app")
    assert {one.facts["name"] for one in verify.check().findings} == {
        "doleance_auditevent (doleance_refuse_journal_change)",
        "doleance_complaint (doleance_refuse_outside_action)",
        "doleance_auditevent (auditevent_no_fork)",
        "doleance_auditevent (doleance_app: DELETE)",
    }


def test_a_trigger_that_replicas_skip_protects_no_longer(superuser):
    superuser.execute("ALTER TABLE doleance_auditevent ENABLE TRIGGER doleance_append_only")
    assert [one.code for one in verify.check().findings] == ["protection"]


def test_an_export_verifies_offline_and_leaves_its_event(complaints, tmp_path, capsys):
    path = tmp_path / "journal.jsonl"
    count = AuditEvent.objects.count()
    code, out, _ = run(capsys, export, path)
    assert code == 0
    assert str(count) in out
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    code, out, _ = run(capsys, verify, path)
    assert (code, out.split(".")[0]) == (0, "Chaîne intacte")
    event = AuditEvent.objects.get(stream="exports")
    footer = json.loads(path.read_text("utf-8").splitlines()[-1])
    assert {name: event.facts[name] for name in ("events", "streams", "digest")} == footer
    assert footer["events"] == count


def test_an_export_shows_no_text(complaints, tmp_path):
    path = tmp_path / "journal.jsonl"
    export.write_export(path)
    text = path.read_text("utf-8")
    titles = list(Complaint.objects.values_list("title", flat=True))
    notes = list(Exchange.objects.values_list("text", flat=True))
    assert not [word for word in [*titles, *notes, "Amélie"] if word in text]
    assert "payload" not in text


def test_an_export_is_never_written_over(complaints, tmp_path, capsys):
    path = tmp_path / "journal.jsonl"
    path.write_text("une preuve", "utf-8")
    code, _, err = run(capsys, export, path)
    assert code == 2
    assert str(path) in err
    assert path.read_text("utf-8") == "une preuve"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert not AuditEvent.objects.filter(stream="exports").exists()


def test_an_export_to_nowhere_is_said(tmp_path, capsys):
    code, _, err = run(capsys, export, tmp_path / "absent" / "journal.jsonl")
    assert code == 2
    assert "ne peut pas être écrit" in err


def test_a_broken_export_is_said(complaints, tmp_path, capsys):
    path = tmp_path / "journal.jsonl"
    export.write_export(path)
    path.write_text(path.read_text("utf-8").replace('"complaint_opened"', '"complaint_closed"', 1), "utf-8")
    code, out, _ = run(capsys, verify, path, "--json")
    assert code == 1
    assert json.loads(out)["findings"][0]["code"] == "edited"


def test_the_database_and_its_export_hold_the_same_events(complaints):
    footer = offline.Footer()
    with snapshot():
        lines = list(export.lines(footer))
    events = [event.bare() for event in AuditEvent.objects.order_by("stream", "seq")]
    assert lines[1:-1] == [offline.line_of(event) for event in events]
    assert findings(events) == []


@pytest.mark.django_db(transaction=True)
def test_a_walk_reads_one_state_and_writes_nothing():
    with snapshot(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
        assert cursor.fetchone() == ("repeatable read", "on")


def test_rows_of_a_kind_that_is_gone_are_passed_over(complaints):
    """A later version may drop a table; the events that told of it stay."""
    facts = {"rows": {"carrier_pigeon:7": {"name": "x"}}}
    _forge("settings", facts)
    assert verify.check().intact


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"complaint:not-a-key": {"state": "received"}}, "row_deleted"),
        ({"complaint": {"state": "received"}}, "row_deleted"),
        ({"complaint:{pk}": {"reopened_count": 1.5}}, "row_changed"),
        ({"complaint:{pk}": {"state": {"a": ["b"]}}}, "row_changed"),
        ({"complaint:{pk}": {"state": 2**70}}, "row_changed"),
    ],
)
def test_whatever_a_forged_event_tells_the_walk_goes_on(complaints, told, code):
    rows = {key.format(pk=complaints[0].pk): columns for key, columns in told.items()}
    _forge(complaints[0].journal_stream, {"rows": rows})
    assert code in {one.code for one in verify.check().findings}


def test_a_payload_too_short_to_name_its_key_was_edited(complaints):
    _forge("settings", {"code": "forged"}, payload=b"short", commitment=b"\1" * 32)
    assert "text_edited" in {one.code for one in verify.check().findings}


def _forge(stream, facts, payload=None, commitment=rules.NO_TEXTS):
    """Add an event that `record` would not write; its hash is right when its facts have one."""
    seq, prev_hash = queries.heads([stream])[stream]
    told = offline.Event(stream, seq + 1, prev_hash, facts, commitment, b"\0" * 32)
    event = hashed(told) if canonical_or_none(facts) else told
    row = AuditEvent(
        stream=stream,
        seq=event.seq,
        prev_hash=prev_hash,
        facts=facts,
        payload=payload,
        commitment=commitment,
        hash=event.hash,
    )
    silently(change=lambda: row.save(force_insert=True))


def canonical_or_none(facts):
    try:
        return offline.canonical(facts)
    except offline.NotCanonical:
        return None


def test_sentences_are_printed_in_french():
    assert [text for text in verify.SENTENCES.values() if french(text) != text] == []
