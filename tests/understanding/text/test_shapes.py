"""How people sign, take leave and answer in a thread: many ways, and their look-alikes that stay."""

import pytest

from doleance.understanding.rules import BodyType
from doleance.understanding.text.clean import clean
from doleance.understanding.text.courtesies import is_closing
from doleance.understanding.text.lines import fold

OWN = "Bonjour,\n\nLe lave-linge fuit toujours, que comptez-vous faire ?\n\n"
LEAVES = ["Cordialement,", "Salutations distinguées.", "Avec mes remerciements,", "Best regards,", "Sans rancune,"]
BLOCKS = """
Jeanne Morin|Fleuriste
Jeanne Morin|Éleveuse d'alpagas en Creuse
Paul-Henri Vidal|Accordeur de pianos depuis 1984
Marc Aubin|Aubin & Fils, couverture zinguerie
Lucie B.|La Ferme du Vieux Puits|fromages de chèvre et œufs bio
Dr S. Benali|Chirurgien-dentiste|Cabinet des Tilleuls
Anne Leroy|Chargée de mission RH|Direction des ressources humaines
Nadia Kaci|"Rien ne sert de courir."
Nadia Kaci|Rien ne sert de courir, il faut partir à point
Thomas Rey|Capitaine des vétérans, AS Montbrun
Mme Odile Sarrazin|7 impasse des Acacias|46999 Saint-Avit
Julien Faure|Développeur indépendant|julienfaure.example.fr
Sophie Marchand|Atelier 12|vitraux, restauration et création
Rémi Laval|06 39 98 11 22
Le bureau de l'association|Les Amis du Canal
Helen Ward|Parish clerk
Helen Ward|Knitwear designer and occasional baker
Yves Castel|Gîte Les Hirondelles - ouvert d'avril à octobre
Karine Petit|Assistante maternelle agréée|Agrément 2019
Bruno Salmon|Traducteur EN>FR|Membre de la SFT
Ines Roche|ostéopathe D.O.|Consultations sur rendez-vous uniquement
Gérard Blin|Vous rêvez, nous bâtissons|SARL Blin Maçonnerie
P. Garnier|Conseil syndical, résidence Les Pins
Elsa Vidal|Prof de yoga - cours en ligne et en salle
""".strip().splitlines()


@pytest.mark.parametrize("leave", LEAVES)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_that_a_name_heads_under_a_leave_goes(block, leave):
    lines = block.split("|")
    for gap in ("\n", "\n\n"):
        kept = clean(OWN + leave + gap + "\n".join(lines)).text
        assert kept.startswith(OWN + leave)
        assert not set(lines[1:]) & set(kept.splitlines())


@pytest.mark.parametrize(
    "end",
    [
        "Cordialement,\nJeanne Morin",
        "Cordialement,\nJeanne et Paul Morin",
        "Bien à vous,\nColette\nJacky",
        "Greg\net Lili",
        "Merci\nJeanne\nJe suis chez moi le mardi",
        "Bonne journée\nJeanne\nJoignable après 18 h",
        "Cordialement\nPaul Vidal\nPS : le chien est gentil",
        "Cordialement,\nPaul\n\nLe technicien est passé trois fois sans rien réparer.",
        "Merci.\nEt pensez à rappeler ma fille.",
        "Merci de passer avant midi,\nla porte sera ouverte",
        "Voici les produits,\nlait\nfarine\nœufs",
        "Il manque :\nla vis\nla notice\nle câble",
        "Adresse de livraison :\nPaul Vidal\n4 rue des Lilas\n46999 Cahors",
        "Merci,\nLine\nAcheté 49 € à Vannes",
    ],
)
def test_names_and_news_at_the_end_stay(end):
    assert clean(OWN + end).text == OWN + end


@pytest.mark.parametrize(
    "end", ["Merci d'avance,\nPaul Vidal\nCommande 77812", "Bien à vous\nLou\nContrat n° 44 871 200"]
)
def test_a_reference_under_a_name_stays(end):
    assert clean(OWN + end).text.endswith(end.splitlines()[-1])


def test_a_postscript_under_a_signature_stays():
    body = OWN + "Cordialement,\n\nAnne Leroy\nPrésidente honoraire\n\nP.S. : la clé est chez la voisine."
    assert clean(body).text == OWN + "Cordialement,\n\nP.S. : la clé est chez la voisine."


@pytest.mark.parametrize(
    "line",
    [
        "Envoyé de mon iPhone",
        "Envoyé depuis l'application Mail Orange",
        "Envoyé d'un téléphone à touches",
        "Envoyé de mon Fairphone, désolé pour les fautes",
        "Écrit sur mon portable, merci de votre indulgence",
        "Sent from my iPad, apologies for typos",
        "Sent from Outlook for Android",
        "Obtenir BlueMail pour Android",
        "Télécharger Outlook pour iOS",
        "Si vous avez reçu ce message par erreur, merci de le détruire et d'avertir l'expéditeur.",
        "Les informations contenues dans ce courriel sont confidentielles.",
        "N'imprimez ce courriel que si c'est nécessaire.",
        "Larch Trust is a registered charity in England.",
        "Toute diffusion non autorisée est interdite.",
    ],
)
def test_what_programs_and_houses_add_goes(line):
    body = OWN + "Jeanne"
    assert clean(body + "\n\n" + line).text == body


