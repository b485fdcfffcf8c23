"""The public door from end to end, on a real mail server: anybody complains, is told, follows, and contests.

The form without account nor script (M01) → the receipt, its key once, its address, its paper → the acknowledgement
with a link of its own (M04) → the file by that link (M18) → words and a file added, a point corrected → answered by
staff → a second review by another person → withdrawn, by the reference and the key. What is missing is known to the
agent (M06), each law's clock runs from the first moment (M05), and nothing left twice (M35): at the end the
invariants of reliability.md §1 hold.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from doleance.audit import verify
from doleance.channels.models import Attachment, Blob, Message
from doleance.channels.rules import Direction, MessageState
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.deadlines import queries as deadlines
from doleance.deadlines.models import Clock
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState
from tests.cast import Cast
from tests.papers import Paper
from tests.servers.smtp import Sink
from tests.staff.pressing import press
from tests.staff.reading import basis, main_of
from tests.stories.letters import link_in
from tests.stories.test_form import Visitor

HELENE = "helene.ferrand@courriel.example"
STORY = "Ma bouilloire est arrivée cassée.\nPersonne ne me répond."
KEY = re.compile(r'<b class="key">([^<]+)</b>')
KEPT = re.compile(r'href="(/recu/[A-Za-z0-9_-]{22}/)"')
PHOTO = b"%PDF-1.7 la photo du carton"


def complains() -> Visitor:
    """Hélène, from the first question to the receipt, without account nor script."""
    visitor = Visitor()
    visitor.go_on(branch="product")
    visitor.go_on(text=STORY)
    visitor.go_on(item="Bouilloire B-12")
    visitor.go_on(wishes=["refund"])
    visitor.go_on(preferred="email", email=HELENE, name="Hélène Ferrand")
    assert "Bouilloire B-12" in visitor.text, "the page to check says what was answered"
    visitor.go_on()
    return visitor


def page(client: Client, name: str = "portal_follow_file", *args: Any) -> str:
    """A page of the file that this browser visits, as one reads it."""
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return main_of(response)


def answered_by(staff: Client, file: Complaint) -> None:
    """Take the file, decide its grievance, and send the final answer, all in the browser."""
    where = reverse("dossier", args=[file.reference])
    press(staff, staff.get(where), "Prendre")
    told = {"outcome": "not_upheld", "reasons": "Choc après livraison.", "cause": "Choc"}
    assert staff.post(reverse("grievance_decide", args=[file.reference, 1]), basis(file, **told)).status_code == 302
    said = {"text": "Bonjour Madame,\n\nNous ne remboursons pas.", "kind": "finale", "faire": "envoyer"}
    sent = staff.post(reverse("dossier_reply", args=[file.reference]), basis(file, once=str(uuid4()), **said))
    assert sent.status_code == 302, main_of(sent)


def sound(sink: Sink) -> list[str]:
    """What is broken of the invariants of reliability.md §1, asked of what this story left."""
    received = Message.objects.filter(direction=Direction.IN)
    linked: Counter[Any] = Counter(received.values_list("exchange__complaint_id", "exchange__id"))
    states = {(f"<{one.message_id.strip('<>')}>", one.state) for one in Notice.objects.filter(carrier__isnull=True)}
    used = {*Message.objects.values_list("raw_id", flat=True), *Attachment.objects.values_list("blob_id", flat=True)}
    held = set(Blob.objects.values_list("pk", flat=True))
    found = [f"I1 {pk} in no file" for pk, _ in linked if pk is None]
    found += [f"I2 {one} is there {count} times" for one, count in linked.items() if count > 1]
    found += [f"I3 {identifier} left {count} times" for identifier, count in sink.copies.items() if count > 1]
    found += [f"I3 {one} is {state}" for one, state in states if (state == NoticeState.SENT) != (one in sink.copies)]
    found += [f"I4 {one}" for one in verify.check(lambda _: None).findings]
    found += [f"I6 {one}" for one in deadlines.drifts()]
    found += [f"I7 bytes {pk} without a row" for pk in held - used]
    return found + [f"I9 {one.pk} is {one.state}" for one in received.exclude(state=MessageState.LINKED)]


def test_from_the_form_to_a_second_review_and_a_withdrawal(
    house: Cast, sink: Sink, work: Callable[[], None], enter: Callable[[Any], Client]
) -> None:
    visitor = complains()
    file = Complaint.objects.get()
    key = KEY.search(visitor.page.text)[1]
    kept = KEPT.search(visitor.page.text)[1]
    assert file.reference in visitor.text
    assert Clock.objects.filter(complaint=file, cancelled_at=None).exists(), "M05: counted from the first moment"
    again = visitor.browser.get(reverse("portal_receipt"))
    assert again["Location"] == kept
    assert key not in Client().get(kept).content.decode(), "shown once, and its address opens without it"
    paper = Paper(Client().get(f"{kept}recu.pdf").content)
    assert paper.data.startswith(b"%PDF-")
    assert file.reference in paper.words

    work()
    [acknowledgement] = sink.wait_for(1)
    assert acknowledgement.recipients == (HELENE,), "M04: acknowledged at once"
    assert b"cass" not in acknowledgement.raw, "none of her words, which anybody may have typed in her name"
    helene = Client()
    assert file.reference not in main_of(helene.get(link_in(acknowledgement.raw)))
    helene.post(link_in(acknowledgement.raw))
    assert "Accusé de réception envoyé" in page(helene)

    photo = SimpleUploadedFile("carton.pdf", PHOTO, "application/pdf")
    told = {"text": "Voici le carton.", "files": photo, "once": str(uuid4())}
    assert helene.post(reverse("portal_follow_add"), told).status_code == 302
    assert "Vous nous avez écrit" in page(helene), "M18: what one adds is seen to have arrived"
    point = reverse("portal_follow_point", args=[1])
    assert helene.post(point, {"title": "Bouilloire fendue", "wanted": "Un échange"}).status_code == 302
    assert "Un échange" in page(helene, "portal_follow_points")

    amelie = enter(house.amelie)
    shown = main_of(amelie.get(reverse("dossier", args=[file.reference])))
    assert "Voici le carton." in shown
    assert "carton.pdf" in shown
    assert "Bouilloire fendue" in shown
    assert "Depuis quand" in shown, "M06: the agent is given what is missing"
    answered_by(amelie, file)
    work()
    file.refresh_from_db()
    assert file.state == State.ANSWERED
    answer = sink.wait_for(2)[1]
    assert link_in(answer.raw) != link_in(acknowledgement.raw), "each mail has its own link"

    helene.post(reverse("portal_follow_contest"), {"reason": "Le carton montre le contraire."})
    assert "Un second examen est ouvert" in page(helene)
    file.refresh_from_db()
    assert (file.state, file.owner_id) == (State.CONTESTED, None)
    press(enter(house.bruno), enter(house.bruno).get(reverse("dossier", args=[file.reference])), "Reprendre l’examen")
    file.refresh_from_db()
    assert (file.state, file.owner_id) == (State.INVESTIGATION, house.bruno.pk), "by another person"

    elsewhere = Client()
    opened = elsewhere.post(reverse("portal_follow"), {"cle-reference": file.reference.lower(), "cle-key": key})
    assert opened["Location"] == reverse("portal_follow_file")
    assert elsewhere.post(reverse("portal_follow_withdraw"), {"reason": "C’est réglé."}).status_code == 302
    assert "Votre réclamation est retirée" in page(elsewhere)
    file.refresh_from_db()
    assert file.state == State.WITHDRAWN
    assert not Clock.objects.filter(complaint=file, met_at=None, cancelled_at=None).exists()
    work()
    assert sound(sink) == []
