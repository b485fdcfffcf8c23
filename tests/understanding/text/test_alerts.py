"""Signals with their words, what only looks like them, and how soon somebody must look."""

from datetime import date

import pytest

from doleance.understanding.rules import SignalCode, Urgency
from doleance.understanding.text import alerts
from doleance.understanding.text.vocabulary import packs

LEGAL, OMBUDSMAN, MEDIA = SignalCode.LEGAL_THREAT, SignalCode.OMBUDSMAN_THREAT, SignalCode.MEDIA_THREAT
CHURN, SAFETY, VULNERABLE = SignalCode.CHURN_THREAT, SignalCode.SAFETY_RISK, SignalCode.VULNERABLE_PERSON
ABUSE, REPEATED = SignalCode.ABUSIVE_LANGUAGE, SignalCode.REPEATED_CONTACT


def raised(text, language="fr"):
    return alerts.signals(text, packs.find(text, language))


def codes(text, language="fr"):
    return {signal.code for signal in raised(text, language)}


SAID = [
    ("fr", "Sans remboursement je saisis le tribunal.", {LEGAL}),
    ("fr", "Mon avocat vous écrira.", {LEGAL}),
    ("fr", "Ceci vaut mise en demeure.", {LEGAL}),
    ("fr", "je vais porter plainte au commissariat", {LEGAL}),
    ("fr", "Je saisirai le médiateur et la DGCCRF.", {OMBUDSMAN}),
    ("fr", "signalement sur SignalConso dès demain", {OMBUDSMAN}),
    ("fr", "J'ai prévenu 60 millions de consommateurs", {OMBUDSMAN}),
    ("fr", "Je raconterai tout à la presse.", {MEDIA}),
    ("fr", "je vais vous mettre un avis Google bien salé", {MEDIA}),
    ("fr", "Je passe chez un concurrent à la fin du mois.", {CHURN}),
    ("fr", "vous venez de perdre un client fidèle", {CHURN}),
    ("fr", "La multiprise a pris feu.", {SAFETY}),
    ("fr", "J'ai reçu une décharge électrique en l'ouvrant.", {SAFETY}),
    ("fr", "Ça sent le gaz dans la cuisine.", {SAFETY}),
    ("fr", "Je suis en fauteuil roulant et l'ascenseur est en panne.", {VULNERABLE}),
    ("fr", "Ma mère a 87 ans et vit seule.", {VULNERABLE}),
    ("fr", "Mon bébé de deux mois dort dans le froid.", {VULNERABLE}),
    ("fr", "Bande d'incapables !", {ABUSE}),
    ("fr", "allez vous faire foutre", {ABUSE}),
    ("fr", "C'est mon troisième mail.", {REPEATED}),
    ("fr", "Toujours sans réponse malgré mes relances.", {REPEATED}),
    ("fr", "je vous ai appelé cinq fois", {REPEATED}),
    ("fr", "J'AI DEJA ECRIT TROIS FOIS", {REPEATED}),
    ("fr", "jai appele 4 fois tjrs rien", {REPEATED}),
    ("en", "My solicitor will be in touch.", {LEGAL}),
    ("en", "I'll take you to court", {LEGAL}),
    ("en", "I am going to the ombudsman.", {OMBUDSMAN}),
    ("en", "I will leave a one star review", {MEDIA}),
    ("en", "We are taking our business elsewhere.", {CHURN}),
    ("en", "The kettle caught fire.", {SAFETY}),
    ("en", "my son got an electric shock", {SAFETY}),
    ("en", "I am 82 years old and live alone.", {VULNERABLE}),
    ("en", "You bunch of crooks", {ABUSE}),
    ("en", "This is my third email.", {REPEATED}),
    ("en", "I have called five times", {REPEATED}),
    ("de", "Mein Anwalt meldet sich.", {LEGAL}),
    ("de", "Das ist meine dritte Mail.", {REPEATED}),
    ("es", "Mi abogado presentará la demanda.", {LEGAL}),
    ("it", "Il mio avvocato vi scriverà.", {LEGAL}),
    ("nl", "Ik schakel mijn advocaat in.", {LEGAL}),
    ("pt", "O meu advogado vai tratar disto.", {LEGAL}),
]

