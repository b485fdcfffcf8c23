"""The forms of the pages that follow a file: what is typed, of what shape. What is true is the actions' to say."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from doleance.complainants.rules import AddressChannel, ContactUnreadable, readable_contact
from doleance.complaints import access
from doleance.complaints.following import LONGEST, LONGEST_POINT
from doleance.kernel.ids import uuid7
from doleance.portal.forms.fields import ManyFiles, ManyFilesInput, Words

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}
_LONG = _("C’est trop long pour cette page. Gardez l’essentiel, puis ajoutez le reste à votre dossier.")
_PLAIN = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class CodeForm(forms.Form):
    """A reference and an address, for a code by mail."""

    reference = Words(
        label=_("Votre référence"),
        help_text=_("Par exemple R26-7K4M-W."),
        max_length=40,
        error_messages={"required": _("Écrivez la référence : elle est sur votre reçu et dans nos courriels.")},
        widget=forms.TextInput(attrs=_PLAIN),
    )
    email = Words(
        label=_("Votre adresse de courriel"),
        max_length=320,
        error_messages={"required": _("Écrivez l’adresse de courriel que vous nous avez donnée.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        """One address, or what to write instead."""
        typed = str(self.cleaned_data["email"])
        try:
            readable_contact(AddressChannel.EMAIL, typed)
        except ContactUnreadable as refusal:
            words = _("Écrivez une adresse de courriel, par exemple nom@exemple.fr.")
            raise forms.ValidationError(words) from refusal
        return typed


class KeyForm(forms.Form):
    """A reference and the key of the receipt."""

    reference = Words(
        label=_("Votre référence"),
        max_length=40,
        error_messages={"required": _("Écrivez la référence : elle est sur votre reçu et dans nos courriels.")},
        widget=forms.TextInput(attrs=_PLAIN),
    )
    key = Words(
        label=_("Votre clé"),
        help_text=_("Elle a été montrée une fois, sur la page du reçu. Espaces et tirets ne comptent pas."),
        max_length=80,
        error_messages={"required": _("Écrivez la clé, ou demandez un code par courriel.")},
        widget=forms.TextInput(attrs=_PLAIN),
    )


class DigitsForm(forms.Form):
    """The six digits that were sent."""

    code = Words(
        label=_("Code à six chiffres"),
        max_length=20,
        error_messages={"required": _("Écrivez les six chiffres du courriel.")},
        widget=forms.TextInput(attrs=_CODE),
    )

    def clean_code(self) -> str:
        """Six digits, however they were spaced."""
        digits = access.read_code(str(self.cleaned_data["code"]))
        if not digits:
            raise forms.ValidationError(_("Un code a six chiffres, par exemple 123 456."))
        return digits


class OnceForm(forms.Form):
    """A form that may be sent twice and counts once."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def identifier(self) -> UUID:
        """What makes two presses one."""
        return self.cleaned_data.get("once") or uuid7()


class AddForm(OnceForm):
    """Words and files for the file."""

    text = Words(
        label=_("Ce que vous voulez ajouter"),
        help_text=_("Avec vos mots. Une personne le lit."),
        required=False,
        max_length=LONGEST,
        error_messages={"max_length": _("C’est trop long pour être lu ici. Joignez un fichier.")},
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    files = ManyFiles(  # type: ignore[assignment]  # a field, as Django declares them
        label=_("Photos ou documents"),
        help_text=_("Facture, photo, copie d’écran…"),
        required=False,
        widget=ManyFilesInput(attrs={"multiple": True}),
    )


class WithdrawForm(OnceForm):
    """Why somebody withdraws, if they care to say."""

    reason = Words(
        label=_("Pourquoi"),
        help_text=_("Rien ne vous y oblige. Cela nous aide à faire mieux."),
        required=False,
        max_length=LONGEST_POINT,
        error_messages={"max_length": _LONG},
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ContestForm(OnceForm):
    """What does not suit in our answer."""

    reason = Words(
        label=_("Ce qui ne vous convient pas"),
        help_text=_("Quelques mots suffisent. Ajoutez ce que nous n’avons pas vu."),
        max_length=LONGEST_POINT,
        error_messages={
            "required": _("Dites en quelques mots ce qui ne vous convient pas dans notre réponse."),
            "max_length": _LONG,
        },
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class PointForm(OnceForm):
    """One point of the file, as we understood it, to be said otherwise. `details` are the rows of the page."""

    def __init__(self, data: Any = None, *, details: Iterable[Any] = (), **more: Any) -> None:
        super().__init__(data, **more)
        for one in details:
            control = forms.Textarea(attrs={"rows": 3}) if one.is_long else forms.TextInput()
            self.fields[one.code] = Words(
                label=one.label,
                required=False,
                max_length=LONGEST_POINT,
                widget=control,
                initial=one.text,
                error_messages={"max_length": _LONG},
            )

    def points(self) -> dict[str, str]:
        """What each point says now, by its code."""
        return {name: str(text) for name, text in self.cleaned_data.items() if name != "once"}
