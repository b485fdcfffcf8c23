"""What a member of staff writes down for somebody who complains: on the telephone, or at the counter."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.accounts.models import Team
from doleance.complainants.rules import LONGEST_CONTACT, AddressChannel, PartyStatus
from doleance.complaints import questions
from doleance.complaints.models import Category
from doleance.complaints.questions import UNKNOWN, AnswerKind, FactUnreadable, Question
from doleance.intake.deposits import LONGEST_TEXT, Contact, Deposit, Representative, Wish, is_postal_long
from doleance.kernel import languages
from doleance.kernel.errors import Refusal
from doleance.kernel.ids import uuid7
from doleance.kernel.text import normalise
from doleance.staff import pages

YES, NO = "oui", "non"
CUSTOMER = {YES: True, NO: False}


def yes_or_no(unknown: Any) -> list[tuple[str, Any]]:
    """Three answers; the empty one, said by `unknown`, is not to know."""
    return [(YES, _("Oui")), (NO, _("Non")), ("", unknown)]


class Words(forms.CharField):
    """What somebody said, in any script: control signs are dropped and never refused."""

    def __init__(self, label: Any, longest: int = 200, **kwargs: Any) -> None:
        super().__init__(label=label, max_length=longest, required=kwargs.pop("required", False), **kwargs)

    def to_python(self, value: Any) -> str:
        """The words in one form, without their outer blanks."""
        return normalise(str(value or "")).strip()


def _area(rows: int, **attributes: Any) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "autocomplete": "off"} | attributes)


class ToldForm(forms.Form):
    """What both pages ask. `once` is the identifier of the form: sent twice, it makes one file."""

    once = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    phone = Words(_("Téléphone"), 60, widget=forms.TextInput({"type": "tel", "autocomplete": "off"}))
    name = Words(_("Nom"), widget=forms.TextInput({"autocomplete": "off"}))
    email = Words(
        _("Courriel"),
        254,
        widget=forms.EmailInput({"autocomplete": "off", "inputmode": "email", "spellcheck": "false"}),
    )
    text = Words(
        _("Ses mots"),
        LONGEST_TEXT,
        required=True,
        widget=_area(6),
        help_text=_("Tels quels : notre résumé viendra ailleurs."),
        error_messages={"required": _("Écrivez ce que la personne raconte, même en quelques mots.")},
    )
    branch = forms.ChoiceField(
        label=_("De quoi s’agit-il ?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez ce qui ressemble le plus à ce que la personne raconte.")},
    )
    postal = Words(
        _("Adresse postale"),
        LONGEST_CONTACT,
        widget=_area(3),
        help_text=_("Comme sur une enveloppe : le nom, la rue, puis le code postal et la ville."),
    )

    def __init__(self, *args: Any, categories: Iterable[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["branch"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.code, one.label) for one in categories if one.parent_id is None]

    def clean(self) -> dict[str, Any]:
        """An address that can be kept with the name above it."""
        data = super().clean() or self.cleaned_data
        if is_postal_long(Contact(name=data.get("name", ""), postal=data.get("postal", ""))):
            self.add_error("postal", gettext("Cette adresse est trop longue. Sept lignes suffisent."))
        return data

    def contact(self) -> Contact:
        """How to reach who speaks."""
        data = self.cleaned_data
        return Contact(name=data["name"], email=data["email"], phone=data["phone"], postal=data["postal"])

    def deposit(self, facts: Mapping[str, str]) -> Deposit:
        """What was told, as the intake takes it; `facts` answer the questions of its type."""
        data = self.cleaned_data
        return Deposit(
            branch=data["branch"],
            text=data["text"],
            contact=self.contact(),
            facts=facts,
            language=languages.FRENCH,
        )


class CallForm(ToldForm):
    """One call, in the order of a conversation."""

    title = Words(_("Civilité"), 40, widget=forms.TextInput({"autocomplete": "off"}))
    status = forms.ChoiceField(
        label=_("Statut"),
        choices=pages.choices_of(PartyStatus),
        initial=PartyStatus.UNKNOWN.value,
        widget=forms.RadioSelect,
    )
    is_customer = forms.ChoiceField(
        label=_("A une commande ou un contrat chez nous"),
        choices=yes_or_no(_("Ne sait pas")),
        widget=forms.RadioSelect,
        required=False,
        initial="",
    )
    language = forms.ChoiceField(
        label=_("Langue de nos messages"),
        choices=lambda: [("fr", gettext("Français")), ("en", gettext("Anglais"))],
        initial=languages.FRENCH,
        widget=forms.RadioSelect,
    )
    whose = Words(_("Nom de la personne qui se plaint"), widget=forms.TextInput({"autocomplete": "off"}))
    capacity = Words(
        _("À quel titre appelle-t-on pour elle ?"), 120, help_text=_("Par exemple : sa fille, son avocat.")
    )
    expected = Words(_("Ce qui était promis ou attendu"), 2_000, widget=_area(2))
    wishes = forms.MultipleChoiceField(
        label=_("Ce que la personne attend"),
        choices=pages.choices_of(Wish),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    wanted = Words(_("Avec ses mots"), 2_000, widget=_area(2))
    earlier = Words(
        _("Nous a-t-elle déjà écrit ou appelés à ce sujet ?"),
        help_text=_("Une référence, une date ou quelques mots."),
    )
    preferred = forms.ChoiceField(
        label=_("Comment lui répondre"),
        choices=lambda: (
            [(one.value, gettext(one.label)) for one in AddressChannel] + [("", gettext("Sans préférence"))]
        ),
        widget=forms.RadioSelect,
        required=False,
        initial="",
    )
    reach_when = Words(_("À quel moment ?"), help_text=_("Par exemple : le matin, pas le mercredi."))
    adaptations = Words(
        _("Ce qui faciliterait nos échanges"),
        500,
        help_text=_("Gros caractères, parler lentement, passer par un proche. Seulement si la personne le demande."),
    )
    promise_on = forms.DateField(
        label=_("Jour"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Choisissez un jour du calendrier, ou écrivez par exemple 24/11/2026.")},
    )
    promise_when = Words(_("Heure ou moment"), 60, help_text=_("Par exemple : 11 h, ou en fin de matinée."))
    promise_way = forms.ChoiceField(
        label=_("Par"),
        choices=pages.choices_of(AddressChannel),
        widget=forms.RadioSelect,
        initial=AddressChannel.PHONE.value,
        required=False,
    )
    team = forms.ChoiceField(label=_("Équipe"), required=False)

    def __init__(self, *args: Any, teams: Iterable[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(team.pk), team.name) for team in teams]

    def clean(self) -> dict[str, Any]:
        """A call for somebody else says as what; a promise has a day."""
        data = super().clean() or self.cleaned_data
        if data.get("whose") and not data.get("capacity"):
            self.add_error("capacity", gettext("Demandez à quel titre : sa fille, son avocat, un ami…"))
        if data.get("capacity") and not data.get("whose"):
            self.add_error("whose", gettext("Écrivez le nom de la personne pour qui l’on appelle."))
        if data.get("promise_when") and not data.get("promise_on") and "promise_on" not in self.errors:
            self.add_error("promise_on", gettext("Choisissez le jour de ce contact."))
        return data

    def contact(self) -> Contact:
        """How to reach who calls, as they said."""
        data = self.cleaned_data
        return Contact(
            name=data["name"],
            title=data["title"],
            email=data["email"],
            phone=data["phone"],
            postal=data["postal"],
            preferred=AddressChannel(data["preferred"]) if data["preferred"] else None,
            reach_when=data["reach_when"],
            adaptations=data["adaptations"],
            status=PartyStatus(data["status"]),
            is_customer=CUSTOMER.get(data["is_customer"]),
        )

    def deposit(self, facts: Mapping[str, str]) -> Deposit:
        """What was told. Who calls for somebody speaks for them, and is who we reach."""
        data, caller = self.cleaned_data, self.contact()
        is_for_another = bool(data["whose"])
        if is_for_another:  # what is said of a status is said of who complains
            caller = _of_caller(caller)
        return Deposit(
            branch=data["branch"],
            text=data["text"],
            contact=self._complainant() if is_for_another else caller,
            representative=Representative(caller, data["capacity"]) if is_for_another else None,
            expected=data["expected"],
            facts=facts,
            wishes=tuple(Wish(code) for code in data["wishes"]),
            wanted=data["wanted"],
            earlier=data["earlier"],
            language=data["language"],
        )

    def _complainant(self) -> Contact:
        data = self.cleaned_data
        return Contact(
            name=data["whose"],
            status=PartyStatus(data["status"]),
            is_customer=CUSTOMER.get(data["is_customer"]),
        )


def _of_caller(told: Contact) -> Contact:
    """A contact without what is said of somebody else."""
    return Contact(
        name=told.name,
        title=told.title,
        email=told.email,
        phone=told.phone,
        postal=told.postal,
        preferred=told.preferred,
        reach_when=told.reach_when,
        adaptations=told.adaptations,
    )


class CounterForm(ToldForm):
    """What somebody says or hands over where we receive people."""

    on_paper = forms.ChoiceField(
        label=_("A-t-elle remis un écrit ?"),
        choices=[(YES, _("Oui, un papier")), (NO, _("Non, elle l’a dit"))],
        widget=forms.RadioSelect,
        help_text=_("Un écrit remis aujourd’hui compte comme une réclamation écrite ce jour."),
        error_messages={"required": _("Dites si un papier a été remis.")},
    )
    field_order = ["text", "branch", "on_paper", "name", "phone", "email", "postal"]

    @property
    def is_written(self) -> bool:
        """Whether they gave it in writing."""
        return bool(self.cleaned_data["on_paper"] == YES)


class FactsForm(forms.Form):
    """The questions of one type, as an agent asks them; to each, not to know is an answer."""

    def __init__(self, *args: Any, branch: str, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": f"q-{branch}"})
        self.branch = branch
        self.asked = questions.questions_of(branch)
        for one in self.asked:
            self.fields[one.code] = field_of(one)
            if one.kind is not AnswerKind.CHOICE:
                self.fields[f"{one.code}-unknown"] = forms.BooleanField(label=_("Ne sait pas"), required=False)

    def rows(self) -> list[tuple[BoundField, BoundField | None]]:
        """Each question with the box that says that nobody knows, where it is not one of its choices."""
        return [(self[one.code], self._unknown(one)) for one in self.asked]

    def _unknown(self, one: Question) -> BoundField | None:
        name = f"{one.code}-unknown"
        return self[name] if name in self.fields else None

    def clean(self) -> dict[str, Any]:
        """The answers as they are kept. One that does not read says so beside its question."""
        data = super().clean() or self.cleaned_data
        for one in self.asked:
            if data.get(f"{one.code}-unknown") and not data.get(one.code):
                data[one.code] = UNKNOWN
            try:
                data[one.code] = questions.read(one, data.get(one.code, ""))
            except FactUnreadable as refusal:
                self.add_error(one.code, unreadable(refusal))
        return data

    def facts(self) -> dict[str, str]:
        """What was answered, by the code of its question."""
        return {one.code: self.cleaned_data[one.code] for one in self.asked if self.cleaned_data.get(one.code)}


def unreadable(refusal: FactUnreadable) -> str:
    """Why an answer does not read, in the reader's language: its hint is a sentence of ours too."""
    hint = str(refusal.facts.get("hint", ""))
    told = {**refusal.facts, "hint": gettext(hint) if hint else ""}
    return gettext(refusal.sentence).format(**told).strip()


