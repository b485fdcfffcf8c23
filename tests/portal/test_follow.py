"""The pages that follow a file: entering it, what a stranger learns, what one may do there, what is never shown."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from doleance.accounts import actions as accounts
from doleance.audit import actions as erasing
from doleance.audit import queries as audit
from doleance.channels.models import Attachment, Message
from doleance.complaints import access, queries
from doleance.complaints.access import Use
from doleance.complaints.actions import access as accesses
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint, Exchange, FollowCode
from doleance.complaints.rules import ExchangeKind, LinkUse, Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.desk.queries import follow as desk
from doleance.kernel import clock, languages
from doleance.kernel.db import write
from doleance.portal import drafts as device
from doleance.portal import visits
from doleance.resolution import actions as resolution
from tests import factories
from tests.cast import MORNING, TESTS

DURAND = "helene.durand@courriel.example"
FILE = "/suivi/dossier/"
INTERNAL = ("Client pénible", "À rappeler avant midi", "Erreur du magasin", "Rien à lui devoir", "Amélie Rousseau")


@pytest.fixture
def at(set_now):
    """The pages' own moment."""
    moment = MORNING + timedelta(days=1)
    set_now(moment)
    cache.clear()
    return moment


@pytest.fixture
def set_now(monkeypatch):
    def setter(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)

    return setter


@pytest.fixture
def file(cast, calendars, at) -> Complaint:
    complaint = factories.complaint(cast, title="Client pénible")
    dossiers.note(complaint=complaint, text="À rappeler avant midi", by=cast.amelie.actor(), at=MORNING)
    return complaint


@pytest.fixture
def superseded():
    """No story brings a file there yet: a test's own action does."""

    @write(quiet="a test shapes what a story will")
    def merge(*, complaint):
        complaint.state = State.MERGED
        complaint.save(update_fields=["state"])

    return lambda complaint: merge(complaint=complaint)


def token_of(complaint, subject=None):
    token = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.MAIL, subject=subject or uuid4())
    accesses.give_link(complaint=complaint, purpose=LinkUse.MAIL, secret=token, by=TESTS, at=MORNING)
    return token


def visitor(complaint, client=None):
    """A browser that has pressed the button of a link."""
    client = client or Client()
    assert client.post(reverse("portal_follow_link", args=[token_of(complaint)])).status_code == 302
    return client


def words(response):
    """A page without what changes by itself: tokens of forms."""
    return re.sub(r'value="[^"]{20,}"', "", response.content.decode())


def test_a_link_shows_one_button_and_its_press_begins_the_visit(file):
    where = reverse("portal_follow_link", args=[token_of(file)])
    client = Client()
    shown = client.get(where)
    assert shown.status_code == 200
    assert file.reference not in shown.content.decode()
    assert client.get(FILE).status_code == 302
    assert client.post(where)["Location"] == FILE
    assert file.reference in client.get(FILE).content.decode()


@pytest.mark.parametrize("token", ["a" * 22, "x", "é" * 22, "a" * 400])
def test_a_link_that_is_none_opens_nothing(file, token):
    where = reverse("portal_follow_link", args=[token])
    for response in (Client().get(where), Client().post(where)):
        assert response.status_code == 410


def test_a_link_that_expired_or_was_closed_says_the_same(cast, file, set_now):
    token = token_of(file)
    where = reverse("portal_follow_link", args=[token])
    unknown = words(Client().get(reverse("portal_follow_link", args=["a" * 22]))).replace("a" * 22, "")
    set_now(MORNING + timedelta(days=91))
    assert words(Client().get(where)).replace(token, "") == unknown
    set_now(MORNING + timedelta(days=1))
    accesses.revoke(complaint=file, by=cast.amelie.actor(), at=MORNING)
    assert words(Client().post(where)).replace(token, "") == unknown


