"""Every address: who gets in, by a table written by hand; reading changes nothing (reliability.md, section 5)."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from PIL import Image

from doleance.accounts import actions as accounts
from doleance.accounts.models import User
from doleance.accounts.rules import Role
from doleance.audit import actions as audit
from doleance.channels.actions import messages as channels
from doleance.channels.models import Message
from doleance.channels.rules import ParsedFile, Reason
from doleance.complaints.actions import dossiers as complaints
from doleance.desk import actions as desk
from doleance.drafting import actions as drafting
from doleance.drafting.rules import Task
from doleance.kernel.db import writing
from doleance.kernel.ids import uuid7
from doleance.keys import actions as keys
from doleance.keys.rules import Scope as KeyScope
from doleance.matching.actions import answering as matching
from doleance.matching.actions import merging
from doleance.notifications.actions import breaking
from doleance.notifications.actions import writing as notifications
from doleance.notifications.rules import Purpose, Scope
from doleance.routing.actions import batches
from doleance.routing.queries.batches import Gesture
from doleance.routing.rules import Act
from tests import factories
from tests.cast import MORNING, TESTS, Cast

EVERYBODY = {"amelie", "bruno", "chloe", "ines", "paul", "nadia", "karim"}
SETTERS = {"nadia"}
READERS = {"amelie", "bruno", "ines", "paul"}  # of a file of Relation client
WATCHERS = READERS | {"chloe"}  # have a list of files and of quarantine; Chloé those of her own team
WRITERS = {"amelie", "bruno", "chloe"}  # have a list of mails that did not leave, of their own team
DEPOSITORS = EVERYBODY - {"paul"}  # auditors write nothing
HANDLERS, SORTERS = {"amelie", "bruno"}, {"bruno"}
# Who gets in, of those who signed in. For the others the page does not exist.
DOORS: dict[str, set[str]] = {
    "account_logout": EVERYBODY,
    "account_reauthenticate": EVERYBODY,
    "account_change_password": EVERYBODY,
    "account_set_password": EVERYBODY,
    "mfa_reauthenticate": EVERYBODY,
    "mfa_reauthenticate_webauthn": EVERYBODY,
    "my_account": EVERYBODY,
    "my_app": EVERYBODY,
    "my_passkey": EVERYBODY,
    "my_factor_remove": EVERYBODY,
    "my_codes": EVERYBODY,
    "my_sessions_end": EVERYBODY,
    "my_session_end": EVERYBODY,
    "home": EVERYBODY,
    "dossiers": WATCHERS,
    "phone": WRITERS,
    "counter": DEPOSITORS,
    "counter_receipt": set(),  # whoever wrote it down, at that session only
    "dossier_status": READERS,
    "dossier_adopt": READERS,
    "dossier_mandate": READERS,
    "dossier_rules": READERS,
    "grievance_ask": READERS,
    "outbox": WRITERS,
    "outbox_send_all": WRITERS,
    "breaker_release": {"amelie", "bruno"},
    "letters": WRITERS,
    "letters_every": WRITERS,
    "letters_posted": WRITERS,
    "letter": READERS,
    "bulk": WATCHERS,
    "bulk_do": WATCHERS,
    "bulk_report": {"amelie"},  # whose gesture it is
    "bulk_undo": {"amelie"},
    "freshness": WATCHERS,
    "saved_views": WATCHERS,
    "saved_view_save": WATCHERS,
    "saved_view_move": HANDLERS,  # of a view shown to Relation client: its members
    "saved_view_remove": HANDLERS,
    "dossier": READERS,
    "dossier_party": READERS,
    "dossier_postal": READERS,
    "address_correct": READERS,
    "address_works": READERS,
    "dossier_content": READERS,
    "dossier_thumbnail": READERS,
    "dossier_take": READERS,
    "dossier_rename": READERS,
    "dossier_assign": READERS,
    "dossier_wait": READERS,
    "dossier_resume": READERS,
    "dossier_withdraw": READERS,
    "dossier_reopen": READERS,
    "dossier_close": READERS,
    "dossier_circle": READERS,
    "dossier_open_up": READERS,
    "dossier_revoke": READERS,
    "dossier_lesson": READERS,
    "dossier_note": READERS,
    "dossier_reply": READERS,
    "grievance_add": READERS,
    "grievance_correct": READERS,
    "grievance_decide": READERS,
    "grievance_drop": READERS,
    "grievance_accept": READERS,
    "grievance_refuse": READERS,
    "signal_judge": READERS,
    "message_kind": READERS,
    "suggestion_ask": READERS,
    "suggestion_take": READERS,
    "suggestion_drop": READERS,
    "notice_retain": READERS,
    "notice_send_again": READERS,
    "notice_left": READERS,
    "dossier_attachment": READERS,
    "dossier_original": READERS,
    "pairs": WRITERS,
    "pair": HANDLERS,
    "pair_decide": HANDLERS,
    "pair_take_back": HANDLERS,
    "parting": HANDLERS,
    "dossier_bring_together": HANDLERS,
    "quarantine": WATCHERS,
    "quarantine_filed": WATCHERS,
    "quarantined": READERS,
    "quarantined_original": READERS,
    "quarantined_content": READERS,
    "quarantined_attachment": READERS,
    "quarantined_thumbnail": READERS,
    "quarantine_read_all": SORTERS,
    "quarantined_back": SORTERS,
    "quarantined_open": SORTERS,
    "quarantined_link": SORTERS,
    "quarantined_file": SORTERS,
    "quarantined_read": SORTERS,
    "setup_company": SETTERS,
    "setup_calendars": SETTERS,
    "setup_packs": SETTERS,
    "setup_mail": SETTERS,
    "setup_add_mailbox": SETTERS,
    "setup_mailbox": SETTERS,
    "setup_mailbox_receive": SETTERS,
    "setup_mailbox_send": SETTERS,
    "setup_mailbox_letter": SETTERS,
    "setup_mailbox_choose": SETTERS,
    "setup_form": SETTERS,
    "setup_form_preview": SETTERS,
    "setup_form_sheet": SETTERS,
    "setup_reading": SETTERS,
    "setup_routing": SETTERS,
    "setup_api": SETTERS,
    "setup_api_key": SETTERS,
    "setup_teams": SETTERS,
    "setup_team": SETTERS,
    "setup_people": SETTERS,
    "setup_add_person": SETTERS,
    "setup_person": SETTERS,
    "setup_invite": SETTERS,
    "setup_factors": SETTERS,
    "setup_access": SETTERS,
}
# Who may do what such an address does, of those who get in; the others are refused (`not_allowed`).
DOERS: dict[str, set[str]] = {
    "phone": WRITERS,
    "counter": DEPOSITORS,
    "bulk": WRITERS,
    "bulk_do": WRITERS,
    "bulk_undo": {"amelie"},
    "saved_view_save": WATCHERS,
    "saved_view_move": HANDLERS,
    "saved_view_remove": HANDLERS,
    "dossier_status": HANDLERS,
    "dossier_adopt": HANDLERS,
    "dossier_mandate": HANDLERS,
    "dossier_rules": HANDLERS,
    "grievance_ask": HANDLERS,
    "outbox_send_all": WRITERS,
    "breaker_release": HANDLERS,
    "letters_posted": HANDLERS,
    "pair_decide": HANDLERS,
    "pair_take_back": HANDLERS,
    "parting": HANDLERS,
    "dossier_bring_together": HANDLERS,
    "dossier_party": HANDLERS,
    "dossier_postal": HANDLERS,
    "address_correct": HANDLERS,
    "address_works": HANDLERS,
    "quarantine_read_all": SORTERS,
    "quarantined_back": SORTERS,
    "dossier_take": HANDLERS,
    "dossier_rename": HANDLERS,
    "dossier_assign": HANDLERS,
    "dossier_wait": HANDLERS,
    "dossier_resume": HANDLERS,
    "dossier_withdraw": HANDLERS,
    "dossier_reopen": HANDLERS,
    "dossier_close": HANDLERS,
    "dossier_circle": HANDLERS | {"ines"},
    "dossier_open_up": HANDLERS | {"ines"},
    "dossier_revoke": HANDLERS,
    "dossier_lesson": HANDLERS,
    "dossier_note": HANDLERS | {"ines"},
    "dossier_reply": HANDLERS,
    "grievance_add": HANDLERS,
    "grievance_correct": HANDLERS,
    "grievance_decide": HANDLERS,
    "grievance_drop": HANDLERS,
    "grievance_accept": HANDLERS,
    "grievance_refuse": HANDLERS,
    "signal_judge": HANDLERS,
    "message_kind": HANDLERS,
    "suggestion_ask": HANDLERS,
    "suggestion_take": HANDLERS,
    "suggestion_drop": HANDLERS,
    "notice_retain": HANDLERS,
    "notice_send_again": HANDLERS,
    "notice_left": HANDLERS,
    "quarantined_open": SORTERS,
    "quarantined_link": SORTERS,
    "quarantined_file": SORTERS,
    "quarantined_read": SORTERS,
    "setup_company": SETTERS,
    "setup_calendars": SETTERS,
    "setup_packs": SETTERS,
    "setup_add_mailbox": SETTERS,
    "setup_mailbox": SETTERS,
    "setup_mailbox_receive": SETTERS,
    "setup_mailbox_send": SETTERS,
    "setup_mailbox_letter": SETTERS,
    "setup_mailbox_choose": SETTERS,
    "setup_form": SETTERS,
    "setup_reading": SETTERS,
    "setup_routing": SETTERS,
    "setup_api": SETTERS,
    "setup_api_key": SETTERS,
    "setup_teams": SETTERS,
    "setup_team": SETTERS,
    "setup_add_person": SETTERS,
    "setup_person": SETTERS,
    "setup_invite": SETTERS,
    "setup_factors": SETTERS,
    "setup_access": SETTERS,
}
# Open to whoever comes, and why.
PUBLIC = {
    "portal_form": "anybody may complain: the first question, or where this device had stopped",
    "portal_form_already": "takes any words, looks nothing up",
    "portal_form_erase": "erases the draft of this device; its signed cookie is the right",
    "portal_form_subject": "anybody may complain",
    "portal_form_story": "the draft of this device; its signed cookie is the right",
    "portal_form_facts": "the draft of this device; its signed cookie is the right",
    "portal_form_danger": "the draft of this device; its signed cookie is the right",
    "portal_form_wishes": "the draft of this device; its signed cookie is the right",
    "portal_form_contact": "the draft of this device; its signed cookie is the right",
    "portal_form_behalf": "the draft of this device; its signed cookie is the right",
    "portal_form_summary": "sends the draft of this device; its signed cookie is the right",
    "portal_follow": "entering by a reference; tells nothing of what exists",
    "portal_follow_code": "the code that was mailed is the right",
    "portal_follow_link": "the secret in the link is the right",
    "portal_follow_file": "a visit that a link, a key or a code began is the right; else the door",
    "portal_follow_points": "as the file: the visit is the right",
    "portal_follow_point": "as the file: the visit is the right",
    "portal_follow_confirm": "as the file: the visit is the right",
    "portal_follow_add": "as the file: the visit is the right",
    "portal_follow_withdraw": "as the file: the visit is the right",
    "portal_follow_contest": "as the file: the visit is the right",
    "portal_follow_leave": "ends a visit of one's own",
    "account_login": "signing in",
    "mfa_authenticate": "the second step of signing in, after the password",
    "mfa_login_webauthn": "signing in by a passkey",
    "openid_connect_login": "signing in by the company's directory; absent when none is set",
    "openid_connect_callback": "the way back from the company's directory",
    "account_inactive": "tells somebody suspended",
    "account_reset_password": "a forgotten password",
    "account_reset_password_done": "a forgotten password",
    "account_reset_password_from_key": "a forgotten password; the key in the link is the right",
    "account_reset_password_from_key_done": "a forgotten password",
    "first_run": "the secret in the link is the right",
    "invitation": "the secret in the link is the right",
    "appearance": "theme and density, kept in a cookie",
    "portal_receipt": "the receipt of what this device sent; its signed cookie is the right",
    "portal_receipt_kept": "a receipt; the secret in the address is the right",
    "portal_receipt_paper": "a receipt on paper; the secret in the address is the right",
    "portal_privacy": "what becomes of a complainant's data",
    "portal_accessibility": "how far these pages can be used by everybody",
    "portal_which": "the houses that receive complaints here",
    "portal_language": "the reader's language, kept in a cookie",
    "portal_sheet": "a house's colour, which its public pages wear",
    "portal_logo": "a house's logo, which its public pages show",
    "api_page": "what programs may ask, for people; tells nothing of anybody",
    "api_document": "the same for programs",
    "api_complaint_new": "a key is the right: tests/api/test_rights.py",
    "api_complaints": "a key is the right: tests/api/test_rights.py",
    "api_complaint": "a key is the right: tests/api/test_rights.py",
    "api_messages": "a key is the right: tests/api/test_rights.py",
    "api_message_new": "a key is the right: tests/api/test_rights.py",
    "api_attachment": "a key is the right: tests/api/test_rights.py",
    "api_categories": "a key is the right: tests/api/test_rights.py",
    "api_nowhere": "what is no address of the API",
    "ui": "the catalogue of components; absent unless DOLEANCE_DEBUG",
    "ui_page": "the catalogue of components; absent unless DOLEANCE_DEBUG",
}


PHOTO = ParsedFile(name="photo.jpg", media_type="image/jpeg", content_id="", is_inline=False, data=b"")
POSTAL = "Mme Hélène Durand\n3 rue des Lilas\n75020 Paris"


def photo() -> ParsedFile:
    """A small picture that can be drawn."""
    kept = io.BytesIO()
    Image.new("RGB", (8, 6)).save(kept, "JPEG")
    return replace(PHOTO, data=kept.getvalue())


def dressed(cast: Cast, raw: str = "") -> Message:
    """A mail in HTML with a picture, not read yet."""
    head = f"From: helene.durand@courriel.example\nMessage-ID: <{uuid7()}@courriel.example>\nMIME-Version: 1.0\n"
    return factories.message(cast, f"{head}Content-Type: text/html; charset=utf-8\n\n<p>Un mot{raw}</p>".encode())


def routes() -> dict[str, URLPattern]:
    """Every address of the product, by name."""

    def below(patterns: list) -> Iterator[URLPattern]:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                yield pattern
            else:
                yield from below(pattern.url_patterns)

    found = list(below(get_resolver().url_patterns))
    assert all(pattern.name for pattern in found), "an address without a name"
    names = [pattern.name for pattern in found]
    assert len(names) == len(set(names)), "two addresses with one name"
    return {str(pattern.name): pattern for pattern in found}


ROUTES = routes()


@pytest.fixture
def world(cast: Cast, calendars: None, settings: Any) -> dict[str, Any]:
    """One of each thing that addresses name, all of Amélie's team; by the name of the parameter."""
    letter = factories.incoming(cast, files=[photo()])
    look = dressed(cast)
    channels.link(message=look, files=(), subject=cast.durand.id, by=TESTS, at=MORNING)
    held = dressed(cast, "!")
    channels.quarantine(message=held, reason=Reason.UNREADABLE, files=[photo()], by=TESTS, at=MORNING)
    complaint = factories.complaint(cast, message=letter)
    grievance = factories.grievance(complaint)
    notice = notifications.send(
        complaint=complaint, purpose=Purpose.REPLY, to="helene.durand@courriel.example", subject="Votre bouilloire",
        text="Bonjour,", by=TESTS, at=MORNING, delay_s=15,
    )  # fmt: skip
    posted = notifications.send_letter(
        complaint=complaint, purpose=Purpose.REPLY, postal=POSTAL, subject="Votre bouilloire", text="Bonjour,",
        by=TESTS, at=MORNING,
    )  # fmt: skip
    complaints.add_exchange(complaint=complaint, message=look, text="Un mot", rule="by_hand", by=TESTS, at=MORNING)
    key = "helene.durand@courriel.example"
    breaker = breaking.trip(scope=Scope.SENDER, key=key, count=21, complaint=complaint, by=TESTS, at=MORNING)
    complaint.refresh_from_db()
    view = desk.save_view(name="Vue", query="", team_id=cast.team.pk, by=cast.amelie.actor(), at=MORNING)
    moved = Gesture(Act.TEAM, cast.logistics)
    other, by = factories.complaint(cast), cast.amelie.actor()
    batch = batches.start(once=uuid7(), gesture=moved, references=[other.reference], by=by, at=MORNING)
    twin, apart = factories.complaint(cast), factories.complaint(cast)
    merge = merging.merge(kept=twin, stub=apart, by=TESTS, at=MORNING)
    pair = matching.bring_together(one=complaint, other=twin, at=MORNING)
    settings.DOLEANCE_DRAFTS_URL, settings.DOLEANCE_DRAFTS_MODEL = "http://127.0.0.1:9/v1", "petit-modele"
    drafting.choose(entity=cast.entity, is_on=True, by=cast.nadia.actor(), at=MORNING)
    written = drafting.ask(complaint=complaint, task=Task.REPLY, by=by, at=MORNING)
    drafting.keep(suggestion=written, asked={}, text="Bonjour,", by=TESTS, at=MORNING)
    return {
        "suggestion_id": written.pk,
        "pair_id": pair.pk,
        "merge_id": merge.pk,
        "other": twin.reference,
        "batch_id": batch.pk,
        "view_id": view.pk,
        "reference": complaint.reference,
        "seen": complaint.version,
        "inside": cast.bruno.pk,
        "number": grievance.number,
        "notice_id": notice.pk,
        "attachment_id": letter.attachments.get().pk,
        "dossier_original.message_id": letter.pk,
        "dossier_content.message_id": look.pk,
        "quarantined_attachment.attachment_id": held.attachments.get().pk,
        "quarantined_thumbnail.attachment_id": held.attachments.get().pk,
        "letter.notice_id": posted.pk,
        "breaker_id": breaker.pk,
        "address_id": cast.durand.addresses.get().pk,
        "message_id": held.pk,
        "mailbox_id": factories.mailbox(cast).pk,
        "team_id": cast.team.pk,
        "user_id": cast.karim.pk,
        "key_id": keys.make_key(entity=cast.entity, name="Boutique", scopes={KeyScope.READ}, by=TESTS, at=MORNING)[
            0
        ].pk,
        "code": "legal_threat",
        "rest": "nulle-part",
        "secret": "a" * 22,
        "token": "a" * 22,
        "page": "dossiers",
        "digits": "005f69",
        "once": uuid7(),
        "name": "0" * 16,
        "entity_id": cast.entity.pk,
        "pk": 1,
        "provider_id": "entreprise",
    }


