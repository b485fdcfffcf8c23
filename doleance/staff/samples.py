"""Invented content of `/ui/`: every piece in every state, at one fixed moment, so that pictures can be compared."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms

from doleance.accounts.models import Entity, Theme, User
from doleance.kernel.delays import Due, Tone
from doleance.kernel.fil import Mark
from doleance.kernel.passages import Passage

NOW = datetime(2026, 11, 23, 8, 12, tzinfo=UTC)
ZONE = "Europe/Paris"

LETTER = (
    "Bonjour, depuis la coupure de courant de mardi, l’imprimante que vous avez installée chez moi n’imprime plus "
    "qu’une fois sur trois. Mon dossier de retraite doit partir avant la fin du mois, et je n’ai pas d’autre moyen de "
    "l’imprimer.\n\nJ’ai appelé deux fois : on m’a laissée quarante minutes en attente, puis raccroché au nez. Et je "
    "découvre ce matin une facture de 186 € pour un « déplacement » qui n’a jamais eu lieu."
)
PASSAGES = (
    Passage(1, "l’imprimante que vous avez installée chez moi n’imprime plus qu’une fois sur trois"),
    Passage(2, "on m’a laissée quarante minutes en attente, puis raccroché au nez"),
    Passage(3, "une facture de 186 € pour un « déplacement » qui n’a jamais eu lieu", proposed=True),
)

TODAY = (
    Mark("Reçue", "jeu. 12 nov., 8 h 47", "done"),
    Mark("Accusé de réception", "12 nov., 8 h 47", "done", why="Envoyé dans la minute, pour 10 jours ouvrés au plus."),
    Mark("Rappel promis", "aujourd’hui, 14 h 30", "now", "soon"),
    Mark("Objectif interne", "26 nov., dans 3 j ouvrés", why="Dix jours ouvrés à compter du 12 nov."),
    Mark("Réponse au plus tard", "12 janv. 2027, 2 mois", legal=True, why="2 mois à compter du 12 nov. ; jour ouvré."),
)
LATE = (
    Mark("Reçue", "lun. 9 nov., 10 h 02", "done"),
    Mark("Accusé de réception", "9 nov., 10 h 02", "done"),
    Mark("Rappel promis", "depuis 42 min", "now", "late"),
    Mark("Objectif interne", "23 nov., ce soir"),
    Mark("Réponse au plus tard", "9 janv. 2027, 2 mois", legal=True),
)
SPOKEN = (
    Mark("Appel reçu", "lun. 23 nov., 9 h 05", "done"),
    Mark("Invitation à écrire", "envoyée, 9 h 11", "done"),
    Mark("Objectif interne", "7 déc., dans 10 j ouvrés", "now"),
    Mark("Délai légal", "non démarré", "void", legal=True),
)
UPRIGHT = (
    Mark("Reçue le 12 novembre", "Sur le téléphone du réclamant, le même fil, debout.", "done"),
    Mark("Rappel aujourd’hui, 14 h 30", "Sur le 06 12 •• •• 78.", "now", "soon"),
    Mark("Au plus tard le 12 janvier 2027", "Deux mois après votre courriel.", legal=True),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One invented line of the list."""

    due: Due
    part: float
    title: str
    ref: str
    channel: str
    griefs: str
    who: str
    state: str
    fill: str
    verdict: str
    owner: str

    @property
    def initials(self) -> str:
        """Of the owner."""
        return "".join(word[0] for word in self.owner.split())


def _row(said: str, tone: Tone, part: float, *rest: str) -> Row:
    return Row(Due(said, tone), part, *rest)


