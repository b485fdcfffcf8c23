"""Where a message turns to another request, and where it only looks so."""
# ruff: noqa: E501

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding import engine
from doleance.understanding.model import shipped
from doleance.understanding.rules import Incoming
from doleance.understanding.text import turns
from doleance.understanding.text.clauses import clauses
from doleance.understanding.text.pieces import pieces
from doleance.understanding.text.requests import boundaries, requests
from doleance.understanding.text.sentences import sentences
from doleance.understanding.text.vocabulary import packs


def passages(text, language="fr", categories=None):
    """What rules alone part: no model has read the sentences."""
    return [span.of(text) for span in requests(text, sentences(text), packs.find(text, language), categories)]


def read(text):
    """The same by the shipped model, as a message is read."""
    model = shipped.shipped()
    draft = engine.draft(Incoming("m1", "email", "", text), model)
    told = draft.cleaned.text
    return [span.of(told) for span in requests(told, draft.spans, draft.found, engine.likely(draft, model))]


# A message, and how its second and later requests begin.
SEVERAL = [
    (
        "Mon colis devait arriver lundi et le transporteur ne donne plus de nouvelles. Par ailleurs, la facture de mars compte deux fois les frais de dossier.",
        ["Par ailleurs"],
    ),
    (
        "Le four acheté chez vous s'éteint tout seul au bout de dix minutes de cuisson. Autre chose : votre conseiller m'a raccroché au nez en ricanant.",
        ["Autre chose"],
    ),
    (
        "Plusieurs problèmes :\n- le colis est arrivé ouvert chez la gardienne\n- la facture compte deux fois le prix de la lampe\n- votre conseiller m'a raccroché au nez",
        ["- la facture", "- votre conseiller"],
    ),
    (
        "Trois choses à voir :\n1. la chaudière retombe en panne chaque nuit depuis la visite\n2. la visite m'a été facturée 180 euros au lieu de 95\n3. personne ne décroche au numéro d'urgence",
        ["2. la visite", "3. personne"],
    ),
    (
        "La machine à café fuit par le dessous depuis le premier jour et noie le plan de travail. Votre vendeur du rayon, à qui je demandais de l'aide, m'a répondu « lisez la notice, mamie » devant trois clients hilares.",
        ["Votre vendeur"],
    ),
    (
        "Le portail de la résidence reste ouvert toute la nuit parce que son moteur a grillé en janvier. La régularisation des charges me réclame 412 euros d'eau chaude alors que j'étais absent quatre mois sur douze.",
        ["La régularisation"],
    ),
    (
        "Le canapé livré samedi est beige, nous avions choisi le vert olive sur l'échantillon du magasin. Le prélèvement de la première mensualité est parti deux fois le même jour, soit 118 euros de trop sur mon compte.",
        ["Le prélèvement"],
    ),
    (
        "Votre application plante dès que j'ouvre l'onglet des billets, même après l'avoir réinstallée deux fois. Le contrôleur du train de 18 h 12 m'a traitée de fraudeuse « comme toutes les autres » devant ma fille.",
        ["Le contrôleur"],
    ),
    (
        "La couronne posée en mars s'est descellée en mangeant du pain de mie. Par ailleurs je retrouve mes radios et mon nom sur la page publicitaire de votre cabinet sans qu'on m'ait rien demandé.",
        ["Par ailleurs"],
    ),
    (
        "En second lieu je ne comprends rien à votre devis. Le lave-vaisselle posé par vos soins inonde la cuisine à chaque vidange.\n\nD'autre part, vos prospectus au nom de mon mari décédé continuent d'arriver chaque semaine.",
        ["D'autre part"],
    ),
    (
        "The parcel never came and the courier has no trace of it. On a separate note, your website crashes whenever I open the invoice page.",
        ["On a separate note"],
    ),
    (
        'The boiler you serviced in May has been leaking on the kitchen floor ever since. Your receptionist told my eighty-year-old father to "learn how to use a phone" and slammed the receiver down on him.',
        ["Your receptionist"],
    ),
    (
        "Two separate issues:\n- the mattress sags in the middle after barely six weeks\n- I was charged £45 for a collection that never took place",
        ["- I was charged"],
    ),
]

