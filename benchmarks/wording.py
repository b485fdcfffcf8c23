"""What people complain of, in bulk: French sentences of invented matters, whose words are as unequal as real ones are.

A score of words stand in a third of all files, some hundreds in one of a hundred, tens of thousands in a handful.
"""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random

COMMON = (
    "commande", "livraison", "remboursement", "service", "client", "colis", "téléphone", "réponse", "facture",
    "produit", "semaine", "courriel", "magasin", "garantie", "retard", "délai", "argent", "contrat", "problème",
    "conseiller",
)  # fmt: skip
FREQUENT = (
    "abîmé", "absence", "accident", "accueil", "acompte", "adresse", "agence", "ampoule", "annulée", "appareil",
    "assurance", "attente", "avarie", "avocat", "bagage", "balance", "banque", "batterie", "billet",
    "bouilloire", "bruit", "cafetière", "caisse", "canapé", "carte", "casque", "cassée", "chaleur", "chaudière",
    "chauffage", "chèque", "clavier", "climatiseur", "code", "compteur", "congélateur", "console", "coupure",
    "crédit", "cuisine", "débit", "déménagement", "dépannage", "devis", "différence", "douche", "dommage",
    "échange", "écran", "électricité", "emballage", "enceinte", "enfant", "erreur", "escalier", "étagère",
    "expertise", "facteur", "fauteuil", "fenêtre", "fermeture", "fissure", "forfait", "four", "frais", "frigo",
    "fuite", "gare", "gaz", "guichet", "hôtel", "huissier", "imprimante", "incendie", "inondation",
    "installation", "internet", "jardin", "joint", "lampe", "lave-linge", "lettre", "ligne", "lit", "livreur",
    "locataire", "logement", "loyer", "luminaire", "machine", "mandat", "matelas", "mensualité", "meuble",
    "moteur", "notice", "odeur", "ordinateur", "panne", "parking", "passeport", "paiement", "peinture",
    "perdue", "pièce", "piscine", "plafond", "plainte", "plombier", "pneu", "poignée", "pompe", "porte",
    "prélèvement", "promesse", "quai", "radiateur", "réclamée", "rayure", "réfrigérateur", "relance",
    "rendez-vous", "réparation", "réservation", "résiliation", "retour", "retrait", "robinet", "roue",
    "rupture", "saison", "salaire", "séjour", "serrure", "siège", "sinistre", "solde", "sonnette", "tablette",
    "tarif", "taxi", "technicien", "télévision", "terrasse", "toiture", "train", "travaux", "trottinette",
    "valise", "vélo", "vendeur", "virement", "vitrage", "voisin", "voiture", "vol", "voyage",
)  # fmt: skip
_SYLLABLES = (
    "ba", "bel", "bri", "cha", "clo", "con", "cour", "dan", "del", "dri", "fan", "fer", "flo", "gal", "gen",
    "gri", "jan", "lam", "lev", "lin", "lou", "mar", "mel", "mon", "nar", "nev", "oli", "par", "pel", "pré",
    "quer", "ran", "riv", "roc", "sal", "ser", "sol", "tan", "tel", "tour", "val", "ver", "vil",
)  # fmt: skip
RARE = 40_000  # different words that nobody else says: brands, places, models
_LINKS = (
    "et",
    "mais",
    "pour",
    "avec",
    "sans",
    "depuis",
    "dans",
    "malgré",
    "chez",
    "votre",
    "ma",
    "le",
    "la",
    "une",
    "pas",
)
_ENDS = (
    "Je vous demande un geste.", "J’attends une réponse écrite.", "Personne ne me rappelle.", "C’est inadmissible.",
    "Merci de faire le nécessaire.", "Je saisirai le médiateur.",
)  # fmt: skip
FIRST_NAMES = (
    "Hélène", "Marc", "Anne-Marie", "Karim", "Inès", "Jean", "Thi", "Gaëlle", "Paul", "Zoé", "François",
    "Nadia", "Luc", "Aïcha", "Émile", "Sofia", "Yann", "Chloé", "René", "Maëlys",
)  # fmt: skip
STREETS = (
    "rue des Lilas",
    "avenue Foch",
    "place de l’Église",
    "chemin du Moulin",
    "boulevard Carnot",
    "impasse Pasteur",
)
CITIES = ("63000 Clermont-Ferrand", "33000 Bordeaux", "59000 Lille", "13001 Marseille", "69003 Lyon", "35000 Rennes")
_FREQUENT_WEIGHTS = list(accumulate(1 / (rank + 8) for rank in range(len(FREQUENT))))


def rare(number: int) -> str:
    """An invented word, the same for the same number: a brand, a model, a place."""
    size, parts = len(_SYLLABLES), []
    for _ in range(3):
        number, rest = divmod(number, size)
        parts.append(_SYLLABLES[rest])
    return "".join(parts)


def frequent(random: Random) -> str:
    """A word that a file in some hundreds, or in twenty, says."""
    return FREQUENT[bisect(_FREQUENT_WEIGHTS, random.random() * _FREQUENT_WEIGHTS[-1])]


def surname(random: Random) -> str:
    """A family name, some much more frequent than others."""
    return rare(int(RARE * random.random() ** 3)).capitalize()


def letter(random: Random) -> str:
    """What somebody writes: thirty words mostly, some hundreds at times."""
    words: list[str] = []
    for _ in range(min(60, max(3, int(random.lognormvariate(2.3, 0.6))))):
        words += [random.choice(_LINKS), _word(random), random.choice(_LINKS), frequent(random)]
    said = " ".join(words)
    order = f"Commande n° {random.randrange(10**6, 10**7)}. " if random.random() < 0.5 else ""
    return f"Bonjour, {said}. {order}{random.choice(_ENDS)}"


def _word(random: Random) -> str:
    drawn = random.random()
    if drawn < 0.25:
        return random.choice(COMMON)
    return rare(int(RARE * random.random() ** 2)) if drawn < 0.3 else frequent(random)


def title(random: Random) -> str:
    """What a file is called."""
    return f"{random.choice(COMMON).capitalize()} {frequent(random)}"


def pick(random: Random, many: Sequence[str]) -> str:
    """One of them, the first ones more often."""
    return many[int(len(many) * random.random() ** 2)]
