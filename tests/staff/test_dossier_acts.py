"""What one does on a file: done, journalled, refused with all that was typed, and never for who may not."""

from datetime import timedelta
from uuid import uuid4

import pytest

from doleance.accounts import actions as accounts
from doleance.accounts.rules import machine
from doleance.audit import queries as audit
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import GrievanceState, Outcome, State
from doleance.kernel.clock import now
from doleance.resolution import actions as resolution
from tests.factories import grievance
from tests.staff.reading import basis, main_of, text

pytestmark = pytest.mark.django_db
ROBOT = machine("test")


@pytest.fixture
def url(file):
    return f"/dossiers/{file.reference}/"


@pytest.fixture
def one(cast, file) -> Grievance:
    """A grievance that waits for its outcome, on a file of Amélie's."""
    return grievance(file, by=cast.amelie.actor(), at=now() - timedelta(minutes=5))


def fresh(file) -> Complaint:
    return Complaint.objects.select_related("owner", "team").get(pk=file.pk)


def codes(file) -> list[str]:
    return [event.facts["code"] for event in audit.history(file.journal_stream)]


def decided(file, cast) -> None:
    made = grievance(file, by=cast.amelie.actor(), at=now())
    resolution.decide(
        grievance=made, outcome=Outcome.UPHELD, reasons="", cause="Casse", by=cast.amelie.actor(), at=now()
    )


def answered(file, cast) -> None:
    decided(file, cast)
    complaints.move(complaint=file, to=State.ANSWERED, by=ROBOT, at=now())


def test_taking_the_file(amelie, cast, file, url):
    response = amelie.post(f"{url}prendre/?vue=libres", basis(file))
    assert (response.status_code, response["Location"]) == (302, f"{url}?vue=libres")
    assert (fresh(file).owner, fresh(file).state) == (cast.amelie, State.ASSESSMENT)
    assert codes(file)[-2:] == ["owner_set", "state_moved"]


def test_taking_it_twice_changes_nothing_more(amelie, file, url):
    told = basis(file)
    amelie.post(f"{url}prendre/", told)
    events = codes(file)
    assert amelie.post(f"{url}prendre/", basis(file)).status_code == 302
    assert codes(file) == events


def test_renaming(amelie, file, url):
    response = amelie.post(f"{url}titre/", basis(file, title="  Bouilloire  cassée "))
    assert response["Location"] == url
    assert fresh(file).title == "Bouilloire cassée"
    assert codes(file)[-1] == "title_set"


@pytest.mark.parametrize("who", ["bruno", ""])
def test_giving_the_file_to_somebody_or_to_nobody_yet(amelie, cast, file, url, who):
    person = getattr(cast, who) if who else None
    to = f"{cast.team.pk}:{person.pk if person else ''}"
    response = amelie.post(f"{url}responsable/", basis(file, to=to), follow=True)
    assert fresh(file).owner == person
    assert "est confié" in text(response)
    assert codes(file)[-1] == "owner_set"


def test_giving_the_file_to_another_team_leaves_the_page_for_the_list(amelie, cast, file, url):
    response = amelie.post(f"{url}responsable/", basis(file, to=f"{cast.logistics.pk}:{cast.chloe.pk}"))
    assert response["Location"] == "/dossiers/"
    assert fresh(file).team == cast.logistics
    assert amelie.get(url).status_code == 404


@pytest.mark.parametrize("to", ["", "x", "x:y", "{team}:{chloe}", "{team}:{nadia}"])
def test_the_file_goes_to_nobody_who_is_not_in_the_list(amelie, cast, file, url, to):
    told = to.format(team=cast.team.pk, chloe=cast.chloe.pk, nadia=cast.nadia.pk)
    response = amelie.post(f"{url}responsable/", basis(file, to=told))
    assert response.status_code == 422
    assert fresh(file).owner is None


def test_waiting_for_the_complainant_and_going_on(amelie, file, url):
    amelie.post(f"{url}prendre/", basis(file))
    amelie.post(f"{url}attente/", basis(file))
    assert fresh(file).state == State.WAITING
    amelie.post(f"{url}reprise/", basis(file))
    assert fresh(file).state == State.INVESTIGATION