def data(name: str, world: dict[str, Any]) -> dict[str, Any]:
    """What a person would send to that address: forms of the right shape, so that only rights and rules refuse."""
    reason = {"reason": "Elle l’a demandé."}
    once = {"once": str(uuid7()), "text": "Un mot."}
    told = {"once": str(uuid7()), "text": "La bouilloire fuit.", "branch": "product"}
    grief = {"title": "Bouilloire cassée", "category": "product.damaged"}
    person = {"name": "Karim Haddad", "roles": ["expert"], "teams": [str(world["team_id"])], "is_active": "on"}
    box = {"address": "sav@maison.example", "name": "Maison", "smtp_port": "465", "smtp_security": "tls"}
    box |= {"imap_port": "993", "imap_security": "tls", "imap_auth": "password", "imap_folder": "INBOX"}
    box |= {"after_reading": "seen", "quiet_hours": "0"}
    zone = {"name": "Maison", "time_zone": "Europe/Paris", "calendar": "FR"}
    forms: dict[str, dict[str, Any]] = {
        "phone": told | {"status": "unknown", "language": "fr"},
        "counter": told | {"on_paper": "non"},
        "bulk": {"act": "prendre", "dossiers": world["reference"]},
        "bulk_do": {"act": "prendre", "dossiers": world["reference"]},
        "saved_view_save": {"name": "Vue", "query": ""},
        "dossier_status": {"status": "consumer"},
        "grievance_ask": {"code": "item", "answer": "Bouilloire"},
        "dossier_rules": reason | {"packs": ["GENERAL"], "confirmer": "oui"},
        "dossier_rename": {"title": "Bouilloire"},
        "dossier_assign": {"to": f"{world['team_id']}:"},
        "dossier_withdraw": reason,
        "dossier_reopen": reason,
        "dossier_close": reason,
        "dossier_lesson": {"lesson": "non"},
        "dossier_circle": reason | {"inside": [str(world["inside"])]},
        "dossier_open_up": reason,
        "dossier_note": once,
        "dossier_reply": once | {"kind": "etape", "faire": "envoyer"},
        "grievance_add": grief | {"once": str(uuid7())},
        "grievance_correct": grief,
        "grievance_decide": {"outcome": "upheld"},
        "grievance_drop": reason,
        "message_kind": {"kind": "complaint"},
        "suggestion_ask": {"task": "reply"},
        "signal_judge": {"tient": "oui"},
        "setup_reading": {"precision": "95"},
        "dossier_party": {"name": "Luc Delmas", "address": "luc.delmas@courriel.example"},
        "dossier_postal": {"value": POSTAL},
        "address_correct": {"value": "h.durand@courriel.example"},
        "letters_posted": {"posted_on": MORNING.date().isoformat(), "chosen": [str(world["letter.notice_id"])]}
        | {"confirmer": "oui"},
        "pair_decide": {"decision": "distinguer"},
        "dossier_bring_together": {"autre": world["other"]},
        "quarantined_link": {"reference": world["reference"]},
        "quarantined_file": {"because": "Publicité."},
        "setup_company": zone,
        "setup_calendars": {"day": "2026-12-24", "name": "Pont de Noël"},
        "setup_packs": {"packs": ["FR-PSD2", "GENERAL"]},
        "setup_add_mailbox": box,
        "setup_mailbox": box,
        "setup_mailbox_choose": {"choix": "authserv_id:mx.maison.example"},
        "setup_form": {"slug": "maison", "colour": "#005f69"},
        "setup_api": {"name": "Caisse", "scopes": ["read"], "per_minute": "60", "per_day": "1000"},
        "setup_teams": {"name": "Boutique"},
        "setup_team": {"name": "Boutique"},
        "setup_add_person": {"name": "Léa Roy", "email": "lea.roy@maison.example", "roles": ["agent"]},
        "setup_person": person,
    }
    return {"seen": world["seen"]} | forms.get(name, {})


