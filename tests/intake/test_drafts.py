"""A complaint being written: kept for seven days on the server, its files within limits, gone when its person says."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from doleance.audit.models import AuditEvent
from doleance.intake import deposits, drafts, pressure, tasks
from doleance.intake.actions import deposits as sending
from doleance.intake.actions import drafts as actions
from doleance.intake.models import Draft, DraftFile
from doleance.kernel import clock
from doleance.kernel.db import write
from tests.cast import MORNING, TESTS

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
WEEK = timedelta(days=7)


@pytest.fixture
def draft(cast):
    return actions.begin(entity=cast.entity, language="fr", origin="ab12", at=MORNING)


def test_a_draft_is_kept_for_seven_days_and_no_longer(draft):
    found = drafts.draft(draft.id, at=MORNING + WEEK - timedelta(seconds=1))
    assert (found, found.origin, found.answers) == (draft, "ab12", {})
    assert drafts.draft(draft.id, at=MORNING + WEEK) is None
    assert drafts.draft(None, at=MORNING) is None


def test_a_change_gives_seven_more_days(draft):
    later = MORNING + timedelta(days=6)
    actions.keep(draft=draft, page="tell", answers={"text": "Bonjour"}, at=later)
    assert drafts.draft(draft.id, at=later + WEEK - timedelta(seconds=1)) is not None
    assert drafts.draft(draft.id, at=later + WEEK) is None


def test_pages_add_up_and_a_page_said_again_replaces_itself(draft):
    actions.keep(draft=draft, page="what", answers={"branch": "delivery"}, at=MORNING)
    actions.keep(draft=draft, page="wishes", answers={"wishes": ["refund", "repair"]}, at=MORNING)
    kept = actions.keep(draft=draft, page="wishes", answers={"wishes": ["repair"]}, at=MORNING)
    assert kept.answers == {"what": {"branch": "delivery"}, "wishes": {"wishes": ["repair"]}}
    assert drafts.draft(draft.id, at=MORNING).answers == kept.answers


def test_what_postgresql_cannot_keep_is_cleaned_and_nothing_else(draft):
    answers = {"text": "a\0b\r\nc \ud800 d", "list": ["\0x"], "yes": True, "n": 3}
    kept = actions.keep(draft=draft, page="tell", answers=answers, at=MORNING)
    assert kept.answers["tell"] == {"text": "ab\nc \ufffd d", "list": ["x"], "yes": True, "n": 3}


def test_more_answers_than_anybody_writes_are_refused_and_the_rest_stays(draft):
    actions.keep(draft=draft, page="tell", answers={"text": "Bonjour"}, at=MORNING)
    with pytest.raises(deposits.DraftTooLong):
        actions.keep(draft=draft, page="other", answers={"text": "é" * 400_000}, at=MORNING)
    assert drafts.draft(draft.id, at=MORNING).answers == {"tell": {"text": "Bonjour"}}


def test_a_file_is_kept_under_a_harmless_name_with_the_type_that_its_bytes_show(draft):
    name = "C:\\fakepath\\..\\fact\u202eure\0.png"
    one = actions.add_file(draft=draft, name=name, media_type="text/html", data=PNG, at=MORNING)
    assert (one.name, one.media_type, one.size) == ("facture.png", "image/png", len(PNG))
    page = actions.add_file(draft=draft, name="page.png", media_type="image/png", data=b"<script>", at=MORNING)
    assert page.media_type == "application/octet-stream"
    assert [file.data for file in drafts.parsed_files(draft)] == [PNG, b"<script>"]


def test_the_same_file_twice_is_one(draft):
    first = actions.add_file(draft=draft, name="a.png", media_type="image/png", data=PNG, at=MORNING)
    assert actions.add_file(draft=draft, name="a.png", media_type="image/png", data=PNG, at=MORNING) == first
    assert len(drafts.files(draft)) == 1


def test_ten_files_and_no_eleventh(draft):
    for number in range(deposits.MOST_FILES):
        actions.add_file(draft=draft, name=f"{number}.txt", media_type="", data=b"%d" % number, at=MORNING)
    with pytest.raises(deposits.TooManyFiles):
        actions.add_file(draft=draft, name="11.txt", media_type="", data=b"x", at=MORNING)
    assert len(drafts.files(draft)) == deposits.MOST_FILES


def test_a_file_that_was_removed_leaves_its_place_and_its_bytes_are_gone(draft):
    one = actions.add_file(draft=draft, name="a.png", media_type="", data=PNG, at=MORNING)
    actions.remove_file(draft=draft, file_id=one.id, at=MORNING)
    actions.remove_file(draft=draft, file_id=one.id, at=MORNING)
    assert not DraftFile.objects.exists()


def test_a_file_is_taken_off_its_own_draft_only(draft, cast):
    other = actions.begin(entity=cast.entity, language="fr", at=MORNING)
    one = actions.add_file(draft=draft, name="a.png", media_type="", data=PNG, at=MORNING)
    actions.remove_file(draft=other, file_id=one.id, at=MORNING)
    assert drafts.files(draft) == [one]


def test_erased_is_gone_row_and_bytes(draft):
    actions.add_file(draft=draft, name="a.png", media_type="", data=PNG, at=MORNING)
    actions.erase(draft=draft)
    actions.erase(draft=draft)
    assert not Draft.objects.exists()
    assert not DraftFile.objects.exists()
    with pytest.raises(deposits.DraftGone):
        actions.keep(draft=draft, page="tell", answers={}, at=MORNING)


def test_what_is_over_is_swept_and_what_waits_or_goes_on_stays(draft, cast, monkeypatch):
    fresh = actions.begin(entity=cast.entity, language="fr", at=MORNING + timedelta(days=1))
    pressed = actions.begin(entity=cast.entity, language="fr", at=MORNING)
    _press(pressed=pressed, at=MORNING)
    actions.add_file(draft=draft, name="a.png", media_type="", data=PNG, at=MORNING)
    monkeypatch.setattr(clock, "now", lambda: MORNING + WEEK)
    tasks.sweep_drafts(timestamp=0)
    assert list(Draft.objects.order_by("id")) == [fresh, pressed]
    assert not DraftFile.objects.exists()


@write(quiet="a test's own")
def _press(*, pressed, at):
    pressed.pressed, pressed.pressed_at = {"text": "…"}, at
    pressed.save()


def test_a_draft_that_was_pressed_is_neither_changed_nor_erased(draft):
    _press(pressed=draft, at=MORNING)
    for change in (
        lambda: actions.keep(draft=draft, page="tell", answers={}, at=MORNING),
        lambda: actions.add_file(draft=draft, name="a", media_type="", data=b"a", at=MORNING),
        lambda: actions.erase(draft=draft),
    ):
        with pytest.raises(deposits.DraftSent):
            change()


def test_the_language_of_a_draft_follows_its_person(draft):
    assert actions.speak(draft=draft, language="en", at=MORNING).language == "en"


def test_nothing_of_a_draft_is_on_the_journal(draft):
    before = AuditEvent.objects.count()
    actions.keep(draft=draft, page="tell", answers={"text": "Bonjour"}, at=MORNING)
    actions.add_file(draft=draft, name="a.png", media_type="", data=PNG, at=MORNING)
    actions.erase(draft=draft)
    assert AuditEvent.objects.count() == before


def test_a_sent_draft_names_its_complaint(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        _mark_sent(draft=draft, at=MORNING)


@write(quiet="a test's own")
def _mark_sent(*, draft, at):
    draft.submitted_at = at
    draft.save()


def test_beyond_what_a_network_holds_files_wait_and_words_are_taken(draft, cast, monkeypatch):
    _come_from(draft=draft, origin="a")
    monkeypatch.setattr(pressure, "ROOM_ORIGIN", pressure.Held(2, 2 * len(PNG)))
    actions.add_file(draft=draft, name="a.png", data=PNG, at=MORNING)
    twin = actions.begin(entity=cast.entity, language="fr", origin="a", at=MORNING)
    actions.add_file(draft=twin, name="b.png", data=PNG, at=MORNING)
    for full in (draft, twin):
        with pytest.raises(pressure.FilesWait):
            actions.add_file(draft=full, name="c.png", data=PNG, at=MORNING)
        assert actions.keep(draft=full, page="story", answers={"text": "Je raconte."}, at=MORNING).answers
    elsewhere = actions.begin(entity=cast.entity, language="fr", origin="b", at=MORNING)
    assert actions.add_file(draft=elsewhere, name="c.png", data=PNG, at=MORNING)
    monkeypatch.setattr(pressure, "ROOM_ALL", pressure.Held(2, 10**9))
    with pytest.raises(pressure.FilesWait):
        actions.add_file(draft=elsewhere, name="d.png", data=PNG, at=MORNING)


@write(quiet="a test's own")
def _come_from(*, draft, origin):
    draft.origin = origin
    draft.save()


@pytest.mark.usefixtures("calendars")
def test_the_marks_of_what_was_sent_are_forgotten_after_two_days(draft, cast, monkeypatch):
    deposit = deposits.Deposit(branch="other", text="Bonjour", contact=deposits.Contact(email="h@courriel.example"))
    sending.submit(draft=draft, deposit=deposit, network="203.0.113.7", by=TESTS, at=MORNING)
    for later, is_there in ((timedelta(days=2) - timedelta(seconds=1), True), (timedelta(days=2), False)):
        monkeypatch.setattr(clock, "now", lambda later=later: MORNING + later)
        tasks.sweep_drafts(timestamp=0)
        kept = Draft.objects.get(pk=draft.pk)
        assert (bool(kept.origin), bool(kept.named)) == (is_there, is_there)
