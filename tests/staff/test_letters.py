"""À imprimer: letters on sheets of their own, and the day they were posted, which is what counts."""

from datetime import timedelta

import pytest

from doleance.complainants import actions as complainants
from doleance.complainants import queries as parties
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.kernel.clock import now
from doleance.kernel.ids import uuid7
from doleance.notifications.actions import deciding
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Way
from doleance.resolution import actions as resolution
from tests.cast import TESTS
from tests.staff.pressing import press
from tests.staff.reading import basis, main_of, text

pytestmark = pytest.mark.django_db
POSTAL = "Mme Hélène Durand\n3 rue des Lilas\n75020 Paris"
PAGE = "/envois/a-imprimer/"


def letter(file, cast, words: str = "Bonjour Madame,") -> Notice:
    """An answer that goes by post."""
    told = {"text": words, "seen": file.version, "once": uuid7(), "way": Way.POST, "postal": POSTAL}
    file.refresh_from_db()
    told["seen"] = file.version
    return resolution.reply(complaint=file, **told, by=cast.amelie.actor(), at=now())


def bounced(cast) -> Address:
    """The one address of Mme Durand, from which our mails come back."""
    way = Address.objects.get(party=cast.durand, channel=AddressChannel.EMAIL)
    complainants.mark_invalid(address=way, because="550 5.1.1 User unknown", by=TESTS, at=now())
    way.refresh_from_db()
    return way


def test_a_letter_waits_on_its_page_and_in_the_count(amelie, chloe, file, cast):
    letter(file, cast)
    page = text(amelie.get(PAGE))
    assert "Une lettre à poster." in page
    assert "3 rue des Lilas, 75020 Paris" in page
    assert "Une lettre à imprimer et à poster." in text(amelie.get("/envois/"))
    assert "Aucune lettre à poster." in text(chloe.get(PAGE))


def test_its_sheet_has_the_envelope_and_the_words_and_nothing_else_to_press(amelie, chloe, file, cast):
    one = letter(file, cast, "Votre bouilloire sera remplacée.")
    page = text(amelie.get(f"{PAGE}{one.pk}/"))
    for line in (*POSTAL.splitlines(), "Votre bouilloire sera remplacée.", f"Votre réclamation {file.reference}"):
        assert f"<p>{line}" in page or line in page
    sheet = page.partition("<article")[2].partition("</article>")[0]
    assert "<button" not in sheet
    assert "<a " not in sheet
    assert chloe.get(f"{PAGE}{one.pk}/").status_code == 404


def test_who_reads_the_file_opens_its_letter_before_and_after_it_left(amelie, enter, file, cast):
    one = letter(file, cast, "Votre bouilloire sera remplacée.")
    url, page = f"/dossiers/{file.reference}/", f"{PAGE}{one.pk}/"
    for person in (cast.ines, cast.paul):
        reader = enter(person)
        assert f'href="{page}"' in text(reader.get(url))
        assert "Votre bouilloire sera remplacée." in text(reader.get(page))
    sheet = text(enter(cast.ines).get(page)).partition("<article")[2]
    deciding.mark_posted(notice=one, posted_on=now().date(), by=cast.amelie.actor(), at=now())
    for person in (cast.amelie, cast.ines):
        reader = enter(person)
        assert f'href="{page}"' in text(reader.get(url))
        again = text(reader.get(page))
        assert again.partition("<article")[2] == sheet
        assert f'href="{url}"' in again


def test_all_are_printed_at_once_a_sheet_each(amelie, file, cast):
    for words in ("Première.", "Seconde."):
        letter(file, cast, words)
    assert text(amelie.get(f"{PAGE}toutes/")).count('<article class="sheet"') == 2


def test_several_are_posted_on_one_day(amelie, file, cast):
    chosen = [str(letter(file, cast, words).pk) for words in ("Première.", "Seconde.")]
    page = amelie.get(PAGE)
    assert " checked" not in main_of(page)
    asked = press(amelie, page, "Noter comme postées", chosen=chosen)
    assert "2 lettres postées" in text(asked)
    assert {one.state for one in Notice.objects.filter(pk__in=chosen)} == {NoticeState.TO_PRINT}
    changed = press(amelie, asked, "Changer")
    assert main_of(changed).count(" checked") == 2
    answer = press(amelie, asked, "Noter 2 lettres comme postées")
    assert answer["Location"] == "/envois/"
    assert {one.state for one in Notice.objects.filter(pk__in=chosen)} == {NoticeState.SENT}
    assert all(one.posted_on == now().date() for one in Notice.objects.filter(pk__in=chosen))


def test_a_day_to_come_is_refused_and_what_was_chosen_is_kept(amelie, file, cast):
    one = letter(file, cast)
    day = now().date() + timedelta(days=3)
    told = {"chosen": [str(one.pk)], "posted_on": day.isoformat(), "confirmer": "oui"}
    answer = amelie.post(f"{PAGE}postees/", told)
    page = text(answer)
    assert answer.status_code == 422
    assert f"La lettre {file.reference} ne peut pas avoir été postée ce jour-là" in page
    assert f'value="{day.isoformat()}"' in page
    assert "<title>Erreur : " in page


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"posted_on": "hier"}, "Écrivez le jour comme 03/09/2026."),
        ({"chosen": []}, "Cochez au moins une lettre."),
        ({"chosen": ["abc"]}, "Une de ces lettres n’attend plus"),
    ],
)
def test_a_form_that_is_wrong_says_what_to_do(amelie, file, cast, told, sentence):
    one = letter(file, cast)
    answer = amelie.post(f"{PAGE}postees/", {"chosen": [str(one.pk)], "posted_on": now().date().isoformat()} | told)
    assert answer.status_code == 422
    page = text(answer)
    assert sentence in page
    if "chosen" in told:
        assert 'tabindex="-1" aria-describedby="id_chosen-error"' in page
        assert 'id="id_chosen-error"' in page
        assert 'href="#id_chosen"' in page