def address(name: str, world: dict[str, Any]) -> str:
    """The address of a route in this world. A parameter that `world` lacks fails: add it there."""
    wanted = set(ROUTES[name].pattern.converters) | set(re.findall(r"\?P<(\w+)>", str(ROUTES[name].pattern)))
    missing = wanted - world.keys()
    assert not missing, f"{name}: give `world` a {missing}"
    return reverse(name, kwargs={one: world.get(f"{name}.{one}", world[one]) for one in wanted})


def test_each_address_has_its_row():
    """A new page says who gets in, before it is merged."""
    assert set(ROUTES) == set(DOORS) | set(PUBLIC)
    assert not set(DOORS) & set(PUBLIC)


def is_sign_in(response) -> bool:
    return response.status_code == 302 and response["Location"].startswith(reverse(settings.LOGIN_URL))


def is_goodbye(name: str, response) -> bool:
    """Signing out is harmless to a stranger."""
    return name == "account_logout" and response.status_code == 302


def test_a_stranger_is_sent_to_sign_in(world, subtests):
    for name in DOORS:
        for method in ("get", "post"):
            with subtests.test(name=name, method=method), forgotten():
                response = getattr(Client(), method)(address(name, world))
                assert is_sign_in(response) or is_goodbye(name, response)


def test_a_suspended_person_is_sent_to_sign_in(cast, world, enter, subtests):
    cookies = enter(cast.bruno).cookies
    told = {"name": cast.bruno.name, "roles": {Role.LEAD}, "teams": [cast.team], "is_away": False}
    accounts.change_user(user=cast.bruno, is_active=False, **told, by=TESTS, at=MORNING)
    for name in DOORS:
        with subtests.test(name=name), forgotten():
            client = Client()
            client.cookies.update(cookies)
            response = client.get(address(name, world))
            assert is_sign_in(response) or is_goodbye(name, response)


