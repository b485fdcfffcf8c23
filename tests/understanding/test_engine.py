"""Reading a message whole: what comes out, always the same, whatever comes in."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doleance.understanding import engine
from doleance.understanding.model import shipped
from doleance.understanding.rules import BodyType, Incoming, MessageKind, SignalCode, Urgency

THREE = """Bonjour,

Ma commande CMD-2026-0045 devait arriver le 3 mars et je n'ai toujours rien reçu.

Par ailleurs, l'acompte de 380 € a été prélevé deux fois sur ma carte, merci de me rembourser le second.

Enfin, votre conseillère m'a raccroché au nez hier en riant.

Cordialement,
Hélène Marchadier"""


@pytest.fixture(scope="module")
def model():
    return shipped.shipped()


def message(body, *, subject="", body_type=BodyType.TEXT, date=datetime(2026, 3, 17, 9, tzinfo=UTC)):
    return Incoming("m1", "email", subject, body, body_type, date=date)


def test_three_requests_three_categories(model):
    reading = engine.read(message(THREE), model)
    assert reading.language == "fr"
    assert reading.kind is MessageKind.COMPLAINT
    assert [one.category for one in reading.grievances] == ["delivery", "billing", "customer_service"]
    assert reading.order_refs == ("CMD-2026-0045",)
    assert [(one.value, one.currency) for one in reading.amounts] == [("380", "EUR")]
    assert date(2026, 3, 3) in reading.dates
    assert date(2026, 3, 16) in reading.dates
    assert reading.model == model.id


def test_a_quote_is_where_it_says(model):
    for one in engine.read(message(THREE), model).grievances:
        assert THREE[one.start : one.end] == one.quote
        assert one.top3[0][0] == one.category
        assert one.confidence == one.top3[0][1]


def test_an_html_body_has_quotes_and_no_places(model):
    html = f"<html><body><p>{THREE.replace(chr(10), '<br>')}</p></body></html>"
    reading = engine.read(message(html, body_type=BodyType.HTML), model)
    assert [one.category for one in reading.grievances] == ["delivery", "billing", "customer_service"]
    assert {one.start for one in reading.grievances} == {None}
    assert all(one.quote in reading.clean_text for one in reading.grievances)


def test_a_danger_is_critical_with_its_words(model):
    body = "Le chargeur a pris feu dans la chambre de mon fils, il est brûlé à la main."
    reading = engine.read(message(body), model)
    assert reading.urgency is Urgency.CRITICAL
    danger = next(one for one in reading.signals if one.code is SignalCode.SAFETY_RISK)
    assert danger.start is not None
    assert body[danger.start : danger.start + len(danger.quote)] == danger.quote


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"complaint": 0.36, "follow_up": 0.2, "spam": 0.44}, MessageKind.COMPLAINT),
        ({"complaint": 0.3, "enquiry": 0.1, "spam": 0.6}, MessageKind.SPAM),
        ({"praise": 0.4, "enquiry": 0.35, "spam": 0.25}, MessageKind.PRAISE),
        ({"auto_reply": 0.45, "bounce": 0.3, "follow_up": 0.25}, MessageKind.FOLLOW_UP),
    ],
)
def test_what_nobody_would_answer_must_be_likelier_than_all_else(told, kind):
    assert engine._likeliest(told) is kind


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("Contrat TK/77-1180 - bris de glace", ("TK/77-1180",)),
        ("Re: [Ticket TK-771180] reçu", ()),
        ("TR: cmd 48812", ()),
    ],
)
def test_a_reference_of_the_authors_own_subject_counts(model, subject, found):
    assert (
        engine.read(message("La vitre est fendue et personne ne vient.", subject=subject), model).order_refs == found
    )


def test_a_machine_threatens_nobody_and_is_never_urgent(model):
    body = (
        "Je suis absent du 3 au 14 mars. En cas d'urgence, de menace d'avocat ou de tribunal, écrivez à mon collègue. "
        "Ceci est un message généré automatiquement."
    )
    reading = engine.read(message(body, subject="Réponse automatique : votre dossier"), model)
    assert reading.kind is MessageKind.AUTO_REPLY
    assert (reading.signals, reading.urgency) == ((), Urgency.NORMAL)


def test_a_deadline_near_the_day_of_the_message_is_urgent(model):
    body = "L'export de mes comptes s'arrête à moitié, et je dois le remettre avant le 20 mars."
    near = engine.read(message(body), model)
    far = engine.read(message(body, date=datetime(2026, 1, 5, 9, tzinfo=UTC)), model)
    assert (near.urgency, far.urgency) == (Urgency.HIGH, Urgency.NORMAL)


def test_manners_change_no_category(model):
    bare = "Le colis est arrivé écrasé."
    polite = f"Je me permets de vous écrire et j'espère que vous allez bien. {bare} J'attends votre réponse."
    assert engine.categorise(polite, model, language="fr") == engine.categorise(bare, model, language="fr")


@pytest.mark.parametrize(
    ("subject", "body", "kind"),
    [
        ("", "Quels sont vos horaires d'ouverture le samedi ?", MessageKind.ENQUIRY),
        ("", "Un grand merci à toute l'équipe, service impeccable, bravo !", MessageKind.PRAISE),
        ("Réponse automatique : absence", "Je suis absent du bureau jusqu'au 15 août.", MessageKind.AUTO_REPLY),
        ("", "Félicitations, vous avez gagné un iPhone, cliquez sur ce lien.", MessageKind.SPAM),
    ],
)
def test_what_is_no_complaint_holds_no_grievance(model, subject, body, kind):
    reading = engine.read(message(body, subject=subject), model)
    assert reading.kind is kind
    assert reading.grievances == ()


def test_twice_the_same(model):
    assert engine.read(message(THREE), model) == engine.read(message(THREE), model)


def test_alone_or_after_others_is_the_same(model):
    alone = engine.read(message(THREE), model)
    for body in ("autre chose", "x" * 500, "Where is my parcel?"):
        engine.read(message(body), model)
    assert engine.read(message(THREE), model) == alone


def test_doubt_leaves_the_language_of_the_mailbox(model):
    assert engine.read(message("ok"), model, language="en").language == "en"
    assert engine.read(message("12345"), model).language == "und"
    assert engine.read(message(THREE), model, language="en").language == "fr"


def test_without_a_date_what_hangs_on_it_is_left_out(model):
    reading = engine.read(message("Acheté le 12/02/2026, en panne depuis hier.", date=None), model)
    assert reading.dates == (date(2026, 2, 12),)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n\t",
        "\0\0\0",
        "🙂" * 2000,
        "\u202e" + "abc " * 200,
        "a" * 1_000_000,
        "> " * 5000 + "x",
        "merci " * 20_000,
        "Привет. " * 500 + "مرحبا " * 500,
        "\ud800",
    ],
)
@pytest.mark.parametrize("body_type", list(BodyType))
def test_hostile_bodies_are_read(model, body, body_type):
    assert engine.read(message(body, body_type=body_type), model).urgency in set(Urgency)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=400), st.text(max_size=60), st.sampled_from(BodyType))
def test_any_message_is_read(model, body, subject, body_type):
    reading = engine.read(message(body, subject=subject, body_type=body_type), model)
    for one in reading.grievances:
        assert one.quote
        assert 0 < one.confidence <= 1
        if one.start is not None and one.end is not None:
            assert 0 <= one.start < one.end <= len(body)
