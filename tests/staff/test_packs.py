"""The page of the packs that new files follow: what it tells, what it keeps, what open files keep."""

from django.urls import reverse

from doleance.accounts import actions, queries
from doleance.audit.models import AuditEvent
from doleance.complaints.models import Complaint
from tests import factories
from tests.cast import MORNING, TESTS
from tests.staff.reading import main_of

PAGE = "/reglages/referentiels/"


def test_each_pack_tells_how_binding_it_is_how_sure_we_are_and_what_it_asks(cast, enter):
    told = main_of(enter(cast.nadia).get(PAGE))
    for words in (
        "Services de paiement (France)",
        "Texte obligatoire",
        "Recommandation d’un superviseur",
        "Usage, et non délai de loi",
        "Lu dans une source secondaire",
        "15 jours ouvrables, départ : réception de la réclamation",
        "Directive (UE) 2015/2366, art. 101",
        "En cas de refus, contient :",
        "L’autorité de contrôle, et comment la saisir",
        "Remplace EU-PSD2",
        "Les dossiers ouverts gardent les leurs",
    ):
        assert words in told.replace("\u00a0", " "), words


def test_what_is_chosen_is_kept_in_the_house_order_and_open_files_keep_theirs(cast, enter):
    before = factories.complaint(cast)
    assert enter(cast.nadia).post(PAGE, {"packs": ["GENERAL", "FR-CONSO", "FR-PSD2"]}).status_code == 302
    assert queries.entity().packs == ["FR-PSD2", "FR-CONSO", "GENERAL"]
    event = AuditEvent.objects.filter(stream="settings").order_by("seq").last()
    assert event is not None
    assert event.code == "packs_chosen"
    cast.entity.refresh_from_db()
    after = factories.complaint(cast)
    assert Complaint.objects.get(pk=before.pk).regimes == ["FR-CONSO", "GENERAL"]
    assert Complaint.objects.get(pk=after.pk).regimes == ["FR-PSD2", "FR-CONSO", "GENERAL"]


def test_a_pack_that_another_takes_the_place_of_is_told(cast, enter):
    client = enter(cast.nadia)
    assert client.post(PAGE, {"packs": ["EU-PSD2", "FR-PSD2"]}).status_code == 302
    assert "Sans effet tant que FR-PSD2 est coché" in main_of(client.get(PAGE))


def test_a_mediator_that_a_followed_pack_wants_named_and_that_nobody_wrote_is_told(cast, enter):
    client = enter(cast.nadia)
    told = "FR-CONSO : certaines lettres doivent nommer un médiateur"
    page = main_of(client.get(PAGE)).replace("\u00a0", " ")
    assert told in page
    assert f'href="{reverse("setup_company")}">Écrire le médiateur dans Entreprise' in page
    assert client.post(PAGE, {"packs": ["GENERAL"]}).status_code == 302
    assert "doivent nommer un médiateur" not in main_of(client.get(PAGE)), "no pack wants one"
    assert client.post(PAGE, {"packs": ["GENERAL", "FR-CONSO"]}).status_code == 302
    actions.change_entity(
        entity=queries.entity(),
        name="Maison",
        time_zone="Europe/Paris",
        calendar="FR",
        mediator="Le médiateur\nwww.mediateur.example",
        by=TESTS,
        at=MORNING,
    )
    assert "doivent nommer un médiateur" not in main_of(client.get(PAGE)), "there is one"


def test_none_at_all_is_refused_and_nothing_changes(cast, enter):
    page = enter(cast.nadia).post(PAGE, {})
    assert page.status_code == 422
    assert page.headers["X-Refusal"] == "no_pack"
    assert "Gardez au moins un référentiel" in main_of(page)
    assert queries.entity().packs == ["FR-CONSO", "GENERAL"]


def test_a_pack_that_is_not_in_the_list_is_refused(cast, enter):
    assert enter(cast.nadia).post(PAGE, {"packs": ["GENERAL", "XX-NADA"]}).status_code == 422
    assert queries.entity().packs == ["FR-CONSO", "GENERAL"]
