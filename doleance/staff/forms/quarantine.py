"""Forms of the quarantine: what a person decides about a message that waits."""

from django import forms
from django.utils.translation import gettext_lazy as _


class OpenForm(forms.Form):
    """Make the message a file; name and address may be mended first."""

    name = forms.CharField(label=_("Nom"), max_length=200, required=False)
    address = forms.CharField(
        label=_("Adresse de courriel"),
        help_text=_("Laissez vide si aucune n’est connue : le dossier s’ouvre sans contact."),
        max_length=320,
        required=False,
    )


class LinkForm(forms.Form):
    """Attach the message to a file by its reference."""

    reference = forms.CharField(label=_("Référence du dossier"), help_text=_("Par exemple R26-7K4M-W."), max_length=20)


class FileForm(forms.Form):
    """Say that it is no complaint, and why."""

    because = forms.CharField(
        label=_("Pourquoi ?"), help_text=_("Inscrit au journal, avec votre nom."), max_length=400
    )
