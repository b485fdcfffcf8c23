"""The page of saved views and their chips: saved as the list would write them, counted for each reader, shared."""

import pytest

from doleance.desk.models import SavedView
from tests.factories import complaint
from tests.staff.reading import text

pytestmark = pytest.mark.django_db
SAVE = "/dossiers/vues/enregistrer/"


def test_a_list_is_saved_as_the_list_itself_writes_it(amelie, file):
    told = {"name": "Mes courriels", "query": "canal=courriel&etat=x&apres=1~2&vue=moi&echeance=3j&page=2"}
    response = amelie.post(SAVE, told)
    assert response["Location"] == "/dossiers/?vue=moi&canal=courriel&echeance=3j"
    assert SavedView.objects.get().query == "vue=moi&canal=courriel&echeance=3j"


def test_a_chip_counts_for_its_reader_and_is_the_current_one(cast, amelie, enter, file):
    complaint(cast, title="Sans courriel")
    amelie.post(SAVE, {"name": "Par courriel", "query": "canal=courriel", "team": str(cast.team.pk)})
    response = amelie.get("/dossiers/?canal=courriel")
    (chip,) = response.context["saved"]
    assert (chip.label, chip.count.number, chip.current) == ("Par courriel", 1, True)
    assert not any(view.current for view in response.context["views"])
    (shared,) = enter(cast.bruno).get("/dossiers/").context["saved"]
    assert (shared.owner, shared.current) == ("Amélie Rousseau", False)
    assert enter(cast.chloe).get("/dossiers/").context["saved"] == ()


def test_a_shared_link_shows_each_only_what_they_may_read(chloe, file):
    assert chloe.get("/dossiers/?canal=courriel").context["page"].rows == []


def test_the_form_that_is_refused_keeps_what_was_typed(amelie, file):
    response = amelie.post(SAVE, {"name": "", "query": "canal=courriel"})
    assert response.status_code == 422
    page = text(response)
    assert "Donnez un nom à cette vue" in page
    assert 'value="canal=courriel"' in page
    assert "le canal est <b>courriel</b>" in page


def test_a_team_of_others_is_not_a_choice(cast, amelie):
    response = amelie.post(SAVE, {"name": "Vue", "query": "", "team": str(cast.logistics.pk)})
    assert response.status_code == 422
    assert not SavedView.objects.exists()


def test_who_comes_by_the_address_is_shown_the_form(amelie, file):
    page = text(amelie.get(f"{SAVE}?canal=courriel&vue=clos"))
    assert 'value="vue=clos&amp;canal=courriel"' in page


def test_views_are_put_in_order_and_deleted(cast, amelie, enter):
    for name in ("Un", "Deux"):
        amelie.post(SAVE, {"name": name, "query": "vue=clos"})
    second = SavedView.objects.get(name="Deux")
    assert amelie.get(f"/dossiers/vues/{second.pk}/deplacer/").status_code == 302
    amelie.post(f"/dossiers/vues/{second.pk}/deplacer/", {"sens": "haut"})
    assert [row.name for row in amelie.get("/dossiers/vues/").context["mine"]] == ["Deux", "Un"]
    assert enter(cast.bruno).post(f"/dossiers/vues/{second.pk}/supprimer/").status_code == 404
    assert amelie.post(f"/dossiers/vues/{second.pk}/supprimer/").status_code == 302
    assert "La vue « Deux » est supprimée" in text(amelie.get("/dossiers/vues/"))


def test_a_colleague_s_view_is_read_and_not_deleted(cast, amelie, enter):
    amelie.post(SAVE, {"name": "Équipe", "query": "", "team": str(cast.team.pk)})
    view = SavedView.objects.get()
    enter(cast.bruno).post(SAVE, {"name": "Du chef", "query": "vue=clos", "team": str(cast.team.pk)})
    page = text(amelie.get("/dossiers/vues/"))
    assert "Par Bruno Keller, avec Relation client" in page
    theirs = SavedView.objects.exclude(pk=view.pk).get()
    refused = amelie.post(f"/dossiers/vues/{theirs.pk}/supprimer/")
    assert refused.status_code == 422
    assert "Cette vue est à Bruno Keller" in text(refused)


@pytest.mark.parametrize(
    "query", ["%00", "q=%", "a" * 3_000, "&&&==", "a=1&" * 2_000, "vue=moi&vue=clos", "q=" + "é" * 900]
)
def test_whatever_is_posted_is_kept_or_refused(amelie, query):
    assert amelie.post(SAVE, {"name": "Vue", "query": query}).status_code in {302, 422}
