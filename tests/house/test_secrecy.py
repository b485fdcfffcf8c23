"""What is forbidden and what is absent are one answer; complainants and circles, by tables written by hand.

Beside `test_routes`, whose table says who gets in: here, that those who do not learn nothing by it.
"""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts.rules import Role
from doleance.complaints import access
from doleance.complaints.access import Use
from doleance.complaints.actions import access as accesses
from doleance.complaints.actions import circles
from doleance.complaints.models import Complaint
from doleance.complaints.rules import LinkUse
from doleance.kernel.clock import now
from doleance.kernel.ids import uuid7
from tests import factories
from tests.cast import MORNING, TESTS
from tests.house import test_routes as routes
from tests.house.test_routes import DOORS, EVERYBODY, PUBLIC, ROUTES, address, forgotten, is_goodbye, is_sign_in

world = routes.world
# What no thing of this house is called, in the shape of each.
NOWHERE: dict[str, Any] = {"reference": "R26-XXXX-X", "number": 99, "pk": 999_999, "provider_id": "nulle-part"}
# The addresses of a file of Relation client, of its letters and of its mails: closed, they are its circle's alone.
OF_A_FILE = {
    *("dossier", "dossier_adopt", "dossier_assign", "dossier_attachment", "dossier_circle", "dossier_close"),
    *("dossier_content", "dossier_lesson", "dossier_mandate", "dossier_note", "dossier_open_up", "dossier_original"),
    *("dossier_party", "dossier_postal", "dossier_rename", "dossier_reopen", "dossier_reply", "dossier_resume"),
    *("dossier_revoke", "dossier_rules", "dossier_status", "dossier_take", "dossier_thumbnail", "dossier_wait"),
    *("dossier_withdraw", "address_correct", "address_works", "grievance_add", "grievance_ask", "grievance_correct"),
    *("grievance_accept", "grievance_refuse", "signal_judge", "message_kind"),
    *("suggestion_ask", "suggestion_take", "suggestion_drop"),
    "dossier_bring_together",
    *("grievance_decide", "grievance_drop", "letter", "notice_left", "notice_retain", "notice_send_again"),
}
CIRCLE = {"chloe", "ines"}
OPEN_TO = {"dossier_bring_together": {"chloe"}}  # the screen of pairs is for who handles files
# What a complainant reads of their own file, by the visit of their browser.
VISITED = {
    *("portal_follow_file", "portal_follow_points", "portal_follow_point", "portal_follow_add"),
    *("portal_follow_withdraw", "portal_follow_contest", "portal_follow_confirm"),
}


def names_in(name: str) -> set[str]:
    """The parameters of an address."""
    return set(ROUTES[name].pattern.converters) | set(re.findall(r"\?P<(\w+)>", str(ROUTES[name].pattern)))


def identified() -> list[str]:
    """The addresses for people of the house that name something of it."""
    return sorted(name for name in DOORS if names_in(name) - {"digits"})


def elsewhere(name: str) -> str:
    """The same address, of something that is not there."""
    wanted = {one: NOWHERE.get(one, "b" * 22 if one in {"secret", "token"} else uuid7()) for one in names_in(name)}
    if "digits" in wanted:
        wanted["digits"] = "000000"
    return reverse(name, kwargs=wanted)


def said(response: Any, url: str) -> tuple[int, str, str, list[str]]:
    """An answer whole, without its own address and what differs at each request: nonces, tokens of forms."""
    told = response.content.decode(errors="replace").replace(url, "…")
    told = re.sub(r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"', "", told)
    return response.status_code, told, response.headers.get("Location", ""), sorted(response.headers)


def test_what_is_forbidden_answers_as_what_is_absent(cast, world, enter, subtests):
    """By every address, for everybody whom the table keeps out, whatever the verb: not a byte apart."""
    for name in identified():
        for who in sorted(EVERYBODY - DOORS[name]):
            with subtests.test(name=name, who=who), forgotten():
                client, here, there = enter(getattr(cast, who)), address(name, world), elsewhere(name)
                for method in ("get", "post"):
                    shut, absent = (said(getattr(client, method)(url), url) for url in (here, there))
                    assert shut == absent, method
                    assert shut[0] in {404, 405}


@pytest.fixture
def closed(cast, world):
    """The file of this world, closed around Chloé and Inès: it is about Amélie."""
    complaint = Complaint.objects.get(reference=world["reference"])
    told: dict[str, Any] = {
        "inside": [cast.chloe, cast.ines],
        "concerned": [cast.amelie],
        "reason": "Plainte contre Amélie.",
    }
    return circles.restrict(complaint=complaint, **told, by=cast.ines.actor(), at=now())


def test_each_address_of_a_file_is_in_the_table():
    of_it = {"reference", "notice_id", "address_id"}
    assert {name for name in DOORS if names_in(name) & of_it} == OF_A_FILE


def test_a_closed_file_is_its_circles_by_every_address(cast, world, closed, enter, subtests):
    for name in sorted(OF_A_FILE):
        for who in sorted(EVERYBODY):
            with subtests.test(name=name, who=who), forgotten():
                client, here, there = enter(getattr(cast, who)), address(name, world), elsewhere(name)
                for method in ("get", "post"):
                    shut, absent = (said(getattr(client, method)(url), url) for url in (here, there))
                    assert absent[0] in {404, 405}, "nobody finds what is not there"
                    if shut[0] != 405:
                        assert (shut[0] != 404) is (who in CIRCLE & OPEN_TO.get(name, CIRCLE)), method
                    if who not in CIRCLE:
                        assert shut == absent, method


def visiting(complaint: Complaint) -> Client:
    """A browser whose visit of this file has begun."""
    token = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.MAIL, subject=uuid7())
    accesses.give_link(complaint=complaint, purpose=LinkUse.MAIL, secret=token, by=TESTS, at=now())
    client = Client()
    assert client.post(reverse("portal_follow_link", args=[token])).status_code == 302
    return client