def test_a_refused_letter_is_named_and_none_is_noted(amelie, cast, file):
    ours, other = letter(file, cast, "Première."), letter(file, cast, "Seconde.")
    page = amelie.get(PAGE)
    asked = press(amelie, page, "Noter comme postées", chosen=[str(ours.pk), str(other.pk)])
    deciding.retain(notice=other, by=cast.amelie.actor(), at=now())
    answer = press(amelie, asked, "Noter 2 lettres comme postées")
    assert (answer.status_code, answer["X-Refusal"]) == (422, "letter_not_waiting")
    assert f"La lettre {file.reference} n’attend plus d’être postée : elle est « Retenu »" in text(answer)
    ours.refresh_from_db()
    assert (ours.state, ours.posted_on) == (NoticeState.TO_PRINT, None)


def test_a_letter_of_another_team_does_not_exist_and_a_posted_one_is_not_posted_twice(amelie, chloe, file, cast):
    told = {"chosen": [str(letter(file, cast).pk)], "posted_on": now().date().isoformat(), "confirmer": "oui"}
    assert chloe.post(f"{PAGE}postees/", told).status_code == 404
    assert amelie.post(f"{PAGE}postees/", told).status_code == 302
    again = amelie.post(f"{PAGE}postees/", told)
    assert (again.status_code, again["X-Refusal"]) == (422, "letter_not_waiting")


def test_an_answer_goes_by_post_when_mails_come_back(amelie, file, cast):
    way = bounced(cast)
    url = f"/dossiers/{file.reference}/"
    page = text(amelie.get(url))
    assert f"rien n’arrive plus à {way.value}" in page
    assert "Adresse sur l’enveloppe" in page
    told = basis(file, once=str(uuid7()), text="Bonjour Madame,", kind="etape", way="post", postal=POSTAL)
    read = text(amelie.post(f"{url}reponse/", told | {"faire": "relire"}))
    assert "Lettre à imprimer et à poster" in read
    assert "3 rue des Lilas" in read
    assert amelie.post(f"{url}reponse/", told | {"faire": "envoyer"}).status_code == 302
    notice = Notice.objects.get(way=Way.POST)
    assert (notice.state, notice.to_postal) == (NoticeState.TO_PRINT, POSTAL)
    assert parties.postal_of(cast.durand) == POSTAL


def test_a_mail_to_a_dead_address_is_refused_with_both_ways_out_and_the_text_kept(amelie, file, cast):
    way = bounced(cast)
    url = f"/dossiers/{file.reference}/"
    told = basis(file, once=str(uuid7()), text="Un long texte à garder.", kind="etape", way="email", faire="envoyer")
    answer = amelie.post(f"{url}reponse/", told)
    page = text(answer)
    assert (answer.status_code, answer["X-Refusal"]) == (422, "address_invalid")
    assert "Un long texte à garder." in page
    assert f"ouvrir=adresse&amp;adresse={way.pk}" in page
    assert "Adresse sur l’enveloppe" in page


def test_an_envelope_nobody_could_deliver_is_refused(amelie, file, cast):
    bounced(cast)
    told = basis(file, once=str(uuid7()), text="Bonjour,", kind="etape", way="post", postal="Paris", faire="relire")
    answer = amelie.post(f"/dossiers/{file.reference}/reponse/", told)
    assert (answer.status_code, answer["X-Refusal"]) == (422, "bad_postal")


def test_a_dead_address_is_corrected_or_trusted_from_its_file(amelie, file, cast):
    way = bounced(cast)
    base = f"/dossiers/{file.reference}/adresses/{way.pk}/"
    assert "Adresses invalides" in text(amelie.get("/envois/"))
    assert amelie.post(f"{base}valide/", basis(file)).status_code == 302
    way.refresh_from_db()
    assert way.invalid_at is None
    wrong = amelie.post(f"{base}corriger/", basis(file, value="pas une adresse"))
    assert wrong.status_code == 422
    assert 'value="pas une adresse"' in text(wrong)
    assert amelie.post(f"{base}corriger/", basis(file, value="h.durand@courriel.example")).status_code == 302
    assert parties.email_of(cast.durand) == "h.durand@courriel.example"


def test_the_person_who_complains_is_named(amelie, file):
    url = f"/dossiers/{file.reference}/"
    assert 'name="address"' in text(amelie.get(f"{url}?ouvrir=reclamant"))
    told = basis(file, name="Luc Delmas", address="luc.delmas@courriel.example")
    assert amelie.post(f"{url}reclamant/", told)["Location"].endswith("#personne")
    assert "Luc Delmas" in text(amelie.get(url))
