"""The question pages over HTTP: each page, its draft, what is lost and what never is."""

import itertools
import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from doleance.channels import queries as channels
from doleance.channels.models import Message
from doleance.channels.typed import form as typed
from doleance.complaints.models import Complaint
from doleance.intake import deposits, pressure, tasks
from doleance.intake.actions import drafts, waiting
from doleance.intake.models import Draft, DraftFile
from doleance.kernel import clock
from doleance.portal import drafts as device
from doleance.portal.views import form_sending

STORY = "La bouilloire est arrivée cassée."
RECEIPT = "/reclamer/recu/"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
STRANGE = [
    "Ma bouilloire\u00a0: « cassée » 😡👩‍🦽🇫🇷",
    "שלום, הקומקום שבור. العربية أيضا",
    "mot" * 2_000,
    "a" * 20_000,
    "<script>alert('1')</script> & <b>gras</b> {{ 7 }} {% now %}",
    "Ligne une\r\nligne deux\rligne trois",
    "e\u0301te\u0301 \u200bcaché \u202eà l’envers",
]


class Person:
    """Somebody with a browser, who posts what a page has and what they add."""

    def __init__(self, **headers) -> None:
        self.browser = Client(headers=headers)

    @property
    def draft(self) -> Draft:
        return Draft.objects.get(pk=self.draft_id)

    @property
    def draft_id(self):
        return device.signing.loads(self.browser.cookies[device.cookie_name()].value, salt="doleance.portal.draft")

    def see(self, slug=""):
        return self.browser.get(f"/reclamer/{slug}")

    def answer(self, slug, told=None, *, claimed=None, **more):
        """Post a page as it stands; `claimed` is the draft that the page was made for."""
        known = self.browser.cookies.get(device.cookie_name())
        mine = self.draft_id if known and known.value else ""
        return self.browser.post(
            f"/reclamer/{slug}", {"brouillon": mine if claimed is None else claimed} | (told or {}), **more
        )

    def tell(self, branch="product", text=STORY, **contact):
        """Pass every page, up to the summary."""
        self.answer("sujet/", {"branch": branch})
        self.answer("recit/", {"text": text})
        self.answer("precisions/", {"branch": branch})
        self.answer("attentes/")
        return self.answer("vous-joindre/", contact)


@pytest.fixture
def helene(cast, calendars) -> Person:
    """Mme Durand, in front of her screen."""
    return Person()


