"""What a house settles of its public pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from doleance.accounts.rules import ADDRESS_NAME_LENGTH


class PublicForm(forms.Form):
    """Address, words on personal data, colour and logo. What is refused is said by the rules, beside the field."""

    slug = forms.CharField(
        label=_("Nom dans l’adresse"),
        help_text=_("Le lien ci-dessus change avec lui. Ce que vous avez déjà imprimé doit porter le nouveau."),
        max_length=ADDRESS_NAME_LENGTH + 20,  # the rule says what is too long, with an example
        error_messages={"required": _("Écrivez un nom, par exemple maison-lavergne.")},
    )
    colour = forms.CharField(
        label=_("Couleur"),
        help_text=_("Celle des boutons et des liens, par exemple #005f69. Vide : celle de Doléance."),
        required=False,
        max_length=20,
    )
    logo = forms.FileField(
        label=_("Fichier du logo"),
        help_text=_("PNG, JPEG ou WebP, 512 Ko au plus. Montré sur 40 points de haut ; un fond transparent le reste."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp"}),
        required=False,
        allow_empty_file=True,  # the rule says that it is no picture
    )
    drops_logo = forms.BooleanField(label=_("Retirer le logo"), required=False)
    privacy = forms.CharField(
        label=_("Qui répond des données personnelles"),
        help_text=_(
            "Le responsable du traitement, et comment écrire à votre délégué à la protection des données. "
            "Ce texte paraît en tête de la page « Vos données et vos droits »."
        ),
        widget=forms.Textarea({"rows": 5}),
        required=False,
        max_length=4000,
    )
