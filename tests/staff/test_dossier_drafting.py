"""The language model on the page of a file: absent, asked, read, taken, set aside; and its switch in the settings."""

import pytest
from django.urls import reverse

from doleance.drafting import queries
from doleance.drafting.models import Suggestion
from doleance.drafting.rules import SuggestionState
from doleance.notifications.models import Notice
from tests.cast import party
from tests.drafting.conftest import complaint, model, switched_on
from tests.drafting.test_actions import work
from tests.factories import complaint as another
from tests.servers.model import Answer
from tests.staff.pressing import press
from tests.staff.reading import main_of, text

__all__ = ["complaint", "model", "switched_on"]
pytestmark = pytest.mark.django_db


def page_of(client, file):
    return client.get(reverse("dossier", args=[file.reference]))


def test_without_a_model_the_page_is_as_it_ever_was(cast, complaint, enter):
    page = main_of(page_of(enter(cast.amelie), complaint))
    assert "Proposer un brouillon" not in page
    address = reverse("suggestion_ask", args=[complaint.reference])
    answer = enter(cast.amelie).post(address, {"task": "reply", "seen": complaint.version})
    assert "Aucun modèle de langue n’est réglé" in text(answer)
    assert not Suggestion.objects.exists()


def test_a_draft_is_asked_read_and_taken_into_the_reply_after_what_was_typed(cast, complaint, switched_on, enter):
    client = enter(cast.amelie)
    press(client, page_of(client, complaint), "Proposer un brouillon")
    assert "Le modèle de langue écrit un brouillon" in main_of(page_of(client, complaint))
    work()
    page = main_of(page_of(client, complaint))
    assert "Écrit par une machine, à relire" in page
    assert "Modèle petit-modele" in page
    assert "demandé par Amélie" in page
    assert "Proposer un brouillon" not in page
    row = Suggestion.objects.get()
    typed = {"text": "Chère Madame,", "kind": "etape", "way": "email", "seen": complaint.version}
    taken = client.post(reverse("suggestion_take", args=[complaint.reference, row.pk]), typed)
    assert taken.context["reply"].initial["text"] == "Chère Madame,\n\nBonjour,\n\nNous regardons."
    assert "Écrit par une machine" not in main_of(taken)
    assert not Notice.objects.filter(complaint=complaint, is_automatic=False).exists(), "nothing leaves by itself"
    again = client.post(reverse("suggestion_take", args=[complaint.reference, row.pk]), typed)
    assert "Nous regardons." in again.context["reply"].initial["text"], "a page sent again loses nothing"
    twice = enter(cast.bruno).post(reverse("suggestion_take", args=[complaint.reference, row.pk]), typed)
    assert twice.status_code == 422
    assert "il a été repris ou écarté" in text(twice)
    assert "Chère Madame," in text(twice), "what was typed stays"


def test_a_summary_is_read_and_closed(cast, complaint, switched_on, enter):
    client = enter(cast.amelie)
    press(client, page_of(client, complaint), "Résumer")
    work()
    page = page_of(client, complaint)
    assert "Reprendre dans la réponse" not in main_of(page)
    press(client, page, "Refermer")
    assert Suggestion.objects.get().state == SuggestionState.DROPPED
    assert "Nous regardons" not in main_of(page_of(client, complaint))


def test_a_failure_is_said_in_a_sentence(cast, complaint, switched_on, enter):
    client = enter(cast.amelie)
    switched_on.answers.append(Answer(b"<html>"))
    press(client, page_of(client, complaint), "Résumer")
    work()
    page = main_of(page_of(client, complaint))
    assert "n’a pas la forme demandée" in page
    assert "Proposer un brouillon" in page


def test_what_a_model_writes_is_no_markup(cast, complaint, switched_on, enter):
    switched_on.says(lambda _: "<script>alert(1)</script> & <b>gras</b>")
    client = enter(cast.amelie)
    press(client, page_of(client, complaint), "Résumer")
    work()
    page = main_of(page_of(client, complaint))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_who_writes_to_nobody_is_offered_nothing(cast, complaint, switched_on, enter):
    assert "Proposer un brouillon" not in main_of(page_of(enter(cast.paul), complaint))


def test_the_text_of_one_file_is_not_taken_from_another(cast, complaint, switched_on, enter):
    client = enter(cast.amelie)
    press(client, page_of(client, complaint), "Résumer")
    work()
    other = another(cast, party=party("Luc Delmas"))
    row = Suggestion.objects.get()
    for name in ("suggestion_take", "suggestion_drop"):
        answer = client.post(reverse(name, args=[other.reference, row.pk]), {"seen": other.version})
        assert answer.status_code == 404


def test_a_task_that_is_none_is_refused(cast, complaint, switched_on, enter):
    answer = enter(cast.amelie).post(
        reverse("suggestion_ask", args=[complaint.reference]), {"task": "poem", "seen": complaint.version}
    )
    assert answer.status_code == 422
    assert "Dites ce qui doit être écrit." in text(answer)


def test_settings_say_what_leaves_and_where_and_switch_it(cast, model, enter):
    client = enter(cast.nadia)
    page = client.get(reverse("setup_reading"))
    assert "petit-modele, chez 127.0.0.1" in main_of(page)
    assert "Coupée dans cette société" in main_of(page)
    press(client, page, "Permettre")
    assert queries.is_on(cast.entity)
    press(client, client.get(reverse("setup_reading")), "Couper")
    assert not queries.is_on(cast.entity)


def test_settings_without_a_model_say_nothing_of_it(cast, enter):
    client = enter(cast.nadia)
    assert "Aide à la rédaction" not in main_of(client.get(reverse("setup_reading")))
    assert client.post(reverse("setup_reading"), {"aide": "oui"}).status_code == 422
