"""Forms of one file. They check shape; whether it makes sense is the rules' to say.

`seen` is the version the reader had before the eyes and `since` the rank of the last event shown: the page writes both
in each form as they are now. `once` is the identifier of what the form makes: sent twice, it makes one thing.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.accounts.models import Team, User
from doleance.complaints.models import Category
from doleance.complaints.rules import Outcome
from doleance.drafting.rules import Task
from doleance.kernel.ids import uuid7
from doleance.kernel.text import normalise
from doleance.notifications.rules import Purpose, Way
from doleance.staff import pages
from doleance.understanding.rules import MessageKind


def _wants(sentence: Any) -> dict[str, Any]:
    """What to say when an answer is missing: what to do, not that it is missing."""
    return {"required": sentence}


LONGEST = 50_000  # characters of a letter: some thirty pages
Choices = list[tuple[str, "str | list[tuple[str, str]]"]]


class DossierForm(forms.Form):
    """What every form of a file has. `slug` makes the identifiers of its fields."""

    slug: ClassVar[str] = ""
    use_required_attribute = True

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    since = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    def __init__(self, *args: Any, suffix: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"{self.slug}{suffix}-%s"


class OnceForm(DossierForm):
    """A form that makes something, once."""

    once = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)


class TakeForm(DossierForm):
    """A press of a button, and what was on the screen then."""

    slug = "prendre"


class KindForm(DossierForm):
    """What a message is, as a person says it by a press: no field shows it, so a wrong one is told of the whole."""

    slug = "nature"
    kind = forms.CharField(max_length=20, required=False)

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError unless it is one of the closed list."""
        if self.cleaned_data.get("kind") not in set(MessageKind):
            raise forms.ValidationError(_("Dites ce qu’est ce message."), code="unknown_kind")
        return self.cleaned_data


class TaskForm(DossierForm):
    """What the language model is asked, by a press."""

    slug = "texte"
    task = forms.CharField(max_length=20, required=False)

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError unless it is one of the closed list."""
        if self.cleaned_data.get("task") not in set(Task):
            raise forms.ValidationError(_("Dites ce qui doit être écrit."), code="unknown_task")
        return self.cleaned_data


class TitleForm(DossierForm):
    """The title of a file, in our words."""

    slug = "titre"
    title = forms.CharField(
        label=_("Titre"),
        max_length=200,
        help_text=_("En nos mots, pour nous."),
        error_messages=_wants(_("Écrivez un titre.")),
    )


class OwnerForm(DossierForm):
    """To whom the file goes: a team, and one of its people or nobody yet."""

    slug = "responsable"
    to = forms.ChoiceField(label=_("À qui"))

    def __init__(self, *args: Any, teams: Iterable[tuple[Team, Sequence[User]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (
                team.name,
                [(f"{team.pk}:", gettext("Personne encore")), *((f"{team.pk}:{one.pk}", one.name) for one in people)],
            )
            for team, people in teams
        ]

    def chosen(self) -> tuple[UUID, UUID | None]:
        """The identifiers of the team and of the person."""
        team, _colon, person = self.cleaned_data["to"].partition(":")
        return UUID(team), UUID(person) if person else None


class PartyForm(DossierForm):
    """Who complains, when a colleague or a machine wrote for them."""

    slug = "reclamant"
    name = forms.CharField(label=_("Nom"), max_length=200, required=False)
    address = forms.CharField(
        label=_("Adresse de courriel"),
        max_length=320,
        error_messages=_wants(_("Écrivez l’adresse de la personne qui se plaint.")),
    )


class AddressForm(DossierForm):
    """A mail address as it should be written."""

    slug = "adresse"
    value = forms.CharField(
        label=_("Adresse de courriel"),
        max_length=320,
        error_messages=_wants(_("Écrivez l’adresse, par exemple helene@exemple.fr.")),
    )


class PostalForm(DossierForm):
    """Where a letter goes, line by line as on its envelope."""

    slug = "postale"
    value = forms.CharField(
        label=_("Adresse postale"),
        max_length=320,
        strip=False,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
        help_text=_("Comme sur une enveloppe : le nom, la rue, puis le code postal et la ville."),
        error_messages=_wants(_("Écrivez l’adresse, une ligne après l’autre.")),
    )

    def clean_value(self) -> str:
        """Its lines, trimmed, without the empty ones."""
        return "\n".join(line.strip() for line in normalise(self.cleaned_data["value"]).splitlines() if line.strip())


class NoteForm(OnceForm):
    """An internal note."""

    slug = "note"
    text = forms.CharField(
        label=_("Votre note"),
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea,
        error_messages=_wants(_("La note est vide. Écrivez au moins un mot.")),
    )

    def clean_text(self) -> str:
        """The text with line ends as they are kept."""
        return normalise(self.cleaned_data["text"])


class ReplyForm(OnceForm):
    """A message to the complainant."""

    slug = "reponse"
    STEP, HOLDING, FINAL = "etape", "attente", "finale"
    PURPOSES: ClassVar = {STEP: Purpose.REPLY, HOLDING: Purpose.HOLDING, FINAL: Purpose.FINAL}
    text = forms.CharField(
        label=_("Votre réponse"),
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea,
        error_messages=_wants(_("La réponse est vide. Écrivez au moins un mot.")),
    )
    kind = forms.ChoiceField(
        label=_("Ce que vous envoyez"),
        choices=[(STEP, _("Message d’étape")), (HOLDING, _("Réponse d’attente")), (FINAL, _("Réponse finale"))],
        widget=forms.RadioSelect,
        initial=STEP,
    )
    way = forms.ChoiceField(
        label=_("Par où"),
        choices=pages.choices_of(Way),
        widget=forms.RadioSelect,
        initial=Way.EMAIL.value,
        required=False,
    )
    postal = forms.CharField(
        label=_("Adresse sur l’enveloppe"),
        max_length=320,
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
        help_text=_("Le nom, la rue, puis le code postal et la ville, une ligne chacun."),
    )

    def clean_text(self) -> str:
        """The text with line ends as they are kept."""
        return normalise(self.cleaned_data["text"])

    @property
    def chosen_way(self) -> Way:
        """By which way it leaves."""
        return Way(self.cleaned_data.get("way") or Way.EMAIL)

    @property
    def is_letter(self) -> bool:
        """Whether it is printed and posted."""
        return self.chosen_way is Way.POST

    @property
    def purpose(self) -> Purpose:
        """Why it leaves."""
        purpose: Purpose = self.PURPOSES[self.cleaned_data["kind"]]
        return purpose

    @classmethod
    def kind_of(cls, purpose: Purpose) -> str:
        """What it is called in the form."""
        return next((kind for kind, meant in cls.PURPOSES.items() if meant is purpose), cls.STEP)


def category_choices(categories: Iterable[Category]) -> Choices:
    """The taxonomy as a list of groups, the branch itself first in each."""
    groups: dict[str, list[tuple[str, str]]] = {}
    labels: dict[str, str] = {}
    for one in categories:
        branch = one.parent_id or one.code
        name = one.label
        labels.setdefault(branch, name)
        label = name if one.parent_id else gettext("%(branch)s, sans précision") % {"branch": name}
        groups.setdefault(branch, []).append((one.code, label))
    return [("", gettext("Choisir")), *((labels[branch], leaves) for branch, leaves in groups.items())]


class _WithCategory(DossierForm):
    """A grievance has a category of the living taxonomy."""

    title = forms.CharField(
        label=_("En quelques mots"),
        max_length=200,
        help_text=_("Une seule chose. Par exemple : colis jamais reçu."),
        error_messages=_wants(_("Dites en quelques mots de quoi la personne se plaint.")),
    )
    category = forms.ChoiceField(
        label=_("Catégorie"), error_messages=_wants(_("Choisissez une catégorie dans la liste."))
    )
    wanted = forms.CharField(
        label=_("Ce que la personne demande"), max_length=2_000, required=False, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: Any, categories: Iterable[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = category_choices(categories)


class GrievanceForm(_WithCategory, OnceForm):
    """One thing complained of, with the person's own words where they were chosen."""

    slug = "grief"
    quote = forms.CharField(
        label=_("Ses mots"), max_length=2_000, required=False, widget=forms.Textarea({"rows": 2, "class": "voice"})
    )
    exchange = forms.UUIDField(required=False, widget=forms.HiddenInput)
    field_order = ["title", "category", "quote", "wanted"]