ROWS = (
    _row("depuis 42 min", "late", 1, "Colis perdu, deuxième relance", "R26-5H8T-N", "mail", "1 grief", "Luc Delmas",
         "En cours", "half", "", "Camille Morel"),
    _row("depuis vendredi", "late", 1, "Remboursement attendu depuis septembre", "R26-7D4Q-R", "stamp", "2 griefs",
         "Jeanne Vasseur", "Décidé", "ok", "Fondé", "Camille Morel"),
    _row("aujourd’hui, 14 h 30", "soon", 0.72, "Imprimante réseau en panne depuis la coupure de courant", "R26-7K4M-W",
         "mail", "3 griefs", "Hélène Ferrand", "En cours", "half", "", "Camille Morel"),
    _row("dans 1 j ouvré", "", 0.5, "Canapé livré avec un pied manquant", "R26-9T2H-B", "message-square", "1 grief",
         "Farid Haddad", "En cours", "half", "", "Sofia Lind"),
    _row("dans 3 j ouvrés", "", 0.4, "Montant de la facture différent du devis", "R26-6Y3R-C", "mail", "2 griefs",
         "Société Armel", "À prendre", "", "", ""),
    _row("dans 4 j ouvrés", "", 0.3, "Paiement figé à la dernière étape", "R26-2F7N-J", "globe", "1 grief",
         "Sans nom, par le site", "Attente de sa réponse", "wait", "", "Camille Morel"),
    _row("réglé le 20 nov.", "ok", 1, "Notice absente du carton", "R26-4H2Z-M", "mail", "1 grief", "Claire Bonnet",
         "Décidé", "ok", "Partiellement fondé", "Camille Morel"),
)  # fmt: skip


class SampleForm(forms.Form):
    """One of each field."""

    name = forms.CharField(label="Nom")
    order = forms.CharField(
        label="Numéro de commande", help_text="Sur la facture, par exemple C-88412", required=False
    )
    bought_on = forms.DateField(
        label="Date d’achat",
        error_messages={"invalid": "Écrivez l’année sur 4 chiffres, par exemple 03/09/2026."},
        widget=forms.TextInput(),
    )
    channel = forms.ChoiceField(label="Canal préféré", choices=[("email", "Courriel"), ("sms", "SMS")])
    reference = forms.CharField(label="Référence", widget=forms.TextInput({"readonly": True}))
    limit = forms.CharField(label="Plafond", disabled=True, initial="80,00 €")
    days = forms.IntegerField(label="Objectif interne", help_text="En jours ouvrés")
    story = forms.CharField(label="Ce qui s’est passé", widget=forms.Textarea({"rows": 3}), required=False)
    mood = forms.ChoiceField(
        label="Au début", choices=[(1, "Calme"), (2, "Tension"), (3, "Colère")], widget=forms.RadioSelect
    )
    roles = forms.MultipleChoiceField(
        label="Rôles", choices=[("a", "Première ligne"), ("l", "Responsable d’équipe")],
        widget=forms.CheckboxSelectMultiple, required=False,
    )  # fmt: skip
    for_other = forms.BooleanField(
        label="J’écris pour quelqu’un", help_text="Nous demanderons un mandat", required=False
    )
    is_open = forms.BooleanField(label="Ouvert", required=False)


ANSWERS: dict[str, Any] = {
    "name": "Hélène Ferrand", "bought_on": "3 sept.", "channel": "email", "reference": "R26-7K4M-W",
    "days": "8", "mood": "2", "roles": ["a"], "for_other": "on", "is_open": "on",
}  # fmt: skip
COLOURS = (
    ("bg", "Fond"), ("surface", "Surface"), ("sunken", "Creux"), ("ink", "Encre"), ("act", "Agir ici"),
    ("late", "En retard"), ("soon", "Aujourd’hui"), ("ok", "Réglé"), ("note", "Note interne"), ("g1", "Grief 1"),
    ("g2", "Grief 2"), ("g3", "Grief 3"), ("data", "Données"),
)  # fmt: skip
PAGES = (
    ("dossiers", "Dossiers"), ("dossier", "Dossier"), ("quarantaine", "Quarantaine"), ("reglages", "Réglages"),
    ("public", "Public"),
)  # fmt: skip


def context() -> dict[str, Any]:
    """All of it, for the templates of `/ui/`."""
    house = Entity(name="Maison Lavergne")
    Theme(entity=house)  # without a colour of its own, and no table is asked
    return {
        "entity": house,
        "now": NOW, "zone": ZONE, "letter": LETTER, "passages": PASSAGES, "rows": ROWS, "colours": COLOURS,
        "today": TODAY, "late": LATE, "spoken": SPOKEN, "upright": UPRIGHT, "pages": PAGES,
        "form": SampleForm(ANSWERS), "received_at": datetime(2026, 11, 12, 7, 47, tzinfo=UTC),
        "noted_at": datetime(2026, 11, 20, 10, 5, tzinfo=UTC), "rail_counts": {"dossiers": 42, "quarantine": 4},
        "rail_late": 2, "rail_person": User(name="Camille Morel", roles=["lead", "administrator"]),
    }  # fmt: skip
