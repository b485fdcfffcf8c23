"""Guichet: anybody of the house writes down what a customer says or hands over, and gives them a receipt."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from doleance.channels.models import Attachment
from doleance.complaints.models import Complaint
from tests.staff.reading import main_of, text

STORY = "La porte du four ne ferme plus depuis hier."


def deposit(**more):
    """What the form of the counter sends."""
    told = {"once": str(uuid4()), "text": STORY, "branch": "product", "on_paper": "non"}
    return told | {"name": "Luc Delmas"} | more


@pytest.mark.parametrize("who", ["nadia", "karim", "ines", "chloe", "amelie"])
def test_anybody_deposits_and_shows_a_receipt(cast, calendars, enter, who):
    client = enter(getattr(cast, who))
    answer = client.post(reverse("counter"), deposit())
    complaint = Complaint.objects.get()
    page = main_of(client.get(answer.url))
    assert complaint.reference in page
    assert "Clé de suivi" in page
    assert STORY not in page
    assert "Au plus tard le" in page, "in the words of the public receipt"
    assert "Objectif interne" not in page, "which is ours"
    assert ("Ouvrir le dossier" in page) is (who in {"ines", "amelie", "chloe"})
    assert complaint.team == (cast.logistics if who == "chloe" else cast.team)


def test_the_auditor_writes_nothing(cast, calendars, enter):
    assert enter(cast.paul).get(reverse("counter")).status_code == 404


def test_a_receipt_is_for_who_wrote_it_down_only(cast, calendars, enter):
    url = enter(cast.nadia).post(reverse("counter"), deposit()).url
    assert enter(cast.bruno).get(url).status_code == 404


@pytest.mark.parametrize(("on_paper", "is_written"), [("oui", True), ("non", False)])
def test_a_paper_handed_over_was_written_that_day(cast, calendars, enter, on_paper, is_written):
    enter(cast.nadia).post(reverse("counter"), deposit(on_paper=on_paper))
    complaint = Complaint.objects.get()
    assert (complaint.first_written_at is not None) is is_written
    if is_written:
        assert complaint.first_written_at == complaint.received_at


def test_photographs_come_with_it(cast, calendars, enter):
    photo = SimpleUploadedFile("ticket.png", b"\x89PNG\r\n\x1a\n and more", content_type="text/html")
    enter(cast.karim).post(reverse("counter"), deposit(files=[photo]))
    found = Attachment.objects.get()
    assert (found.name, found.media_type) == ("ticket.png", "image/png")


def test_files_of_a_refused_form_are_to_be_chosen_again(cast, calendars, enter):
    photo = SimpleUploadedFile("ticket.png", b"\x89PNG", content_type="image/png")
    page = enter(cast.karim).post(reverse("counter"), deposit(text="", files=[photo]))
    assert page.status_code == 422
    assert "Choisissez à nouveau ces fichiers" in text(page)
    assert "ticket.png" in text(page)
    assert not Complaint.objects.exists()


def test_sent_twice_it_is_one_file(cast, calendars, enter):
    client, told = enter(cast.nadia), deposit()
    assert client.post(reverse("counter"), told).url == client.post(reverse("counter"), told).url
    assert Complaint.objects.count() == 1


def test_who_handles_no_file_comes_home_to_the_counter(cast, enter):
    assert enter(cast.karim).get("/").url == reverse("counter")