# One matter: its parts, its consequences, its story, what is asked for it, what weighs on it.
ONE = [
    "Le lave-linge fait un bruit terrible, il fuit, et la porte ferme mal. En plus l'eau coule partout. Je veux un remplacement.",
    "Mon colis n'est jamais arrivé. Je veux que vous me remboursiez les 49,90 €.",
    "Symptômes :\n- le tambour tape\n- la pompe fuit\n- le hublot reste bloqué",
    "Historique :\n- le 3 mars : commande\n- le 7 mars : appel au service client\n- le 12 mars : facture reçue",
    "Bonjour Madame,\n\nMerci de me rappeler.\n\nCordialement",
    "Mon vélo électrique s'arrête en pleine côte. Ça dure depuis octobre. J'en ai assez, je veux qu'il soit réparé pour de bon.",
    "La livraison prévue mardi n'est pas venue. J'ai attendu toute la journée pour rien. Dites-moi quand elle passera.",
    "Vous m'avez prélevé 39 euros en trop. C'est la deuxième fois cette année. Rendez-les moi.",
    "Impossible de me connecter à mon espace depuis trois jours. Le mot de passe est refusé. J'ai essayé sur deux ordinateurs.",
    "La chambre était sale. Il y avait des cheveux dans la douche. Les draps sentaient le tabac.",
    "Votre conseillère m'a parlé comme à un chien. Elle a raccroché. J'attends des excuses.",
    "Je vous ai déjà écrit deux fois au sujet de ce remboursement. Toujours rien. Je saisirai le médiateur.",
    "Ma mère a 84 ans et ne peut plus se lever. Le monte-escalier est en panne. Venez vite.",
    "J'ai résilié en janvier. Vous continuez à me prélever. Merci d'arrêter et de confirmer par écrit.",
    "Le technicien avait promis de revenir. Il n'est jamais revenu. La fibre ne marche toujours pas.",
    "La robe est trop petite. Je l'ai prise en 42. Pouvez-vous l'échanger contre un 44 ?",
    "Le train a eu deux heures de retard. Nous avons raté la correspondance. Il a fallu dormir à l'hôtel.",
    "Pièces jointes :\n- la facture du 3 mars\n- la photo du colis ouvert\n- le bon de livraison signé",
    "The kettle leaks and the lid is loose. It also smells of plastic. I would like a refund please.",
    "The sofa never turned up. I took the day off for it. Please tell me when it will come.",
    "I was billed twice for May. I want the second payment back. This has to stop.",
    "Your app keeps crashing. I reinstalled it. It still won't open.",
    "Der Drucker geht nicht an. Er ist erst zwei Wochen alt. Bitte tauschen Sie ihn um.",
    "El paquete no ha llegado. Llevo dos semanas esperando. Quiero que me devuelvan el dinero.",
    "La lavatrice perde acqua. È la terza volta. Vorrei che fosse riparata.",
    "Het pakket is nooit aangekomen. Ik wacht al twee weken. Graag mijn geld terug.",
    "A encomenda não chegou. Estou à espera há duas semanas. Quero o meu dinheiro de volta.",
]


@pytest.mark.parametrize(("text", "beginnings"), SEVERAL)
def test_several_requests_are_parted(text, beginnings):
    found = read(text)
    assert len(found) == len(beginnings) + 1
    assert all(passage.startswith(beginning) for passage, beginning in zip(found[1:], beginnings, strict=True))


@pytest.mark.parametrize("text", ONE)
def test_one_request_stays_whole(text):
    assert len(read(text)) <= 1
    assert boundaries(text, sentences(text), packs.find(text, "fr")) == []


def test_greeting_and_closing_are_of_no_request():
    text = "Bonjour, mon colis est perdu depuis lundi.\n\nCordialement,\nJeanne"
    assert passages(text)[0].startswith("mon colis est perdu")
    assert "Cordialement" not in passages(text)[0].split("\n")[0]