@pytest.mark.parametrize("act", ["attente", "reprise"])
def test_waiting_and_going_on_are_refused_to_who_has_not_read(amelie, cast, file, url, act):
    amelie.post(f"{url}prendre/", basis(file))
    if act == "reprise":
        amelie.post(f"{url}attente/", basis(file))
    told, state = basis(file), fresh(file).state
    complaints.note(complaint=file, text="Entre-temps", by=cast.bruno.actor(), at=now())
    response = amelie.post(f"{url}{act}/", told)
    assert (response.status_code, response["X-Refusal"]) == (422, "stale")
    assert fresh(file).state == state


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("griefs", {"title": "Silence", "category": "product.damaged", "once": str(uuid4())}),
        ("cloture", {"reason": "Demande du responsable"}),
        ("attente", {}),
        ("reprise", {}),
    ],
)
def test_nothing_moves_under_a_final_answer_that_is_leaving(amelie, cast, file, url, act, told):
    house = {"name": "Maison", "time_zone": "Europe/Paris", "calendar": "FR", "mediator": "https://mediateur.example"}
    accounts.change_entity(entity=cast.entity, **house, by=ROBOT, at=now())
    file.refresh_from_db()
    decided(file, cast)
    seen, by = fresh(file).version, cast.amelie.actor()
    resolution.answer(complaint=file, text="Voici.", seen=seen, once=uuid4(), by=by, at=now())
    before = codes(file)
    response = amelie.post(f"{url}{act}/", basis(file, **told))
    assert (response.status_code, response["X-Refusal"]) == (422, "already_leaving")
    assert (fresh(file).state, codes(file)) == (State.DECIDED, before)


def test_a_withdrawal_is_noted_with_how_we_know(amelie, file, url):
    response = amelie.post(f"{url}retrait/", basis(file, reason=" "))
    assert response.status_code == 422
    amelie.post(f"{url}retrait/", basis(file, reason="Elle l’écrit ce matin."))
    assert fresh(file).state == State.WITHDRAWN
    assert "Elle l’écrit ce matin." in main_of(amelie.get(url))
    assert codes(file)[-2:] == ["state_moved", "clocks_cancelled"]
    assert fresh(file).next_due_at is None


def test_reopening_asks_a_reason_and_gives_clocks_again(amelie, cast, file, url):
    answered(file, cast)
    complaints.move(complaint=file, to=State.CLOSED, by=ROBOT, at=now(), reason="Test")
    assert amelie.post(f"{url}reouverture/", basis(file, reason="")).status_code == 422
    amelie.post(f"{url}reouverture/", basis(file, reason="Fait nouveau"))
    assert fresh(file).state == State.REOPENED
    assert "state_moved" in codes(file)


def test_closing_is_a_checklist_that_a_reason_forces(amelie, cast, file, url):
    answered(file, cast)
    response = amelie.post(f"{url}cloture/", basis(file, reason=""))
    assert response.status_code == 422
    assert response["X-Refusal"] == "checklist_incomplete"
    page = main_of(response)
    assert 'role="alert"' in page
    assert 'name="reason"' in page
    amelie.post(f"{url}cloture/", basis(file, reason="Demande du responsable"))
    assert fresh(file).state == State.CLOSED


def test_closing_a_complete_file_asks_nothing(amelie, cast, file, url):
    answered(file, cast)
    amelie.post(f"{url}lecon/", basis(file, lesson="oui", text="Emballer mieux"))
    assert (fresh(file).lesson, fresh(file).lesson_text) == (True, "Emballer mieux")
    assert amelie.post(f"{url}cloture/", basis(file)).status_code == 302
    assert fresh(file).state == State.CLOSED
    assert "Emballer mieux" in main_of(amelie.get(url))


def test_each_missing_point_of_the_checklist_links_to_its_place(amelie, cast, file, url, one):
    page = main_of(amelie.get(url))
    points = page.partition('<ul class="checklist">')[2].partition("</ul>")[0]
    for target in ("#griefs", "#reponse", "ouvrir=lecon"):
        assert target in points, target
    resolution.decide(grievance=one, outcome=Outcome.UPHELD, reasons="", cause="", by=cast.amelie.actor(), at=now())
    assert "ouvrir=corriger&amp;grief=1" in main_of(amelie.get(url))


def grief(file, **more):
    told = {
        "title": "Bouilloire cassée",
        "category": "product.damaged",
        "quote": "",
        "wanted": "",
        "once": str(uuid4()),
    }
    return basis(file, **(told | more))


def test_adding_a_grievance_from_a_passage(amelie, file, url):
    exchange = file.exchanges.get()
    told = grief(file, quote="arrivée cassée", exchange=str(exchange.pk), wanted="Une autre")
    response = amelie.post(f"{url}griefs/", told)
    assert response["Location"] == f"{url}#griefs"
    made = Grievance.objects.get(complaint=file)
    assert (made.title, made.quote, made.exchange, made.wanted) == (
        "Bouilloire cassée",
        "arrivée cassée",
        exchange,
        "Une autre",
    )
    assert codes(file)[-1] == "grievance_added"