@pytest.fixture
def two(cast, world):
    """The file of M. Petit (B), with two grievances, and the browser of Mme Durand (A), who has one."""
    theirs = factories.complaint(cast, party=cast.petit, title="Chaudière de M. Petit", text="Ma chaudière fume.")
    factories.grievance(theirs)
    factories.grievance(theirs, title="Facture de la chaudière", category="billing")
    return theirs, visiting(Complaint.objects.get(reference=world["reference"]))


def test_a_complainant_is_a_stranger_at_every_door_of_the_house(cast, world, two, subtests):
    theirs, visitor = two
    other = world | {"reference": theirs.reference}
    for name in DOORS:
        for method in ("get", "post"):
            with subtests.test(name=name, method=method), forgotten():
                client = copied(visitor)
                response = getattr(client, method)(address(name, other))
                assert is_sign_in(response) or is_goodbye(name, response)


def copied(client: Client) -> Client:
    """Another browser with the same cookies."""
    found = Client()
    found.cookies.update(client.cookies)
    return found


def test_the_visit_of_one_opens_nothing_of_another(cast, world, two, subtests):
    """By every public address, with the other's identifiers in the address, the query and the form."""
    theirs, visitor = two
    name_it = {
        "reference": theirs.reference,
        "complaint": str(theirs.pk),
        "dossier": theirs.reference,
        "id": theirs.pk,
    }
    second = theirs.grievances.get(number=2)
    other = world | {"number": second.number, "token": "c" * 22, "secret": "c" * 22}
    before = state_of(theirs)
    for name in PUBLIC:
        for method in ("get", "post"):
            with subtests.test(name=name, method=method), forgotten():
                client = copied(visitor)
                form = name_it | {"text": "Un mot", "once": str(uuid7()), "wanted": "Rien"}
                response = getattr(client, method)(address(name, other), form if method == "post" else name_it)
                page = response.content.decode(errors="replace")
                assert not [word for word in ("chaudière", "Chaudière", "Petit") if word in page]
                assert state_of(theirs) == before


def state_of(complaint: Complaint) -> tuple[Any, ...]:
    """What a stranger could have changed of a file."""
    found = Complaint.objects.get(pk=complaint.pk)
    return found.version, found.state, found.exchanges.count(), list(found.grievances.order_by("number").values())


def test_what_a_visit_shows_is_its_own_file(world, two):
    """The table of the pages of a visit: each is there for A's, and a point that only B's file has is not."""
    assert {name for name in PUBLIC if name.startswith("portal_follow_")} - VISITED == {
        *("portal_follow_code", "portal_follow_link", "portal_follow_leave"),
    }
    _, visitor = two
    pages = {name: copied(visitor).get(address(name, world)) for name in sorted(VISITED)}
    opened = {name for name, page in pages.items() if page.status_code == 200}
    assert opened == VISITED - {"portal_follow_contest", "portal_follow_confirm"}  # nothing to contest; a press
    assert world["reference"] in pages["portal_follow_file"].content.decode()
    point = {"number": 2}
    assert copied(visitor).get(reverse("portal_follow_point", kwargs=point)).status_code == 404


def test_one_way_in_ends_the_visit_of_the_other(two):
    """A browser visits one file at a time: the other's link, held by both, opens that one alone."""
    theirs, visitor = two
    token = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.MAIL, subject=uuid7())
    accesses.give_link(complaint=theirs, purpose=LinkUse.MAIL, secret=token, by=TESTS, at=now())
    visitor.post(reverse("portal_follow_link", args=[token]))
    assert theirs.reference in visitor.get(reverse("portal_follow_file")).content.decode()


def test_a_suspended_person_does_nothing_by_any_door(cast, world, enter, subtests):
    """Their session was open: what they send is refused as what anybody sends who is not signed in."""
    cookies = enter(cast.bruno).cookies
    told = {"name": cast.bruno.name, "roles": {Role.LEAD}, "teams": [cast.team], "is_away": False}
    accounts.change_user(user=cast.bruno, is_active=False, **told, by=TESTS, at=MORNING)
    for name in DOORS:
        with subtests.test(name=name), forgotten():
            client, changes = Client(), routes.Changes()
            client.cookies.update(cookies)
            with routes.connection.execute_wrapper(changes):
                response = client.post(address(name, world), routes.data(name, world))
            assert is_sign_in(response) or is_goodbye(name, response)
            assert not changes.found