def hidden(response, name):
    """What a hidden field of a page holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', response.text)
    return found[1] if found else None


def test_the_first_page_writes_nothing(helene):
    page = helene.see()
    assert page.status_code == 200
    assert "Étape 1 sur 5" in page.text
    assert page.text.count('type="radio"') == 6
    assert not Draft.objects.exists()
    assert device.cookie_name() not in page.cookies


def test_the_way_of_most_people(helene):
    assert helene.answer("sujet/", {"branch": "delivery"})["Location"] == "/reclamer/recit/"
    assert helene.answer("recit/", {"text": STORY})["Location"] == "/reclamer/precisions/"
    assert helene.answer("precisions/", {"branch": "delivery"})["Location"] == "/reclamer/attentes/"
    assert helene.answer("attentes/", {"wishes": ["refund", "apology"]})["Location"] == "/reclamer/vous-joindre/"
    contact = {"preferred": "email", "email": "helene@exemple.fr", "name": "Hélène Durand"}
    assert helene.answer("vous-joindre/", contact)["Location"] == "/reclamer/recapitulatif/"
    page = helene.see("recapitulatif/")
    for words in (STORY, "Hélène Durand", "helene@exemple.fr", "Un remboursement ou un avoir", "Étape 5 sur 5"):
        assert words in page.text
    assert helene.answer("recapitulatif/")["Location"] == RECEIPT
    complaint = Complaint.objects.get()
    assert complaint.grievances.get().category.code == "delivery"
    assert complaint.party.name == "Hélène Durand"


@pytest.mark.parametrize(
    ("slug", "told", "field", "says"),
    [
        ("sujet/", {}, "id_branch", "Choisissez ce qui ressemble"),
        ("sujet/", {"branch": "politics"}, "id_branch", "Choisissez une des six"),
        ("recit/", {"text": " \x00\n "}, "id_text", "même en quelques mots"),
        ("recit/", {"text": "a" * 50_001}, "id_text", "trop long"),
        ("precisions/", {"branch": "product", "dangerous": "perhaps"}, "id_dangerous", "Choisissez"),
        ("attentes/", {"wishes": ["a pony"]}, "id_wishes", "Choisissez"),
        ("vous-joindre/", {"preferred": "email"}, "id_email", "ou choisissez un autre moyen"),
        ("vous-joindre/", {"preferred": "email", "email": "helene"}, "id_email", "adresse complète"),
        ("vous-joindre/", {"preferred": "phone", "phone": "12"}, "id_phone", "numéro complet"),
        ("vous-joindre/", {"preferred": "post"}, "id_postal", "adresse postale"),
        ("vous-joindre/", {"name": "n" * 200, "postal": "p" * 120}, "id_postal", "adresse est trop longue"),
        ("pour-quelqu-un/", {"name": "Jeanne"}, "id_capacity", "qui vous êtes"),
    ],
)
def test_what_is_to_mend_is_told_and_kept(helene, slug, told, field, says):
    helene.tell(for_other="on")
    page = helene.answer(slug, told)
    assert page.status_code == 422
    text = unescape(page.text).replace("\u00a0", " ").replace("\u202f", " ")
    assert says in text
    assert f'href="#{field}"' in text, "the summary leads to the answer"
    assert f'id="{field}"' in text
    assert "Erreur" in text.partition("</title>")[0]
    assert 'id="a-reprendre"' in text
    for value in told.values():
        if isinstance(value, str) and value.strip(" \x00\n") and field in {"id_text", "id_email", "id_phone"}:
            assert value[:1000] in text


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_any_words_survive_to_the_file(helene, text):
    helene.tell(text=text + "\x00")
    page = helene.see("recit/")
    kept = helene.draft.answers["story"]["text"]
    assert "\x00" not in kept
    assert "<script>alert(" not in page.text
    assert helene.see("recapitulatif/").status_code == 200
    assert helene.answer("recapitulatif/")["Location"] == RECEIPT
    message = Message.objects.get(exchange__complaint=Complaint.objects.get())
    assert typed.told(channels.raw_of(message))["text"] == kept


def test_a_double_click_sends_once(helene):
    helene.tell()
    first, second = helene.answer("recapitulatif/"), helene.answer("recapitulatif/")
    assert first["Location"] == second["Location"] == RECEIPT
    assert Complaint.objects.count() == 1
    assert helene.see("recapitulatif/")["Location"] == RECEIPT
    assert helene.see("recit/")["Location"] == RECEIPT


def test_after_sending_one_may_complain_again(helene):
    helene.tell()
    helene.answer("recapitulatif/")
    sent = helene.draft_id
    page = helene.see()
    assert "Étape 1 sur 5" in page.text
    assert hidden(page, "brouillon") == ""
    helene.answer("sujet/", {"branch": "billing"}, claimed="")
    assert helene.draft_id != sent
    assert helene.draft.answers == {"subject": {"branch": "billing"}}


def test_one_comes_back_where_one_was(helene):
    helene.answer("sujet/", {"branch": "other"})
    helene.answer("recit/", {"text": STORY})
    page = helene.see()
    assert 'href="/reclamer/precisions/"' in page.text
    assert STORY not in page.text, "somebody else may hold this device now"
    assert helene.see("recapitulatif/")["Location"] == "/reclamer/precisions/"
    assert STORY in helene.see("recit/").text


def test_mending_comes_back_to_the_summary(helene):
    helene.tell("delivery")
    page = helene.see("recapitulatif/")
    assert 'href="/reclamer/recit/?retour=1"' in page.text
    assert 'name="retour"' in helene.see("recit/?retour=1").text
    assert helene.answer("recit/", {"text": "Autre", "retour": "1"})["Location"] == "/reclamer/recapitulatif/"
    onward = helene.answer("sujet/", {"branch": "product", "retour": "1"})["Location"]
    assert onward == "/reclamer/precisions/?retour=1", "another type has its own questions"


def test_danger_has_its_advice_first(helene):
    helene.answer("sujet/", {"branch": "product"})
    helene.answer("recit/", {"text": STORY})
    onward = helene.answer("precisions/", {"branch": "product", "dangerous": "yes"})["Location"]
    assert onward == "/reclamer/danger/"
    page = helene.see("danger/")
    for number in ("tel:15", "tel:18", "tel:112", "sms:114"):
        assert f'href="{number}"' in page.text
    assert helene.answer("danger/")["Location"] == "/reclamer/attentes/"


def test_not_knowing_is_an_answer(helene):
    helene.answer("sujet/", {"branch": "product"})
    helene.answer("recit/", {"text": STORY})
    told = {"branch": "product", "item_unknown": "on", "since": "avril", "since_unknown": "on", "dangerous": "?"}
    helene.answer("precisions/", told)
    facts = helene.draft.answers["facts"]["facts"]
    assert facts == {"item": "?", "since": "avril", "dangerous": "?"}, "words win over the box"
    page = helene.see("precisions/")
    assert re.search(r'name="item_unknown"[^>]*checked', page.text)


def test_days_and_amounts_are_shown_as_one_types_them(helene):
    helene.answer("sujet/", {"branch": "billing"})
    helene.answer("recit/", {"text": STORY})
    helene.answer("precisions/", {"branch": "billing", "charged": "1 186 € 50", "expected": "86"})
    assert helene.draft.answers["facts"]["facts"] == {"charged": "1186.50", "expected": "86.00"}
    assert 'value="1186,50"' in helene.see("precisions/").text
    page = helene.answer("precisions/", {"branch": "billing", "charged": "beaucoup"})
    assert page.status_code == 422
    assert 'value="beaucoup"' in page.text


def test_the_device_is_shown_and_can_be_erased(cast, calendars):
    person = Person(user_agent=IPHONE)
    person.answer("sujet/", {"branch": "digital"})
    person.answer("recit/", {"text": STORY})
    assert 'value="iPhone, Safari 18"' in person.see("precisions/").text
    person.answer("precisions/", {"branch": "digital", "device": ""})
    assert "iPhone" not in person.see("precisions/").text


def test_files_join_and_leave(helene):
    helene.answer("sujet/", {"branch": "product"})
    photo = SimpleUploadedFile("photo é.jpg", b"\xff\xd8\xff photo", "image/jpeg")
    onward = helene.answer("recit/", {"joindre": "1", "text": "", "files": [photo]})
    assert onward["Location"] == "/reclamer/recit/#pieces"
    joined = DraftFile.objects.get()
    page = helene.see("recit/")
    assert "photo é.jpg" in page.text
    assert str(joined.pk) in page.text
    assert helene.see("precisions/")["Location"] == "/reclamer/recit/", "a file does not tell the story"
    helene.answer("recit/", {"retirer": str(joined.pk), "text": STORY})
    assert not DraftFile.objects.exists()
    assert helene.draft.answers["story"]["text"] == STORY


def test_a_refused_file_keeps_the_words_and_the_others(helene):
    helene.answer("sujet/", {"branch": "product"})
    files = [SimpleUploadedFile("vide.txt", b""), SimpleUploadedFile("bon.txt", b"bon")]
    page = helene.answer("recit/", {"text": STORY, "files": files})
    assert page.status_code == 422
    assert STORY in page.text
    assert 'href="#id_files"' in page.text
    assert [one.name for one in DraftFile.objects.all()] == ["bon.txt"]
    assert helene.draft.answers["story"]["text"] == STORY


def test_files_reach_the_file(helene):
    helene.answer("sujet/", {"branch": "other"})
    helene.answer("recit/", {"text": STORY, "files": [SimpleUploadedFile("ticket.txt", b"12,50")]})
    helene.answer("precisions/", {"branch": "other"})
    helene.answer("attentes/")
    helene.answer("vous-joindre/")
    assert "ticket.txt" in helene.see("recapitulatif/").text
    helene.answer("recapitulatif/")
    message = Message.objects.get(exchange__complaint=Complaint.objects.get())
    assert [one.name for one in message.attachments.all()] == ["ticket.txt"]


def test_somebody_who_writes_for_another(helene):
    onward = helene.tell(
        preferred="email", email="claire@exemple.fr", name="Claire Durand", for_other="on", not_customer="on"
    )
    assert onward["Location"] == "/reclamer/pour-quelqu-un/"
    onward = helene.answer("pour-quelqu-un/", {"name": "Jeanne Durand", "capacity": "sa fille"})
    assert onward["Location"] == "/reclamer/recapitulatif/"
    helene.answer("recapitulatif/")
    complaint = Complaint.objects.get()
    assert complaint.party.name == "Jeanne Durand"
    assert complaint.party.is_customer is False
    assert complaint.representative.name == "Claire Durand"
    assert complaint.capacity == "sa fille"


def test_no_contact_at_all_is_received_and_told(helene):
    helene.tell(preferred="none", email="helene@exemple.fr")
    page = helene.see("recapitulatif/")
    assert "Vous ne laissez aucun contact." in page.text
    assert "helene@exemple.fr" not in page.text
    assert helene.answer("recapitulatif/")["Location"] == RECEIPT
    assert Complaint.objects.get().party is None


def test_a_contact_says_its_way_by_itself(helene):
    helene.tell(phone="06 12 34 56 78")
    assert helene.draft.answers["contact"]["preferred"] == "phone"


def test_a_machine_is_marked_and_not_refused(helene):
    helene.answer("sujet/", {"branch": "product"})
    helene.answer("recit/", {"text": STORY, "site_web": "https://achetez.example"})
    helene.answer("precisions/", {"branch": "product"})
    helene.answer("attentes/")
    helene.answer("vous-joindre/")
    assert helene.answer("recapitulatif/")["Location"] == RECEIPT
    message = Message.objects.get(exchange__complaint=Complaint.objects.get())
    assert typed.told(channels.raw_of(message))["marks"] == ["quick", "trap"]


def test_a_person_is_not_marked(helene, monkeypatch):
    helene.tell()
    later = clock.now() + timedelta(seconds=form_sending.TOO_QUICK + 1)
    monkeypatch.setattr(form_sending.clock, "now", lambda: later)
    helene.answer("recapitulatif/")
    message = Message.objects.get(exchange__complaint=Complaint.objects.get())
    assert typed.told(channels.raw_of(message))["marks"] == []


def test_an_expired_draft_is_said_and_the_words_stay(helene):
    helene.answer("sujet/", {"branch": "product"})
    assert drafts.sweep(at=clock.now() + timedelta(days=7, seconds=1)) == 1
    page = helene.answer("recit/", {"text": STORY})
    assert page.status_code == 409
    assert "n’est plus là" in page.text
    assert STORY in page.text
    assert hidden(page, "brouillon") == "", "the next press begins anew with these words"
    onward = helene.answer("recit/", {"text": STORY}, claimed="")
    assert onward["Location"] == "/reclamer/sujet/"
    helene.answer("sujet/", {"branch": "product"})
    assert STORY in helene.see("recit/").text


def test_a_page_without_a_draft_says_so(helene):
    page = helene.see("recit/")
    assert page.status_code == 410
    assert "Vos réponses ne sont plus ici" in page.text


def test_a_forged_cookie_opens_nothing(helene):
    helene.answer("sujet/", {"branch": "product"})
    helene.browser.cookies[device.cookie_name()] = f"{helene.draft_id}:forged"
    assert helene.see("recit/").status_code == 410


def test_the_cookie_is_the_device_s_only(helene):
    cookie = helene.answer("sujet/", {"branch": "product"}).cookies[device.cookie_name()]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 7 * 86_400
    assert cookie["path"] == "/"


def test_behind_https_no_other_host_writes_the_cookie(helene, settings):
    settings.HTTPS = True
    cookie = helene.browser.post("/reclamer/sujet/", {"branch": "product"}).cookies["__Host-reclamation"]
    assert cookie["secure"]
    assert not cookie["domain"]


def test_a_tab_of_a_sent_complaint_keeps_what_was_typed(helene):
    helene.tell()
    sent = helene.draft_id
    helene.answer("recapitulatif/")
    page = helene.answer("recit/", {"text": "J’ajoute ceci."}, claimed=sent)
    assert page.status_code == 409
    assert "déjà envoyée" in page.text
    assert "J’ajoute ceci." in page.text


def test_a_tab_of_another_complaint_mixes_nothing(helene):
    helene.answer("sujet/", {"branch": "product"})
    first = helene.draft_id
    helene.answer("effacer/")
    helene.answer("sujet/", {"branch": "billing"}, claimed="")
    helene.answer("recit/", {"text": "La seconde."})
    page = helene.answer("recit/", {"text": "La première."}, claimed=first)
    assert page.status_code == 409
    assert "La première." in page.text
    assert helene.draft.answers["story"]["text"] == "La seconde."
    page = helene.answer("recapitulatif/", claimed=first)
    assert not Complaint.objects.exists()


def test_without_its_cookies_a_page_keeps_the_words(cast, calendars):
    strict = Client(enforce_csrf_checks=True)
    page = strict.post("/reclamer/recit/", {"brouillon": "x", "text": STORY})
    assert page.status_code == 403
    assert STORY in page.text
    assert "n’est plus là" in page.text
    page = strict.post("/reclamer/sujet/", {"brouillon": "", "branch": "product"})
    assert "cookie" in page.text
    assert not Draft.objects.exists()


def test_effacer_asks_then_leaves_nothing(helene):
    helene.answer("sujet/", {"branch": "product"})
    helene.answer("recit/", {"text": STORY, "files": [SimpleUploadedFile("a.txt", b"a")]})
    assert "Effacer vos réponses" in helene.see("effacer/").text
    assert Draft.objects.exists(), "looking erases nothing"
    gone = helene.answer("effacer/")
    assert "effacées" in gone.text
    assert gone.cookies[device.cookie_name()]["max-age"] == 0
    assert not Draft.objects.exists()
    assert not DraftFile.objects.exists()


@pytest.mark.parametrize("said", ["R26-1847-K", "n’importe quoi", ""])
def test_having_written_before_reveals_nothing(helene, said):
    page = helene.see("deja/")
    assert 'href="/suivi/"' in page.text
    onward = helene.answer("deja/", {"earlier": said})
    assert onward["Location"] == "/reclamer/sujet/"
    helene.tell()
    helene.answer("recapitulatif/")
    assert Complaint.objects.get().earlier == (said or "Oui, sans référence")


def test_a_known_reference_is_answered_as_an_unknown_one(helene, cast):
    helene.tell()
    helene.answer("recapitulatif/")
    known = Complaint.objects.get().reference
    pages = []
    for said in (known, "R26-9999-Z"):
        person = Person()
        answer = person.answer("deja/", {"earlier": said})
        pages.append((answer.status_code, answer["Location"], person.see("deja/").text.count(said)))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("slug", ["", "sujet/", "deja/", "effacer/", "recit/"])
def test_every_page_speaks_english_too(cast, calendars, slug):
    person = Person(accept_language="en")
    page = person.see(slug)
    assert 'lang="en"' in page.text
    assert not re.search(r"réclamation|Étape|Retour\b", page.text)


def test_a_draft_expires_after_seven_days(helene):
    helene.answer("sujet/", {"branch": "product"})
    left = helene.draft.expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


def test_under_pressure_it_is_kept_and_goes_by_itself_or_by_work(helene, monkeypatch):
    helene.tell()
    monkeypatch.setattr(waiting.weighing, "demand", lambda **_: pressure.Demand(1))
    page = helene.see("recapitulatif/")
    asked = re.search(r'data-challenge="(\w+)" data-bits="(\d+)" data-hour="(\d+)"', page.text)
    assert asked, "the page hands out the work"
    assert helene.answer("recapitulatif/")["Location"] == "/reclamer/recapitulatif/"
    assert not Complaint.objects.exists()
    assert helene.draft.pressed["text"] == STORY
    page = helene.see("recapitulatif/")
    assert "Votre réclamation est gardée" in page.text
    assert helene.see("recit/")["Location"] == "/reclamer/recapitulatif/"
    challenge, bits, hour = asked.groups()
    number = next(n for n in itertools.count() if pressure.is_work(challenge, str(n), int(bits)))
    onward = helene.answer("recapitulatif/", {"effort": f"{hour}.{bits}.{number}"})
    assert onward["Location"] == RECEIPT
    assert Complaint.objects.count() == 1


@pytest.fixture
def waiting_form(helene, monkeypatch):
    """A form that was sent and waits its turn."""
    helene.tell()
    monkeypatch.setattr(waiting.weighing, "demand", lambda **_: pressure.Demand(1))
    helene.answer("recapitulatif/")
    assert helene.draft.pressed is not None
    return helene


@pytest.mark.parametrize("slug", ["", "sujet/", "recit/", "vous-joindre/", "deja/", "recu/"])
def test_whoever_waits_is_led_to_the_page_that_says_so(waiting_form, slug):
    assert waiting_form.see(slug)["Location"] == "/reclamer/recapitulatif/"


@pytest.mark.parametrize(
    ("slug", "told", "status"),
    [("sujet/", {"branch": "billing"}, 302), ("recit/", {"text": "Autre."}, 409), ("deja/", {"earlier": "R26"}, 409)],
)
def test_no_page_begins_another_form_over_one_that_waits(waiting_form, slug, told, status):
    before = waiting_form.draft_id
    for claimed in ("", before):
        assert waiting_form.answer(slug, told, claimed=claimed).status_code == status
    assert (waiting_form.draft_id, Draft.objects.count()) == (before, 1)


def test_a_form_that_waits_is_there_however_late_the_worker_is(waiting_form, monkeypatch):
    late = waiting_form.draft.expires_at + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: late)
    tasks.send_now(draft_id=str(waiting_form.draft_id))
    assert Complaint.objects.get().received_at == waiting_form.draft.pressed_at


def test_a_stale_tab_erases_nothing_else(helene):
    helene.answer("sujet/", {"branch": "product"})
    for claimed in ("", "0199aaaa-0000-7000-8000-000000000000"):
        page = helene.answer("effacer/", claimed=claimed)
        assert page.status_code == 409
        assert "Rien n’est effacé" in page.text
        assert hidden(page, "brouillon") == str(helene.draft_id)
    assert Draft.objects.exists()


def test_what_was_sent_is_not_said_to_be_erased_and_the_device_forgets_it(helene):
    helene.tell()
    helene.answer("recapitulatif/")
    helene.see("recu/")
    for page in (helene.see("effacer/"), helene.answer("effacer/")):
        assert "déjà envoyée" in page.text
        assert "effacées" not in page.text
        assert device.cookie_name() not in page.cookies, "looking, or a stale press, forgets nothing"
    gone = helene.answer("effacer/", {"oublier": "1"})
    assert "reste envoyée" in gone.text
    assert {gone.cookies[name]["max-age"] for name in (device.cookie_name(), device.seen_name())} == {0}
    assert Complaint.objects.count() == 1


def test_a_reference_typed_in_another_form_s_tab_mixes_nothing(helene):
    helene.answer("sujet/", {"branch": "product"})
    page = helene.answer("deja/", {"earlier": "R26-1847-K"}, claimed="0199aaaa-0000-7000-8000-000000000000")
    assert page.status_code == 409
    assert "R26-1847-K" in page.text
    assert "earlier" not in helene.draft.answers


def test_a_reference_for_a_form_that_was_sent_says_so(helene):
    helene.tell()
    helene.answer("recapitulatif/")
    page = helene.answer("deja/", {"earlier": "R26-1847-K"})
    assert page.status_code == 409
    assert "déjà envoyée" in page.text


@pytest.mark.parametrize(
    ("refusal", "status", "says"),
    [
        (deposits.DraftGone, 409, "n’est plus là"),
        (deposits.DraftSent, 409, "déjà envoyée"),
        (deposits.DraftTooLong, 422, "trop long"),
    ],
)
def test_what_cannot_be_kept_of_a_reference_is_said_beside_it(helene, monkeypatch, refusal, status, says):
    helene.answer("sujet/", {"branch": "product"})

    def refused(**_):
        raise refusal

    monkeypatch.setattr(drafts, "keep", refused)
    page = helene.answer("deja/", {"earlier": "R26-1847-K"})
    assert page.status_code == status
    assert says in page.text
    assert "R26-1847-K" in page.text


def test_a_form_sent_meanwhile_is_not_said_to_be_erased(helene, monkeypatch):
    helene.answer("sujet/", {"branch": "product"})

    def refused(**_):
        raise deposits.DraftSent

    monkeypatch.setattr(drafts, "erase", refused)
    page = helene.answer("effacer/")
    assert page.status_code == 409
    assert "déjà envoyée" in page.text


def test_where_files_wait_the_words_are_kept_and_it_is_said(helene, monkeypatch):
    helene.answer("sujet/", {"branch": "product"})
    monkeypatch.setattr(pressure, "ROOM_ALL", pressure.Held(0, 0))
    page = helene.answer("recit/", {"text": STORY, "files": [SimpleUploadedFile("a.txt", b"a")]})
    assert page.status_code == 422
    assert "ajoutez ce fichier depuis votre suivi" in page.text
    assert helene.draft.answers["story"]["text"] == STORY
    assert helene.answer("recit/", {"text": STORY})["Location"] == "/reclamer/precisions/"