def test_closing_the_ways_in_ends_the_visits(cast, file, at, set_now):
    client = visitor(file)
    assert client.get(FILE).status_code == 200
    set_now(at + timedelta(minutes=2))
    accesses.revoke(complaint=file, by=cast.amelie.actor(), at=at + timedelta(minutes=1))
    assert client.get(FILE)["Location"] == "/suivi/"


def test_a_visit_lasts_two_hours_since_the_last_page(file, at, set_now):
    client = visitor(file)
    set_now(at + timedelta(minutes=110))
    assert client.get(FILE).status_code == 200
    set_now(at + timedelta(minutes=220))
    assert client.get(FILE).status_code == 200
    set_now(at + timedelta(minutes=341))
    assert client.get(FILE).status_code == 302


def test_a_session_that_a_stranger_set_is_worth_nothing_after(file):
    client = Client()
    client.get("/suivi/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    visitor(file, client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != session.session_key
    stranger = Client()
    stranger.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    assert stranger.get(FILE).status_code == 302


def test_what_was_erased_is_shown_to_nobody(cast, file):
    where = reverse("portal_follow_link", args=[token_of(file)])
    client = visitor(file)
    erasing.erase(subject=cast.durand.id, authority="rgpd", article="17-1-b", by=TESTS.id, at=MORNING)
    assert client.get(FILE)["Location"] == "/suivi/"
    assert Client().get(where).status_code == 410


def test_a_merged_file_says_so_and_takes_nothing_more(file, superseded):
    client = visitor(file)
    superseded(file)
    page = client.get(FILE).content.decode()
    assert "réunie à une autre" in page
    assert "Ajouter une information" not in page


def test_leaving_shows_nothing_any_more(file):
    client = visitor(file)
    assert client.get("/suivi/quitter/").status_code == 405
    client.post("/suivi/quitter/")
    assert client.get(FILE).status_code == 302


def test_leaving_forgets_the_form_and_its_receipt_too(file):
    client = visitor(file)
    client.cookies[device.cookie_name()] = client.cookies[device.seen_name()] = "kept"
    left = client.post("/suivi/quitter/")
    assert {left.cookies[name]["max-age"] for name in (device.cookie_name(), device.seen_name())} == {0}
    assert "ni votre reçu" in client.get(left["Location"]).content.decode()


def test_without_a_network_nobody_shuts_the_door_to_all(file):
    told = {"cle-reference": file.reference, "cle-key": "faux"}
    answers = [Client(REMOTE_ADDR="").post("/suivi/", told) for _ in range(visits.TRIES + 2)]
    assert "ne vont pas ensemble" in answers[-1].content.decode()


def test_a_visit_opens_one_file(cast, file):
    other = factories.complaint(cast)
    page = visitor(file).get(FILE).content.decode()
    assert file.reference in page
    assert other.reference not in page


def test_a_wrong_pair_and_an_unknown_one_are_answered_alike(cast, file):
    pages = []
    for reference, contact in (
        (file.reference, DURAND),
        (file.reference, "autre@courriel.example"),
        ("R26-2222-2", DURAND),
    ):
        client = Client()
        sent = client.post("/suivi/", {"reference": reference, "email": contact})
        code = client.get("/suivi/code/")
        wrong = client.post("/suivi/code/", {"code": "12"})
        pages.append((sent.status_code, sent["Location"], words(code), wrong.status_code, words(wrong)))
    assert pages[0] == pages[1] == pages[2]
    assert FollowCode.objects.count() == 3


def test_without_a_mail_server_no_code_is_promised(cast, file):
    factories.mailbox(cast)
    told = {"reference": file.reference, "email": DURAND}
    client = Client()
    client.post("/suivi/", told)
    for where in ("/suivi/", "/suivi/code/"):
        shown = client.get(where).content.decode()
        assert "Aucun code ne peut partir par courriel en ce moment." in shown
        assert "Entrer avec la clé" in shown
        assert "vient de partir" not in shown
        assert "Recevoir un code" not in shown


def test_with_a_mail_server_a_code_is_offered(cast, file):
    factories.mailbox(cast, smtp_host="smtp.maison.example")
    client = Client()
    assert "Recevoir un code" in client.get("/suivi/").content.decode()
    client.post("/suivi/", {"reference": file.reference, "email": DURAND})
    assert "vient de partir" in client.get("/suivi/code/").content.decode()


def test_the_code_of_the_mail_opens_the_file(file):
    client = Client()
    client.post("/suivi/", {"reference": file.reference.lower(), "email": DURAND.upper()})
    asked = FollowCode.objects.get()
    accesses.note_mailed(asked=asked.pk, at=asked.made_at)  # what the job of its mail does
    code = access.code_for(key=settings.DOLEANCE_FOLLOW_KEY, subject=asked.pk)
    stranger = Client()
    assert stranger.post("/suivi/code/", {"code": code})["Location"] == "/suivi/"
    opened = client.post("/suivi/code/", {"code": f"{code[:3]} {code[3:]}"})
    assert opened["Location"] == FILE
    assert client.get(FILE).status_code == 200


def test_the_key_of_the_receipt_opens_the_file(file):
    key = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.KEY, subject=file.pk)
    accesses.give_key(complaint=file, secret=key, by=TESTS, at=MORNING)
    client = Client()
    sent = {"cle-reference": file.reference, "cle-key": access.written_key(key).lower()}
    assert client.post("/suivi/", sent)["Location"] == FILE
    refused = Client().post("/suivi/", sent | {"cle-reference": "R26-2222-2"})
    assert refused.status_code == 422
    assert "La référence et la clé" in refused.content.decode()


