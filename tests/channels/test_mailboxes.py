"""Mailboxes: what their settings may be, where secrets stay, how they do, and when people are told."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.audit import queries as audit
from doleance.audit.models import AuditEvent
from doleance.channels import mailboxes as rules
from doleance.channels import queries
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings, settings_of
from doleance.channels.mailboxes import Health, News, Reception, Standing, Trouble
from doleance.channels.models import Mailbox, MailboxHealth
from doleance.channels.rules import AfterReading, ImapAuth, PasswordAgain, Security
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed
from tests import factories
from tests.cast import MORNING, TESTS

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
READ = Reception(host="imap.maison.example", user="maison")
TOKENS = replace(
    READ, auth=ImapAuth.XOAUTH2, token_url="https://login.example/oauth2/token", client_id="3f0c2a52-doleance"
)


@pytest.mark.parametrize(
    "wanted",
    [
        Reception(),
        Reception(user="", folder="", after_reading=AfterReading.MOVE),  # not fetched: nothing to complete
        READ,
        TOKENS,
        replace(READ, host="192.0.2.7"),
        replace(READ, host="2001:db8::7"),
        replace(READ, host="courriel.société.example"),
        replace(READ, host="localhost", security=Security.NONE),
        replace(READ, after_reading=AfterReading.MOVE, done_folder="Traités"),
        replace(READ, folder="Réclamations", after_reading=AfterReading.MOVE, done_folder="réclamations"),
    ],
)
def test_settings_that_pass(wanted):
    rules.check_reception(wanted)


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        (replace(READ, host="imaps://imap.maison.example"), rules.NotAHost),
        (replace(READ, host="imap.maison.example:993"), rules.NotAHost),
        (replace(READ, host="imap maison"), rules.NotAHost),
        (replace(READ, host="a@imap.maison.example"), rules.NotAHost),
        (replace(READ, host="imap.maison.example\r\nX"), rules.NotAHost),
        (replace(READ, port=0), rules.NotAPort),
        (replace(READ, port=65536), rules.NotAPort),
        (replace(READ, user=""), rules.LoginMissing),
        (replace(READ, security=Security.NONE), rules.SecretInClear),
        (replace(READ, folder=""), rules.FolderMissing),
        (replace(READ, after_reading=AfterReading.MOVE), rules.NowhereToMove),
        (replace(READ, after_reading=AfterReading.MOVE, done_folder="Inbox"), rules.NowhereToMove),
        (replace(TOKENS, token_url="http://login.example/token"), rules.NotATokenAddress),
        (replace(TOKENS, token_url="https://"), rules.NotATokenAddress),
        (replace(TOKENS, token_url="https://me@login.example/"), rules.NotATokenAddress),
        (replace(TOKENS, token_url="https://[login/"), rules.NotATokenAddress),
        (replace(TOKENS, client_id=""), rules.ClientMissing),
    ],
)
def test_settings_that_are_refused(wanted, refusal):
    with pytest.raises(refusal):
        rules.check_reception(wanted)


@given(st.text(max_size=300), st.integers(-5, 70_000))
def test_what_passes_for_a_server_is_one_name(host, port):
    """Whatever is typed, it holds nothing that could end a line or lead elsewhere."""
    with suppress(rules.NotAHost, rules.NotAPort):
        rules.check_server(host, port)
        assert host
        assert not set(host) & set(" \t\r\n/@?#\x00")
        assert 0 < port < 65536


@pytest.mark.parametrize("name", ["", "mx.google.com", "ssl0.ovh.net", "protection-1"])
def test_a_name_that_signs_checks(name):
    rules.check_authserv(name)


@pytest.mark.parametrize("name", ["mx google", "mx.google.com;", 'mx"', "mx\n"])
def test_a_name_that_could_not_sign(name):
    with pytest.raises(rules.NotAnAuthserv):
        rules.check_authserv(name)


WELL = Health(checked_at=MORNING, heard_at=MORNING - HOUR)
FAILING = replace(WELL, failing_since=MORNING - 12 * MINUTE)
AILING = replace(WELL, failing_since=MORNING - 15 * MINUTE)
QUIET = replace(WELL, heard_at=MORNING - 25 * HOUR, quiet_hours=24)
LEFT = replace(QUIET, checked_at=MORNING - 16 * MINUTE, failing_since=MORNING - HOUR)


@pytest.mark.parametrize(
    ("health", "found"),
    [
        (Health(), None),
        (WELL, None),
        (FAILING, None),
        (AILING, Trouble.FAILING),
        (QUIET, Trouble.QUIET),
        (replace(QUIET, quiet_hours=0), None),
        (replace(QUIET, heard_at=None), None),
        (replace(QUIET, failing_since=MORNING - MINUTE), None),  # it may be why nothing comes: one thing at a time
        (LEFT, Trouble.UNCHECKED),
    ],
)
def test_when_a_mailbox_needs_somebody(health, found):
    assert rules.trouble(health, at=MORNING) is found
    if found:
        assert rules.since(found, health) is not None


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (Health(), Standing.WAITING),
        (WELL, Standing.RECEIVING),
        (FAILING, Standing.STUMBLING),
        (AILING, Standing.FAILING),
        (QUIET, Standing.QUIET),
        (LEFT, Standing.UNCHECKED),
    ],
)
def test_how_a_mailbox_does(health, expected):
    assert rules.standing(health, is_active=True, is_fetched=True, at=MORNING) is expected
    assert rules.standing(health, is_active=True, is_fetched=False, at=MORNING) is Standing.IMPORT_ONLY
    assert rules.standing(health, is_active=False, is_fetched=True, at=MORNING) is Standing.ASIDE


def test_every_trouble_is_a_standing():
    assert {kind.value: kind.label for kind in Trouble}.items() <= {k.value: k.label for k in Standing}.items()


@pytest.mark.parametrize(
    ("found", "alarmed", "expected"),
    [
        (None, False, None),
        (None, True, News.BACK),
        (Trouble.FAILING, False, News.STOPPED),
        (Trouble.QUIET, False, News.STOPPED),
        (Trouble.FAILING, True, None),
        (Trouble.QUIET, True, None),
        (Trouble.UNCHECKED, False, None),
        (Trouble.UNCHECKED, True, None),
    ],
)
def test_news_is_told_once_an_outage(found, alarmed, expected):
    assert rules.news(found, alarmed_at=MORNING if alarmed else None, lasts=False) is expected


@given(st.lists(st.sampled_from([None, *Trouble]), max_size=60))
def test_news_alternate_whatever_happens(story):
    """Nobody is told twice that it stopped, nor that what never stopped is back."""
    alarmed, told = None, []
    for found in story:
        if word := rules.news(found, alarmed_at=alarmed, lasts=False):
            alarmed = MORNING if word is News.STOPPED else None
            told.append(word)
    assert told == [News.STOPPED, News.BACK] * (len(told) // 2) + [News.STOPPED] * (len(told) % 2)


NADIA_WANTS = MailboxSettings(
    address="reclamations@maison.example",
    imap_host=" imap.maison.example ",
    imap_user="maison",
    imap_secret="très secret",
    authserv_id=" mx.maison.example ",
    has_plus=True,
    quiet_hours=48,
)
WITH_TOKENS = replace(
    NADIA_WANTS,
    imap_auth=ImapAuth.XOAUTH2,
    imap_secret="jeton d’actualisation",
    oauth_token_url="https://login.example/oauth2/token",
    oauth_client_id="doleance",
    oauth_client_secret="de l’application",
)
KEPT = {"imap_secret": None, "oauth_client_secret": None}


@pytest.fixture
def add(cast):
    def make(wanted=NADIA_WANTS):
        return mailboxes.add_mailbox(entity=cast.entity, wanted=wanted, by=cast.nadia.actor(), at=MORNING)

    return make


@pytest.fixture
def change(cast):
    def make(mailbox, **changes):
        wanted = replace(settings_of(mailbox), **changes)
        return mailboxes.change_mailbox(mailbox=mailbox, wanted=wanted, by=cast.nadia.actor(), at=MORNING)

    return make


def test_a_mailbox_that_is_fetched(add):
    kept = Mailbox.objects.get(pk=add().pk)
    assert (kept.imap_host, kept.imap_port, kept.imap_user) == ("imap.maison.example", 993, "maison")
    assert (kept.imap_folder, kept.after_reading, kept.authserv_id) == ("INBOX", "seen", "mx.maison.example")
    assert (kept.has_plus, kept.quiet_hours) == (True, 48)
    assert b"secret" not in bytes(kept.imap_secret or b"")
    assert queries.imap_secret(kept) == "très secret"
    assert queries.oauth_client_secret(kept) == ""
    [event] = [event for event in audit.history("settings") if event.code == "mailbox_added"]
    assert "secret" not in str(event.facts)


def test_settings_are_said_back_without_secrets(add):
    told = settings_of(Mailbox.objects.get(pk=add(WITH_TOKENS).pk))
    bare: dict[str, Any] = {"imap_host": "imap.maison.example", "authserv_id": "mx.maison.example"}
    assert told == replace(WITH_TOKENS, imap_secret=None, oauth_client_secret=None, **bare)
    assert "jeton" not in repr(WITH_TOKENS)
    assert "application" not in repr(WITH_TOKENS)


@pytest.mark.parametrize(
    "changes",
    [
        {"imap_host": "ailleurs.example"},
        {"imap_port": 143},
        {"imap_user": "autre"},
        {"imap_security": Security.STARTTLS},
        {"imap_auth": ImapAuth.XOAUTH2, "oauth_token_url": "https://a.example/", "oauth_client_id": "x"},
    ],
)
def test_a_kept_password_opens_no_other_door(add, change, changes):
    box = add()
    with pytest.raises(rules.ReceptionSecretAgain):
        change(box, **changes)
    assert queries.imap_secret(Mailbox.objects.get()) == "très secret"
    assert queries.imap_secret(change(box, **changes, imap_secret="typed again")) == "typed again"


def test_a_kept_token_goes_to_no_other_address(add, change):
    box = add(WITH_TOKENS)
    with pytest.raises(rules.ReceptionSecretAgain):
        change(box, oauth_token_url="https://voleur.example/")
    with pytest.raises(rules.ReceptionSecretAgain):
        change(box, oauth_client_id="autre")
    moved = change(box, oauth_client_id="autre", imap_secret="typed again")
    assert queries.oauth_client_secret(moved) == "", "the secret of the first application is not shown to the second"
    assert queries.imap_secret(moved) == "typed again"


def test_a_change_of_something_else_keeps_the_secrets(add, change):
    box = change(add(WITH_TOKENS), imap_folder="Réclamations", authserv_id="", name="Maison")
    kept = Mailbox.objects.get(pk=box.pk)
    assert queries.imap_secret(kept) == "jeton d’actualisation"
    assert queries.oauth_client_secret(kept) == "de l’application"


def test_no_server_no_secret(add, change):
    kept = change(add(WITH_TOKENS), imap_host="")
    assert (kept.imap_secret, kept.oauth_client_secret) == (None, None)


def test_back_to_a_password_forgets_the_application(add, change):
    kept = change(add(WITH_TOKENS), imap_auth=ImapAuth.PASSWORD, imap_secret="mot de passe")
    assert (kept.oauth_token_url, kept.oauth_client_id, kept.oauth_client_secret) == ("", "", None)


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        (replace(NADIA_WANTS, imap_secret=None), rules.SecretMissing),
        (replace(NADIA_WANTS, imap_secret=""), rules.SecretMissing),
        (replace(WITH_TOKENS, imap_secret=None), rules.TokenMissing),
        (replace(NADIA_WANTS, authserv_id="mx maison"), rules.NotAnAuthserv),
        (replace(NADIA_WANTS, smtp_host="smtp://maison"), rules.NotAHost),
        (replace(NADIA_WANTS, smtp_host="smtp.maison.example", smtp_port=0), rules.NotAPort),
        (replace(NADIA_WANTS, imap_folder=" "), rules.FolderMissing),
    ],
)
def test_what_cannot_work_is_refused_before_it_is_kept(add, wanted, refusal):
    with pytest.raises(refusal):
        add(wanted)
    assert not Mailbox.objects.exists()


def test_the_sending_password_is_apart(add, change):
    box = add(replace(NADIA_WANTS, smtp_host="smtp.maison.example", smtp_user="maison", smtp_password="pour envoyer"))
    with pytest.raises(PasswordAgain):
        change(box, smtp_host="ailleurs.example")
    moved = change(box, imap_host="ailleurs.example", imap_secret="pour recevoir")
    assert (queries.smtp_password(moved), queries.imap_secret(moved)) == ("pour envoyer", "pour recevoir")


@write(quiet="a test makes what a fetcher would have noted")
def note(box, **known):
    MailboxHealth.objects.update_or_create(mailbox=box, defaults={"checked_at": MORNING} | known)


def test_a_mailbox_that_never_got_a_mail_is_quiet_since_it_is_fetched(add):
    box = add()
    note(box, began_at=MORNING - 47 * HOUR)
    assert news(box) is None
    note(box, began_at=MORNING - 48 * HOUR)
    assert news(box) == (News.STOPPED, Trouble.QUIET)


def news(box, at=MORNING):
    return mailboxes.note_news(mailbox=box, lasts=False, by=TESTS, at=at)


def test_an_outage_is_noted_once_and_its_end_too(add):
    box = add()
    assert news(box) is None, "never tried"
    note(box, failing_since=MORNING - 15 * MINUTE, error="login")
    assert news(box) == (News.STOPPED, Trouble.FAILING)
    assert news(box) is None
    assert MailboxHealth.objects.get().alarmed_at == MORNING
    later = MORNING + HOUR
    note(box, checked_at=later, failing_since=None, error="")
    assert news(box, at=later) == (News.BACK, None)
    assert news(box, at=later) is None
    codes = list(AuditEvent.objects.filter(stream="settings").order_by("seq").values_list("facts__code", flat=True))
    assert codes[-2:] == ["mailbox_stopped", "mailbox_back"]


def test_a_mailbox_put_aside_is_no_news(add, change):
    box = add()
    note(box, failing_since=MORNING - HOUR)
    change(box, is_active=False)
    assert news(box) is None


def test_settings_are_changed_by_administrators(add, cast):
    box = add()
    with pytest.raises(NotAllowed):
        mailboxes.change_mailbox(mailbox=box, wanted=settings_of(box), by=cast.bruno.actor(), at=MORNING)


def test_those_that_are_watched(cast, add):
    box = add()
    factories.mailbox(cast, address="import@maison.example")
    assert queries.watched() == [], "nobody tried yet"
    note(box)
    assert queries.watched() == [box]
    assert [queries.known_health(one) is None for one in queries.mailboxes()] == [True, False]