def test_who_gets_in(cast, world, enter, subtests):
    """By reading and by sending: a page that is not for you does not exist, whatever the verb."""
    for name, insiders in DOORS.items():
        for method in ("get", "post"):
            with subtests.test(name=name, method=method):
                statuses = {}
                for who in sorted(EVERYBODY):
                    with forgotten():
                        client = enter(getattr(cast, who))
                        statuses[who] = getattr(client, method)(address(name, world)).status_code
                is_other_verb = set(statuses.values()) == {405}
                inside = {who for who, status in statuses.items() if status != 404}
                assert is_other_verb or inside == insiders, statuses
                assert max(statuses.values()) < 500


def test_who_does_it(cast, world, enter, subtests):
    """With a form of the right shape sent by each: done or refused by a rule for those who may, else `not_allowed`."""
    for name, doers in DOERS.items():
        with subtests.test(name=name):
            assert {who for who in sorted(EVERYBODY) if does(name, who, cast, world, enter)} == doers


def does(name: str, who: str, cast: Cast, world: dict[str, Any], enter: Callable[[User], Client]) -> bool:
    """Whether the person is let do it; if not, nothing has changed."""
    changes = Changes()
    with forgotten():
        client = enter(getattr(cast, who))
        with connection.execute_wrapper(changes):
            response = client.post(address(name, world), data(name, world))
    refusal = response.headers.get("X-Refusal", "")
    assert response.status_code != 422 or refusal, f"{who}: give `data` a valid form for {name}"
    if response.status_code != 404 and refusal != "not_allowed":
        return True
    assert not changes.found, f"{who}: {changes.found}"
    return False