def test_keys_are_not_tried_for_ever(file):
    sent = {"cle-reference": file.reference, "cle-key": "A" * 26}
    pages = [Client().post("/suivi/", sent).content.decode() for _ in range(21)]
    assert "Trop d’essais" not in pages[19]
    assert "Trop d’essais" in pages[20]


def test_each_page_read_is_in_the_visitors_own_stream(file):
    client = visitor(file)
    client.get(FILE)
    client.get("/suivi/dossier/points/")
    codes = [event.code for event in audit.history(f"reader:{file.pk}")]
    assert codes == ["visit_begun", "viewed", "viewed"]


def settled(cast, file):
    """The file decided by Amélie, with what no complainant reads."""
    by = cast.amelie.actor()
    grievance = factories.grievance(file, by=by)
    resolution.decide(
        grievance=grievance, outcome=Outcome.NOT_UPHELD, reasons="Rien à lui devoir", cause="Erreur du magasin",
        by=by, at=MORNING,
    )  # fmt: skip
    file.refresh_from_db()
    return file


def test_nothing_internal_is_ever_shown(cast, file):
    complaint = settled(cast, file)
    client = visitor(complaint)
    pages = [
        client.get(f"{FILE}{one}").content.decode() for one in ("", "points/", "points/1/", "ajouter/", "retirer/")
    ]
    for page in pages:
        assert not [one for one in (*INTERNAL, cast.team.name, "Non fondé") if one in page]
    assert "arrivée cassée" in pages[1]


def test_no_row_holds_anything_internal(cast, file):
    """Of every text column of the file and its grievances, those that rows may be built from, and no other."""
    complaint = settled(cast, file)
    told = repr(desk.followed(complaint=complaint, tongue=languages.reader(), at=MORNING))
    told += repr(desk.points(complaint=complaint, tongue=languages.reader()))
    assert not [one for one in INTERNAL if one in told]


def test_what_is_added_is_a_message_once(file):
    client = visitor(file)
    once = str(uuid4())
    for _ in range(2):
        photo = SimpleUploadedFile("facture.pdf", b"%PDF-1.7 facture", content_type="image/png")
        sent = client.post(f"{FILE}ajouter/", {"text": "Voici la facture.", "files": photo, "once": once})
        assert sent["Location"] == FILE
    [message] = Message.objects.filter(channel="web", exchange__complaint=file)
    assert message.text == "Voici la facture."
    [joined] = Attachment.objects.filter(message=message)
    assert (joined.name, joined.media_type) == ("facture.pdf", "application/pdf")