def test_a_change_of_likely_category_speaks_for_a_new_request():
    text = "Les douches du vestiaire restent glacées depuis novembre. Le nouveau moniteur se moque des débutants devant tout le groupe."
    subs = [
        {"product.defect": 0.9, "customer_service.impolite": 0.05},
        {"customer_service.impolite": 0.9, "product.defect": 0.05},
    ]
    changing, staying = (
        pieces(text, sentences(text), packs.find(text, "fr"), likely) for likely in (subs, [subs[0], subs[0]])
    )
    assert turns.turns(changing[:1], changing[1], []) > 2 * turns.turns(staying[:1], staying[1], [])


def test_what_no_model_has_read_weighs_as_usual():
    text = "Le colis est perdu depuis lundi. La facture de mars compte deux fois les frais de dossier."
    told, piece = pieces(text, sentences(text), packs.find(text, "fr"))
    assert not {"far", "one_matter", "sure_other"} & set(turns.signs([told], piece, []))
    assert 0 < turns.turns([told], piece, []) < 1


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a.b", "c.d", "e.f"]), st.floats(0, 1), max_size=3), min_size=2, max_size=2
    )
)
def test_every_probability_weighs_something_finite(likely):
    text = "Le colis est perdu depuis lundi. La facture de mars compte deux fois les frais de dossier."
    told, piece = pieces(text, sentences(text), packs.find(text, "fr"), likely)
    assert all(math.isfinite(value) for value in turns.signs([told], piece, []).values())
    assert 0 <= turns.turns([told], piece, []) <= 1
    assert 0 <= turns.opens([told]) <= 1


def test_each_weight_is_that_of_a_sign():
    text = "Le colis est perdu depuis lundi. La facture de mars compte deux fois les frais de dossier."
    told, piece = pieces(text, sentences(text), packs.find(text, "fr"), [{"a.b": 0.5}, {"a.b": 0.25}])
    assert set(turns.WEIGHTS) == set(turns.signs([told], piece, []))
    assert set(turns.OPENING) == set(turns.opening([told]))


def test_no_sentence_no_request():
    assert passages("") == []
    assert passages("Bonjour,\n\nCordialement") == []


def test_what_leads_to_a_request_is_no_request():
    text = (
        "Je suis fatiguée de tout ça. Ma facture de 612 euros compte deux fois les frais. La cliente précédente riait."
    )
    assert passages(text)[0].startswith("Ma facture")


def test_something_was_told_before_what_says_another():
    text = "Votre vendeur s'est moqué de moi. Par ailleurs, la facture de mars compte deux fois les frais de dossier."
    assert len(passages(text)) == 2


BREATHS = [
    # a long sentence, and how its clauses begin
    (
        "slt hier soir le livreur a jeté mon colis par dessus le portail devant tout le quartier qui regardait et sur votre site la page de réclamation affiche une erreur dès que je clique",
        ["slt hier", "et sur"],
    ),
    (
        "la table est arrivée avec un pied cassé et deux vis en moins, et votre livreur m'a dit de me débrouiller",
        ["la table", "et votre"],
    ),
    (
        "le compteur a été relevé en mon absence par un inconnu ; la facture tient compte d'un index qui n'existe pas",
        ["le compteur", "la facture"],
    ),
    (
        "the heating has been off since the eighth of November and the new invoice charges me for a full month",
        ["the heating", "and the"],
    ),
    ("le colis est perdu et le livreur ne répond plus", ["le colis"]),  # short
    ("le colis, la facture, et la notice", ["le colis,"]),
]


@pytest.mark.parametrize(("text", "beginnings"), BREATHS)
def test_a_long_breath_is_cut_where_a_second_matter_may_begin(text, beginnings):
    cut = [span.of(text) for span in clauses(sentences(text), packs.find(text, "fr").folded)]
    assert [" ".join(one.split()[:2]) for one in cut] == beginnings
    assert " ".join(cut) == text


def test_one_matter_in_one_breath():
    text = (
        "le colis que vous deviez livrer mardi puis jeudi puis samedi est perdu et le livreur qui l'apportait "
        "dit que votre transporteur ne le lui a jamais remis"
    )
    assert len(read(text)) == 1