def field_of(one: Question, *, with_unknown: bool = True) -> forms.Field:
    """The control of a question, under what an agent says."""
    told: dict[str, Any] = {"label": gettext(one.ask), "required": False}
    told["help_text"] = gettext(one.hint) if one.hint and one.kind is not AnswerKind.TEXT else ""
    if one.kind is AnswerKind.CHOICE:
        unknown = [(UNKNOWN, gettext("Ne sait pas"))] if with_unknown else []
        choices = [(code, gettext(label)) for code, label in one.choices]
        return forms.ChoiceField(**told, choices=[*choices, *unknown], widget=forms.RadioSelect)
    area = {"rows": 2, "autocomplete": "off"}
    widget = forms.Textarea(area) if one.kind is AnswerKind.LONG else forms.TextInput({"autocomplete": "off"})
    if one.kind is AnswerKind.MONEY:
        widget = forms.TextInput({"autocomplete": "off", "inputmode": "decimal"})
    return forms.CharField(**told, max_length=2_000, widget=widget)


def branch_in(typed: Mapping[str, Any], categories: Iterable[Category]) -> str:
    """The type that a form names, when there is one of that name."""
    wanted = str(typed.get("branch", ""))
    return wanted if any(one.code == wanted and one.parent_id is None for one in categories) else ""


def field_of_refusal(refusal: Refusal) -> str:
    """The field that a refusal is about, when it names a way to be reached; else it is about the whole."""
    fields = {AddressChannel.EMAIL: "email", AddressChannel.PHONE: "phone", AddressChannel.POST: "postal"}
    channel = refusal.facts.get("channel")
    return fields[channel] if isinstance(channel, AddressChannel) else ""