def test_nothing_added_is_said(file):
    refused = visitor(file).post(f"{FILE}ajouter/", {"text": "  "})
    assert refused.status_code == 422
    assert "joignez un fichier" in refused.content.decode()


def test_what_is_added_to_a_withdrawn_file_reopens_it(file):
    client = visitor(file)
    assert client.post(f"{FILE}retirer/", {"reason": ""})["Location"] == FILE
    file.refresh_from_db()
    assert file.state == State.WITHDRAWN
    assert "retirée" in client.get(FILE).content.decode()
    client.post(f"{FILE}ajouter/", {"text": "J’ai changé d’avis."})
    file.refresh_from_db()
    assert file.state == State.REOPENED


def test_a_correction_is_kept_beside_what_we_had_understood(cast, file):
    factories.grievance(file, by=cast.amelie.actor(), wanted="Un avoir")
    client = visitor(file)
    once = str(uuid4())
    for _ in range(2):
        client.post(
            f"{FILE}points/1/",
            {"once": once, "title": "Bouilloire cassée", "wanted": "Un remboursement"},
        )
    page = client.get(f"{FILE}points/").content.decode()
    assert "Un remboursement" in page
    assert "Un avoir" in page
    [correction] = queries.corrections(file)
    assert (correction.point, correction.text) == ("wanted", "Un remboursement")
    assert correction.grievance.wanted == "Un avoir"
    assert correction.grievance.corrected_at is not None
    assert "Correction du point 1" in Exchange.objects.filter(kind=ExchangeKind.INBOUND).last().text


def test_a_point_of_no_file_is_not_there(file):
    assert visitor(file).get(f"{FILE}points/9/").status_code == 404


def test_who_answered_does_not_judge_again_while_a_colleague_can(cast, file):
    complaint = settled(cast, file)
    dossiers.move(complaint=complaint, to=State.ANSWERED, by=TESTS, at=MORNING)
    client = visitor(complaint)
    assert client.post(f"{FILE}second-examen/", {"reason": " "}).status_code == 422
    client.post(f"{FILE}second-examen/", {"reason": "Vous n’avez pas lu ma facture."})
    complaint.refresh_from_db()
    assert (complaint.state, complaint.owner_id, complaint.reviewed_by_id) == (State.CONTESTED, None, cast.amelie.pk)
    with pytest.raises(dossiers.rules.SecondReviewer):
        dossiers.take(complaint=complaint, by=cast.amelie.actor(), at=timezone.now())
    taken = dossiers.take(complaint=complaint, by=cast.bruno.actor(), at=timezone.now())
    assert (taken.owner_id, taken.state) == (cast.bruno.pk, State.INVESTIGATION)


def test_alone_in_a_house_one_judges_again(cast, file):
    complaint = settled(cast, file)
    told = {"name": cast.bruno.name, "roles": set(cast.bruno.roles), "teams": [cast.team]}
    accounts.change_user(user=cast.bruno, is_active=True, is_away=True, **told, by=TESTS, at=MORNING)
    dossiers.move(complaint=complaint, to=State.ANSWERED, by=TESTS, at=MORNING)
    visitor(complaint).post(f"{FILE}second-examen/", {"reason": "Relisez."})
    taken = dossiers.take(complaint=complaint, by=cast.amelie.actor(), at=timezone.now())
    assert taken.owner_id == cast.amelie.pk


