"""Restricted files: closed and opened from their page; for everybody else they do not exist, wherever one looks."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from doleance.channels.models import Message
from doleance.channels.rules import Reason
from doleance.complaints.actions import circles, dossiers
from doleance.complaints.models import Complaint
from doleance.desk.queries import worklist
from doleance.desk.queries.worklist import Asked, View
from doleance.intake import queries as intake
from doleance.kernel.clock import now
from doleance.kernel.db import write
from doleance.kernel.ids import uuid7
from doleance.keys import actions as keys
from doleance.keys.rules import Scope
from doleance.notifications import breakers, watch
from doleance.notifications.actions import breaking
from doleance.notifications.actions import writing as notifications
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from doleance.notifications.rules import Scope as BreakerScope
from doleance.routing.actions import batches
from doleance.routing.queries.batches import Gesture
from doleance.routing.rules import Act, Fate
from tests import factories
from tests.cast import TESTS
from tests.staff.pressing import press
from tests.staff.reading import main_of

ABSENT = "R26-XXXX-X"
WHY = "La plainte vise Amélie Rousseau."
OUT = ("amelie", "bruno", "paul")  # would read it without its circle


@pytest.fixture
def closed(cast, calendars, file):
    """The file, restricted to Chloé and Inès: it is about Amélie."""
    told: dict[str, Any] = {"inside": [cast.chloe, cast.ines], "concerned": [cast.amelie], "reason": WHY}
    circles.restrict(complaint=file, **told, by=cast.ines.actor(), at=now())
    file.refresh_from_db()
    return file


def page_of(client, complaint, query=""):
    return client.get(reverse("dossier", args=[complaint.reference]) + query)


def body(response):
    """An answer without what differs at each request: the nonce of its policy and the tokens of its forms."""
    told = re.sub(r'nonce="[^"]*"', "", response.content.decode())
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", told)


def test_a_circle_is_closed_from_the_page_and_told_there(cast, calendars, file, enter):
    ines = enter(cast.ines)
    assert "ouvrir=cercle" in main_of(page_of(ines, file))
    page = page_of(ines, file, "?ouvrir=cercle")
    chosen = {"inside": [str(cast.chloe.pk), str(cast.ines.pk)], "concerned": [str(cast.amelie.pk)]}
    assert press(ines, page, "Fermer le cercle", reason=WHY, **chosen).status_code == 302
    told = main_of(page_of(ines, file)).replace("\u00a0", " ")
    assert "Cercle restreint" in told
    assert "Lisent ce dossier : Chloé Nguyen, Inès Belkacem." in told
    assert "En cause : Amélie Rousseau." in told
    assert "Dossier réservé à un cercle restreint" in told
    assert WHY in told
    assert page_of(enter(cast.bruno), file).status_code == 404
    assert page_of(enter(cast.chloe), file).status_code == 200


@pytest.mark.parametrize(
    ("inside", "code"),
    [([], "circle_without_handler"), (["amelie"], "concerned_in_circle"), (["chloe"], "circle_without_overseer")],
)
def test_a_circle_that_would_leak_is_refused_in_place(cast, calendars, file, enter, inside, code):
    ines = enter(cast.ines)
    page = page_of(ines, file, "?ouvrir=cercle")
    chosen = {"inside": [str(getattr(cast, who).pk) for who in inside], "concerned": [str(cast.amelie.pk)]}
    refused = press(ines, page, "Fermer le cercle", reason=WHY, **chosen)
    assert (refused.status_code, refused.headers["X-Refusal"]) == (422, code)
    assert WHY in main_of(refused)
    assert Complaint.objects.get(pk=file.pk).restricted_at is None


def test_who_leaves_themselves_out_goes_back_to_the_list(cast, calendars, file, enter):
    bruno = enter(cast.bruno)
    page = page_of(bruno, file, "?ouvrir=cercle")
    chosen = {"inside": [str(cast.chloe.pk), str(cast.ines.pk)], "concerned": [str(cast.bruno.pk)]}
    answer = press(bruno, page, "Fermer le cercle", reason=WHY, **chosen)
    assert (answer.status_code, answer["Location"]) == (302, reverse("dossiers"))


def test_it_is_changed_and_lifted_by_who_is_inside(cast, closed, enter):
    chloe = enter(cast.chloe)
    page = page_of(chloe, closed, "?ouvrir=cercle")
    both = [str(cast.chloe.pk), str(cast.ines.pk), str(cast.paul.pk)]
    assert press(chloe, page, "Changer le cercle", reason="L’audit le demande.", inside=both).status_code == 302
    assert page_of(enter(cast.paul), closed).status_code == 200
    assert "Changer le cercle" not in main_of(page_of(enter(cast.paul), closed)), "he reads, and changes nothing"
    answer = press(chloe, page_of(chloe, closed, "?ouvrir=lever"), "Lever le cercle", reason="Personne en cause.")
    assert (answer.status_code, answer["Location"]) == (302, reverse("dossiers")), "of another team again"
    assert page_of(enter(cast.amelie), closed).status_code == 200


def test_who_is_put_out_of_the_circle_is_out_at_their_next_request(cast, closed, enter):
    """With the page open, and its forms in it: what they send afterwards reaches nothing."""
    chloe = enter(cast.chloe)
    page = page_of(chloe, closed)
    told: dict[str, Any] = {
        "inside": [cast.bruno, cast.ines],
        "concerned": [cast.chloe],
        "reason": "Elle est en cause aussi.",
    }
    circles.restrict(complaint=closed, **told, by=cast.ines.actor(), at=now())
    assert press(chloe, page, "Prendre").status_code == 404
    assert page_of(chloe, closed).status_code == 404
    assert Complaint.objects.get(pk=closed.pk).owner is None


def test_it_is_given_to_people_of_its_circle(cast, closed, enter):
    chloe = enter(cast.chloe)
    page = page_of(chloe, closed, "?ouvrir=responsable")
    options = re.findall(r'<option value="[^"]*:([^"]*)"', main_of(page))
    assert options == ["", str(cast.chloe.pk)]
    assert press(chloe, page, "Confier le dossier", to=f"{closed.team_id}:{cast.chloe.pk}").status_code == 302
    assert Complaint.objects.get(pk=closed.pk).owner == cast.chloe


@pytest.mark.parametrize("who", OUT)
def test_it_answers_as_a_file_that_is_not_there(cast, closed, enter, who):
    """Not a byte apart, by whatever address of a file."""
    client = enter(getattr(cast, who))
    names = ("dossier", "dossier_take", "dossier_note", "dossier_circle", "dossier_open_up", "dossier_assign")
    for name in names:
        for verb in (client.get, client.post):
            shut, absent = (verb(reverse(name, args=[one])) for one in (closed.reference, ABSENT))
            # An address that is only read says so of any reference.
            refused = 405 if (name, verb) == ("dossier", client.post) else 404
            assert (shut.status_code, absent.status_code) == (refused, refused), name
            assert body(shut).replace(closed.reference, ABSENT) == body(absent), name
            assert dict(shut.items()).keys() == dict(absent.items()).keys()


@pytest.mark.parametrize("who", OUT)
def test_it_is_in_no_list_count_search_or_neighbourhood(cast, closed, enter, who):
    actor, at = getattr(cast, who).actor(), now()
    other = factories.complaint(cast, title="Une autre chaudière")
    factories.grievance(closed, category="customer_service.impolite")
    for view in View:
        for words in ("", "cassée", closed.reference, "Durand"):
            asked = Asked(view, words=words)
            rows = worklist.worklist(actor=actor, asked=asked, cursor="", at=at).rows
            assert closed.reference not in {row.reference for row in rows}
            assert worklist.total(actor=actor, asked=asked, at=at).number == len(rows)
            assert closed.reference not in worklist.references(actor=actor, asked=asked, most=50, at=at)
    assert worklist.counts(actor=actor, at=at)[View.ALL].number == 1
    assert worklist.rail(actor=actor, at=at).open.number == 1
    near = worklist.neighbours(actor=actor, asked=Asked(), complaint=other, at=at)
    assert (near.previous, near.next, near.total.number) == ("", "", 1)
    client = enter(getattr(cast, who))
    for query in ("", "?vue=tous", f"?q={closed.reference}", "?grief=customer_service"):
        page = client.get(reverse("dossiers") + query).content.decode()
        assert reverse("dossier", args=[closed.reference]) not in page
        assert closed.title not in page
    inside = worklist.counts(actor=cast.ines.actor(), at=at)
    assert inside[View.ALL].number == 2, "its circle counts it"


def test_the_other_files_of_the_same_person_do_not_tell_of_it(cast, closed, enter):
    other = factories.complaint(cast, title="Une autre bouilloire")
    assert closed.reference not in page_of(enter(cast.amelie), other).content.decode()
    assert closed.reference in page_of(enter(cast.ines), other).content.decode()


def test_its_mails_and_letters_are_in_nobody_elses_outbox(cast, closed, enter):
    postal = "Mme Hélène Durand\n3 rue des Lilas\n75020 Paris"
    told: dict[str, Any] = {
        "subject": "Votre bouilloire",
        "text": "Bonjour,",
        "by": TESTS,
        "at": now() - timedelta(hours=2),
    }
    letter = notifications.send_letter(complaint=closed, purpose=Purpose.REPLY, postal=postal, **told)
    url = reverse("letter", args=[letter.pk])
    assert enter(cast.ines).get(url).status_code == 200
    for who in OUT:
        client = enter(getattr(cast, who))
        assert client.get(url).status_code == 404
        for name in ("letters", "outbox"):
            assert closed.reference not in client.get(reverse(name)).content.decode()


def test_what_is_held_on_its_way_there_is_its_circles(cast, closed, enter):
    """A mail that cites it waits in quarantine: its words are those of the file."""
    held = factories.quarantined(cast, Reason.HELD_SENDER)
    cite(message=held, complaint=closed)
    for who in (*OUT, "karim"):
        actor = getattr(cast, who).actor()
        assert intake.count_quarantine(actor) == 0
        assert enter(getattr(cast, who)).get(reverse("quarantined", args=[held.pk])).status_code == 404
    for who in ("chloe", "ines"):  # Chloé: of another team, and nobody else would sort it
        assert intake.count_quarantine(getattr(cast, who).actor()) == 1
        assert enter(getattr(cast, who)).get(reverse("quarantined", args=[held.pk])).status_code == 200


def test_a_breaker_counts_none_of_its_mails(cast, closed):
    """A sender to whom machines keep silent: what waits for them in the circle is not counted for others."""
    other = factories.complaint(cast)
    for complaint in (closed, other):
        keep_back(complaint=complaint)
    key = "helene.durand@courriel.example"
    breaking.trip(scope=BreakerScope.SENDER, key=key, count=21, complaint=other, by=TESTS, at=now())
    for who, held in (("amelie", 1), ("ines", 2)):
        [row] = watch.open_breakers(getattr(cast, who).actor())
        assert row.held == held


@write(quiet="as a breaker leaves a notice")
def keep_back(*, complaint):
    notice = notifications.send(
        complaint=complaint, purpose=Purpose.ACKNOWLEDGEMENT, to="helene.durand@courriel.example", subject="Reçue",
        text="Bonjour,", by=TESTS, at=now(), delay_s=15,
    )  # fmt: skip
    Notice.objects.filter(pk=notice.pk).update(last_error=breakers.SUSPENDED[BreakerScope.SENDER], is_automatic=True)


@write(quiet="what intake notes of a mail that it holds")
def cite(*, message, complaint):
    Message.objects.filter(pk=message.pk).update(cites=complaint.pk)


def test_no_batch_reaches_it_or_tells_of_it(cast, closed, enter):
    other = factories.complaint(cast)
    by, at = cast.bruno.actor(), now()
    take = {"gesture": Gesture(Act.TAKE), "by": by, "at": at}
    batch = batches.start(once=uuid7(), references=[closed.reference, other.reference], **take)
    assert [(item.complaint_id, item.fate) for item in batch.items.all()] == [(other.pk, Fate.DONE)]


def test_a_batch_under_way_stops_at_what_is_closed_meanwhile(cast, calendars, file, enter):
    by, at = cast.bruno.actor(), now()
    batch = batches._keep(once=uuid7(), gesture=Gesture(Act.TAKE), references=[file.reference], by=by, at=at)
    circles.restrict(complaint=file, inside=[cast.chloe, cast.ines], concerned=[], reason=WHY, by=by, at=at)
    batches.carry_out(batch=batch, by=by, at=at)
    assert batch.items.get().fate == Fate.GONE
    assert Complaint.objects.get(pk=file.pk).owner is None
    report = enter(cast.bruno).get(reverse("bulk_report", args=[batch.pk])).content.decode()
    assert file.reference not in report


def test_undoing_a_batch_does_not_reach_into_a_circle(cast, calendars, file):
    by, at = cast.bruno.actor(), now()
    gesture = Gesture(Act.TEAM, cast.logistics)
    batch = batches.start(once=uuid7(), gesture=gesture, references=[file.reference], by=by, at=at)
    circles.restrict(
        complaint=file, inside=[cast.chloe, cast.ines], concerned=[], reason=WHY, by=cast.ines.actor(), at=at
    )
    batches.undo(batch=batch, by=by, at=at)
    assert batch.items.get().fate == Fate.KEPT
    assert Complaint.objects.get(pk=file.pk).team == cast.logistics


def test_the_receipt_of_who_wrote_it_down_closes_with_it(cast, calendars, enter):
    told = {"once": str(uuid7()), "text": "Elle m’a insultée.", "branch": "product", "on_paper": "non"}
    amelie = enter(cast.amelie)
    url = amelie.post(reverse("counter"), told | {"name": "Luc Delmas"}).url
    assert amelie.get(url).status_code == 200
    complaint = Complaint.objects.get()
    inside = [cast.chloe, cast.ines]
    circles.restrict(
        complaint=complaint, inside=inside, concerned=[cast.amelie], reason=WHY, by=cast.ines.actor(), at=now()
    )
    absent = amelie.get(reverse("counter_receipt", args=[uuid7()]))
    shut = amelie.get(url)
    assert shut.status_code == 404
    assert body(shut) == body(absent)


def test_who_is_on_the_telephone_is_not_told_of(cast, closed, enter):
    url = reverse("phone") + "?email=helene.durand@courriel.example"
    assert closed.reference not in enter(cast.amelie).get(url).content.decode()


def test_the_pulse_of_its_page_stops_as_of_one_that_is_not_there(cast, closed, enter):
    amelie = enter(cast.amelie)
    shut, absent = (
        amelie.get(reverse("freshness"), {"dossier": one, "since": "1"}) for one in (closed.reference, ABSENT)
    )
    assert (shut.status_code, body(shut)) == (absent.status_code, body(absent))


def test_who_manages_people_counts_none_of_them(cast, closed, enter):
    """Nadia suspends Chloé, who answers for it: nothing is to be handed over, as far as she sees."""
    dossiers.take(complaint=closed, by=cast.chloe.actor(), at=now())
    told = {"name": cast.chloe.name, "email": cast.chloe.email, "roles": ["agent"], "teams": [str(cast.logistics.pk)]}
    answer = enter(cast.nadia).post(reverse("setup_person", args=[cast.chloe.pk]), told, follow=True)
    assert "dossier" not in " ".join(re.findall(r'role="status"[^>]*>(.*?)</', answer.content.decode(), re.DOTALL))
    closed.refresh_from_db()
    assert closed.owner is None
    assert {one.user for one in closed.circle.filter(is_inside=True)} >= {cast.ines}


def test_no_program_reads_it_or_adds_to_it(cast, closed, calendars):
    _, secret = keys.make_key(entity=cast.entity, name="Boutique", scopes=set(Scope), by=TESTS, at=now())
    program = Client(headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": str(uuid7())})
    base = "/api/v1/complaints"
    assert program.get(base).json()["items"] == []
    for path in ("", "/messages", f"/attachments/{uuid7()}"):
        shut, absent = (program.get(f"{base}/{one}{path}") for one in (closed.reference, ABSENT))
        assert (shut.status_code, shut.content) == (404, absent.content)
    shut, absent = (program.post(f"{base}/{one}/messages", {"text": "Un mot"}) for one in (closed.reference, ABSENT))
    assert (shut.status_code, shut.content) == (404, absent.content)


def test_its_complainant_goes_on_as_before(cast, closed):
    """The circle is the house's: mails still come in, and whoever complains follows their file."""
    message = factories.incoming(cast, text="Et personne ne me répond.")
    dossiers.add_exchange(complaint=closed, message=message, text="Et rien.", rule="by_hand", by=TESTS, at=now())
    closed.refresh_from_db()
    assert closed.restricted_at is not None
    assert closed.exchanges.count() == 2
