"""What is noted on a file of what somebody told: an answer to one question, what the person is."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.complainants.models import Party
from doleance.complainants.rules import PartyStatus
from doleance.complaints import questions
from doleance.complaints.questions import FactUnreadable, Question
from doleance.staff import pages
from doleance.staff.forms.deposit import CUSTOMER, field_of, unreadable, yes_or_no
from doleance.staff.forms.dossier import DossierForm


class AskForm(DossierForm):
    """The answer to one question. Not to know is another button."""

    slug = "demander"
    code = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        self.fields["code"].initial = question.code
        self.fields["answer"] = field_of(question, with_unknown=False)

    @property
    def is_unknown(self) -> bool:
        """Whether the button that says so was pressed."""
        return "ne-sait-pas" in self.data

    def clean(self) -> dict[str, Any]:
        """The answer as it is kept."""
        data = super().clean() or self.cleaned_data
        if self.is_unknown or "answer" in self.errors:
            return data
        if not data.get("answer"):
            self.add_error("answer", gettext("Écrivez la réponse, ou dites que la personne ne sait pas."))
            return data
        try:
            data["answer"] = questions.read(self.question, data["answer"])
        except FactUnreadable as refusal:
            self.add_error("answer", unreadable(refusal))
        return data


class StatusForm(DossierForm):
    """What a complainant is: mediators and the delays of packs depend on it."""

    slug = "statut"
    status = forms.ChoiceField(label=_("Statut"), choices=pages.choices_of(PartyStatus), widget=forms.RadioSelect)
    is_customer = forms.ChoiceField(
        label=_("A une commande ou un contrat chez nous"),
        choices=yes_or_no(_("Nous ne le savons pas")),
        widget=forms.RadioSelect,
        required=False,
    )

    @staticmethod
    def told_of(party: Party) -> dict[str, str]:
        """What the file says today."""
        known = {value: code for code, value in CUSTOMER.items()}
        return {"status": party.status, "is_customer": "" if party.is_customer is None else known[party.is_customer]}