def test_a_withdrawal_and_a_second_review_that_are_pressed_twice_are_one(cast, file):
    client = visitor(file)
    for _ in range(2):
        assert client.post(f"{FILE}retirer/", {"reason": "C’est réglé."})["Location"] == FILE
    assert audit.history(file.journal_stream).filter(facts__to=State.WITHDRAWN).count() == 1
    answered = settled(cast, factories.complaint(cast))
    dossiers.move(complaint=answered, to=State.ANSWERED, by=TESTS, at=MORNING)
    client = visitor(answered)
    for _ in range(2):
        assert client.post(f"{FILE}second-examen/", {"reason": "Relisez."})["Location"] == FILE
    assert audit.history(answered.journal_stream).filter(facts__to=State.CONTESTED).count() == 1


def test_a_point_as_long_as_the_form_takes_it_is_corrected_and_a_longer_one_is_refused_in_our_words(file):
    factories.grievance(file)
    client = visitor(file)
    taken, refused = (
        client.post(f"{FILE}points/1/", {"title": "Bouilloire", "expected": "e" * length}) for length in (5_000, 5_001)
    )
    assert (taken.status_code, refused.status_code) == (302, 422)
    assert "ajoutez le reste à votre dossier" in refused.content.decode()


def test_a_file_that_staff_reopened_does_not_say_that_its_complainant_wrote(cast, file):
    resolution.withdraw(complaint=file, reason="Elle l’écrit", by=cast.amelie.actor(), at=MORNING)
    resolution.reopen(complaint=file, reason="Une erreur de notre part", by=cast.amelie.actor(), at=MORNING)
    page = visitor(file).get(FILE).content.decode()
    assert "Votre dossier est rouvert" in page
    assert "Votre message" not in page


RECOURSE = "Si cela ne vous convient pas"


def test_when_we_are_late_the_page_says_what_that_gives(cast, file, set_now):
    deadlines.start(complaint=file, by=TESTS, at=MORNING)
    page = visitor(file).get(FILE).content.decode()
    assert RECOURSE in page
    assert "Sans réponse depuis le" not in page
    set_now(MORNING + timedelta(days=70))
    page = visitor(file).get(FILE).content.decode()
    assert "Notre réponse est en retard" in page
    assert "Sans réponse depuis le" in page
    assert "relancez-nous ici" in page


def test_a_recourse_is_shown_where_it_can_be_used_still(cast, file, superseded):
    answered = settled(cast, factories.complaint(cast))
    dossiers.move(complaint=answered, to=State.ANSWERED, by=TESTS, at=MORNING)
    client = visitor(answered)
    page = client.get(FILE).content.decode()
    assert RECOURSE in page
    assert "Sans réponse" not in page
    client.post(f"{FILE}second-examen/", {"reason": "Relisez."})
    page = client.get(FILE).content.decode()
    assert "vous pouvez demander un second examen" not in page, "one goes on"
    resolution.withdraw(complaint=file, reason="", by=visits.actor_of(file), at=MORNING)
    merged = factories.complaint(cast)
    superseded(merged)
    for over in (file, merged):
        assert RECOURSE not in visitor(over).get(FILE).content.decode()


def test_a_file_that_was_not_answered_is_not_contested(file):
    refused = visitor(file).post(f"{FILE}second-examen/", {"reason": "Trop long."})
    assert refused.status_code == 422
    asked = visitor(file).get(f"{FILE}second-examen/", follow=True)
    assert asked.redirect_chain == [(FILE, 302)]
    assert "Un second examen se demande quand notre réponse est partie." in asked.content.decode()


@pytest.mark.parametrize("path", ["", "points/", "points/1/", "ajouter/", "retirer/", "second-examen/"])
def test_without_a_visit_there_is_the_door(file, path):
    for method in ("get", "post"):
        assert getattr(Client(), method)(f"{FILE}{path}")["Location"] == "/suivi/"


def test_a_file_costs_a_number_of_queries_that_does_not_grow(cast, file, django_assert_max_num_queries):
    for number in range(6):
        factories.grievance(file, title=f"Point {number}", by=cast.amelie.actor())
    client = visitor(file)
    for path in ("", "points/"):
        with django_assert_max_num_queries(40):
            client.get(f"{FILE}{path}")
