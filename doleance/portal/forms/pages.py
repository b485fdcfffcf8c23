"""The forms of the pages: what is asked, what an answer may be. Two answers are required: the type, the words."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.complainants.rules import (
    LONGEST_CONTACT,
    AddressChannel,
    ContactUnreadable,
    PartyStatus,
    readable_contact,
)
from doleance.complaints import questions
from doleance.complaints.following import LONGEST_POINT
from doleance.complaints.questions import UNKNOWN, AnswerKind, FactUnreadable, Question
from doleance.intake.deposits import LONGEST_TEXT, Contact, Wish, is_postal_long
from doleance.kernel import languages
from doleance.portal.forms import spelling
from doleance.portal.forms.fields import ManyFiles, ManyFilesInput, Words

NO_CONTACT = "none"
POSTAL_LONG = _("Cette adresse est trop longue. Sept lignes suffisent.")
TRAP = "site_web"  # a field that nobody sees: only a machine fills it

# The six types, in the words of those who complain, with what they look like.
SUBJECTS = (
    ("product", _("Un produit ou un service ne va pas"), _("Abîmé, en panne, mal posé, pas conforme")),
    ("delivery", _("Une livraison pose problème"), _("En retard, perdue, incomplète, abîmée en route")),
    ("billing", _("Une facture ou un paiement"), _("Montant faux, frais inattendus, remboursement qui tarde")),
    ("customer_service", _("La façon dont on s’est occupé de vous"), _("Attente, ton, réponse absente ou confuse")),
    ("digital", _("Le site ou l’application"), _("Page bloquée, lenteur, bouton qui ne répond pas")),
    ("other", _("Autre chose, ou plusieurs à la fois"), _("Avec vos mots. Ni commande ni contrat nécessaires.")),
)
_AREA = {"rows": 3}


class PageForm(forms.Form):
    """One page of the form, its answers as they are kept in the draft."""

    def kept(self) -> dict[str, Any]:
        """What the draft keeps of a valid page: what JSON can say."""
        return dict(self.cleaned_data)


class SubjectForm(PageForm):
    """Step 1: what happened, among six cards."""

    branch = forms.ChoiceField(
        label=_("Que s’est-il passé ?"),
        choices=[(code, title) for code, title, _example in SUBJECTS],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choisissez ce qui ressemble le plus à votre cas, ou la dernière réponse."),
            "invalid_choice": _("Choisissez une des six réponses."),
        },
    )

    def cards(self) -> list[tuple[Any, str, str]]:
        """Each choice with its title and its examples."""
        return [
            (choice, str(title), str(example))
            for choice, (_code, title, example) in zip(self["branch"], SUBJECTS, strict=True)
        ]


class StoryForm(PageForm):
    """Step 2: the words. Files go straight to the draft: a form without scripts cannot show them again."""

    text = Words(
        label=_("Racontez"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 9}),
        error_messages={
            "required": _("Écrivez ce qui s’est passé, même en quelques mots."),
            "max_length": _("C’est trop long pour cette page. Gardez l’essentiel ici et joignez le reste en fichier."),
        },
    )
    expected = Words(
        label=_("Que vous avait-on promis, ou qu’attendiez-vous ?"),
        max_length=LONGEST_POINT,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"max_length": _("C’est trop long pour cette réponse. Écrivez la suite dans votre récit.")},
    )
    files = ManyFiles(  # type: ignore[assignment]  # Django takes fields off the class
        label=_("Photos ou fichiers"),
        help_text=_("Un ticket, une facture, une photo du problème. Vous pouvez en choisir plusieurs."),
        required=False,
        widget=ManyFilesInput({"multiple": True}),
    )

    def kept(self) -> dict[str, Any]:
        """The words only."""
        return {"text": self.cleaned_data["text"], "expected": self.cleaned_data["expected"]}


class FactsForm(PageForm):
    """Step 3: the questions of the type. An answer may be left empty, or be « Je ne sais pas »."""

    def __init__(self, data: Any = None, *, branch: str, facts: Mapping[str, str], **more: Any) -> None:
        self.branch = branch
        self.questions = questions.questions_of(branch)
        super().__init__(data, initial=_shown(self.questions, facts), **more)
        for question in self.questions:
            self._ask(question)

    def _ask(self, question: Question) -> None:
        label, hint = gettext(question.label), gettext(question.hint) if question.hint else ""
        if question.kind is AnswerKind.CHOICE:
            choices = [(code, gettext(words)) for code, words in question.choices]
            self.fields[question.code] = forms.ChoiceField(
                label=label,
                choices=[*choices, (UNKNOWN, gettext("Je ne sais pas"))],
                widget=forms.RadioSelect,
                required=False,
                error_messages={"invalid_choice": gettext("Choisissez une des réponses.")},
            )
            return
        area = question.kind is AnswerKind.LONG
        money = {"inputmode": "decimal"} if question.kind is AnswerKind.MONEY else {}
        self.fields[question.code] = Words(
            label=label,
            help_text=hint,
            required=False,
            max_length=2_000,
            widget=forms.Textarea(_AREA) if area else forms.TextInput({"autocomplete": "off"} | money),
            error_messages={"max_length": gettext("C’est trop long pour cette réponse. Écrivez-le dans votre récit.")},
        )
        if not question.may_skip:
            self.fields[_unknown(question)] = forms.BooleanField(label=gettext("Je ne sais pas"), required=False)

    def rows(self) -> list[tuple[BoundField, BoundField | None]]:
        """Each question with its box « Je ne sais pas »; a choice has it among its answers."""
        return [
            (self[one.code], self[_unknown(one)] if _unknown(one) in self.fields else None) for one in self.questions
        ]

    def clean(self) -> dict[str, Any]:
        """Each answer as it is kept; words win over the box beside them."""
        for question in self.questions:
            said = self.cleaned_data.get(question.code, "")
            if not said and self.cleaned_data.get(_unknown(question)):
                self.cleaned_data[question.code] = UNKNOWN
            elif said:
                self._read(question, said)
        return self.cleaned_data

    def _read(self, question: Question, said: str) -> None:
        try:
            self.cleaned_data[question.code] = spelling.read(question, said)
        except FactUnreadable:
            if question.kind is AnswerKind.DAY:
                self.add_error(question.code, gettext("Écrivez le jour avec l’année sur 4 chiffres : 12/11/2026."))
            else:
                self.add_error(question.code, gettext("Écrivez le montant en chiffres, par exemple 186,00."))

    def kept(self) -> dict[str, Any]:
        """The answers with the branch that they belong to."""
        facts = {one.code: self.cleaned_data[one.code] for one in self.questions if self.cleaned_data.get(one.code)}
        return {"branch": self.branch, "facts": facts}


def _unknown(question: Question) -> str:
    return f"{question.code}_unknown"


def _shown(asked: tuple[Question, ...], facts: Mapping[str, str]) -> dict[str, Any]:
    """The answers as one types them: a day as 12/11/2026, a box ticked."""
    shown: dict[str, Any] = {}
    for question in asked:
        value = facts.get(question.code, "")
        if value == UNKNOWN and question.kind is not AnswerKind.CHOICE:
            shown[_unknown(question)] = True
        else:
            shown[question.code] = spelling.typed(question, value, languages.code())
    return shown


class WishesForm(PageForm):
    """Step 4: what is wanted; several answers, or none."""

    wishes = forms.MultipleChoiceField(
        label=_("Qu’attendez-vous ?"),
        choices=lambda: [(one.value, gettext(one.label)) for one in Wish],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("Choisissez parmi les réponses proposées.")},
    )
    wanted = Words(
        label=_("Avec vos mots"),
        help_text=_("Un montant, un délai, un geste : ce qui réglerait la situation pour vous."),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"max_length": _("C’est trop long pour cette réponse. Écrivez-le dans votre récit.")},
    )


class ContactForm(PageForm):
    """Step 4, next page: how to reach whoever writes. Nothing is required, and no contact at all is an answer."""

    preferred = forms.ChoiceField(
        label=_("Comment préférez-vous avoir notre réponse ?"),
        choices=lambda: [
            (AddressChannel.EMAIL.value, gettext("Par courriel")),
            (AddressChannel.PHONE.value, gettext("Par téléphone")),
            (AddressChannel.POST.value, gettext("Par courrier")),
            (NO_CONTACT, gettext("Je ne laisse aucun contact")),
        ],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": _("Choisissez une des réponses.")},
    )
    email = Words(
        label=_("Votre adresse de courriel"),
        help_text=_("Par exemple helene@exemple.fr"),
        required=False,
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "inputmode": "email", "spellcheck": "false"}),
        error_messages={"max_length": _("Cette adresse est trop longue. Vérifiez-la.")},
    )
    phone = Words(
        label=_("Votre numéro de téléphone"),
        required=False,
        max_length=60,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
        error_messages={"max_length": _("Ce numéro est trop long. Un seul suffit.")},
    )
    reach_when = Words(
        label=_("À quel moment ?"),
        help_text=_("Par exemple : le matin, pas le mercredi."),
        required=False,
        max_length=200,
        error_messages={"max_length": _("C’est trop long. Quelques mots suffisent.")},
    )
    postal = Words(
        label=_("Votre adresse postale"),
        help_text=_("Nom, rue, code postal et ville, comme sur une enveloppe."),
        required=False,
        max_length=LONGEST_CONTACT,
        widget=forms.Textarea({"rows": 4, "autocomplete": "street-address"}),
        error_messages={"max_length": POSTAL_LONG},
    )
    name = Words(
        label=_("Votre nom"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"max_length": _("Ce nom est trop long. Écrivez celui que nous devons employer.")},
    )
    title = forms.ChoiceField(
        label=_("Civilité"),
        choices=lambda: [
            (gettext("Madame"), gettext("Madame")),
            (gettext("Monsieur"), gettext("Monsieur")),
            ("", gettext("Sans")),
        ],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": _("Choisissez une des réponses.")},
    )
    adaptations = Words(
        label=_("Une adaptation à prévoir ?"),
        help_text=_("Gros caractères, langue des signes, parler lentement, facile à lire…"),
        required=False,
        max_length=1_000,
        error_messages={"max_length": _("C’est trop long. Quelques mots suffisent.")},
    )
    status = forms.ChoiceField(
        label=_("Vous écrivez comme"),
        choices=lambda: [
            (PartyStatus.CONSUMER.value, gettext("Particulier")),
            (PartyStatus.PROFESSIONAL.value, gettext("Professionnel")),
            (PartyStatus.ASSOCIATION.value, gettext("Association")),
        ],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": _("Choisissez une des réponses.")},
    )
    not_customer = forms.BooleanField(label=_("Je n’ai ni commande ni contrat chez vous"), required=False)
    for_other = forms.BooleanField(label=_("J’écris pour quelqu’un"), required=False)

    def clean_email(self) -> str:
        """An address that a mail could reach."""
        return self._reachable(
            "email", AddressChannel.EMAIL, gettext("Écrivez une adresse complète, par exemple helene@exemple.fr.")
        )

    def clean_phone(self) -> str:
        """A number with enough digits to ring."""
        return self._reachable(
            "phone", AddressChannel.PHONE, gettext("Écrivez un numéro complet, par exemple 06 12 34 56 78.")
        )

    def _reachable(self, name: str, channel: AddressChannel, otherwise: str) -> str:
        value = str(self.cleaned_data[name])
        if value and self.data.get("preferred") != NO_CONTACT:
            try:
                readable_contact(channel, value)
            except ContactUnreadable as error:
                raise forms.ValidationError(otherwise) from error
        return value

    def clean(self) -> dict[str, Any]:
        """A way that was chosen needs what it takes; a contact that was left says the way by itself."""
        preferred = self.cleaned_data.get("preferred", "")
        asked = {
            AddressChannel.EMAIL.value: gettext("Écrivez votre adresse de courriel, ou choisissez un autre moyen."),
            AddressChannel.PHONE.value: gettext("Écrivez votre numéro de téléphone, ou choisissez un autre moyen."),
            AddressChannel.POST.value: gettext("Écrivez votre adresse postale, ou choisissez un autre moyen."),
        }
        fields = {"email": "email", "phone": "phone", "post": "postal"}
        field = fields.get(preferred)
        if field and not self.cleaned_data.get(field) and field not in self.errors:
            self.add_error(field, asked[preferred])
        if not preferred:
            given = (way for way, name in fields.items() if self.cleaned_data.get(name))
            self.cleaned_data["preferred"] = next(given, "")
        if preferred != NO_CONTACT and "postal" not in self.errors:
            told = Contact(name=self.cleaned_data.get("name", ""), postal=self.cleaned_data.get("postal", ""))
            if is_postal_long(told):
                self.add_error("postal", POSTAL_LONG)
        if preferred == NO_CONTACT:
            self.cleaned_data |= {"email": "", "phone": "", "postal": "", "reach_when": ""}
        return self.cleaned_data

    def has_more(self) -> bool:
        """Whether the rarer answers are shown at once: one of them is given or to mend."""
        return any(self[name].value() or self[name].errors for name in ("title", "adaptations", "status"))


class BehalfForm(PageForm):
    """Step 4, for those who write for somebody: who, and as what; the proof may come later."""

    name = Words(
        label=_("Le nom de cette personne"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"max_length": _("Ce nom est trop long. Écrivez celui que nous devons employer.")},
    )
    capacity = Words(
        label=_("Vous êtes"),
        help_text=_("Par exemple : sa fille, son avocat, son tuteur, une association."),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={
            "required": _("Écrivez qui vous êtes pour cette personne : sa fille, son avocat…"),
            "max_length": _("C’est trop long. Quelques mots suffisent."),
        },
    )
    files = ManyFiles(  # type: ignore[assignment]  # Django takes fields off the class
        label=_("Un document qui le montre"),
        help_text=_("Un mandat, un jugement, un mot signé. Vous pourrez aussi l’envoyer plus tard."),
        required=False,
        widget=ManyFilesInput({"multiple": True}),
    )

    def kept(self) -> dict[str, Any]:
        """Who and as what."""
        return {"name": self.cleaned_data["name"], "capacity": self.cleaned_data["capacity"]}


class SeenForm(PageForm):
    """A page that asks nothing: advice that was read."""

    def kept(self) -> dict[str, Any]:
        """That it was shown."""
        return {"seen": True}


class EarlierForm(PageForm):
    """Somebody who wrote before and does not find the reference again: in their words, believed and not checked."""

    earlier = Words(
        label=_("Ce dont vous vous souvenez"),
        help_text=_("Une date, un numéro, un nom. Même rien : nous chercherons."),
        required=False,
        max_length=190,
        error_messages={"max_length": _("C’est trop long. Quelques mots suffisent.")},
    )