class CorrectForm(_WithCategory):
    """A grievance corrected, or its cause written down."""

    slug = "corriger"
    cause = forms.CharField(
        label=_("Cause"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Pour nous."),
    )


class DecideForm(DossierForm):
    """The finding on one grievance."""

    slug = "decider"
    outcome = forms.ChoiceField(
        label=_("Issue"),
        choices=pages.choices_of(Outcome),
        widget=forms.RadioSelect,
        error_messages=_wants(_("Choisissez une issue.")),
    )
    reasons = forms.CharField(
        label=_("Motifs"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Ce que vous direz au réclamant. Obligatoires, sauf si l’issue est « Fondé » ou « Retiré »."),
    )
    cause = forms.CharField(
        label=_("Cause"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Pour nous : ce qui a fait que cela est arrivé. Demandée avant de clore."),
    )


class ReasonForm(DossierForm):
    """Something that is done with a reason only."""

    slug = "raison"
    reason = forms.CharField(
        label=_("Raison"),
        max_length=2_000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Elle sera inscrite au journal."),
        error_messages=_wants(_("Écrivez la raison.")),
    )


class RevokeForm(DossierForm):
    """Nothing to fill in: the press confirms."""

    slug = "acces"


class CloseForm(DossierForm):
    """Closing; a reason is asked, by the page and by the rule, only when the checklist is not complete."""

    slug = "clore"
    reason = forms.CharField(
        label=_("Raison de clore quand même"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Elle sera inscrite au journal."),
    )


class LessonForm(DossierForm):
    """Whether there is something to learn."""

    slug = "lecon"
    lesson = forms.ChoiceField(
        label=_("Y a-t-il une leçon à tirer ?"),
        choices=[("oui", _("Oui")), ("non", _("Non"))],
        widget=forms.RadioSelect,
        error_messages=_wants(_("Répondez oui ou non.")),
    )
    text = forms.CharField(label=_("Laquelle"), max_length=2_000, required=False, widget=forms.Textarea({"rows": 2}))
