"""Writing to the complainant: read as it will leave, sent once, taken back in time, never a note, never twice."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from doleance.accounts import actions as accounts
from doleance.accounts.models import Entity
from doleance.accounts.rules import machine
from doleance.audit import queries as audit
from doleance.channels.email.compose import compose
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State
from doleance.kernel.clock import now
from doleance.notifications import queries as outbox
from doleance.notifications.actions import carrying as notifications
from doleance.notifications.actions.flights import OUTBOX
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose
from doleance.resolution import actions as resolution
from tests.cast import TESTS
from tests.factories import grievance, incoming, mailbox
from tests.staff.reading import basis, hidden, main_of, text

pytestmark = pytest.mark.django_db
ROBOT = machine("test")
BODY = "Bonjour Madame,\n\nVotre bouilloire <neuve> part demain.\n\nAmélie"
MEDIATOR = "Médiateur du commerce\n1 rue Exemple, 75001 Paris\nhttps://mediateur.example"


@pytest.fixture
def url(file):
    return f"/dossiers/{file.reference}/"


def fresh(file) -> Complaint:
    return Complaint.objects.get(pk=file.pk)


def codes(file) -> list[str]:
    return [event.facts["code"] for event in audit.history(file.journal_stream)]


def reply(file, **more):
    told = {"text": BODY.replace("\n", "\r\n"), "kind": "etape", "faire": "envoyer", "once": str(uuid4())}
    return basis(file, **(told | more))


def leave(file) -> None:
    """What waits leaves, as a worker would carry it twenty seconds later."""
    at = now() + timedelta(seconds=20)
    for waiting in outbox.free_to_leave(file.pk):
        notice = notifications.claim(notice_id=waiting.pk, by=OUTBOX, at=at)
        assert notice is not None
        notifications.mark_sent(
            notice_id=notice.pk,
            attempt=notice.attempts,
            mail=compose(outbox.mail_of(notice)),
            accepted_as="ok",
            by=OUTBOX,
            at=at,
        )


def decide_all(file, cast) -> None:
    by = cast.amelie.actor()
    made = grievance(file, by=by, at=now())
    resolution.decide(grievance=made, outcome=Outcome.UPHELD, reasons="", cause="Casse", by=by, at=now())


@pytest.fixture
def mediator(cast) -> Entity:
    return accounts.change_entity(
        entity=cast.entity,
        name=cast.entity.name,
        time_zone="Europe/Paris",
        calendar="FR",
        mediator=MEDIATOR,
        by=TESTS,
        at=now(),
    )


def test_the_first_line_says_to_whom_by_what_and_why(amelie, url):
    page = main_of(amelie.get(url))
    assert "À <b>Hélène Durand</b>, par courriel à helene.durand@courriel.example, parce que" in page


def test_a_message_is_read_as_it_will_leave_and_nothing_has_moved(amelie, file, url):
    told = reply(file, faire="relire")
    response = amelie.post(f"{url}reponse/", told)
    page = main_of(response)
    assert response.status_code == 200
    assert "À helene.durand@courriel.example. Objet : Votre réclamation " + file.reference in page
    assert "Votre bouilloire &lt;neuve&gt; part demain." in page
    assert "Médiateur" not in page
    assert hidden(page, "/reponse/", "once") == told["once"]
    assert not Notice.objects.exists()
    assert "notice_queued" not in codes(file)


def test_what_was_read_may_be_changed(amelie, file, url):
    page = main_of(amelie.post(f"{url}reponse/", reply(file, faire="modifier")))
    assert "Votre bouilloire &lt;neuve&gt; part demain.\n\nAmélie</textarea>" in page
    assert "Relire et envoyer" in page


def test_a_message_waits_fifteen_seconds_then_leaves(amelie, cast, file, url):
    mailbox(cast, smtp_host="smtp.example")
    told = reply(file)
    response = amelie.post(f"{url}reponse/", told)
    assert response["Location"] == f"{url}#d{told['once']}"
    notice = Notice.objects.get()
    assert (notice.pk, notice.purpose, notice.text) == (UUID(told["once"]), Purpose.REPLY, BODY)
    assert timedelta(seconds=14) < notice.not_before - now() <= timedelta(seconds=15)
    page = text(amelie.get(url))
    assert "Part dans 15 s" in page or "Part dans 14 s" in page
    assert page.count(f"/envois/{notice.pk}/retenir/") >= 2
    assert "pending" in page
    leave(file)
    page = text(amelie.get(url))
    assert "a écrit par courriel" in page
    assert "Part dans" not in page
    assert codes(file)[-1] == "clocks_met"
    assert fresh(file).state == State.ASSESSMENT


def test_pressing_twice_sends_once(amelie, file, url):
    told = reply(file)
    answers = [amelie.post(f"{url}reponse/", told) for _ in range(3)]
    assert {answer["Location"] for answer in answers} == {f"{url}#d{told['once']}"}
    assert Notice.objects.count() == 1
    assert codes(file).count("notice_queued") == 1


def test_taken_back_in_time_it_never_leaves_and_its_text_is_back_in_the_composer(amelie, file, url):
    amelie.post(f"{url}reponse/", reply(file))
    notice = Notice.objects.get()
    response = amelie.post(f"{url}envois/{notice.pk}/retenir/", follow=True)
    assert response.redirect_chain[0][0] == f"{url}?brouillon={notice.pk}#reponse"
    assert "part demain.\n\nAmélie</textarea>" in text(response)
    notice.refresh_from_db()
    assert notice.state == NoticeState.RETAINED
    assert outbox.free_to_leave(file.pk) == []
    assert "Message retenu avant son départ" in text(amelie.get(url))
    assert f"?brouillon={notice.pk}#reponse" in text(amelie.get(url))
    amelie.post(f"{url}reponse/", reply(file))
    assert Notice.objects.filter(state=NoticeState.QUEUED).count() == 1


def test_once_gone_it_is_too_late(amelie, cast, file, url):
    mailbox(cast, smtp_host="smtp.example")
    amelie.post(f"{url}reponse/", reply(file))
    notice = Notice.objects.get()
    leave(file)
    response = amelie.post(f"{url}envois/{notice.pk}/retenir/")
    assert (response.status_code, response["X-Refusal"]) == (422, "too_late_to_retain")
    assert "Trop tard" in text(response)


def test_the_draft_of_another_file_or_of_a_mail_that_left_is_not_given(amelie, cast, file, url):
    mailbox(cast, smtp_host="smtp.example")
    amelie.post(f"{url}reponse/", reply(file))
    notice = Notice.objects.get()
    for told in (str(notice.pk), str(uuid4()), "nonsense", ""):
        assert "part demain.\n\nAmélie</textarea>" not in text(amelie.get(url, {"brouillon": told}))


@pytest.mark.parametrize("told", ["", "  \r\n "])
def test_an_empty_answer_is_refused(amelie, file, url, told):
    for step in ("relire", "envoyer"):
        response = amelie.post(f"{url}reponse/", reply(file, text=told, faire=step))
        assert response.status_code == 422
        assert "au moins un mot" in text(response)
    assert not Notice.objects.exists()


def test_a_final_answer_waits_for_each_outcome_and_keeps_the_text(amelie, file, url):
    for step in ("relire", "envoyer"):
        response = amelie.post(f"{url}reponse/", reply(file, kind="finale", faire=step))
        assert (response.status_code, response["X-Refusal"]) == (422, "not_ready_to_answer")
        page = text(response)
        assert "part demain.\n\nAmélie</textarea>" in page
        assert 'value="finale"' in page
        assert "checked" in page.partition('value="finale"')[2][:150]


def test_a_final_answer_without_a_mediator_is_refused_for_a_consumer(amelie, cast, file, url):
    decide_all(file, cast)
    response = amelie.post(f"{url}reponse/", reply(file, kind="finale"))
    assert (response.status_code, response["X-Refusal"]) == (422, "mediator_missing")


def test_a_final_answer_names_the_mediator_exactly_as_it_was_read_and_answers_the_file(
    amelie, cast, file, url, mediator
):
    mailbox(cast, smtp_host="smtp.example")
    decide_all(file, cast)
    page = main_of(amelie.post(f"{url}reponse/", reply(file, kind="finale", faire="relire")))
    assert "Réponse finale, telle qu’elle partira" in page
    assert "saisir gratuitement le médiateur de la consommation" in page
    assert "1 rue Exemple, 75001 Paris<br>https://mediateur.example" in page
    held = page.partition("Ce que cette lettre doit contenir")[2]
    assert "Nom, adresse et site du médiateur de la consommation" in held
    assert "Ajouté tel qu’il est écrit dans Réglages, Entreprise" in held
    amelie.post(f"{url}reponse/", reply(file, kind="finale"))
    notice = Notice.objects.get()
    assert notice.text.endswith(MEDIATOR)
    assert notice.text.startswith(BODY)
    assert fresh(file).state == State.DECIDED
    step = main_of(amelie.get(url)).partition('<section class="nextstep')[2].partition("</section>")[0]
    assert "La réponse finale part." in step
    assert "Retenir" in step
    leave(file)
    now_file = fresh(file)
    assert (now_file.state, now_file.next_due_at) == (State.ANSWERED, None)
    assert codes(file).count("notice_sent") == 1


def test_a_final_answer_taken_back_comes_without_the_mediator_that_would_be_added_again(
    amelie, cast, file, url, mediator
):
    decide_all(file, cast)
    amelie.post(f"{url}reponse/", reply(file, kind="finale"))
    notice = Notice.objects.get()
    page = text(amelie.post(f"{url}envois/{notice.pk}/retenir/", follow=True))
    assert "part demain.\n\nAmélie</textarea>" in page
    assert "checked" in page.partition('value="finale"')[2][:150]


def test_only_one_final_answer_is_under_way_and_the_findings_do_not_move_under_it(amelie, cast, file, url, mediator):
    decide_all(file, cast)
    amelie.post(f"{url}reponse/", reply(file, kind="finale"))
    second = amelie.post(f"{url}reponse/", reply(file, kind="finale"))
    assert second["X-Refusal"] == "already_leaving"
    for path, told in (
        ("griefs/1/decider/", {"outcome": "upheld"}),
        ("griefs/1/ecarter/", {"reason": "Erreur"}),
        ("retrait/", {"reason": "Elle le demande"}),
    ):
        assert amelie.post(f"{url}{path}", basis(file, **told))["X-Refusal"] == "already_leaving"
    assert Notice.objects.count() == 1


def test_two_people_answer_at_once_and_the_second_is_told(amelie, cast, enter, file, url):
    """I5, and ux.md §6, point 35: the second is warned, nothing is lost."""
    told, since = reply(file), audit.history(file.journal_stream).count()
    enter(cast.bruno).post(f"{url}reponse/", reply(file, text="Réponse de Bruno"))
    for step in ("relire", "envoyer"):
        response = amelie.post(f"{url}reponse/", told | {"faire": step, "since": since})
        assert (response.status_code, response["X-Refusal"]) == (422, "stale")
        page = text(response)
        assert "Arrivé entre-temps" in page
        assert "Courriel mis au départ, Bruno Keller" in page
        assert "part demain.\n\nAmélie</textarea>" in page
    assert Notice.objects.count() == 1


def test_a_message_that_arrives_while_one_writes_is_read_first(amelie, cast, file, url):
    told, since = reply(file), audit.history(file.journal_stream).count()
    later = incoming(cast, "J’ai retrouvé la facture.", at=now(), subject="Facture")
    complaints.add_exchange(complaint=file, message=later, text=later.text, rule="references", by=ROBOT, at=now())
    page = text(amelie.post(f"{url}reponse/", told | {"since": since}))
    assert "Message reçu, Doléance" in page
    assert "J’ai retrouvé la facture." in page
    assert amelie.post(f"{url}reponse/", told | basis(file)).status_code == 302


def test_what_leaves_by_itself_interrupts_nobody(amelie, cast, file, url):
    mailbox(cast, smtp_host="smtp.example")
    amelie.post(f"{url}reponse/", reply(file))
    told = reply(file, text="Autre chose")
    leave(file)
    assert amelie.post(f"{url}reponse/", told).status_code == 302


@pytest.mark.parametrize("who", ["ines", "paul"])
def test_who_may_not_write_to_people_does_not(cast, enter, file, url, who):
    response = enter(getattr(cast, who)).post(f"{url}reponse/", reply(file))
    assert (response.status_code, response["X-Refusal"]) == (422, "not_allowed")
    assert not Notice.objects.exists()


def test_a_note_has_no_way_out(amelie, cast, file, url):
    """ux.md §6, point 39: the form of a note goes to notes alone; whatever else is posted there, nothing leaves."""
    amelie.post(f"{url}note/", basis(file, text="Secret", once=str(uuid4()), kind="finale", faire="envoyer"))
    page = main_of(amelie.get(url))
    form = page.partition('<form class="note')[2].partition("</form>")[0]
    assert f'action="{url}note/' in form
    assert "Enregistrer la note" in form
    assert "nvoyer" not in form
    assert not Notice.objects.exists()
    with pytest.raises(AssertionError):
        hidden(page, "/note/", "kind")


def test_nobody_writes_from_a_settled_file(amelie, cast, file, url):
    complaints.move(complaint=file, to=State.WITHDRAWN, by=ROBOT, at=now(), reason="Test")
    assert "rouvrez-le pour écrire au réclamant" in text(amelie.get(url))
    response = amelie.post(f"{url}reponse/", reply(file))
    assert (response.status_code, response["X-Refusal"]) == (422, "closed_file")


@pytest.fixture
def in_doubt(amelie, cast, file, url) -> Notice:
    mailbox(cast, smtp_host="smtp.example")
    amelie.post(f"{url}reponse/", reply(file))
    notice = Notice.objects.get()
    claimed = notifications.claim(notice_id=notice.pk, by=OUTBOX, at=now() + timedelta(seconds=20))
    assert claimed is not None
    notifications.mark_uncertain(notice_id=notice.pk, attempt=1, error="connection lost <here>", by=OUTBOX, at=now())
    notice.refresh_from_db()
    return notice


def test_a_mail_in_doubt_comes_before_all_and_a_person_says(amelie, file, url, in_doubt):
    page = main_of(amelie.get(url))
    assert "Un envoi n’est pas parti." in page
    assert f'href="#d{in_doubt.pk}"' in page
    assert "est peut-être parti" in page
    assert "connection lost &lt;here&gt;" in page
    amelie.post(f"{url}envois/{in_doubt.pk}/parti/")
    in_doubt.refresh_from_db()
    assert in_doubt.state == NoticeState.SENT


def test_a_mail_in_doubt_may_be_sent_again(amelie, file, url, in_doubt):
    amelie.post(f"{url}envois/{in_doubt.pk}/renvoyer/")
    in_doubt.refresh_from_db()
    assert in_doubt.state == NoticeState.QUEUED


def test_a_mail_that_was_refused_may_be_sent_again(amelie, cast, file, url):
    mailbox(cast, smtp_host="smtp.example")
    amelie.post(f"{url}reponse/", reply(file))
    notice = Notice.objects.get()
    notifications.claim(notice_id=notice.pk, by=OUTBOX, at=now() + timedelta(seconds=20))
    notifications.mark_failed(notice_id=notice.pk, attempt=1, error="550", permanent=True, by=OUTBOX, at=now())
    assert "L’envoyer à nouveau" in text(amelie.get(url))
    amelie.post(f"{url}envois/{notice.pk}/renvoyer/")
    notice.refresh_from_db()
    assert notice.state == NoticeState.QUEUED


@pytest.mark.parametrize("path", ["retenir/", "renvoyer/", "parti/"])
def test_a_mail_of_another_file_is_not_touched_from_here(amelie, chloe, cast, file, url, in_doubt, path):
    other = complaints.open_dossier(
        entity=cast.entity,
        team=cast.team,
        party=cast.petit,
        message=None,
        text="x",
        title="x",
        received_at=now(),
        sent_at=None,
        by=TESTS,
        at=now(),
    )
    assert amelie.post(f"/dossiers/{other.reference}/envois/{in_doubt.pk}/{path}").status_code == 404
    assert chloe.post(f"{url}envois/{in_doubt.pk}/{path}").status_code == 404
    assert amelie.get(f"{url}envois/{in_doubt.pk}/{path}")["Location"] == url
