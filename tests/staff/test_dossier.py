"""The page of one file: what it shows, to whom, and that looking is journalled."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doleance.accounts.rules import machine
from doleance.audit import queries as audit
from doleance.audit.models import AuditEvent
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State
from doleance.kernel.clock import now
from doleance.resolution import actions as resolution
from tests.factories import complaint, grievance, incoming
from tests.staff.reading import hidden, main_of, text

pytestmark = pytest.mark.django_db
ROBOT = machine("test")


@pytest.fixture
def url(file):
    return f"/dossiers/{file.reference}/"


def views(user) -> list[str]:
    return [event.facts["what"] for event in audit.history(f"reader:{user.id}")]


def test_amelie_sees_the_file_and_that_is_journalled_in_her_own_stream(amelie, cast, file, url):
    before = AuditEvent.objects.filter(stream=file.journal_stream).count()
    page = main_of(amelie.get(url))
    for said in ("Bouilloire arrivée cassée", file.reference, "À prendre", "Hélène Durand", "Sans responsable"):
        assert said in page, said
    assert "Ma bouilloire est arrivée cassée" in page
    assert views(cast.amelie) == [file.journal_stream]
    assert AuditEvent.objects.filter(stream=file.journal_stream).count() == before


@pytest.mark.parametrize("who", ["chloe", "nadia", "karim"])
def test_somebody_else_s_file_answers_as_one_that_is_not_there(cast, enter, file, url, who):
    person = getattr(cast, who)
    door = enter(person)
    theirs, absent = door.get(url), door.get("/dossiers/R26-2222-2/")
    assert (theirs.status_code, absent.status_code) == (404, 404)
    assert theirs.content == absent.content
    assert views(person) == []


def test_the_reference_is_found_whatever_its_case(amelie, file):
    assert amelie.get(f"/dossiers/{file.reference.lower()}/").status_code == 200


def test_the_thread_explains_each_date(amelie, url):
    page = main_of(amelie.get(url))
    for said in ("Reçue", "Accusé de réception", "Objectif interne", "Réponse au plus tard", "Comment c’est compté"):
        assert said in page, said
    assert "2 mois à compter du" in page
    assert "Règle FR-CONSO" in page


def test_a_quoted_passage_is_underlined_and_numbered_where_it_stands(amelie, cast, file, url):
    grievance(file, quote="arrivée\n cassée", exchange=file.exchanges.get(), by=cast.amelie.actor(), at=now())
    page = main_of(amelie.get(url))
    assert '<mark class="g1">arrivée' in page
    assert 'class="box voice"' in page


def test_each_voice_has_its_own_paper(amelie, cast, file, url):
    complaints.note(complaint=file, text="Appeler le <transporteur>", by=cast.bruno.actor(), at=now())
    complaints.add_outbound(
        complaint=file, message=None, text="Nous cherchons.", author_id=cast.amelie.id, by=ROBOT, at=now()
    )
    complaints.add_outbound(complaint=file, message=None, text="Bien reçu.", author_id=None, by=ROBOT, at=now())
    page = main_of(amelie.get(url))
    assert 'class="event internal"' in page
    assert "Appeler le &lt;transporteur&gt;" in page
    assert 'class="event mine"' in page
    assert "Nous cherchons." in page
    assert "Accusé de réception parti par courrier" in page  # no bytes: a letter


def test_a_mail_quoted_below_an_answer_is_folded(amelie, cast, file, url):
    later = incoming(cast, "Toujours rien.\n\n> Nous cherchons.", at=now(), subject="Re: Colis")
    complaints.add_exchange(complaint=file, message=later, text=later.text, rule="in_reply_to", by=ROBOT, at=now())
    page = main_of(amelie.get(url))
    assert "a répondu à notre courriel" in page
    assert "Courriel cité" in page


def test_what_a_machine_answers_is_one_line_and_moves_nothing(amelie, cast, file, url):
    away = incoming(cast, "Je suis absente.", at=now(), subject="Absence")
    complaints.add_automatic(complaint=file, message=away, text=away.text, rule="automatic", by=ROBOT, at=now())
    page = main_of(amelie.get(url))
    assert "Réponse automatique reçue" in page
    assert "À prendre" in page


@pytest.fixture
def busy(cast, file):
    """A file with some life: taken, a grievance, a note."""
    by = cast.amelie.actor()
    complaints.take(complaint=file, by=by, at=now())
    grievance(file, by=by, at=now())
    complaints.rename(complaint=file, title="Bouilloire cassée", by=by, at=now())
    complaints.note(complaint=file, text="Une note", by=by, at=now())
    return file


@pytest.mark.parametrize(
    ("show", "there", "absent"),
    [
        ("", ["Ma bouilloire", "Une note", "événements"], []),
        ("echanges", ["Ma bouilloire"], ["Une note", "événements"]),
        ("interne", ["Une note"], ["Ma bouilloire", "événements"]),
        ("journal", ["Dossier ouvert", "Titre changé", "par Amélie Rousseau"], ["Ma bouilloire", "Une note"]),
        ("nonsense", ["Ma bouilloire", "Une note"], []),
    ],
)
def test_filters_are_links_that_work_without_a_script(amelie, busy, url, show, there, absent):
    page = main_of(amelie.get(url, {"fil": show} if show else {}))
    timeline = page.partition('<ol class="timeline"')[2].partition("</ol>")[0]
    for said in there:
        assert said in timeline, said
    for said in absent:
        assert said not in timeline, said
    assert f'href="{url}?fil=journal"' in page


def test_an_empty_filter_says_so(amelie, url):
    assert "Aucune note interne." in text(amelie.get(url, {"fil": "interne"}))


def test_the_journal_tells_who_and_what_changed(amelie, busy, url):
    page = main_of(amelie.get(url, {"fil": "journal"}))
    for said in (
        "Responsable : Amélie Rousseau",
        "de « À prendre » à « En cours »",
        "Grief ajouté (1)",
        "Échéances calculées",
        "par Doléance",
    ):
        assert said in page, said


def test_only_who_audits_sees_ranks_and_seals(cast, enter, busy, url):
    seal = bytes(AuditEvent.objects.filter(stream=busy.journal_stream).earliest("seq").hash).hex()[:12]
    assert f"n° 1, <code>{seal}</code>" in text(enter(cast.paul).get(url, {"fil": "journal"}))
    assert seal not in text(enter(cast.amelie).get(url, {"fil": "journal"}))


def test_one_s_place_in_the_list_one_came_from(amelie, cast, file):
    others = [complaint(cast, received_at=now() + timedelta(minutes=minute)) for minute in range(2)]
    page = text(amelie.get(f"/dossiers/{file.reference}/?vue=libres&tri=recu"))
    assert "3 sur 3" in page
    assert f'href="/dossiers/{others[0].reference}/?vue=libres&amp;tri=recu"' in page
    page = text(amelie.get(f"/dossiers/{others[0].reference}/"))
    assert "2 sur 3" in page
    assert f'href="/dossiers/{file.reference}/"' in page
    assert f'href="/dossiers/{others[1].reference}/"' in page


def test_a_file_that_left_the_view_has_neighbours_and_no_rank(amelie, cast, file):
    other = complaint(cast, received_at=now())
    complaints.take(complaint=file, by=cast.amelie.actor(), at=now())
    page = text(amelie.get(f"/dossiers/{file.reference}/?vue=libres"))
    assert f'href="/dossiers/{other.reference}/?vue=libres"' in page
    assert " sur 1" not in page


def moved(file, *states: State) -> None:
    for state in states:
        complaints.move(complaint=file, to=state, by=ROBOT, at=now(), reason="Test")


def settle(file, cast) -> None:
    one = grievance(file, by=cast.amelie.actor(), at=now())
    resolution.decide(
        grievance=one, outcome=Outcome.UPHELD, reasons="", cause="Colis mal emballé", by=cast.amelie.actor(), at=now()
    )


@pytest.mark.parametrize(
    ("situation", "said", "button"),
    [
        ("received", "Personne ne suit ce dossier.", "Prendre"),
        ("taken", "un grief par demande", "Ajouter un grief"),
        ("grievance", "Décidez chaque grief", "Décider le grief 1"),
        ("waiting", "Nous attendons sa réponse.", "Reprendre l’examen"),
        ("decided", "Tout est décidé.", "Écrire la réponse"),
        ("answered", "Complétez la liste avant de clore.", "Compléter la liste"),
        ("complete", "Vous pouvez clore.", "Clore le dossier"),
        ("closed", "Ce dossier est terminé.", "Rouvrir…"),
        ("reopened", "Le dossier est revenu.", "Reprendre l’examen"),
    ],
)
def test_the_next_step_is_one_sentence_and_one_button(amelie, cast, file, url, situation, said, button):
    _bring_to(situation, file, cast)
    step = text(amelie.get(url)).partition('<section class="nextstep')[2].partition("</section>")[0]
    assert said in step
    assert button in step


WAYS = {
    "received": [],
    "taken": ["take"],
    "grievance": ["take", "grievance"],
    "waiting": ["take", State.WAITING],
    "decided": ["take", "decide"],
    "answered": ["take", "decide", State.ANSWERED],
    "complete": ["take", "decide", State.ANSWERED, "lesson"],
    "closed": ["take", "decide", State.ANSWERED, "lesson", State.CLOSED],
    "reopened": ["take", "decide", State.ANSWERED, "lesson", State.CLOSED, State.REOPENED],
}


def _bring_to(situation: str, file, cast) -> None:
    who = {"by": cast.amelie.actor(), "at": now()}
    steps = {
        "take": lambda: complaints.take(complaint=file, **who),
        "grievance": lambda: grievance(file, **who),
        "decide": lambda: settle(file, cast),
        "lesson": lambda: complaints.set_lesson(complaint=file, lesson=False, text="", **who),
    }
    for step in WAYS[situation]:
        moved(file, step) if isinstance(step, State) else steps[step]()


@pytest.mark.parametrize(
    ("who", "writes", "notes", "handles"),
    [
        ("amelie", True, True, True),
        ("bruno", True, True, True),
        ("ines", False, True, False),
        ("paul", False, False, False),
    ],
)
def test_the_page_hides_what_one_may_not_do(cast, enter, busy, url, who, writes, notes, handles):
    page = text(enter(getattr(cast, who)).get(url))
    assert ("Relire et envoyer" in page) is writes
    assert ("Enregistrer la note" in page) is notes
    assert ("Autres actions" in page) is handles
    assert ("Décider le grief 1" in page) is handles
    assert ("grief=1" in page) is handles


@pytest.mark.parametrize(
    ("name", "action", "field"),
    [
        ("titre", "/titre/", 'name="title"'),
        ("responsable", "/responsable/", 'name="to"'),
        ("grief", "/griefs/", 'name="quote"'),
        ("retirer", "/retrait/", 'name="reason"'),
        ("lecon", "/lecon/", 'name="lesson"'),
    ],
)
def test_each_form_opens_in_place_by_its_address(amelie, file, url, name, action, field):
    page = main_of(amelie.get(url, {"ouvrir": name}))
    form = page.partition(f'action="/dossiers/{file.reference}{action}')[2].partition("</form>")[0]
    assert field in form


@pytest.mark.parametrize(
    ("name", "field"), [("corriger", 'name="category"'), ("decider", 'name="outcome"'), ("ecarter", 'name="reason"')]
)
def test_each_form_of_a_grievance_opens_in_place(amelie, busy, url, name, field):
    page = main_of(amelie.get(url, {"ouvrir": name, "grief": "1"}))
    form = page.partition(f"/griefs/1/{name}/")[2].partition("</form>")[0]
    assert field in form


@pytest.mark.parametrize(
    "told", [{"ouvrir": "decider", "grief": "9"}, {"ouvrir": "decider", "grief": "²"}, {"ouvrir": "x"}]
)
def test_a_form_that_does_not_exist_opens_nothing(amelie, busy, url, told):
    assert amelie.get(url, told).status_code == 200


def test_the_person_is_shown_with_the_other_files_one_may_see(amelie, cast, file, url):
    seen = [complaint(cast, title=f"Autre {number}", received_at=now()) for number in range(6)]
    complaint(cast, title="Celui de Logistique", team=cast.logistics)
    page = main_of(amelie.get(url))
    assert "6 autres dossiers" in page
    assert "et 1 de plus" in page
    assert seen[5].title in page
    assert "Celui de Logistique" not in page
    assert "helene.durand@courriel.example" in page


def test_a_file_without_anybody_says_so_and_can_only_be_noted(amelie, cast, file):
    alone = complaint(cast, party=None, received_at=now())
    page = text(amelie.get(f"/dossiers/{alone.reference}/"))
    assert "Aucune adresse où écrire au réclamant." in page
    assert "Relire et envoyer" not in page
    assert "Enregistrer la note" in page


def test_the_facts_say_by_where_it_came_and_why_nothing_was_acknowledged(amelie, cast, file, url):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
        cursor.execute("UPDATE doleance_message SET silence = 'list'")
    page = main_of(amelie.get(url))
    assert "Aucun n’est parti : il vient d’une liste de diffusion." in page
    assert "FR-CONSO, GENERAL" in page


def test_the_number_of_queries_does_not_grow_with_the_file(amelie, cast, file, url):
    by = cast.amelie.actor()
    grievance(file, quote="arrivée cassée", by=by, at=now())
    amelie.get(url)
    with CaptureQueriesContext(connection) as one:
        amelie.get(url)
    for number in range(6):
        complaints.note(complaint=file, text=f"Note {number}", by=by, at=now())
        later = incoming(cast, f"Encore {number}", at=now(), subject=f"Re {number}")
        complaints.add_exchange(complaint=file, message=later, text=later.text, rule="references", by=ROBOT, at=now())
        grievance(file, title=f"Grief {number}", by=by, at=now())
        complaint(cast, received_at=now())
    with CaptureQueriesContext(connection) as many:
        amelie.get(url)
    assert len(many) == len(one) <= 53


def test_forms_carry_what_was_on_the_screen(amelie, busy, url):
    page = text(amelie.get(url))
    file = Complaint.objects.get(pk=busy.pk)
    last = AuditEvent.objects.filter(stream=busy.journal_stream).latest("seq").seq
    assert hidden(page, "/note/", "seen") == str(file.version)
    assert hidden(page, "/note/", "since") == str(last)
    assert hidden(page, "/note/", "once") != hidden(page, "/reponse/", "once")


def test_a_page_is_not_kept_by_who_stands_between(amelie, url):
    assert "no-store" in amelie.get(url)["Cache-Control"]


def test_a_title_of_theirs_is_never_markup(amelie, cast, file):
    odd = complaint(cast, title="<script>alert(1)</script>", text="<img src=x onerror=alert(1)>", received_at=now())
    page = text(amelie.get(f"/dossiers/{odd.reference}/"))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