def test_each_act_has_its_row():
    """What changes something says who may do it; the rest only reads."""
    reading = {"home", "dossiers", "dossier", "dossier_attachment", "dossier_original", "quarantine", "setup_people"}
    reading |= {"setup_mail", "counter_receipt", "saved_views", "bulk_report", "freshness"}
    reading |= {"setup_form_preview", "setup_form_sheet"}
    reading |= {"letters", "letters_every", "letter", "dossier_content", "dossier_thumbnail"}
    reading |= {"quarantined_content", "quarantined_attachment", "quarantined_thumbnail"}
    reading |= {"quarantine_filed", "quarantined", "quarantined_original", "outbox", "pairs", "pair"}
    own = {"account_logout", "account_reauthenticate"}  # everybody, for oneself
    own |= {"account_change_password", "account_set_password"}
    own |= {name for name in DOORS if name.startswith(("my_", "mfa_"))}
    assert set(DOORS) == set(DOERS) | reading | own


@contextmanager
def forgotten() -> Iterator[None]:
    """What happens inside is undone: each reader finds the same world."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT world")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK TO SAVEPOINT world")


class Changes:
    """The statements that changed something while they were watched, less what reading may leave behind it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        statement = sql if isinstance(sql, str) else str(sql)
        if re.match(r"\s*(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP|COPY)\b", statement, re.IGNORECASE):
            session = re.search(r"\"?(django_session|cache_entry)\"?", statement)
            note = writing() == "audit.actions.viewed" and re.search(r"doleance_auditevent", statement)
            if not session and not note:
                self.found.append(f"{writing() or 'no action'}: {statement[:120]}")
        return execute(sql, params, many, context)


def test_reading_changes_nothing(cast, world, enter, subtests):
    """A GET may write the session and one `viewed` event in the reader's stream; nothing of the business."""
    for name in ROUTES:
        for who in ("nobody", min(DOORS.get(name) or EVERYBODY)):
            with subtests.test(name=name, who=who), forgotten():
                client, changes = Client() if who == "nobody" else enter(getattr(cast, who)), Changes()
                with connection.execute_wrapper(changes):
                    client.get(address(name, world))
                    client.get(address(name, world), headers={"HX-Request": "true"})
                assert not changes.found


def test_a_change_is_seen(cast):
    changes = Changes()
    with connection.execute_wrapper(changes):
        factories.complaint(cast)
    assert any('INSERT INTO "doleance_complaint"' in line for line in changes.found)


def test_a_view_and_a_session_are_let_through(cast, enter):
    changes = Changes()
    with connection.execute_wrapper(changes):
        audit.viewed(reader=cast.amelie.actor().id, what="complaint:1", at=MORNING)
        enter(cast.amelie)
    assert not [line for line in changes.found if "last_login" not in line]