def test_pressing_twice_adds_one_grievance(amelie, file, url):
    told = grief(file)
    assert [amelie.post(f"{url}griefs/", told).status_code for _ in range(2)] == [302, 302]
    assert Grievance.objects.filter(complaint=file).count() == 1


def test_a_passage_of_another_file_is_not_ours(amelie, cast, file, url):
    amelie.post(f"{url}griefs/", grief(file, exchange=str(uuid4())))
    assert Grievance.objects.get(complaint=file).exchange is None


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"title": ""}, "Dites en quelques mots"),
        ({"category": ""}, "Choisissez une catégorie"),
        ({"category": "nothing"}, "Sélectionnez un choix valide"),
    ],
)
def test_a_refused_grievance_keeps_what_was_typed(amelie, file, url, told, said):
    response = amelie.post(f"{url}griefs/", grief(file, quote="arrivée cassée", wanted="Une <neuve>", **told))
    assert response.status_code == 422
    page = text(response)
    assert said in page
    assert "arrivée cassée</textarea>" in page
    assert "Une &lt;neuve&gt;</textarea>" in page
    assert "autofocus" in page
    assert not Grievance.objects.exists()


def test_correcting_a_grievance(amelie, file, url, one):
    told = {"title": "Bouilloire fendue", "category": "product.defect", "wanted": "Un avoir", "cause": "Moule"}
    response = amelie.post(f"{url}griefs/1/corriger/", basis(file, **told))
    assert response["Location"] == f"{url}#grief-1"
    one.refresh_from_db()
    assert (one.title, one.category_id, one.wanted, one.cause) == (
        "Bouilloire fendue",
        "product.defect",
        "Un avoir",
        "Moule",
    )
    assert codes(file)[-1] == "grievance_changed"


def test_deciding_the_only_grievance_decides_the_file(amelie, file, url, one):
    told = {"outcome": "partly_upheld", "reasons": "La moitié est vraie", "cause": "Tri"}
    response = amelie.post(f"{url}griefs/1/decider/", basis(file, **told))
    assert response["Location"] == f"{url}#grief-1"
    one.refresh_from_db()
    assert (one.state, one.outcome, one.reasons) == (
        GrievanceState.DECIDED,
        Outcome.PARTLY_UPHELD,
        "La moitié est vraie",
    )
    assert fresh(file).state == State.DECIDED
    page = main_of(amelie.get(url))
    assert "Partiellement fondé" in page
    assert "La moitié est vraie" in page


def test_a_finding_without_its_reasons_is_refused_and_nothing_typed_is_lost(amelie, file, url, one):
    response = amelie.post(f"{url}griefs/1/decider/", basis(file, outcome="not_upheld", reasons=" ", cause="Le tri"))
    assert response.status_code == 422
    assert response["X-Refusal"] == "reasons_missing"
    page = text(response)
    assert "« Non fondé » doit être expliqué" in page
    assert "Le tri</textarea>" in page
    assert 'value="not_upheld"' in page
    assert " checked" in page.partition('value="not_upheld"')[2][:200]


def test_setting_a_grievance_aside(amelie, file, url, one):
    amelie.post(f"{url}griefs/1/ecarter/", basis(file, reason="Doublon"))
    one.refresh_from_db()
    assert one.state == GrievanceState.DROPPED
    assert "<s>Bouilloire cassée</s>" in main_of(amelie.get(url))


@pytest.mark.parametrize("name", ["corriger", "decider", "ecarter"])
def test_a_grievance_that_is_not_there_is_not_found(amelie, file, url, name):
    assert amelie.post(f"{url}griefs/9/{name}/", basis(file)).status_code == 404


def test_a_note_stays_in_the_house(amelie, cast, file, url, django_assert_max_num_queries):
    once = str(uuid4())
    for _ in range(2):
        response = amelie.post(f"{url}note/", basis(file, text="Appeler\r\nle dépôt", once=once))
        assert response["Location"] == f"{url}#e{once}"
    [note] = file.exchanges.filter(kind="note")
    assert (note.text, note.author, note.message_id) == ("Appeler\nle dépôt", cast.amelie, None)
    assert file.notices.count() == 0
    assert codes(file).count("note_added") == 1


@pytest.mark.parametrize("told", ["", "   \n"])
def test_an_empty_note_is_refused_on_yellow_paper(amelie, file, url, told):
    response = amelie.post(f"{url}note/", basis(file, text=told, once=str(uuid4())))
    assert response.status_code == 422
    page = text(response)
    assert 'value="note" checked' in page
    assert "au moins un mot" in page