HEADS = """
Réponse du support (Léa) le 12/05/2026 10:22
Réponse de Julie - 12/05/2026 10:22
Votre message du 12/05/2026 à 10h22 :
Message de SAV, 12 mai 2026 10:22 :
Commentaire de Paul le 12 mai 2026 à 10:22
##- Veuillez saisir votre réponse au-dessus de cette ligne -##
--- Répondez au-dessus de cette ligne ---
-- Please type your reply above this line --
===== Écrivez votre réponse au-dessus de cette ligne =====
Historique de la conversation :
--- Historique des échanges ---
----- Réponse à votre message du 3 mars -----
----- Message initial -----
Votre réponse précédente :
Previous correspondence:
Selon SAV <sav@example.fr>:
Citation de SAV <sav@example.fr> :
Quoting SAV <sav@example.fr>:
---- Le lun., 03 mars 2026 10:12:00 +0100 SAV <sav@example.fr> a écrit ----
---- On Mon, 03 Mar 2026 10:12:00 +0100 SAV <sav@example.fr> wrote ----
De : SAV|Envoyé : lundi 3 mars 2026|À : Jeanne|Objet : Votre demande
SAV <sav@example.fr> le 03/03/2026 10:12
""".strip().splitlines()


@pytest.mark.parametrize("head", HEADS)
def test_a_thread_below_goes_with_its_head(head):
    older = "Bonjour, nous avons bien noté votre demande.\nLe service client"
    for quoted in (older, "> " + older.replace("\n", "\n> ")):
        body = OWN + "Jeanne\n\n" + head.replace("|", "\n") + "\n\n" + quoted
        assert clean(body).text == OWN + "Jeanne"


@pytest.mark.parametrize(
    "body",
    [
        "Message du 3 mars 2026 à 10:22\nMessage du 5 mars 2026 à 11:04\nAucune réponse à ces deux-là.",
        "J'ai tout noté.\nMail envoyé le 12/05/2026 à 10h22\nToujours rien.",
        "Selon vous, c'est réparé. Selon moi non.",
        "Votre réponse précédente : non. La mienne : si.",
        "Je demande l'historique de la conversation.\nEt un avoir.",
        "Rendez-vous pris.\nRDV technicien le 12/05/2026 10:22\nPersonne n'est venu.",
        "Regardez la ligne au-dessus : 49 euros. Ce prix est faux.",
    ],
)
def test_what_looks_like_a_thread_stays(body):
    assert clean(body).text == body


def test_answers_between_the_passages_of_one_quoted_box_stay():
    quote = '<blockquote class="gmail_quote">{}</blockquote>'
    body = (
        "<div>Voici mes réponses.</div><div class='gmail_quote'>"
        "<div class='gmail_attr'>Le 5 nov. 2026, X a écrit :</div>"
        f"{quote.format('Quelle adresse ?')}<div>Le 3 rue Basse.</div>"
        f"{quote.format('Quel jour ?')}<div>Jeudi.</div></div>"
    )
    assert clean(body, BodyType.HTML).text.split("\n") == ["Voici mes réponses.", "Le 3 rue Basse.", "Jeudi."]


@pytest.mark.parametrize(
    ("line", "leaves"),
    [
        ("Sportivement,", True),
        ("Bien affectueusement,", True),
        ("Fraternellement", True),
        ("Avec mes remerciements les plus vifs,", True),
        ("Mes respects,", True),
        ("Belle journée à vous", True),
        ("Excellente semaine", True),
        ("Bon dimanche !", True),
        ("Croyez, Madame, à mes sentiments les meilleurs", True),
        ("Votre fidèle cliente", True),
        ("Dans cette attente,", True),
        ("À vous lire,", True),
        ("All the best,", True),
        ("Take care", True),
        ("With many thanks", True),
        ("Je vous salue bien.", True),
        ("Chaleureusement accueillis par Julie", False),
        ("Croyez-moi, j'en ai assez", False),
        ("Soyez assurés que je ne reviendrai plus", False),
        ("Votre fidèle cliente depuis dix ans est déçue", False),
        ("Mes compliments au chef", False),
        ("Take care of my order", False),
        ("Amicalement reçus puis oubliés pendant trois heures sur un quai, remboursez-nous", False),
        ("Mon souvenir de ce séjour est gâché", False),
    ],
)
def test_a_leave_is_told_from_a_sentence_that_begins_like_one(line, leaves):
    assert is_closing(fold(line)) is leaves