ONLY_LOOKS = [
    ("fr", "Pas besoin de porter plainte, remboursez-moi.", LEGAL),
    ("fr", "Je ne veux pas aller au tribunal pour ça.", LEGAL),
    ("fr", "La salade d'avocat était brune.", LEGAL),
    ("fr", "Le code promo est invalide.", VULNERABLE),
    ("fr", "Le fauteuil gris est arrivé rayé.", VULNERABLE),
    ("fr", "Sans réponse sous 8 jours, je résilie.", REPEATED),
    ("fr", "J'ai reçu deux messages d'erreur.", REPEATED),
    ("fr", "Votre conseiller m'a traité d'idiot.", ABUSE),
    ("fr", "On me prend pour un imbécile.", ABUSE),
    ("fr", "Ma facture explose ce mois-ci.", SAFETY),
    ("fr", "Vive explosion des prix !", SAFETY),
    ("fr", "La batterie se décharge trop vite.", SAFETY),
    ("fr", "Par ailleurs la notice manque.", CHURN),
    ("fr", "Comment résilier mon abonnement ?", CHURN),
    ("fr", "J'ai vu votre page Facebook.", MEDIA),
    ("fr", "Tout le monde attendait.", MEDIA),
    ("en", "I don't want to involve a solicitor.", LEGAL),
    ("en", "The roller blinds are the wrong colour.", VULNERABLE),
    ("en", "You charged me three times.", REPEATED),
    ("en", "Your agent called me stupid and an idiot.", ABUSE),
]


@pytest.mark.parametrize(("language", "text", "expected"), SAID)
def test_what_is_said_is_raised(language, text, expected):
    assert expected <= codes(text, language)


@pytest.mark.parametrize(("language", "text", "expected"), SAID)
def test_capitals_and_missing_accents_change_nothing(language, text, expected):
    assert expected <= codes(text.upper(), language)
    bare = text.translate(str.maketrans("éèêàùçôâîïÉ", "eeeaucoaiiE"))
    assert expected <= codes(bare, language)


@pytest.mark.parametrize(("language", "text", "code"), ONLY_LOOKS)
def test_what_only_looks_like_a_signal_is_not_raised(language, text, code):
    assert code not in codes(text, language)


@pytest.mark.parametrize(("language", "text", "expected"), SAID)
def test_a_signal_quotes_its_own_words(language, text, expected):
    for signal in raised(text, language):
        assert text[signal.start : signal.start + len(signal.quote)] == signal.quote
        assert signal.quote.strip()


def test_each_code_once_and_in_the_order_of_the_text():
    text = "Mon avocat saisira le tribunal. Le médiateur aussi. Mon avocat insiste."
    found = raised(text)
    assert [one.code for one in found] == [LEGAL, OMBUDSMAN]
    assert found[0].quote == "avocat"


def test_an_unknown_language_is_read_as_french_and_english():
    assert codes("Mon avocat vous écrira.", "") == codes("Mon avocat vous écrira.", "und") == {LEGAL}
    assert codes("My solicitor will write.", "und") == {LEGAL}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("La prise fume et des étincelles sortent.", Urgency.CRITICAL),
        ("Ma mère a 87 ans, plus de chauffage depuis lundi.", Urgency.CRITICAL),
        ("Ma mère a 87 ans et trouve la notice trop petite.", Urgency.NORMAL),
        ("Plus d'internet depuis trois jours.", Urgency.HIGH),
        ("C'est mon troisième mail.", Urgency.HIGH),
        ("Je passe à la concurrence.", Urgency.HIGH),
        ("Mon avocat vous assignera si rien n'est fait avant le 12.", Urgency.HIGH),
        ("Mon avocat suit l'affaire.", Urgency.NORMAL),
        ("La robe livrée est bleue, je la voulais verte.", Urgency.NORMAL),
        ("Il me faut l'attestation avant le 18 mars.", Urgency.HIGH),
        ("Il me faut l'attestation avant le 18 décembre.", Urgency.NORMAL),
    ],
)
def test_how_soon_somebody_must_look(text, expected):
    found = packs.find(text, "fr")
    assert alerts.urgency(alerts.signals(text, found), found, sent=date(2026, 3, 10), language="fr") == expected