ACTS = [
    ("prendre/", {}),
    ("titre/", {"title": "Autre"}),
    ("responsable/", {"to": "{team}:"}),
    ("attente/", {}),
    ("reprise/", {}),
    ("retrait/", {"reason": "Oui"}),
    ("reouverture/", {"reason": "Oui"}),
    ("cloture/", {"reason": "Oui"}),
    ("acces/", {}),
    ("lecon/", {"lesson": "oui", "text": ""}),
    ("griefs/", {"title": "T", "category": "product", "once": "{once}"}),
    ("griefs/1/corriger/", {"title": "T", "category": "product"}),
    ("griefs/1/decider/", {"outcome": "upheld"}),
    ("griefs/1/ecarter/", {"reason": "Oui"}),
]


@pytest.mark.parametrize(("path", "told"), ACTS, ids=[path for path, _ in ACTS])
@pytest.mark.parametrize("who", ["ines", "paul"])
def test_who_only_reads_is_refused_by_the_action_itself(cast, enter, file, url, one, who, path, told):
    before = codes(file)
    filled = {name: value.format(team=cast.team.pk, once=uuid4()) for name, value in told.items()}
    response = enter(getattr(cast, who)).post(f"{url}{path}", basis(file, **filled))
    assert (response.status_code, response["X-Refusal"]) == (422, "not_allowed")
    assert codes(file) == before


@pytest.mark.parametrize(("path", "told"), [*ACTS, ("note/", {}), ("reponse/", {})], ids=lambda one: str(one)[:20])
def test_chloe_finds_nothing_to_act_on(chloe, file, url, one, path, told):
    before = codes(file)
    assert chloe.post(f"{url}{path}", basis(file, **told)).status_code == 404
    assert chloe.get(f"{url}{path}").status_code == 404
    assert codes(file) == before


def test_quality_notes_and_audit_does_not(cast, enter, file, url):
    told = basis(file, text="Vu.", once=str(uuid4()))
    response = enter(cast.paul).post(f"{url}note/", told)
    assert (response.status_code, response["X-Refusal"]) == (422, "not_allowed")
    assert enter(cast.ines).post(f"{url}note/", told).status_code == 302
    assert file.exchanges.get(kind="note").author == cast.ines


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("titre/", "ouvrir=titre"),
        ("retrait/", "ouvrir=retirer"),
        ("griefs/", "ouvrir=grief"),
        ("griefs/1/decider/", "ouvrir=decider&grief=1#grief-1"),
        ("prendre/", ""),
        ("note/", "#note"),
    ],
)
def test_the_address_of_an_act_read_by_itself_shows_its_form(amelie, file, url, one, path, opened):
    response = amelie.get(f"{url}{path}")
    assert response.status_code == 302
    assert response["Location"].endswith(opened)


@pytest.mark.parametrize(
    ("path", "told", "kept"),
    [
        ("titre/", {"title": "Mon titre"}, 'value="Mon titre"'),
        ("griefs/1/decider/", {"outcome": "upheld", "reasons": "Mes motifs"}, "Mes motifs</textarea>"),
        ("lecon/", {"lesson": "oui", "text": "Ma leçon"}, "Ma leçon</textarea>"),
    ],
)
def test_what_changed_meanwhile_is_shown_and_what_was_typed_is_kept(amelie, cast, file, url, one, path, told, kept):
    seen = basis(file)["seen"]
    since = audit.history(file.journal_stream).count()
    complaints.note(complaint=file, text="Entre-temps", by=cast.bruno.actor(), at=now())
    response = amelie.post(f"{url}{path}", told | {"seen": seen, "since": since})
    assert (response.status_code, response["X-Refusal"]) == (422, "stale")
    page = text(response)
    assert "Arrivé entre-temps" in page
    assert "Note interne, Bruno Keller" in page
    assert kept in page
    assert f'name="seen" value="{fresh(file).version}"' in page
    again = amelie.post(f"{url}{path}", told | basis(file))
    assert again.status_code == 302


def test_a_form_without_its_version_is_refused(amelie, file, url):
    assert amelie.post(f"{url}titre/", {"title": "Autre"}).status_code == 422
    assert fresh(file).title != "Autre"


def test_every_page_shown_is_journalled_even_a_refused_one(amelie, cast, file, url):
    amelie.post(f"{url}titre/", basis(file, title=""))
    assert [event.facts["what"] for event in audit.history(f"reader:{cast.amelie.id}")] == [file.journal_stream]
